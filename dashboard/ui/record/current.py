"""Which problems, medicines and goals of a record are current, and which are past."""

from collections.abc import Iterable

from dashboard.domain.record.condition import Condition
from dashboard.domain.record.goal import ENDED, Goal
from dashboard.domain.record.medicine import CURRENT_MEDICINE, Medicine


def current_problems(problems: Iterable[Condition]) -> list[Condition]:
    return [problem for problem in problems if problem.active]


def past_problems(problems: Iterable[Condition]) -> list[Condition]:
    """Those that the patient had; refuted ones are in neither list."""
    return [problem for problem in problems if not problem.active and not problem.refuted]


def current_medicines(medicines: Iterable[Medicine]) -> list[Medicine]:
    return [each for each in medicines if each.current]


def forbidden_medicines(medicines: Iterable[Medicine]) -> list[Medicine]:
    """Those that the patient is not to be given (doNotPerform), while that is in force."""
    return [each for each in medicines if each.status in CURRENT_MEDICINE and each.do_not_perform]


def ended_medicines(medicines: Iterable[Medicine]) -> list[Medicine]:
    over = [each for each in medicines if each.status not in (*CURRENT_MEDICINE, "entered-in-error", "cancelled")]
    return [each for each in over if not each.do_not_perform]


def current_goals(goals: Iterable[Goal]) -> list[Goal]:
    """The goals that have not ended."""
    return [goal for goal in goals if goal.lifecycle_status not in ENDED]
