"""Immunisations on the timeline."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.immunization import Immunization
from dashboard.domain.timeline.drafts import DraftContext, EventDraft
from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.lanes import first_of_each, meaning_of
from dashboard.domain.timeline.states import state_of


def immunisation_event(immunization: Immunization, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the vaccine that was given, or refused."""
    state = state_of("Immunization", immunization.status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(immunization.vaccine, context.terminology)
    by_reason, inherited, why = context.reasons(immunization.reason_codes, immunization.reason_references)
    return EventDraft(
        Event(
            origin=immunization.origin,
            kind=EventKind.IMMUNISATION,
            text=meaning.text,
            start=immunization.when,
            state=state,
            memberships=first_of_each((*meaning.certain, *by_reason)),
            codes=immunization.vaccine.codings,
            unmapped=meaning.unmapped,
            detail=immunization.time_text,
            status=immunization.status,
            track=f"immunisation:{meaning.key}",
            who=immunization.performer.name,
            why=why or immunization.status_reason,
            recorded=immunization.recorded,
        ),
        possible=first_of_each((*meaning.possible, *inherited)),
        performer=immunization.performer.to,
    )
