"""From what is kept of a patient to the rules of the domain: the one place where queries ask them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.domain.attention import Check, Reason
from dashboard.domain.clinical import KeyResult, Measure, Medicine, PlanLine, Problem, TaskLine
from dashboard.domain.people import Person
from dashboard.domain.values import PartialDate


@dataclass(frozen=True, slots=True)
class Attention:
    """What the rules look at. `problems` are the active ones, `medicines` the current ones, `tasks` the open ones."""

    person: Person
    problems: Sequence[Problem]
    results: Mapping[Measure, KeyResult]
    checks_done: Mapping[str, PartialDate]
    medicines: Sequence[Medicine]
    tasks: Sequence[TaskLine]
    plan: PlanLine | None
    last_contact: PartialDate | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules found: reasons with most points first, their sum, all checks, and those overdue, longest first."""

    reasons: tuple[Reason, ...] = ()
    urgency: int = 0
    checks: tuple[Check, ...] = ()
    overdue: tuple[Check, ...] = ()


def attention_of(facts: Attention, on: date) -> Found:
    """Reasons and checks as of a day."""
    return Found()
