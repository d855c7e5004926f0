"""The screen of a running conference, on the embedded server: whom it shows, what it does, what it hides."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cache.discussed_patients import DISCUSSED
from dashboard.cache.meetings import MEETINGS
from dashboard.errors import ServerUnavailable
from dashboard.ui.session import session
from tests.pages import real
from tests.pages.inputs import ATTENDANCE, PLAN_IN_CONFERENCE, RECOMMENDATIONS_IN_CONFERENCE
from tests.pages.test_fuzz import at_place
from tests.records import create
from tests.unit import people_and_teams as make

OTHERS = ("SVENSSON", "Svensson", "IBÁÑEZ", "Ibáñez", real.FOREIGN, real.HIDDEN)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[real.Gone]:
    with real.loaded_server(tmp_path) as server, real.pages_on(server.base_url, tmp_path) as gone:
        yield gone
        MEETINGS.end(server.base_url, "meet2")
        DISCUSSED.forget()


def live(ident: str = "meet2") -> AppTest:
    return real.app("conference_live", id=ident).run()


def words(at: AppTest) -> str:
    assert not at.exception, at.exception
    return real.everything(at).decode(errors="replace")


def press(at: AppTest, key: str) -> str:
    return words(at.button(key=f"live_{key}").click().run())


def test_the_patient_whose_discussion_goes_on_is_shown_and_nobody_else(pages: real.Gone) -> None:
    at = live()
    said = words(at)
    for expected in ("ALDOUS", "Potassium", "5.9", "Patient 1 of 2", "Nobody presents", "Since the conference"):
        assert expected in said, expected
    for other in OTHERS:
        assert other not in said, other
    assert "Present 1 (1 remote)" in words(at.run())  # who opens it is put down as there, once
    assert "Present 1 (1 remote)" in words(at.run())


def test_the_buttons_lead_and_a_patient_of_other_teams_stays_away(pages: real.Gone) -> None:
    at = live()
    assert "You present" in press(at, "present")
    assert "What we want to reach together" in press(at, "plan")
    assert "Measurements that matter now" in press(at, "timeline")
    said = press(at, "next")
    assert "not in the care of your teams" in said and "Patient 2 of 2" in said
    for other in (*OTHERS, "ALDOUS"):
        assert other not in said, other
    assert "ALDOUS" in press(at, "previous")


def test_a_window_that_does_not_lead_looks_for_itself_and_comes_back(pages: real.Gone) -> None:
    first, second = live(), live()
    press(first, "present")
    said = press(second, "plan")
    assert "You look for yourself; Dr Jane Okafor presents" in said and "What we want to reach together" in said
    assert "Measurements that matter now" in words(first.run())
    assert "Measurements that matter now" in press(second, "follow")
    press(first, "plan")
    assert "What we want to reach together" in words(second.run())
    press(second, "present")
    assert "Dr Jane Okafor presents" in words(first.run())


def test_the_mask_hides_on_every_screen_who_it_is(pages: real.Gone) -> None:
    first, second = live(), live()
    press(first, "present")
    press(first, "plan")
    press(first, "mask")
    for at in (first, second):
        said = words(at.run())
        for secret in ("ALDOUS", "Aldous", "999 012 3456", "9990123456", "03-Feb-1948"):
            assert secret not in said, secret
        assert "Decisions are hidden" in said and "What we want to reach together" in said
    assert "ALDOUS" in press(second, "mask")


def test_a_conference_that_has_not_begun_waits_and_starts(pages: real.Gone) -> None:
    at = live("meet1")
    assert "It has not begun" in words(at) and "ALDOUS" not in words(at)
    at.button(key="live_start").click().run()
    assert pages[-1] == ("conference_live", {"id": "meet1"})
    said = words(live("meet1"))
    assert "ALDOUS" in said and "Present 1" in said
    at = live("meet1")
    at.button(key="live_leave").click().run()
    assert pages[-1] == ("conference", {"id": "meet1"})


def test_a_consent_withdrawn_in_the_meeting_takes_the_patient_off_the_screen(pages: real.Gone) -> None:
    at = live()
    assert "ALDOUS" in words(at)
    create(session.fhir(), make.consent("p1", {"type": "deny"}, ident="withdrawn"))
    DISCUSSED.who.expire(lambda key: True)  # as a few seconds later
    said = words(at.run())
    assert "not in the care of your teams" in said and "ALDOUS" not in said and "Potassium" not in said


def test_the_plan_is_changed_from_the_own_seat_and_leads_back(pages: real.Gone) -> None:
    press(live(), "edit")
    assert pages[-1] == ("care_plan", {"id": "p1"})
    at = at_place(PLAN_IN_CONFERENCE).run()
    assert "Back to the conference" in words(at)
    real.send_press(at, "plan-conference", {"do": "back"})
    assert pages[-1] == ("conference_live", {"id": "meet2"})
    assert "Back to the conference" not in words(real.app("care_plan", id="p1").run())


def test_what_guidelines_say_anew_stands_on_the_screen_and_is_answered_on_its_own_page(pages: real.Gone) -> None:
    create(session.fhir(), make.observation("new-k", "p1", "2823-3", 6.8, "mmol/L", "2026-11-22"))
    for atc in ("C09AA05", "C09CA01"):
        create(session.fhir(), make.medicine(f"new-{atc}", "p1", atc, authoredOn="2026-11-22"))
    at = live()
    press(at, "present")
    said = words(at.run())
    i = said.find("c3-livenew")
    print(said[i - 100 : i + 1500], "could not be read." in said)
    assert " new of " in said and "0 new of " not in said and "Critical" in said and "(draft)" in said
    assert "recommendations?id=p1" in said and "item-9" not in said
    real.send_press(at, "live-changed-p1", {"do": "recommendations"})
    assert pages[-1] == ("recommendations", {"id": "p1"})
    at = at_place(RECOMMENDATIONS_IN_CONFERENCE).run()
    said = words(at)
    assert "Back to the conference" in said and "Others see this screen" in said
    real.send_press(at, "plan-conference", {"do": "back"})
    assert pages[-1] == ("conference_live", {"id": "meet2"})
    assert "Back to the conference" not in words(real.app("recommendations", id="p1").run())
    masked = live()
    assert "recommendations?id=p1" not in press(masked, "mask")
    press(masked, "mask")


def test_what_guidelines_say_costs_the_screen_nothing_where_it_cannot_be_read(
    pages: real.Gone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ServerUnavailable("server-away")

    monkeypatch.setattr("dashboard.ui.session.meetings.get_discussed_recommendations", away)
    said = words(live())
    assert "Recommendations could not be read." in said and "Potassium" in said and "Since the conference" in said


def test_a_mask_leads_whoever_presents_back_from_the_plan(pages: real.Gone) -> None:
    other = live()
    at = at_place(PLAN_IN_CONFERENCE).run()
    press(other, "mask")
    assert "ALDOUS" in words(at.run())  # at the own desk it stays
    server = session.fhir().base_url
    MEETINGS.present(server, "meet2", at.session_state["meeting_window"])
    at.run()
    assert pages[-1] == ("conference_live", {"id": "meet2"})


def test_who_sits_in_the_room_is_put_down_by_hand_and_taken_off_again(pages: real.Gone) -> None:
    live()
    at = at_place(ATTENDANCE).run()
    assert "Dr Jane Okafor, remote" in words(at)
    at.text_input(key="attendance_other").input("A student").run()
    assert "A student, in the room" in words(at.button(key="attendance_save").click().run())
    assert "Present 2 (1 remote)" in words(live())
    assert "Dr Jane Okafor, in the room" in words(at.button(key="attendance_how_0").click().run())
    assert "A student" not in words(at.button(key="attendance_off_0").click().run())
    assert "Choose somebody" in words(at_place(ATTENDANCE).run().button(key="attendance_save").click().run())


@pytest.mark.parametrize("ident", ["", "nobody", "no id", "meet1"])
def test_a_conference_of_nobody_here_is_not_found(pages: real.Gone, ident: str) -> None:
    said = words(real.app("conference_live", "nurse", id=ident).run())
    assert "Not found" in said and "ALDOUS" not in said and "Case conference, Team 1" not in said
