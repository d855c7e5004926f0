"""The section Evaluation: computed when it is asked for, since it reads the records of everybody who is enrolled."""

import streamlit as st

from dashboard.domain.evaluation.summary import EvaluationSummary
from dashboard.ui.pilot.evaluation_html import evaluation_html
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.session import evaluation_reads
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t


def evaluation_section(view: EnrolmentView) -> None:
    """Heading, the button, and what it computed last while this page is open; not beside the patients in care."""
    if view.care:
        return
    with error_boundary("pilot-evaluation"):
        st.subheader(t("Evaluation"), anchor=False)
        st.caption(
            t("HbA1c, blood pressure, eGFR, PHQ-9, admissions, medicines and goals, before enrolment and after.")
        )
        pressed = st.button(t("Evaluate"), key="pilot_evaluate", icon=":material/analytics:")
        summary = _computed(view.study) if pressed else evaluation_reads.shown_evaluation(view.study)
        if summary is not None:
            panel("pilot-evaluation", evaluation_html(summary))


def _computed(study: str) -> EvaluationSummary:
    """The evaluation, with the number of people whose records have been read shown meanwhile."""
    with st.status(t("Reading the records of everybody who is enrolled")) as status:
        summary = evaluation_reads.read_evaluation(
            study, lambda done: status.update(label=t("Read: {done}", done=done))
        )
        status.update(label=t("Evaluated"), state="complete")
    return summary
