"""What the browser's own print puts on each sheet cannot be ended by a text of a record."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui.paper.browser_print import MOST_LETTERS, css_text, margins_css
from tests.paper.documents import AT


def read(css: str) -> str:
    """A string of a style sheet as a browser reads it."""
    return re.sub(r"\\([0-9a-f]{6})", lambda found: chr(int(found[1], 16)), css[1:-1])


@pytest.mark.parametrize(
    "text", ["ALDOUS, Mary (Mrs)", '"}*{display:none}', "</style><script>", "\\", "'; content: x", "Ó Súilleabháin",
             "王明"]
)  # fmt: skip
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    assert read(css_text(text)) == text
    assert re.fullmatch(r'"(?:[A-Za-z0-9]|\\[0-9a-f]{6})*"', css_text(text))


@given(st.text())
def test_nothing_but_letters_digits_and_numbers_is_written(text: str) -> None:
    assert re.fullmatch(r'"(?:[A-Za-z0-9]|\\[0-9a-f]{6})*"', css_text(text))
    assert len(read(css_text(text))) <= MOST_LETTERS


def test_each_sheet_says_who_it_is_about_who_prints_and_its_number() -> None:
    css = margins_css("ALDOUS, Mary", ("Born 03-Feb-1948 (78)", "NHS No. 999 012 3456"), "Dr Sarah Whitfield", AT)
    strings = [read(found) for found in re.findall(r'"[^"]*"', css)]
    assert strings[0] == "ALDOUS, Mary"
    assert strings[1].split("\N{NO-BREAK SPACE}") == ["Born 03-Feb-1948 (78)", "", " NHS No. 999 012 3456"]
    assert strings[2] == "Printed from the screen by Dr Sarah Whitfield; the page is of 23-Nov-2026 14:02"
    assert "counter(page)" in css and "counter(pages)" in css
