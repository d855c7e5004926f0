"""Text in a figure: made harmless, broken into lines, measured.

Plotly reads a little HTML in every text (b, i, br, a, span ...), decodes entities, and gives what is between dollar
signs to MathJax where a page has it. What a record says must be none of that: `plain` writes it in entities.
"""

from collections.abc import Iterable

from dashboard.ui.shared.html import clean

_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("$"): "&#36;"}

# Widths of letters in parts of the font's size, as in DejaVu Sans, the widest of those in use: what is measured as
# fitting then fits.
_NARROW = frozenset("iljt.,:;|'!I()[]/-f r")
_WIDE = frozenset("mwMW%@—→")
_NARROW_EM, _WIDE_EM, _UPPER_EM, _EM = 0.35, 0.93, 0.71, 0.61


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
    """About how many pixels wide the text is; rather too many."""
    total = 0.0
    for letter in text:
        if letter in _NARROW:
            total += _NARROW_EM
        elif letter in _WIDE:
            total += _WIDE_EM
        else:
            total += _UPPER_EM if letter.isupper() else _EM
    return total * size * (1.13 if heavy else 1.0)
