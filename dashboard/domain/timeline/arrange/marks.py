"""The marks of a lane: those too close to be distinguished are merged and counted; kinds that do not meet share a
row.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice, pairwise

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import Event, EventKind, EventState
from dashboard.domain.timeline.scene import Mark

Placed = tuple[datetime, datetime | None, tuple[Event, ...]]
"""Where a mark is drawn, until when, and its events, oldest first."""

KINDS = (
    EventKind.CONFERENCE,
    EventKind.CONTACT,
    EventKind.PROCEDURE,
    EventKind.RESULT,
    EventKind.QUESTIONNAIRE,
    EventKind.REPORT,
    EventKind.PLAN,
    EventKind.TASK,
    EventKind.ORDER,
    EventKind.FLAG,
    EventKind.ALLERGY,
    EventKind.IMMUNISATION,
    EventKind.CONDITION,
    EventKind.MEDICINE,
    EventKind.GOAL,
)
"""The order of the rows below a lane's bars; the last three kinds are marks only where there was no track for a bar."""

_BY_IMPORTANCE = (
    EventState.NOT_DONE,
    EventState.STOPPED,
    EventState.PLANNED,
    EventState.ONGOING,
    EventState.UNKNOWN,
    EventState.DONE,
)


def merged(placed: Iterable[Placed], apart: timedelta) -> list[Placed]:
    """Marks at least `apart` from each other: each takes in what follows it more closely. `placed` is by time."""
    made: list[Placed] = []
    first: datetime | None = None
    until: datetime | None = None
    events: list[Event] = []
    for when, end, own in placed:
        if first is not None and when - first < apart:
            events.extend(own)
            until = end if until is None else max(until, end or until)
            continue
        if first is not None:
            made.append((first, until, tuple(events)))
        first, until, events = when, end, list(own)
    if first is not None:
        made.append((first, until, tuple(events)))
    return made


def rows_by_kind(kinds: Mapping[EventKind, list[Placed]], apart: timedelta) -> list[list[tuple[EventKind, Placed]]]:
    """Rows of merged marks: the marks of a kind are in one row, together with those of kinds that they never touch."""
    rows: list[list[tuple[EventKind, Placed]]] = []
    spans: list[list[tuple[datetime, datetime]]] = []
    for kind in KINDS:
        if kind not in kinds:
            continue
        marks = merged(kinds[kind], apart)
        wanted = [(when, max(when, until or when)) for when, until, _ in marks]
        place = next((n for n, taken in enumerate(spans) if _clear(taken, wanted, apart)), len(rows))
        if place == len(rows):
            rows.append([])
            spans.append([])
        rows[place].extend((kind, each) for each in marks)
        spans[place] = sorted(spans[place] + wanted)
    return rows


def _clear(taken: list[tuple[datetime, datetime]], wanted: list[tuple[datetime, datetime]], apart: timedelta) -> bool:
    """Whether no wanted mark comes closer than `apart` to a taken one; both are sorted by their starts."""
    longest = max((end - start for start, end in taken), default=timedelta())
    for start, end in wanted:
        place = bisect_left(taken, (start - apart - longest,)) if _early(start, apart + longest) else 0
        for begins, ends in islice(taken, place, None):
            if begins >= end + apart:
                break
            if ends > start - apart:
                return False
    return True


def _early(start: datetime, width: timedelta) -> bool:
    return start.replace(tzinfo=None) - datetime.min > width


def make_mark(
    lane: ConditionKey,
    track: int,
    kind: EventKind,
    placed: Placed,
    shared: Callable[[Iterable[Event], ConditionKey], tuple[ConditionKey, ...]],
    is_new: Callable[[Event], bool],
) -> Mark:
    """The mark in its lane, of one event or several."""
    when, until, events = placed
    only = events[0] if len(events) == 1 else None
    return Mark(
        lane=lane,
        track=track,
        kind=kind,
        when=when,
        events=events,
        text=only.text if only else _common(events),
        detail=only.detail if only else "",
        until=until,
        abnormal=any(each.abnormal for each in events),
        state=only.state if only else _state(events),
        shared=shared(events, lane),
        new=any(is_new(each) for each in events),
    )


def _common(events: tuple[Event, ...]) -> str:
    """The text that all share; else that all the abnormal ones share; else ""."""
    for some in (events, tuple(each for each in events if each.abnormal)):
        if some and all(one.text == other.text for one, other in pairwise(some)):
            return some[0].text
    return ""


def _state(events: tuple[Event, ...]) -> EventState:
    states = {each.state for each in events}
    return next(state for state in _BY_IMPORTANCE if state in states)
