"""Marks in the lanes: a shape, a letter and a colour for each kind, rings around them, and words next to them."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from dashboard.domain.timeline.events import Certainty, EventKind, EventState
from dashboard.domain.timeline.layout.positions import Layout, MarkPosition, MarkText
from dashboard.domain.timeline.scene import Mark
from dashboard.ui.timeline.figure.hover import events_hover
from dashboard.ui.timeline.figure.style import ABNORMAL_SYMBOL, CLEAR, LETTERS, SEVERAL_SYMBOL, SYMBOLS, Colours, Style
from dashboard.ui.timeline.figure.text import bold, plain


def mark_traces(layout: Layout, style: Style, zone: tzinfo, picked: str) -> list[dict[str, Any]]:
    """Rings of what is new or picked, the marks, and their words."""
    if not layout.marks:
        return []
    traces = [_rings(layout.marks, style, picked), _marks(layout.marks, style, zone)]
    traces += [_texts(layout.marks, style, to_left=to_left) for to_left in (False, True)]
    return [trace for trace in traces if trace["x"]]


def mark_colour(mark: Mark, colours: Colours, usual: str) -> str:
    """Red where it holds a latest result that is urgent, as on every page."""
    return colours.urgent if mark.urgent else colours.alarm if mark.abnormal else usual


def _text_colour(mark: Mark, colours: Colours) -> str:
    """Red words name nothing but what is urgent."""
    named = [event for event in mark.events if event.abnormal]
    return (
        colours.urgent
        if named and all(event.urgent for event in named)
        else (colours.alarm if mark.abnormal else colours.text)
    )


def _marks(positions: Sequence[MarkPosition], style: Style, zone: tzinfo) -> dict[str, Any]:
    colours, sizes = style.colours, style.sizes
    marks = [position.mark for position in positions]
    tones = [mark_colour(mark, colours, colours.kinds[mark.kind]) for mark in marks]
    hollow = [mark.tentative for mark in marks]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "marks",
        "x": [mark.when.isoformat() for mark in marks],
        "y": [position.y for position in positions],
        "customdata": [str(mark.events[-1].origin) for mark in marks],
        "hovertext": [events_hover(mark.events, zone, mark.shared, new=mark.new) for mark in marks],
        "hoverinfo": "text",
        "text": [bold(letter_of(mark)) for mark in marks],
        "textposition": "middle center",
        "textfont": {
            "size": [_letter_size(mark, sizes.letter) for mark in marks],
            "color": [tone if is_hollow else colours.on for tone, is_hollow in zip(tones, hollow, strict=True)],
        },
        "marker": {
            "symbol": [symbol_of(mark) for mark in marks],
            "size": [_size(mark, sizes.mark) for mark in marks],
            "opacity": 1,
            "color": [colours.ground if is_hollow else tone for tone, is_hollow in zip(tones, hollow, strict=True)],
            "line": {
                "color": [tone if is_hollow else colours.ground for tone, is_hollow in zip(tones, hollow, strict=True)],
                "width": [2 if is_hollow else 1 for is_hollow in hollow],
            },
        },
        "selected": {"marker": {"opacity": 1}, "textfont": {}},
        "unselected": {"marker": {"opacity": 1}},
        "cliponaxis": False,
        "showlegend": False,
    }


def symbol_of(mark: Mark) -> str:
    """The shape of its kind, a disc for several kinds; what is abnormal is a triangle, whatever its kind."""
    if mark.state is EventState.NOT_DONE:
        return "x"
    if mark.abnormal:
        return ABNORMAL_SYMBOL
    return SEVERAL_SYMBOL if len({event.kind for event in mark.events}) > 1 else SYMBOLS[mark.kind]


def letter_of(mark: Mark) -> str:
    """The count of a merged mark, "!" of an abnormal one, else the letter of the kind."""
    if mark.count > 1:
        return str(mark.count) if mark.count < 100 else "99+"
    if mark.state is EventState.NOT_DONE:
        return ""
    return "!" if mark.abnormal else LETTERS[mark.kind]


def _size(mark: Mark, usual: int) -> float:
    # Symbols of one size look unlike in size: corners take room, a triangle has little for its sign.
    wide = 1.25 if mark.count > 9 else 1.0
    if symbol_of(mark) == SYMBOLS[EventKind.PROCEDURE] and mark.count > 1:
        # A number has room only where the arms of the cross meet.
        wide = 1.55
    return usual * wide * (1.2 if mark.abnormal or mark.kind is EventKind.CONFERENCE else 1.0)


def _letter_size(mark: Mark, usual: int) -> int:
    return usual - 1 if mark.count > 9 or mark.abnormal else usual


def _rings(positions: Sequence[MarkPosition], style: Style, picked: str) -> dict[str, Any]:
    ringed = [each for each in positions if each.mark.new or _is_picked(each.mark, picked)]
    chosen = [_is_picked(each.mark, picked) for each in ringed]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "rings",
        "x": [each.mark.when.isoformat() for each in ringed],
        "y": [each.y for each in ringed],
        "hoverinfo": "skip",
        "marker": {
            "symbol": ["square-open" if is_chosen else "circle-open" for is_chosen in chosen],
            "size": [_size(each.mark, style.sizes.mark) + 5 for each in ringed],
            "color": [style.colours.text if is_chosen else style.colours.new for is_chosen in chosen],
            "line": {"width": 3},
        },
        "cliponaxis": False,
        "showlegend": False,
    }


def _is_picked(mark: Mark, picked: str) -> bool:
    return bool(picked) and any(str(event.origin) == picked for event in mark.events)


def _texts(positions: Sequence[MarkPosition], style: Style, *, to_left: bool) -> dict[str, Any]:
    colours, sizes = style.colours, style.sizes
    texts = [(each, each.text) for each in positions if each.text is not None and each.text.to_left is to_left]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [each.mark.when.isoformat() for each, _ in texts],
        "y": [each.y for each, _ in texts],
        "text": [_markup(each.mark, text) for each, text in texts],
        "textposition": "middle left" if to_left else "middle right",
        "textfont": {
            "size": sizes.text,
            "color": [_text_colour(each.mark, colours) for each, _ in texts],
        },
        # Unseen marks of their size keep the words clear of what they belong to.
        "marker": {"size": sizes.mark, "color": CLEAR, "line": {"width": 0}},
        "hoverinfo": "skip",
        "cliponaxis": False,
        "showlegend": False,
    }


def _markup(mark: Mark, text: MarkText) -> str:
    words = plain(text.words)
    if all(event.certainty is Certainty.REFUTED for event in mark.events):
        words = f"<s>{words}</s>"
    return bold(words) if text.heavy else words
