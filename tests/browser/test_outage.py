"""The FHIR server goes away and comes back: the last data stay with their age, nobody starts again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import Patient, Worklist
from tests.running import Launched, Parts, copy_database

# What a browser may say while a websocket or a request is cut off.
pytestmark = pytest.mark.console_may_say("Failed to load resource")


@pytest.fixture
def parts(dashboard: Launched, tmp_path: Path) -> Iterator[Parts]:
    """A dashboard and a server of its own with the same data, so that the server can be stopped."""
    copy_database(dashboard.data_dir / "fhir.sqlite", tmp_path / "fhir.sqlite")
    # The real clock: the age of what is shown is what this is about.
    with Parts(tmp_path, DASHBOARD_AS_OF="") as parts:
        parts.start_server()
        parts.start_dashboard()
        yield parts


def test_the_last_data_stay_with_their_age_until_the_server_is_back(page: Page, parts: Parts) -> None:
    worklist = Worklist(page, parts.url).open()
    names, first = worklist.names, worklist.ids[0]
    parts.stop_server()
    worklist.reload()
    assert worklist.names == names
    # The data are fresh for a while; then a look finds nobody at home.
    told = page.locator(".c3-stale")
    for _ in range(12):
        if told.count():
            break
        page.wait_for_timeout(5000)
        worklist.reload()
    expect(told).to_contain_text(re.compile("could not be reached since .* old"))
    assert worklist.names == names
    worklist.tile("Overdue").click()
    expect(page).to_have_url(re.compile("reason="))

    patient = Patient(page, parts.url)
    page.goto(f"{parts.url}/patient?id={first}")
    expect(page.locator(".c3-error, .c3-failed, .c3-stale").first).to_be_visible()
    assert "No known allergies" not in page.locator("body").inner_text()

    parts.start_server()
    patient.open_id(first)
    assert patient.name
    worklist.open()
    for _ in range(12):
        if not told.count():
            break
        page.wait_for_timeout(5000)
        worklist.reload()
    expect(told).to_have_count(0)
    assert worklist.names == names
