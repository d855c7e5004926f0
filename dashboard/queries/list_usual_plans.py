"""What a team usually considers for a condition, for whoever makes a plan."""

from collections.abc import Iterable

from dashboard.audit.audited import unaudited
from dashboard.domain.care_plan.usual import Usual
from dashboard.domain.record.condition import ConditionKey
from dashboard.fhir.usual_plan_files import load_usual


@unaudited("files of the project, the same for everybody: nothing about a patient")
def list_usual_plans(conditions: Iterable[ConditionKey]) -> tuple[Usual, ...]:
    """Returns the usual goals and activities of these conditions, in the enum's order; none for others."""
    wanted = set(conditions)
    return tuple(usual for key, usual in load_usual().items() if key in wanted)
