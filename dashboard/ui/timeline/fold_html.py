"""The row that opens: what the reading layout's figure leaves to words, such as contacts, goals and plan changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dashboard.domain.timeline.arrange.new_events import is_new
from dashboard.domain.timeline.events import Event, EventKind
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Child, Html, clean, unbroken_dates
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.axis_html import sign_html
from dashboard.ui.timeline.labels import short_event
from dashboard.ui.timeline.words import KINDS, MANY, event_words, show_when, state_words

ORDER = (
    EventKind.CONTACT,
    EventKind.CONFERENCE,
    EventKind.GOAL,
    EventKind.PLAN,
    EventKind.TASK,
    EventKind.ORDER,
    EventKind.PROCEDURE,
    EventKind.QUESTIONNAIRE,
    EventKind.REPORT,
    EventKind.RESULT,
    EventKind.FLAG,
    EventKind.IMMUNISATION,
    EventKind.ALLERGY,
    EventKind.CONDITION,
    EventKind.MEDICINE,
)
"""What was asked for most stands first."""
MOST_LISTED = 40
"""Entries of a kind that are listed, the newest; the table has all."""


def fold_html(folded: Mapping[EventKind, Sequence[Event]], since: datetime | None, at: ViewTime) -> Html | None:
    """`contacts 9, goals 2, plan changes 3`, which opens a list of each kind, newest first; None where there is none.

    `since`: what is newer has the sign of what is new; None where that is not asked for.
    """
    kinds = [kind for kind in ORDER if folded.get(kind)]
    if not kinds:
        return None
    counts = ", ".join(f"{_many(kind, len(folded[kind]))} {len(folded[kind])}" for kind in kinds)
    new = sum(is_new(event, since, at.as_of) for kind in kinds for event in folded[kind])
    signs: list[Child] = [" ", sign_html("new"), " ", tn("{n} new", "{n} new", new)] if new else []
    return h.details(class_="c3-fold", data_key="fold")[
        h.summary[counts, *signs],
        h.div(class_="c3-foldkinds")[(_kind(kind, folded[kind], since, at) for kind in kinds)],
    ]


def _many(kind: EventKind, n: int) -> str:
    return t(KINDS[kind]) if n == 1 else t(MANY[kind])


def _kind(kind: EventKind, events: Sequence[Event], since: datetime | None, at: ViewTime) -> Html:
    listed = list(reversed(events))[:MOST_LISTED]
    more = len(events) - len(listed)
    name = t(MANY[kind])
    return h.section[
        h.h3[f"{name[:1].upper()}{name[1:]}"],
        h.ul[
            (_entry(event, since, at) for event in listed),
            h.li[tn("{n} older one is in the table", "{n} older ones are in the table", more)] if more else None,
        ],
    ]


def _entry(event: Event, since: datetime | None, at: ViewTime) -> Html:
    words = clean(short_event(event) if event.kind is EventKind.PLAN else event_words(event), 160)
    new = is_new(event, since, at.as_of)
    state = state_words(event)
    return h.li[
        h.span(class_="c3-foldwhen")[unbroken_dates(show_when(event, at.zone))],
        h.button(
            type="button",
            class_="c3-plainbutton c3-pickevent",
            data_act=press("pick", origin=str(event.origin)),
            data_key=f"fold-{event.origin}",
        )[h.bdi[words]],
        h.span(class_="c3-sub")[f" {state}"] if state else None,
        h.span(class_="c3-newflag")[sign_html("new"), " ", t("NEW")] if new else None,
    ]
