"""Access that ends on the server while pages are open: each closes by itself, shows nothing more, and gives no file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.emergency_access import to_fhir
from dashboard.fhir.search.request import SearchRequest
from dashboard.ui.session.session import USER_COOKIE
from tests.browser.screens import CarePlan, MyRecord, Patient, Recommendations, Screening, Timeline, Worklist
from tests.patience import PATIENCE_MS
from tests.records import create, search, update
from tests.running import Launched

OF_PATIENT = ("patient", "timeline", "care plan", "recommendations")
LISTS = ("worklist", "screening")
MARY, GP = "pat-mary-aldous", "prac-sw-gp-1"
CARER = f"{MARY}-carer-0"
# Pages come back every 5 s and believe an answer for a moment, each of several at the same time; nothing here measures
# how long it takes.
LONG_MS = 1.5 * PATIENCE_MS
Json = dict[str, Any]
Closed = Callable[[Page], None]


@pytest.fixture(scope="module")
def fhir(dashboard: Launched) -> Iterator[HttpFhirServer]:
    server = HttpFhirServer(dashboard.fhir_url)
    yield server
    server.close()


@contextmanager
def changed(fhir: HttpFhirServer, resource: Json, **changes: Any) -> Iterator[None]:
    """The record is another while the block runs."""
    stored = update(fhir, {**resource, **changes})
    try:
        yield
    finally:
        update(fhir, {**stored, **{name: resource.get(name) for name in changes}})


def one(fhir: HttpFhirServer, kind: str, words: str, patient: str = MARY) -> Json:
    rows = search(fhir, SearchRequest(kind, patients=(patient,), fresh=True)).rows
    return next(row for row in rows if words in str(row))


def private(fhir: HttpFhirServer, patient: str) -> list[str]:
    """What says who somebody is: names, number (as written and as shown) and birth date (as shown)."""
    row = fhir.read("Patient", patient)
    name, number = row["name"][0], row["identifier"][0]["value"]
    born = datetime.fromisoformat(row["birthDate"]).strftime("%d-%b-%Y")
    shown = f"{number[:3]} {number[3:6]} {number[6:]}"
    return [name["family"].upper(), f"{name['given'][0]} {name['family']}", number, shown, born]


def expect_nothing_of(page: Page, words: list[str]) -> None:
    """In text, figure, fields and attributes. Streamlit fades what is old out, so this may take a moment."""
    page.wait_for_function(
        """(words) => {
          const fields = [...document.querySelectorAll("input, textarea")].map((each) => each.value).join(" ");
          const text = document.documentElement.outerHTML + " " + document.title + " " + fields;
          return words.every((word) => !text.includes(word));
        }""",
        arg=words,
        timeout=LONG_MS,
    )


def tabs(context: BrowserContext, url: str, patient: str) -> dict[str, Page]:
    worklist = Worklist(context.new_page(), url).open("q=aldous" if patient == MARY else "")
    summary = Patient(context.new_page(), url).open_id(patient)
    story = Timeline(context.new_page(), url).open_id(patient)
    expect(story.figure).to_be_visible()
    plan = CarePlan(context.new_page(), url).open_id(patient)
    advice = Recommendations(context.new_page(), url).open_id(patient)
    pages = {"patient": summary.page, "timeline": story.page, "care plan": plan.page, "recommendations": advice.page}
    return {"worklist": worklist.page, **pages}


def membership(fhir: HttpFhirServer) -> tuple[Json, Json]:
    team = one(fhir, "CareTeam", GP)
    left = [{**each, "period": {"end": "2026-11-19"}} if GP in str(each) else each for each in team["participant"]]
    return team, {"participant": left}


def consent(fhir: HttpFhirServer) -> tuple[Json, Json]:
    return one(fhir, "Consent", f"{MARY}-consent-0"), {"status": "inactive"}


def team(fhir: HttpFhirServer) -> tuple[Json, Json]:
    return one(fhir, "CareTeam", GP), {"status": "inactive"}


def role(fhir: HttpFhirServer) -> tuple[Json, Json]:
    rows = search(fhir, SearchRequest("PractitionerRole", (("practitioner", GP),), fresh=True)).rows
    return rows[0], {"active": False}


ENDS = {"membership": membership, "consent": consent, "team": team, "role": role}
NOT_YOURS = "This patient does not exist, or is not in the care of your teams."
ROLE_ENDED = "Your role has ended"


@pytest.mark.parametrize("end", ENDS)
def test_an_access_that_ends_closes_every_open_page(
    page: Page, dashboard: Launched, fhir: HttpFhirServer, end: str
) -> None:
    words, opened = private(fhir, MARY), tabs(page.context, dashboard.url, MARY)
    # A form is open too, with the words of a goal in its field.
    words.append(CarePlan(opened["care plan"], dashboard.url).change(0).input_value())
    opened["screening"] = Screening(page.context.new_page(), dashboard.url).open("q=aldous").page
    for name in LISTS:
        expect(opened[name].locator(f'tr[data-row="{MARY}"]')).to_be_visible()
    record, changes = ENDS[end](fhir)
    with changed(fhir, record, **changes):
        sentence = ROLE_ENDED if end == "role" else NOT_YOURS
        for name in (*OF_PATIENT, *(LISTS if end == "role" else ())):
            expect(opened[name].locator(".c3-error")).to_contain_text(sentence, timeout=LONG_MS)
        for name in LISTS:
            expect(opened[name].locator(f'tr[data-row="{MARY}"]')).to_have_count(0, timeout=LONG_MS)
        for tab in opened.values():
            expect_nothing_of(tab, words)
            expect(tab.locator(".js-plotly-plot")).to_have_count(0)
        if end == "role":
            # Nobody becomes another by waiting; whoever plays the demo chooses somebody else.
            for name, file in (("patient", "Export"), ("screening", "Excel")):
                expect(opened[name].get_by_role("combobox")).to_be_visible()
                expect(opened[name].get_by_role("button", name=file)).to_have_count(0)
        fresh = page.context.new_page()
        fresh.goto(f"{dashboard.url}/patient?id={MARY}")
        expect(fresh.locator(".c3-error")).to_contain_text(sentence, timeout=LONG_MS)
        expect_nothing_of(fresh, words)
    if end == "role":
        expect(fresh.locator(".c3-patientbanner h1")).to_be_visible(timeout=LONG_MS)


@pytest.mark.parametrize("end", ["the consent to the carer", "the carer"])
def test_a_carer_whose_access_ends_sees_no_more(
    page: Page, dashboard: Launched, fhir: HttpFhirServer, end: str
) -> None:
    page.context.add_cookies([{"name": USER_COOKIE, "value": "demo-carer", "url": dashboard.url}])
    record = MyRecord(page, dashboard.url).open()
    assert "ALDOUS" in record.name
    words = private(fhir, MARY)
    if end == "the carer":
        row, changes = fhir.read("RelatedPerson", CARER), {"active": False}
    else:
        row, changes = one(fhir, "Consent", CARER), {"status": "inactive"}
    with changed(fhir, row, **changes):
        expect(page.locator(".c3-error")).to_contain_text("not yours to see", timeout=LONG_MS)
        expect_nothing_of(page, words)


def test_an_emergency_access_that_the_coordinator_ends_closes_every_open_page(
    page: Page, dashboard: Launched, fhir: HttpFhirServer
) -> None:
    teams = search(fhir, SearchRequest("CareTeam", (("status", "active"),))).rows
    other = next(row for row in teams if "team-sw-stratford" in str(row["managingOrganization"]))
    patient = other["subject"]["reference"].removeprefix("Patient/")
    since = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    value = EmergencyAccess(
        Reference("Task", "new"), Reference("Patient", patient), Reference("Practitioner", GP), "emergency", "Pain",
        since, since + timedelta(days=2), "GP", Reference("Organization", "team-sw-stratford"), source={},
    )  # fmt: skip
    grant = create(fhir, to_fhir(value))
    opened = tabs(page.context, dashboard.url, patient)
    words = private(fhir, patient)
    with changed(fhir, grant, status="rejected"):
        for name in OF_PATIENT:
            expect(opened[name].locator(".c3-error")).to_contain_text(NOT_YOURS, timeout=LONG_MS)
            expect(opened[name].locator(".js-plotly-plot")).to_have_count(0)
            expect_nothing_of(opened[name], words)
    update(fhir, {**fhir.read("Task", grant["id"]), "status": "rejected"})


@pytest.mark.parametrize("screen", ["worklist", "timeline"])
@pytest.mark.parametrize("end", ["membership", "role"])
def test_an_export_that_is_pressed_after_the_end_is_refused_in_our_words(
    page: Page, dashboard: Launched, fhir: HttpFhirServer, screen: str, end: str
) -> None:
    page.clock.install()
    if screen == "worklist":
        Worklist(page, dashboard.url).open()
        page.get_by_role("button", name="Export").click()
    else:
        Timeline(page, dashboard.url).open_id(MARY)
        page.get_by_role("button", name="More", exact=True).click()
    press = page.get_by_role("button", name="CSV")
    expect(press).to_be_visible()
    # The page's own beat stands still: the button is that of before.
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=1))
    record, changes = ENDS[end](fhir)
    with changed(fhir, record, **changes):
        press.click()
        refused = page.get_by_test_id("stDownloadButtonError")
        expect(refused).to_contain_text(ROLE_ENDED if end == "role" else NOT_YOURS, timeout=LONG_MS)
