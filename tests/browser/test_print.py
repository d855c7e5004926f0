"""Printing: the PDF behind the button and the browser's own print, each with who it is about on every sheet."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.audit_event import KIND
from dashboard.fhir.search.request import SearchRequest
from tests.browser.screens import Worklist
from tests.paper.reading import sheets, squeezed
from tests.records import count, search
from tests.running import Launched

MARY = "pat-mary-aldous"
MARY_WORDS = ("ALDOUS, Mary (Mrs)", "Born 03-Feb-1948 (78)", "NHS No. 999 001 2245")
# The page, its address, what each of its sheets carries, and what it says that a screen shows only when it is opened.
PAGES = {
    "worklist": ("/", ("Warwick MDT", "patients"), "Urgency"),
    "patient": (f"/patient?id={MARY}", MARY_WORDS, "Where the usual ranges come from"),
    "timeline": (f"/timeline?id={MARY}&span=5y", MARY_WORDS, "Left out by rule"),
    "care_plan": (f"/care_plan?id={MARY}", MARY_WORDS, "conflicts with “Keep kidney function: eGFR 30 or more”"),
}


def opened(page: Page, dashboard: Launched, name: str) -> tuple[str, ...]:
    address, words, _ = PAGES[name]
    page.goto(f"{dashboard.url}{address}")
    page.get_by_role("button", name="Print (PDF)").wait_for()
    return words


def carried(pdf: bytes, words: tuple[str, ...]) -> list[str]:
    """What is missing of the words and of "Page n of m", by sheet."""
    found = sheets(pdf)
    wanted = [(number, sheet, (*words, f"Page {number} of {len(found)}")) for number, sheet in enumerate(found, 1)]
    return [
        f"{number}: {part}"
        for number, sheet, parts in wanted
        for part in parts
        if squeezed(part) not in squeezed(sheet)
    ]


@pytest.mark.parametrize("name", PAGES)
def test_the_button_gives_a_pdf_and_puts_it_on_record(worklist: Worklist, dashboard: Launched, name: str) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)

    def prints() -> int:
        return count(fhir, "AuditEvent", ("subtype", f"{KIND}|print"))

    before = prints()
    words = opened(worklist.page, dashboard, name)
    with worklist.page.expect_download() as download:
        worklist.page.get_by_role("button", name="Print (PDF)").click()
    assert download.value.suggested_filename.startswith(f"{name}-20")
    assert download.value.suggested_filename.endswith(".pdf")
    pdf = Path(download.value.path()).read_bytes()
    assert carried(pdf, words) == []
    assert squeezed(PAGES[name][2]) in squeezed(" ".join(sheets(pdf)))
    worklist.until(lambda: prints() == before + 1, "the print is not on record")
    fhir.close()


def test_the_plan_for_the_person_is_printed_in_plain_words_and_put_on_record(
    worklist: Worklist, dashboard: Launched
) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)

    def prints() -> list[dict[str, Any]]:
        request = SearchRequest("AuditEvent", (("subtype", f"{KIND}|print"),), fresh=True)
        return [dict(each) for each in search(fhir, request).rows if "own_care_plan.pdf" in queries(each)]

    before = len(prints())
    opened(worklist.page, dashboard, "care_plan")
    with worklist.page.expect_download() as download:
        worklist.page.get_by_role("button", name="Print for the person").click()
    pdf = Path(download.value.path()).read_bytes()
    assert carried(pdf, MARY_WORDS) == []
    text = squeezed(" ".join(sheets(pdf)))
    for said in ("What matters to me", "“Walk to the allotment again by the spring”", "Who to call", "call 999"):
        assert squeezed(said) in text
    worklist.until(lambda: len(prints()) == before + 1, "the print is not on record")
    fhir.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_browsers_own_print_is_on_record_once_a_print(worklist: Worklist, dashboard: Launched, name: str) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)
    page = worklist.page

    def prints() -> list[dict[str, Any]]:
        request = SearchRequest("AuditEvent", (("subtype", f"{KIND}|print"),), fresh=True)
        return [dict(each) for each in search(fhir, request).rows if f"{name}.browser" in queries(each)]

    shown = [MARY] if name != "worklist" else sorted(worklist.ids)
    opened(page, dashboard, name)
    before = len(prints())
    # Chromium tells a page of a print as PDF as it does of any other print.
    page.pdf()
    worklist.until(lambda: len(prints()) == before + 1, "the print is not on record")
    # Without a connection it is told when there is one again.
    page.evaluate("document.querySelector('[data-testid=stApp]').dataset.testConnectionState = 'CONNECTING'")
    page.pdf()
    page.wait_for_timeout(1500)
    assert len(prints()) == before + 1
    page.evaluate("document.querySelector('[data-testid=stApp]').dataset.testConnectionState = 'CONNECTED'")
    worklist.until(lambda: len(prints()) == before + 2, "the second print is not on record")
    for each in prints():
        named = {entity["what"]["reference"] for entity in each["entity"] if "what" in entity}
        assert {f"Patient/{ident}" for ident in shown} <= named
    # Nothing that is not a print is one.
    opened(page, dashboard, name)
    page.wait_for_timeout(1500)
    assert len(prints()) == before + 2
    fhir.close()


def queries(event: Mapping[str, Any]) -> str:
    """What an AuditEvent says was asked for, which it holds in base 64."""
    return " ".join(base64.b64decode(entity.get("query", "")).decode() for entity in event["entity"])


@pytest.mark.parametrize("name", PAGES)
def test_the_browsers_own_print_has_the_same_margins_and_no_navigation(
    worklist: Worklist, dashboard: Launched, name: str
) -> None:
    words = opened(worklist.page, dashboard, name)
    worklist.page.wait_for_timeout(1500)
    pdf = worklist.page.pdf(prefer_css_page_size=True)
    assert carried(pdf, words) == []
    said = squeezed(" ".join(sheets(pdf)))
    assert squeezed(PAGES[name][2]) in said
    for button in ("Print (PDF)", "Find a patient", "Export", "More filters"):
        assert squeezed(button) not in said


PLACES = """
() => [".c3-axisdates", ".js-plotly-plot .nsewdrag"].map(each => document.querySelector(each).getBoundingClientRect())
  .map(box => [box.left, box.right])
