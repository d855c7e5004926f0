"""Agenda, minutes, notes, discussions and documents as a change finds them: those that are there, else empty ones.

An empty one is made first, by a conditional create: so people who write at the same moment write into the same record,
and the change itself, with its Provenance, is a save over what is there. Where it is cut off in between, something
empty remains that says nothing.
"""

from dataclasses import replace
from datetime import datetime

from dashboard.access.request_context import RequestContext
from dashboard.actions.change_conference import author_of
from dashboard.actions.save import OneOfAKind, create_once, new_reference
from dashboard.cache.conference_documents import read_document
from dashboard.cache.conference_records import (
    agenda_of,
    number_of,
    read_agenda,
    read_discussion,
    read_minutes,
    read_note,
)
from dashboard.domain.access.user import User
from dashboard.domain.conference.agenda import Agenda
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.discussion import Discussion, new_discussion
from dashboard.domain.conference.document import ConferenceDocument, new_document
from dashboard.domain.conference.minutes import Minutes, new_minutes
from dashboard.domain.conference.note import ConferenceNote, new_note
from dashboard.domain.values.code_systems import CONFERENCE_NUMBER
from dashboard.domain.values.datatypes import Reference


def agenda_to_write(context: RequestContext, conference: Conference, actor: User) -> Agenda:
    """The agenda with its resource; where nobody wrote one, with the patients whom the Appointment names."""
    found = read_agenda(context, conference)
    if found is not None:
        return found
    blank = agenda_of(conference, None)
    made = replace(blank, origin=new_reference("List"), title=f"Agenda of {conference.title}", source={})
    return create_once(context.fhir, made, _once(conference.number), actor=actor)[0]


def minutes_to_write(context: RequestContext, conference: Conference, actor: User, at: datetime) -> Minutes:
    """The minutes with their resource."""
    found = read_minutes(context, conference)
    if found is not None:
        return found
    made = new_minutes(new_reference("Composition"), conference, author_of(actor), at)
    return create_once(context.fhir, made, _once(conference.number), actor=actor)[0]


def note_to_write(
    context: RequestContext, conference: Conference, patient: Reference, actor: User, at: datetime
) -> ConferenceNote:
    """The patient's note with its resource."""
    found = read_note(context, conference, patient)
    if found is not None:
        return found
    made = new_note(new_reference("Composition"), patient, conference, author_of(actor), at)
    return create_once(context.fhir, made, _once(number_of(conference, patient)), actor=actor)[0]


def discussion_to_write(
    context: RequestContext, conference: Conference, patient: Reference, actor: User, at: datetime
) -> Discussion:
    """The patient's discussion with its resource; where there is none, one that begins now."""
    found = read_discussion(context, conference, patient)
    if found is not None:
        return found
    made = new_discussion(new_reference("Encounter"), patient, conference, at)
    return create_once(context.fhir, made, _once(number_of(conference, patient)), actor=actor)[0]


def document_to_write(
    context: RequestContext, conference: Conference, note: ConferenceNote, actor: User
) -> ConferenceDocument:
    """The document in which the note is filed, with its resource; where there is none, one without a sheet."""
    found = read_document(context, conference, note.patient)
    if found is not None:
        return found
    made = new_document(new_reference("DocumentReference"), note, conference)
    return create_once(context.fhir, made, _once(number_of(conference, note.patient)), actor=actor)[0]


def _once(number: str) -> OneOfAKind:
    return OneOfAKind(CONFERENCE_NUMBER, number)
