"""The worklist by a score of risk: who has no value stands last either way, a filter takes no unknown for a number, and
a shared screen shows nothing of how depressed somebody is.
"""

import csv
import io
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.domain.record.views import Worklist
from dashboard.domain.risk.score import Band, InputKey, InputUsed, NotValid, Outcome, RiskKey, RiskScore
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.ui.paper.worklist_document import worklist_document
from dashboard.ui.session import session
from dashboard.ui.worklist.export import headings, worklist_csv
from dashboard.ui.worklist.html import filter_words, table_html
from dashboard.ui.worklist.row import WorklistRow
from dashboard.ui.worklist.rows import filter_rows, worklist_rows
from dashboard.ui.worklist.scores import LEVELS, MISSING, NOT_VALID, in_order, is_at, level_words, levels, score_of
from dashboard.ui.worklist.view import (
    WorklistView,
    as_shared,
    choose,
    clear,
    order_by,
    read_worklist_view,
    toggle,
    write_worklist_view,
)
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.paper.documents import AT, WHO

FAILURE, EGFR = RiskKey.KIDNEY_FAILURE_5, RiskKey.EGFR
CREATININE = InputUsed(
    InputKey.CREATININE, Quantity(Decimal(118), "umol/L"), PartialDate("2026-11-22"), Reference("Observation", "o1")
)


def known(key: RiskKey, value: str, unit: str = "%", comparator: str = "", band: Band = Band.NONE) -> RiskScore:
    return RiskScore(key, Quantity(Decimal(value), unit, comparator), band, (CREATININE,))


def missing(key: RiskKey) -> RiskScore:
    return RiskScore(key, inputs=(CREATININE,), missing=(InputKey.UACR,))


def not_valid(key: RiskKey) -> RiskScore:
    return RiskScore(key, not_valid=(NotValid.EGFR_60_OR_MORE,))


# Of the eight people of the samples; the last one has died.
FAILURES = (
    known(FAILURE, "4.9"), missing(FAILURE), known(FAILURE, "31.5"), not_valid(FAILURE), known(FAILURE, "0.0"),
    missing(FAILURE), known(FAILURE, "5.0"), None,
)  # fmt: skip
PHQ9 = known(RiskKey.PHQ9, "17", "{score}", band=Band.MODERATELY_SEVERE)


def worklist() -> Worklist:
    rows = [
        row | {"risks": (score, PHQ9) if score else ()} for row, score in zip(samples.rows(), FAILURES, strict=True)
    ]
    return samples.worklist(rows)


ROWS = worklist_rows(worklist().rows, samples.AS_OF, UTC)
VIEW = choose(WorklistView(), "score", FAILURE)


def values(rows: tuple[WorklistRow, ...]) -> list[str]:
    found = [score_of(row, FAILURE) for row in rows]
    return ["none" if each is None else str(each.value.value) if each.value else each.outcome.value for each in found]


def test_who_has_no_value_stands_last_whichever_way_round_and_is_no_nought() -> None:
    last = ["missing", "missing", "not-valid", "none"]
    assert VIEW.sort == "score"
    assert values(filter_rows(ROWS, VIEW).matching) == ["31.5", "5.0", "4.9", "0.0", *last]
    assert values(filter_rows(ROWS, order_by(VIEW, "score")).matching) == ["0.0", "4.9", "5.0", "31.5", *last]


def test_of_the_filtration_rate_the_lowest_is_the_gravest() -> None:
    rows = [WorklistRow(row | {"risks": (known(EGFR, value, "mL/min/{1.73_m2}"),)}, samples.AS_OF, UTC)
            for row, value in zip(samples.rows(), ("61", "14", "45"), strict=False)]  # fmt: skip
    assert [str(row.risks[0].value.value) for row in in_order(rows, EGFR, False)] == ["14", "45", "61"]  # type: ignore[union-attr]
    assert [is_at(row, EGFR, "45") for row in rows] == [False, True, False]


@pytest.mark.parametrize(
    ("level", "found"),
    [("5", ["31.5", "5.0"]), ("3", ["31.5", "5.0", "4.9"]), (MISSING, ["missing"] * 2), (NOT_VALID, ["not-valid"])],
)
def test_a_filter_takes_nobody_whose_value_is_not_known_and_says_how_many_they_are(
    level: str, found: list[str]
) -> None:
    view = choose(VIEW, "level", level)
    shown_rows = filter_rows(ROWS, view)
    assert values(shown_rows.matching) == found and shown_rows.total == len(ROWS)
    assert "not known of 2, not valid for 1, not computed of 1" in str(table_html(shown_rows, view, {}))


