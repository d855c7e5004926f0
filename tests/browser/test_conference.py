"""A whole case conference: a presenter in the room, somebody at a desk, somebody with a telephone, three patients."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from dashboard.actions.plan_conference import plan_conference
from dashboard.domain.access.user import User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.queries.list_users import list_users
from tests.benchmarks.real_servers import NOW
from tests.browser.screens import LiveConference, Worklist
from tests.browser.test_room import TEXTS
from tests.browser.test_widths import UNREADABLE, serious
from tests.patience import PATIENCE_MS
from tests.records import search
from tests.running import Launched

PRESENTER, REMOTE, PHONE, COORDINATOR = (
    f"prac-sw-{name}" for name in ("gp-1", "nurse-1", "dietitian-1", "coordinator-1")
)
TEAM = NamedReference(Reference("Organization", "team-sw-warwick"), "Warwick MDT")
SCREENS = {PRESENTER: (1920, 1080), REMOTE: (1280, 720), PHONE: (390, 844)}
# What everybody in the room reads; the form is for who sits at it.
READ_FAR = (".c3-patientbanner", ".c3-roomchanges", ".c3-roomcurves", ".c3-decided", ".c3-liveline")
DECISION = "Repeat potassium and weigh at home"


@dataclass
class Meeting:
    """A conference about people of whom no other test reads, with another a week later."""

    ident: str
    patients: list[dict[str, Any]]
    others: list[dict[str, Any]]
    """Everybody else of the cohort."""
    users: dict[str, User]


@pytest.fixture
def meeting(dashboard: Launched) -> Meeting:
    fhir = HttpFhirServer(dashboard.fhir_url)
    users = {who.practitioner.id: who for who in list_users(fhir) if who.practitioner}
    people = search(fhir, SearchRequest("Patient", ())).rows
    teams = [
        {row["subject"]["reference"] for row in search(fhir, SearchRequest("CareTeam", (("participant", who),))).rows}
        for who in (f"Practitioner/{PRESENTER}", f"Practitioner/{REMOTE}", f"Practitioner/{PHONE}")
    ]
    taken = {word for user in users.values() for word in user.name.split()}
    held = search(fhir, SearchRequest("Appointment", (("status", "fulfilled"),))).rows
    met = {who["actor"].get("reference", "") for row in held for who in row["participant"]}
    ours = [
        row
        for row in people
        if all(f"Patient/{row['id']}" in team for team in teams)
        and re.fullmatch(r"pat-\d+", row["id"])
        and not taken & set(parts(row))
    ]
    # An earlier conference is marked on their time axes.
    ours = sorted(ours, key=lambda row: f"Patient/{row['id']}" not in met)[:4]
    asked = [NamedReference(users[each].practitioner, users[each].name) for each in (*SCREENS, COORDINATOR)]
    made = plan_conference(
        fhir, users[COORDINATOR], TEAM, "Case conference", NOW + timedelta(hours=1), 60, "Room 2", asked,
        [Reference("Patient", row["id"]) for row in ours], 1, 2, reason="Plan", at=NOW,
    )  # fmt: skip
    fhir.close()
    ident = next(each.origin.id for each in made.values if isinstance(each, Conference))
    return Meeting(ident, ours, [row for row in people if row not in ours], users)


def parts(patient: dict[str, Any]) -> list[str]:
    """The words of a patient's name."""
    name = patient["name"][0]
    return [word for each in (name["family"], *name["given"]) for word in each.split()]


