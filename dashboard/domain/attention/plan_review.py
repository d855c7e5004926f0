"""When a shared plan was last gone through, and whether that is more than half a year ago: one rule for every page.

A plan is gone through when it is agreed and whenever somebody saves the plan itself, of which its Provenance tells: a
review that changes nothing sets the next date of review, and so is one. A changed goal or task is none.

Half a year is the interval of Part 8's own description of the shared plan; no guideline that was read gives one (NICE
NG56, 2016, asks for a review without an interval). It is a draft that no clinician has reviewed.
"""

from datetime import date
from typing import Final

from dashboard.domain.attention.comparisons import HALF_YEAR
from dashboard.domain.care_plan.statuses import ENDED
from dashboard.domain.record.care_plan import CarePlan, CarePlanSummary
from dashboard.domain.values.site_time import site_day

IN_FORCE: Final = frozenset({"active", "on-hold"})
"""Statuses of a plan that is to be gone through: a draft is not agreed yet, and an ended one is over."""


def review_due(plan: CarePlanSummary) -> date | None:
    """Until when a plan is to be gone through; None where nobody said so, and of a plan that has ended."""
    return None if plan.status in ENDED else plan.review_due


def last_gone_through(plan: CarePlanSummary) -> date | None:
    """The last day on which the plan was agreed or changed, None where the record does not say. Of a beginning that is
    known to the month or the year the last possible day counts.
    """
    days = (plan.start.end if plan.start else None, site_day(plan.edited) if plan.edited else None)
    return max((day for day in days if day), default=None)


def unreviewed_since(plan: CarePlanSummary, as_of: date) -> date | None:
    """The day on which a plan in force was last gone through, where that is more than half a year ago; else None, and
    where the record does not say.
    """
    last = last_gone_through(plan)
    return last if plan.status in IN_FORCE and last and as_of - last > HALF_YEAR else None


def is_review(before: CarePlan, after: CarePlan) -> bool:
    """Whether saving a plan that was `before` is going through it once more: it was in force and stays
    so. Whoever puts the first goals and activities in a plan still makes it, and whoever ends it does not review it.
    """
    made = before.goals or before.activities or before.details or before.contained_goals
    return bool(made) and before != after and {before.status, after.status} <= IN_FORCE
