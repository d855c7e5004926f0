"""Why a patient needs attention: named reasons, each with its points; urgency is their sum, and each is shown.

The scale is in `points`, the rules about results and medicines in `result_reasons` and `medicine_reasons`, those about
late work here. Reasons point at facts; they never say what to do. A fact that is missing gives no reason; the overdue
check says that it is missing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date

from dashboard.domain.attention.medicine_reasons import MEDICINE_RULES
from dashboard.domain.attention.patient_facts import HALF_YEAR, PatientFacts, View, about, give
from dashboard.domain.attention.points import DETAIL_KEYS, POINTS, Points
from dashboard.domain.attention.reason import Reason, ReasonKind
from dashboard.domain.attention.result_reasons import RESULT_RULES
from dashboard.domain.attention.trend import is_abnormal
from dashboard.domain.record.observation import Measure

__all__ = ["DETAIL_KEYS", "POINTS", "PatientFacts", "Points", "reasons", "urgency"]

_NEWS = frozenset(
    {Measure.HBA1C, Measure.EGFR, Measure.UACR, Measure.POTASSIUM, Measure.SODIUM, Measure.NTPROBNP, Measure.PHQ9}
    | {Measure.HAEMOGLOBIN}
)
"""Measures whose abnormal result is news to the team when it is later than the last contact."""


def reasons(facts: PatientFacts, as_of: date) -> tuple[Reason, ...]:
    """All reasons, most points first, then in the order of `ReasonKind` and of `POINTS`; none for the deceased."""
    if facts.deceased:
        return ()
    view = View(facts, as_of)
    found = [reason for rule in (*RESULT_RULES, *MEDICINE_RULES, *_WORK_RULES) for reason in rule(view)]
    found += _new_results(view, {reason.measure for reason in found if reason.result})
    kinds, details = list(ReasonKind), {detail: place for place, detail in enumerate(DETAIL_KEYS)}
    return tuple(sorted(found, key=lambda each: (-each.points, kinds.index(each.kind), details[each.detail])))


def urgency(found: Iterable[Reason]) -> int:
    """The sum of the reasons' points."""
    return sum(reason.points for reason in found)


def _tasks(view: View) -> Iterator[Reason]:
    late = [task for task in view.facts.tasks if task.due and task.due.end < view.as_of]
    if not late:
        return
    urgent = any(task.priority in ("urgent", "asap", "stat") for task in late)
    first = min(late, key=lambda task: task.due.end if task.due else view.as_of)
    points = min(POINTS["task-overdue"].points + 2 * (len(late) - 1), 10) + (4 if urgent else 0)
    yield give(
        "task-overdue",
        points=points,
        count=len(late),
        due=first.due.end if first.due else None,
        origin=first.origin if len(late) == 1 else None,
    )


def _checks(view: View) -> Iterator[Reason]:
    """One reason for all; its detail names the check where it is a single one."""
    late = [check for check in view.facts.checks if check.overdue(view.as_of)]
    if not late:
        return
    first = min(late, key=lambda check: (check.last is not None, check.due))
    alone = len(late) == 1
    told = give(
        "checks-overdue",
        points=min(POINTS["checks-overdue"].points * len(late), 10),
        count=len(late),
        due=first.due if first.last else None,
    )
    if alone:
        told = replace(
            told, detail=f"{first.key}-overdue", measure=first.measure, since=first.last, source=first.source
        )
    yield told


def _plan(view: View) -> Iterator[Reason]:
    plan = view.facts.plan
    if plan is None:
        if view.facts.plan_known:
            yield give("no-plan")
    elif plan.review_due and plan.review_due < view.as_of:
        yield give("plan-review-overdue", due=plan.review_due, origin=plan.origin)


def _contact(view: View) -> Iterator[Reason]:
    last = view.facts.last_contact
    if last is None:
        if view.facts.contacts_known:
            yield give("no-contact-in-window")
    elif view.as_of - last.end > HALF_YEAR:
        yield give("no-contact", since=last)


def _new_results(view: View, told: set[Measure | None]) -> Iterator[Reason]:
    """Abnormal results that came after the last contact and that no other reason has told already."""
    seen = view.facts.last_contact
    if seen is None:
        return
    new = [
        found
        for measure, found in view.facts.results.items()
        if measure in _NEWS
        and measure not in told
        and found.latest.when.start > seen.end
        and is_abnormal(measure, found.latest.value)
    ]
    if len(new) == 1:
        yield about("abnormal-since-contact", new[0])
    elif new:
        yield give("abnormal-since-contact", count=len(new), since=min(found.latest.when for found in new))


_WORK_RULES: tuple[Callable[[View], Iterator[Reason]], ...] = (_tasks, _checks, _plan, _contact)
