"""The connection to the dashboard is lost: our words, the page under a veil, and all as it was when it is back."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import Patient, Worklist
from tests.running import Launched, Parts, copy_database

# What a browser and Streamlit write to the console, which nobody sees, while nobody answers.
pytestmark = [
    pytest.mark.console_may_say("Failed to load resource"),
    pytest.mark.console_may_say("WebSocket"),
    pytest.mark.console_may_say("Client Error"),
    pytest.mark.console_may_say("Is Streamlit still running?"),
    pytest.mark.console_may_say("backMessage when disconnected"),
    pytest.mark.console_may_say("heartbeat"),
    pytest.mark.console_may_say("Streamlit server is not responding"),
]
STREAMLITS_WORDS = re.compile(r"streamlit|connection error|connecting|yourscript|terminal", re.IGNORECASE)
MARY = "pat-mary-aldous"
# Once for each way in which a connection is lost: Streamlit says something after some seconds of its own.
LONG = 12


@pytest.fixture
def parts(dashboard: Launched, tmp_path: Path) -> Iterator[Parts]:
    """A dashboard of its own, so that it can be stopped and started on the same port."""
    copy_database(dashboard.data_dir / "fhir.sqlite", tmp_path / "fhir.sqlite")
    with Parts(tmp_path) as parts:
        parts.start_server()
        parts.start_dashboard()
        yield parts


def expect_veil(page: Page, looks: int = 1) -> None:
    """Our words, the page's data behind them and out of reach, and nothing of Streamlit's at any of these looks."""
    box = page.get_by_role("alertdialog", name="The connection to the dashboard is lost")
    expect(box).to_be_visible()
    expect(box).to_contain_text(re.compile(r"Since \d\d:\d\d\. It tries again by itself"))
    expect(box).to_contain_text("What you saved is kept")
    expect(box).to_contain_text("Leave this window open")
    expect(box).to_be_focused()
    assert page.evaluate("document.querySelector('.stApp').closest('[inert]') !== null")
    for _ in range(looks):
        page.wait_for_timeout(500)
        assert not STREAMLITS_WORDS.search(page.locator("body").inner_text())


def expect_back(page: Page) -> None:
    expect(page.locator(".c3-back")).to_contain_text(re.compile(r"Connected again at \d\d:\d\d"))
    expect(page.locator(".c3-veil")).to_have_count(0)
    expect(page.locator(".c3-veiled")).to_have_count(0)


def test_a_stopped_dashboard_is_said_in_our_words_and_all_goes_on_when_it_is_back(page: Page, parts: Parts) -> None:
    patient = Patient(page, parts.url).open_id(MARY)
    name, address = patient.name, page.url
    parts.stop_dashboard()
    expect_veil(page, LONG)
    assert patient.name == name, "veiled, not removed"
    parts.start_dashboard()
    expect_back(page)
    assert page.url == address
    assert patient.ready().name == name
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_what_was_typed_is_put_back_or_given_back(page: Page, parts: Parts) -> None:
    worklist = Worklist(page, parts.url).open()
    field = page.get_by_role("textbox", name="Search this list")
    field.fill("aldo")
    parts.stop_dashboard()
    expect_veil(page)
    parts.start_dashboard()
    expect_back(page)
    expect(field).to_have_value("aldo")
    expect(page.locator(".c3-back li")).to_have_count(0)

    # A dialog is closed with the process that showed it: its text is given back, and put nowhere by itself.
    worklist.find("Chest pain")
    parts.stop_dashboard()
    expect_veil(page)
    parts.start_dashboard()
    expect_back(page)
    back = page.locator(".c3-back")
    expect(back).to_contain_text("You had typed this, and it is not saved")
    expect(back.locator("li")).to_have_text("Name, identifier or birth date: Chest pain")
    back.get_by_role("button", name="Close").click()
    expect(back).to_have_count(0)


def test_a_short_cut_of_the_network_keeps_page_session_and_what_is_being_typed(page: Page, parts: Parts) -> None:
    worklist = Worklist(page, parts.url).open()
    opened = worklist.find("Chest pain")
    expect(opened).to_have_count(0)
    page.context.set_offline(True)
    expect_veil(page, LONG)
    page.context.set_offline(False)
    expect_back(page)
    expect(page.get_by_role("dialog").get_by_label("Name, identifier or birth date")).to_have_value("Chest pain")
    expect(page.locator(".c3-back li")).to_have_count(0)


def test_a_dashboard_that_hangs_is_noticed_although_its_socket_stays_open(page: Page, parts: Parts) -> None:
    patient = Patient(page, parts.url).open_id(MARY)
    parts.signal_dashboard(signal.SIGSTOP)
    try:
        expect(page.locator(".c3-veil")).to_be_visible()
        expect_veil(page, LONG)
    finally:
        parts.signal_dashboard(signal.SIGCONT)
    expect_back(page)
    assert patient.ready().name


@pytest.mark.parametrize("width", [390, 1280])
def test_the_words_are_whole_on_a_phone_and_a_desktop(page: Page, parts: Parts, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    Patient(page, parts.url).open_id(MARY)
    parts.stop_dashboard()
    expect_veil(page)
    box = page.locator(".c3-lostbox").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
