"""The page Enrolment, its printed report and its workbook say the same numbers, and why some are missing."""

import io
import re
from datetime import UTC

import openpyxl
import pytest

from dashboard.domain.pilot.enrolment_disclosure import may_show
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.paper.pdf import pdf_file
from dashboard.ui.paper.enrolment_document import enrolment_document
from dashboard.ui.pilot.enrolment_words import STEPS
from dashboard.ui.pilot.figures_file import enrolment_excel
from dashboard.ui.pilot.figures_html import (
    curve_html,
    funnel_html,
    points_html,
    rule_html,
    rule_words,
    synthetic_words,
    totals_html,
)
from dashboard.ui.pilot.places_html import places_html, teams_html
from dashboard.ui.pilot.quality_html import complete_html, lost_html, work_html
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.shared.html import fragment
from tests.paper.documents import AT, WHO
from tests.paper.reading import missing, sheets, squeezed, texts_of
from tests.unit.enrolment_of_the_pilot import enrolment_counts


def page(figures: EnrolmentFigures, region: str = "") -> str:
    """Everything that the page shows under its heading, but the sites as bars: their numbers are in the table."""
    view = EnrolmentView(region=region)
    each = next(found for found in figures.areas if found.area == view.area)
    places = figures.under(region)
    parts = (
        totals_html(figures, each), funnel_html(each, view), curve_html(figures, view.area),
        places_html(((figures.whole,) if not region else ()) + places, view),
        teams_html(places, figures.names or {}, view),
        lost_html((figures.lost or {}).get(view.area, ()), view),
        points_html((figures.curves or {})[view.area], view),
        complete_html(figures, [row for row in figures.complete if region in ("", row.area.region)], view),
        work_html(figures, [row for row in figures.work if region in ("", row.area.region)], view), rule_html(),
    )  # fmt: skip
    return str(fragment[parts])


@pytest.mark.parametrize(("people", "region"), [(90, ""), (90, "r1"), (20, ""), (3, "")])
def test_everything_on_the_page_is_printed(people: int, region: str) -> None:
    figures = may_show(enrolment_counts(people=people))
    printed = pdf_file(enrolment_document(figures, EnrolmentView(region=region), WHO, AT, True))
    assert [text for text in missing(page(figures, region), printed) if text != "–"] == []
    for sheet in sheets(printed):
        assert squeezed(synthetic_words()) in squeezed(sheet)


@pytest.mark.parametrize("people", [90, 20])
def test_the_workbook_has_the_numbers_of_the_page_and_no_other(people: int) -> None:
    figures = may_show(enrolment_counts(people=people))
    book = openpyxl.load_workbook(io.BytesIO(enrolment_excel(figures, UTC, synthetic=True)))
    assert book.sheetnames == ["Summary", "Steps", "Curve", "Lost", "Completeness", "Teams and plans"]
    everywhere = [page(figures, region) for region in ("", "r0", "r1", "r2")]
    on_page = set(re.findall(r"\d+", " ".join(text for each in everywhere for text in texts_of(each))))
    in_book = {str(cell) for name in ("Steps", "Lost", "Completeness", "Teams and plans") for row in book[name].values
               for cell in row if isinstance(cell, int)}  # fmt: skip
    assert in_book and in_book <= on_page
    [headings, whole, *_] = book["Steps"].values
    for column, step in enumerate(STEPS, 3):
        shown = figures.whole.steps[step]
        assert headings[column] == STEPS[step]
        assert whole[column] == (shown.value if shown.value is not None else whole[column])
    assert {row[1] for row in book["Summary"].values} >= {synthetic_words(), *rule_words()}
    curve = [(row[1].date(), row[2]) for row in list(book["Curve"].values)[1:] if row[0] == "All regions"]
    assert figures.curves is not None
    assert curve == [*next(iter(figures.curves.values())).points]
