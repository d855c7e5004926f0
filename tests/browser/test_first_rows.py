"""A server that takes its time: who is on the worklist shows first, the rest as it comes, and then the order."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import Worklist
from tests.patience import PATIENCE
from tests.running import Launched, Parts, copy_database
from tests.unit.fhir.hostile_server import ReceivedRequest, Reply, hostile_server, passed_on


@dataclass
class SlowResults:
    """A dashboard on a server that gives results only once the test lets it."""

    parts: Parts
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: ReceivedRequest) -> Reply:
        if "/Observation" in request.path:
            assert self.released.wait(PATIENCE)
        return passed_on(request, self.parts.fhir_url)


@pytest.fixture
def slow(dashboard: Launched, tmp_path: Path) -> Iterator[SlowResults]:
    copy_database(dashboard.data_dir / "fhir.sqlite", tmp_path / "fhir.sqlite")
    with hostile_server() as proxy, Parts(tmp_path) as parts:
        slow = SlowResults(parts)
        proxy.answer = slow.answer
        parts.start_server()
        parts.start_dashboard(FHIR_BASE_URL=proxy.base_url)
        yield slow
        slow.released.set()


def test_the_rows_come_before_the_results_and_the_order_with_them(
    page: Page, worklist: Worklist, slow: SlowResults
) -> None:
    by_urgency = worklist.ids
    by_name = worklist.open("sort=name").ids
    page.goto(slow.parts.url)
    progress = page.locator(".c3-progress")
    expect(progress).to_contain_text("Still being read")
    expect(progress).to_contain_text("results")
    first = Worklist(page, slow.parts.url)
    first.until(lambda: first.ids == by_name, "the rows are not there, or not by name")
    expect(page.locator(".c3-row").first).to_contain_text("being read ...")
    expect(first.tile("Urgent")).to_contain_text("…")

    # The list can be used meanwhile.
    first.tile("Tasks due").click()
    expect(page.locator(".c3-count").first).to_be_visible()
    page.go_back()

    slow.released.set()
    expect(progress).to_have_count(0)
    first.until(lambda: first.ids == by_urgency, "the most urgent did not come first")
    assert "being read" not in page.locator("body").inner_text()
