"""The PDF of a document: every text in it as it is, who it is about on every sheet, and nothing read as markup."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import CannotPrint
from dashboard.paper import pdf
from dashboard.paper.document import (
    Block,
    Bullets,
    Column,
    Document,
    Heading,
    Paragraph,
    Picture,
    Row,
    Sheet,
    Table,
    Tone,
    Words,
)
from dashboard.paper.pdf import pdf_file
from tests.laws import examples
from tests.paper.reading import sheets, squeezed

SHEET = Sheet(
    "ALDOUS, Mary (Mrs)",
    ("Born 03-Feb-1948 (78)", "NHS No. 999 012 3456"),
    "Printed by Dr Sarah Whitfield, on 23-Nov-2026 14:02 (GMT)",
    "Page {page} of {pages}",
)
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0H9V9Z" fill="#005eb8"/></svg>'
MARKUP = [
    "#panic()", "#read(\"/etc/passwd\")", "#{1 + 1}", "*strong* _slanted_ `raw`", "$x^2$", "= Heading", "- item",
    "\\u{41}",
    "<label> @reference", "// comment", "/* comment */", "[content]", "#set page(width: 1cm)", "</svg><script>", "~",
    "{page} of {pages}", "https://example.org", "'quoted' \"twice\" -- --- ...", "1. first", "+ one", "/ Term: words",
]  # fmt: skip


def made(blocks: Iterable[Block], *, wide: bool = False) -> bytes:
    colours = {"band": "#d5eadd", "line": "#d8dde0", "panel": "#f3f5f6", "accent": "#005eb8", "urgent": "#b4180c"}
    when = datetime(2026, 11, 23, tzinfo=UTC)
    return pdf_file(Document("Patient", "en", when, SHEET, tuple(blocks), colours, wide=wide, font_words="Letters"))


def words(text: str) -> Words:
    return Words(text)


def table(rows: int, text: str = "Potassium 5.9 mmol/L") -> Table:
    row = Row(((words(text),), (Words("urgent", Tone.URGENT), (words("up"), words("from 5.1")))))
    return Table((Column("What"), Column("Marks")), tuple(row for _ in range(rows)))


@pytest.mark.parametrize("wide", [False, True])
def test_every_sheet_says_who_it_is_about_who_printed_it_and_which_sheet_it_is(wide: bool) -> None:
    found = sheets(made([table(150)], wide=wide))
    assert len(found) > 3
    for number, sheet in enumerate(found, 1):
        for part in (SHEET.name, *SHEET.facts, SHEET.printed, f"Page {number} of {len(found)}"):
            assert squeezed(part) in squeezed(sheet)


def test_the_headings_of_a_table_are_on_every_sheet_and_so_is_that_of_its_group() -> None:
    group = Row(((words("Kidney disease"),),))
    whole = table(150)
    found = sheets(made([Table(whole.columns, (group, *whole.rows))]))
    assert all("What" in sheet and "Marks" in sheet and "Kidney disease" in sheet for sheet in found)


@pytest.mark.parametrize("head", [Heading("Goals"), Paragraph((words("Goals"),), stays_with_next=True)])
def test_what_says_what_comes_under_it_is_never_the_last_on_a_sheet(head: Block) -> None:
    under = Bullets(tuple(((words(f"A goal {number}"),),) for number in range(3)))
    for before in range(50, 57):
        found = sheets(made([*(Paragraph((words(f"Line {number}"),)) for number in range(before)), head, under]))
        [sheet] = [each for each in found if "Goals" in each]
        assert "A goal 0" in sheet, before


@pytest.mark.parametrize("text", MARKUP)
def test_markup_and_code_are_printed_as_they_are(text: str) -> None:
    block = [Heading(text), Paragraph((words(text),), framed=True), Bullets(((words(text),),)), table(1, text)]
    assert squeezed("".join(sheets(made(block)))).count(squeezed(text)) >= 4


@settings(max_examples=examples(60))
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_no_text_stops_the_printing(texts: list[str]) -> None:
    assert made([Heading(texts[0]), Bullets(tuple((words(text),) for text in texts)), table(1, texts[0])])


@settings(max_examples=examples(30))
@given(st.lists(st.text("abcXYZ0159.,;:#$*_[]{}<>@~`'\"/\\=+- ", min_size=1), min_size=1, max_size=8))
def test_what_is_printed_is_what_was_given(texts: list[str]) -> None:
    printed = squeezed("".join(sheets(made([Bullets(tuple((words(text),) for text in texts))]))))
    assert all(squeezed(text) in printed for text in texts)


def test_ten_thousand_letters_in_a_cell_are_printed_to_the_last() -> None:
    text = "".join(f"w{number:04d}" for number in range(2000))
    blank, found = "".join(sheets(made([]))), sheets(made([table(1, text)]))
    printed = "".join(found)
    assert len(found) > 1
    assert printed.count("w") - blank.count("w") * len(found) == 2000
    assert "w1999" in squeezed(printed)


def test_where_letters_are_missing_in_the_font_a_sentence_says_so() -> None:
    assert "Letters" in sheets(made([Paragraph((words("王"),))]))[-1]
    assert "Letters" not in sheets(made([Paragraph((words("King"),))]))[-1]


def test_a_picture_is_drawn_and_has_its_words_in_a_cell_and_alone() -> None:
    cell = Table((Column("Course"),), (Row(((words("falls"), Picture(SQUARE, "It falls", 20, 20)),)),))
    found = made([cell, Picture(SQUARE, "It falls", 20, 20)])
    # The fill of the picture is in no other part of the sheet but the line under the name.
    assert len(found) > len(made([Paragraph((words("falls"),))])) + 500


def test_what_typst_warns_of_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture in a paragraph was left out, and typst only warned of it."""
    monkeypatch.setattr(
        pdf.typst, "compile_with_warnings", lambda *args, **more: (b"%PDF", [typst.TypstWarning("x", "x")])
    )
    with pytest.raises(CannotPrint, match=r"^print-failed$"):
        made([])


def test_what_cannot_be_set_is_refused_without_quoting_it() -> None:
    with pytest.raises(CannotPrint, match=r"^print-failed$") as problem:
        made([Picture("<svg>Mary Aldous", "x", 1, 1)])
    assert problem.value.__cause__ is None
    assert problem.value.__suppress_context__


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(CannotPrint, match=r"^print-too-long$"):
        made([Paragraph((words("a" * (pdf.MOST_LETTERS + 1)),))])
