"""The conference that this window is in: what is changed from here meanwhile says so (`Circumstances.during`).

hold_conference("c1", "p1")     # the patient whom a running conference discusses, or a page of hers, opened from there
hold_conference("")             # it was left
"""

from typing import Final

import streamlit as st

from dashboard.domain.values.datatypes import Reference
from dashboard.ui.session import session

_HELD: Final = "held_conference"


def hold_conference(ident: str, patient_id: str = "") -> None:
    """This window is in that conference from now on, "" for none; with a patient only what is about that one."""
    st.session_state[_HELD] = (session.user().identity, ident, patient_id)


def leave_conference(page: str) -> None:
    """Whoever opens another page than the conference's, the plan's and that of recommendations is in the conference no
    more.
    """
    if page not in ("conference_live", "care_plan", "recommendations"):
        st.session_state.pop(_HELD, None)


def held_conference(patient_id: str) -> Reference | None:
    """The conference (an Appointment) in which something about the patient is changed here, None for none: also where
    another user is in this window now.
    """
    who, ident, about = st.session_state.get(_HELD, ("", "", ""))
    if not ident or who != session.user().identity or about not in ("", patient_id):
        return None
    try:
        return Reference("Appointment", ident)
    except ValueError:
        return None
