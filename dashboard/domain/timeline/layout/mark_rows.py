"""Rows of marks below a lane's bars: few of them, the weightiest marks first; a mark without a place of its own joins
one that is in its way.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.scene import Lane, Mark

MARK_ROWS = 2
"""Rows of marks in a lane; more make a page that nobody reads."""
WEIGHT = (
    EventKind.CONFERENCE,
    EventKind.QUESTIONNAIRE,
    EventKind.PROCEDURE,
    EventKind.PLAN,
    EventKind.RESULT,
    EventKind.CONTACT,
)
"""The weightiest kinds first: their marks stay their own, and have words."""


def marks_in_few_rows(lane: Lane, apart: timedelta) -> Lane:
    """The lane with its marks in `MARK_ROWS` rows, whatever their kinds, no two of a row closer than `apart`.

    A mark without a place joins the lightest mark like it that is in its way. Another row begins only where no mark in
    its way is like it.
    """
    top = max((bar.track for bar in lane.bars), default=-1) + 1
    rows: list[list[Mark]] = []
    for mark in sorted(lane.marks, key=_heaviest_first):
        in_the_way = [[other for other in row if abs(mark.when - other.when) < apart] for row in rows]
        free = next((row for row, others in zip(rows, in_the_way, strict=True) if not others), None)
        alike = [other for others in in_the_way for other in others if _are_alike(mark, other)]
        if free is not None:
            free.append(mark)
        elif len(rows) < MARK_ROWS or not alike:
            rows.append([mark])
        else:
            other = max(alike, key=_heaviest_first)
            row = next(row for row in rows if any(placed is other for placed in row))
            row[next(n for n, placed in enumerate(row) if placed is other)] = _joined(other, mark)
    placed = (replace(mark, track=top + number) for number, row in enumerate(rows) for mark in row)
    marks = tuple(sorted(placed, key=lambda mark: (mark.track, mark.when)))
    return replace(lane, tracks=max(top + len(rows), 1), marks=marks)


def rank(kind: EventKind) -> int:
    """The place of a kind in `WEIGHT`, 0 the weightiest."""
    return WEIGHT.index(kind) if kind in WEIGHT else len(WEIGHT)


def _heaviest_first(mark: Mark) -> tuple[bool, bool, int, datetime]:
    return (not mark.abnormal, not mark.new, rank(mark.kind), mark.when)


def _are_alike(mark: Mark, other: Mark) -> bool:
    """Whether one mark may represent both: what is out of range is never in a mark of what is not, what is planned
    never in one of what was.
    """
    return (mark.abnormal, mark.new, mark.tentative) == (other.abnormal, other.new, other.tentative)


def _joined(heavier: Mark, mark: Mark) -> Mark:
    """The heavier mark with the events of both, oldest first; its kind, moment and state stay."""
    known = {event.origin for event in heavier.events}
    events = (*heavier.events, *(event for event in mark.events if event.origin not in known))
    ends = [end for end in (heavier.until, mark.until, mark.when if mark.when > heavier.when else None) if end]
    return replace(
        heavier,
        events=tuple(sorted(events, key=_by_start)),
        until=max(ends, default=None),
        text="",
        detail="",
        shared=heavier.shared if heavier.shared == mark.shared else (),
    )


def _by_start(event: Event) -> tuple[datetime, str]:
    when = event.start or event.end
    return when.moment if when is not None else datetime.max.replace(tzinfo=UTC), str(event.origin)
