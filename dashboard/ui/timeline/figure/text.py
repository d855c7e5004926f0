"""Text in a figure: made harmless, broken into lines, measured.

Plotly reads a little HTML in every text (b, i, br, a, span ...), decodes entities, and gives what is between dollar
signs to MathJax where a page has it. What a record says must be none of that: `plain` writes it in entities.
"""

from collections.abc import Iterable

from PIL import ImageFont

from dashboard.ui.shared.html import clean
from dashboard.ui.shared.tokens import FONTS

_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("$"): "&#36;"}

# Large, so that hinting to whole pixels does not show in what is measured.
_UNITS = 1000


class _Widths(dict[str, float]):
    """The widths of letters in parts of the font's size, measured when they are first asked for."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self._font = ImageFont.truetype(FONTS / file, _UNITS, layout_engine=ImageFont.Layout.BASIC)
        # U+FFFF is no letter: the font draws its box for what it lacks.
        self._box = bytes(self._font.getmask("\uffff"))

    def __missing__(self, letter: str) -> float:
        width = self._font.getlength(letter) / _UNITS
        # What the font lacks comes from any font of the reader's machine: as wide as it is high.
        lacks = bytes(self._font.getmask(letter)) == self._box
        self[letter] = max(1.0, width) if lacks else width
        return self[letter]


_NORMAL, _HEAVY = _Widths("IBMPlexSans-Regular.ttf"), _Widths("IBMPlexSans-SemiBold.ttf")


def plain(text: str, limit: int = 160) -> str:
    """The text as plotly shows it letter by letter, whatever it holds."""
    return clean(text, limit).translate(_ENTITIES)


def bold(text: str) -> str:
    """Markup: the text, already harmless, in bold."""
    return f"<b>{text}</b>"


def lines(parts: Iterable[str]) -> str:
    """Markup: those that are not empty, one under the other."""
    return "<br>".join(part for part in parts if part)


def wrap(text: str, letters: int = 70) -> list[str]:
    """The text in lines of at most so many letters, broken at spaces; a word that is longer is cut in pieces."""
    wrapped, line = [], ""
    for word in text.split():
        while len(word) > letters:
            if line:
                wrapped.append(line)
                line = ""
            wrapped.append(word[:letters])
            word = word[letters:]
        if len(line) + len(word) + 1 > letters and line:
            wrapped.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*wrapped, line] if line else wrapped


def width_of(text: str, size: float, *, heavy: bool = False) -> float:
    """How many pixels wide the text is in our font, letter by letter: pairs of letters only ever stand closer."""
    widths = _HEAVY if heavy else _NORMAL
    return sum(widths[letter] for letter in text) * size
