"""Moments in the lanes: a shape, a letter and a colour a kind, and beside it what there is room to say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from dashboard.domain.timeline.events import Certainty, EventKind, EventState
from dashboard.domain.timeline.scene import Mark, Scene
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.figure.bars import HOLLOW
from dashboard.ui.timeline.figure.fold import WEIGHT
from dashboard.ui.timeline.figure.frame import Frame
from dashboard.ui.timeline.figure.hover import events_hover
from dashboard.ui.timeline.figure.style import ABNORMAL_SYMBOL, LETTERS, SEVERAL_SYMBOL, SHARED, SYMBOLS
from dashboard.ui.timeline.figure.text import bold, fit, plain, width_of
from dashboard.ui.timeline.labels import mark_words

# Between a mark and its words, and between the words and what comes next.
GAP = 3.0
# Shared by several lanes, these are named in the first one alone: the sign and the shape say that it is the same.
NAMED_ONCE = frozenset({EventKind.CONTACT, EventKind.CONFERENCE, EventKind.PLAN})


@dataclass(frozen=True, slots=True)
class Words:
    """What is written beside a mark, and on which side."""

    text: str
    before: bool = False


def mark_traces(scene: Scene, frame: Frame, as_of: datetime, zone: tzinfo, picked: str) -> list[dict[str, Any]]:
    """Rings of what is new or picked, the marks, and their words."""
    marks = [mark for lane in scene.lanes for mark in lane.marks]
    if not marks:
        return []
    found = [_rings(marks, frame, picked), _marks(marks, frame, zone)]
    words: dict[int, Words] = {}
    named: set[Reference] = set()
    for lane in scene.lanes:
        said = _words([mark for mark in lane.marks if not _named(mark, named)], lane.marks, frame, frame.x(as_of))
        words |= {id(mark): told for mark, told in said}
        named |= {event.origin for mark, _ in said for event in mark.events}
    for before in (False, True):
        held = [mark for mark in marks if id(mark) in words and words[id(mark)].before is before]
        if held:
            found.append(_said(held, [words[id(mark)].text for mark in held], frame, before=before))
    return [trace for trace in found if trace["x"]]


def _named(mark: Mark, named: set[Reference]) -> bool:
    """Whether a lane above has said it."""
    return mark.kind in NAMED_ONCE and not mark.abnormal and all(event.origin in named for event in mark.events)


def _y(mark: Mark, frame: Frame) -> float:
    return frame.lane(mark.lane).middle(mark.track)


def _marks(marks: Sequence[Mark], frame: Frame, zone: tzinfo) -> dict[str, Any]:
    colours, sizes = frame.style.colours, frame.style.sizes
    tones = [colours.alarm if mark.abnormal else colours.kinds[mark.kind] for mark in marks]
    hollow = [is_hollow(mark) for mark in marks]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "marks",
        "x": [mark.when.isoformat() for mark in marks],
        "y": [_y(mark, frame) for mark in marks],
        "customdata": [str(mark.events[-1].origin) for mark in marks],
        "hovertext": [events_hover(mark.events, zone, mark.shared, new=mark.new) for mark in marks],
        "hoverinfo": "text",
        "text": [bold(letter_of(mark)) for mark in marks],
        "textposition": "middle center",
        "textfont": {
            "size": [_letter_size(mark, frame) for mark in marks],
            "color": [tone if open_ else colours.on for tone, open_ in zip(tones, hollow, strict=True)],
        },
        "marker": {
            "symbol": [symbol_of(mark) for mark in marks],
            "size": [_size(mark, sizes.mark) for mark in marks],
            "opacity": 1,
            "color": [colours.ground if open_ else tone for tone, open_ in zip(tones, hollow, strict=True)],
            "line": {
                "color": [tone if open_ else colours.ground for tone, open_ in zip(tones, hollow, strict=True)],
                "width": [2 if open_ else 1 for open_ in hollow],
            },
        },
        "selected": {"marker": {"opacity": 1}, "textfont": {}},
        "unselected": {"marker": {"opacity": 1}},
        "cliponaxis": False,
        "showlegend": False,
    }


def is_hollow(mark: Mark) -> bool:
    """What has not taken place, or is not sure, is not filled."""
    unsure = any(event.certainty is not Certainty.CONFIRMED for event in mark.events)
    return unsure or mark.state in (EventState.PLANNED, EventState.NOT_DONE)


def symbol_of(mark: Mark) -> str:
    """The shape of its kind, a disc for several kinds; what is abnormal is a triangle, whatever its kind."""
    if mark.state is EventState.NOT_DONE:
        return "x"
    if mark.abnormal:
        return ABNORMAL_SYMBOL
    return SEVERAL_SYMBOL if _is_mixed(mark) else SYMBOLS[mark.kind]


def _is_mixed(mark: Mark) -> bool:
    return len({event.kind for event in mark.events}) > 1


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


def _letter_size(mark: Mark, frame: Frame) -> int:
    letter = frame.style.sizes.letter
    return letter - 1 if mark.count > 9 or mark.abnormal else letter


def _rings(marks: Sequence[Mark], frame: Frame, picked: str) -> dict[str, Any]:
    colours, sizes = frame.style.colours, frame.style.sizes
    held = [mark for mark in marks if mark.new or _holds(mark, picked)]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "rings",
        "x": [mark.when.isoformat() for mark in held],
        "y": [_y(mark, frame) for mark in held],
        "hoverinfo": "skip",
        "marker": {
            "symbol": ["square-open" if _holds(mark, picked) else "circle-open" for mark in held],
            "size": [_size(mark, sizes.mark) + 5 for mark in held],
            "color": [colours.text if _holds(mark, picked) else colours.new for mark in held],
            "line": {"width": 3},
        },
        "cliponaxis": False,
        "showlegend": False,
    }


def _holds(mark: Mark, picked: str) -> bool:
    return bool(picked) and any(str(event.origin) == picked for event in mark.events)


def _words(marks: Sequence[Mark], beside: Sequence[Mark], frame: Frame, today: float) -> list[tuple[Mark, Words]]:
    """Words where they hide nothing of the marks `beside`: the weightiest first, on the right, else left, else none."""
    found: list[tuple[Mark, Words]] = []
    size, half = frame.style.sizes.text, frame.style.sizes.mark / 2
    far = frame.style.room + frame.style.sizes.right - GAP
    for track in {mark.track for mark in marks}:
        row = [mark for mark in marks if mark.track == track]
        places = [frame.x(mark.when) for mark in beside if mark.track == track]
        taken = [(at - half - 2, at + half + 2) for at in places]
        for mark in sorted(row, key=_weight):
            said = label_of(mark)
            if not said:
                continue
            heavy = mark.abnormal or mark.new
            at = frame.x(mark.when)
            right = min([start for start, _ in taken if start > at] + [far]) - at - half - 2 * GAP
            left = at - half - 2 * GAP - max([end for _, end in taken if end < at] + [0.0])
            whole = width_of(said, size, heavy=heavy)
            over_today = at < today < at + half + whole
            before = (left > right and whole > right) or (over_today and whole < left)
            # Cut on the better side; a few letters tell nothing.
            words = fit(said, size, left if before else right, heavy=heavy, fewest=12)
            if words:
                long = width_of(words, size, heavy=heavy) + 2 * GAP
                taken.append((at - half - long, at) if before else (at, at + half + long))
                shown = plain(words)
                shown = f"<s>{shown}</s>" if _refuted(mark) else shown
                found.append((mark, Words(bold(shown) if heavy else shown, before)))
    return found


def _refuted(mark: Mark) -> bool:
    return all(event.certainty is Certainty.REFUTED for event in mark.events)


def _weight(mark: Mark) -> tuple[bool, bool, int, float]:
    kind = WEIGHT.index(mark.kind) if mark.kind in WEIGHT else len(WEIGHT)
    return (not mark.abnormal, not mark.new, kind, -mark.when.timestamp())


def label_of(mark: Mark) -> str:
    """`HbA1c 71 mmol/mol`, `12 contacts`, `NEW Potassium 5.9`; with what is unusual in words, and ↕ when shared."""
    said = [t("NEW") if mark.new else ""]
    said.append(mark_words(mark))
    if mark.count == 1:
        said.append(t("planned") if mark.state is EventState.PLANNED else "")
        said.append(t("not done") if mark.state is EventState.NOT_DONE else "")
        said.append(t("stopped") if mark.state is EventState.STOPPED else "")
    said.append(SHARED if mark.shared else "")
    return " ".join(part for part in said if part)


def _said(marks: Sequence[Mark], texts: Sequence[str], frame: Frame, *, before: bool) -> dict[str, Any]:
    colours, sizes = frame.style.colours, frame.style.sizes
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [mark.when.isoformat() for mark in marks],
        "y": [_y(mark, frame) for mark in marks],
        "text": list(texts),
        "textposition": "middle left" if before else "middle right",
        "textfont": {
            "size": sizes.text,
            "color": [colours.alarm if mark.abnormal else colours.text for mark in marks],
        },
        # Unseen marks of their size keep the words clear of what they belong to.
        "marker": {"size": sizes.mark, "color": HOLLOW, "line": {"width": 0}},
        "hoverinfo": "skip",
        "cliponaxis": False,
        "showlegend": False,
    }
