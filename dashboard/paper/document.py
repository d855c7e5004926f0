"""What is printed: a document of headings, lines, tables and pictures, and what stands on every sheet of it.

All texts are data. None is ever read as markup, whatever is in it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class Tone(StrEnum):
    """How words are set. Colour is never alone: what is urgent or late says so in words."""

    PLAIN = "plain"
    STRONG = "strong"
    SOFT = "soft"
    URGENT = "urgent"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Words:
    """A text of one tone."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Picture:
    """A vector picture (SVG), `width` and `height` in millimetres; `alt` says what it shows."""

    svg: str
    alt: str
    width: float
    height: float


Line: TypeAlias = tuple[Words, ...]
"""Texts that follow each other."""

Cell: TypeAlias = tuple[Line | Words | Picture, ...]
"""What stands in one place of a table: lines, texts and pictures, one under the other."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading under the title: level 1 for a part, 2 for what is in it."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Texts that follow each other on a line. `framed`: in a box, as what must be known before the rest is read.
    `stays_with_next`: never the last on a sheet, as it says what comes under it.
    """

    words: Line
    framed: bool = False
    stays_with_next: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, each of its items a few lines, one under the other."""

    items: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and its share of the width."""

    heading: str
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table. One with a single cell is the heading of the rows after it."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; its headings are repeated on every sheet."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Picture


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on every sheet: whom it is about (`name` weightiest, `facts` beside it), who printed it and when, and
    its number. `page` is "Page {page} of {pages}" in the language of the document.
    """

    name: str
    facts: tuple[str, ...]
    printed: str
    page: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document of A4 sheets. `language` is that of its words ("en"), `colours` the colour of each tone and of "line",
    "panel" and "accent" as "#005eb8". `large`: in letters for people who see less well. `font_words` is what is said at
    the end where letters are missing in our font.
    """

    title: str
    language: str
    made: datetime
    sheet: Sheet
    blocks: tuple[Block, ...]
    colours: dict[str, str] = field(default_factory=dict)
    wide: bool = False
    large: bool = False
    font_words: str = ""
