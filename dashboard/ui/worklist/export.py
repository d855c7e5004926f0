"""The rows of a view of the worklist as a file."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from dashboard.domain.record.observation import Measure
from dashboard.domain.risk.score import RiskKey
from dashboard.ui.recommendations.risk_words import band_words, input_words, value_words
from dashboard.ui.record.names import MEASURES, measure_name, show_unit
from dashboard.ui.record.people import show_gender
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.spreadsheet import Cells, Sheet, csv_file, date_cell, excel_file, moment_cell, number_cell
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.worklist.row import WorklistRow
from dashboard.ui.worklist.scores import score_name, score_of, shown_words

HEADINGS = (
    mark("Name"), mark("Age, sex"), mark("Born"), mark("Gender"), mark("Identifier"), mark("Team"), mark("Site"),
    mark("Region"), mark("Conditions"), mark("Urgency"), mark("Needs attention"), mark("Next conference"),
    mark("Open tasks"), mark("Overdue tasks"), mark("Owners of tasks"), mark("Last contact"), mark("Care plan"),
    mark("Plan last changed by"), mark("Plan last changed"),
)  # fmt: skip
_WIDTHS = (26, 10, 13, 10, 24, 22, 24, 20, 30, 9, 60, 18, 10, 10, 26, 14, 12, 24, 13)
_WIDTHS_OF_A_MEASURE = (10, 14, 13, 12)
_WIDTHS_OF_A_SCORE = (30, 14, 18, 60)


def headings() -> list[str]:
    """The columns: of the patient, four for each measure and four for each score of risk, the same in every file."""
    measures = [(measure_name(each), t("unit"), t("date"), t("status")) for each in MEASURES]
    scores = [(score_name(each), t("unit"), t("range"), t("made of")) for each in RiskKey]
    return [t(each) for each in HEADINGS] + [
        column for name, *parts in (*measures, *scores) for column in (name, *(f"{name}, {part}" for part in parts))
    ]


def worklist_csv(rows: Sequence[WorklistRow], zone: tzinfo) -> bytes:
    """One line a patient, in the order of the rows; times are those of the sites."""
    return csv_file(_lines(rows, zone))


def worklist_excel(rows: Sequence[WorklistRow], as_of: datetime, zone: tzinfo) -> bytes:
    """The same as a workbook of one sheet."""
    widths = (*_WIDTHS, *_WIDTHS_OF_A_MEASURE * len(MEASURES), *_WIDTHS_OF_A_SCORE * len(RiskKey))
    return excel_file([Sheet("Worklist", _lines(rows, zone), widths)], as_of, zone)


def _lines(rows: Sequence[WorklistRow], zone: tzinfo) -> list[Cells]:
    return [headings(), *(_cells(row, zone) for row in rows)]


def _cells(row: WorklistRow, zone: tzinfo) -> Cells:
    plan = row.care_plan
    tasks = row.not_read("Task")
    return (
        row.name,
        row.age_sex,
        date_cell(row.person.birth),
        show_gender(row.person.gender),
        row.identifier,
        row.team,
        row.site,
        row.region,
        "; ".join(short for short, _ in row.condition_words) or row.not_read("Condition"),
        row.urgency,
        row.reasons_in_file(),
        moment_cell(row.conference_at, zone) or row.not_read("Appointment"),
        tasks or row.open_tasks,
        tasks or row.overdue_tasks,
        "; ".join(owner for owner in row.owners if owner),
        date_cell(row.last_contact) or row.not_read("Encounter"),
        row.plan or row.not_read("CarePlan"),
        clean(plan.editor, 120) if plan else "",
        date_cell(plan.edited.astimezone(zone).date() if plan and plan.edited else None),
        *(cell for measure in MEASURES for cell in _result(row, measure)),
        *(cell for key in RiskKey for cell in _score(row, key)),
    )


def _result(row: WorklistRow, measure: Measure) -> Cells:
    """The latest value, its unit, its day, and whether it is preliminary; in place of the value why it is not there."""
    latest = row.latest(measure)
    if latest is None:
        return row.not_read("Observation"), "", "", ""
    return (
        number_cell(latest.value.value, latest.value.comparator),
        show_unit(latest.value.unit),
        date_cell(latest.when),
        t("preliminary") if latest.preliminary else "",
    )


def _score(row: WorklistRow, key: RiskKey) -> Cells:
    """The value of a score, its unit and range, and what it is made of; in place of the value why there is none."""
    score = score_of(row, key)
    if score is None:
        return shown_words(row, key)[0], "", "", ""
    made_of = "; ".join(map(input_words, score.inputs))
    if score.value is None:
        return value_words(score), "", "", made_of
    value = number_cell(score.value.value, score.value.comparator)
    return value, show_unit(score.value.unit), band_words(score.band), made_of
