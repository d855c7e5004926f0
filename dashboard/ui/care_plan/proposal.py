"""Something that another page proposes for the plan: the form of a new item opens filled in with it."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.errors import DashboardError
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.widget_filled import OPEN, forget_filled
from dashboard.ui.session.recommendations import take_back
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.wording import t

_PROPOSED: Final = "plan_proposed"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new item for a patient's plan. `accepts` is the recommendation that it follows, `why` the reason that the form
    begins with.
    """

    patient_id: str
    item: PlanItem
    accepts: Guidance
    why: str


def propose(proposal: Proposal) -> None:
    """The care plan of the patient opens with it, the next time that it is shown in this session."""
    st.session_state[_PROPOSED] = proposal


def proposed(patient_id: str) -> Proposal | None:
    """What waits for this patient's plan; what was for another's is dropped."""
    proposal = st.session_state.get(_PROPOSED)
    if isinstance(proposal, Proposal) and proposal.patient_id == patient_id:
        return proposal
    st.session_state.pop(_PROPOSED, None)
    return None


def open_proposal(page: PlanPage) -> None:
    """Opens the form of a new item with what another page has proposed, once."""
    proposal = proposed(page.summary.person.id)
    if proposal is None or not page.may_change:
        return
    st.session_state.pop(_PROPOSED, None)
    forget_filled()
    st.session_state[OPEN] = OpenForm(
        proposal.patient_id,
        "add",
        page.shared,
        proposal.item,
        near=page.shared.plan.origin,  # at the top: the user comes from another page
        why=proposal.why,
        accepts=proposal.accepts,
    )


def open_again(patient_id: str, accepted: Guidance) -> None:
    """Takes the acceptance of a recommendation back, when what was added for it was taken back; says where it could not
    be.
    """
    try:
        take_back(patient_id, accepted, t("Taken back"))
    except DashboardError as problem:
        queue_message(t("The recommendation stays accepted: {why}", why=error_words(problem)), caution=True)
