"""The page Enrolment: figures, curve, lists, files; and the patients in care as a part of it."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import Area
from dashboard.domain.pilot.screening_filter import ScreeningFilter
from dashboard.domain.values.site_time import site_day
from dashboard.paper.pdf import pdf_file
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.paper.browser_print import print_margins
from dashboard.ui.paper.enrolment_document import enrolment_document
from dashboard.ui.pilot.curve_figure import curve_figure
from dashboard.ui.pilot.figure_words import curve_alt
from dashboard.ui.pilot.figures_file import enrolment_excel
from dashboard.ui.pilot.figures_html import (
    curve_html,
    funnel_html,
    heading_html,
    no_study_html,
    notices_of,
    points_html,
    rule_html,
    totals_html,
)
from dashboard.ui.pilot.list_html import list_html
from dashboard.ui.pilot.places_html import places_html, sites_html, teams_html
from dashboard.ui.pilot.quality_html import complete_html, lost_html, work_html
from dashboard.ui.pilot.view import LISTS, EnrolmentView, read_enrolment_view
from dashboard.ui.pilot.widget_care import care
from dashboard.ui.pilot.widget_followed import counted_words, followed
from dashboard.ui.screening.view import ScreeningView
from dashboard.ui.session import enrolment as reads
from dashboard.ui.session import session
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.session.recheck import watch_role
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.notices import as_of_words, stale_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_number, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.figure.reading import CONFIG

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def enrolment(view: EnrolmentView) -> None:
    """The page as its address asks for it."""
    with error_boundary("enrolment", awaited=counted_words()):
        watch_role()
        if view.care:
            care(view)
            return
        figures, away = followed(lambda: read_with_skeleton(lambda: reads.read_enrolment(view.study), "enrolment"))
        regions = {each.area.region for each in figures.areas if each.area.level is Level.REGION}
        if view.region and view.region not in regions:
            view = EnrolmentView(view.study)
        _heading(figures, view, away)
        if not figures.study:
            panel("enrolment-none", no_study_html(bool(view.study)))
            return
        _files(view)
        if view.lists:
            _list(view)
        _figures(figures, view)


def _heading(figures: EnrolmentFigures, view: EnrolmentView, away: str) -> None:
    as_of, zone = session.as_of(), session.zone()
    age = as_of_words(figures.fetched, None, as_of, zone)
    print_margins(t("Enrolment"), (age,))
    panel(
        "enrolment-heading",
        heading_html(
            figures, view, age, stale_words(figures.fetched, as_of, zone, away), notices_of(figures), session.is_demo()
        ),
        on_press,
    )


def _figures(figures: EnrolmentFigures, view: EnrolmentView) -> None:
    """In the order in which a manager asks: the target, the way there, the places, and why it is not faster."""
    each = next(found for found in figures.areas if found.area == view.area)
    places = figures.under(view.region)
    panel("enrolment-totals", totals_html(figures, each))
    left, right = st.columns(2, gap="medium")
    with left:
        panel("enrolment-funnel", funnel_html(each, view), on_press)
    with right:
        panel("enrolment-curve", curve_html(figures, view.area))
        curve = (figures.curves or {})[view.area]
        if curve.points:
            with st.container(key="enrolment-figure"):
                st.plotly_chart(
                    curve_figure(curve, site_day(figures.fetched), dark=st.context.theme.type == "dark"),
                    key=f"enrolment-plot-{view.region}",
                    theme=None,
                    config=CONFIG,
                    alt=curve_alt(figures, view.area),
                )
        panel("enrolment-points", fragment[points_html(curve, view)], on_press)
    whole = () if view.region else (figures.whole,)
    by_place = fragment[places_html((*whole, *places), view), teams_html(places, figures.names or {}, view)]
    panel("enrolment-places", by_place, on_press)
    plain = EnrolmentView(view.study, view.region)

    def within(area: Area) -> bool:
        return view.region in ("", area.region)

    for key, html in (
        ("rule", rule_html()),
        ("sites", sites_html([found for found in places if found.area.level is Level.SITE])),
        ("lost", lost_html((figures.lost or {}).get(view.area, ()), plain)),
        ("complete", complete_html(figures, [each for each in figures.complete if within(each.area)], plain)),
        ("work", work_html(figures, [each for each in figures.work if within(each.area)], plain)),
    ):
        if html is not None:
            panel(f"enrolment-{key}", html, on_press)


def _list(view: EnrolmentView) -> None:
    """In a boundary of its own: the figures stay where only the list cannot be read."""
    people = t("It is asked for the list behind the number, which appears here once it has come.")
    with error_boundary("enrolment-list", awaited=people):
        found, _ = followed(lambda: reads.read_list(view.study, view.number))
        screening = is_permitted(session.user().roles, Action.VIEW_WORKLIST)
        panel("enrolment-list", list_html(found, view, screening=screening), on_press)


def on_press(pressed: Press) -> None:
    """A press on a part, a region, a number or the pager."""
    view = navigation.enrolment_view()
    do = pressed.get("do")
    if do == "enrolment":
        navigation.show_enrolment(EnrolmentView(view.study))
    elif do == "care":
        navigation.show_enrolment(EnrolmentView(care=True))
    elif do == "region":
        navigation.show_enrolment(EnrolmentView(view.study, press_text(pressed, "region")))
    elif do == "list":
        asked = {name: press_text(pressed, name) for name in LISTS}
        navigation.show_enrolment(read_enrolment_view({**asked, "study": view.study}))
    elif do == "screening":
        wanted = ScreeningFilter(step=str(view.step or ""), site=view.site)
        navigation.open_screening(ScreeningView(wanted))
    elif do == "close":
        navigation.show_enrolment(EnrolmentView(view.study, view.region))
    elif do == "page":
        navigation.show_enrolment(replace(view, page=max(1, press_number(pressed, "n"))))


def _files(view: EnrolmentView) -> None:
    """Made only when pressed, read anew, and on record before they are made."""
    who, server, zone = session.user(), session.fhir(), session.zone()
    stamp = session.as_of().astimezone(zone).strftime("%Y%m%d-%H%M")
    synthetic = session.is_demo()

    def report(figures: EnrolmentFigures) -> bytes:
        at = ViewTime(session.as_of(), zone)
        return pdf_file(enrolment_document(figures, EnrolmentView(view.study, view.region), who, at, synthetic))

    forms: tuple[tuple[str, str, str, str, Callable[[EnrolmentFigures], bytes]], ...] = (
        (t("Review report (PDF)"), "report", "pdf", "application/pdf", report),
        (
            t("Figures (Excel)"),
            "figures",
            "xlsx",
            _EXCEL,
            lambda figures: enrolment_excel(figures, zone, synthetic=synthetic),
        ),
    )

    def file_when_pressed(form: str, make: Callable[[EnrolmentFigures], bytes]) -> Callable[[], bytes]:
        return lambda: reads.enrolment_file(who, server, view.study, form, make)

    with st.container(key="enrolment-files", horizontal=True, horizontal_alignment="right"):
        for words, name, ending, mime, make in forms:
            st.download_button(
                words,
                data=when_pressed(file_when_pressed(f"{name}.{ending}", make)),
                file_name=f"enrolment-{name}-{stamp}.{ending}",
                mime=mime,
                key=f"enrolment_{name}",
                icon=":material/download:",
                on_click="ignore",
            )
