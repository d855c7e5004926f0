"""The figures of the pilot as a workbook: what the page shows, held back in the same way."""

from collections.abc import Sequence
from datetime import tzinfo

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import WHOLE, Step
from dashboard.domain.pilot.study import line_on
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.enrolment_words import STEPS
from dashboard.ui.pilot.figure_words import (
    DATA,
    after_words,
    area_name,
    due_words,
    enrolled_words,
    forecast_words,
    loss_words,
    name_of,
    pace_definition,
    target_words,
)
from dashboard.ui.pilot.figures_html import rule_words, synthetic_words
from dashboard.ui.pilot.quality_html import complete_counted, data_columns, plans_counted, work_headings
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.spreadsheet import Cell, Cells, Sheet, excel_file
from dashboard.ui.shared.wording import t


def enrolment_excel(figures: EnrolmentFigures, zone: tzinfo, *, synthetic: bool) -> bytes:
    """A sheet for each part of the page."""
    sheets = [
        (t("Summary"), summary_cells(figures, zone, synthetic=synthetic), (34, 90)),
        (t("Steps"), steps_cells(figures), (26, 26, 26, *([12] * 11))),
        (t("Curve"), curve_cells(figures), (26, 14, 12, 12)),
        (t("Lost"), lost_cells(figures), (26, 40, 46, 12)),
        (t("Completeness"), complete_cells(figures), (30, *([14] * 7))),
        (t("Teams and plans"), work_cells_of(figures), (26, *([16] * 5))),
    ]
    return excel_file(
        [Sheet(name, lines, widths, filterable=False) for name, lines, widths in sheets], figures.fetched, zone
    )


def _cell(count: Count | None) -> Cell:
    if count is None:
        return t("not counted")
    return count_words(count) if count.value is None else count.value


def _number(value: int | None) -> Cell:
    return "" if value is None else value


def summary_cells(figures: EnrolmentFigures, zone: tzinfo, *, synthetic: bool) -> list[Cells]:
    """What stands at the top of the page, and the rule by which counts are held back."""
    lines: list[Cells] = [(t("Enrolment"), clean(figures.title, 200))]
    if synthetic:
        lines.append(("", synthetic_words()))
    lines.append((t("As of"), show_moment(figures.fetched, zone)))
    if figures.study:
        whole = figures.whole
        day, reckoned = forecast_words((figures.curves or {})[WHOLE].pace, figures.start)
        lines += [
            (t("Enrolled"), f"{enrolled_words(whole)}, {target_words(whole)}"),
            (t("Against the target line"), due_words(whole) or t("no target")),
            (t("Target reached at the present pace"), day),
            ("", reckoned),
            (t("How the day is reckoned"), pace_definition()),
            (t("How complete the data are"), complete_counted()),
            (t("Teams, conferences and care plans"), plans_counted()),
        ]
    lines += [
        (t("Why some counts are not shown") if not number else "", words) for number, words in enumerate(rule_words())
    ]
    return lines


def steps_cells(figures: EnrolmentFigures) -> list[Cells]:
    """A line an area."""
    headings = (
        t("Region"), t("Site"), t("Team"), *(t(STEPS[step]) for step in Step), t("Target"), t("Due today"),
        t("Against the line"),
    )  # fmt: skip
    lines: list[Cells] = [headings]
    names = figures.names or {}
    for each in figures.areas:
        area = each.area
        region = t("All regions") if area.level is Level.ALL else clean(names.get(area.region, ""), 120)
        site = clean(names.get(area.site, ""), 120) if area.site else ""
        team = name_of(each) if area.level is Level.TEAM else ""
        steps = [_cell(each.steps[step]) for step in Step]
        lines.append((region, site, team, *steps, _number(each.target), _number(each.due), due_words(each)))
    return lines


def curve_cells(figures: EnrolmentFigures) -> list[Cells]:
    """The points of each curve, with the target line on the same day."""
    lines: list[Cells] = [(t("Region"), t("Day"), t("Enrolled"), t("Target line"))]
    for area, curve in (figures.curves or {}).items():
        for day, people in curve.points:
            on_line = line_on(curve.line, day)
            lines.append((area_name(figures, area), day, people, "" if on_line is None else round(on_line)))
    return lines


def lost_cells(figures: EnrolmentFigures) -> list[Cells]:
    """Of the whole and each region a line for each step after which people are lost, then one for each reason."""
    lines: list[Cells] = [(t("Region"), t("Last step reached"), t("Why lost"), t("People"))]
    for area, lost in (figures.lost or {}).items():
        where = area_name(figures, area)
        for each in lost:
            step = after_words(each.step)
            lines.append((where, step, "", _cell(each.people)))
            lines += [(where, step, loss_words(state, reason), _cell(n)) for state, reason, n in each.reasons]
    return lines


def complete_cells(figures: EnrolmentFigures) -> list[Cells]:
    """A line an area: who is enrolled, and of how many each value is on record."""
    columns = data_columns(figures.complete)
    lines: list[Cells] = [(t("Region and site"), t("Enrolled"), *(t(DATA[datum]) for datum in columns))]
    for each in figures.complete:
        cells: Sequence[Cell] = [_cell(each.of), *(_cell(each.having[datum]) for datum in columns)]
        lines.append((area_name(figures, each.area), *cells))
    return lines


def work_cells_of(figures: EnrolmentFigures) -> list[Cells]:
    """A line an area: teams, conferences, plans."""
    lines: list[Cells] = [tuple(work_headings())]
    for each in figures.work:
        plain = [t("not counted") if n is None else n for n in (each.teams, each.conferences)]
        plans = [_cell(part) for part in (each.plans, each.plans_agreed, each.plans_reviewed)]
        lines.append((area_name(figures, each.area), *plain, *plans))
    return lines
