"""The titles of windows: page, patient and team; initials alone on a shared screen, in the history of the tab too."""

import re

from playwright.sync_api import Page, expect

from tests.browser.screens import Patient, Timeline, Worklist
from tests.running import Launched

MARY = "pat-mary-aldous"
# Every title that the tab has had.
WATCH = """
window.titles = [];
const watched = {childList: true, subtree: true, characterData: true};
new MutationObserver(() => window.titles.push(document.title)).observe(document, watched);
"""


def test_a_title_says_page_patient_and_team(page: Page, dashboard: Launched) -> None:
    Worklist(page, dashboard.url).open()
    expect(page).to_have_title(re.compile(r"^Worklist - .+ - C3$"))
    Patient(page, dashboard.url).open_id(MARY)
    expect(page).to_have_title("Mary ALDOUS, Patient - C3")
    timeline = Timeline(page, dashboard.url).open_id(MARY)
    expect(page).to_have_title("Mary ALDOUS, Timeline - C3")
    timeline.press("span-5y")
    timeline.ready()
    expect(page).to_have_title("Mary ALDOUS, Timeline - C3")
    Timeline(page, dashboard.url).open("id=nobody-with-this-id")
    expect(page).to_have_title("Timeline - C3")


def test_the_name_of_a_patient_goes_with_the_patient(page: Page, dashboard: Launched) -> None:
    worklist = Worklist(page, dashboard.url).open()
    ids = worklist.ids
    worklist.rows.filter(has_text="ALDOUS").locator("a.c3-who").click()
    expect(page).to_have_title("Mary ALDOUS, Patient - C3")
    page.evaluate(WATCH)
    page.locator('[data-key="nav"]').click()
    worklist.ready()
    expect(page).to_have_title(re.compile("^Worklist"))
    page.evaluate("window.titles = []")
    other = next(each for each in ids if each != MARY)
    page.locator(f'tr[data-row="{other}"] a.c3-who').click()
    expect(page).to_have_title(re.compile(r"^(?!Mary).+, Patient - C3$"))
    assert not any("ALDOUS" in each for each in page.evaluate("window.titles"))


def test_a_shared_screen_says_initials(page: Page, dashboard: Launched) -> None:
    page.add_init_script(WATCH)
    worklist = Worklist(page, dashboard.url).open()
    page.get_by_role("button", name="Screen").click()
    page.get_by_text("Shared screen", exact=True).click()
    expect(page.get_by_role("switch", name="Shared screen").or_(page.get_by_label("Shared screen"))).to_be_checked()
    page.keyboard.press("Escape")
    worklist.ready()
    worklist.rows.filter(has_text="ALDOUS").locator("a.c3-who").click()
    expect(page).to_have_title("MA, Patient - C3")
    page.locator('[data-key="about-timeline"], .c3-aboutnav a').filter(has_text="Timeline").first.click()
    expect(page).to_have_title("MA, Timeline - C3")
    assert not any("ALDOUS" in each for each in page.evaluate("window.titles"))
