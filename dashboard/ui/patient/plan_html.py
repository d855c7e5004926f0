"""What a plan says itself: its activities, what is not to be done, its notes and its text, as HTML."""

import re

from dashboard.domain.record.care_plan import CarePlanSummary, PlanActivity
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.patient.parts import folded
from dashboard.ui.record.names import ACTIVITY_STATUSES, word
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t, tn

PROPOSALS = frozenset({"proposal", "option"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def plan_details(plan: CarePlanSummary) -> Html:
    """Nothing of a plan that says nothing itself; what is not to be done comes first."""
    activities = sorted(plan.details, key=lambda each: not each.not_to_do)
    lines = [written_activity(each) for each in activities]
    words = [h.li[h.div(class_="c3-main")[line]] for line in clean(plan.narrative, 4000).splitlines()]
    notes = [h.li[h.div(class_="c3-main")[icon("info"), " ", clean(note, 500)]] for note in plan.notes]
    return fragment[
        h.p(class_="c3-lateword")[t("a proposal, not agreed")] if plan.intent in PROPOSALS else None,
        h.p[clean(plan.description, 500)] if plan.description and plan.description != plan.title else None,
        h.ul(class_="c3-lines")[lines] if lines else None,
        h.ul(class_="c3-lines")[notes] if notes else None,
        folded(tn("{n} line of text in the plan", "{n} lines of text in the plan", len(words)), words, "plan-text"),
    ]


def written_activity(activity: PlanActivity) -> Html:
    """An activity that is written in the plan itself, as a line; what is not to be done says so."""
    name = clean(activity.text, 300)
    title = (
        h.b[icon("danger"), " ", t("Not to be done: {what}", what=name)]
        if activity.not_to_do
        else h.span[name or t("Activity")]
    )
    below = [*(clean(each, 300) for each in activity.details), *(clean(each, 300) for each in activity.progress)]
    status = word(ACTIVITY_STATUSES, activity.status)
    when = _days(clean(activity.when, 120))
    return h.li[
        h.div(class_="c3-main")[
            title, h.div(class_="c3-sub")[unbroken_dates(_days("; ".join(below)))] if below else None
        ],
        h.div(class_="c3-side")[status, h.div(class_="c3-sub")[unbroken_dates(when)] if when else None],
    ]


def _days(words: str) -> str:
    """The words with their ISO days as days are shown."""

    def shown(match: re.Match[str]) -> str:
        try:
            return show_date(PartialDate(match[0]))
        except ValueError:
            return match[0]

    return _DAY.sub(shown, words)
