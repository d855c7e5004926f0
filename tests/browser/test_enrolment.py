"""From the screening list to consent, enrolment and withdrawal, as a coordinator; a pilot manager's funnel follows."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from dashboard.demo.people import member
from dashboard.demo.places import teams_for
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.funnel import Step
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_enrolment import get_enrolment
from tests.browser.screens import Screening, choose
from tests.records import create, search
from tests.running import AS_OF, Launched
from tests.unit.domain.pilot.test_enrolment import WAY, way
from tests.unit.people_of_the_pilot import MANAGER

NOW = datetime.fromisoformat(f"{AS_OF}T12:00:00+00:00")
COORDINATOR = member(teams_for(0)[0], "coordinator").name
STUDY = Reference("ResearchStudy", "c3-pilot")
SITE = NamedReference(Reference("Organization", "org-sw-priory"), "Priory Meadow Surgery")
OTHERS = 7  # in each state: with fewer the figures of a small demo are held back


def others(fhir: HttpFhirServer) -> None:
    """People whom nobody here cares for, so many in each state that a step more or less may be shown."""
    states = (
        EnrolmentState.INELIGIBLE, EnrolmentState.ELIGIBLE, EnrolmentState.APPROACHED, EnrolmentState.CONSENTED,
        EnrolmentState.ENROLLED, EnrolmentState.ACTIVE, EnrolmentState.COMPLETED, EnrolmentState.WITHDRAWN,
    )  # fmt: skip
    for state in states:
        for _ in range(OTHERS):
            patient = create(fhir, {"resourceType": "Patient", "name": [{"family": "Elsewhere"}]})
            there = way(*WAY[state])
            changes = tuple(replace(change, site=SITE, by=NamedReference(None, "Somebody")) for change in there.changes)
            who = Reference("Patient", patient["id"])
            create(fhir, to_fhir(replace(there, patient=who, study=STUDY, site=SITE, consent=None, changes=changes)))


def funnel(fhir: HttpFhirServer) -> dict[Step, int | None]:
    """What a pilot manager is answered; None is held back."""
    whole = get_enrolment(fhir, MANAGER, load_terminology(), NOW).whole
    return {step: whole.steps[step].value for step in Step}


def row_of(page: Page, patient: str) -> Locator:
    return page.locator(f'tr[data-row="{patient}"]')


def save(page: Page, patient: str, then: str) -> None:
    """Saves the change that is being filled in, and sees how the person stands then."""
    page.get_by_role("button", name="Save for 1 person").click()
    expect(row_of(page, patient).locator(".c3-strongword")).to_have_text(then)


def fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label)
    field.fill(text)
    field.press("Tab")


def accessible(page: Page) -> list[str]:
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in Axe().run(page).response["violations"]]


def test_from_the_screening_list_to_the_withdrawal(page: Page, dashboard: Launched) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)
    others(fhir)
    before = funnel(fhir)
    assert None not in before.values()
    screening = Screening(page, dashboard.url).open().as_user(COORDINATOR).open("waiting=yes&state=not-listed")
    first = page.locator("tr[data-row]").first
    patient, family = str(first.get_attribute("data-row")), first.locator("a.c3-who").inner_text().split(",")[0]
    screening.open(f"q={family}")
    expect(row_of(page, patient)).to_contain_text("Not listed")
    assert accessible(page) == []

    def next_step(words: str) -> None:
        row_of(page, patient).get_by_role("button", name=re.compile(words)).click()
        expect(page.get_by_role("heading", name=re.compile(f"^{words}: "))).to_be_visible()

    def follows(*steps: Step) -> None:
        """The manager sees one more at these steps, and elsewhere what was there, or that it is held back now."""
        now = funnel(fhir)
        assert now[steps[-1]] is not None
        for step in Step:
            assert now[step] in (None, (before[step] or 0) + (step in steps)), step

    next_step("Find eligible")
    save(page, patient, "Eligible")
    follows(Step.SCREENED, Step.ELIGIBLE)
    next_step("Approach")
    save(page, patient, "Approached")
    next_step("Record consent")
    expect(page.get_by_text("1 cannot")).to_be_visible()  # without the form
    fill(page, "Form that was signed", "Pilot consent")
    fill(page, "Version of the form", "1.1")
    assert accessible(page) == []
    save(page, patient, "Consented")
    follows(Step.SCREENED, Step.ELIGIBLE, Step.APPROACHED, Step.CONSENTED)
    [consent] = consents(fhir, patient)
    assert consent["status"] == "active" and consent["policyRule"]["text"] == "Pilot consent, version 1.1"
    next_step("Enrol")
    choose(page.get_by_role("combobox", name=re.compile("Group")), "Intervention")
    choose(page.get_by_role("combobox", name=re.compile("Layer of the evaluation")), "4")
    save(page, patient, "Enrolled")
    enrolled = (Step.SCREENED, Step.ELIGIBLE, Step.APPROACHED, Step.CONSENTED, Step.ENROLLED)
    follows(*enrolled)
    screening.tick(family)
    page.get_by_role("button", name="Withdraw consent").click()
    choose(page.get_by_role("combobox", name=re.compile("Reason")), "No time")
    save(page, patient, "Withdrawn")
    follows(*enrolled, Step.WITHDRAWN)
    [consent] = consents(fhir, patient)
    assert consent["status"] == "inactive"
    fhir.close()


def consents(fhir: HttpFhirServer, patient: str) -> list[dict[str, Any]]:
    """The consents of a patient to take part in the pilot."""
    rows = search(fhir, SearchRequest("Consent", patients=(patient,), fresh=True)).rows
    return [row for row in rows if "research" in str(row.get("scope"))]
