"""A patient's timeline as a file."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from dashboard.domain.timeline.events import Event
from dashboard.ui.record.names import show_unit
from dashboard.ui.record.numbers import show_number
from dashboard.ui.shared.spreadsheet import Cell, Cells, Sheet, csv_file, date_cell, excel_file, number_cell
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.timeline.table_html import event_rows, lanes_in_words
from dashboard.ui.timeline.words import membership_words

HEADINGS = (
    mark("Begins"), mark("Ends"), mark("When"), mark("What"), mark("Value"), mark("Unit"), mark("Kind"),
    mark("Conditions"), mark("Why there"), mark("State"), mark("Out of range"), mark("By"), mark("Code"),
    mark("Recorded"), mark("Record"),
)  # fmt: skip
_WIDTHS = (13, 13, 26, 40, 10, 16, 14, 30, 44, 26, 10, 24, 26, 13, 30)


def timeline_csv(events: Sequence[Event], zone: tzinfo) -> bytes:
    """One line an event, in the order given."""
    return csv_file(_lines(events, zone))


def timeline_excel(events: Sequence[Event], as_of: datetime, zone: tzinfo) -> bytes:
    """The same as a workbook of one sheet."""
    return excel_file([Sheet("Timeline", _lines(events, zone), _WIDTHS, frozen_columns=0)], as_of, zone)


def _lines(events: Sequence[Event], zone: tzinfo) -> list[Cells]:
    return [[t(heading) for heading in HEADINGS], *_table(events, zone)]


def _table(events: Sequence[Event], zone: tzinfo) -> list[Cells]:
    return [
        (
            date_cell(event.start),
            date_cell(event.end),
            row.when,
            row.what,
            _value(event),
            " ".join(dict.fromkeys(show_unit(result.value.unit) for result in event.results)),
            row.kind,
            lanes_in_words(event),
            "; ".join(membership_words(each) for each in event.memberships),
            row.state,
            t("yes") if row.abnormal else "",
            row.who,
            row.code,
            date_cell(event.recorded),
            row.origin,
        )
        for event, row in zip(events, event_rows(events, zone), strict=True)
    ]


def _value(event: Event) -> Cell:
    """The measured number; of several, as of a blood pressure, their text."""
    if len(event.results) == 1:
        (only,) = event.results
        return number_cell(only.value.value, only.value.comparator)
    return "/".join(
        each.value.comparator + show_number(each.value.value, each.measure, converted=each.converted)
        for each in event.results
    )
