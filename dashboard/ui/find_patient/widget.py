"""Find a patient from anywhere: Ctrl+K, type a name, an identifier or a birth date, Enter or press to open."""

from datetime import date

import streamlit as st

from dashboard.domain.record.views import PatientMatch
from dashboard.errors import DashboardError
from dashboard.ui.emergency_access.widget import emergency_access_form, emergency_access_list
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.record.people import (
    main_identifier,
    show_born,
    show_gender,
    show_identifier,
    show_name,
    similar_words,
)
from dashboard.ui.session import reads, session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press, press_text
from dashboard.ui.shared.wording import mark, t, tn

# One letter matches half a team; two begin to tell people apart.
FEWEST_LETTERS = 2
MOST_SHOWN = 12


@st.dialog(mark("Find a patient"), width="large")
def find_dialog() -> None:
    """The dialog; it searches while the user types."""
    # A dialog runs again by itself, outside the boundary of the page that opened it.
    with error_boundary("find"):
        text = st.text_input(
            t("Name, identifier or birth date"),
            key="find_text",
            placeholder=t("ALDOUS Mary, 999 012 3456 or 03-Feb-1948"),
            live=True,
            autocomplete="off",
            max_chars=100,
        )
        wanted = (text or "").strip()
        matches, results = _find(wanted)
        panel("find-results", results, _on_press, focus='[role="dialog"] input')
        emergency_access_list()
        if len(wanted) >= FEWEST_LETTERS and matches == ():
            emergency_access_form(wanted)


def _find(text: str) -> tuple[tuple[PatientMatch, ...] | None, Html]:
    """The matches (None without a search), and their HTML."""
    if len(text) < FEWEST_LETTERS:
        return None, h.p(class_="c3-sub")[t("Patients of your teams, by any part of the name, the number or the date.")]
    try:
        matches = reads.find(text)
    except DashboardError as problem:
        return None, h.p(class_="c3-failed", role="alert")[icon("warn"), h.span[error_words(problem)]]
    # The browser compares it with what is typed by then (panel.js): Enter opens no match of another text.
    return matches, h.div(data_asked=text)[matches_html(matches)]


def matches_html(matches: tuple[PatientMatch, ...]) -> Html:
    """The matches as links, each with what distinguishes two people of one name."""
    if not matches:
        return h.p(role="status")[t("Nobody in your teams fits. Look at the spelling, or try the birth date.")]
    today = session.as_of().astimezone(session.zone()).date()
    count = tn("{n} patient", "{n} patients", len(matches))
    more = len(matches) - MOST_SHOWN
    return fragment[
        h.p(class_="c3-sub", role="status")[count, t("; the first {n} are shown", n=MOST_SHOWN) if more > 0 else None],
        h.p(class_="c3-note")[icon("warn"), " ", t("Nobody is spelled so; these differ in one letter.")]
        if any(match.one_letter for match in matches)
        else None,
        h.div(class_="c3-matches")[(_match(match, today) for match in matches[:MOST_SHOWN])],
    ]


def _match(match: PatientMatch, today: date) -> Html:
    person = match.person
    label, number = show_identifier(main_identifier(person))
    return h.a(
        href=f"patient?id={person.id}",
        class_="c3-match",
        data_act=press("open", id=person.id),
        data_key=f"match-{person.id}",
    )[
        h.span(class_="c3-who")[h.bdi[show_name(person.name)]],
        h.span[f"{label} {number}"],
        h.span(class_="c3-sub")[t("Born"), " ", show_born(person, today), ", ", show_gender(person.gender)],
        h.span(class_="c3-sub")[for_screen_readers(t("Team") + " "), match.team],
        h.span(class_="c3-alike")[icon("warn"), " ", similar_words()] if match.similar else None,
    ]


def _on_press(pressed: Press) -> None:
    if pressed.get("do") == "open":
        navigation.open_patient(press_text(pressed, "id"))
