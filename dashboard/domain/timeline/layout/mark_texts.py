"""Where marks are, and what is written next to them: as much as hides no other mark of the row."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.mark_rows import rank
from dashboard.domain.timeline.layout.positions import LanePosition, MarkPosition, MarkText, TimeAxis
from dashboard.domain.timeline.layout.room import Labels, Room, cut_to_fit
from dashboard.domain.timeline.scene import Mark
from dashboard.domain.values.datatypes import Reference

GAP = 3.0
"""Pixels between a mark and its words, and between the words and what comes next."""
AROUND_MARK = 2
"""Pixels on both sides of a mark that words leave free."""
FEWEST_LETTERS = 12
"""Fewer letters of a longer text say nothing."""
NAMED_ONCE = frozenset({EventKind.CONTACT, EventKind.CONFERENCE, EventKind.PLAN})
"""Kinds that are named in the first of the lanes they share: the sign and the shape say that it is the same entry."""


def mark_positions(
    lanes: Sequence[LanePosition], time: TimeAxis, room: Room, labels: Labels, as_of: datetime
) -> tuple[MarkPosition, ...]:
    """The marks of all lanes with their words."""
    positions: list[MarkPosition] = []
    named: set[Reference] = set()
    today = time.x(as_of)
    for where in lanes:
        marks = where.lane.marks
        to_name = [mark for mark in marks if not _is_named_above(mark, named)]
        texts = _texts(to_name, marks, time, room, labels, today)
        named |= {event.origin for mark in to_name if id(mark) in texts for event in mark.events}
        positions += [MarkPosition(mark, where.rows[mark.track], texts.get(id(mark))) for mark in marks]
    return tuple(positions)


def _is_named_above(mark: Mark, named: set[Reference]) -> bool:
    return mark.kind in NAMED_ONCE and not mark.abnormal and all(event.origin in named for event in mark.events)


def _texts(
    to_name: Sequence[Mark], marks: Sequence[Mark], time: TimeAxis, room: Room, labels: Labels, today: float
) -> dict[int, MarkText]:
    """By `id` of the mark: the words of the weightiest first, on the right, else on the left, else none."""
    texts: dict[int, MarkText] = {}
    size, half = room.sizes.text, room.sizes.mark / 2
    far = room.width + room.sizes.right - GAP
    for track in {mark.track for mark in to_name}:
        around = half + AROUND_MARK
        taken = [(x - around, x + around) for x in (time.x(mark.when) for mark in marks if mark.track == track)]
        for mark in sorted((mark for mark in to_name if mark.track == track), key=_latest_of_heaviest_first):
            label = labels.mark(mark)
            if not label:
                continue
            heavy, x = mark.abnormal or mark.new, time.x(mark.when)
            right = min([start for start, _ in taken if start > x] + [far]) - x - half - 2 * GAP
            left = x - half - 2 * GAP - max([end for _, end in taken if end < x] + [0.0])
            width = labels.width_of(label, size, heavy=heavy)
            over_today = x < today < x + half + width
            to_left = (left > right and width > right) or (over_today and width < left)
            side = left if to_left else right
            words = cut_to_fit(label, size, side, labels, heavy=heavy, fewest_letters=FEWEST_LETTERS)
            if words:
                long = labels.width_of(words, size, heavy=heavy) + 2 * GAP
                taken.append((x - half - long, x) if to_left else (x, x + half + long))
                texts[id(mark)] = MarkText(words, heavy, to_left)
    return texts


def _latest_of_heaviest_first(mark: Mark) -> tuple[bool, bool, int, float]:
    return (not mark.abnormal, not mark.new, rank(mark.kind), -mark.when.timestamp())
