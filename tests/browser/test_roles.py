"""Managers, patients and carers in a browser: each begins at the own page, and no other shows them anybody."""

import io
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.browser.screens import Enrolment, MyRecord, Patient, Pilot, Worklist
from tests.records import search, update
from tests.running import Launched

MARY = "pat-mary-aldous"
CARER = f"{MARY}-carer-0"


@pytest.fixture(scope="module")
def private(dashboard: Launched) -> set[str]:
    """Every patient's id, whole name as written and as shown, identifier and birth date, as written and as shown."""
    fhir = HttpFhirServer(dashboard.fhir_url)
    found: set[str] = set()
    for row in search(fhir, SearchRequest("Patient")).rows:
        name = row["name"][0]
        found |= {row["id"], name.get("text", row["id"]), *(each["value"] for each in row.get("identifier", []))}
        if "family" in name and "given" in name:
            found.add(f"{name['family'].upper()}, {' '.join(name['given'])}")
        if len(row.get("birthDate", "")) == 10:
            found.add(row["birthDate"])
    fhir.close()
    assert len(found) > 300
    return found


def leaks(private: set[str], text: str) -> list[str]:
    return sorted(each for each in private if each in text)


def test_a_manager_sees_counts_and_pseudonyms_and_nobodys_name(
    worklist: Worklist, dashboard: Launched, private: set[str]
) -> None:
    """In page, addresses, frames of the websocket, storage, cookies and files."""
    page: Page = worklist.page
    pilot = Pilot(page, dashboard.url).as_user("Demo pilot manager")
    expect(page.locator(".c3-steps")).to_be_visible()
    frames: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda sent: frames.append(_text(sent))),
    )
    Enrolment(page, dashboard.url).open("list=screened")
    shown = [page.content(), page.url]
    pilot.open()
    assert len(pilot.pseudonyms) == 25 and pilot.areas.count() >= 6
    page.locator('[data-key="next"]').click()
    expect(page.locator(".c3-pager")).to_contain_text("26 to 50")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    files = [Path(pilot.export(kind).path()) for kind in ("Counts, CSV", "Pseudonyms, CSV", "Both, Excel")]
    sheets = openpyxl.load_workbook(io.BytesIO(files[2].read_bytes()))
    told = [*shown, page.content(), page.url, kept, *(each.read_text("utf-8-sig") for each in files[:2]), *frames]
    told += [str(row) for sheet in sheets for row in sheet.values]
    assert frames and leaks(private, "\n".join(told)) == []


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "path", [f"patient?id={MARY}", f"my_record?id={MARY}", "my_record", "audit", f"audit?patient={MARY}"]
)
def test_no_address_shows_a_manager_more(worklist: Worklist, dashboard: Launched, path: str) -> None:
    Pilot(worklist.page, dashboard.url).as_user("Demo pilot manager")
    worklist.page.goto(f"{dashboard.url}/{path}")
    expect(worklist.page.locator(".c3-error")).to_contain_text("Not permitted")
    assert "ALDOUS" not in worklist.page.content()


@pytest.mark.parametrize("who", ["Demo patient", "Demo carer"])
def test_the_own_record_opens_and_no_other(worklist: Worklist, dashboard: Launched, who: str) -> None:
    page = worklist.page
    other = next(each for each in worklist.ids if each != MARY)
    record = MyRecord(page, dashboard.url).as_user(who)
    assert "ALDOUS, Mary" in record.name
    expect(page.locator(".c3-own")).to_contain_text("Medicines to take now")
    expect(page.get_by_text("Who looked at this record")).to_have_count(1 if who == "Demo patient" else 0)
    for path in (f"my_record?id={other}", "my_record?id=nobody"):
        page.goto(f"{dashboard.url}/{path}")
        expect(page.locator(".c3-error")).to_contain_text("This record does not exist, or is not yours to see.")
    for path in (f"patient?id={MARY}", f"patient?id={other}", "audit", "enrolment"):
        page.goto(f"{dashboard.url}/{path}")
        expect(page.locator(".c3-error")).to_contain_text("Not permitted")


def test_a_patient_sees_who_has_read_the_record(worklist: Worklist, dashboard: Launched) -> None:
    page, who = worklist.page, worklist.current_user.split(",")[0]
    Patient(page, dashboard.url).open_id(MARY)
    worklist.open()
    record = MyRecord(page, dashboard.url).as_user("Demo patient")

    def told() -> bool:
        record.open()
        lines = record.record_readers()
        expect(lines.first).to_be_visible()
        return lines.filter(has_text=who).filter(has_text="Opened the record").count() > 0

    record.until(told, "the clinician's look is not among them")


def test_a_carer_is_out_as_soon_as_the_patient_says_so(worklist: Worklist, dashboard: Launched) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)
    consents = search(fhir, SearchRequest("Consent", patients=(MARY,))).rows
    agreed = next(row for row in consents if CARER in str(row))
    record = MyRecord(worklist.page, dashboard.url).as_user("Demo carer")
    assert "ALDOUS" in record.name
    changed = update(fhir, {**agreed, "status": "inactive"})
    try:
        record.open()
        expect(worklist.page.locator(".c3-error")).to_contain_text("not yours to see")
    finally:
        update(fhir, {**changed, "status": "active"})
        fhir.close()
