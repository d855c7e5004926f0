"""Letters that our font lacks are named, never left out in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.paper.letters import MOST_NAMED, letters_of_the_font, printable


def test_the_font_has_the_letters_of_the_four_languages_and_the_signs_of_a_laboratory() -> None:
    signs = "ÁÉÍÓÚÜÑáéíóúüñ¿¡ÅÄÖåäöØøČčŠšŽžŁłŐőŰű" + "≤≥±µ²³⁹₂°½↑↓→×·…“”‘’–—"
    assert set(signs) <= letters_of_the_font()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("王明", "[U+738B U+660E]"),
        ("Ana 王 Ruiz", "Ana [U+738B] Ruiz"),
        ("מרים", "[U+05DE U+05E8 U+05D9 U+05DD]"),
        ("ok 😀", "ok [U+1F600]"),
        ("देव", "[U+0926 U+0947 U+0935]"),
    ],
)
def test_letters_of_another_script_are_named(text: str, shown: str) -> None:
    assert printable(text) == (shown, True)


def test_of_many_letters_in_a_row_the_first_are_named_and_the_rest_are_counted() -> None:
    shown, lacking = printable("王" * 300)
    assert shown.count("U+738B") == MOST_NAMED
    assert shown.replace("\u200b", "").endswith(f" +{300 - MOST_NAMED}]")
    assert lacking


@pytest.mark.parametrize(
    "sign", ["\x00", "\x07", "\n", "\t", "\u202e", "\u200f", "\u2066", "\ufeff", "\ud800", "\u061c"]
)
def test_signs_without_a_shape_become_spaces(sign: str) -> None:
    assert printable(f"a{sign}b") == ("a b", False)


def test_accents_that_come_apart_are_put_together() -> None:
    assert printable("Mun\u0303oz") == ("Muñoz", False)


def test_a_word_longer_than_a_column_may_be_broken_and_loses_nothing() -> None:
    shown, _ = printable("a" * 10_000)
    assert max(map(len, shown.split("\u200b"))) <= 24
    assert shown.replace("\u200b", "") == "a" * 10_000


@given(st.text())
def test_whatever_the_text_is_only_letters_of_the_font_are_printed(text: str) -> None:
    shown, _ = printable(text)
    assert set(shown) - {" ", "\u200b"} <= letters_of_the_font()
