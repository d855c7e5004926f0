"""Tables as files, CSV and Excel. What a spreadsheet would run as a formula is shown as the text that it is.

Days are days and numbers numbers: `2026-11-24` in a CSV file, a date cell in Excel, never "yesterday".

A cell that begins with = + - @, a tab or a return is preceded by an apostrophe (OWASP "CSV Injection"); names and
texts come from records that others wrote.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

import xlsxwriter

from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.wording import t

Cell = str | int | Decimal | date | datetime
Cells = Sequence[Cell]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Nothing is read as anything but what it is written as.
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# Excel's days begin in 1900.
FIRST_YEAR_OF_EXCEL = 1900
# Excel takes no longer text into a cell.
_MOST_TEXT = 32_767


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: the first line holds its headings, `widths` the columns' widths in characters."""

    name: str
    lines: Sequence[Cells]
    widths: Sequence[int]
    frozen_columns: int = 1
    filterable: bool = True


def defuse(cell: str) -> str:
    """The text as a spreadsheet must show it: never a formula, also behind spaces."""
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip(" ").startswith(_FORMULA) else cell


def date_cell(when: PartialDate | date | None) -> Cell:
    """A day as a date; a month or a year as ISO 8601 writes it, "" for none."""
    if when is None or isinstance(when, date):
        return when or ""
    return when.start if when.start == when.end else when.text[: len("2026-11")]


def moment_cell(moment: datetime | None, zone: tzinfo) -> Cell:
    """A moment on the clocks of the sites, to the minute; "" for none."""
    return moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0) if moment else ""


def number_cell(value: Decimal, comparator: str = "") -> Cell:
    """A number; "<5" is a text, since a spreadsheet would reckon with 5."""
    return f"{comparator}{value:f}" if comparator else value


def csv_file(lines: Iterable[Cells]) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs to read names right."""
    out = io.StringIO()
    csv.writer(out).writerows(map(_text, line) for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return defuse(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def excel_file(sheets: Sequence[Sheet], as_of: datetime, zone: tzinfo) -> bytes:
    """A workbook with headings that stay in sight, and the moment of view in each sheet's footer."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        for number, line in enumerate(sheet.lines):
            style = wrapped if number else heading
            for column, cell in enumerate(line):
                if isinstance(cell, int | Decimal):
                    page.write_number(number, column, cell, style)
                elif isinstance(cell, date) and cell.year >= FIRST_YEAR_OF_EXCEL:
                    page.write_datetime(number, column, cell, moment if isinstance(cell, datetime) else day)
                elif not isinstance(cell, str):
                    page.write_string(number, column, _text(cell), style)
                else:
                    page.write_string(number, column, defuse(cell)[:_MOST_TEXT], style)
        page.freeze_panes(1, sheet.frozen_columns)
        if sheet.filterable:
            page.autofilter(0, 0, max(1, len(sheet.lines) - 1), len(sheet.lines[0]) - 1)
        page.set_footer(f"&L{t('As of {time}', time=show_moment(as_of, zone))}&R&P / &N")
    book.close()
    return out.getvalue()
