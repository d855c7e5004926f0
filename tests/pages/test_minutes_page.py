"""The page of the minutes, on the embedded server: who reads what, and what each press changes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.conference.note import EntryKind
from dashboard.errors import ServerUnavailable, VersionConflict
from dashboard.ui.conference import widget_minutes, widget_minutes_dialogs
from dashboard.ui.session import minutes, session
from dashboard.ui.shared.error_words import error_words
from tests.pages import real
from tests.pages.inputs import MINUTES_BACK, MINUTES_WRITE
from tests.pages.test_fuzz import at_place


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[real.Gone]:
    with real.loaded_server(tmp_path) as server, real.pages_on(server.base_url, tmp_path) as gone:
        yield gone


def words(at: AppTest) -> str:
    assert not at.exception, at.exception
    return real.everything(at).decode(errors="replace")


def one(who: str = "gp") -> AppTest:
    return real.app("conference_minutes", who, id="meet1").run()


def press(at: AppTest, **act: str) -> str:
    return words(real.send_press(at, "minutes-heading", act))


def stored(kind: str, ident: str) -> dict[str, Any]:
    return session.process().fhir.read(kind, ident)


def conference_is(status: str) -> None:
    session.process().fhir.put_new(stored("Appointment", "meet1") | {"status": status})


def toasts(at: AppTest) -> list[str]:
    return [toast.value for toast in at.toast]


def test_the_minutes_say_who_was_there_and_name_no_patient_of_another_team(pages: real.Gone) -> None:
    said = words(one())
    for expected in ("Minutes: Case conference, Team 1", "Draft: nobody has signed yet", "(in the room)", "ALDOUS"):
        assert expected in said, expected
    assert "1 more patient was on the agenda" in said
    assert "Preparation" not in said and "Nothing was written about this patient" in said
    assert real.FOREIGN not in said and real.HIDDEN not in said


def test_the_conference_leads_to_its_minutes_once_it_runs_and_they_lead_back(pages: real.Gone) -> None:
    at = real.app("conference", id="meet1").run()
    assert "conference_minutes" not in words(at)
    conference_is("arrived")
    at = real.app("conference", id="meet1").run()
    assert "conference_minutes?id=meet1" in words(at)
    real.send_press(at, "conference-heading", {"do": "minutes"})
    at = one()
    assert "They can be signed when the conference is over" in words(at)
    press(at, do="agenda")
    press(one(), do="open", id="p1")
    assert pages[-3:] == [
        ("conference_minutes", {"id": "meet1"}), ("conference", {"id": "meet1"}), ("patient", {"id": "p1"}),
    ]  # fmt: skip


def test_they_are_sent_back_corrected_signed_and_filed(pages: real.Gone) -> None:
    conference_is("fulfilled")
    at = at_place(MINUTES_BACK)
    real.send(at, "minutes_remark", "The dose is missing", "minutes_send_back")
    seen = one()
    assert "The dose is missing" in words(seen)
    at = at_place(MINUTES_WRITE)
    real.send(at, "minutes_text", "40 mg", "minutes_write")
    version = stored("Composition", "minutes1")["meta"]["versionId"]
    at = one()
    assert "40 mg" in words(at)
    press(at, do="sign", version=version, seen="note1@1 ?@2")
    assert toasts(at) == [error_words(VersionConflict("minutes-changed"))]
    note = stored("Composition", "note1")["meta"]["versionId"]
    said = press(at, do="sign", version=version, seen=f"note1@{note}")
    assert "Signed by" in said and "1 sheet is filed in the record" in said and "Filed in the record," in said
    [document] = session.process().fhir.try_all([minutes_search("DocumentReference")])[0].rows  # type: ignore[union-attr]
    assert document["content"][0]["attachment"]["size"] > 1000 and document["docStatus"] == "final"
    at = at_place(MINUTES_WRITE)
    real.send(at, "minutes_text", "It was 20 mg", "minutes_write")
    at = one()
    assert "File 1 sheet in the record" in words(at)


def minutes_search(kind: str) -> Any:
    from dashboard.domain.values.code_systems import CONFERENCE_NUMBER
    from dashboard.fhir.search.request import SearchRequest

    return SearchRequest(kind, (("identifier", f"{CONFERENCE_NUMBER}|meet1.p1"),))


def test_what_could_not_be_filed_is_filed_with_a_press_later(pages: real.Gone, monkeypatch: pytest.MonkeyPatch) -> None:
    conference_is("fulfilled")
    real.send(at_place(MINUTES_WRITE), "minutes_text", "40 mg", "minutes_write")
    version = stored("Composition", "minutes1")["meta"]["versionId"]

    def away(*asked: Any, **named: Any) -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    at = one()
    with monkeypatch.context() as patch:
        patch.setattr(minutes, "file_minutes", away)
        said = press(at, do="sign", version=version, seen="")
        assert "Signed by" in said and "Not yet filed in the record" in said
        assert any("Not everything could be filed" in each for each in toasts(at))
        patch.setattr(minutes, "get_minutes", away)
        widget_minutes._file("meet1")
    assert "Filed in the record," in press(at, do="file")


def test_the_dialogs_that_a_press_asks_for_are_opened_for_these_minutes_alone(
    pages: real.Gone, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(widget_minutes, "send_back_dialog", lambda view: opened.append("back"))
    monkeypatch.setattr(widget_minutes, "write_dialog", lambda view, line, kind: opened.append((line.patient.id, kind)))
    at = one()
    press(at, do="send-back")
    press(at, do="write", id="p1", kind="discussion")
    press(at, do="write", id="p1", kind="decision")
    press(at, do="write", id="p4", kind="correction")
    assert opened == ["back", ("p1", EntryKind.DISCUSSION)]


def test_both_dialogs_say_what_is_missing(pages: real.Gone) -> None:
    at = real.send(at_place(MINUTES_BACK), "minutes_remark", " ", "minutes_send_back")
    assert [each.value for each in at.error] and not at.exception
    at = real.send(at_place(MINUTES_WRITE), "minutes_text", " ", "minutes_write")
    assert "Write something first." in words(at)
    assert widget_minutes_dialogs.LONGEST_REMARK == 2000


def test_every_other_conference_has_no_minutes_and_other_roles_see_none(pages: real.Gone) -> None:
    for ident in ("a1", "nothing", "../x", ""):
        assert "There is no such conference" in words(real.app("conference_minutes", id=ident).run()), ident
    for who in ("demo-administrator", "demo-pilot-manager", "demo-patient", "demo-carer"):
        said = words(one(who))
        assert "Only clinicians and coordinators see case conferences" in said and "ALDOUS" not in said, who
