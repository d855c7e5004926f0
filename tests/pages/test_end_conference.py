"""The end of a conference: who was not reached moves to the next one with one press, which can be pressed again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions.discuss_patient import discuss_patient
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.start_conference import start_conference
from dashboard.actions.write_conference_note import write_conference_note
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.writable import from_fhir
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.ui.session import ending, session
from tests.pages import real
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make
from tests.unit.fhir.hostile_server import Reply

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor", roles=(Role.CLINICIAN,))
SCRIPT = """from dataclasses import replace
from dashboard.ui.conference.end_dialog import end_dialog
from dashboard.ui.session import conferences
view = conferences.read_conference("meet1")[0]
end_dialog(replace(view, lines=()), view.agenda.open_items())
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[real.Between]:
    """A running conference about p1 and p4, who is another team's, on a server that can go away."""
    with (
        real.loaded_server(tmp_path) as behind,
        real.between(behind) as between,
        real.pages_on(between.hostile.base_url, tmp_path),
    ):
        start_conference(session.process().fhir, GP, "meet1", reason="Start", at=make.AS_OF)
        HttpFhirServer(behind.base_url).put_new(make.task("t8", "p1", "Practitioner/gp"))  # nothing is decided yet
        yield between


@pytest.fixture
def coordinator(monkeypatch: pytest.MonkeyPatch) -> User:
    """The user, who may plan too."""
    who = session.user

    def both() -> User:
        return replace(who(), roles=(Role.CLINICIAN, Role.COORDINATOR))

    monkeypatch.setattr(session, "user", both)
    return replace(GP, roles=(Role.COORDINATOR,))


def dialog() -> AppTest:
    at = AppTest.from_string(SCRIPT, default_timeout=PATIENCE)
    at.session_state["user_id"] = "gp"
    return at.run()


def said(at: AppTest) -> list[str]:
    assert not at.exception, at.exception
    return [each.value for each in at.text]


def press(at: AppTest, key: str) -> AppTest:
    at.button(key).click()
    return at.run()


def conferences() -> dict[str, Conference]:
    rows = session.process().fhir.try_all([SearchRequest("Appointment", fresh=True)])[0]
    assert isinstance(rows, SearchResult)
    found = (from_fhir(Conference, row) for row in rows.rows if row.get("supportingInformation"))
    return {each.origin.id: each for each in found}


def failing_after(server: real.Between, writes: int) -> Callable[[], None]:
    """The server takes so many writes and refuses the rest, until the function is called."""
    answer, left = server.answer, [writes]

    def fail(received: Any) -> Reply:
        writing = received.method == "PUT" or (received.method == "POST" and "_search" not in received.path)
        left[0] -= writing
        return Reply(500, b"{}") if writing and left[0] < 0 else answer(received)

    server.hostile.answer = fail

    def back() -> None:
        server.hostile.answer = answer

    return back


def test_without_a_next_conference_who_may_not_plan_leaves_them_open(server: real.Between) -> None:
    discuss_patient(session.process().fhir, GP, "meet1", "p1", reason="Next", at=make.AS_OF)
    at = dialog()
    assert said(at) == [
        "0 patients were discussed.",
        "2 patients were not reached.",
        "1 of them is not in the care of your teams: that one is moved by who cares for the patient.",
        "No other conference of this team is planned. Its coordinator plans one.",
    ]
    assert real.FOREIGN not in real.everything(at).decode() and "ALDOUS" not in real.everything(at).decode()
    press(at, "conference_end")
    assert conferences()["meet1"].over
    assert session.process().fhir.read("Encounter", "talk1")["status"] == "cancelled"
    AppTest.from_string("from dashboard.ui.session import meetings\nmeetings.start('meet1')").run(timeout=PATIENCE)
    assert conferences()["meet1"].running


