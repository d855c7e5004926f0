"""What is shown when an event is pointed at: name, value, when, how sure, why here. Every part harmless to plotly."""

from collections.abc import Sequence
from datetime import tzinfo

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Result
from dashboard.domain.timeline.events import Event
from dashboard.domain.timeline.scene import PanelPoint
from dashboard.ui.record.names import show_unit
from dashboard.ui.record.numbers import show_quantity
from dashboard.ui.record.results import show_result
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.figure.style import SHARED
from dashboard.ui.timeline.figure.text import bold, lines, plain, wrap
from dashboard.ui.timeline.words import (
    DATE_WARNINGS,
    MANY,
    event_name,
    event_words,
    inexact_words,
    kind_word,
    lanes_short,
    precision_words,
    show_code,
    show_when,
    state_words,
)

# A hover that is longer hides what it is about.
MOST_LINES = 5


def event_hover(event: Event, zone: tzinfo, shared: Sequence[ConditionKey] = (), *, new: bool = False) -> str:
    """Markup: one event."""
    return lines(_event(event, zone, shared, new=new))


def _event(event: Event, zone: tzinfo, shared: Sequence[ConditionKey], *, new: bool) -> list[str]:
    name = event_words(event) if event.results else event_name(event)
    head = [bold(plain(line)) for line in wrap(name, 60)[:3]]
    when = ", ".join(part for part in (show_when(event, zone), precision_words(event), state_words(event)) if part)
    parts = [
        *head,
        *(plain(line) for line in wrap(event.detail)[:3]),
        plain(f"{kind_word(event.kind)}, {when}"),
        plain(t("by {who}", who=event.who)) if event.who else "",
        plain(event.why),
        plain(f"{SHARED} {t('one and the same entry, also in {lanes}', lanes=lanes_short(event, shared))}")
        if shared
        else "",
        *(plain(line) for line in inexact_words(event)),
        *(plain(t(DATE_WARNINGS[warning])) for warning in event.date_warnings),
        plain(t("new since the last conference")) if new else "",
        plain(show_code(event.codes[0], short=True)) if event.codes else "",
        t("code not in our lists") if event.unmapped else "",
    ]
    return [part for part in parts if part]


def events_hover(events: Sequence[Event], zone: tzinfo, shared: Sequence[ConditionKey] = (), *, new: bool) -> str:
    """Markup: a mark; several events in it are counted, and the latest of them listed."""
    if len(events) == 1:
        return event_hover(events[0], zone, shared, new=new)
    kinds = list(dict.fromkeys(event.kind for event in events))
    many = t(MANY[kinds[0]]) if len(kinds) == 1 else t("entries")
    listed = [
        plain(f"{show_when(event, zone)}: {event_words(event)}", 90)
        for event in sorted(events, key=_when, reverse=True)[:MOST_LINES]
    ]
    more = len(events) - len(listed)
    return lines(
        [
            bold(plain(f"{len(events)} {many}")),
            *listed,
            tn("and {n} more", "and {n} more", more) if more > 0 else "",
            plain(t("new since the last conference")) if new else "",
            plain(t("press to list them")),
        ]
    )


def _when(event: Event) -> str:
    return event.start.moment.isoformat() if event.start else ""


def point_hover(point: PanelPoint) -> str:
    """Markup: a measured value, or the median and the extremes of several."""
    last = point.results[-1] if point.results else None
    if last is None:
        return ""
    if point.count == 1:
        return lines(
            [bold(plain(show_result(last))), plain(show_date(last.when)), *_preliminary(last), *_converted(last)]
        )
    unit = show_unit(last.value.unit)
    return lines(
        [
            bold(plain(t("{n} values, median {value} {unit}", n=point.count, value=_short(point.value), unit=unit))),
            plain(t("from {low} to {high}", low=_short(point.low), high=_short(point.high))),
            plain(t("{start} to {end}", start=show_date(point.results[0].when), end=show_date(last.when))),
        ]
    )


def _preliminary(result: Result) -> list[str]:
    return [plain(t("preliminary"))] if result.preliminary else []


def _converted(result: Result) -> list[str]:
    if not result.converted:
        return []
    return [plain(t("converted from {value}", value=show_quantity(result.recorded, result.measure)))]


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
