"""On the page of a care plan, or of recommendations, that was opened from a running conference: the way back, and that
this window is there.

Its user presents on meanwhile, or is counted as present. A mask leads back at once: these pages name the patient.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.domain.values.datatypes import Reference
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import meetings
from dashboard.ui.session.held_conference import held_conference
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press
from dashboard.ui.shared.wording import t


def back_to_conference(patient_id: str) -> None:
    """The line with the way back; nothing where the page was opened otherwise."""
    conference = held_conference(patient_id)
    if conference is None:
        return
    if meetings.join(conference.id).masked and meetings.presents(conference.id):
        navigation.open_conference_live(conference.id)
    panel(
        "plan-conference",
        h.p(class_="c3-summary c3-inconference", role="status")[
            t("What you change here is decided in the conference that runs."),
            " ",
            h.a(
                href=f"conference_live?id={conference.id}",
                class_="c3-button",
                data_act=press("back", id=conference.id),
                data_key="back-to-conference",
            )[t("Back to the conference")],
        ],
        on_press,
    )
    _beat(conference)


def on_press(pressed: Press) -> None:
    """The way back."""
    conference = held_conference(navigation.asked_patient())
    if pressed.get("do") == "back" and conference is not None:
        navigation.open_conference_live(conference.id)


@st.fragment(run_every=1)
def _beat(conference: Reference) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.fragment_ids_this_run:
        return  # the page is being drawn
    with error_boundary("plan-conference"):
        if meetings.join(conference.id).masked and meetings.presents(conference.id):
            st.rerun()
