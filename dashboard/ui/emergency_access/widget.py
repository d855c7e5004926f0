"""Beyond my teams: the form that opens one patient for a time, with a reason that the coordinator reads."""

import streamlit as st

from dashboard.domain.access.emergency_access import EmergencyReason
from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.errors import DashboardError
from dashboard.ui.emergency_access.html import REASONS
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import reads, session
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.wording import t


def emergency_access_form(typed: str) -> None:
    """For those who may, where nobody in their teams fits. `typed` is the searched text: likely the identifier."""
    if not is_permitted(session.user().roles, Action.EMERGENCY_ACCESS, Relation.OTHER_TEAM):
        return
    minutes = session.process().settings.emergency_access_minutes
    with st.expander(t("Emergency: I need a patient who is not in my teams"), icon=":material/emergency:"):
        st.caption(
            t(
                "You will see this one record for a set time. The coordinator of the patient's team is told at once, "
                "with your name and reason."
            )
        )
        with st.form("break-glass", border=False):
            identifier = st.text_input(
                t("The patient's whole identifier"),
                value=typed if any(letter.isdigit() for letter in typed) else "",
                key="glass_identifier",
                max_chars=64,
                autocomplete="off",
            )
            reason = st.selectbox(
                t("Reason"),
                list(EmergencyReason),
                index=None,
                format_func=lambda each: t(REASONS[each]),
                key="glass_reason",
            )
            words = st.text_input(t("In your words"), key="glass_words", max_chars=500, autocomplete="off")
            pressed = st.form_submit_button(
                t("Break the glass for {minutes} minutes", minutes=minutes), type="primary", key="glass_break"
            )
        if pressed:
            _break(identifier, reason, words)


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
    navigation.open_patient(opened)
