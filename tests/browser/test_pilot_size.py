"""At the size of the pilot every page shows on HAPI with PostgreSQL what it shows on the embedded server."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.screens import Patient, Pilot, Timeline, Worklist
from tests.running import Parts
from tests.servers.start import Server

# With the queries' tests on one worker, so that one HAPI serves both.
pytestmark = pytest.mark.xdist_group("hapi_postgresql_602")
PATIENT = "pat-mary-aldous"


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
            context.set_default_timeout(60_000)
            made[name] = (context.new_page(), parts.url)
        yield made


def complete(worklist: Worklist) -> Worklist:
    """Returns the worklist when nothing of it is still being read."""
    rows = worklist.page.locator(".c3-row")
    expect(rows.first).to_be_visible()
    expect(rows.filter(has_text="being read")).to_have_count(0, timeout=120_000)
    expect(worklist.page.locator(".c3-progress")).to_have_count(0)
    return worklist.ready()


def worklist_words(page: Page, url: str) -> list[str]:
    words = []
    for number in (1, 2, 8):
        complete(Worklist(page, url).open(f"page={number}"))
        assert page.locator(".c3-error, .c3-stale").count() == 0
        assert "could not be read" not in page.locator("body").inner_text()
        words += page.locator(".c3-row").all_inner_texts()
    return words


def test_the_worklist_has_the_same_rows(pages: dict[str, tuple[Page, str]]) -> None:
    found = {name: worklist_words(*page) for name, page in pages.items()}
    assert len(found["embedded"]) == 75, "a team of 200"
    assert without_ages(found["hapi"]) == without_ages(found["embedded"])


def test_the_patients_page_says_the_same(pages: dict[str, tuple[Page, str]]) -> None:
    found = {}
    for name, (page, url) in pages.items():
        Patient(page, url).open_id(PATIENT)
        assert page.locator(".c3-error, .c3-failed, .c3-stale").count() == 0
        found[name] = page.locator("[data-testid=stMain] .c3-panel").all_inner_texts()
    assert without_ages(found["hapi"]) == without_ages(found["embedded"])


def test_the_timeline_says_the_same(pages: dict[str, tuple[Page, str]]) -> None:
    found = {}
    for name, (page, url) in pages.items():
        timeline = Timeline(page, url).open_id(PATIENT)
        assert page.locator(".c3-error, .c3-failed, .c3-stale").count() == 0
        found[name] = timeline.words
    assert found["hapi"] == found["embedded"] != ""


def test_the_pilot_has_the_same_counts(pages: dict[str, tuple[Page, str]]) -> None:
    found = {}
    for name, (page, url) in pages.items():
        Worklist(page, url).open()
        pilot = Pilot(page, url).as_user("Demo pilot manager").open()
        expect(pilot.areas.first).to_be_visible()
        found[name] = pilot.areas.all_inner_texts()
    assert found["hapi"] == found["embedded"]


def without_ages(words: list[str]) -> list[str]:
    """Returns the texts without how long ago something was saved: the servers were filled one after the other."""
    return [
        "\n".join(line for line in text.splitlines() if not line.startswith(("updated ", "As of "))) for text in words
    ]
