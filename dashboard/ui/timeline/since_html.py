"""What is new since the last conference, in words, above the figure: the weightiest first, each opens its details."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.domain.timeline.events import Event, EventKind, Timeline
from dashboard.ui.record.results import marks_words, trend_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.html import Html, clean, unbroken_dates
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.fold_html import ORDER
from dashboard.ui.timeline.labels import medicine_words, short_event
from dashboard.ui.timeline.words import event_words, kind_word, show_when, state_words

FIRST_LISTED = 6
"""Entries in sight; the others open. More would push the figure off the first screen."""


def since_html(timeline: Timeline, new: Sequence[Event], at: ViewTime) -> Html | None:
    """The list, None where there has been no conference."""
    since = timeline.conference
    if since is None:
        return None
    day = show_day(since.astimezone(at.zone).date())
    items = [_item(event, timeline, since, at) for event in sorted(new, key=_weightiest_first)]
    first, others = items[:FIRST_LISTED], items[FIRST_LISTED:]
    words = tn("and {n} more", "and {n} more", len(others))
    return h.section(class_="c3-sincelist", aria_label=t("New since the conference of {date}", date=day))[
        h.h2[t("New since the conference of {date}", date=day)],
        h.ul[first] if items else h.p[t("Nothing new.")],
        h.details(data_key="since-more")[h.summary[words], h.ul[others]] if others else None,
    ]


def _weightiest_first(event: Event) -> tuple[bool, bool, bool, int, float, str]:
    """Urgent, outside the usual range, other values, medicines, the rest by kind; of each the newest first."""
    kinds = (EventKind.MEDICINE, *(kind for kind in ORDER if kind is not EventKind.MEDICINE))
    moments = [when.moment.timestamp() for when in (event.start, event.end, event.recorded) if when is not None]
    rank = kinds.index(event.kind)
    return (
        not event.urgent, not event.abnormal, not event.results, rank, -max(moments, default=0.0), str(event.origin),
    )  # fmt: skip


def _item(event: Event, timeline: Timeline, since: datetime, at: ViewTime) -> Html:
    what, more = new_words(event, timeline, since, at)
    name = "c3-urgentword" if event.urgent else "c3-sinceoff" if event.abnormal else ""
    return h.li[
        h.button(
            type="button",
            class_=f"c3-plainbutton c3-pickevent {name}".strip(),
            data_act=press("pick", origin=str(event.origin)),
            data_key=f"since-{event.origin}",
        )[h.bdi[what]],
        h.span(class_="c3-sub")[unbroken_dates(f" {more}")],
    ]


def new_words(event: Event, timeline: Timeline, since: datetime, at: ViewTime) -> tuple[str, str]:
    """What is new, and what is to be said of it: `HbA1c 62 mmol/mol`, `17-Nov-2026, misses goal, down from 68 on ...`;
    `Spironolactone 25 mg`, `started 23-Oct-2026`.
    """
    if event.results:
        key = timeline.results.get(event.results[0].measure)
        is_latest = key is not None and key.latest == event.results[0]
        misses_goal = bool(key and is_latest and key.misses_goal)
        marks = marks_words(event.urgent, event.abnormal, misses_goal, event.results[0].preliminary)
        trend = trend_words(key.baseline, key.direction) if key and is_latest else ""
        said = [show_date(event.results[0].when), *marks, trend]
        return clean(event_words(event), 120), ", ".join(part for part in said if part)
    if event.kind is EventKind.MEDICINE:
        return clean(medicine_words(event.text, event.detail), 120), _medicine(event, since)
    words = short_event(event) if event.kind is EventKind.PLAN else event_words(event)
    said = [kind_word(event.kind), show_when(event, at.zone), state_words(event)]
    return clean(words, 120), ", ".join(part for part in said if part)


def _medicine(event: Event, since: datetime) -> str:
    if event.end is not None and event.end.moment > since:
        return t("ended {date}", date=show_date(event.end))
    if event.start is not None and event.start.moment > since:
        return t("started {date}", date=show_date(event.start))
    return t("recorded {date}", date=show_date(event.recorded))
