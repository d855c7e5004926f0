"""The audit page, run whole on made-up answers: for administrators and nobody else, filtered, empty, as a file."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditEntry, AuditFilter, AuditKind, AuditOutcome, AuditPage, AuditStatus
from dashboard.domain.record.views import PatientMatch
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure, NotPermitted, ServerUnavailable, UserFacingError
from dashboard.ui.audit import widget as audit
from dashboard.ui.audit.html import audit_heading_html, audit_table_html, record_readers_html
from dashboard.ui.audit.view import MOST_PAGES, AuditView, choose_audit, read_audit_view, write_audit_view
from dashboard.ui.audit.words import KINDS, WHATS, audit_csv, audit_lines
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import auditing, reads, session
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.unit.audit.test_audited import public

ADMINISTRATOR = User(None, "Ada Admin", roles=(Role.ADMINISTRATOR,), subject="id|ada")
GP = Reference("Practitioner", "gp")


def entry(number: int = 0, **more: Any) -> AuditEntry:
    made = AuditEntry(
        id=f"e{number}", when=datetime(2026, 11, 20, 14, 0, tzinfo=UTC) - timedelta(minutes=number),
        kind=AuditKind.PATIENT_READ, action="R", what="get_patient", name="Dr Jane Okafor", who=GP,
        roles=("clinician", "Warwick"), patients=(Reference("Patient", "p1"),),
    )  # fmt: skip
    return replace(made, **more)


@pytest.fixture
def asked(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was asked of the audit, by an administrator; three records are the answer."""
    questions: list[tuple[Any, ...]] = []

    def get_audit(fhir: object, user: object, wanted: AuditFilter, at: Any, *, first: int, most: int) -> AuditPage:
        questions.append((wanted, first))
        return AuditPage(tuple(entry(number) for number in range(3)), False, at)

    monkeypatch.setattr(reads, "get_audit", get_audit)
    monkeypatch.setattr(session, "user", lambda: ADMINISTRATOR)
    return questions


def at_audit(app: AppTest) -> AppTest:
    return app.switch_page(str(navigation.AUDIT))


def test_an_administrator_sees_who_read_records(app: AppTest, asked: list[Any]) -> None:
    page = shown(at_audit(app).run())
    assert page.count("<tr") == 4 and "Dr Jane Okafor" in page and "Opened the record" in page and "p1" in page
    assert "20-Nov-2026" in page and asked[-1] == (AuditFilter(), 0)


def test_the_demos_administrator_begins_at_the_audit_and_has_no_worklist(app: AppTest, answers: Answers) -> None:
    app.run()
    at = app.selectbox(key="user_choice").select("demo-administrator").run()
    page = shown(at)
    assert "Demo administrator" in page and 'data-key="nav-audit"' in page and 'data-key="nav"' not in page
    assert "ALDOUS" not in page


def test_only_an_administrator_has_the_link(app: AppTest, answers: Answers) -> None:
    assert 'data-key="nav-audit"' not in shown(app.run())


def test_everybody_else_sees_who_may_open_it(app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nobody:
        base_url = "http://fhir.test/fhir"

        def try_all(self, requests: object) -> None:
            raise AssertionError("the server was asked")

    monkeypatch.setattr(session, "fhir", lambda: Nobody())
    page = shown(at_audit(app).run())
    assert "Only administrators see who looked at what." in page and "<table" not in page


def test_the_address_filters(app: AppTest, asked: list[Any]) -> None:
    at = at_audit(app).run()
    for name, value in {"patient": "p1", "who": "Practitioner/gp", "kind": "export", "page": "2"}.items():
        at.query_params[name] = value
    shown(at.run())
    assert asked[-1] == (AuditFilter(patient="p1", who=GP, kind=AuditKind.EXPORT), 50)
    assert at.text_input(key="a_patient").value == "p1" and at.selectbox(key="a_kind").value == "export"


@pytest.mark.parametrize("name", ["patient", "who", "kind", "outcome", "since", "until", "page"])
@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "\x00", "a" * 5000, "9999-12-31", "-1", "🦊"])
def test_a_hostile_address_is_the_plain_view(name: str, value: str) -> None:
    view = read_audit_view({name: value})
    assert view.page == 1 and (not view.filtered or value == "9999-12-31" or (name, len(value)) == ("patient", 2))


