"""Bars in the rows: problems by stage, medicines by dose; and what is written on them."""

from collections.abc import Sequence
from datetime import tzinfo
from itertools import groupby
from typing import Any

from dashboard.domain.timeline.events import Certainty, EventKind, EventState
from dashboard.domain.timeline.layout.positions import BarPiece, BarText
from dashboard.domain.timeline.scene import Bar
from dashboard.ui.timeline.figure.hover import events_hover
from dashboard.ui.timeline.figure.style import CLEAR, Style
from dashboard.ui.timeline.figure.text import bold, plain


def bar_traces(
    drawn: Sequence[BarPiece], written: Sequence[BarText], style: Style, zone: tzinfo, picked: str
) -> list[dict[str, Any]]:
    """A trace of horizontal bars for each kind, then their texts."""
    traces = [
        _bars(kind, list(pieces), style, zone, picked)
        for kind, pieces in groupby(drawn, key=lambda piece: piece.bar.kind)
    ]
    for to_left in (False, True):
        texts = [text for text in written if text.to_left is to_left]
        if texts:
            traces.append(_texts(texts, style, to_left=to_left))
    return traces


def _bars(kind: EventKind, pieces: Sequence[BarPiece], style: Style, zone: tzinfo, picked: str) -> dict[str, Any]:
    colours, sizes = style.colours, style.sizes
    problem = kind is EventKind.CONDITION
    fill, edge = (colours.span, colours.span_edge) if problem else (colours.medicine, colours.medicine_edge)
    chosen = [any(str(event.origin) == picked for event in piece.bar.events) for piece in pieces]
    return {
        "type": "bar",
        "orientation": "h",
        "name": kind.value,
        "base": [piece.start.isoformat() for piece in pieces],
        "x": [piece.seconds * 1000 for piece in pieces],
        "y": [piece.y for piece in pieces],
        "width": [sizes.bar] * len(pieces),
        "customdata": [str(piece.bar.event.origin) for piece in pieces],
        "hovertext": [bar_hover(piece.bar, zone) for piece in pieces],
        "hoverinfo": "text",
        "marker": {
            "color": [CLEAR if _is_hollow(piece.bar) else fill for piece in pieces],
            "line": {
                "color": [colours.text if is_chosen else edge for is_chosen in chosen],
                "width": [3 if is_chosen else 0.8 for is_chosen in chosen],
            },
            "pattern": {
                "shape": ["/" if piece.vague else "x" if _is_struck(piece.bar) else "" for piece in pieces],
                "fillmode": "replace",
                "fgcolor": edge,
                "bgcolor": CLEAR,
                "fgopacity": 0.45,
                "size": sizes.bar / 3,
                "solidity": 0.18,
            },
        },
        # Nothing fades when something is pressed: the details open next to it, and a ring shows what was pressed.
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "showlegend": False,
    }


def bar_hover(bar: Bar, zone: tzinfo) -> str:
    """Markup: the event; of repeats of one dose the latest, of several medicines in one row each."""
    events = bar.events
    if len({event.track or str(event.origin) for event in events}) == 1:
        events = (bar.event,)
    return events_hover(events, zone, bar.shared, new=bar.new)


def _is_hollow(bar: Bar) -> bool:
    return bar.state in (EventState.PLANNED, EventState.NOT_DONE) or bar.event.certainty is not Certainty.CONFIRMED


def _is_struck(bar: Bar) -> bool:
    return bar.event.certainty is Certainty.REFUTED or bar.state is EventState.NOT_DONE


def _texts(texts: Sequence[BarText], style: Style, *, to_left: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [text.x.isoformat() for text in texts],
        "y": [text.y for text in texts],
        "text": [_markup(text) for text in texts],
        "textposition": "middle left" if to_left else "middle right",
        "textfont": {"size": style.sizes.text, "color": style.colours.text},
        "hoverinfo": "skip",
        "cliponaxis": False,
        "showlegend": False,
    }


def _markup(text: BarText) -> str:
    words = plain(text.words)
    if text.bar.event.certainty is Certainty.REFUTED:
        words = f"<s>{words}</s>"
    before = f"{text.began_before} " if text.began_before else ""
    signs = f" {plain(text.signs)}" if text.signs else ""
    return before + (bold(words) if text.heavy and text.words else words) + signs
