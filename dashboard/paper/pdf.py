"""Makes the PDF of a document: tagged for screen readers (PDF/UA-1), with our own font in it."""

import json
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst

from dashboard.errors import CannotPrint
from dashboard.paper.document import (
    Block,
    Bullets,
    Cell,
    Document,
    Heading,
    Line,
    Paragraph,
    Picture,
    Row,
    Table,
    Words,
)
from dashboard.paper.letters import FONTS, printable

HERE: Final = Path(__file__).resolve().parent
MOST_LETTERS: Final = 3_000_000
"""Of one document: it takes some 600 sheets. What prints bounds its own lists far below this, and says so."""

MOST_WHOLE: Final = 900
"""Letters of a cell up to which its row is kept on one sheet. A higher one than a sheet would lose its end there."""

_one_at_a_time = threading.Lock()
"""Setting a long document takes a core for a second, on which the pages of others wait; two would take both."""


def pdf_file(document: Document) -> bytes:
    """The document as a PDF. Raises CannotPrint."""
    data = json.dumps(_Data().of_document(document), ensure_ascii=False)
    if len(data) > MOST_LETTERS:
        raise CannotPrint("print-too-long")
    try:
        with _one_at_a_time:
            made, warnings = typst.compile_with_warnings(
                str(HERE / "document.typ"),
                root=str(HERE),
                font_paths=_fonts(),
                sys_inputs={"data": data},
                format="pdf",
                pdf_standards="ua-1",
                timestamp=document.made.replace(microsecond=0),
            )
    except typst.TypstError:
        # Its message may quote what was to be printed, and must not come into a log.
        raise CannotPrint("print-failed") from None
    if warnings:
        # Of what it cannot place typst only warns: something may be missing.
        raise CannotPrint("print-failed")
    return made


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Our own alone: with the fonts of a machine the sheets would differ between machines."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


class _Data:
    """A document as JSON for the template, all its texts printable. `lacking`: letters were missing in the font."""

    def __init__(self) -> None:
        self.lacking = False

    def of_document(self, document: Document) -> dict[str, Any]:
        sheet = document.sheet
        blocks = [self._block(block) for block in document.blocks]
        head = {
            "title": self._text(document.title),
            "language": document.language,
            "wide": document.wide,
            "large": document.large,
            "colours": document.colours,
            "name": self._text(sheet.name),
            "facts": [self._text(fact) for fact in sheet.facts],
            "printed": self._text(sheet.printed),
            "page": self._text(sheet.page),
        }
        if self.lacking:
            blocks.append(self._block(Paragraph((Words(document.font_words),), framed=True)))
        return {**head, "blocks": blocks}

    def _block(self, block: Block) -> dict[str, Any]:
        if isinstance(block, Heading):
            return {"is": "heading", "level": block.level, "text": self._text(block.text).strip() or "–"}
        if isinstance(block, Paragraph):
            words = self._all(block.words)
            return {"is": "paragraph", "words": words, "framed": block.framed, "stays": block.stays_with_next}
        if isinstance(block, Bullets):
            return {"is": "bullets", "items": [self._all(item) for item in block.items]}
        if isinstance(block, Table):
            return {
                "is": "table",
                "headings": [self._text(column.heading) for column in block.columns],
                "shares": [column.share for column in block.columns],
                "rows": [self._row(row) for row in block.rows],
            }
        return self._one(block)

    def _row(self, row: Row) -> dict[str, Any]:
        return {"cells": [self._all(cell) for cell in row.cells], "whole": max(map(_letters, row.cells)) <= MOST_WHOLE}

    def _all(self, cell: Cell) -> list[dict[str, Any]]:
        return [self._one(each) for each in cell]

    def _one(self, each: Line | Words | Picture) -> dict[str, Any]:
        if isinstance(each, tuple):
            return {"is": "line", "words": self._all(each)}
        if isinstance(each, Words):
            return {"is": "words", "text": self._text(each.text), "tone": each.tone.value}
        return {"is": "picture", "svg": each.svg, "alt": self._text(each.alt), "width": each.width,
                "height": each.height}  # fmt: skip

    def _text(self, text: str) -> str:
        shown, lacking = printable(text)
        self.lacking = self.lacking or lacking
        return shown


def _letters(cell: Cell) -> int:
    """How much room a cell takes; each of its lines at least that of thirty letters."""
    lines = [each if isinstance(each, tuple) else (each,) for each in cell]
    texts = (sum(len(word.text) if isinstance(word, Words) else 90 for word in line) for line in lines)
    return sum(max(30, letters) for letters in texts)
