"""At the size of the pilot every page shows on HAPI with PostgreSQL what it shows on the embedded server."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from tests.browser.screens import Patient, Pilot, Timeline, Worklist
from tests.patience import PATIENCE, PATIENCE_MS
from tests.running import Parts
from tests.servers.start import Server

# With the queries' tests on one worker, so that one HAPI serves both.
pytestmark = pytest.mark.xdist_group("hapi_postgresql_602")
PATIENT = "pat-mary-aldous"
Made = TypeVar("Made")


@pytest.fixture(scope="module")
def pages(
    embedded_602: Server, hapi_postgresql_602: Server, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Page, str]]]:
    """A dashboard for each of the two servers: a page of a browser, and the address."""
    with ExitStack() as stack:
        made = {}
        for name, server in (("embedded", embedded_602), ("hapi", hapi_postgresql_602)):
            folder: Path = tmp_path_factory.mktemp(name)
            parts = stack.enter_context(Parts(folder, FHIR_BASE_URL=server.base_url))
            parts.start_dashboard()
            context = stack.enter_context(browser.new_context(viewport={"width": 1280, "height": 900}))
            context.set_default_timeout(PATIENCE_MS)
            made[name] = (context.new_page(), parts.url)
        yield made


# What a page has while something of it is still being read, or could not be read in the time that a page waits.
LACKING = ".c3-progress, .c3-error, .c3-failed, .c3-stale"
LACKING_WORDS = re.compile("being read|could not be read")
# HAPI reads a team of 200 for the first time, on a machine that others use too.
TIMES = 3


def whole(page: Page, open_it: Callable[[], Made]) -> Made:
    """Returns what `open_it` opens when all of it is there.

    On a busy machine HAPI may take longer than the page waits, which then says so: it is opened again, as a person
    would do. A page that lacks something each time fails.
    """
    lacks: list[str] = []
    for _ in range(TIMES):
        try:
            opened = open_it()
        except (AssertionError, TimeoutError) as never_opened:
            lacks = [str(never_opened)]
            continue
        for _ in range(round(PATIENCE * 2)):
            said = LACKING_WORDS.findall(page.locator("body").inner_text())
            lacks = page.locator(LACKING).all_inner_texts() + said
            if not lacks:
                return opened
            page.wait_for_timeout(500)
    raise AssertionError(f"never complete: {lacks}")


def at_rest(page: Page, words: Callable[[], list[str]]) -> list[str]:
    """Returns the words when two looks have seen the same: a page is drawn anew when it has been measured."""
    seen: list[list[str]] = [[]]

    def rests() -> bool:
        page.wait_for_timeout(500)
        seen.append(words())
        return bool(seen[-1]) and seen[-1] == seen[-2]

    Worklist(page, "").until(rests, "the words never come to rest")
    return seen[-1]


def worklist_words(page: Page, url: str) -> list[str]:
    words: list[str] = []
    worklist = Worklist(page, url)
    for number in (1, 2, 8):
        whole(page, partial(worklist.open, f"page={number}"))
        words += at_rest(page, page.locator(".c3-row").all_inner_texts)
    return words


def test_the_worklist_has_the_same_rows(pages: dict[str, tuple[Page, str]]) -> None:
    found = {name: worklist_words(*page) for name, page in pages.items()}
    assert len(found["embedded"]) == 75, "a team of 200"
    assert without_ages(found["hapi"]) == without_ages(found["embedded"])


def test_the_patients_page_says_the_same(pages: dict[str, tuple[Page, str]]) -> None:
    found = {}
    for name, (page, url) in pages.items():
        whole(page, partial(Patient(page, url).open_id, PATIENT))
        found[name] = at_rest(page, page.locator("[data-testid=stMain] .c3-panel").all_inner_texts)
    assert without_ages(found["hapi"]) == without_ages(found["embedded"])


def test_the_timeline_says_the_same(pages: dict[str, tuple[Page, str]]) -> None:
    found = {}
    for name, (page, url) in pages.items():
        timeline = whole(page, partial(Timeline(page, url).open_id, PATIENT))
        found[name] = at_rest(page, lambda shown=timeline: [shown.words])
    assert found["hapi"] == found["embedded"] != [""]


def test_the_pilot_has_the_same_counts(pages: dict[str, tuple[Page, str]]) -> None:
    found = {}
    for name, (page, url) in pages.items():
        Worklist(page, url).open().as_user("Demo pilot manager")
        pilot = whole(page, Pilot(page, url).open)
        expect(pilot.areas.first).to_be_visible()
        found[name] = at_rest(page, pilot.areas.all_inner_texts)
    assert found["hapi"] == found["embedded"]


def without_ages(words: list[str]) -> list[str]:
    """Returns the texts without how long ago something was saved: the servers were filled one after the other."""
    return [
        "\n".join(line for line in text.splitlines() if not line.startswith(("updated ", "As of "))) for text in words
    ]
