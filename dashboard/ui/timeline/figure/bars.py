"""Spans in the lanes: problems by stage, medicines by dose, goals to their due date; and what is written on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from dashboard.domain.timeline.events import Certainty, Event, EventKind, EventState
from dashboard.domain.timeline.scene import Bar, Scene
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.figure.frame import Frame
from dashboard.ui.timeline.figure.hover import events_hover
from dashboard.ui.timeline.figure.style import SHARED, Colours
from dashboard.ui.timeline.figure.text import bold, fit, plain, width_of
from dashboard.ui.timeline.labels import bar_words, short_dose

# Between a span's edge and its text.
INSET = 5.0
# The shortest span that can still be seen and pressed.
LEAST = 4.0
HOLLOW = "rgba(0,0,0,0)"
# The span began before the window.
BEFORE = "◂"
_KINDS = (EventKind.CONDITION, EventKind.MEDICINE, EventKind.GOAL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a span that is drawn in one way; a vague end is a piece of its own."""

    bar: Bar
    start: datetime
    end: datetime
    vague: bool = False


def bar_traces(scene: Scene, frame: Frame, zone: tzinfo, picked: str) -> list[dict[str, Any]]:
    """A trace of horizontal bars for each kind of span, then their texts."""
    bars = [bar for lane in scene.lanes for bar in lane.bars]
    found = []
    for kind in _KINDS:
        pieces = [piece for bar in bars if _drawn_as(bar) is kind for piece in _pieces(bar)]
        if pieces:
            found.append(_trace(kind, pieces, frame, zone, picked))
    if bars:
        found += [trace for trace in _texts(scene, frame) if trace["x"]]
    return found


def _drawn_as(bar: Bar) -> EventKind:
    return bar.kind if bar.kind in _KINDS else EventKind.GOAL


def _pieces(bar: Bar) -> Iterable[Piece]:
    """Where a date is vague the span is lighter there: from the first to the last day that it may mean."""
    start = min(bar.vague_start, bar.end) if bar.vague_start and bar.vague_start > bar.start else bar.start
    end = max(bar.vague_end, start) if bar.vague_end and bar.vague_end < bar.end else bar.end
    if start > bar.start:
        yield Piece(bar, bar.start, start, vague=True)
    if end > start:
        yield Piece(bar, start, end)
    if bar.end > end:
        yield Piece(bar, end, bar.end, vague=True)


def _trace(kind: EventKind, pieces: Sequence[Piece], frame: Frame, zone: tzinfo, picked: str) -> dict[str, Any]:
    colours, sizes = frame.style.colours, frame.style.sizes
    fill, edge = _tones(kind, colours)
    least = LEAST / frame.style.room * (frame.end - frame.start).total_seconds() * 1000
    chosen = [any(str(each.origin) == picked for each in held_by(piece.bar)) for piece in pieces]
    return {
        "type": "bar",
        "orientation": "h",
        "name": kind.value,
        "base": [piece.start.isoformat() for piece in pieces],
        "x": [max(least, (piece.end - piece.start).total_seconds() * 1000) for piece in pieces],
        "y": [frame.lane(piece.bar.lane).middle(piece.bar.track) for piece in pieces],
        "width": [sizes.bar] * len(pieces),
        "customdata": [str(piece.bar.event.origin) for piece in pieces],
        "hovertext": [bar_hover(piece.bar, zone) for piece in pieces],
        "hoverinfo": "text",
        "marker": {
            "color": [HOLLOW if _hollow(piece.bar) else fill for piece in pieces],
            "line": {
                "color": [
                    colours.text if held else colours.new if piece.bar.new else edge
                    for piece, held in zip(pieces, chosen, strict=True)
                ],
                "width": [3 if held or piece.bar.new else 0.8 for piece, held in zip(pieces, chosen, strict=True)],
            },
            "pattern": {
                "shape": ["/" if piece.vague else "x" if _struck(piece.bar) else "" for piece in pieces],
                "fillmode": "replace",
                "fgcolor": edge,
                "bgcolor": HOLLOW,
                "fgopacity": 0.45,
                "size": sizes.bar / 3,
                "solidity": 0.18,
            },
        },
        **_unmoved(),
    }


def held_by(bar: Bar) -> tuple[Event, ...]:
    """The events of a span."""
    return bar.events or (bar.event,)


def bar_hover(bar: Bar, zone: tzinfo) -> str:
    """Markup: the event; of repeats of one dose the latest, of several medicines in one row each."""
    held = held_by(bar)
    if len({each.track or str(each.origin) for each in held}) == 1:
        held = (bar.event,)
    return events_hover(held, zone, bar.shared, new=bar.new)


def _unmoved() -> dict[str, Any]:
    """Nothing fades when something is pressed: the details open beside, and a ring shows what was pressed."""
    return {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}, "showlegend": False}


def _tones(kind: EventKind, colours: Colours) -> tuple[str, str]:
    return {
        EventKind.CONDITION: (colours.span, colours.span_edge),
        EventKind.MEDICINE: (colours.medicine, colours.medicine_edge),
    }.get(kind, (colours.goal, colours.goal_edge))


