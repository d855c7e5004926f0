"""Which of the person's medicines and appointments belong to the plan: they are put into it and taken out of it, and
changed where they are prescribed or booked.
"""

from collections.abc import Iterable

import streamlit as st

from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.widget_changes import close_form, link
from dashboard.ui.care_plan.widget_fields import Filling, ask_several, ask_why
from dashboard.ui.care_plan.widget_filled import forget_refusal, refusal
from dashboard.ui.care_plan.words import kind_word
from dashboard.ui.record.people import distinct_labels
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t


def linking_form(form: OpenForm, page: PlanPage) -> None:
    """What comes in, what goes out, and why."""
    filling = Filling(form, page)
    offered, linked = page.offered, page.linked
    said = [t("Only a reference is kept here: a dose or a time is changed where it is prescribed or booked.")]
    if not offered:
        said.append(t("No other current medicine or coming appointment of the person is known here."))
    panel("plan-linkhead", h.div[[h.p(class_="c3-sub")[words] for words in said]])
    put_in = _ask(filling, "put-in", t("Put into the plan"), offered)
    taken_out = _ask(filling, "take-out", t("Take out of the plan"), linked)
    reason = ask_why(filling)
    wrong = st.container()
    with st.container(horizontal=True):
        if st.button(t("Save"), type="primary", key="plan_save"):
            forget_refusal()
            if not put_in and not taken_out:
                wrong.error(t("Choose what is put into the plan, or taken out of it."))
            elif not without_control_characters(reason):
                wrong.error(t("Say in a few words why; the team reads it."))
            else:
                name = ", ".join(page.names.of(each) for each in (*put_in, *taken_out))
                link(form, put_in, taken_out, reason, clean(name, 120))
                st.rerun()
        if st.button(t("Close"), key="plan_close"):
            close_form()
            st.rerun()
    if refused := refusal(form):
        wrong.error(refused)


def _ask(filling: Filling, name: str, label: str, records: Iterable[Reference]) -> list[Reference]:
    """Several of these records, each by its kind and its words; none where there is nothing to choose."""
    known = {str(each): each for each in records}
    if not known:
        return []
    names = filling.page.names
    words = {key: f"{kind_word(each.type)}: {names.of(each)}" for key, each in known.items()}
    return [known[key] for key in ask_several(filling, name, distinct_labels(words), label)]