"""


def test_the_browser_prints_large_type_small_with_heads_on_each_sheet(worklist: Worklist, dashboard: Launched) -> None:
    page, (_, words, _) = worklist.page, PAGES["worklist"]
    small = sheets(page.pdf(prefer_css_page_size=True))
    worklist.open("large=yes")
    page.wait_for_timeout(1500)
    large = page.pdf(prefer_css_page_size=True)
    assert carried(large, (*words, "On these sheets: 1 to 25 of", "Needs attention", "Key results")) == []
    assert len(sheets(large)) == len(small)
    assert "small type" not in " ".join(sheets(large))
    # The room of a timeline is printed as it is, on one sheet.
    page.goto(f"{dashboard.url}/timeline?id={MARY}&large=yes")
    page.locator(".c3-room").wait_for()
    page.wait_for_timeout(1500)
    room = page.pdf(prefer_css_page_size=True)
    assert carried(room, MARY_WORDS) == [] and len(sheets(room)) == 1


def test_the_dates_stand_over_their_places_on_paper_however_wide_the_window_was(
    page: Page, dashboard: Launched
) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1920, "height": 900})
    page.goto(f"{dashboard.url}/timeline?id={MARY}")
    page.locator(".js-plotly-plot .nsewdrag").first.wait_for(state="attached")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    [dates, figure] = page.evaluate(PLACES)
    assert dates == pytest.approx(figure, abs=2) and figure[1] < 700
    # What is dark on the screen is light on paper.
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
