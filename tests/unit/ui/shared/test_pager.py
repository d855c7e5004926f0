"""Lists page by page: every row is on one page, and whatever an address asks for is a page."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui.shared.pager import MOST_PAGES, list_page, page_of_row, pager_html, pages_html, read_page, write_page


@given(st.integers(0, 200), st.integers(1, 60))
def test_the_pages_hold_every_row_once_and_in_order(count: int, size: int) -> None:
    rows = list(range(count))
    pages = [list_page(rows, number + 1, size) for number in range(list_page(rows, 1, size).pages)]
    assert [row for page in pages for row in page.rows] == rows
    assert [(page.first, page.last) for page in pages if page.rows] == [
        (page.rows[0] + 1, page.rows[-1] + 1) for page in pages if page.rows
    ]


@given(st.integers(), st.integers(0, 60))
def test_a_number_beyond_the_last_page_gives_the_last(number: int, count: int) -> None:
    page = list_page(range(count), number, 25)
    assert 1 <= page.number <= page.pages and (page.rows or not count)


@given(st.integers(0, 59), st.integers(1, 60))
def test_a_row_is_on_the_page_that_is_named_for_it(place: int, size: int) -> None:
    assert place in list_page(range(60), page_of_row(place, size), size).rows


@given(st.integers(1, MOST_PAGES))
def test_an_address_gives_back_the_page_that_was_written(number: int) -> None:
    assert read_page(write_page(number).get("page", "")) == number


@given(st.text(), st.integers(1, 50))
def test_whatever_stands_in_an_address_is_a_page(text: str, most: int) -> None:
    assert 1 <= read_page(text, most) <= most


def test_what_is_no_number_of_a_page_is_the_first() -> None:
    assert [read_page(text) for text in ("", "0", "-1", "1.5", "x", "100000", "٣", "²", " 2", "7")] == [1] * 9 + [7]


def test_a_list_on_one_page_has_no_buttons() -> None:
    assert pages_html(list_page(range(25), 1, 25), "Pages") is None


def test_the_buttons_lead_to_the_pages_before_and_after_and_no_further() -> None:
    first, last = (str(pages_html(list_page(range(26), number, 25), "Pages")) for number in (1, 2))
    assert "1 to 25 of 26" in first and "26 to 26 of 26" in last
    assert first.count(" disabled") == last.count(" disabled") == 1
    assert "&#34;n&#34;: 2" in first and "&#34;n&#34;: 1" in last


def test_older_pages_can_be_asked_for_until_there_are_no_more() -> None:
    assert pager_html("Pages", "Newer", "1 to 50", "Older", 1, is_last=True) is None
    assert str(pager_html("Pages", "Newer", "51 to 60", "Older", 2, is_last=True)).count(" disabled") == 1
