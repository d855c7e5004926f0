"""The worklist's address: what it says is shown, what it cannot say is ignored, and it survives any text."""

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.access.user import AccessScope
from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.views import PatientMatch
from dashboard.domain.risk.score import RiskKey
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import UserFacingError
from dashboard.ui.find_patient.widget import matches_html
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.record.names import MEASURES, measure_name, show_unit
from dashboard.ui.session import session
from dashboard.ui.shared.spreadsheet import (
    Sheet,
    csv_file,
    date_cell,
    defuse,
    excel_file,
    moment_cell,
    number_cell,
)
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.worklist import saved_views
from dashboard.ui.worklist.export import headings, worklist_csv, worklist_excel
from dashboard.ui.worklist.row import WorklistRow, fold
from dashboard.ui.worklist.row_html import row_html
from dashboard.ui.worklist.rows import filter_choices, filter_rows, worklist_rows
from dashboard.ui.worklist.scores import levels
from dashboard.ui.worklist.view import WorklistView, clear, order_by, read_worklist_view, toggle, write_worklist_view
from tests.pages import samples

ROWS = worklist_rows(samples.worklist().rows, samples.AS_OF, UTC)
SCOPE = AccessScope("http://x", "Practitioner/p")


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "q",
                "team",
                "region",
                "site",
                "owner",
                "score",
                "level",
                "condition",
                "reason",
                "sort",
                "order",
                "page",
                "tab",
                "urgent",
            ]
        ),
        st.text() | st.sampled_from(["score", *RiskKey, *levels("egfr"), *levels("charlson")]),
    )
)
def test_any_address_gives_a_view_that_writes_itself_again(params: dict[str, str]) -> None:
    view = read_worklist_view(params)
    assert read_worklist_view(write_worklist_view(view)) == view
    filter_rows(ROWS, view)


def test_a_plain_view_has_a_plain_address() -> None:
    assert write_worklist_view(WorklistView()) == {}


def test_pressing_twice_is_not_pressing() -> None:
    once = toggle(WorklistView(page=3), "reason", "check-overdue")
    assert once.reason == {ReasonKind.CHECK_OVERDUE} and once.page == 1
    assert toggle(once, "reason", "check-overdue") == WorklistView()
    assert toggle(WorklistView(), "reason", "nonsense") == WorklistView() == toggle(WorklistView(), "__class__", "x")


def test_reasons_are_alternatives_and_conditions_add_up() -> None:
    either = WorklistView(reason=frozenset({ReasonKind.NO_PLAN, ReasonKind.DANGEROUS_RESULT}))
    assert {row.name for row in filter_rows(ROWS, either).matching} == {"ALDOUS, Mary", "SINGH, Harjit"}
    both = WorklistView(condition=frozenset({ConditionKey.T2DM, ConditionKey.CKD}))
    assert {row.name for row in filter_rows(ROWS, both).matching} == {"ALDOUS, Mary", "BRAMHALL, Kenneth"}


def test_urgent_is_a_dangerous_result_or_points_enough() -> None:
    urgent = filter_rows(ROWS, toggle(WorklistView(), "urgent", ""))
    assert [row.name for row in urgent.matching] == ["ALDOUS, Mary"] and urgent.urgent == 1
    assert toggle(toggle(WorklistView(), "urgent", ""), "urgent", "") == WorklistView()


def test_a_total_says_what_pressing_it_would_show() -> None:
    plain = filter_rows(ROWS, WorklistView())
    for kind, count in plain.reasons.items():
        assert len(filter_rows(ROWS, WorklistView(reason=frozenset({kind}))).matching) == count
    pressed = filter_rows(ROWS, WorklistView(reason=frozenset({ReasonKind.NO_PLAN})))
    assert pressed.reasons == plain.reasons


@pytest.mark.parametrize("text", ["aldous", "MARY", "9990123456", "999 012", "03-feb-1948", "suilleabhain"])
def test_the_text_finds_names_numbers_and_dates(text: str) -> None:
    assert len(filter_rows(ROWS, WorklistView(q=text)).matching) == 1


def test_accents_do_not_matter() -> None:
    assert fold("Östersund Ñ") == "ostersund n"


def test_other_filters() -> None:
    assert len(filter_rows(ROWS, WorklistView(team="team-sw-2")).matching) == 1
    assert len(filter_rows(ROWS, WorklistView(site="Clarendon Lodge")).matching) == 1
    assert len(filter_rows(ROWS, WorklistView(owner="Tom Hadley")).matching) == 3
    assert not filter_rows(ROWS, WorklistView(region="Atlantis")).matching
    assert filter_choices(ROWS, "site") == ["Clarendon Lodge", "Priory Medical Centre"]


