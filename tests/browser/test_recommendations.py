"""The recommendations as a person meets them: from the summary, what is supposed, decided, declined and planned."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import serious
from tests.browser.pictures import STORY
from tests.browser.screens import CarePlan, Patient, Recommendations, Worklist, choose
from tests.browser.test_care_plan import GP, people
from tests.patience import PATIENCE_MS
from tests.running import Launched

_ = people  # the fixture


# Opens an expander; whether it is as high as what is in it in the next picture.
OPENED_AT_ONCE = """async (summary) => {
    summary.click();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const whole = summary.parentElement, inside = whole.querySelector('[data-testid=stExpanderDetails]');
    const height = (each) => each.getBoundingClientRect().height;
    return height(inside) > 0 && height(whole) >= height(summary) + height(inside);
}"""


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
    cards = page.locator(".c3-recfirst > .c3-reclist > .c3-rec")
    expect(cards).to_have_count(5)
    more = page.locator('[data-key="cards-more"]')
    more.locator("summary").click()
    expect(more.locator(".c3-rec").first).to_be_visible()
    assert serious(page) == []
    # What is most important is seen first, beside the contradictions and not below them.
    for width, height in ((1920, 1080), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("document.querySelector('.stMain').scrollTo(0, 0)")
        for first in (cards.first, page.locator("[data-contradiction]").first):
            expect(first).to_be_in_viewport(ratio=1)
    # On a telephone contradictions are a line each, and the first card begins on the first screen.
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("document.querySelector('.stMain').scrollTo(0, 0)")
    clash = page.locator("[data-contradiction]").first
    for first in (clash, clash.get_by_role("button", name="Decide"), cards.first.locator("h3")):
        expect(first).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1280, "height": 800})
    before = page.locator(".c3-rec").all_inner_texts()

    what_if = page.locator("summary").filter(has_text="What if: suppose a result or a medicine")
    assert what_if.evaluate(OPENED_AT_ONCE), "lists of choices close while an expander moves"
    choose(page.get_by_role("combobox", name="New result of"), "eGFR")
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


@pytest.fixture
def person(page: Page, dashboard: Launched, people: list[str]) -> Recommendations:
    """The page of somebody with a plan and at least three recommendations."""
    page.context.add_cookies([{"name": "c3-demo-user", "value": GP, "url": dashboard.url}])
    screen = Recommendations(page, dashboard.url)
    for ident in people:
        screen.open_id(ident)
        if screen.cards.count() >= 3:
            return screen
    raise AssertionError("nobody of the demo has three recommendations")


UNDONE_AND_LEFT = """() => {
    const both = ["plan-undo", "about-recommendations"].map(key => document.querySelector(`[data-key=${key}]`));
    if (both.includes(null)) return false;
    both.forEach(each => each.click());
    return true;
}"""


def test_a_recommendation_is_declined_taken_back_and_added_to_the_plan(person: Recommendations) -> None:
    page, every = person.page, person.page.locator(".c3-rec[data-finding]")
    count = every.count()
    card = person.cards.first
    key = card.get_attribute("data-finding") or ""

    # Not now, until a day.
    person.press(card, "Not now")
    person.dialog.get_by_label("Why (the team sees it)").fill("After the holidays")
    expect(person.dialog).to_contain_text("Will be recorded: Not now, until")
    assert serious(page) == []
    person.dialog.get_by_role("button", name="Save").click()
    declined = person.answered("declined", key)
    expect(declined).to_contain_text("After the holidays")
    expect(declined).to_contain_text("Stands while this is the same")
    expect(person.card(key)).to_have_count(0)

    # It stays so for whoever opens the page anew, and is taken back.
    page.reload()
    person.ready()
    expect(person.card(key)).to_have_count(0)
    declined.get_by_role("button", name=re.compile("^Take back")).click()
    person.dialog.get_by_label(re.compile("^Why it is taken back")).fill("Pressed by mistake")
    person.dialog.get_by_role("button", name="Take back").click()
    expect(person.card(key)).to_have_count(1)
    expect(page.locator("details[data-key=answers-earlier]")).to_contain_text("2 earlier answers")

    # Not for this person, for a coded reason.
    person.press(person.card(key), "Not for this person")
    choose(person.dialog.get_by_role("combobox"), "The person does not want it")
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.answered("declined", key)).to_contain_text("The person does not want it")
    assert serious(page) == []

    # Another one is added to the plan, whose form is filled in.
    other = person.cards.first
    key, summary = other.get_attribute("data-finding") or "", person.summary_of(other)
    other.get_by_role("button", name=re.compile("^Add to plan")).first.click()
    plan = CarePlan(page, person.url).ready()
    expect(plan.form).to_contain_text(f"From a recommendation (rule {int(key.partition('-')[0])}, version")
    expect(plan.form.get_by_label("In words")).not_to_have_value("")
    added = plan.form.get_by_label("In words").input_value()
    expect(plan.form.get_by_label("In words")).to_be_in_viewport()
    assert serious(page) == []
    plan.save()
    expect(page.locator(".c3-undo")).to_be_visible()
    plan.press("history-plan")
    expect(page.locator(".c3-versions").first).to_contain_text("as recommended by")
    expect(page.locator(".c3-versions").first).to_contain_text(f"Recommended: {summary}")
    page.locator(".c3-aboutnav").get_by_text("Recommendations").click()
    person.ready()
    expect(person.answered("accepted", key)).to_contain_text(f"Added to the plan: {added}")
    expect(person.card(key)).to_have_count(0)
    expect(every).to_have_count(count - 2)
    assert serious(page) == []

    # Taken back in the plan, it is open again; also for whoever leaves the plan in the same moment.
    page.locator(".c3-aboutnav").get_by_text("Care plan").click()
    plan.ready()
    page.wait_for_function(UNDONE_AND_LEFT)
    person.ready()
    expect(person.answered("accepted", key)).to_have_count(0)
    expect(every).to_have_count(count - 1)
