"""Reasons that late work gives: tasks, checks, the review of the plan, the last contact, results nobody has
discussed.
"""

from collections.abc import Iterator
from dataclasses import replace

from dashboard.domain.attention.checks import in_sight, soonest
from dashboard.domain.attention.comparisons import HALF_YEAR
from dashboard.domain.attention.plan_review import review_due, unreviewed_since
from dashboard.domain.attention.points import POINTS
from dashboard.domain.attention.reason import Reason
from dashboard.domain.attention.rule_input import Rule, RuleInput, reason_about, reason_for
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import PartialDate

MOST_TASK_POINTS = 10
"""However many tasks are late; an urgent one among them adds four."""
MOST_CHECK_POINTS = 10
URGENT_PRIORITIES = ("urgent", "asap", "stat")

NEWS = frozenset(
    {Measure.HBA1C, Measure.EGFR, Measure.UACR, Measure.POTASSIUM, Measure.SODIUM, Measure.NTPROBNP, Measure.PHQ9}
    | {Measure.HAEMOGLOBIN}
)
"""Measures whose abnormal result is news to the team when it is later than the last contact."""


def _tasks(given: RuleInput) -> Iterator[Reason]:
    late = [task for task in given.facts.tasks if task.due and task.due.end < given.as_of]
    if not late:
        return
    urgent = any(task.priority in URGENT_PRIORITIES for task in late)
    first = min(late, key=lambda task: task.due.end if task.due else given.as_of)
    points = min(POINTS["task-overdue"].points + 2 * (len(late) - 1), MOST_TASK_POINTS) + (4 if urgent else 0)
    yield reason_for(
        "task-overdue",
        points=points,
        count=len(late),
        due=first.due.end if first.due else None,
        origin=first.origin if len(late) == 1 else None,
    )


def _checks(given: RuleInput) -> Iterator[Reason]:
    """One reason for all; its detail names the check where it is a single one."""
    late = [check for check in given.checks if check.overdue(given.as_of)]
    if not late:
        return
    first = min(late, key=lambda check: soonest(check, given.as_of))
    known = in_sight(first.last, given.as_of)
    alone = len(late) == 1
    reason = reason_for(
        "checks-overdue",
        points=min(POINTS["checks-overdue"].points * len(late), MOST_CHECK_POINTS),
        count=len(late),
        due=first.due if known else None,
    )
    if alone:
        reason = replace(
            reason,
            detail=f"{first.key}-overdue",
            measure=first.measure,
            since=first.last if known else None,
            source=first.source,
        )
    yield reason


def _plan(given: RuleInput) -> Iterator[Reason]:
    """One reason a plan: a review that is overdue says what one that is unreviewed would."""
    plan = given.facts.plan
    if plan is None:
        if "CarePlan" not in given.facts.unread:
            yield reason_for("no-plan")
    elif (due := review_due(plan)) and due < given.as_of:
        yield reason_for("plan-review-overdue", due=due, origin=plan.origin)
    elif last := unreviewed_since(plan, given.as_of):
        yield reason_for("plan-unreviewed", since=PartialDate(last.isoformat()), origin=plan.origin)


def _contact(given: RuleInput) -> Iterator[Reason]:
    last = given.facts.last_contact
    if last is None:
        if "Encounter" not in given.facts.unread:
            yield reason_for("no-contact-in-window")
    elif given.as_of - last.end > HALF_YEAR:
        yield reason_for("no-contact", since=last)


def new_results(given: RuleInput, reported: set[Measure | None]) -> Iterator[Reason]:
    """Abnormal results that came after the last contact and that no other reason reports."""
    contact = given.facts.last_contact
    if contact is None:
        return
    new = [
        result
        for measure, result in given.facts.results.items()
        if measure in NEWS and measure not in reported and result.latest.when.start > contact.end and result.abnormal
    ]
    if len(new) == 1:
        yield reason_about("abnormal-since-contact", new[0])
    elif new:
        yield reason_for("abnormal-since-contact", count=len(new), since=min(result.latest.when for result in new))


WORK_RULES: tuple[Rule, ...] = (_tasks, _checks, _plan, _contact)
