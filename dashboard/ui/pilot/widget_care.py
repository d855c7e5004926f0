"""The patients in care, a part of the page Enrolment: totals, regions and sites, pseudonyms, files."""

from collections.abc import Callable

import streamlit as st

from dashboard.domain.pilot.counts import PilotCounts
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.paper.browser_print import print_margins
from dashboard.ui.pilot.care_html import areas_html, pilot_heading_html, pseudonyms_html, too_few_html
from dashboard.ui.pilot.care_words import areas_cells, pilot_excel, rows_cells
from dashboard.ui.pilot.figures_html import parts_html
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.pilot.widget_followed import counted_words, followed
from dashboard.ui.session import reads, session
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_number
from dashboard.ui.shared.spreadsheet import csv_file
from dashboard.ui.shared.wording import t, tn


def care(view: EnrolmentView) -> None:
    """Heading with totals, files, table, list."""
    with error_boundary("pilot", awaited=counted_words()):
        pilot_counts, away = followed(lambda: read_with_skeleton(reads.read_pilot, "pilot"))
        as_of, zone = session.as_of(), session.zone()
        notices = [notice_words(notice) for notice in pilot_counts.notices]
        if pilot_counts.unreadable:
            notices.append(
                tn("{n} record could not be read.", "{n} records could not be read.", pilot_counts.unreadable)
            )
        age = as_of_words(pilot_counts.fetched, None, as_of, zone)
        stale = stale_words(pilot_counts.fetched, as_of, zone, away)
        print_margins(t("Patients in care"), (age,))
        panel("pilot-parts", parts_html(view), on_press)
        panel("pilot-heading", pilot_heading_html(pilot_counts, age, stale, notices))
        if not pilot_counts.rows:
            panel("pilot-none", too_few_html())
            return
        _files()
        panel("pilot-areas", areas_html(pilot_counts))
        panel("pilot-rows", pseudonyms_html(pilot_counts, view.page), on_press)


def on_press(pressed: Press) -> None:
    """A press on the pager, or on the other part of the page."""
    if pressed.get("do") == "page":
        navigation.show_enrolment(EnrolmentView(page=max(1, press_number(pressed, "n")), care=True))
    elif pressed.get("do") == "enrolment":
        navigation.show_enrolment(EnrolmentView())


def _files() -> None:
    """Made only when pressed, read anew, and on record before they are made."""
    who, server, zone = session.user(), session.fhir(), session.zone()
    stamp = session.as_of().astimezone(zone).strftime("%Y%m%d-%H%M")
    excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    forms: tuple[tuple[str, str, str, str, Callable[[PilotCounts], bytes]], ...] = (
        (t("Counts, CSV"), "counts", "csv", "text/csv", lambda pilot_counts: csv_file(areas_cells(pilot_counts))),
        (
            t("Pseudonyms, CSV"),
            "pseudonyms",
            "csv",
            "text/csv",
            lambda pilot_counts: csv_file(rows_cells(pilot_counts)),
        ),
        (t("Both, Excel"), "pilot", "xlsx", excel, lambda pilot_counts: pilot_excel(pilot_counts, zone)),
    )

    def file_when_pressed(form: str, make: Callable[[PilotCounts], bytes]) -> Callable[[], bytes]:
        return lambda: reads.pilot_file(who, server, form, make)

    with (
        st.container(key="pilot-files", horizontal=True, horizontal_alignment="right"),
        st.popover(t("Export"), icon=":material/download:", key="p_export"),
    ):
        st.caption(t("The files hold what this page shows: counts and pseudonyms, no names."))
        for words, name, ending, mime, make in forms:
            st.download_button(
                words,
                data=when_pressed(file_when_pressed(f"{name}.{ending}", make)),
                file_name=f"{name}-{stamp}.{ending}",
                mime=mime,
                key=f"p_{name}",
                on_click="ignore",
                width="stretch",
            )
