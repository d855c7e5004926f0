"""The figures of the pilot on paper, for a review: the page's own words and numbers, its curve as a picture."""

from datetime import date
from typing import Final

from dashboard.domain.access.user import User
from dashboard.domain.pilot.enrolment_shown import Curve, EnrolmentFigures
from dashboard.domain.pilot.funnel import Area
from dashboard.paper.document import Block, Document, Picture
from dashboard.ui.paper.page_blocks import page_blocks
from dashboard.ui.paper.sheet import colours, document, heading, said, warned
from dashboard.ui.pilot.figure_words import area_name, curve_alt
from dashboard.ui.pilot.figures_html import (
    funnel_html,
    no_study_html,
    notices_of,
    pace_html,
    points_html,
    rule_html,
    synthetic_words,
    totals_html,
)
from dashboard.ui.pilot.places_html import places_html, teams_html
from dashboard.ui.pilot.quality_html import complete_html, lost_html, work_html
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.shared.dates import days_as_dates, show_day
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.notices import as_of_words
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t

WIDTH: Final = 240.0
HEIGHT: Final = 54.0
"""Of the curve, in millimetres; what is inside is drawn in tenths of them."""
_LEFT, _RIGHT, _TOP, _FOOT = 90.0, 260.0, 40.0, 60.0


def enrolment_document(
    figures: EnrolmentFigures, view: EnrolmentView, who: User, at: ViewTime, synthetic: bool
) -> Document:
    """The report, of the whole study or of the region that is shown: everything on the page but the sites as bars,
    whose numbers the table of places has.
    """
    with days_as_dates():
        age = as_of_words(figures.fetched, None, at.as_of, at.zone)
        facts = (age, *([synthetic_words()] if synthetic else []))
        name = clean(figures.title, 120) or t("Enrolment")
        blocks: list[Block] = warned([synthetic_words() if synthetic else "", *notices_of(figures)])
        if not figures.study:
            blocks += page_blocks(no_study_html(False))
        else:
            blocks += _figures(figures, view)
        return document(t("Enrolment"), who, at, (name, facts), blocks, wide=True)


def _figures(figures: EnrolmentFigures, view: EnrolmentView) -> list[Block]:
    each = next(found for found in figures.areas if found.area == view.area)
    places = figures.under(view.region)
    whole = () if view.region else (figures.whole,)
    curve = (figures.curves or {})[view.area]
    alt = curve_alt(figures, view.area)

    def within(area: Area) -> bool:
        return view.region in ("", area.region)

    shown = [
        teams_html(places, figures.names or {}, view, links=False),
        lost_html((figures.lost or {}).get(view.area, ()), view, links=False),
        complete_html(figures, [row for row in figures.complete if within(row.area)], view, links=False),
        work_html(figures, [row for row in figures.work if within(row.area)], view, links=False),
        rule_html(),
    ]
    return [
        heading(area_name(figures, view.area)),
        *page_blocks(totals_html(figures, each, explained=False)),
        *page_blocks(funnel_html(each, view, links=False)),
        heading(t("Enrolment over time")),
        said(alt),
        *([_picture(curve, alt)] if curve.points else []),
        *page_blocks(pace_html()),
        *(page_blocks(points) if (points := points_html(curve, view, links=False)) is not None else []),
        *page_blocks(places_html((*whole, *places), view, links=False)),
        *(block for html in shown if html is not None for block in page_blocks(html)),
    ]


def _picture(curve: Curve, alt: str) -> Picture:
    """Points of people enrolled on a line, and the target line."""
    named = colours()
    days = [day for day, _ in (*curve.points, *curve.line)]
    first, last = min(days), max(days)
    most = max(1.0, *(float(people) for _, people in (*curve.points, *curve.line)))
    right, lower = WIDTH * 10 - _RIGHT, HEIGHT * 10 - _FOOT

    def place(day: date, people: float) -> tuple[float, float]:
        across = (day - first).days / max(1, (last - first).days)
        return _LEFT + across * (right - _LEFT), lower - people / most * (lower - _TOP)

    def path(points: tuple[tuple[date, float], ...], ink: str, dash: str = "") -> str:
        course = "L".join(f"{x:.1f} {y:.1f}" for x, y in (place(*point) for point in points))
        return f'<path d="M{course}" fill="none" stroke="{ink}" stroke-width="5"{dash}/>'

    def text(words: str, x: float, y: float, ink: str, anchor: str = "start") -> str:
        font = 'font-family="IBM Plex Sans" font-size="28"'
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {font} fill="{ink}">{words}</text>'

    points = tuple((day, float(people)) for day, people in curve.points)
    if curve.line and curve.line[0][0] < points[0][0]:
        points = ((curve.line[0][0], 0.0), *points)
    parts = []
    for people in _ticks(most):
        _, y = place(first, people)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="{named["line"]}" stroke-width="2"/>')
        parts.append(text(f"{people:.0f}", _LEFT - 14, y + 10, named["soft"], "end"))
    parts.append(path(points, named["accent"]))
    parts += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{named["accent"]}"/>'
        for x, y in (place(*each) for each in points)
    ]
    x, y = place(*points[-1])
    parts.append(text(f"{t('Enrolled')} {points[-1][1]:.0f}", x + 14, y + 34, named["accent"]))
    if curve.line:
        parts.append(path(curve.line, named["soft"], ' stroke-dasharray="14 10"'))
        x, y = place(*curve.line[-1])
        parts.append(text(f"{t('Target')} {curve.line[-1][1]:.0f}", x + 14, y + 10, named["soft"]))
    parts.append(text(show_day(first), _LEFT, HEIGHT * 10 - 16, named["soft"]))
    parts.append(text(show_day(last), right, HEIGHT * 10 - 16, named["soft"], "end"))
    box = f'viewBox="0 0 {WIDTH * 10:.0f} {HEIGHT * 10:.0f}"'
    return Picture(f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(parts)}</svg>', alt, WIDTH, HEIGHT)


def _ticks(most: float) -> list[float]:
    """Nought and round numbers up to `most`, at most six."""
    step = 1.0
    while step * 5 < most:
        step *= 2.5 if f"{step:.0f}"[0] == "2" else 2
    return [number * step for number in range(int(most / step) + 1)]
