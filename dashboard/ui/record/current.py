"""Which problems, medicines and goals of a record are current, and which are past."""

from collections.abc import Iterable

from dashboard.domain.record.condition import Condition
from dashboard.domain.record.goal import ENDED, Goal
from dashboard.domain.record.medicine import Medicine

# https://hl7.org/fhir/R4/valueset-medicationrequest-status.html and valueset-medication-statement-status.html
CURRENT_MEDICINE = frozenset({"active", "on-hold", "intended", "unknown", "draft"})


def current_problems(problems: Iterable[Condition]) -> list[Condition]:
    return [problem for problem in problems if problem.active]


def past_problems(problems: Iterable[Condition]) -> list[Condition]:
    """Those that the patient had; refuted ones are in neither list."""
    return [problem for problem in problems if not problem.active and not problem.refuted]


def current_medicines(medicines: Iterable[Medicine]) -> list[Medicine]:
    return [medicine for medicine in medicines if medicine.status in CURRENT_MEDICINE]


def ended_medicines(medicines: Iterable[Medicine]) -> list[Medicine]:
    return [medicine for medicine in medicines if medicine.status not in (*CURRENT_MEDICINE, "entered-in-error")]


def current_goals(goals: Iterable[Goal]) -> list[Goal]:
    """The goals that have not ended."""
    return [goal for goal in goals if goal.lifecycle_status not in ENDED]
