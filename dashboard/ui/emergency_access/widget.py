"""Beyond my teams: the form that opens one patient for a time with a reason, and whom I have opened so, to end it."""

import streamlit as st

from dashboard.domain.access.emergency_access import EmergencyReason
from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.errors import DashboardError
from dashboard.queries.list_emergency_accesses import OpenedInEmergency
from dashboard.ui.emergency_access.html import REASONS, opened_html, running_html
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import reads, session
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.messages import queue_message, show_messages
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t

# How often the top bar asks whether an emergency access runs.
BAR_SECONDS = 30
_FIELDS = ("glass_identifier", "glass_reason", "glass_words")


def emergency_access_form(typed: str, about: str = "find", *, opened: bool = False) -> None:
    """For those who may, where a patient was refused. `typed` is the searched text: likely the identifier. `about` says
    where it stands: what was typed is kept there, across an error and a closed dialog, and for nobody else. `opened`
    shows it unfolded.
    """
    if not is_permitted(session.user().roles, Action.EMERGENCY_ACCESS, Relation.OTHER_TEAM):
        return
    _keep_for(about, typed if any(letter.isdigit() for letter in typed) else "")
    minutes = session.process().settings.emergency_access_minutes
    title = t("Emergency: I need a patient who is not in my teams")
    with st.expander(title, icon=":material/emergency:", expanded=opened):
        st.caption(
            t(
                "You will see this one record for a set time. The coordinator of the patient's team is told at once, "
                "with your name and reason."
            )
        )
        identifier = st.text_input(
            t("The patient's whole identifier"),
            key="glass_identifier",
            max_chars=64,
            autocomplete="off",
            persist_state="session",
        )
        reason = st.selectbox(
            t("Reason"),
            list(EmergencyReason),
            index=None,
            format_func=lambda each: t(REASONS[each]),
            key="glass_reason",
            persist_state="session",
        )
        words = st.text_input(
            t("In your words"), key="glass_words", max_chars=500, autocomplete="off", persist_state="session"
        )
        pressed = st.button(
            t("Break the glass for {minutes} minutes", minutes=minutes), type="primary", key="glass_break"
        )
        if pressed:
            _break(identifier or "", reason, words or "")


def beyond_refusal(patient_id: str) -> None:
    """What stands under the words that a patient was not found: the form, open, and what became of a press before."""
    show_messages()
    emergency_access_form("", f"patient {patient_id}", opened=True)


def _keep_for(about: str, identifier: str) -> None:
    """What was typed for one patient is never offered for another."""
    state = st.session_state
    if state.get("glass_about") != about:
        for field in _FIELDS:
            state.pop(field, None)
        state["glass_about"], state["glass_typed"] = about, ""
    if identifier and state.get("glass_typed") != identifier:
        state["glass_typed"] = state["glass_identifier"] = identifier


def emergency_access_list() -> None:
    """Whom the user has opened in an emergency, with the time left; nothing where there is nobody, or no answer."""
    shown = opened_html(_running(), ViewTime(session.as_of(), session.zone()))
    if shown is not None:
        panel("emergency-list", shown, on_emergency_press)


@st.fragment(run_every=BAR_SECONDS)
def emergency_access_bar() -> None:
    """The time left, in the top bar of every page while an emergency access runs. It asks again by itself, for one that
    another window has begun or ended.
    """
    shown = running_html(_running(), ViewTime(session.as_of(), session.zone()))
    if shown is not None:
        panel("emergency-bar", shown, on_emergency_press, narrow=True)


def _running() -> tuple[OpenedInEmergency, ...]:
    if not is_permitted(session.user().roles, Action.EMERGENCY_ACCESS, Relation.EMERGENCY_ACCESS):
        return ()
    try:
        return reads.emergency_accesses()
    except DashboardError:
        return ()


def on_emergency_press(pressed: Press) -> None:
    """Opens one of the list, or ends an access, from the list, the top bar or the patient's banner. `over` is that the
    time has come to its end: the run that follows shows it.
    """
    if pressed.get("do") == "open":
        navigation.open_patient(press_text(pressed, "id"))
    elif pressed.get("do") == "list":
        navigation.open_worklist()
    elif pressed.get("do") == "over":
        reads.forget_emergency_accesses()
    elif pressed.get("do") == "end-emergency":
        try:
            reads.end_emergency(press_text(pressed, "id"))
        except DashboardError as problem:
            queue_message(error_words(problem), wrong=True)
        else:
            queue_message(t("Your emergency access has ended."))


@uninterrupted()
def _break(identifier: str, reason: object, words: str) -> None:
    # What a browser says it chose need not be among what was offered.
    if not isinstance(reason, EmergencyReason):
        st.error(t("Choose a reason first."))
        return
    try:
        opened = reads.open_in_emergency(identifier, reason, words)
    except DashboardError as problem:
        st.error(error_words(problem))
        return
    for field in (*_FIELDS, "glass_about", "glass_typed"):
        st.session_state.pop(field, None)
    navigation.open_patient(opened)
