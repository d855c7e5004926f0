"""The page of the history of conferences, on the embedded server: of the teams, and of one patient."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.conference.history import ConferenceHistory, Counts, PastConference, WeekCounts
from dashboard.domain.record.people import Team
from dashboard.ui.conference.history_html import (
    CONFERENCES_AT_ONCE,
    WEEKS_AT_ONCE,
    history_html,
    teams_html,
    weeks_cells,
)
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import conference_samples, real, samples
from tests.pages.test_hostile import check

AT = ViewTime(samples.AS_OF, ZoneInfo("Europe/London"))


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[real.Gone]:
    with real.loaded_server(tmp_path) as server, real.pages_on(server.base_url, tmp_path) as gone:
        yield gone


def words(at: AppTest) -> str:
    assert not at.exception, at.exception
    return real.everything(at).decode(errors="replace")


def test_the_history_counts_by_week_and_leads_to_minutes_and_back(pages: real.Gone) -> None:
    at = real.app("conference_history").run()
    said = words(at)
    for expected in (
        "History of case conferences",
        "16-Nov-2026",
        "Case conference, Team 1",
        "By week, CSV",
    ):
        assert expected in said, expected
    assert real.FOREIGN not in said and real.HIDDEN not in said
    real.send_press(at, "history", {"do": "minutes", "id": "meet1"})
    real.send_press(at, "history-heading", {"do": "conferences"})
    real.send_press(at, "history-heading", {"do": "team", "id": "team-1"})
    assert pages == [
        ("conference_minutes", {"id": "meet1"}), ("conference", {}), ("conference_history", {"team": "team-1"}),
    ]  # fmt: skip


def test_a_patient_s_history_stands_under_the_banner(pages: real.Gone) -> None:
    at = real.app("conference_history", id="p1").run()
    said = words(at)
    for expected in ("Known allergies", "ALDOUS", "Case conferences about this patient", "Case conference, Team 1"):
        assert expected in said, expected
    assert real.FOREIGN not in said and real.HIDDEN not in said
    for do, page in (("summary", "patient"), ("timeline", "timeline"), ("care_plan", "care_plan")):
        real.send_press(at, "history-about-p1", {"do": do})
        assert pages[-1] == (page, {"id": "p1"})


def test_who_may_see_none_is_told_so(pages: real.Gone) -> None:
    said = words(real.app("conference_history", id="p4").run())
    assert real.HIDDEN not in said and real.FOREIGN not in said and "about this patient" not in said
    assert "No case conference has taken place yet" in words(real.app("conference_history", "nurse").run())
    for who in ("demo-administrator", "demo-patient"):
        said = words(real.app("conference_history", who).run())
        assert "Only clinicians and coordinators see case conferences" in said and "ALDOUS" not in said


def test_the_ways_to_the_history(pages: real.Gone) -> None:
    at = real.app("conference_minutes", id="meet1").run()
    real.send_press(at, "minutes-body", {"do": "history", "id": "p1"})
    at = real.app("conference").run()
    real.send_press(at, "conferences", {"do": "history"})
    at = real.app("patient", id="p1").run()
    assert "All conferences" in words(at)
    real.send_press(at, "since-p1", {"do": "conferences"})
    history = ("conference_history", {"id": "p1"})
    assert pages == [history, ("conference_history", {}), history]


def long_history() -> ConferenceHistory:
    meeting = conference_samples.minutes_view().conference
    weeks = tuple(
        WeekCounts(date.fromisocalendar(2026, 45 - n, 1), 1, Counts(5, 4 - n % 2, 3, 2) if n else Counts(5))
        for n in range(WEEKS_AT_ONCE + 2)
    )
    past = tuple(PastConference(meeting, Counts(5, 1, 0, 0)) for _ in range(CONFERENCES_AT_ONCE + 1))
    teams = (Team("t1", "Warwick <b>North</b>"), Team("t2", "Leamington"))
    return ConferenceHistory(past, weeks, samples.AS_OF, teams, "t2")


def test_what_is_long_past_is_folded_and_the_file_has_all_weeks() -> None:
    history = long_history()
    page = str(history_html(history, AT))
    check(history_html(history, AT))
    assert "2 earlier weeks" in page and "1 earlier conference" in page
    assert "2 of 3" in page and "none due yet" in page and "nothing decided" in page
    chosen = teams_html(history)
    assert chosen is not None and 'aria-pressed="true" data-act' in str(chosen) and "<b>North" not in str(chosen)
    check(chosen)
    lines = weeks_cells(history.weeks)
    assert len(lines) == WEEKS_AT_ONCE + 3
    assert lines[2] == (date(2026, 10, 26), date(2026, 11, 1), 1, 5, 3, 3, 2)
