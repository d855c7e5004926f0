"""The patient page: found from anywhere, never mistaken for another, and honest about what is not there."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import Patient, Worklist

# Keeps in window.mixed what the main part showed whenever it showed both names.
WATCH = """([before, after]) => {
  window.mixed = [];
  const main = document.querySelector('[data-testid="stMain"]');
  new MutationObserver(() => {
    const text = main.innerText;
    if (text.includes(before) && text.includes(after)) window.mixed.push(text.slice(0, 300));
  }).observe(main, {subtree: true, childList: true, characterData: true});
}"""


def test_the_banner_says_who_it_is_and_the_allergies(worklist: Worklist, patient: Patient) -> None:
    name = worklist.names[0]
    patient.open_id(worklist.ids[0])
    assert name.split(",")[0] in patient.name
    banner = patient.banner.inner_text()
    assert re.search(r"Born\s+(\d{2}-[A-Z][a-z]{2}-)?\d{4}", banner), banner
    assert "Gender" in banner
    assert re.search("Known allergies|No known allergies|Allergies not recorded", banner), banner


def test_the_banner_stays_in_sight(worklist: Worklist, patient: Patient) -> None:
    patient.open_id(worklist.ids[0])
    patient.page.mouse.move(600, 500)
    patient.page.mouse.wheel(0, 3000)
    expect(patient.banner).to_be_in_viewport()


@pytest.mark.parametrize("by", ["name", "identifier", "birth date"])
def test_ctrl_k_finds_a_patient(worklist: Worklist, patient: Patient, by: str) -> None:
    row = worklist.rows.nth(1)
    name = worklist.names[1]
    lines = row.locator("th .c3-sub").all_inner_texts()
    text = {
        "name": name.split(",")[0].title(),
        "identifier": re.sub(r"^\D+", "", lines[1]),
        "birth date": lines[0].split("born ")[1],
    }[by]
    matches = worklist.find(text)
    wanted = matches.filter(has_text=name.split(",")[0]).first
    expect(wanted).to_be_visible()
    wanted.click()
    patient.ready()
    assert name.split(",")[0] in patient.name


def test_ctrl_k_works_on_the_patient_page_and_shows_nothing_of_the_one_before(
    worklist: Worklist, patient: Patient
) -> None:
    before, after = worklist.names[0], worklist.names[1]
    patient.open_id(worklist.ids[0])
    first = patient.name
    match = patient.find(after.split(",")[0]).first
    # From the press on, every change of the page is looked at: the name before must never stand beside the new one.
    patient.page.evaluate(WATCH, [before.split(",")[0], after.split(",")[0]])
    match.click()
    patient.until(lambda: after.split(",")[0] in patient.banner.last.inner_text(), "the other one was not opened")
    patient.ready()
    assert first != patient.name
    assert patient.page.evaluate("window.mixed") == []
    assert before.split(",")[0] not in patient.page.locator("[data-testid=stMain]").inner_text()


def test_a_patient_who_does_not_exist_and_one_of_another_team_give_the_same_page(page: Page, dashboard: object) -> None:
    url = dashboard.url  # type: ignore[attr-defined]
    said = []
    for patient_id in ("nobody-at-all", "'><script>alert(1)</script>"):
        page.goto(f"{url}/patient?id={patient_id}")
        page.wait_for_selector(".c3-error")
        said.append(page.locator(".c3-error").inner_text())
    assert said[0] == said[1]


def test_problems_medicines_team_and_tasks_are_on_one_screen(worklist: Worklist, patient: Patient) -> None:
    patient.open_id(worklist.ids[0])
    headings = " | ".join(patient.page.get_by_role("heading").all_inner_texts())
    for wanted in ("Plan", "Tasks", "Care team", "Carers", "contacts"):
        assert wanted.lower() in headings.lower(), f"{wanted} is not among {headings}"
