"""Conditions on the timeline: a span from onset to abatement, with stage and certainty."""

from typing import Final

from dashboard.domain.record.condition import Condition
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Certainty, DateWarning, Event, EventKind, EventState
from dashboard.domain.timeline.lanes import meaning_of
from dashboard.domain.timeline.states import STATES, state_of
from dashboard.domain.values.datatypes import CodeableConcept

_SURE: Final = frozenset({"confirmed", ""})


def condition_event(condition: Condition, context: DraftContext) -> EventDraft:
    """Returns the span; "2009" stays a year, and a condition without onset begins on the day it was recorded."""
    meaning = meaning_of(CodeableConcept(condition.code, condition.text), context.terminology)
    start, end, date_warnings = in_order(condition.onset, condition.abatement)
    if start is None and condition.recorded is not None:
        start, end, date_warnings = in_order(condition.recorded, condition.abatement)
        date_warnings = (DateWarning.RECORDED, *date_warnings)
    certainty = certainty_of(condition.verification_status)
    ongoing = clinical_state("Condition", condition.clinical_status, ended=condition.abated)
    return EventDraft(
        Event(
            origin=condition.origin,
            kind=EventKind.CONDITION,
            text=condition.text,
            start=start,
            end=end,
            state=EventState.UNKNOWN if certainty is Certainty.REFUTED else ongoing,
            certainty=certainty,
            memberships=meaning.certain,
            codes=condition.code,
            unmapped=condition.unmapped,
            detail=", ".join(
                filter(None, (condition.onset_text, condition.abatement_text and f"until {condition.abatement_text}"))
            ),
            status=condition.clinical_status,
            # One track where the condition is staged (G3a, then G3b); else one for the same disease.
            track=f"condition:{condition.keys[0] if condition.keys and condition.stage else meaning.key}",
            stage=condition.stage,
            severity=meaning_of(condition.severity, context.terminology).text,
            who=condition.asserter.name,
            recorded=condition.recorded,
            date_warnings=date_warnings,
        ),
        possible=meaning.possible,
        performer=condition.asserter.to,
        unreadable=condition.unreadable,
    )


def certainty_of(verification_status: str) -> Certainty:
    """Returns the certainty of a verificationStatus; a word that R4 does not know confirms nothing."""
    if verification_status in _SURE:
        return Certainty.CONFIRMED
    return Certainty.REFUTED if verification_status == "refuted" else Certainty.UNCONFIRMED


def clinical_state(resource_type: str, clinical_status: str, ended: bool) -> EventState:
    """Returns the state of a clinicalStatus; without one that R4 knows, whatever has not ended goes on."""
    if clinical_status not in STATES[resource_type]:
        return EventState.DONE if ended else EventState.ONGOING
    state = state_of(resource_type, clinical_status)
    assert isinstance(state, EventState)
    return state
