"""Whoever looked is on record: a clinician works, an administrator follows it, and nobody else sees the audit."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.audit_event import KIND
from tests.browser.screens import Audit, Patient, Worklist
from tests.records import count
from tests.running import Launched

MARY = "pat-mary-aldous"
ADMINISTRATOR = "Demo administrator"


def follow(browser: Browser, dashboard: Launched) -> Audit:
    """The audit in a browser of an administrator's own."""
    page: Page = browser.new_context().new_page()
    Worklist(page, dashboard.url).open().as_user(ADMINISTRATOR)
    return Audit(page, dashboard.url).ready()


def test_what_a_clinician_does_is_on_record(worklist: Worklist, dashboard: Launched, browser: Browser) -> None:
    who = worklist.current_user.split(",")[0]
    worklist.export("CSV")
    Patient(worklist.page, dashboard.url).open_id(MARY)
    worklist.page.goto(f"{dashboard.url}/patient?id=pat-nobody-at-all")
    expect(worklist.page.locator(".c3-error")).to_contain_text("Not found")
    audit = follow(browser, dashboard)
    for query, *words in (
        ("kind=patient-query", who, "Saw in a list", "worklist"),
        ("kind=export", who, "Exported"),
        (f"kind=patient-read&patient={MARY}", who, "Opened the record", MARY),
        ("kind=refusal&patient=pat-nobody-at-all", who, "Was refused", "pat-nobody-at-all", "Refused"),
    ):
        audit.until(lambda query=query, words=words: audit.open(query).has(*words), f"not on record: {words}")  # type: ignore[misc]
    # The page says who and whom, and nothing of what is wrong with anybody.
    said = audit.page.locator(".stMain").inner_text()
    assert "ALDOUS" not in said and "HbA1c" not in said and "diabetes" not in said.lower()
    audit.page.context.close()


def test_a_press_on_a_patient_follows_the_patient(worklist: Worklist, dashboard: Launched, browser: Browser) -> None:
    Patient(worklist.page, dashboard.url).open_id(MARY)
    audit = follow(browser, dashboard)
    audit.until(lambda: audit.open("kind=patient-read").has("Opened the record", MARY), "not on record")
    line = audit.lines.filter(has_text="Opened the record").filter(has_text=MARY).first
    line.get_by_role("button", name=MARY).click()
    expect(audit.page).to_have_url(re.compile(rf"/audit\?patient={MARY}&kind=patient-read$"))
    audit.ready()
    every = audit.lines.count()
    assert every and audit.lines.filter(has_text="Opened the record").count()
    # The address alone shows the same.
    assert audit.reload().lines.count() >= every
    with audit.page.expect_download() as download:
        audit.page.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert len(rows) > every and all(MARY in row[6] for row in rows[1:])
    audit.page.context.close()


def test_a_page_left_open_is_recorded_once(worklist: Worklist, dashboard: Launched) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)

    def recorded_reads() -> int:
        return count(fhir, "AuditEvent", ("subtype", f"{KIND}|patient-query"))

    def at_rest() -> int:
        """Once no more are written: they are behind the page."""
        seen = [-1, recorded_reads()]

        def rests() -> bool:
            worklist.page.wait_for_timeout(2500)
            seen.append(recorded_reads())
            return 0 < seen[-1] == seen[-2]

        worklist.until(rests, "they never come to rest")
        return seen[-1]

    before = at_rest()
    worklist.tile("Overdue").click()
    expect(worklist.page).to_have_url(re.compile("reason="))
    worklist.sort_by("name")
    expect(worklist.page).to_have_url(re.compile("sort=name"))
    assert at_rest() == before
    worklist.reload()
    worklist.until(lambda: recorded_reads() == before + 1, "a reload is recorded as a read of its own")
    fhir.close()


def test_a_clinician_does_not_see_the_audit(worklist: Worklist, dashboard: Launched) -> None:
    assert not worklist.page.locator('[data-key="nav-audit"]').count()
    worklist.page.goto(f"{dashboard.url}/audit")
    expect(worklist.page.locator(".c3-error")).to_contain_text("Only administrators see who looked at what.")
    assert not worklist.page.locator(".c3-audit").count()
