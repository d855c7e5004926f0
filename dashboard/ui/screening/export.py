"""The screening list as a file: the lines of a view, in their order."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from dashboard.domain.pilot.screening_list import Mark, ScreenedPatient
from dashboard.ui.pilot.enrolment_words import DONE, reason_words
from dashboard.ui.record.people import main_identifier, show_gender, show_identifier, show_name
from dashboard.ui.screening.words import (
    MARKS,
    OUTCOMES,
    missing_words,
    site_words,
    state_words,
    used_words,
    value_words,
)
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.spreadsheet import Cells, Sheet, date_cell, excel_file
from dashboard.ui.shared.wording import mark, t

HEADINGS: Final = (
    mark("Name"), mark("Born"), mark("Gender"), mark("Identifier"), mark("Team"), mark("Site"), mark("Region"),
    mark("In the pilot"), mark("Last change"), mark("On"), mark("By"), mark("Reason"), mark("In words"),
    mark("By the rule"), mark("Missing, or not met"), mark("Marked"), mark("Facts used"),
)  # fmt: skip
_WIDTHS: Final = (26, 13, 10, 24, 22, 24, 20, 16, 22, 13, 24, 26, 30, 22, 40, 22, 70)


def screening_excel(lines: Sequence[ScreenedPatient], as_of: datetime, zone: tzinfo) -> bytes:
    """One line a patient."""
    cells: list[Cells] = [tuple(t(each) for each in HEADINGS), *map(_cells, lines)]
    return excel_file([Sheet(t("Screening"), cells, _WIDTHS)], as_of, zone)


def _cells(line: ScreenedPatient) -> Cells:
    person, last = line.person, line.last_change
    return (
        show_name(person.name),
        date_cell(person.birth),
        show_gender(person.gender),
        " ".join(show_identifier(main_identifier(person))),
        clean(line.team, 120),
        site_words(line),
        clean(line.region, 120),
        state_words(line),
        t(DONE[last.action]) if last is not None else "",
        date_cell(last.day) if last is not None else "",
        clean(last.by.name, 120) if last is not None else "",
        reason_words(last.reason) if last is not None else "",
        clean(last.why, 500) if last is not None else "",
        t(OUTCOMES[line.eligibility.outcome]),
        missing_words(line),
        "; ".join(t(MARKS[each]) for each in Mark if each in line.marks),
        "; ".join(
            " ".join(filter(None, (used_words(used), value_words(used), show_date(used.when) if used.when else "")))
            for used in line.eligibility.used
        ),
    )
