"""What Streamlit would forget of the form that is open: what is filled in, and why it could not be saved."""

from typing import Final

import streamlit as st

from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.session import session

OPEN: Final = "plan_open"
_REFUSAL, _FILLED = "plan_refusal", "plan_filled"
_ALWAYS: Final = {"note": "note", "end": "endreason"}
"""By what a form does, a field that it always has; else "why"."""


def refusal(form: OpenForm) -> str:
    """Why what is in this form could not be saved at the last try; "" where it was not tried, or nothing is wrong."""
    of, sentence = st.session_state.get(_REFUSAL, (None, ""))
    return str(sentence) if of == (form.patient_id, form.do, form.origin) else ""


def forget_refusal() -> None:
    """It is tried again, or left."""
    st.session_state.pop(_REFUSAL, None)


def refuse_in_form(form: OpenForm, sentence: str) -> None:
    """Says in the form why it could not be saved, until the next try."""
    st.session_state[_REFUSAL] = ((form.patient_id, form.do, form.origin), sentence)


def remember_filled(form: OpenForm, filled: PlanItem, why: str) -> None:
    """What the fields of the form hold by now, for `went_on` and for a form that begins from this one."""
    st.session_state[_FILLED] = (form.key(form.do), filled, why, session.as_of())


def filled_so_far(form: OpenForm) -> PlanItem:
    """The item as the form was filled in when it was last drawn."""
    of, filled, _, _ = st.session_state.get(_FILLED, ("", form.item, "", None))
    return filled if of == form.key(form.do) else form.item  # type: ignore[no-any-return]


def went_on(form: OpenForm) -> OpenForm:
    """The form with what it held when it was last drawn, if it was out of sight since: Streamlit forgets what is in the
    fields that one run of the script does not draw, as on another page, in the history, or while the plan cannot be
    read.
    """
    of, filled, why, typed = st.session_state.get(_FILLED, ("", None, "", None))
    if of != form.key(form.do) or form.key(_ALWAYS.get(form.do, "why")) in st.session_state:
        return form
    form = st.session_state[OPEN] = form.go_on_with(filled, why, typed if form.typed(filled) else None)
    return form


def forget_filled() -> None:
    """Another form opens, or the same begins anew."""
    st.session_state.pop(_FILLED, None)
