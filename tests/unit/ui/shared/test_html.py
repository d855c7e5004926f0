"""Every text that an element holds is cleaned, cut and escaped, whoever makes the element."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import MOST_TEXT, Html, for_screen_readers, fragment, unbroken_dates

HOSTILE = "a\u202eb\x00c\ud800<b>\"'&"
# Control and override characters are a space each run.
HARMLESS = "a b c &lt;b&gt;&#34;&#39;&amp;"


class Kind(StrEnum):
    BAD = HOSTILE


@pytest.mark.parametrize(
    "made",
    [
        h.p[HOSTILE],
        h.p[[HOSTILE]],
        h.p[None, (HOSTILE,)],
        h.p[(text for text in (HOSTILE,))],
        h.p[Kind.BAD],
        h.p[fragment[HOSTILE]],
    ],
)
def test_a_child_is_cleaned_and_escaped(made: Html) -> None:
    assert str(made) == f"<p>{HARMLESS}</p>"


def test_an_attribute_is_cleaned_and_escaped() -> None:
    expected = f' title="{HARMLESS}"'
    assert str(h.p(title=HOSTILE)["x"]) == f"<p{expected}>x</p>"
    assert str(h.p(title=Kind.BAD)[None]) == f"<p{expected}></p>"
    assert str(h.col(title=HOSTILE)) == f"<col{expected}>"
    assert str(h.p(class_=HOSTILE)[None]) == f'<p class="{HARMLESS}"></p>'
    assert str(h.p(title="N" * 2**20)[None]) == f'<p title="{"N" * MOST_TEXT}"></p>'


def test_helpers_clean_too() -> None:
    assert (
        HARMLESS in str(unbroken_dates(HOSTILE))
        and HARMLESS in str(for_screen_readers(HOSTILE))
        and str(fragment[HOSTILE]) == HARMLESS
    )


def test_an_attribute_is_left_out_or_bare() -> None:
    assert str(h.button(disabled=False, title=None, data_act="x")["a"]) == '<button data-act="x">a</button>'
    assert str(h.button(disabled=True)["a"]) == "<button disabled>a</button>"


def test_html_takes_no_text_behind_the_back_of_an_element() -> None:
    made = h.b["x"]
    with pytest.raises(TypeError):
        made + HOSTILE  # type: ignore[operator]
    # Put into a string it is text, and shown as text.
    assert str(h.p[f"{made}"]) == "<p>&lt;b&gt;x&lt;/b&gt;</p>"


@given(st.text())
def test_a_text_is_shown_once_between_the_tags(text: str) -> None:
    made = str(h.p[text])
    assert made.startswith("<p>") and made.endswith("</p>") and made.count("<") == 2