@pytest.mark.parametrize("sort", ["urgency", "name", "age", "results", "conference", "contact", "tasks", "plan"])
def test_every_order_and_its_reverse(sort: str) -> None:
    first = order_by(WorklistView(sort="age" if sort == "urgency" else "urgency"), sort)
    there, back = filter_rows(ROWS, first).matching, filter_rows(ROWS, order_by(first, sort)).matching
    assert len(there) == len(back) == len(ROWS)
    assert order_by(first, sort).reverse and there[0] is not back[0]


def test_most_urgent_first_and_unknown_birth_last() -> None:
    assert filter_rows(ROWS, WorklistView()).page.rows[0].name == "ALDOUS, Mary"
    assert filter_rows(ROWS, WorklistView(sort="age")).page.rows[-1].name == "WHITLOCK, Pat"


def test_pages() -> None:
    many = worklist_rows(samples.worklist(samples.many(60)).rows, samples.AS_OF, UTC)
    shown = filter_rows(many, WorklistView(page=3))
    assert (len(shown.page.rows), shown.page.number, shown.page.pages) == (10, 3, 3)
    assert filter_rows(many, WorklistView(page=99)).page.number == 3
    assert not filter_rows((), WorklistView()).page.rows


def test_clearing_keeps_order_and_tab() -> None:
    view = WorklistView(q="x", team="t", sort="name", reverse=True, tab="tasks")
    assert clear(view) == WorklistView(sort="name", reverse=True, tab="tasks")


# ---- export ----


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert defuse(text).startswith("'")


def test_csv_has_every_row_and_runs_nothing() -> None:
    hostile = samples.row(samples.person(9, "=HYPERLINK(1)", "@x", "male", "1950"), (samples.CKD,), ())
    rows = worklist_rows(samples.worklist([hostile, *samples.rows()]).rows, samples.AS_OF, UTC)
    text = worklist_csv(rows, UTC).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == len(rows) + 1 and lines[0] == headings()
    assert lines[1][0] == "'=HYPERLINK(1), @x"
    assert not [cell for line in lines[1:] for cell in line if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_excel_opens_and_holds_no_formula() -> None:
    hostile = samples.row(samples.person(9, "=1+1", "+x", "male", "1950"), (samples.CKD,), ())
    rows = worklist_rows(samples.worklist([hostile]).rows, samples.AS_OF, UTC)
    sheet = openpyxl.load_workbook(io.BytesIO(worklist_excel(rows, samples.AS_OF, UTC))).active
    assert sheet is not None and sheet.max_row == 2
    assert sheet["A2"].value == "'=1+1, +x"
    assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]


def test_a_file_has_days_as_days_and_results_as_columns_and_no_yesterday() -> None:
    text = worklist_csv(ROWS, UTC).decode("utf-8-sig")
    heading, *lines = csv.reader(io.StringIO(text))
    assert not re.search(r"yesterday|today|tomorrow|\bago\b", text, re.I)
    sheet = openpyxl.load_workbook(io.BytesIO(worklist_excel(ROWS, samples.AS_OF, UTC))).active
    assert sheet is not None
    days, numbers = 0, 0
    for row, cells, line in zip(ROWS, list(sheet.iter_rows(min_row=2, values_only=True)), lines, strict=True):
        of = dict(zip(heading, cells, strict=True))
        written = dict(zip(heading, line, strict=True))
        for measure in MEASURES:
            name, latest = measure_name(measure), row.latest(measure)
            if latest is None:
                continue
            assert written[name] == f"{latest.value.comparator}{latest.value.value:f}"
            assert written[f"{name}, unit"] == show_unit(latest.value.unit)
            if not latest.value.comparator:
                assert of[name] == pytest.approx(float(latest.value.value))
                numbers += 1
            if latest.when.start == latest.when.end:
                assert of[f"{name}, date"].date() == latest.when.start == date.fromisoformat(written[f"{name}, date"])
                days += 1
        born = row.person.birth
        if born and born.start == born.end:
            assert of["Born"].date() == born.start
    assert days > 5 and numbers > 5