def test_whoever_was_being_discussed_is_concluded_and_is_not_moved(server: real.Between) -> None:
    fhir = session.process().fhir
    discuss_patient(fhir, GP, "meet1", "p1", reason="Next", at=make.AS_OF)
    at = dialog()
    assert said(at)[:2] == ["0 patients were discussed.", "2 patients were not reached."]  # she was only on the screen
    write_conference_note(fhir, GP, "meet1", "p1", EntryKind.DISCUSSION, "Worried", reason="Said", at=make.AS_OF)
    at = dialog()
    assert said(at)[:2] == ["1 patient was discussed.", "1 patient was not reached."]
    press(at, "conference_end")
    agenda = session.process().fhir.read("List", "agenda1")
    assert "discussed" in str(agenda["entry"][0]) and "discussed" not in str(agenda["entry"][1])


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_one_press_plans_the_next_moves_them_and_ends_and_again_finishes_what_was_cut(
    server: real.Between, coordinator: User, writes: int
) -> None:
    known = set(conferences())
    at = dialog()
    assert "Plan the next conference (Wed 02-Dec 13:00), move 1 patient there and end" in [
        each.label for each in at.button
    ]
    back = failing_after(server, writes)
    press(at, "conference_move_and_end")
    assert bool(at.error) == (writes < 3)
    back()
    at = dialog()
    if at.button and conferences()["meet1"].running:
        keys = [each.key for each in at.button]
        press(at, "conference_move_and_end" if "conference_move_and_end" in keys else "conference_end")
    found = conferences()
    [following] = [each for ident, each in found.items() if ident not in known]
    assert found["meet1"].over and following.patients == (Reference("Patient", "p1"),)
    before = found["meet1"]
    assert following.start and following.start.moment == datetime(2026, 12, 2, 13, tzinfo=UTC)
    assert (following.title, following.minutes, following.place, following.team, following.attendees) == (
        before.title, before.minutes, before.place, before.team, before.attendees,
    )  # fmt: skip


def test_they_move_to_the_next_that_is_planned_of_the_same_series_first(
    server: real.Between, coordinator: User
) -> None:
    team = NamedReference(Reference("Organization", "team-1"), "Team 1")
    asked = (session.process().fhir, coordinator, team, "Other")
    people = [NamedReference(GP.practitioner, GP.name)]
    start = datetime(2026, 12, 1, 9, tzinfo=UTC)
    plan_conference(*asked, start, 60, "Room", people, reason="Plan", at=make.AS_OF)
    plan_conference(*asked, start.replace(hour=8, day=24, month=11), 60, "Room", people, reason="Plan", at=make.AS_OF)
    at = dialog()
    assert "Move 1 patient to the next conference (Tue 01-Dec 09:00) and end" in [each.label for each in at.button]
    press(at, "conference_move_and_end")
    moved = [each for each in conferences().values() if each.patients == (Reference("Patient", "p1"),)]
    assert [each.start.text[:10] for each in moved if each.start] == ["2026-12-01"]


def test_of_several_the_next_of_the_same_series_is_taken() -> None:
    this = from_fhir(Conference, real.conference()[0])
    team = NamedReference(Reference("Organization", "team-1"))

    def at(ident: str, day: int, series: str = "", status: str = "booked", of: NamedReference = team) -> Conference:
        start = replace(this.start, text=f"2026-12-{day:02d}T13:00:00+00:00") if this.start else None
        return replace(this, origin=Reference("Appointment", ident), start=start, series=series, status=status, team=of)

    view: Any = type("View", (), {"conference": replace(this, series="s1", team=team)})()
    others = [at("off", 1, status="cancelled"), at("theirs", 1, of=NamedReference(Reference("Organization", "x")))]
    known = [*others, at("other", 2), at("same-later", 10, "s1"), at("same", 3, "s1")]
    found = ending.next_conference(view, known)
    assert found is not None and found.origin.id == "same"
    found = ending.next_conference(view, known[:3])
    assert found is not None and found.origin.id == "other"
    assert ending.next_conference(view, others) is None
