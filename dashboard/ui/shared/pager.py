"""Long lists page by page: the page's number in an address, its rows, and the buttons before and after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Child, Html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t

T = TypeVar("T")

# An address may ask for any page; no list here has more.
MOST_PAGES = 99_999


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """One page of a list: its rows, its number of how many (both from 1), and how many rows the whole list has."""

    rows: tuple[T, ...]
    number: int
    pages: int
    total: int
    first: int

    @property
    def last(self) -> int:
        """The place of the page's last row in the list, counted from 1."""
        return self.first + len(self.rows) - 1


def list_page(rows: Sequence[T], number: int, size: int) -> ListPage[T]:
    """The page of that number with `size` rows; a number beyond the last gives the last page."""
    pages = max(1, -(-len(rows) // size))
    number = min(max(1, number), pages)
    start = (number - 1) * size
    return ListPage(tuple(rows[start : start + size]), number, pages, len(rows), start + 1)


def page_of_row(place: int, size: int) -> int:
    """The number of the page on which the row at `place` (from 0) is."""
    return place // size + 1


def read_page(text: str, most: int = MOST_PAGES) -> int:
    """The number of a page in an address, at most `most`; 1 for what is no such number."""
    valid = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_PAGES))
    return min(max(1, int(text)), most) if valid else 1


def write_page(number: int) -> dict[str, str]:
    """The number as a parameter of an address; the first page needs none. `read_page(write_page(n)["page"]) == n`."""
    return {"page": str(number)} if number > 1 else {}


def pages_html(page: ListPage[T], label: str) -> Html | None:
    """`Previous  1 to 25 of 80  Next`; None where one page holds everything."""
    words = t("{first} to {last} of {n}", first=page.first, last=page.last, n=page.total)
    return pager_html(label, t("Previous"), words, t("Next"), page.number, page.number == page.pages)


def pager_html(label: str, back: str, words: Child, on: str, number: int, is_last: bool) -> Html | None:
    """Two buttons with words between them; a press asks for `page` with its number. None on an only page.

    `label` names the list for screen readers, `back` and `on` are the words of the buttons.
    """
    if number == 1 and is_last:
        return None

    def step(text: str, to: int, disabled: bool, key: str) -> Html:
        return h.button(
            type="button", class_="c3-button", disabled=disabled, data_act=press("page", n=to), data_key=key
        )[text]

    return h.nav(class_="c3-pager", aria_label=label)[
        step(back, number - 1, number == 1, "previous"), h.span[words], step(on, number + 1, is_last, "next")
    ]


def more_html(label: str) -> Html:
    """A button under a list that shows more of it."""
    return h.div(class_="c3-pager")[
        h.button(type="button", class_="c3-button", data_act=press("more"), data_key="more")[label]
    ]
