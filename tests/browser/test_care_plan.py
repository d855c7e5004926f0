"""Two people at one shared plan: who is there is said, changes arrive while somebody types, different fields merge by
themselves, the same field asks; what is typed survives a reload.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.browser.accessibility import serious
from tests.browser.pictures import STORY, TOGETHER, take_both
from tests.browser.screens import CarePlan, choose
from tests.patience import PATIENCE_MS
from tests.records import search
from tests.running import Launched

# Those who look after the people of these tests; each test has a person of its own.
GP, NURSE = "prac-sw-gp-1", "prac-sw-nurse-1"


@pytest.fixture(scope="module")
def people(dashboard: Launched) -> list[str]:
    """Patients of both with an active plan of several goals; nobody of the stories, of whom other tests read all."""
    fhir = HttpFhirServer(dashboard.fhir_url)
    teams = search(fhir, SearchRequest("CareTeam", (("participant", f"Practitioner/{GP}"),))).rows
    ours = {
        row["subject"]["reference"].removeprefix("Patient/")
        for row in teams
        if any(each["member"].get("reference") == f"Practitioner/{NURSE}" for each in row["participant"])
    }
    plans = search(fhir, SearchRequest("CarePlan", (("status", "active"),), patients=tuple(sorted(ours)))).rows
    fhir.close()
    several = [row["subject"]["reference"].removeprefix("Patient/") for row in plans if len(row.get("goal", [])) > 1]
    return [each for each in dict.fromkeys(several) if several.count(each) == 1 and re.fullmatch(r"pat-\d+", each)]


@pytest.fixture
def gp(page: Page, dashboard: Launched) -> CarePlan:
    """The page of the first of the two, not opened yet."""
    page.context.add_cookies([{"name": "c3-demo-user", "value": GP, "url": dashboard.url}])
    return CarePlan(page, dashboard.url)


@pytest.fixture
def nurse(browser: Browser, dashboard: Launched) -> Iterator[CarePlan]:
    """The page of the second, in a browser of her own."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.add_cookies([{"name": "c3-demo-user", "value": NURSE, "url": dashboard.url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield CarePlan(page, dashboard.url)
    context.close()


def test_the_goals_are_above_the_fold_the_persons_own_first(gp: CarePlan) -> None:
    gp.open_id(STORY)
    expect(gp.goals.nth(2)).to_be_in_viewport(ratio=1)
    expect(gp.goals.first).to_contain_text("the patient’s own")
    expect(gp.page).to_have_title(re.compile("Care plan"))
    expect(gp.page.locator(".c3-aboutnav [aria-current]")).to_have_text("Care plan")


def test_who_is_here_is_said_and_a_change_arrives_while_somebody_types(
    gp: CarePlan, nurse: CarePlan, people: list[str]
) -> None:
    person = people[0]
    gp.open_id(person)
    nurse.open_id(person)
    expect(nurse.page.locator(".c3-present")).to_be_visible()
    gp.change(0)
    expect(nurse.page.locator(".c3-present")).to_contain_text("editing")
    nurse.change(1)
    nurse.form.get_by_label("In words").press_sequentially("Half a senten")
    gp.type_words("Walk every day")
    gp.why()
    gp.save()
    expect(gp.page.locator(".c3-undo")).to_contain_text("Saved: Walk every day")
    expect(nurse.page.locator(".c3-arrivals")).to_contain_text("Walk every day")
    expect(nurse.goals.first).to_contain_text("Walk every day")
    assert "Half a senten" in nurse.form.get_by_label("In words").input_value()


def test_different_fields_of_one_goal_merge_by_themselves(gp: CarePlan, nurse: CarePlan, people: list[str]) -> None:
    person = people[1]
    gp.open_id(person)
    nurse.open_id(person)
    gp.change(0)
    nurse.change(0)
    choose(nurse.form.get_by_role("combobox", name="How far it is"), "Worsening")
    nurse.why()
    gp.type_words("Sleep through the night")
    gp.why()
    gp.save()
    expect(gp.page.locator(".c3-undo")).to_contain_text("Saved")
    nurse.save()
    expect(nurse.page.locator(".c3-undo")).to_contain_text("Saved")
    expect(nurse.page.locator(".c3-careplan")).to_contain_text("came in while you were writing")
    goal = nurse.goals.filter(has_text="Sleep through the night")
    expect(goal).to_contain_text("Worsening")