@pytest.fixture
def windows(browser: Browser, dashboard: Launched) -> Iterator[dict[str, LiveConference]]:
    """Each participant's window; an error in the console of one fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(user: str, width: int, height: int) -> LiveConference:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([{"name": "c3-demo-user", "value": user, "url": dashboard.url}])
        context.on("console", lambda said: complaints.append(said.text) if _is_error(said.type, said.text) else None)
        contexts.append(context)
        return LiveConference(context.new_page(), dashboard.url)

    yield {user: open_window(user, *size) for user, size in SCREENS.items()}
    for context in contexts:
        context.close()
    assert not complaints


def _is_error(kind: str, text: str) -> bool:
    return kind == "error" and "404" not in text  # Streamlit first looks for itself under the page's own address


def test_a_whole_meeting(windows: dict[str, LiveConference], meeting: Meeting, dashboard: Launched) -> None:
    presenter, remote, phone = windows.values()
    first, second, third, _ = meeting.patients
    nurse = meeting.users[REMOTE].name

    def everybody_sees(patient: dict[str, Any], *which: LiveConference) -> None:
        for each in which or windows.values():
            expect(each.who).to_contain_text(patient["name"][0]["family"], ignore_case=True)
            # Streamlit takes what is stale, and by then unseen, out of the page when the run has ended.
            expect(each.page.locator(".c3-patientbanner")).to_have_count(1)
            nobody_else(each, patient)

    def nobody_else(window: LiveConference, patient: dict[str, Any]) -> None:
        said = window.text
        for other in (*meeting.patients, *meeting.others):
            if other is not patient:
                assert not tells(said, other), f"{tells(said, other)} is on the page of another patient"

    for each in windows.values():
        each.open_id(meeting.ident)
        expect(each.page.get_by_text("It has not begun.")).to_be_visible()
    presenter.press("start")
    everybody_sees(first)
    expect(presenter.line).to_contain_text("You present")

    # Away and back.
    remote.press("plan")
    expect(remote.line).to_contain_text("You look for yourself")
    expect(remote.page.locator(".c3-liveplan")).to_be_visible()
    expect(presenter.page.locator(".c3-liveplan")).to_have_count(0)
    remote.press("follow")
    expect(remote.page.locator(".c3-liveplan")).to_have_count(0)

    presenter.decide(DECISION, nurse)
    for each in (remote, phone):
        expect(each.decided).to_contain_text(DECISION)
    everybody_sees(first)

    # The lid is closed and opened: the same patient, and it is still this window that is followed.
    presenter.page.reload()
    everybody_sees(first)
    expect(presenter.line).to_contain_text("You present")
    expect(presenter.decided).to_contain_text(DECISION)

    presenter.page.keyboard.press("Alt+n")
    everybody_sees(second)
    presenter.page.keyboard.press("Alt+m")
    for each in windows.values():
        expect(each.who).not_to_contain_text(second["name"][0]["family"], ignore_case=True)
        expect(each.page.get_by_text("Decisions are hidden with the patient.")).to_be_visible()
        said = each.text
        born = date.fromisoformat(second["birthDate"]).strftime("%d-%b-%Y")
        secret = (*parts(second), *numbers(second), born)
        assert not [word for word in secret if re.search(rf"\b{re.escape(word)}\b", said, re.IGNORECASE)]
    phone.press("mask")
    everybody_sees(second)

    remote.press("present")
    expect(presenter.line).to_contain_text(f"{nurse} presents")
    remote.page.keyboard.press("Alt+o")
    for each in windows.values():
        expect(each.decided).to_contain_text("No change")
    remote.page.keyboard.press("Alt+n")
    everybody_sees(third)

    presenter.press("present")
    expect(presenter.line).to_contain_text("You present")
    presenter.press("end")
    presenter.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Move .* and end$")).click()
    for each in windows.values():
        expect(each.line).to_have_count(0)

    page = presenter.page
    page.goto(f"{dashboard.url}/conference_minutes?id={meeting.ident}")
    page.locator('[data-key="sign"]').click()
    expect(page.locator(".c3-signed")).to_be_visible()
    minutes = page.get_by_test_id("stMain")
    for words in (DECISION, nurse, "No change", meeting.users[PRESENTER].name):
        expect(minutes).to_contain_text(words)

    worklist = Worklist(remote.page, dashboard.url).open()
    worklist.open_tasks()
    expect(remote.page.get_by_test_id("stMain")).to_contain_text(DECISION)


def test_it_is_read_from_the_back_row_and_usable_by_everybody(
    windows: dict[str, LiveConference], meeting: Meeting
) -> None:
    screen, *_ = windows.values()
    page = screen.open_id(meeting.ident).page
    screen.press("start")
    expect(screen.who).to_be_visible()
    screen.decide(DECISION, meeting.users[REMOTE].name)
    complaints = []
    device = page.context.new_cdp_session(page)
    for width, height, scale in ((1920, 1080, 1), (1280, 720, 1), (390, 844, 1), (640, 360, 2)):
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        device.send("Emulation.setDeviceMetricsOverride", size)
        for view in ("plan", "timeline"):
            screen.press(view)
            page.locator(".c3-liveplan" if view == "plan" else ".c3-roomcurves").wait_for()
            page.wait_for_timeout(500)
            found = page.evaluate(UNREADABLE)
            for scheme in ("dark", "light") if width in (1920, 390) else ("light",):
                page.emulate_media(color_scheme=scheme)
                page.wait_for_timeout(300)
                found += serious(page)
            complaints += [f"{view} at {width} x {scale}: {each}" for each in found]
        if width == 1920:
            # Two of the curves' lines break: that fits too.
            page.locator(".c3-roomwhen > span:first-child").evaluate_all(
                "all => all.slice(0, 2).forEach(each => each.append(' with more to say'))"
            )
            assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") <= height
            texts = [text for part in READ_FAR for text in page.evaluate(TEXTS.replace(".c3-room", part))]
            assert [text for text in texts if text["size"] < 24] == []
            assert max(text["right"] for text in texts) <= width and max(text["bottom"] for text in texts) <= height
    assert complaints == []


def tells(said: str, patient: dict[str, Any]) -> list[str]:
    """What of a text tells that it is about this patient: the whole name, either way round, or a number."""
    name = patient["name"][0]
    given, family = " ".join(name["given"]), name["family"]
    whole = (f"{given} {family}", f"{family}, {given}", f"{family}, {name['given'][0]}")
    folded = said.casefold()
    return [each for each in (*whole, *numbers(patient)) if each.casefold() in folded]


def numbers(patient: dict[str, Any]) -> list[str]:
    """The identifiers, as they are stored and as they are shown."""
    found = [each["value"] for each in patient.get("identifier", [])]
    return [*found, *(f"{each[:3]} {each[3:6]} {each[6:]}" for each in found if re.fullmatch(r"\d{10}", each))]