def test_an_unreachable_server_is_a_sentence(app: AppTest, asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> AuditPage:
        raise ServerUnavailable("server-timeout", reference="r1")

    monkeypatch.setattr(reads, "get_audit", away)
    assert "did not answer in time" in shown(at_audit(app).run())


def test_presses_filter_and_page(monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[AuditView] = []
    monkeypatch.setattr(navigation, "audit_view", lambda: AuditView(page=2))
    monkeypatch.setattr(navigation, "show_audit", went.append)
    for what in ({"do": "who", "value": "Practitioner/gp"}, {"do": "patient", "value": "p1"}, {"do": "page", "n": 3},
                 {"do": "clear"}, {"do": "nonsense"}, {"do": "who", "value": 7}):  # fmt: skip
        audit.on_press(what)
    assert went[:3] == [AuditView(AuditFilter(who=GP)), AuditView(AuditFilter(patient="p1")), AuditView(page=3)]
    assert went[3:] == [AuditView(), AuditView()]


VIEWS = st.builds(
    AuditView,
    st.builds(
        AuditFilter,
        patient=st.sampled_from(["", "p1", "a.b-c"]),
        who=st.sampled_from([None, GP]),
        kind=st.none() | st.sampled_from(list(AuditKind)),
        outcome=st.sampled_from([None, AuditOutcome.SUCCESS, AuditOutcome.REFUSED, AuditOutcome.FAILED]),
        since=st.none() | st.dates(date(2000, 1, 1), date(2010, 1, 1)),
        until=st.none() | st.dates(date(2010, 1, 1), date(2020, 1, 1)),
    ),
    st.integers(1, MOST_PAGES),
)


@given(VIEWS)
def test_an_address_holds_the_complete_view(view: AuditView) -> None:
    assert read_audit_view(write_audit_view(view)) == view


@given(VIEWS, st.sampled_from(["patient", "who", "kind", "outcome", "since", "until"]), st.text(max_size=40))
def test_whatever_is_chosen_is_a_view(view: AuditView, name: str, value: str) -> None:
    assert choose_audit(view, name, value).page == 1


def test_nothing_that_was_written_into_a_record_is_markup() -> None:
    bad = "<script>alert(1)</script>"
    lines = audit_lines([entry(name=bad, why=bad, what=bad, roles=(bad,), who=None)], UTC)
    for made in (audit_table_html(lines, AuditView(), False), record_readers_html(lines, False)):
        assert "<script" not in str(made) and "&lt;script" in str(made)


def test_a_list_of_patients_is_folded() -> None:
    patients = tuple(Reference("Patient", f"p{number}") for number in range(200))
    page = str(audit_table_html(audit_lines([entry(patients=patients)], UTC), AuditView(), False))
    assert "200 patients" in page and "<details" in page


def test_what_did_not_succeed_is_marked_by_a_word_and_an_icon() -> None:
    page = str(audit_table_html(audit_lines([entry(outcome=AuditOutcome.REFUSED)], UTC), AuditView(), False))
    assert "Refused" in page and "c3-icon" in page


def test_pages_and_their_end() -> None:
    lines = audit_lines([entry()], UTC)
    assert "<nav" not in str(audit_table_html(lines, AuditView(), False))
    assert "Older" in str(audit_table_html(lines, AuditView(), True))
    assert "Narrow the days" in str(audit_table_html(lines, AuditView(page=MOST_PAGES), True))
    assert "Clear all filters" in str(audit_table_html((), AuditView(AuditFilter(patient="p1")), False))
    assert "Nothing is on record yet" in str(audit_table_html((), AuditView(), False))


def test_a_log_that_waits_or_was_refused_says_so() -> None:
    said = str(audit_heading_html("as of now", "UTC", AuditStatus(7, 1, Failure("audit-server-away")), []))
    assert "7 records wait on disk" in said and "1 record was refused" in said and 'role="alert"' in said
    assert 'role="alert"' not in str(audit_heading_html("as of now", "UTC", AuditStatus(3), []))


def test_the_file_runs_no_formula_and_holds_every_record() -> None:
    made = audit_csv([entry(name="=cmd|' /C calc'!A0", why="+1", roles=("@x", "-y")), entry(1)], UTC)
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    assert len(rows) == 3 and rows[1][1].startswith("'=") and rows[1][8] == "'+1" and rows[1][3].startswith("'@")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_every_kind_has_words() -> None:
    assert set(KINDS) == set(AuditKind)


def test_a_new_page_begins_a_viewing_session_and_a_press_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(auditing.st, "session_state", state)
    looks: list[str] = []
    see: Callable[[], None] = lambda: looks.append(auditing.viewing_session_id())  # noqa: E731
    see()
    for page in (("", "", "gp"), ("", "", "gp"), ("patient", "p1", "gp"), ("", "", "gp"), ("", "", "nurse")):
        auditing.begin_viewing_session(*page)
        see()
    assert looks[0] == "" and looks[1] == looks[2] and len(set(looks[2:])) == 4


def test_a_patient_opened_again_is_read_again_through_the_queries(app: AppTest, answers: Answers) -> None:
    """What the session kept of the look before shows nobody anything in the next: every look goes on record."""
    app.query_params["id"] = samples.PEOPLE[0].id
    app.switch_page(str(navigation.PATIENT)).run()
    before = len(answers.asked)
    app.switch_page(str(navigation.WORKLIST)).run()
    app.query_params["id"] = samples.PEOPLE[0].id
    app.switch_page(str(navigation.PATIENT)).run()
    assert len(answers.asked) > before


def test_only_the_patient_sees_who_read_the_record(
    app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> AuditPage:
        raise NotPermitted("server-forbids", reference="r1")

    monkeypatch.setattr(reads, "get_who_looked", refuse)
    app.query_params["id"] = samples.PEOPLE[0].id
    at = app.switch_page(str(navigation.PATIENT)).run()
    assert not [each for each in at.expander if each.label == "Who looked at this record"]


# ---- what a reader needs ----


def search(number: int, seconds: int, *patients: str, **more: Any) -> AuditEntry:
    when = datetime(2026, 11, 20, 14, 0, tzinfo=UTC) - timedelta(seconds=seconds)
    shown_to = tuple(Reference("Patient", each) for each in patients)
    kind = AuditKind.PATIENT_QUERY
    return entry(number, when=when, kind=kind, what="find_patients", patients=shown_to, session="s1", **more)


def test_one_question_that_was_typed_letter_by_letter_is_one_line_with_everybody_it_showed() -> None:
    typed = [search(0, 0, "p1"), search(1, 2, "p1", "p2"), search(2, 50, "p3")]
    lines = audit_lines(typed, UTC)
    assert [line.id for line in lines] == ["e0"] and lines[0].patients == ("p1", "p2", "p3")
    assert lines[0].what == "find a patient, typed in 3 steps"
    assert len(audit_csv(typed, UTC).decode("utf-8-sig").splitlines()) == 2


@pytest.mark.parametrize(
    "other",
    [
        search(1, 200, "p2"),
        search(1, 2, "p2", who=Reference("Practitioner", "nurse")),
        replace(search(1, 2, "p2"), session="s2"),
        search(1, 2, "p2", outcome=AuditOutcome.REFUSED),
        entry(1, when=datetime(2026, 11, 20, 13, 59, 58, tzinfo=UTC), session="s1"),
    ],
    ids=["later", "somebody else", "another session", "refused", "another question"],
)
def test_other_questions_stay_lines_of_their_own(other: AuditEntry) -> None:
    assert len(audit_lines([search(0, 0, "p1"), other], UTC)) == 2


def test_every_function_on_record_has_words_for_people() -> None:
    on_record = {name for _, name, function in public() if hasattr(function, "__audited__")}
    assert on_record <= set(WHATS), on_record - set(WHATS)
    assert "_" not in audit_lines([entry(what="some_other_system")], UTC)[0].what


def test_emergency_access_stands_out_is_counted_and_has_a_way_to_it_alone() -> None:
    lines = audit_lines(
        [entry(0, kind=AuditKind.EMERGENCY_ACCESS, why="unconscious"), entry(1, why="unconscious"), entry(2)], UTC
    )
    assert [line.emergency for line in lines] == [True, True, False]
    page = str(audit_table_html(lines, AuditView(), False))
    assert page.count('class="c3-emergency"') == 2 and "2 emergency accesses" in page
    assert "3 entries on this page" in page and "Opened the record: 2" in page
    only = read_audit_view({"kind": "break-glass"})
    assert 'data-key="emergency"' not in str(audit_table_html(lines, only, True))


@pytest.mark.parametrize(
    ("total", "more", "first", "words"),
    [
        (1234, True, 0, "1234 records fit in all"),
        (1, False, 0, "1 record fits in all"),
        (None, True, 50, "at least 54 records fit"),
        (None, False, 50, "53 records fit in all"),
    ],
)
def test_the_total_counts_the_whole_answer(
    app: AppTest,
    asked: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    total: int | None,
    more: bool,
    first: int,
    words: str,
) -> None:
    found = AuditPage(tuple(entry(number) for number in range(3)), more, samples.AS_OF, total=total)
    monkeypatch.setattr(reads, "get_audit", lambda *_, **__: found)
    app.query_params["page"] = str(1 + first // 50)
    page = shown(at_audit(app).run())
    assert f"<strong>{words}</strong>; 3 entries on this page: Opened the record: 3" in page


def test_a_name_leads_to_the_patient_for_whom_names_may_be_shown(
    app: AppTest, asked: list[Any], answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator who is a clinician too, by the table of who may do what; the page shows the id alone."""
    both = replace(ADMINISTRATOR, roles=(Role.ADMINISTRATOR, Role.CLINICIAN))
    monkeypatch.setattr(session, "user", lambda: both)
    typed: list[str] = []

    def found(text: str) -> tuple[PatientMatch, ...]:
        typed.append(text)
        return samples.matches()[: int(text == "aldous") or 2] if "a" in text else ()

    answers.found = found
    at = at_audit(app).run()
    assert at.text_input(key="a_patient").label == "Patient’s name, number or id"
    page = shown(at.text_input(key="a_patient").set_value("aldous").run())
    assert asked[-1][0].patient == samples.matches()[0].person.id
    assert "ALDOUS" not in page and "Mary" not in page
    page = shown(at.text_input(key="a_patient").set_value("svan").run())
    assert asked[-1][0].patient == "" and "fits 2 patients of your teams" in toasts(at)
    at.text_input(key="a_patient").set_value("none").run()
    assert asked[-1][0].patient == "none"
    at.text_input(key="a_patient").set_value("999 888 7777").run()
    assert "999 888 7777" not in typed, "a number is no name"


def test_a_name_is_searched_for_nobody_who_sees_no_names(app: AppTest, asked: list[Any], answers: Answers) -> None:
    def found(text: str) -> tuple[PatientMatch, ...]:
        raise AssertionError("a name was searched for")

    answers.found = found
    at = at_audit(app).run()
    assert at.text_input(key="a_patient").label == "Patient’s number or id"
    at.text_input(key="a_patient").set_value("aldous").run()
    assert "Administrators see no names" in toasts(at)


def toasts(at: AppTest) -> str:
    return " ".join(str(toast.value) for toast in at.toast)


def test_the_way_to_emergency_accesses_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[AuditView] = []
    monkeypatch.setattr(navigation, "audit_view", lambda: AuditView(page=2))
    monkeypatch.setattr(navigation, "show_audit", went.append)
    audit.on_press({"do": "emergency"})
    assert went == [AuditView(AuditFilter(kind=AuditKind.EMERGENCY_ACCESS))]


def test_the_page_says_its_time_zone_and_the_file_has_the_same(app: AppTest, asked: list[Any]) -> None:
    page = shown(at_audit(app).run())
    assert f"Times and days are those of {audit.zone_name()}." in page and "UTC+" in audit.zone_name()
    bilbao = ZoneInfo("Europe/Madrid")
    assert "2026-11-20T15:00:00.000+01:00" in audit_csv([entry()], bilbao).decode("utf-8-sig")
    assert audit_lines([entry()], bilbao)[0].time == "15:00:00"


def test_a_number_finds_the_record_it_belongs_to(
    app: AppTest, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "find_patient_id", lambda fhir, user, identifier, at: f"of-{identifier[-2:]}")
    at = at_audit(app).run()
    at.text_input(key="a_patient").set_value("999 012 3401").run()
    assert asked[-1][0] == AuditFilter(patient="of-01")
    at.text_input(key="a_patient").set_value(" ").run()
    assert asked[-1][0] == AuditFilter()


def test_a_number_that_is_nobodys_is_taken_for_an_id_and_an_ambiguous_one_is_said(
    app: AppTest, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = at_audit(app).run()
    at.text_input(key="a_patient").set_value("p7").run()
    assert asked[-1][0] == AuditFilter(patient="p7")

    def ambiguous(*_: Any) -> str:
        raise UserFacingError("identifier-ambiguous")

    monkeypatch.setattr(reads, "find_patient_id", ambiguous)
    at.text_input(key="a_patient").set_value("12345").run()
    assert not at.exception
