"""What is written on bars: name, dose or stage, and signs, as far as there is room."""

from collections.abc import Sequence

from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.positions import BarText, LanePosition, TimeAxis
from dashboard.domain.timeline.layout.room import Labels, Room, cut_to_fit
from dashboard.domain.timeline.scene import Bar

INSET = 5.0
"""Pixels between a bar's edge and its text."""
FEWEST_LETTERS_OF_A_DOSE = 3


def bar_texts(lanes: Sequence[LanePosition], time: TimeAxis, room: Room, labels: Labels) -> tuple[BarText, ...]:
    """The text of each bar at its beginning; of one that is too short in front of it where there is room, else over its
    end as far as the row is free.
    """
    texts: list[BarText] = []
    for where in lanes:
        rows: dict[int, list[Bar]] = {}
        for bar in where.lane.bars:
            rows.setdefault(bar.track, []).append(bar)
        for track, row in rows.items():
            row.sort(key=lambda bar: bar.start)
            free_from = 0.0
            for bar, following in zip(row, [*row[1:], None], strict=True):
                free = (free_from, _free_until(following, time, room))
                text = _text(bar, free, where.rows[track], time, room, labels)
                free_from = max(free_from, time.x(bar.end) + INSET)
                if text is not None:
                    texts.append(text)
                    free_from = max(free_from, _right_edge(text, time, room, labels) + INSET)
    return tuple(texts)


def _right_edge(text: BarText, time: TimeAxis, room: Room, labels: Labels) -> float:
    """The pixel at which a text ends: it may be beyond its bar."""
    if text.to_left:
        return time.x(text.x)
    words = f"{text.began_before} {text.words} {text.signs}" if text.began_before else f"{text.words}{text.signs}"
    return time.x(text.x) + labels.width_of(words, room.sizes.text, heavy=text.heavy)


def _free_until(following: Bar | None, time: TimeAxis, room: Room) -> float:
    """The pixel up to which the row is free on the right."""
    margin = room.width + room.sizes.right - INSET
    return min(margin, time.x(following.start)) if following else margin


def _text(bar: Bar, free: tuple[float, float], y: float, time: TimeAxis, room: Room, labels: Labels) -> BarText | None:
    """The text of a bar on a row that is free between two pixels; None where there is no room for any."""
    begin, end = max(0.0, time.x(bar.start)), time.x(bar.end)
    size, heavy = room.sizes.text, bar.kind is EventKind.CONDITION
    words, signs = labels.bar(bar), labels.signs(bar)
    width = labels.width_of(words + signs, size, heavy=heavy) + 2 * INSET
    inside = min(end, free[1]) - begin
    if width > inside and begin - free[0] > width:
        return BarText(bar, words, signs, "", time.moment(begin - INSET), y, heavy, to_left=True)
    left = free[1] - begin - 2 * INSET
    began_before = labels.began_before(bar)
    for_words = left - labels.width_of(f"{began_before} {signs}", size)
    cut = _cut(bar, words, size, for_words, labels, heavy=heavy)
    if not cut and not (signs and labels.width_of(signs, size) <= left):
        return None
    return BarText(bar, cut, signs, began_before, time.moment(begin + INSET / 2), y, heavy)


def _cut(bar: Bar, words: str, size: float, room: float, labels: Labels, *, heavy: bool) -> str:
    """What fits of the words. A dose is worth more than the end of a long name."""
    cut = cut_to_fit(words, size, room, labels, heavy=heavy)
    if not (cut.endswith("…") and bar.detail and bar.kind is EventKind.MEDICINE):
        return cut
    dose = labels.dose(bar)
    for_name = room - labels.width_of(" " + dose, size, heavy=heavy)
    name = cut_to_fit(bar.text, size, for_name, labels, heavy=heavy)
    if name:
        return f"{name} {dose}".strip()
    return cut_to_fit(dose, size, room, labels, heavy=heavy, fewest_letters=FEWEST_LETTERS_OF_A_DOSE) or cut
