"""Conference note: a Composition about one patient, whose sections are its entries, read and written."""

from typing import Final

from dashboard.domain.conference.note import ConferenceNote, EntryKind, NoteEntry
from dashboard.domain.values.code_systems import CONFERENCE_NUMBER, DOCUMENT_TYPE
from dashboard.domain.values.datatypes import Coding, Reference
from dashboard.fhir.mapping.concepts import concept
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, one, reference, text
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.sections import TextSection, section_of, sections_added
from dashboard.fhir.mapping.writing import (
    NotWritable,
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    written_codings,
    written_date,
)

NOTE: Final = Coding(DOCUMENT_TYPE, "conference-note", "Note of a case conference")
TITLES: Final[dict[EntryKind, str]] = {
    EntryKind.WHY: "Why on the agenda",
    EntryKind.PREPARATION: "Preparation",
    EntryKind.DISCUSSION: "Discussed",
    EntryKind.DECISION: "Decided",
    EntryKind.NO_CHANGE: "No change",
    EntryKind.CORRECTION: "Correction",
}
"""What other programs call the sections; the pages have words of their own."""


def from_fhir(resource: Json) -> ConferenceNote:
    """Returns the note with the resource it was read from. Raises CannotRead for another kind of Composition, for one
    about no patient or no conference, and for a malformed date.
    """
    patient = patient_of(resource)
    if NOTE not in concept(resource.get("type")).codings:
        raise CannotRead("malformed")
    if patient is None:
        raise CannotRead("no-patient")
    conference, written = conference_of(resource), partial_date(resource.get("date"))
    if conference is None or written is None:
        raise CannotRead("no-date" if written is None else "malformed")
    return ConferenceNote(
        origin=origin(resource),
        version=version(resource),
        patient=patient,
        conference=conference,
        number=number_of(resource).removesuffix(f".{patient.id}"),
        title=text(resource.get("title")),
        written=written,
        author=named_reference(one(resource.get("author"))),
        status=text(resource.get("status")),
        discussion=reference(resource.get("encounter")),
        entries=tuple(entry for part in many(resource.get("section")) if (entry := _entry(part)) is not None),
        source=resource,
    )


def conference_of(resource: Json) -> Reference | None:
    """The Appointment that a Composition documents; None where it names none."""
    details = (reference(detail) for event in many(resource.get("event")) for detail in many(event.get("detail")))
    return next((each for each in details if each is not None and each.type == "Appointment"), None)


def number_of(resource: Json) -> str:
    """The conference's number in a Composition's one identifier, "" where it has another or none."""
    identifier = one(resource.get("identifier"))
    return text(identifier.get("value")) if identifier.get("system") == CONFERENCE_NUMBER else ""


def _entry(part: Json) -> NoteEntry | None:
    section = section_of(part)
    if section is None or section.kind not in set(EntryKind):
        return None
    return NoteEntry(EntryKind(section.kind), section.author, section.when, section.text, section.about)


def _section(entry: NoteEntry) -> TextSection:
    return TextSection(entry.kind.value, TITLES[entry.kind], entry.text, entry.author, entry.when, entry.about)


def to_fhir(value: ConferenceNote) -> Json:
    """Returns the resource of the note, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id. Raises NotWritable, also where an entry was changed or taken out.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    blank = {
        "type": {"coding": written_codings([NOTE]), "text": NOTE.display},
        "identifier": {"system": CONFERENCE_NUMBER, "value": f"{value.number}.{value.patient.id}"},
        "subject": reference_to(value.patient),
        "event": [{"detail": [reference_to(value.conference)]}],
        "date": written_date(value.written),
        "author": [named(value.author) or {"display": "Not known"}],
    }
    return new_resource(blank, from_fhir, value, _WRITERS)


def _write_entries(resource: Json, value: ConferenceNote) -> None:
    known = [entry for part in many(resource.get("section")) if (entry := _entry(part)) is not None]
    if any(entry not in value.entries for entry in known):
        raise NotWritable("entries of a note are only added")
    put(resource, "section", sections_added(resource, [_section(entry) for entry in value.entries]) or None)


_WRITERS: Final[dict[str, Writer]] = {
    "title": lambda resource, value: put(resource, "title", value.title),
    "status": lambda resource, value: put(resource, "status", value.status),
    "discussion": lambda resource, value: put(
        resource, "encounter", reference_to(value.discussion) if value.discussion else None
    ),
    "entries": _write_entries,
}
"""How each field is written; the others are only read."""
