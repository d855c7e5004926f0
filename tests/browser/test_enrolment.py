"""From the screening list to consent, enrolment and withdrawal, as a coordinator; a pilot manager's page follows."""

import re
from dataclasses import replace
from typing import Any

from playwright.sync_api import Page, expect

from dashboard.demo.people import member
from dashboard.demo.places import teams_for
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.search.request import SearchRequest
from dashboard.ui.session.session import USER_COOKIE
from tests.browser.accessibility import violations
from tests.browser.screens import Enrolment, Screening, choose
from tests.records import create, search
from tests.running import Launched
from tests.unit.domain.pilot.test_enrolment import WAY, way

COORDINATOR = member(teams_for(0)[0], "coordinator").id
STUDY = Reference("ResearchStudy", "c3-pilot")
SITE = NamedReference(Reference("Organization", "org-sw-priory"), "Priory Meadow Surgery")
OTHERS = 5  # in each state: with fewer the figures of a small demo are held back
CHOSEN = 5  # of the coordinator's people: fewer would be held back beside those who were there before


def others(fhir: HttpFhirServer) -> None:
    """People whom nobody here cares for, so many in each state that each step is shown before and after."""
    states = (
        EnrolmentState.INELIGIBLE, EnrolmentState.ELIGIBLE, EnrolmentState.APPROACHED, EnrolmentState.CONSENTED,
        EnrolmentState.ENROLLED, EnrolmentState.ACTIVE, EnrolmentState.COMPLETED, EnrolmentState.WITHDRAWN,
    )  # fmt: skip
    for state in states:
        there = way(*WAY[state])
        changes = tuple(replace(change, site=SITE, by=NamedReference(None, "Somebody")) for change in there.changes)
        for _ in range(OTHERS):
            patient = create(fhir, {"resourceType": "Patient", "name": [{"family": "Elsewhere"}]})
            who = Reference("Patient", patient["id"])
            create(fhir, to_fhir(replace(there, patient=who, study=STUDY, site=SITE, consent=None, changes=changes)))


def accessible(page: Page) -> list[str]:
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in violations(page)]


def test_from_the_screening_list_to_the_withdrawal(page: Page, dashboard: Launched) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)
    others(fhir)

    def become(user: str) -> None:
        """In the tabs that are opened from now on."""
        page.context.add_cookies([{"name": USER_COOKIE, "value": user, "url": dashboard.url}])

    become(COORDINATOR)
    screening = Screening(page, dashboard.url).open("state=not-listed,screening")
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size({"width": 390, "height": 844})
    first = screening.rows.first
    screening.until(
        lambda: bool(box := first.bounding_box()) and box["y"] < 600,
        "on a telephone the list begins below the first screen",
    )
    page.get_by_text("More numbers to filter by").click()
    expect(page.get_by_role("group", name="By the rule")).to_be_visible()
    page.set_viewport_size(wide)
    become("demo-pilot-manager")
    manager = Enrolment(page.context.new_page(), dashboard.url).open()
    before = {step: int(people) for step, people in manager.funnel.items()}

    def follows(**more: int) -> None:
        """The manager opens the page again and sees so many people more at these steps, and no others."""
        shown = {step: int(people) - before[step] for step, people in manager.reload().funnel.items()}
        assert shown == dict.fromkeys(before, 0) | more

    page.bring_to_front()
    # One person by the button of the row, who stays eligible.
    screening.rows.first.get_by_role("button", name=re.compile("^Find eligible")).click()
    screening.expect_form("Find eligible")
    screening.save(1, "Found eligible")
    # Several by their boxes: a range from the last one pressed, though the page was drawn anew in between.
    screening.tick(0)
    screening.expect_chosen(1)
    screening.tick(CHOSEN - 1, shift=True)
    screening.expect_chosen(CHOSEN)
    patients = screening.ticked.evaluate_all("boxes => boxes.map(box => box.dataset.pick)")
    assert accessible(page) == []
    screening.begin("Find eligible")
    screening.save(CHOSEN, "Found eligible")
    screening.choose_again()
    screening.begin("Approach")
    screening.save(CHOSEN, "Approached")
    screening.choose_again()
    screening.begin("Record consent")
    expect(page.get_by_text(f"{CHOSEN} cannot")).to_be_visible()  # without the form
    screening.fill("Form that was signed", "Pilot consent")
    screening.fill("Version of the form", "1.1")
    assert accessible(page) == []
    screening.save(CHOSEN, "Consented")
    follows(Screened=CHOSEN + 1, Eligible=CHOSEN + 1, Approached=CHOSEN, Consented=CHOSEN)
    assert accessible(manager.page) == []
    assert consents(fhir, patients) == [("active", "Pilot consent, version 1.1")] * CHOSEN
    page.bring_to_front()
    screening.choose_again()
    screening.begin("Enrol")
    choose(page.get_by_role("combobox", name=re.compile("Group")), "Intervention")
    choose(page.get_by_role("combobox", name=re.compile("Layer of the evaluation")), "4")
    screening.save(CHOSEN, "Enrolled")
    screening.choose_again()
    screening.begin("Withdraw consent")
    choose(page.get_by_role("combobox", name=re.compile("Reason")), "No time")
    screening.save(CHOSEN, "Withdrew the consent")
    reached = {"Screened": CHOSEN + 1, "Eligible": CHOSEN + 1, "Approached": CHOSEN, "Consented": CHOSEN}
    follows(**reached, Enrolled=CHOSEN, Withdrawn=CHOSEN)
    assert consents(fhir, patients) == [("inactive", "Pilot consent, version 1.1")] * CHOSEN
    fhir.close()


def consents(fhir: HttpFhirServer, patients: list[str]) -> list[tuple[Any, Any]]:
    """The status and the form of each consent of these patients to take part in the pilot."""
    rows = search(fhir, SearchRequest("Consent", patients=tuple(patients), fresh=True)).rows
    return [(row["status"], row["policyRule"]["text"]) for row in rows if "research" in str(row.get("scope"))]