@pytest.mark.parametrize(
    ("when", "cell"),
    [
        (PartialDate("1948-02-03"), "1948-02-03"),
        (PartialDate("1948-02"), "1948-02"),
        (PartialDate("1948"), "1948"),
        (PartialDate("2026-11-23T10:00:00Z"), "2026-11-23"),
        (date(1899, 1, 2), "1899-01-02"),
        (None, ""),
    ],
)
def test_a_day_is_as_precise_as_it_was_recorded(when: PartialDate | date | None, cell: str) -> None:
    assert csv_file([[date_cell(when)]]).decode("utf-8-sig").strip().strip('"') == cell
    book = openpyxl.load_workbook(
        io.BytesIO(excel_file([Sheet("S", [["Day"], [date_cell(when)]], [10])], samples.AS_OF, UTC))
    )
    found = book.active["A2"].value if book.active else None
    assert (str(found.date()) if isinstance(found, datetime) else found or "") == cell


def test_a_negative_number_stays_a_number_and_a_comparator_is_kept() -> None:
    cells = [number_cell(Decimal("-1.50")), number_cell(Decimal(5), "<"), moment_cell(samples.AS_OF, UTC)]
    text = csv_file([cells]).decode("utf-8-sig").strip()
    assert text == f"-1.50,<5,{samples.AS_OF:%Y-%m-%d %H:%M}"


# ---- saved views ----


def test_a_view_is_saved_without_its_text(tmp_path: Path) -> None:
    saved_views.save_view(tmp_path, SCOPE, "Mine", WorklistView(q="Aldous", team="team-sw-1"))
    assert saved_views.load_views(tmp_path, SCOPE) == {"Mine": WorklistView(team="team-sw-1")}
    assert "ldous" not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    saved_views.delete_view(tmp_path, SCOPE, "Mine")
    saved_views.delete_view(tmp_path, SCOPE, "Mine")
    assert saved_views.load_views(tmp_path, SCOPE) == {}


def test_views_belong_to_one_user(tmp_path: Path) -> None:
    saved_views.save_view(tmp_path, SCOPE, "Mine", WorklistView(team="t"))
    assert saved_views.load_views(tmp_path, AccessScope("http://x", "Practitioner/q")) == {}


def test_a_view_needs_a_name_and_a_broken_file_counts_as_none(tmp_path: Path) -> None:
    with pytest.raises(UserFacingError):
        saved_views.save_view(tmp_path, SCOPE, "  ", WorklistView())
    saved_views.save_view(tmp_path, SCOPE, "a", WorklistView())
    next(tmp_path.rglob("*.json")).write_text("[1, 2", encoding="utf-8")
    assert saved_views.load_views(tmp_path, SCOPE) == {}


def test_there_is_an_end_to_views(tmp_path: Path) -> None:
    for number in range(saved_views.MOST_VIEWS):
        saved_views.save_view(tmp_path, SCOPE, f"v{number}", WorklistView())
    with pytest.raises(UserFacingError):
        saved_views.save_view(tmp_path, SCOPE, "one more", WorklistView())
    saved_views.save_view(tmp_path, SCOPE, "v0", WorklistView(team="t"))


# ---- finding and being taken for another ----


def _rows_of(*people: tuple[str, str, str]) -> tuple[WorklistRow, ...]:
    source = samples.rows()[0]
    made = []
    for number, (family, first, birth) in enumerate(people):
        who = samples.person(number + 500, family, first, "female", birth)
        made.append({**source, "person": who, "patient_id": who.id, "reasons": ()})
    return worklist_rows(samples.worklist(made).rows, samples.AS_OF, UTC)


def test_a_search_finds_with_other_apostrophes_and_one_wrong_letter() -> None:
    rows = _rows_of(("O’Brien", "Ann", "1950-01-01"), ("van der Berg", "Jo", "1951-01-01"))
    for text, found in [("o'brien", 1), ("obrien", 1), ("vanderberg", 1), ("obrein", 1), ("berk", 1), ("zzzz", 0)]:
        assert len(filter_rows(rows, WorklistView(q=text)).matching) == found, text


def test_who_looks_like_another_has_a_warning_in_the_list_and_in_the_banner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "as_of", lambda: samples.AS_OF)
    monkeypatch.setattr(session, "zone", lambda: UTC)
    rows = _rows_of(("Aldous", "Mary", "1948-02-03"), ("Aldons", "Mary", "1948-03-02"), ("Zhou", "Wei", "1948-02-03"))
    words = "Similar name and birth date"
    assert [words in str(row_html(row)) for row in rows] == [True, True, False]
    at = ViewTime(samples.AS_OF, UTC)
    summary = samples.summary(rows[0].person)
    assert words in str(banner_html(summary, at, similar=True)) and words not in str(banner_html(summary, at))
    match = PatientMatch(rows[0].person, "Team", one_letter=True, similar=True)
    assert words in str(matches_html((match,))) and "differ in one letter" in str(matches_html((match,)))
