"""The pane in which a conference decides: what is saved, what is kept while the server is away, and what goes back."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions.end_conference import end_conference
from dashboard.actions.start_conference import start_conference
from dashboard.cache.drafts import Drafts
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.ui.session import deciding, drafts, session
from tests.pages import real
from tests.pages.conftest import shown
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make
from tests.unit.fhir.hostile_server import ReceivedRequest, Reply

GP = "Dr Jane Okafor, general practitioner, Castle Practice"
GP_USER = User(Reference("Practitioner", "gp"), "Dr Jane Okafor", roles=(Role.CLINICIAN,))
GP_KEY = "Practitioner/gp"
SCRIPT = """from tests.pages.conference_samples import decide_pane
decide_pane(may_hold={may_hold})
"""
CONCLUDE = """from tests.pages.conference_samples import discussed
from dashboard.ui.conference.decide import conclude
view, found = discussed()
assert conclude(view, found.patient)
"""
DUE = '<span class="c3-nw">27-Nov-2026</span>'


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[real.Between]:
    """A running conference, on a server that can go away."""
    monkeypatch.setattr(drafts, "DRAFTS", Drafts())
    with (
        real.loaded_server(tmp_path) as behind,
        real.between(behind) as between,
        real.pages_on(between.hostile.base_url, tmp_path),
    ):
        start_conference(session.process().fhir, GP_USER, "meet1", reason="Start", at=make.AS_OF)
        yield between


def pane(who: str = "gp", may_hold: bool = True) -> AppTest:
    at = AppTest.from_string(SCRIPT.format(may_hold=may_hold), default_timeout=PATIENCE)
    at.session_state["user_id"] = who
    return at.run()


def words(at: AppTest) -> str:
    assert not at.exception, at.exception
    return shown(at) + "\n".join(each.value for each in (*at.error, *at.warning))


def fill(at: AppTest, text: str = "Repeat potassium", owner: str = GP) -> AppTest:
    """Fills in what the form asks for, after a save that of the next round."""
    keys = {each.key for each in (*at.text_area, *at.selectbox)}
    [field] = [key for key in keys if key and key.startswith("decide_text")]
    [person] = [key for key in keys if key and key.startswith("decide_owner")]
    real.send(at, field, text)
    return real.send(at, person, owner) if owner else at


def press(at: AppTest, key: str) -> str:
    at.button(key).click()
    return words(at.run())


def away(received: ReceivedRequest) -> bool:
    """Whether it is a write: reading goes on, so that the pane is there."""
    return received.method == "PUT" or (received.method == "POST" and "_search" not in received.path)


@pytest.fixture
def writes_fail(server: real.Between, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """The server takes no writes, until the function is called."""
    answer = server.answer
    server.hostile.answer = lambda received: Reply(503, b"{}") if away(received) else answer(received)

    def back() -> None:
        server.hostile.answer = answer
        monkeypatch.setattr(deciding, "AGAIN_AFTER", 0.0)

    yield back


def until(at: AppTest, expected: str, *, gone: bool = False) -> str:
    """Beats, until the words are there, or gone."""
    end = time.monotonic() + PATIENCE
    while True:
        if (expected in (said := words(real.rerun(at)))) is not gone:
            return said
        assert time.monotonic() < end, f"{expected}: {said}"
        time.sleep(0.05)


def stored(kind: str, **wanted: str) -> list[real.Json]:
    rows = session.process().fhir.try_all([SearchRequest(kind, tuple(wanted.items()), ("p1",), fresh=True)])[0]
    assert isinstance(rows, SearchResult)
    return rows.rows


def test_a_decision_is_saved_as_a_task_and_can_be_taken_back(server: real.Between) -> None:
    at = pane()
    said = press(fill(at), "decide_save")
    assert "Repeat potassium" in said and "Saved." in said and f"until {DUE}" in said
    [task] = [row for row in stored("Task") if row.get("description") == "Repeat potassium"]
    assert task["basedOn"] == [{"reference": "CarePlan/cp1"}]
    assert not at.text_area[0].value  # the form is empty again
    said = words(real.send_press(at, "decided-list", {"do": "take-back", "item": f"Task/{task['id']}"}))
    assert "<s>Repeat potassium</s>" in said and "Taken back by Dr Jane Okafor" in said and "Saved." not in said
    [task] = [row for row in stored("Task") if row.get("description") == "Repeat potassium"]
    assert task["status"] == "cancelled"


def test_a_message_goes_to_its_recipient(server: real.Between) -> None:
    at = fill(pane(), "Come for a blood test", "The patient")
    at.radio(key="decide_becomes-meet1-p1").set_value("CommunicationRequest").run()
    said = press(at, "decide_save")
    assert "Message" in said and f"The patient, until {DUE}" in said
    [message] = [row for row in stored("CommunicationRequest") if row.get("encounter")]
    assert message["recipient"][0]["reference"] == "Patient/p1" and message["status"] == "active"
    said = words(
        real.send_press(at, "decided-list", {"do": "take-back", "item": f"CommunicationRequest/{message['id']}"})
    )
    assert "<s>Come for a blood test</s>" in said


def test_what_is_missing_is_said_and_what_is_filled_in_stays(server: real.Between) -> None:
    at = fill(pane(), owner="")
    assert "Choose who is to do it." in press(at, "decide_save")
    assert at.text_area[0].value == "Repeat potassium"
    assert "1 character too long" in press(fill(at, "x" * 501), "decide_save")


def test_no_change_and_what_was_said_are_entries_of_the_note(server: real.Between) -> None:
    at = pane()
    assert "No change" in press(at, "decide_no_change")
    real.send(at, "decide_discussion-meet1-p1", "Her daughter calls daily")
    said = press(at, "decide_write")
    assert "Her daughter calls daily" in said
    note = session.process().fhir.read("Composition", "note1")
    assert [part["title"] for part in note["section"]] == ["preparation", "No change", "Discussed"]


def test_no_change_that_was_pressed_by_mistake_is_taken_back(server: real.Between) -> None:
    at, fhir = pane(), session.process().fhir
    assert "Take back" in press(at, "decide_no_change")
    assert fhir.read("Encounter", "talk1")["status"] == "finished"
    said = words(real.send_press(at, "decided-list", {"do": "take-back", "item": "Composition/note1"}))
    assert "Taken back: No change" in said and "Take back" not in said
    assert fhir.read("Encounter", "talk1")["status"] == "in-progress"
    assert "discussed" not in str(fhir.read("List", "agenda1")["entry"])


def test_who_may_not_hold_it_sees_what_was_decided_and_no_form(server: real.Between) -> None:
    press(fill(pane()), "decide_save")
    at = pane(may_hold=False)
    assert "Repeat potassium" in words(at) and "Take back" not in words(at) and not at.button


def test_what_is_typed_is_there_after_a_reload(server: real.Between) -> None:
    fill(pane())
    at = pane()
    assert at.text_area[0].value == "Repeat potassium" and at.selectbox[0].value == GP_KEY
    real.send(at, "decide_discussion-meet1-p1", "Her daughter")
    assert pane().text_area[1].value == "Her daughter"
    assert not pane(who="nurse").text_area  # p1 is in nobody's care there


def test_while_the_server_is_away_everything_waits_and_is_saved_once(
    server: real.Between, writes_fail: Callable[[], None]
) -> None:
    at = pane()
    said = press(fill(at), "decide_save")
    assert "Not saved yet: the FHIR server does not answer" in said and "Saved." not in said
    press(at, "decide_no_change")
    to_the_next = AppTest.from_string(CONCLUDE, default_timeout=PATIENCE)
    to_the_next.session_state["user_id"] = "gp"
    assert not to_the_next.run().exception
    assert words(pane()).count("Not saved yet") == 3  # after a reload
    writes_fail()
    until(at, "Not saved yet", gone=True)
    assert len([row for row in stored("Task") if row.get("description") == "Repeat potassium"]) == 1
    assert session.process().fhir.read("Encounter", "talk1")["status"] == "finished"
    note = session.process().fhir.read("Composition", "note1")
    assert sorted(part["title"] for part in note["section"]) == ["Decided", "No change", "preparation"]


def test_what_is_refused_later_says_why_and_its_words_come_back_into_the_form(
    server: real.Between, writes_fail: Callable[[], None]
) -> None:
    at = pane()
    press(fill(at), "decide_save")
    behind = HttpFhirServer(server.behind)
    conference = behind.read("Appointment", "meet1")
    conference["participant"] = [each for each in conference["participant"] if "p1" not in each["actor"]["reference"]]
    behind.put_new(conference)  # somebody took her off the agenda meanwhile
    writes_fail()
    said = until(at, "Not saved: This patient is not on the agenda")
    number = re.search(r"Task/[0-9a-f-]{36}", said)
    assert number
    real.send_press(at, "decided-list", {"do": "again", "item": number[0]})
    assert at.text_area[0].value == "Repeat potassium" and "Not saved" not in words(at)


def test_what_waits_is_thrown_away_by_its_writer_alone(server: real.Between, writes_fail: Callable[[], None]) -> None:
    at = pane()
    number = re.search(r"Task/[0-9a-f-]{36}", press(fill(at), "decide_save"))
    assert number
    real.send_press(at, "decided-list", {"do": "throw", "item": "nonsense"})
    assert "Not saved yet" in words(at)
    assert "Not saved yet" not in words(real.send_press(at, "decided-list", {"do": "throw", "item": number[0]}))
    writes_fail()
    assert not [row for row in stored("Task") if row.get("description") == "Repeat potassium"]


def test_who_loses_the_patient_in_the_middle_is_told_and_keeps_the_words(server: real.Between) -> None:
    at = fill(pane())
    HttpFhirServer(server.behind).put_new(make.consent("p1", {"type": "deny"}))
    assert "This patient does not exist" in press(at, "decide_save")
    assert at.text_area[0].value == "Repeat potassium"


def test_after_the_conference_its_page_sends_what_still_waits(
    server: real.Between, writes_fail: Callable[[], None]
) -> None:
    press(fill(pane()), "decide_save")
    end_conference(HttpFhirServer(server.behind), GP_USER, "meet1", reason="Over", at=make.AS_OF)
    at = real.app("conference", id="meet1").run()
    assert "1 entry of yours is not saved yet" in words(at)
    writes_fail()
    until(at, "entry of yours", gone=True)
    assert "Repeat potassium" in words(at)
    assert [row for row in stored("Task") if row.get("description") == "Repeat potassium"]
