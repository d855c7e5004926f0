"""Appointments on the timeline: a contact or a conference of the team; the other patients of a conference are not
named.
"""

from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.lanes import first_of_each, meaning_of
from dashboard.domain.timeline.states import state_of
from dashboard.domain.values.datatypes import NO_CONCEPT

_PROFESSIONALS = ("Practitioner", "PractitionerRole", "RelatedPerson")


def appointment_event(appointment: Appointment, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the appointment, in the lanes of its service or type and of its reasons."""
    state = state_of("Appointment", appointment.status)
    if isinstance(state, Exclusion):
        return state
    kind = appointment.type if appointment.service_type == NO_CONCEPT else appointment.service_type
    meaning = meaning_of(kind, context.terminology)
    start, end, date_warnings = in_order(appointment.start, appointment.end)
    by_reason, perhaps, why = context.reasons(appointment.reason_codes, appointment.reason_references)
    people = (actor.to for actor in appointment.actors if actor.to is not None and actor.to.type in _PROFESSIONALS)
    return EventDraft(
        Event(
            origin=appointment.origin,
            kind=EventKind.CONFERENCE if appointment.conference else EventKind.CONTACT,
            text=appointment.description or appointment.type.text or meaning.text,
            start=start,
            end=end,
            state=state,
            memberships=first_of_each((*meaning.certain, *by_reason)),
            codes=meaning.codes,
            unmapped=meaning.unmapped and not appointment.conference,
            detail=appointment.names_of("Location"),
            status=appointment.status,
            who=appointment.names_of(*_PROFESSIONALS),
            why=why,
            recorded=appointment.created,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*meaning.possible, *perhaps)),
        performer=next(people, None),
        unreadable=appointment.unreadable,
    )
