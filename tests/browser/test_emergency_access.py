"""Breaking the glass, pressed through: a reason, the record under a banner, the coordinator told, all on record."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.browser.pictures import laid_out
from tests.browser.screens import Audit, Patient, Worklist, choose
from tests.paper.reading import sheets, squeezed
from tests.records import search
from tests.running import Launched

WORDS = "Chest pain in the walk-in clinic"


UNREADABLE = (Path(__file__).parent / "boxes.js").read_text(encoding="utf-8")


def seconds(words: str) -> int:
    """`59:12` in the words, in seconds."""
    found = re.search(r"(\d+):(\d{2})", words)
    assert found, words
    return int(found[1]) * 60 + int(found[2])


@dataclass(frozen=True)
class Stranger:
    """A patient of a team that the demo's first user is not in."""

    ident: str
    number: str
    family: str
    coordinator: str


@pytest.fixture(scope="module")
def stranger(dashboard: Launched) -> Stranger:
    """Straight from the server: one of Stratford's, which shares the region and not the team."""
    fhir = HttpFhirServer(dashboard.fhir_url)
    teams = search(fhir, SearchRequest("CareTeam", (("status", "active"),))).rows
    mine = [each for each in teams if each["managingOrganization"][0]["reference"] == "Organization/team-sw-stratford"]
    team = sorted(mine, key=lambda each: str(each["id"]))[0]
    ident = team["subject"]["reference"].removeprefix("Patient/")
    person = fhir.read("Patient", ident)
    told = next(each for each in team["participant"] if "oordinator" in each["role"][0]["text"])
    fhir.close()
    name = told["member"]["display"]
    return Stranger(ident, person["identifier"][0]["value"], person["name"][0]["family"], name)


@pytest.mark.console_may_say("Failed to load resource")
@pytest.mark.console_may_say("WebSocket")
@pytest.mark.console_may_say("Client Error")
@pytest.mark.console_may_say("Is Streamlit still running?")
@pytest.mark.console_may_say("backMessage when disconnected")
def test_emergency_access_opens_the_patient_and_reaches_the_coordinator(
    worklist: Worklist, dashboard: Launched, browser: Browser, stranger: Stranger
) -> None:
    page, who = worklist.page, worklist.current_user.split(",")[0]
    page.goto(f"{dashboard.url}/patient?id={stranger.ident}")
    expect(page.locator(".c3-error")).to_contain_text("Not found")
    # The way beyond it stands where it was refused, and keeps what was typed across a lost connection.
    words = page.get_by_label("In your words")
    words.fill(WORDS)
    words.press("Tab")
    page.context.set_offline(True)
    expect(page.locator(".c3-veil")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".c3-veil")).to_have_count(0)
    expect(words).to_have_value(WORDS)
    worklist.open()

    # Nobody in the own teams: then the way beyond them, which asks for a reason.
    expect(worklist.find(stranger.number)).to_have_count(0)
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[role=status]")).to_contain_text("Nobody in your teams fits")
    dialog.get_by_text("Emergency: I need a patient who is not in my teams").click()
    expect(dialog.get_by_label("The patient's whole identifier")).to_have_value(stranger.number)
    press = dialog.get_by_role("button", name=re.compile("Break the glass for 60 minutes"))
    press.click()
    expect(dialog.get_by_text("Choose a reason first.")).to_be_visible()
    choose(dialog.get_by_role("combobox", name="Reason"), "Emergency: I treat this patient now")
    dialog.get_by_label("In your words").fill(WORDS)
    dialog.get_by_label("In your words").press("Tab")
    press.click()

    # The record, under a banner that says until when and who was told.
    patient = Patient(page, dashboard.url).ready()
    assert stranger.family.upper() in patient.name
    expect(page.locator(".c3-glass")).to_contain_text("You look beyond your teams, until")
    expect(page.locator(".c3-glass")).to_contain_text(WORDS)
    patient.reload()
    expect(page.locator(".c3-glass")).to_contain_text("The coordinator has been told")
    # The top bar of every page counts the time left down, and asks nobody for that; it names nobody.
    bar = page.locator(".c3-running")
    for address in (f"/timeline?id={stranger.ident}", "/", "/?tab=tasks", f"/patient?id={stranger.ident}"):
        page.goto(dashboard.url + address)
        expect(bar.get_by_role("button", name="End this access now")).to_be_visible()
        before = seconds(bar.inner_text())
        worklist.until(lambda before=before: seconds(bar.inner_text()) < before, "it does not count down")
        assert stranger.family.upper() not in bar.inner_text().upper()
    for width in (390, 768, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        laid_out(page)
        assert page.evaluate(UNREADABLE) == [], width
        box, end = bar.bounding_box(), bar.get_by_role("button").bounding_box()
        assert box and end and box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= 60
    # What is open so is for reading: the browser's own print has a sentence in its place.
    printed = squeezed(" ".join(sheets(page.pdf())))
    assert squeezed("it cannot be printed or exported") in printed
    assert stranger.family.upper() not in printed
    worklist.open()
    assert stranger.ident not in worklist.ids
    # The list says whom I have opened so, with the time left.
    mine = page.locator(".c3-glasslist")
    expect(mine).to_contain_text(stranger.family.upper())
    expect(mine).to_contain_text(re.compile(r"\d+ minutes left"))

    # The coordinator of the patient's team has it in the list of tasks.
    other = Worklist(browser.new_context().new_page(), dashboard.url).open().as_user(stranger.coordinator)
    other.open_tasks()
    expect(other.page.locator(".c3-tasks tr").filter(has_text=WORDS).first).to_be_visible()

    # The administrator finds who it was, whom, and why.
    audit = Audit(other.page, dashboard.url).as_user("Demo administrator")
    audit.until(
        lambda: audit.open(f"kind=break-glass&patient={stranger.ident}").has(who, "Broke the glass", WORDS),
        "the glass is not on record",
    )
    audit.until(
        lambda: audit.open(f"kind=patient-read&patient={stranger.ident}").has(who, "Opened the record", WORDS),
        "the look is not on record with its reason",
    )
    # It ends on a button, with its audit; then nothing of it is open any more.
    worklist.open()
    mine.get_by_role("button", name="End this access now").click()
    expect(worklist.toast()).to_contain_text("Your emergency access has ended")
    expect(mine).to_have_count(0)
    page.goto(f"{dashboard.url}/patient?id={stranger.ident}")
    expect(page.locator(".c3-error")).to_contain_text("Not found")
    audit.until(
        lambda: audit.open(f"kind=update&patient={stranger.ident}").has(who, "end of an emergency access"),
        "its end is not on record",
    )
    other.page.context.close()
