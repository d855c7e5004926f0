"""What is asked before minutes are sent back or a note is corrected: the words."""

import streamlit as st

from dashboard.domain.conference.minutes import LONGEST_REMARK
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes
from dashboard.domain.conference.note import LONGEST_ENTRY, EntryKind
from dashboard.ui.conference.widget_dialogs import save_in_dialog
from dashboard.ui.record.people import show_name
from dashboard.ui.session import minutes
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t


@st.dialog(mark("Send back for correction"))
def send_back_dialog(view: MinutesView) -> None:
    # A dialog runs again by itself, outside the boundary of the page that opened it.
    with error_boundary("send-back"):
        _send_back(view)


def _send_back(view: MinutesView) -> None:
    st.text(clean(view.conference.title, 120))
    text = st.text_area(t("What is to be corrected (everybody who was there reads it)"), max_chars=LONGEST_REMARK,
                        key="minutes_remark")  # fmt: skip
    if st.button(t("Send back"), type="primary", key="minutes_send_back"):
        ident = view.conference.origin.id
        if save_in_dialog(lambda: minutes.send_back(ident, str(text or "")), t("Sent back."), minutes.forget):
            st.rerun()


@st.dialog(mark("Add to the minutes"))
def write_dialog(view: MinutesView, line: PatientMinutes, kind: EntryKind) -> None:
    with error_boundary("write-minutes"):
        _write(view, line, kind)


def _write(view: MinutesView, line: PatientMinutes, kind: EntryKind) -> None:
    st.text(show_name(line.person.name))
    correcting = kind is EntryKind.CORRECTION
    st.text(
        t("What stands there stays; the correction is added to it.") if correcting else t("Added to what is there.")
    )
    label = t("Correction (the team sees it)") if correcting else t("What was discussed (the team sees it)")
    text = st.text_area(label, max_chars=LONGEST_ENTRY, key="minutes_text")
    if st.button(t("Save"), type="primary", key="minutes_write"):
        ident, patient = view.conference.origin.id, line.patient.id
        if save_in_dialog(
            lambda: minutes.write_entry(ident, patient, kind, str(text or "")), t("Written."), minutes.forget
        ):
            st.rerun()
