"""The page of the conferences, on the embedded server: who sees which, and what each press changes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.permissions import Role
from dashboard.errors import NotFound
from dashboard.ui.session import session
from dashboard.ui.shared.error_words import error_words
from tests.pages import real
from tests.pages.inputs import CONFERENCE_ASK, CONFERENCE_CANCEL, CONFERENCE_NOTE, CONFERENCE_PLAN, CONFERENCE_TIME
from tests.pages.test_fuzz import at_place


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[real.Gone]:
    with real.loaded_server(tmp_path) as server, real.pages_on(server.base_url, tmp_path) as gone:
        yield gone


def words(at: AppTest) -> str:
    assert not at.exception, at.exception
    return real.everything(at).decode(errors="replace")


def one() -> AppTest:
    return real.app("conference", id="meet1").run()


def press(at: AppTest, panel: str, **act: str) -> str:
    return words(real.send_press(at, f"conference-{panel}", act))


def test_the_list_leads_to_each_conference(pages: real.Gone) -> None:
    at = real.app("conference").run()
    said = words(at)
    assert "Case conference, Team 1" in said and "Wed 25-Nov 13:00 to 14:00" in said and "planned" in said
    assert "Plan a conference" not in said  # that is a coordinator's
    real.send_press(at, "conferences", {"do": "open-conference", "id": "meet1"})
    assert pages[-1] == ("conference", {"id": "meet1"})


def test_a_line_says_who_why_and_what_is_prepared_and_no_other_team_s_patient_is_named(pages: real.Gone) -> None:
    said = words(one())
    for expected in (
        "ALDOUS",
        "Potassium 5.9",
        "Weight diary",
        "2 patients, 14 of 60 min",
        "Last discussed 20-Nov-2026",
    ):
        assert expected in said, expected
    assert "1 more patient is on the agenda" in said
    assert real.FOREIGN not in said and real.HIDDEN not in said


def test_what_is_pressed_is_saved_and_has_a_way_back(pages: real.Gone) -> None:
    at = one()
    assert "comes" in press(at, "heading", do="answer", answer="accepted")
    assert "On the agenda." in press(at, "agenda", do="add", id="p2")
    assert "Moved." in press(at, "agenda", do="earlier", id="p2", before="p1")
    agenda = session.process().fhir.read("List", "agenda1")
    assert [each["item"]["reference"] for each in agenda["entry"]] == ["Patient/p2", "Patient/p1", "Patient/p4"]
    assert "Put back" in press(at, "agenda", do="remove", id="p2")
    assert "On the agenda." in press(at, "undo", do="add", id="p2")
    assert "Put back" not in words(at)


def test_who_is_in_nobody_s_care_here_is_not_put_on_it(pages: real.Gone) -> None:
    refused = error_words(NotFound("patient-not-found"))
    at = one()
    press(at, "agenda", do="add", id="p4")
    assert [toast.value for toast in at.toast] == [refused]
    assert "On the agenda." not in press(one(), "agenda", do="add", id="no such")


@pytest.mark.parametrize("ident", ["a1", "nothing", "../x"])
def test_every_other_conference_is_not_there(pages: real.Gone, ident: str) -> None:
    assert "There is no such conference" in words(real.app("conference", id=ident).run())


def test_a_note_a_preparer_and_time_are_asked_for(pages: real.Gone) -> None:
    at = at_place(CONFERENCE_NOTE)
    assert "Write something first." in words(real.send(at, "note_text", " ", "note_save"))
    at = at_place(CONFERENCE_NOTE)
    real.send(at, "note_text", "Up 3 kg", "note_save")
    assert "Up 3 kg" in words(one())
    at = at_place(CONFERENCE_TIME)
    real.send(at, "time_minutes", "15 min", "time_save")
    assert "22 of 60 min" in words(one())
    at = at_place(CONFERENCE_ASK)
    real.send(at, "ask_whom", "gp")
    real.send(at, "ask_whom", "gp", "ask_save")
    assert "prepares" in words(one())


def test_planning_and_calling_off_are_refused_to_whoever_is_no_coordinator(pages: real.Gone) -> None:
    assert "Only a coordinator of the team" in words(
        real.send(at_place(CONFERENCE_PLAN), "conference_place", "Room 2", "conference_plan")
    )
    assert "Only a coordinator of the team" in words(
        real.send(at_place(CONFERENCE_CANCEL), "conference_why", "Ill", "conference_off")
    )


def test_the_agenda_of_what_is_planned_fills_itself(pages: real.Gone, monkeypatch: pytest.MonkeyPatch) -> None:
    who = session.user
    monkeypatch.setattr(session, "user", lambda: replace(who(), roles=(Role.COORDINATOR,)))
    at = at_place(CONFERENCE_PLAN).run()
    said = words(at.button(key="conference_plan").click().run())
    assert pages and pages[-1][0] == "conference", said
    assert "ALDOUS" in words(real.app("conference", id=pages[-1][1]["id"]).run())


@pytest.mark.parametrize("who", ["demo-administrator", "demo-pilot-manager", "demo-patient", "demo-carer"])
def test_other_roles_see_none(pages: real.Gone, who: str) -> None:
    for at in (real.app("conference", who).run(), real.app("conference", who, id="meet1").run()):
        said = words(at)
        assert "Only clinicians and coordinators see case conferences" in said and "ALDOUS" not in said


def test_another_professional_sees_those_of_the_own_teams(pages: real.Gone) -> None:
    said = words(real.app("conference", "nurse").run())
    assert "No case conferences yet" in said
