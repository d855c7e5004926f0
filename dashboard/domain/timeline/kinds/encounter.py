"""Encounters on the timeline: a contact, or a conference of the team, in place of the appointment it took place for."""

from dashboard.domain.record.encounter import Encounter
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind, LaneReason
from dashboard.domain.timeline.lanes import first_of_each, meaning_of
from dashboard.domain.timeline.states import state_of


def encounter_event(encounter: Encounter, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the contact, in the lanes of its type, its reasons and its diagnoses."""
    state = state_of("Encounter", encounter.status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(encounter.type, context.terminology)
    start, end, date_warnings = in_order(encounter.start, encounter.end)
    by_reason, perhaps, why = context.reasons(encounter.reason_codes, encounter.reason_references)
    by_diagnosis, perhaps_too = context.inherited(LaneReason.REASON, encounter.diagnoses)
    names = (who.name for who in encounter.participants)
    return EventDraft(
        Event(
            origin=encounter.origin,
            kind=EventKind.CONFERENCE if encounter.conference else EventKind.CONTACT,
            text=encounter.type.text or encounter.service_type or encounter.class_name or encounter.class_code,
            start=start,
            end=end,
            state=state,
            memberships=first_of_each((*meaning.certain, *by_reason, *by_diagnosis)),
            codes=meaning.codes,
            unmapped=meaning.unmapped,
            detail=encounter.provider or next(iter(encounter.places), ""),
            status=encounter.status,
            who=", ".join(dict.fromkeys(filter(None, names))),
            why=why,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*meaning.possible, *perhaps, *perhaps_too)),
        performer=next((who.to for who in encounter.participants if who.to is not None), None),
        replaces=encounter.appointments,
    )