def test_at_least_two_is_not_three() -> None:
    score = known(RiskKey.CHARLSON, "2", "{score}", ">=")
    row = WorklistRow(samples.rows()[0] | {"risks": (score,)}, samples.AS_OF, UTC)
    assert is_at(row, RiskKey.CHARLSON, "1") and not is_at(row, RiskKey.CHARLSON, "3")


def test_a_level_belongs_to_its_score_and_an_order_to_a_score() -> None:
    assert read_worklist_view({"level": "5", "sort": "score"}) == WorklistView()
    assert read_worklist_view({"score": "charlson", "level": "4"}) == WorklistView(score="charlson")
    assert read_worklist_view({"score": "nonsense", "level": "5"}) == WorklistView()
    filtered = choose(VIEW, "level", "5")
    assert read_worklist_view(write_worklist_view(filtered)) == filtered
    assert choose(filtered, "score", "medicines") == WorklistView(score="medicines", sort="score")
    assert toggle(filtered, "score", FAILURE) == WorklistView() == clear(filtered)
    assert toggle(filtered, "level", "5") == VIEW and order_by(WorklistView(), "score") == WorklistView()


def test_every_level_has_words_and_names_the_range_that_the_score_has() -> None:
    words = {level_words(key, level) for key in LEVELS for level in levels(key)}
    assert {"under 45, G3b", "5% or more", "10 or more, moderate", "10% or more, high", "not known"} <= words
    assert set(LEVELS) == set(RiskKey)


@given(st.sampled_from(RiskKey), st.lists(st.sampled_from([*FAILURES]), max_size=9), st.booleans())
def test_an_order_loses_nobody(key: RiskKey, scores: list[RiskScore | None], reverse: bool) -> None:
    rows = [
        WorklistRow(samples.rows()[0] | {"patient_id": str(n), "risks": (replace(each, key=key),) if each else ()},
                    samples.AS_OF, UTC)
        for n, each in enumerate(scores)
    ]  # fmt: skip
    found = in_order(rows, key, reverse)
    assert sorted(row.patient_id for row in found) == sorted(row.patient_id for row in rows)
    have = [bool(row.risks) and row.risks[0].outcome is Outcome.KNOWN for row in found]
    assert have == sorted(have, reverse=True)


def test_the_row_shows_the_score_its_inputs_with_dates_and_its_source(app: AppTest, answers: Answers) -> None:
    answers.worklist = worklist
    assert "c3-score" not in shown(app.run())
    app.query_params["score"], app.query_params["sort"] = FAILURE, "score"
    page = shown(app.run())
    assert "Kidney failure risk, 5 years" in page and "31.5%" in page and "highest first" in page
    assert "Made of: Creatinine 118 µmol/L (22-Nov-2026)" in page and "draft" in page
    assert "not known, for want of: uACR" in page and "not computed of who has died" in page
    assert "not valid for this person, because it is of people with an eGFR under 60" in page


def test_how_depressed_somebody_is_is_on_no_shared_screen(
    app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.worklist = worklist
    app.query_params["score"] = "phq9"
    app.query_params["level"] = "10"
    assert "Depression (PHQ-9)" in shown(app.run()) and "17, moderately severe" in shown(app)
    monkeypatch.setattr(session, "shared_screen", lambda: True)
    page = shown(app.run())
    assert "Depression (PHQ-9)" not in page and "moderately severe" not in page
    assert "phq9" not in app.selectbox(key="w_score").options
    assert as_shared(WorklistView(score="charlson")) == WorklistView(score="charlson")


def test_a_file_has_every_score_and_says_why_one_is_not_there() -> None:
    lines = list(csv.reader(io.StringIO(worklist_csv(ROWS, UTC).decode("utf-8-sig"))))
    at = headings().index("Risk of kidney failure within 5 years")
    found = [line[at : at + 4] for line in lines[1:]]
    assert found[0] == ["4.9", "%", "", "Creatinine 118 µmol/L (22-Nov-2026)"]
    assert found[1][0] == "not known, for want of: uACR" and found[3][0].startswith("not valid for this person")
    assert found[7][0] == "not computed of who has died"
    phq9 = headings().index("Severity of depression (PHQ-9)")
    assert lines[1][phq9 : phq9 + 3] == ["17", "", "moderately severe"]


def test_on_paper_the_score_stands_with_the_results_and_the_order_is_said() -> None:
    document = worklist_document(worklist(), filter_rows(ROWS, VIEW).matching, VIEW, WHO, AT)
    said = str(document)
    assert "All patients of the user's teams." in said
    level = choose(VIEW, "level", "5")
    assert filter_words(level, {}) == ["Risk of kidney failure within 5 years: 5% or more"]
    assert "Risk of kidney failure within 5 years, highest first" in said and "'31.5%'" in said
    assert "not known, for want of: uACR" in said and "Creatinine 118 µmol/L (22-Nov-2026)" in said
