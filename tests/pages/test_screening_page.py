"""The page of the screening, on the embedded server: the list, its filters, a change of several, and the way back."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from streamlit.testing.v1 import AppTest

from dashboard.domain.pilot.eligibility import Outcome
from dashboard.domain.pilot.enrolment import STATES, EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.screening_facts import FactKey, FactUsed
from dashboard.domain.pilot.screening_list import ScreenedPatient, ScreeningList
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.errors import ServerUnavailable, UserFacingError, VersionConflict
from dashboard.ui.screening import widget
from dashboard.ui.screening.change_html import done_html
from dashboard.ui.screening.export import HEADINGS, screening_excel
from dashboard.ui.screening.html import funnel_html, heading_html, list_html
from dashboard.ui.screening.row_html import next_action
from dashboard.ui.screening.rows import filter_lines
from dashboard.ui.screening.view import ScreeningView, read_screening_view, toggle, write_screening_view
from dashboard.ui.screening.words import doubt_words, used_words, value_words
from dashboard.ui.session import screening as screenings
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import real, samples
from tests.unit.domain.pilot.test_enrolment import WAY, way
from tests.unit.domain.pilot.test_screening_filter import ELIGIBLE, NOT, found, line

A, S = EnrolmentAction, EnrolmentState
AT = ViewTime(samples.AS_OF, ZoneInfo("Europe/London"))
P = {"p1": "ALDOUS", "p2": "-GO", "p3": "SVENSSON"}


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[real.Gone]:
    with real.loaded_server(tmp_path) as server, real.pages_on(server.base_url, tmp_path) as gone:
        yield gone


def words(at: AppTest) -> str:
    assert not at.exception, at.exception
    said = real.everything(at).decode(errors="replace")
    assert real.FOREIGN not in said and real.HIDDEN not in said and real.DEFECT not in said
    return said


def opened(who: str = "gp", **params: str) -> AppTest:
    at = real.app("screening", who, **params).run()
    words(at)
    return at


def pick(at: AppTest, *patients: str, round_: int = 0) -> AppTest:
    at = real.send_press(at, "screening-list", {"do": "pick", "round": round_, "ids": list(patients)})
    words(at)
    return at


def press(at: AppTest, key: str) -> AppTest:
    at = next(each for each in at.button if each.key == key).click().run()
    words(at)
    return at


def test_the_list_says_how_everybody_stands_and_filters_by_its_numbers(pages: real.Gone) -> None:
    at = opened()
    said = words(at)
    states = ("Listed", "Approached", "Not listed", "Already in another study", "Rang about it")
    for expected in ("Screening", *P.values(), *states):
        assert expected in said, expected
    assert "ALDOUS" not in words(opened(step="approached")) and "SVENSSON" in words(opened(step="approached"))
    real.send_press(at, "screening-funnel", {"do": "toggle", "name": "state", "value": "listed"})
    assert "SVENSSON" not in words(opened(state="listed"))
    assert "No patient matches" in words(opened(state="declined", last="approached", reason="no-time", site="org-1"))
    assert "ALDOUS" not in words(opened(q="svens")) and "SVENSSON" in words(opened(q="svenson"))
    real.send_press(at, "screening-list", {"do": "open", "id": "p1"})
    assert pages[-1] == ("patient", {"id": "p1"})


@pytest.mark.parametrize("who", ["demo-pilot-manager", "demo-administrator", "demo-patient"])
def test_who_sees_no_patients_sees_no_list(pages: real.Gone, who: str) -> None:
    said = words(opened(who))
    assert "Not permitted" in said and not any(name in said for name in P.values())


def test_several_are_changed_with_a_preview_and_it_is_taken_back(pages: real.Gone) -> None:
    """p1 is listed, p2 is not: both are found not eligible, p2 is listed first."""
    at = pick(opened(), "p1", "p2", "nobody")
    said = words(at)
    assert "2 people chosen" in said and "screening_do-screen" in said and "screening_do-consent" not in said
    at = press(at, "screening_do-find-ineligible")
    said = words(at)
    assert "Find not eligible: 2 people" in said and "2 cannot" in said and "Choose a reason from the list" in said
    assert "Nobody can be changed so" in words(press(at, "screening_save"))
    # A press that comes with what was just typed: of several nobody has seen who is changed.
    at.selectbox(key="screening_reason").select_index(0)
    said = words(press(at, "screening_save"))
    assert "Look at the table, then save" in said and "2 people change" in said and "2 people: Found" not in said
    at = real.send(at, "screening_reason", "Other reason for exclusion")
    at = real.send(at, "screening_why", "Both are moving abroad")
    said = words(at)
    assert "2 people change" in said and "listed first, Castle Practice" in said
    # What was typed is there again after a look at the list.
    at = press(at, "screening_back")
    assert "2 people chosen" in words(at)
    at = press(at, "screening_do-find-ineligible")
    assert "Both are moving abroad" in words(at) and "2 people change" in words(at)
    at = press(at, "screening_save")
    said = words(at)
    assert "2 people: Found not eligible" in said and "Both are moving abroad" in said and "people chosen" not in said
    assert P["p2"] in words(opened(state="ineligible")) and "ALDOUS" in words(opened(state="ineligible"))
    at = real.send_press(at, "screening-done", {"do": "undo"})
    assert "2 people: The change before was taken back" in words(at)
    said = words(opened(state="listed"))
    assert P["p2"] in said and "ALDOUS" in said
    at = real.send_press(at, "screening-done", {"do": "again"})
    assert "2 people chosen" in words(at)


def test_one_person_goes_on_by_the_step_in_the_line(pages: real.Gone) -> None:
    at = opened()
    at = real.send_press(at, "screening-list", {"do": "do", "id": "p3", "action": "consent"})
    assert "Record consent: SVENSSON" in words(at) and "Name the form" in words(at)
    at = real.send(at, "screening_form", "pilot-consent")
    at = press(real.send(at, "screening_version", "2.1"), "screening_save")
    assert "1 person: Consented" in words(at)
    at = real.send_press(at, "screening-list", {"do": "do", "id": "p3", "action": "enrol"})
    assert "Choose the group" in words(at)
    at = real.send(real.send(at, "screening_arm", "Intervention"), "screening_layer", "4")
    at = press(at, "screening_save")
    assert "1 person: Enrolled" in words(at)
    at = real.send_press(at, "screening-list", {"do": "do", "id": "p3", "action": "move"})
    at = press(real.send(at, "screening_site", "Team 1"), "screening_save")
    said = words(at)
    assert "1 person: Moved to another site" in said
    assert "SVENSSON" in words(opened(step="consented", site="org-1"))  # it counts where it was reached
    assert "SVENSSON" not in words(opened(state="enrolled", site="org-1"))
    at = real.send_press(at, "screening-done", {"do": "close"})
    assert "Moved to another site" in words(at) and "1 person:" not in words(at)


def test_an_answer_is_recorded_on_the_list_and_taken_back(pages: real.Gone) -> None:
    at = opened()
    at = real.send_press(at, "screening-list", {"do": "answer", "id": "p2"})
    said = words(at)
    assert "Answers of" in said and P["p2"] in said and "What is left open is not recorded" in said
    assert "Choose at least one answer" in words(press(at, "screening_answers_save"))
    at = real.send(at, "screening_answer-living-situation-p2", "Lives with family")
    at = real.send(at, "screening_answer-ict-self-check-p2", "Not passed")
    assert "ICT self-check of Joan Lind" in said
    at = real.send(at, "screening_answer-ict-self-check-p2-RelatedPerson/rp2", "Passed")
    at = press(at, "screening_answers_save")
    said = words(at)
    assert "3 answers recorded" in said and "Lives with family" in said
    for who, what in (("ICT self-check", "Not passed"), ("ICT self-check of Joan Aldous", "Passed")):
        assert f"{who}</span> <b>{what}</b>" in said
    at = real.send_press(at, "screening-recorded", {"do": "undo"})
    said = words(at)
    assert "The answers were taken back" in said and "Lives with family" not in said
    at = real.send_press(at, "screening-list", {"do": "answer", "id": "nobody"})
    assert "Answers of" not in words(at)
    at = press(real.send_press(at, "screening-list", {"do": "answer", "id": "p2"}), "screening_answers_back")
    assert "Answers of" not in words(at) and P["p2"] in words(at)


def test_whom_somebody_else_has_changed_meanwhile_stays_chosen_with_the_present_state(
    pages: real.Gone, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = press(pick(opened(), "p1", "p2"), "screening_do-screen")
    change = screenings.change

    def meanwhile(planned: Any, *more: Any) -> Any:
        [first, *_] = [each for each in planned if each.line.person.id == "p1"]
        other = replace(more[1], action=A.FIND_ELIGIBLE)
        change([first], more[0], other, "Seen in the clinic", lambda outcome: None)
        return change(planned, *more)

    monkeypatch.setattr(screenings, "change", meanwhile)
    at = press(at, "screening_save")
    said = words(at)
    assert "1 person: Screening begun" in said and "1 person was not saved and stays chosen" in said
    assert "Somebody has changed how this person stands" in said and "Now: Eligible" in said
    assert "Seen in the clinic" in said and "1 person chosen" in said


def test_a_server_that_is_only_slow_closes_no_form_and_one_that_is_away_says_why(
    pages: real.Gone, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = press(pick(opened(), "p1"), "screening_do-screen")
    read = screenings.read_screening
    for code, shut in (("server-silent", False), ("server-timeout", True)):
        monkeypatch.setattr(screenings, "read_screening", lambda code=code: (read()[0], code))
        said = words(at.run())
        assert "The server has not answered" in said and "Screen: ALDOUS" in said
        assert next(each for each in at.button if each.key == "screening_save").disabled is shut
    said = words(opened())
    assert "Choose ALDOUS" not in said and "The server has not answered" in said
    monkeypatch.setattr(screenings, "read_screening", lambda: (read()[0], "server-silent"))
    assert "Choose ALDOUS" in words(opened())


def test_while_the_server_is_away_nothing_typed_is_lost(pages: real.Gone, monkeypatch: pytest.MonkeyPatch) -> None:
    at = press(pick(opened(), "p1"), "screening_do-screen")
    at = real.send(at, "screening_why", "Asked at the counter")

    def away(*asked: Any, **more: Any) -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    monkeypatch.setattr(screenings, "change_enrolment", away)
    at = press(at, "screening_save")
    said = words(at)
    assert "Asked at the counter" in said and "Screen: ALDOUS" in said
    monkeypatch.undo()
    assert len(at.error) == 1


def test_without_a_pilot_the_page_says_what_is_needed_and_changes_nothing(tmp_path: Path) -> None:
    with (
        real.loaded_server(tmp_path) as behind,
        real.between(behind, "ResearchStudy", lambda row: []) as server,
        real.pages_on(server.hostile.base_url, tmp_path),
    ):
        said = words(opened())
        assert "There is no pilot on this server" in said and "ALDOUS" in said and "Choose ALDOUS" not in said


def screening_list(*lines: ScreenedPatient, **more: Any) -> ScreeningList:
    return ScreeningList(tuple(lines), samples.AS_OF, **more)


def shown_html(*lines: ScreenedPatient, view: ScreeningView | None = None, may_change: bool = True) -> str:
    view = view or ScreeningView()
    shown = filter_lines(screening_list(*lines), view)
    return str(funnel_html(shown, view)) + str(list_html(shown, view, AT, frozenset({"p1"}), may_change))


def test_the_presenters_of_a_line() -> None:
    html = shown_html(line(1, way(*WAY[S.ACTIVE]), NOT, name="Aldous"), line(2, known=False), line(3))
    assert "No longer eligible" in html and "Similar name" in html and "Not known" in html
    assert html.count("data-pick=") == 2  # nobody changes what nobody knows
    assert "data-pick" not in shown_html(line(1), may_change=False)
    empty = shown_html()
    assert "No patients in your teams yet" in empty
    person = replace(line(1).person, deceased=PartialDate("2026-11-01"), birth=PartialDate("1950-02-03"))
    dead = shown_html(replace(line(1, way(), found(Outcome.NOT_KNOWN, FactKey.EGFR)), person=person))
    assert "Died" in dead and "Missing: eGFR of the last year" in dead and "results of the laboratory" in dead
    everything = read_screening_view(
        {"state": "listed", "step": "screened", "rule": "eligible", "mark": "other-study", "missing": "egfr",
         "site": "org-1", "last": "none", "reason": "none", "waiting": "yes", "q": "Berg"}
    )  # fmt: skip
    html = shown_html(line(1), view=everything)
    for chip in ("lost after: none", "reason: none recorded", "missing: eGFR", "reached: Screened", "now: Listed"):
        assert chip in html, chip
    named = read_screening_view({"last": "approached", "reason": "no-time"})
    assert "lost after: Approached" in shown_html(line(1), view=named) and "No time" in shown_html(line(1), view=named)


def test_a_line_says_that_somebody_is_in_the_pilot_by_a_merged_record() -> None:
    for patient, said in (("p1", False), ("p8", True)):
        subject = replace(way(*WAY[S.LISTED]), patient=Reference("Patient", patient))
        assert ("By a record that was merged into this one" in shown_html(line(1, subject))) is said


@pytest.mark.parametrize("state", list(EnrolmentState))
def test_the_step_that_is_offered_is_allowed(state: EnrolmentState) -> None:
    for rule in (ELIGIBLE, NOT, found(Outcome.NOT_KNOWN, FactKey.AGE)):
        action = next_action(line(1, way(*WAY[state]), rule))
        assert action is None or action in STATES[state]
    assert next_action(line(1)) is A.FIND_ELIGIBLE and next_action(line(1, rule=NOT)) is A.FIND_INELIGIBLE
    assert next_action(line(1, rule=found(Outcome.NOT_KNOWN, FactKey.AGE))) is A.LIST
    assert next_action(line(1, known=False)) is None


def test_what_was_done_says_who_was_not_saved_and_why() -> None:
    conflict = VersionConflict("enrolment-changed")
    html = str(done_html("Approached", 1, True, {"p1": conflict, "gone": conflict}, {"p1": line(1, way())}))
    assert "Take back" in html and "Now: Listed" in html and "2 people were not saved" in html
    html = str(done_html("Put on the list", 0, False, {"p1": UserFacingError("enrolment-site-missing")}, {}))
    assert "Nobody was changed" in html and "Take back" not in html and "Choose another site" in html


def test_a_list_that_could_not_be_read_whole_says_so() -> None:
    html = str(heading_html(screening_list(study_known=False), "As of 14:02", "", []))
    assert "The pilot could not be read" in html
    assert widget._mixed([line(1, way()), line(2, way(*WAY[S.LEFT]))], ()) != []


def test_a_value_says_what_it_is_and_whether_it_counts() -> None:
    origin = Reference("Observation", "o1")
    egfr = FactUsed(FactKey.EGFR, origin, Quantity(Decimal(42), "mL/min/1.73 m²"), too_old=True)
    assert value_words(egfr).startswith("42 ") and doubt_words(egfr) == "too old to count"
    said = FactUsed(FactKey.DEPRESSION, origin, "", doubtful=True)
    score = FactUsed(FactKey.DEPRESSION_SEVERITY, origin, Quantity(Decimal(9), ""))
    assert (used_words(score), used_words(replace(score, value="mild"))) == ("PHQ-9", "Severity of the depression")
    assert value_words(said) == "not understood" and doubt_words(said) == "not confirmed"


def test_an_address_is_read_as_it_is_written() -> None:
    asked = {"state": "approached,listed,x", "step": "consented", "site": "org-1", "waiting": "yes", "page": "3"}
    view = read_screening_view(asked | {"q": " a "})
    assert read_screening_view(write_screening_view(view)) == view and view.filtered
    assert write_screening_view(ScreeningView()) == {} and not ScreeningView().filtered
    presses = {"state": "listed", "rule": "eligible", "mark": "other-study", "step": "screened", "missing": "age"}
    presses |= {"site": "org-1", "last": "none", "reason": "no-time", "waiting": ""}
    for name, value in presses.items():
        on = toggle(ScreeningView(), name, value)
        assert on.filtered and toggle(on, name, value) == ScreeningView(), name
    assert toggle(view, "q", "").q == "" and toggle(view, "other", "x") == view
    assert toggle(ScreeningView(), "step", "nothing") == ScreeningView()


def test_the_file_has_the_lines_of_the_view() -> None:
    lines = [line(1, way(*WAY[S.APPROACHED]), name="=cmd"), line(2, rule=NOT)]
    sheet = load_workbook(BytesIO(screening_excel(lines, AT.as_of, AT.zone))).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 3 and len(rows[0]) == len(HEADINGS)
    assert rows[1][7] == "Approached" and str(rows[1][0]).startswith("'=CMD") and rows[2][7] == "Not listed"


def test_notices_of_the_register_have_words() -> None:
    for kind in ("ResearchStudy", "ResearchSubject"):
        assert "pilot" in notice_words(Notice("section-failed", kind))
