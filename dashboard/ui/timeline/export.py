"""A patient's timeline as CSV and as an Excel workbook; what a spreadsheet would run as a formula is defused."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, tzinfo

import xlsxwriter

from dashboard.domain.timeline.events import Event
from dashboard.ui.record.names import show_unit
from dashboard.ui.record.results import show_number
from dashboard.ui.shared.dates import show_date, show_moment
from dashboard.ui.shared.export import defuse
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
    """UTF-8 with a byte order mark, which Excel needs to read names right."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([t(heading) for heading in HEADINGS])
    writer.writerows([defuse(cell) for cell in cells] for cells in _table(events, zone))
    return out.getvalue().encode("utf-8-sig")


def timeline_excel(events: Sequence[Event], as_of: datetime, zone: tzinfo) -> bytes:
    """One sheet, headings frozen and filterable, the moment of view in its footer. Nothing is written as a formula."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("Timeline")
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, t(heading), head)
    for number, cells in enumerate(_table(events, zone), start=1):
        for column, cell in enumerate(cells):
            sheet.write_string(number, column, defuse(cell)[:32767], wrap)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(events)), len(HEADINGS) - 1)
    sheet.set_footer(f"&L{t('As of {time}', time=show_moment(as_of, zone))}&R&P / &N")
    book.close()
    return out.getvalue()


def _table(events: Sequence[Event], zone: tzinfo) -> list[tuple[str, ...]]:
    return [
        (
            show_date(event.start) if event.start else "",
            show_date(event.end) if event.end else "",
            row.when,
            row.what,
            "/".join(_value(event)),
            " ".join(dict.fromkeys(show_unit(result.value.unit) for result in event.results)),
            row.kind,
            lanes_in_words(event),
            "; ".join(membership_words(each) for each in event.memberships),
            row.state,
            t("yes") if row.abnormal else "",
            row.who,
            row.code,
            show_date(event.recorded) if event.recorded else "",
            row.origin,
        )
        for event, row in zip(events, event_rows(events, zone), strict=True)
    ]


def _value(event: Event) -> list[str]:
    return [
        each.value.comparator + show_number(each.value.value, each.measure, converted=each.converted)
        for each in event.results
    ]
