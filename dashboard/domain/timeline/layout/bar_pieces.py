"""The pieces in which bars are drawn: where a date is not known to the day, a bar has a piece of its own."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.positions import BarPiece, LanePosition, TimeAxis
from dashboard.domain.timeline.scene import Bar

SHORTEST = 4.0
"""Pixels of the shortest bar that can still be seen and pressed."""
KINDS = (EventKind.CONDITION, EventKind.MEDICINE)
"""The order in which bars are drawn."""


def bar_pieces(lanes: Sequence[LanePosition], time: TimeAxis) -> tuple[BarPiece, ...]:
    """The pieces of all bars, by kind."""
    least = SHORTEST / time.width * (time.end - time.start).total_seconds()
    pieces = [
        piece for where in lanes for bar in where.lane.bars for piece in _pieces(bar, where.rows[bar.track], least)
    ]
    return tuple(piece for kind in KINDS for piece in pieces if piece.bar.kind is kind)


def _pieces(bar: Bar, y: float, least: float) -> Iterator[BarPiece]:
    """A vague beginning, what is certain, and a vague end: from the first to the last day that a date may mean."""
    start = min(bar.vague_start, bar.end) if bar.vague_start and bar.vague_start > bar.start else bar.start
    end = max(bar.vague_end, start) if bar.vague_end and bar.vague_end < bar.end else bar.end

    def piece(first: datetime, last: datetime, *, vague: bool = False) -> BarPiece:
        return BarPiece(bar, first, max(least, (last - first).total_seconds()), y, vague)

    if start > bar.start:
        yield piece(bar.start, start, vague=True)
    if end > start:
        yield piece(start, end)
    if bar.end > end:
        yield piece(end, bar.end, vague=True)
