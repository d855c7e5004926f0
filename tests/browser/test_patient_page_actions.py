"""What a person does on the patient's page: reaches the first line by few keys, adds a task and takes it back,
completes one and undoes it; nothing is cut or off the screen at any width.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import Patient, Worklist

# The one with most to say, of all the demo's patients.
MARY = "pat-mary-aldous"
FEW_TABS = 4
# Where the focus is, as the class of the panel's part and the key of the element.
FOCUSED = """() => { const e = document.activeElement;
  const parts = {urgent: '.c3-urgentpart', since: '.c3-sincepart', table: '.c3-block', tasks: '.c3-goalstasks'};
  const part = Object.keys(parts).find(name => e.closest(parts[name]));
  return [part || '', e.dataset.key || ''] }"""
# Elements with words that reach beyond the window, or whose words are wider than they show.
CUT = """() => [...document.querySelectorAll('.c3-patient :is(td, th, li, h2, p, span, b, button, a)')].filter(each => {
  const box = each.getBoundingClientRect();
  if (!box.width || each.closest('.c3-sr, details:not([open])')) return false;
  const hides = getComputedStyle(each).overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1;
  return box.right > innerWidth + 1 || box.left < -1 || hides;
}).map(each => `${each.tagName} ${each.className} ${each.innerText.slice(0, 60)}`)"""


def opened(patient: Patient) -> Page:
    patient.open_id(MARY)
    expect(patient.page.locator(".c3-sincepart h2")).to_contain_text("Since the conference of")
    return patient.page


def test_the_first_line_is_reached_in_fewer_than_eight_tabs_and_then_all_in_the_order_they_are_read(
    patient: Patient,
) -> None:
    page = opened(patient)
    seen: list[str] = []
    for _ in range(FEW_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED)[1] == "skip":
            page.keyboard.press("Enter")
            break
    part, key = page.evaluate(FOCUSED)
    assert part == "urgent" and key.startswith("add-"), f"the focus is on {key}"
    seen.append(part)
    for _ in range(200):
        page.keyboard.press("Tab")
        part, key = page.evaluate(FOCUSED)
        if part and part not in seen:
            seen.append(part)
        if part == "tasks":
            break
    assert seen == ["urgent", "since", "table", "tasks"]


def test_what_is_urgent_and_what_changed_are_above_the_fold(patient: Patient) -> None:
    page = opened(patient)
    for part in (".c3-urgentpart", ".c3-sincepart"):
        box = page.locator(part).bounding_box()
        assert box and box["y"] + box["height"] <= 720, part
    expect(page.locator(".c3-urgentpart .c3-actionline").first).to_contain_text("Potassium 5.9")


def test_each_measurement_and_medicine_is_one_line(patient: Patient) -> None:
    page = opened(patient)
    keys = page.locator("[data-key^='measure-']").evaluate_all("rows => rows.map(row => row.dataset.key)")
    assert len(keys) == len(set(keys)) > 8 and keys.count("measure-SYSTOLIC") == 1
    names = page.locator(".c3-medicines th[scope=row]").all_inner_texts()
    assert sum("Empagliflozin" in name for name in names) == 1
    assert page.locator(".c3-measurements svg[role=img]").first.get_attribute("aria-label")


def test_a_task_is_added_from_a_line_and_taken_back(patient: Patient) -> None:
    page = opened(patient)
    page.locator(".c3-urgentpart [data-key^='add-']").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("ALDOUS, Mary")
    expect(dialog.get_by_label("Why it is asked for")).to_have_value(re.compile("Potassium 5.9"))
    words = "Repeat potassium <b>tomorrow</b>"
    dialog.get_by_label("What is to be done").fill(words)
    dialog.get_by_label("What is to be done").press("Tab")
    dialog.get_by_role("button", name="Add task").click()
    expect(patient.toast()).to_contain_text("Task added")
    expect(page.locator(".c3-tasklines")).to_contain_text(words)
    page.locator("[data-key=undo]").click()
    dialog.get_by_label("Why it is taken back").fill("Wrong patient")
    dialog.get_by_label("Why it is taken back").press("Tab")
    dialog.get_by_role("button", name="Take back").click()
    expect(patient.toast().last).to_contain_text("Taken back")
    expect(page.locator(".c3-tasklines").first).not_to_contain_text(words)
    page.locator('details[data-key="ended-tasks"] summary').click()
    ended = page.locator('details[data-key="ended-tasks"]')
    expect(ended).to_contain_text(words)
    expect(ended).to_contain_text("entered in error: Wrong patient")


def test_a_task_is_completed_and_undone(patient: Patient) -> None:
    page = opened(patient)
    button = page.locator(".c3-tasklines [data-key^='complete-']").last
    key = button.get_attribute("data-key")
    button.click()
    expect(patient.toast()).to_contain_text("Completed")
    expect(page.locator(f'[data-key="{key}"]')).to_have_count(0)
    page.locator("[data-key=undo]").click()
    expect(page.locator(f'[data-key="{key}"]')).to_be_visible()


def test_a_line_leads_to_its_entry_on_the_timeline(patient: Patient) -> None:
    page = opened(patient)
    page.locator(".c3-urgentpart [data-key^='event-']").first.click()
    expect(page.locator(".c3-detail h2")).to_contain_text("otassium")


def test_not_now_folds_a_line_and_brings_it_back(patient: Patient) -> None:
    page = opened(patient)
    lines = page.locator(".c3-urgentpart > ul > .c3-actionline")
    before = lines.count()
    page.locator(".c3-urgentpart [data-key^='aside-']").last.click()
    expect(lines).to_have_count(before - 1)
    page.locator('details[data-key="set-aside"] summary').click()
    page.get_by_role("button", name="Bring back").click()
    expect(lines).to_have_count(before)


@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (1024, 768), (1280, 720), (1920, 1080)], ids=str)
def test_nothing_is_cut_or_off_the_screen(patient: Patient, size: tuple[int, int]) -> None:
    patient.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = opened(patient)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate(CUT) == []
    if size[0] <= 960:
        rows = page.locator("[data-key^='measure-']").first.evaluate("row => getComputedStyle(row).display")
        assert rows == "grid", "lines are cards"


def test_blood_pressure_of_every_patient_stands_once(worklist: Worklist, patient: Patient) -> None:
    for patient_id in worklist.ids[:4]:
        patient.open_id(patient_id)
        patient.page.locator(".c3-measurements, .c3-quiet").first.wait_for()
        assert patient.page.locator("[data-key='measure-SYSTOLIC']").count() <= 1


def test_the_bar_of_parts_covers_nothing_that_cannot_be_scrolled_clear_of_it(patient: Patient) -> None:
    page = opened(patient)
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 20_000)

    def clear() -> bool:
        last, bar = page.locator(".c3-patient").last.bounding_box(), page.locator(".c3-jump").bounding_box()
        return bool(last and bar) and last["y"] + last["height"] <= bar["y"] + 1

    patient.until(clear, "the end of the page stays under the bar")
