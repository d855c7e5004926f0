"""From when to when an event lasted, and what is not known of its ends; whatever the window.

A day lasts to the next midnight, "2009" to that of the year's end. What goes on lasts to the moment of view, whatever
end it is meant to have; a goal lasts to its target date. What began and has ended, nobody knows when, is known on its
first day only: a longer bar would invent a treatment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.domain.timeline.events import Event, EventKind, EventState
from dashboard.domain.values.datatypes import PartialDate
from dashboard.domain.values.site_time import midnight, site_day

SPANS = frozenset({EventKind.CONDITION, EventKind.MEDICINE, EventKind.GOAL})
"""What is drawn as a bar; everything else is a mark."""
_STAYS = frozenset(
    {
        EventKind.CONTACT,
        EventKind.CONFERENCE,
        EventKind.PROCEDURE,
        EventKind.RESULT,
        EventKind.QUESTIONNAIRE,
        EventKind.REPORT,
    }
)
"""Marks that may have an end; the period of a plan, task or order says when it is to be done, not how long it took."""
_DAY = timedelta(days=1)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Extent:
    """`first` to `last` (exclusive) is all that may be meant; the uncertain parts lie before `vague_start` and after
    `vague_end` (None: the day is known). From `sure_to` on a follower may begin without overlapping: the start of what
    is known of the end. `open` goes on at the moment of view; `ended` False where nobody knows when it ended.
    """

    first: datetime
    last: datetime
    vague_start: datetime | None
    vague_end: datetime | None
    sure_to: datetime
    open: bool = False
    ended: bool = True

    def meets(self, start: datetime, end: datetime) -> bool:
        """Whether any of it lies in the window, both ends of the window included."""
        return self.first <= end and (self.last > start or self.first >= start)


def past(when: PartialDate) -> datetime:
    """The first moment that can no longer be meant: the next midnight; of a moment with its time that moment."""
    if len(when.text) > 10:
        return when.moment
    try:
        return midnight(when.end + _DAY)
    except OverflowError:
        return _END_OF_TIME


def end_of_day(moment: datetime) -> datetime:
    """The next midnight."""
    try:
        return midnight(site_day(moment) + _DAY)
    except OverflowError:
        return _END_OF_TIME


def is_contrary(event: Event) -> bool:
    """Whether the record says that it ended before it began: the end is then ignored."""
    return event.start is not None and event.end is not None and past(event.end) < event.start.moment


def extent(event: Event, as_of: datetime) -> Extent | None:
    """Where the event lies in time; None for an undated one."""
    if event.start is None and event.end is None:
        return None
    return _span(event, as_of) if event.kind in SPANS else _moment(event, as_of)


def _coarse(when: PartialDate) -> bool:
    return len(when.text) < 10


def _moment(event: Event, as_of: datetime) -> Extent:
    begins = event.start or event.end
    assert begins is not None
    first, last = begins.moment, past(begins)
    if event.kind in _STAYS and event.start is not None:
        if event.end is not None:
            last = max(last, past(event.end))
        elif event.state is EventState.ONGOING and not _coarse(event.start):
            last = max(last, as_of)
    return Extent(first, last, last if _coarse(begins) else None, None, first)


def _span(event: Event, as_of: datetime) -> Extent:
    start, end = event.start, event.end
    if start is None:  # known is only that it had ended by then
        assert end is not None
        last = max(past(end), end_of_day(end.moment))
        return Extent(end.moment, last, last, None, end.moment)
    first, day = start.moment, max(past(start), end_of_day(start.moment))
    vague = past(start) if _coarse(start) else None
    if event.state is EventState.ONGOING and not (event.kind is EventKind.GOAL and end is not None):
        last = max(as_of, end_of_day(first))
        return Extent(first, last, _within(vague, last), None, last, open=True)
    if end is not None and not is_contrary(event):
        last = max(past(end), end_of_day(first))
        unsure = max(end.moment, first) if _coarse(end) else None
        sure = midnight(end.start)
        return Extent(first, last, _within(vague, last), unsure, max(first, min(sure, last)))
    return Extent(first, day, vague, first, day, ended=False)


def _within(moment: datetime | None, last: datetime) -> datetime | None:
    return None if moment is None else min(moment, last)


def cut_to_follower(extents: Iterable[Extent]) -> None:
    """Ends each where the next begins, if it may have ended by then. The extents are of one course or condition, in the
    order of `first`.

    "2024" as an end, and 5 March 2024 as the next stage's beginning: the end is that day.
    """
    before: Extent | None = None
    for each in extents:
        if before is not None and max(before.sure_to, end_of_day(before.first)) <= each.first < before.last:
            before.last = each.first
            before.vague_start = _within(before.vague_start, before.last)
            before.vague_end = None
        before = each
