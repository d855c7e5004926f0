"""Tables as files, CSV and Excel. What a spreadsheet would run as a formula is shown as the text that it is.

A cell that begins with = + - @, a tab or a return is preceded by an apostrophe (OWASP "CSV Injection"); names and
texts come from records that others wrote.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import xlsxwriter

from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.wording import t

Cells = Sequence[str | int]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Nothing is read as anything but what it is written as.
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
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


def csv_file(lines: Iterable[Cells]) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs to read names right."""
    out = io.StringIO()
    csv.writer(out).writerows([defuse(str(cell)) for cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def excel_file(sheets: Sequence[Sheet], as_of: datetime, zone: tzinfo) -> bytes:
    """A workbook with headings that stay in sight, and the moment of view in each sheet's footer."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        for number, line in enumerate(sheet.lines):
            style = wrapped if number else heading
            for column, cell in enumerate(line):
                if isinstance(cell, int):
                    page.write_number(number, column, cell, style)
                else:
                    page.write_string(number, column, defuse(cell)[:_MOST_TEXT], style)
        page.freeze_panes(1, sheet.frozen_columns)
        if sheet.filterable:
            page.autofilter(0, 0, max(1, len(sheet.lines) - 1), len(sheet.lines[0]) - 1)
        page.set_footer(f"&L{t('As of {time}', time=show_moment(as_of, zone))}&R&P / &N")
    book.close()
    return out.getvalue()
