"""My record pressed through: the patient ticks what is done and takes it back; the carer sees nothing private."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.browser.accessibility import serious
from tests.browser.screens import MyRecord, Worklist
from tests.records import search, update
from tests.running import Launched

MARY = "pat-mary-aldous"
PRIVATE = "Not to be a burden to Susan"
TASK = "Weigh yourself every morning"
THUMB = 44  # pixels: WCAG 2.2's target size (enhanced)


@pytest.fixture
def fhir(dashboard: Launched) -> Iterator[HttpFhirServer]:
    """The server; the task is afterwards as it was."""
    server = HttpFhirServer(dashboard.fhir_url)
    before = task(server)
    yield server
    after = task(server)
    if after["status"] != before["status"]:
        changed = {name: value for name, value in after.items() if name != "executionPeriod"}
        update(server, {**changed, "status": before["status"]})
    server.close()


def task(server: HttpFhirServer) -> dict[str, object]:
    rows = search(server, SearchRequest("Task", patients=(MARY,))).rows
    return next(row for row in rows if str(row["description"]).startswith(TASK))


def test_the_patient_ticks_what_is_done_and_takes_it_back(
    worklist: Worklist, dashboard: Launched, fhir: HttpFhirServer
) -> None:
    page = worklist.page
    record = MyRecord(page, dashboard.url).as_user("Demo patient")
    own = page.locator(".c3-own")
    expect(own).to_contain_text("Your long-term blood sugar is 62. Your goal is 53 or less.")
    expect(own.locator(".c3-todo")).not_to_contain_text("Repeat potassium")
    page.get_by_role("button", name=f"Done: {TASK}").click()
    expect(record.toast()).to_contain_text("Your care team sees it")
    expect(own.locator(".c3-done")).to_contain_text(TASK)
    assert task(fhir)["status"] == "completed"
    [provenance] = search(fhir, SearchRequest("Provenance", (("target", f"Task/{task(fhir)['id']}"),))).rows[-1:]
    assert provenance["agent"][0]["who"]["reference"] == f"Patient/{MARY}"
    record.reload()
    page.get_by_role("button", name=f"Not done after all: {TASK}").click()
    expect(page.get_by_role("button", name=f"Done: {TASK}")).to_be_visible()
    assert task(fhir)["status"] == "in-progress"


def opened(browser: Browser, url: str, who: str, **context: object) -> Page:
    """A page of a browser of its own, in which nobody else has looked before; not opened yet."""
    made = browser.new_context(**context)  # type: ignore[arg-type]
    made.add_cookies([{"name": "c3-demo-user", "value": who, "url": url}])
    return made.new_page()


@pytest.mark.parametrize(("who", "sees"), [("demo-patient", True), ("demo-carer", False)])
def test_a_private_goal_reaches_the_patient_and_no_carer(
    browser: Browser, dashboard: Launched, who: str, sees: bool
) -> None:
    page = opened(browser, dashboard.url, who)
    frames: list[str] = []

    def heard(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(_text(frame)))

    page.on("websocket", heard)
    record = MyRecord(page, dashboard.url).open()
    own = page.locator(".c3-own")
    expect(own).to_contain_text("Walk to the allotment again")
    page.get_by_text("What the clinicians wrote").click()
    assert "ALDOUS" in record.name
    expect(own.get_by_text("What the patient keeps private is not shown here.")).to_have_count(0 if sees else 1)
    expect(own.get_by_text("Private: your carer does not see this.")).to_have_count(1 if sees else 0)
    assert (PRIVATE in page.content()) is sees
    assert any("Walk to the allotment" in each for each in frames), "else the test proves nothing"
    assert any(PRIVATE in each for each in frames) is sees
    page.context.close()


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")


@pytest.mark.parametrize("who", ["demo-patient", "demo-carer"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_nothing_is_off_screen_and_what_is_pressed_is_large_enough(
    browser: Browser, dashboard: Launched, width: int, scheme: str, who: str
) -> None:
    page = opened(browser, dashboard.url, who, viewport={"width": width, "height": 844}, color_scheme=scheme)
    MyRecord(page, dashboard.url).open()
    assert _right_edge(page) <= width
    for each in page.locator(".c3-own button:visible").all():
        box = each.bounding_box()
        assert box is not None
        assert box["height"] >= THUMB, each.inner_text()
    assert serious(page) == []
    page.context.close()


RIGHT_EDGE = """Math.max(...[...document.querySelectorAll('.c3-own *, .c3-patientbanner *')]
  .map((each) => each.getBoundingClientRect().right))"""


def _right_edge(page: Page) -> float:
    return float(page.evaluate(RIGHT_EDGE))