def test_the_same_field_asks_and_the_choice_is_on_record(gp: CarePlan, nurse: CarePlan, people: list[str]) -> None:
    person = people[2]
    gp.open_id(person)
    nurse.open_id(person)
    for who, words in ((gp, "Walk to the shop by May"), (nurse, "Walk to the shop by June")):
        who.change(0)
        who.type_words(words)
        who.why()
    expect(nurse.page.locator(".c3-present")).to_contain_text("editing")
    take_both(gp.page, nurse.page, TOGETHER[0])
    gp.save()
    expect(gp.page.locator(".c3-undo")).to_contain_text("Saved")
    expect(nurse.page.locator(".c3-arrivals")).to_contain_text("Walk to the shop by May")
    take_both(gp.page, nurse.page, TOGETHER[1])
    nurse.save()
    conflict = nurse.page.locator(".c3-conflict")
    for side in ("WAS", "YOURS", "THEIRS", "Walk to the shop by May", "Walk to the shop by June"):
        expect(conflict).to_contain_text(side)
    take_both(gp.page, nurse.page, TOGETHER[2])
    assert serious(nurse.page) == []
    nurse.page.get_by_text("Write another").click()
    decided = nurse.page.get_by_role("button", name="Save my decision")
    expect(nurse.form.get_by_label("In words")).to_have_count(1)
    expect(decided).to_have_count(1)
    nurse.form.get_by_label("In words").fill("Walk to the shop by July")
    decided.click()
    expect(nurse.goals.first).to_contain_text("Walk to the shop by July")
    expect(gp.goals.first).to_contain_text("Walk to the shop by July")
    take_both(gp.page, nurse.page, TOGETHER[3])
    nurse.press("history-plan")
    expect(nurse.page.locator(".c3-versions")).to_contain_text("Walk to the shop by July")
    expect(nurse.page.locator(".c3-versions")).to_contain_text("Decided between")


def test_what_is_typed_survives_a_reload_and_is_thrown_away_on_request(gp: CarePlan, people: list[str]) -> None:
    gp.open_id(people[3])
    gp.change(0)
    gp.type_words("Not saved at all")
    gp.reload()
    drafts = gp.page.locator(".c3-drafts")
    expect(drafts).to_contain_text("Not saved at all")
    gp.press("go-on-")
    expect(gp.form.get_by_label("In words")).to_have_value("Not saved at all")
    gp.form.get_by_role("button", name="Throw away what I typed").click()
    # For a moment the field of before is there too.
    expect(gp.form.get_by_label("In words").last).not_to_have_value("Not saved at all")
    gp.form.get_by_role("button", name="Close").click()
    expect(drafts).to_have_count(0)


def test_a_goal_is_moved_and_changed_with_the_keyboard_alone(gp: CarePlan, people: list[str]) -> None:
    gp.open_id(people[4])
    edit = gp.goals.first.locator("[data-key^='edit-']").first
    edit.focus()
    gp.page.keyboard.press("Enter")
    expect(gp.form).to_be_visible()
    gp.form.get_by_label("In words").focus()
    gp.page.keyboard.press("End")
    gp.page.keyboard.type(" once more")
    expect(gp.form.locator(".c3-counter").first).to_contain_text("kept for you")
    gp.why()
    gp.form.get_by_role("button", name=re.compile("^Save")).focus()
    gp.page.keyboard.press("Enter")
    expect(gp.goals.first).to_contain_text("once more")
    gp.press("plan-undo")
    expect(gp.goals.first).not_to_contain_text("once more")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_medicine_is_put_in_and_taken_out_with_the_keyboard_alone(
    gp: CarePlan, people: list[str], width: int
) -> None:
    """Also that Enter takes the one entry that matches what is typed, and never all of them."""
    page = gp.page
    page.set_viewport_size({"width": width, "height": 844})
    gp.open_id(people[5 + (width == 390)])
    page.locator("[data-key='link-plan']").focus()
    page.keyboard.press("Enter")
    field = gp.form.get_by_role("combobox", name="Put into the plan")
    expect(field).to_be_visible()
    field.focus()
    page.keyboard.type("Prescription")
    offered = page.get_by_role("option")
    expect(offered.first).to_contain_text("Prescription: ")
    assert not re.search("Select", " ".join(offered.all_inner_texts()))
    assert offered.count() > 1, "so that one of several is chosen"
    name = offered.first.inner_text().removeprefix("Prescription: ").partition(",")[0].strip()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    chosen = gp.form.locator("[data-testid='stMultiSelectTagsContainer']").first
    expect(chosen).to_contain_text(name)
    assert chosen.inner_text().count("Prescription: ") == 1
    gp.why()
    assert serious(page) == []
    gp.form.get_by_role("button", name=re.compile("^Save")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".c3-undo")).to_contain_text(f"Saved: {name}")
    expect(page.locator(".c3-do").filter(has_text=name).first).to_be_visible()
    page.locator("[data-key='plan-undo']").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".c3-do").filter(has_text=name)).to_have_count(0)