def _hollow(bar: Bar) -> bool:
    return bar.state in (EventState.PLANNED, EventState.NOT_DONE) or bar.event.certainty is not Certainty.CONFIRMED


def _struck(bar: Bar) -> bool:
    return bar.event.certainty is Certainty.REFUTED or bar.state is EventState.NOT_DONE


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a span: markup, where it stands, and on which side of that place."""

    text: str
    x: datetime
    y: float
    before: bool = False


def _texts(scene: Scene, frame: Frame) -> list[dict[str, Any]]:
    """The words of each span at its beginning; of one that is too short before it, or after it where there is room."""
    said: list[Said] = []
    for lane in scene.lanes:
        place = frame.lane(lane.key)
        rows: dict[int, list[Bar]] = {}
        for bar in lane.bars:
            rows.setdefault(bar.track, []).append(bar)
        for track, row in rows.items():
            marks = [frame.x(mark.when) for mark in lane.marks if mark.track == track]
            row.sort(key=lambda each: each.start)
            free = 0.0
            for bar, following in zip(row, [*row[1:], None], strict=True):
                words = _words(bar, (free, _until(bar, following, frame, marks)), place.middle(track), frame)
                if words:
                    said.append(words)
                free = max(free, frame.x(bar.end) + INSET)
    return [
        _text_trace([each for each in said if each.before is before], frame, before=before) for before in (False, True)
    ]


def _text_trace(said: Sequence[Said], frame: Frame, *, before: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [each.x.isoformat() for each in said],
        "y": [each.y for each in said],
        "text": [each.text for each in said],
        "textposition": "middle left" if before else "middle right",
        "textfont": {"size": frame.style.sizes.text, "color": frame.style.colours.text},
        "hoverinfo": "skip",
        "cliponaxis": False,
        "showlegend": False,
    }


def _until(bar: Bar, following: Bar | None, frame: Frame, marks: Sequence[float]) -> float:
    """The pixel up to which the row is free on the right."""
    sizes, begin = frame.style.sizes, max(0.0, frame.x(bar.start))
    ends = [frame.style.room + sizes.right - INSET, *([frame.x(following.start)] if following else [])]
    return min([*ends, *(at - sizes.mark / 2 for at in marks if at > begin)])


def _words(bar: Bar, free: tuple[float, float], y: float, frame: Frame) -> Said | None:
    """Name, dose or stage, and signs; None where there is no room for any."""
    begin, end = max(0.0, frame.x(bar.start)), frame.x(bar.end)
    size, heavy = frame.style.sizes.text, bar.kind is EventKind.CONDITION
    signs = _signs(bar)
    long = width_of(bar_words(bar) + signs, size, heavy=heavy) + 2 * INSET
    inside = min(end, free[1]) - begin
    if long > inside and begin - free[0] > long:
        shown = _markup(bar, bar_words(bar), signs, heavy)
        return Said(shown, frame.moment(begin - INSET), y, before=True)
    room = free[1] - begin - 2 * INSET
    arrow = BEFORE if bar.before else ""
    cut = _cut(bar, size, room - width_of(f"{arrow} {signs}", size), heavy)
    if not cut and not (signs and width_of(signs, size) <= room):
        return None
    return Said((f"{arrow} " if arrow else "") + _markup(bar, cut, signs, heavy), frame.moment(begin + INSET / 2), y)


def _cut(bar: Bar, size: float, room: float, heavy: bool) -> str:
    """What fits. A dose is worth more than the end of a long name."""
    cut = fit(bar_words(bar), size, room, heavy=heavy)
    if cut.endswith("…") and bar.detail and bar.kind is EventKind.MEDICINE:
        dose = short_dose(bar.detail)
        left = room - width_of(" " + dose, size, heavy=heavy)
        name = fit(bar.text, size, left, heavy=heavy)
        return f"{name} {dose}".strip() if name else fit(dose, size, room, heavy=heavy, fewest=3) or cut
    return cut


def _markup(bar: Bar, words: str, signs: str, heavy: bool) -> str:
    shown = plain(words)
    if bar.event.certainty is Certainty.REFUTED:
        shown = f"<s>{shown}</s>"
    return (bold(shown) if heavy and words else shown) + (f" {plain(signs)}" if signs else "")


def _signs(bar: Bar) -> str:
    """What a reader must see without pointing: new, refuted, stopped, one and the same as in another lane."""
    said = []
    if bar.new:
        said.append(t("NEW"))
    if bar.event.certainty is Certainty.REFUTED:
        said.append(t("refuted"))
    elif bar.event.certainty is Certainty.UNCONFIRMED:
        said.append(t("not confirmed"))
    if bar.state is EventState.STOPPED:
        said.append("✕ " + t("stopped"))
    elif bar.state is EventState.NOT_DONE:
        said.append(t("not done"))
    elif bar.state is EventState.PLANNED and bar.kind is not EventKind.GOAL:
        said.append(t("planned"))
    if bar.shared:
        said.append(SHARED)
    return (" " + " ".join(said)) if said else ""
