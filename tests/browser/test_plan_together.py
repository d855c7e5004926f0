"""Two people on one plan: each sees the other and what the other saves, and nobody loses a letter that is not saved."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.search.request import SearchRequest
from tests.browser.screens import choose
from tests.browser.test_connection_lost import expect_back, expect_veil
from tests.browser.test_sign_in import GP, Running, hurried, new_tab, running, sign_in, tab
from tests.patience import PATIENCE_MS
from tests.records import search
from tests.running import Launched

__all__ = ["hurried", "new_tab", "running", "tab"]

MARY = "pat-mary-aldous"
NURSE = "prac-sw-nurse-1"
MOST_GOALS = 5


class Plan:
    """The page of a shared care plan."""

    def __init__(self, page: Page, url: str, patient_id: str) -> None:
        self.page, self.url, self.patient_id = page, url, patient_id

    def open(self) -> "Plan":
        self.page.goto(f"{self.url}/care_plan?id={self.patient_id}")
        return self.ready()

    def ready(self) -> "Plan":
        expect(self.goals.first).to_be_visible()
        return self

    @property
    def goals(self) -> Locator:
        return self.page.locator(".c3-plangoal")

    def goal(self, text: str) -> Locator:
        """The heading of the goal with these words."""
        return self.goals.locator("h3").filter(has_text=text)

    def offered(self, text: str) -> Locator:
        """What was typed and not saved, as the page offers it."""
        return self.page.locator(".c3-drafts li").filter(has_text=text)

    @property
    def words(self) -> Locator:
        """The field with the words of the goal whose form is open."""
        return self.page.get_by_role("textbox", name="In words")

    @property
    def present(self) -> Locator:
        return self.page.locator(".c3-present")

    @property
    def arrivals(self) -> Locator:
        return self.page.locator(".c3-arrivals")

    def change(self, goal: int) -> "Plan":
        """Opens the form of the goal at this place of the page."""
        # Its activities stand in it, each with a button of its own.
        title = self.goals.nth(goal).locator("h3").inner_text().strip("“”")
        self.goals.nth(goal).get_by_role("button", name=f"Change : {title}", exact=True).click()
        expect(self.words).to_be_visible()
        expect(self.page.locator(".c3-counter").first).to_contain_text("characters")
        return self

    def kept(self) -> "Plan":
        """Waits until what was typed has come to the server."""
        expect(self.page.locator(".c3-counter").first).to_contain_text("not saved yet, kept for you")
        return self

    def save(self) -> "Plan":
        choose(self.page.get_by_role("combobox", name=re.compile("Why this change")), "Review of the plan")
        self.page.get_by_role("button", name=re.compile("^Save")).click()
        expect(self.words).to_have_count(0)
        return self

    def caret(self) -> tuple[str, int]:
        """What has the focus, and where its caret is."""
        focus, place = self.page.evaluate("[document.activeElement.tagName, document.activeElement.selectionStart]")
        return str(focus), int(place or 0)


@pytest.fixture(scope="module")
def somebody(dashboard: Launched) -> str:
    """A patient of both with a plan of many goals, whom no other test reads."""
    fhir = HttpFhirServer(dashboard.fhir_url)
    teams = search(fhir, SearchRequest("CareTeam", (("participant", f"Practitioner/{NURSE}"),))).rows
    ours = tuple(row["subject"]["reference"].removeprefix("Patient/") for row in teams)
    plans = search(fhir, SearchRequest("CarePlan", (("status", "active"),), patients=ours)).rows
    fhir.close()
    many = [row["subject"]["reference"] for row in plans if len(row.get("goal", [])) >= MOST_GOALS]
    return max(each.removeprefix("Patient/") for each in many if re.fullmatch(r"Patient/pat-\d+", each))


@pytest.fixture
def other(browser: Browser, dashboard: Launched, somebody: str) -> Iterator[Plan]:
    """The plan in another browser, of a nurse of the same team."""
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "c3-demo-user", "value": NURSE, "url": dashboard.url}])
    yield Plan(context.new_page(), dashboard.url, somebody)
    context.close()


@pytest.fixture
def mine(page: Page, dashboard: Launched, somebody: str) -> Plan:
    return Plan(page, dashboard.url, somebody).open()


def test_who_else_is_there_and_editing_what_appears_and_disappears(mine: Plan, other: Plan) -> None:
    expect(mine.present).to_have_count(0)
    other.open()
    expect(mine.present).to_contain_text("Rebecca Farrell (Practice nurse)")
    expect(other.present).to_contain_text("Rachel Newton")
    expect(other.present).not_to_contain_text("Rebecca Farrell")
    title = other.goals.nth(1).locator("h3").inner_text().strip("“”")
    other.change(1)
    expect(mine.present).to_contain_text(f"editing “{title}”")
    mark = "(item) => getComputedStyle(item, '::before').content"
    expect(mine.goals.nth(1)).to_be_visible()
    assert "Rebecca Farrell (Practice nurse) is editing this" in mine.goals.nth(1).evaluate(mark)
    assert mine.goals.nth(0).evaluate(mark) == "none"
    other.page.close()
    expect(mine.present).to_have_count(0)


def test_what_the_other_saves_appears_while_one_types_and_no_letter_is_lost(mine: Plan, other: Plan) -> None:
    other.open()
    mine.change(1)
    began = mine.words.input_value()
    mine.words.click()
    mine.page.keyboard.press("Control+End")
    mine.page.keyboard.type(" every day")
    for _ in range(4):
        mine.page.keyboard.press("ArrowLeft")
    # Another goal, above mine and below it: neither may move my form.
    for goal, text in ((0, "See the garden in bloom"), (3, "Keep well through the winter")):
        other.change(goal)
        other.words.fill(text)
        other.kept().save()
        mine.page.keyboard.type("x")
        expect(mine.goal(text)).to_be_visible()
        expect(mine.arrivals).to_contain_text(f"Rebecca Farrell changed “{text}” at")
    assert mine.words.input_value() == f"{began} everyxx day"
    assert mine.caret() == ("TEXTAREA", len(f"{began} everyxx"))
    expect(other.words).to_have_count(0)


def test_somebody_adds_a_goal_above_the_form_in_which_one_types(mine: Plan, other: Plan) -> None:
    other.open()
    mine.change(2)
    began = mine.words.input_value()
    mine.words.click()
    mine.page.keyboard.press("Control+End")
    other.page.get_by_role("button", name="Add the person’s own goal").click()
    other.words.fill("Sing in the choir again")
    other.kept()
    mine.page.keyboard.type(" and")
    other.save()
    expect(mine.goal("Sing in the choir again")).to_be_visible()
    mine.page.keyboard.type(" on")
    assert mine.words.input_value() == f"{began} and on"
    assert mine.caret() == ("TEXTAREA", len(f"{began} and on"))


def test_what_another_system_saves_appears_without_a_name(mine: Plan, dashboard: Launched) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)
    ident = str(mine.goals.last.get_attribute("id")).removeprefix("c3-part-Goal-")
    goal: Json = fhir.read("Goal", ident)
    goal["description"] = {"text": "Changed by the hospital's own system"}
    fhir.write(Entry("PUT", goal))
    fhir.close()
    expect(mine.goal("Changed by the hospital's own system")).to_be_visible()
    expect(mine.arrivals).to_contain_text("“Changed by the hospital's own system” was changed elsewhere at")


def test_what_was_typed_is_offered_after_a_reload_to_its_writer_alone(mine: Plan, other: Plan) -> None:
    mine.change(1)
    mine.words.fill("Half a sentence of mine")
    mine.kept()
    mine.page.reload()
    mine.ready()
    offered = mine.offered("Half a sentence of mine")
    expect(offered).to_be_visible()
    other.open()
    expect(other.present).to_contain_text("Rachel Newton")
    expect(other.page.locator("body")).not_to_contain_text("Half a sentence")
    offered.get_by_role("button", name="Go on").click()
    expect(mine.words).to_have_value("Half a sentence of mine")
    # Saved, it is offered no more.
    mine.save()
    mine.page.reload()
    mine.ready()
    expect(mine.goal("Half a sentence of mine")).to_be_visible()
    expect(offered).to_have_count(0)


def test_what_was_thrown_away_is_not_offered_again(mine: Plan) -> None:
    mine.change(1)
    mine.words.fill("Not this")
    mine.kept()
    mine.page.get_by_role("button", name="Throw away what I typed").click()
    expect(mine.words).not_to_have_value("Not this")
    mine.page.reload()
    mine.ready()
    expect(mine.page.locator("body")).not_to_contain_text("Not this")


@pytest.mark.console_may_say("Failed to load resource")
@pytest.mark.console_may_say("WebSocket")
@pytest.mark.console_may_say("backMessage when disconnected")
@pytest.mark.console_may_say("heartbeat")
@pytest.mark.console_may_say("Client Error")
@pytest.mark.console_may_say("Streamlit server is not responding")
def test_what_was_typed_survives_a_connection_that_is_killed(mine: Plan) -> None:
    mine.change(1)
    mine.words.fill("Typed before the cut")
    mine.kept()
    mine.words.press("End")
    mine.page.keyboard.type(", and at the cut")
    mine.page.context.set_offline(True)
    expect_veil(mine.page)
    mine.page.context.set_offline(False)
    expect_back(mine.page)
    expect(mine.words).to_have_value("Typed before the cut, and at the cut")
    mine.kept()
    mine.page.reload()
    mine.ready()
    offered = mine.offered("Typed before the cut, and at the cut")
    offered.get_by_role("button", name="Throw away").click()
    expect(offered).to_have_count(0)


def test_what_was_typed_is_offered_after_the_sign_in_has_ended(tab: Page, hurried: Running) -> None:
    tab.goto(f"{hurried.url}/?sort=name")
    sign_in(tab, "Warwick", GP)
    expect(tab.locator("tr[data-row]").first).to_be_visible()
    plan = Plan(tab, hurried.url, MARY).open().change(1)
    plan.words.fill("Typed before the sign-in ended")
    plan.kept()
    expect(tab.get_by_text("You were signed out because nothing was pressed")).to_be_visible()
    expect(tab.locator("body")).not_to_contain_text("Typed before")
    sign_in(tab, "Warwick", GP)
    plan.ready()
    plan.offered("Typed before the sign-in ended").get_by_role("button", name="Go on").click()
    expect(plan.words).to_have_value("Typed before the sign-in ended")
