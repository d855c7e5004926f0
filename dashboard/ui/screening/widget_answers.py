"""The answers of one person to the questions of the screening: what is known, the choices, saving and the way back."""

from datetime import date

import streamlit as st

from dashboard.domain.pilot.recorded_answer import CHOICES
from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.pilot.screening_facts import FactKey
from dashboard.domain.pilot.screening_list import ScreenedPatient, ScreeningList
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.ui.record.people import main_identifier, show_born, show_identifier, show_name
from dashboard.ui.screening import chosen
from dashboard.ui.screening.row_html import ASKED
from dashboard.ui.screening.words import ANSWERS, USED, used_words, value_words
from dashboard.ui.session import screening, session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean, unbroken_dates
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t

_CHECK = ScreeningQuestion.ICT_SELF_CHECK


def answers_form(found: ScreeningList, patient: str, stale: str) -> None:
    """A list for each question, also for the self-check of each carer, and the day. A question that is left open is not
    recorded.
    """
    line = next((each for each in found.lines if each.person.id == patient), None)
    at = ViewTime(session.as_of(), session.zone())
    if line is None:
        chosen.stop_answering()
        st.rerun()
    panel("screening-answers-heading", _heading(line, at))
    answers: dict[ScreeningQuestion, str] = {}
    of_carers: dict[Reference, str] = {}
    with st.container(key="screening-answers"):
        for key, question in ASKED.items():
            label = t("ICT self-check of the patient") if question is _CHECK else t(USED[key])
            said = _one_of(question, label, f"{question}-{patient}")
            if said:
                answers[question] = said
        for carer in line.carers:
            label = t("ICT self-check of {name}", name=clean(carer.name, 80))
            said = _one_of(_CHECK, label, f"{_CHECK}-{patient}-{carer.to}")
            if said and carer.to is not None:
                of_carers[carer.to] = said
        day = _day(at.today)
    with st.container(key="screening-save", horizontal=True):
        save = st.button(t("Save the answers"), type="primary", key="screening_answers_save", disabled=bool(stale))
        st.button(t("Back to the list"), key="screening_answers_back", on_click=chosen.stop_answering)
    if save and not stale:
        _save(patient, answers, of_carers, day)


def _heading(line: ScreenedPatient, at: ViewTime) -> Html:
    """Whose answers they are, and what is known of them now."""
    known = [each for each in line.eligibility.used if each.key in ASKED or each.key is FactKey.CARER_ICT_SELF_CHECK]
    person = line.person
    return h.div(class_="c3-head")[
        h.h1[t("Answers of {name}", name=show_name(person.name))],
        h.p(class_="c3-sub")[
            unbroken_dates(t("born {date}", date=show_born(person, at.today))),
            ", ",
            h.bdi[" ".join(show_identifier(main_identifier(person)))],
        ],
        h.ul[
            (
                h.li[
                    h.span(class_="c3-label")[used_words(each)],
                    " ",
                    h.b[unbroken_dates(value_words(each))],
                    [" ", h.span(class_="c3-nw c3-when")[show_date(each.when)]] if each.when is not None else None,
                ]
                for each in known
            )
        ]
        if known
        else None,
        h.p(class_="c3-sub")[
            t("What is left open is not recorded. Each ICT self-check is the own answer of the person named.")
        ],
    ]


def _one_of(question: ScreeningQuestion, label: str, key: str) -> str:
    """The name of the choice; "" while none is chosen, and for what a browser says and nobody offered."""
    options = list(CHOICES[question])
    picked = st.selectbox(
        label,
        options,
        None,
        format_func=lambda key: t(ANSWERS[question][key]) if key in options else str(key),
        placeholder=t("Not asked"),
        key=f"screening_answer-{key}",
        width=320,
    )
    return picked if picked is not None and picked in options else ""


def _day(today: date) -> date:
    day = st.date_input(
        t("Day on which it was answered"),
        today,
        max_value=today,
        format="DD/MM/YYYY",
        key="screening_answer_day",
        width=220,
    )
    return day if isinstance(day, date) else today


@uninterrupted()
def _save(patient: str, answers: dict[ScreeningQuestion, str], of_carers: dict[Reference, str], day: date) -> None:
    """Saves; what is wrong is said here, and nothing that was chosen is lost."""
    try:
        saved = screening.record_answers(patient, answers, of_carers, day)
    except DashboardError as error:
        st.error(error_words(error))
        return
    for words in dict.fromkeys(notice_words(notice) for notice in saved.notices):
        queue_message(words, caution=True)
    chosen.stop_answering()
    chosen.say_recorded(chosen.Recorded(patient, tuple(each.origin.id for each in saved.values)))
    st.rerun()


def take_back_answers(recorded: chosen.Recorded) -> None:
    """Takes back what was just recorded; says it, or why it could not be."""
    try:
        screening.take_back_answers(recorded.patient, recorded.ids)
    except DashboardError as error:
        queue_message(error_words(error), wrong=True)
        return
    chosen.say_recorded(None)
    queue_message(t("The answers were taken back."))
