"""The rows of a view of the worklist as a file."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from dashboard.ui.record.people import show_gender
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.spreadsheet import Cells, Sheet, csv_file, excel_file
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.worklist.row import WorklistRow

HEADINGS = (
    mark("Name"), mark("Age, sex"), mark("Born"), mark("Gender"), mark("Identifier"), mark("Team"), mark("Site"),
    mark("Region"), mark("Conditions"), mark("Urgency"), mark("Needs attention"), mark("Key results"),
    mark("Next conference"), mark("Tasks"), mark("Owners of tasks"), mark("Last contact"), mark("Care plan"),
    mark("Plan last changed"),
)  # fmt: skip
_WIDTHS = (26, 10, 13, 10, 24, 22, 24, 20, 30, 9, 60, 60, 18, 22, 26, 14, 12, 26)


def worklist_csv(rows: Sequence[WorklistRow]) -> bytes:
    """One line a patient, in the order of the rows."""
    return csv_file(_lines(rows))


def worklist_excel(rows: Sequence[WorklistRow], as_of: datetime, zone: tzinfo) -> bytes:
    """The same as a workbook of one sheet."""
    return excel_file([Sheet("Worklist", _lines(rows), _WIDTHS)], as_of, zone)


def _lines(rows: Sequence[WorklistRow]) -> list[Cells]:
    return [[t(heading) for heading in HEADINGS], *map(_cells, rows)]


def _cells(row: WorklistRow) -> Cells:
    return (
        row.name,
        row.age_sex,
        row.born,
        show_gender(row.person.gender),
        row.identifier,
        row.team,
        row.site,
        row.region,
        "; ".join(short for short, _ in row.condition_words) or row.not_read("Condition"),
        row.urgency,
        "; ".join(clean(words.text) for words in row.reasons),
        "; ".join(words.full for words in row.results) or row.not_read("Observation"),
        row.conference or row.not_read("Appointment"),
        row.tasks or row.not_read("Task"),
        "; ".join(owner for owner in row.owners if owner),
        row.contact or row.not_read("Encounter"),
        row.plan or row.not_read("CarePlan"),
        row.plan_detail,
    )
