"""The recommendations as a person meets them: from the summary, with what is supposed, and back to what is recorded."""

import re

from playwright.sync_api import expect

from tests.browser.accessibility import serious
from tests.browser.pictures import STORY
from tests.browser.screens import Patient, Worklist, choose
from tests.patience import PATIENCE_MS


def test_from_the_summary_to_the_cards_and_what_a_result_would_change(worklist: Worklist, patient: Patient) -> None:
    page = worklist.page
    worklist.open("advice=grave")
    expect(page.locator(".c3-chips")).to_contain_text("recommendation: critical or warning")
    # Nobody presses again: the rules are asked behind the page, and it is drawn anew.
    expect(page.locator(".st-key-worklist-pending")).to_have_count(0, timeout=PATIENCE_MS)
    patient.open_id(STORY)
    line = page.locator(".c3-adviceline a")
    expect(line).to_have_text(re.compile(r"\d+ recommendations"), timeout=PATIENCE_MS)
    line.click()
    cards = page.locator(".c3-recs > .c3-reclist > .c3-rec")
    expect(cards).to_have_count(5)
    more = page.locator('[data-key="cards-more"]')
    more.locator("summary").click()
    expect(more.locator(".c3-rec").first).to_be_visible()
    assert serious(page) == []
    before = page.locator(".c3-rec").all_inner_texts()

    page.get_by_text("What if: suppose a result or a medicine").click()
    choose(page.get_by_role("combobox", name="New result of"), "eGFR")
    page.keyboard.press("Escape")
    page.get_by_label("eGFR (mL/min/1.73 m²)").fill("25")
    supposed = page.locator(".c3-whatif")
    expect(supposed).to_contain_text("Stop metformin: the eGFR is under 30", timeout=PATIENCE_MS)
    expect(supposed).to_contain_text("Supposed, and not saved: eGFR 25")
    assert page.locator(".c3-rec").all_inner_texts() == before, "what is supposed changed a card"
    page.reload()
    expect(cards).to_have_count(5)
    expect(page.locator(".c3-whatif")).to_have_count(0)


def test_a_contradiction_is_decided_on_and_taken_back(patient: Patient) -> None:
    page = patient.page
    page.goto(patient.url.rstrip("/") + f"/recommendations?id={STORY}")
    food = page.locator('[data-contradiction="potassium_intake"]')
    expect(food).to_contain_text("a diet rich in potassium", timeout=PATIENCE_MS)
    expect(food).to_contain_text("less potassium in food")
    expect(page.locator('[data-contradiction="potassium"]')).to_contain_text("Followed already: Start an MRA")

    food.get_by_role("button", name="Decide").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("A third way, in your own words").click()
    dialog.get_by_label("What is done instead").fill("Vegetables yes, salt substitutes no")
    for label, goal in (("A goal that is in the way", "HbA1c at or below"), ("of this goal", "Walk to the allotment")):
        choose(dialog.get_by_role("combobox", name=label), goal)
    dialog.get_by_label("Why (the team sees it)").fill("She likes to cook")
    assert serious(page) == []
    dialog.get_by_role("button", name="Save the decision").click()
    expect(dialog).to_have_count(0, timeout=PATIENCE_MS)
    decided = page.locator('[data-key="clashes-decided"]')
    decided.locator("> summary").click()
    expect(decided).to_contain_text("Decided: Vegetables yes, salt substitutes no", timeout=PATIENCE_MS)
    expect(decided).to_contain_text("Two goals are marked as in conflict")
    assert serious(page) == []

    decided.get_by_role("button", name="Take back").click()
    dialog.get_by_label("Why it is taken back (the team sees it)").fill("Wait for the dietitian")
    dialog.get_by_role("button", name="Take back").click()
    expect(page.locator('[data-key="clashes-decided"]')).to_have_count(0, timeout=PATIENCE_MS)
    expect(food.get_by_role("button", name="Decide")).to_be_visible()
