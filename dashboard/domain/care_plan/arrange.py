"""The plan in the order in which it is read: the person's own goals first, who does what for each, then what ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from dashboard.domain.care_plan.plan_item import STATUS, PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan, item_of, items_of
from dashboard.domain.care_plan.statuses import ENDED
from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.goal import Goal, OtherTarget
from dashboard.domain.record.medicine import CURRENT_MEDICINE, Medicine
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.values.datatypes import PartialDate, Reference


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One activity: `late` since its due day is over and nobody ended it. `inferred`: the record does not say for which
    goal it is; it is for the same problem.
    """

    item: PlanItem
    late: bool
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class GoalLine:
    """One goal with what is done for it, and the latest results of the measures that it aims at."""

    goal: Goal
    item: PlanItem
    activities: tuple[ActivityLine, ...] = ()
    results: tuple[KeyResult, ...] = ()
    late: bool = False

    @property
    def missed(self) -> bool:
        """Whether a latest result is certainly beyond the goal's own target."""
        return any(
            target.measure == result.measure and target.missed_by(result.latest.value)
            for target in self.goal.targets
            for result in self.results
        )


@dataclass(frozen=True, slots=True)
class PlanInOrder:
    """`own` are the goals of the person (and of those who speak for the person), `team` those of clinicians, each in
    the order of the plan; `others` are activities for none of them. What has ended comes last.
    """

    own: tuple[GoalLine, ...]
    team: tuple[GoalLine, ...]
    others: tuple[ActivityLine, ...]
    ended_goals: tuple[GoalLine, ...]
    ended_activities: tuple[ActivityLine, ...]


def in_reading_order(
    shared: SharedPlan,
    results: Mapping[Measure, KeyResult],
    on: date,
    linked: Mapping[Reference, Medicine | Appointment] = MappingProxyType({}),
) -> PlanInOrder:
    """Arranges the plan of a person with these latest results and these medicines and appointments of it; `on` is the
    day of the site on which it is read.
    """
    over = {origin for origin, record in linked.items() if is_over(record, on)}
    items = items_of(shared)
    goals = {goal.origin: goal for goal in shared.goals}
    ordered = [goals[each] for each in dict.fromkeys((*shared.plan.goals, *goals)) if each in goals]
    lines = [
        _line(each, items[each], on)
        for each in dict.fromkeys((*shared.plan.activities, *items))
        if each in items and each.type not in ("CarePlan", "CareTeam", "Goal")
    ]
    current = [goal for goal in ordered if goal.lifecycle_status not in ENDED]
    open_lines = [line for line in lines if line.item[STATUS] not in ENDED and line.item.origin not in over]
    placed = {goal.origin: _activities_of(goal, open_lines, current) for goal in current}
    done = [goal_line(goal, results, on, placed[goal.origin]) for goal in current]
    used = {line.item.origin for found in placed.values() for line in found}
    return PlanInOrder(
        own=tuple(line for line in done if line.goal.by_patient),
        team=tuple(line for line in done if not line.goal.by_patient),
        others=tuple(line for line in open_lines if line.item.origin not in used),
        ended_goals=tuple(goal_line(goal, results, on) for goal in ordered if goal.lifecycle_status in ENDED),
        ended_activities=tuple(line for line in lines if line not in open_lines),
    )


def is_offered(record: Medicine | Appointment, on: date) -> bool:
    """Whether a plan may begin to refer to it: a medicine that the patient has now, an appointment to come."""
    return record.current if isinstance(record, Medicine) else record.coming(on)


def is_over(record: Medicine | Appointment, on: date) -> bool:
    """Whether a medicine or an appointment of the plan is nothing to be done any more: stopped, cancelled, past. That
    a medicine is not to be given is not over while it is in force.
    """
    if isinstance(record, Medicine):
        return record.status not in CURRENT_MEDICINE
    past = record.when is not None and record.when.end < on
    return past or record.status in _NOT_TAKING_PLACE


_NOT_TAKING_PLACE: Final = frozenset({"cancelled", "noshow", "fulfilled", "entered-in-error"})
"""https://hl7.org/fhir/R4/valueset-appointmentstatus.html"""


def _line(origin: Reference, item: PlanItem, on: date) -> ActivityLine:
    return ActivityLine(item, _late(item, on))


def _late(item: PlanItem, on: date) -> bool:
    due = item["due"]
    return isinstance(due, PartialDate) and due.end < on and item[STATUS] not in ENDED


def goal_line(
    goal: Goal, results: Mapping[Measure, KeyResult], on: date, activities: tuple[ActivityLine, ...] = ()
) -> GoalLine:
    """One goal with these activities, beside the latest results of what it aims at."""
    measures = dict.fromkeys([target.measure for target in goal.targets] + _measures(goal.other_targets))
    found = tuple(results[measure] for measure in measures if measure in results)
    item = item_of(goal)
    return GoalLine(goal, item, activities, found, _late(item, on))


def _measures(targets: tuple[OtherTarget, ...]) -> list[Measure]:
    return [target.measure for target in targets if target.measure is not None]


def _activities_of(goal: Goal, lines: list[ActivityLine], goals: list[Goal]) -> tuple[ActivityLine, ...]:
    """What is done for a goal: the activities that say so, and those that say nothing of a goal and are for a problem
    that this goal, first among the plan's, addresses.
    """
    found = []
    for line in lines:
        said = line.item["goals"]
        if isinstance(said, frozenset) and said:
            found += [line] if goal.origin in said else []
        elif _first_for(line, goals) is goal:
            found.append(ActivityLine(line.item, line.late, inferred=True))
    return tuple(found)


def _first_for(line: ActivityLine, goals: list[Goal]) -> Goal | None:
    problems = line.item["addresses"]
    if not isinstance(problems, frozenset) or not problems:
        return None
    return next((goal for goal in goals if problems & set(goal.addresses)), None)
