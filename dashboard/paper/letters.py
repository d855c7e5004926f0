"""Which letters our font has. A letter that it lacks is printed as its number in a box, never left out in silence."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

FONTS: Final = Path(__file__).resolve().parents[2] / "data" / "fonts"
MOST_NAMED: Final = 12
"""Letters of one run that are named; more are counted."""
_LONGEST: Final = 24
"""Letters without a place to break a line that fit into any column."""
_UNBROKEN: Final = re.compile(rf"\S{{{_LONGEST + 1},}}")
_PIECE: Final = re.compile(rf"\S{{1,{_LONGEST}}}")
_BREAK: Final = "\u200b"


@lru_cache(maxsize=1)
def letters_of_the_font() -> frozenset[str]:
    """The letters that every style of the font has, without those that have no shape of their own (controls)."""
    each = [_letters(path) for path in sorted(FONTS.glob("*.ttf"))]
    if not each:
        raise FileNotFoundError(FONTS)
    return frozenset(letter for letter in frozenset.intersection(*each) if unicodedata.category(letter)[0] != "C")


def _letters(path: Path) -> frozenset[str]:
    with TTFont(path, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def printable(text: str) -> tuple[str, bool]:
    """Returns the text with letters that the font lacks named (`[U+738B U+660E]`), and whether there were any.

    Line breaks and other controls become spaces. Words that are longer than any column may be broken anywhere.
    """
    known = letters_of_the_font()
    composed = unicodedata.normalize("NFC", text)
    lacking = any(letter not in known and not letter.isspace() and not _silent(letter) for letter in composed)
    parts: list[str] = []
    missing: list[str] = []
    for letter in composed:
        if letter in known or letter.isspace() or _silent(letter):
            parts += _named(missing)
            missing.clear()
            parts.append(letter if letter in known else " ")
        else:
            missing.append(letter)
    parts += _named(missing)
    return _breakable("".join(parts)), lacking


def _silent(letter: str) -> bool:
    """Whether it has no shape: controls, and signs that turn the direction of the text round."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs")


def _named(letters: list[str]) -> list[str]:
    if not letters:
        return []
    names = [f"U+{ord(letter):04X}" for letter in letters[:MOST_NAMED]]
    more = [f"+{len(letters) - MOST_NAMED}"] if len(letters) > MOST_NAMED else []
    return [f"[{' '.join(names + more)}]"]


def _breakable(text: str) -> str:
    return _UNBROKEN.sub(lambda word: _BREAK.join(_PIECE.findall(word[0])), text)
