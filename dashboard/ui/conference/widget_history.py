"""The page of the history of conferences: of one's teams, or of one patient under the patient's banner."""

from functools import partial

import streamlit as st

from dashboard.domain.conference.history import ConferenceHistory
from dashboard.ui.conference.history_html import (
    history_html,
    patient_conferences_html,
    teams_html,
    weeks_cells,
)
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.browser_print import print_margins
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.session import conferences, reads, session
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press, press_text
from dashboard.ui.shared.spreadsheet import csv_file
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.html import patient_nav_html


def conference_history(patient_id: str, team: str) -> None:
    """The history of a patient, else of a team, else of all the user's teams."""
    with error_boundary("conference-history"):
        show_messages()
        if patient_id:
            _of_patient(patient_id)
        else:
            _of_teams(team)


def _of_teams(team: str) -> None:
    def read() -> tuple[ConferenceHistory, str]:
        return conferences.read_history(team)

    history, away = read_with_skeleton(read, "conference_history")
    at = ViewTime(session.as_of(), session.zone())
    show_title(t("History of case conferences"), navigation.address_of("conference_history"))
    recheck("conference_history", _on_screen(history, away), lambda: _on_screen(*read()))
    age = as_of_words(history.fetched, None, at.as_of, at.zone)
    print_margins(t("History of case conferences"), (age,))
    said = [*unreadable_words(history.unreadable), *map(notice_words, history.notices)]
    heading = fragment[
        _back("conferences", "conference", t("All conferences")),
        h.div(class_="c3-head")[h.h1[t("History of case conferences")], h.p(class_="c3-asof")[age]],
        warning_html(stale_words(history.fetched, at.as_of, at.zone, away)),
        notices_html(said),
        teams_html(history),
    ]
    panel("history-heading", heading, on_press)
    if history.weeks:
        _file(history)
    panel("history", history_html(history, at), on_press)


def _back(do: str, address: str, words: str) -> Html:
    return h.p(class_="c3-sub")[h.a(href=address, data_act=press(do), data_key=do)[icon("back"), " ", words]]


def _on_screen(history: ConferenceHistory, away: str) -> OnScreen:
    return OnScreen(frozenset(history.patients), history.fetched, away)


def _file(history: ConferenceHistory) -> None:
    """The counts by week as a file, made when it is pressed, and on record."""
    stamp = session.as_of().astimezone(session.zone()).strftime("%Y%m%d-%H%M")
    make = partial(csv_file, weeks_cells(history.weeks))
    st.download_button(
        t("By week, CSV"),
        data=when_pressed(reads.export(history.patients, f"conference_history.csv?team={history.team}", make)),
        file_name=f"conferences-{stamp}.csv",
        mime="text/csv",
        key="print_history",
        icon=":material/download:",
        on_click="ignore",
    )


def _of_patient(patient_id: str) -> None:
    summary, old = reads.read_patient(patient_id)
    at = ViewTime(session.as_of(), session.zone())
    title = t("Conferences")
    show_title(title, navigation.address_of("conference_history"), person=summary.person.name)
    with st.container(key="banner"):
        panel(f"history-banner-{patient_id}", banner_html(summary, at, similar=patient_id in reads.similar_people()))
        panel(f"history-about-{patient_id}", patient_nav_html(patient_id, ""), on_press)
    found, away = conferences.read_patient_history(patient_id)
    recheck(
        "patient_history",
        OnScreen(patient_id, found.fetched, away),
        lambda: _patient_on_screen(patient_id),
    )
    age = as_of_words(found.fetched, None, at.as_of, at.zone)
    heading = fragment[
        h.div(class_="c3-head")[h.h1[t("Case conferences about this patient")], h.p(class_="c3-asof")[age]],
        warning_html(stale_words(found.fetched, at.as_of, at.zone, away or old)),
        notices_html([*unreadable_words(found.unreadable)]),
    ]
    panel(f"history-of-{patient_id}", fragment[heading, patient_conferences_html(found, at)], on_press)


def _patient_on_screen(patient_id: str) -> OnScreen:
    found, away = conferences.read_patient_history(patient_id)
    return OnScreen(patient_id, found.fetched, away)


def on_press(pressed: Press) -> None:
    """A press on a team, a conference's minutes, the list, or another page about the patient."""
    do, patient_id = pressed.get("do"), navigation.history_of()[0]
    if do == "team":
        navigation.open_history(team=press_text(pressed, "id"))
    elif do == "minutes":
        navigation.open_minutes(press_text(pressed, "id"))
    elif do == "conferences":
        navigation.open_conference()
    elif do == "summary":
        navigation.open_patient(patient_id)
    elif do == "timeline":
        navigation.open_timeline(patient_id)
    elif do == "care_plan":
        navigation.open_care_plan(patient_id)
    elif do == "recommendations":
        navigation.open_recommendations(patient_id)
