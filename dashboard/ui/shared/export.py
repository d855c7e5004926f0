"""The rows of a view as CSV and as an Excel workbook. What a spreadsheet would run as a formula is defused.

A cell that begins with = + - @, a tab or a return is preceded by an apostrophe (OWASP "CSV Injection"); names and
texts come from records that others wrote.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, tzinfo

import xlsxwriter

from dashboard.ui.record.people import show_gender
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.worklist.rows import Row

HEADINGS = (
    mark("Name"), mark("Age, sex"), mark("Born"), mark("Gender"), mark("Identifier"), mark("Team"), mark("Site"),
    mark("Region"), mark("Conditions"), mark("Urgency"), mark("Needs attention"), mark("Key results"),
    mark("Next conference"), mark("Tasks"), mark("Owners of tasks"), mark("Last contact"), mark("Care plan"),
    mark("Plan last changed"),
)  # fmt: skip
_WIDTHS = (26, 10, 13, 10, 24, 22, 24, 20, 30, 9, 60, 60, 18, 22, 26, 14, 12, 26)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def defuse(cell: str) -> str:
    """The text as a spreadsheet must show it: never a formula, also behind spaces."""
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip(" ").startswith(_FORMULA) else cell


def to_csv(rows: Sequence[Row]) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs to read names right."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([t(heading) for heading in HEADINGS])
    writer.writerows([defuse(str(cell)) for cell in _cells(row)] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def to_excel(rows: Sequence[Row], as_of: datetime, zone: tzinfo) -> bytes:
    """One sheet: headings frozen and filterable, the moment of view in its footer. Nothing is written as a formula."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("Worklist")
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, t(heading), head)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(_cells(row)):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell, wrap)
            else:
                sheet.write_string(number, column, defuse(cell)[:32767], wrap)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(1, len(rows)), len(HEADINGS) - 1)
    sheet.set_footer(f"&L{t('As of {time}', time=show_moment(as_of, zone))}&R&P / &N")
    book.close()
    return out.getvalue()


def _cells(row: Row) -> tuple[str | int, ...]:
    return (
        row.name,
        row.age_sex,
        row.born,
        show_gender(row.person.gender),
        row.identifier,
        row.team,
        row.site,
        row.region,
        "; ".join(short for short, _ in row.condition_words),
        row.urgency,
        "; ".join(clean(words.text) for words in row.reasons),
        "; ".join(words.text for words in row.results),
        row.conference,
        row.tasks,
        "; ".join(owner for owner in row.owners if owner),
        row.contact,
        row.plan,
        row.plan_detail,
    )
