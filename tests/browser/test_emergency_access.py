"""Breaking the glass, pressed through: a reason, the record under a banner, the coordinator told, all on record."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.browser.screens import Audit, Patient, Worklist, choose
from tests.records import search
from tests.running import Launched

WORDS = "Chest pain in the walk-in clinic"


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


def test_emergency_access_opens_the_patient_and_reaches_the_coordinator(
    worklist: Worklist, dashboard: Launched, browser: Browser, stranger: Stranger
) -> None:
    page, who = worklist.page, worklist.current_user.split(",")[0]
    page.goto(f"{dashboard.url}/patient?id={stranger.ident}")
    expect(page.locator(".c3-error")).to_contain_text("Not found")
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
    press.click()

    # The record, under a banner that says until when and who was told.
    patient = Patient(page, dashboard.url).ready()
    assert stranger.family.upper() in patient.name
    expect(page.locator(".c3-glass")).to_contain_text("You look beyond your teams, until")
    expect(page.locator(".c3-glass")).to_contain_text(WORDS)
    patient.reload()
    expect(page.locator(".c3-glass")).to_contain_text("The coordinator has been told")
    worklist.open()
    assert stranger.ident not in worklist.ids

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
    other.page.context.close()
