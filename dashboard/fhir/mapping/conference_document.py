"""Document of a conference: a DocumentReference that holds a patient's sheet of the minutes, read and written.

As any document it is an event of the patient's timeline too (`fhir.mapping.document_reference`).
"""

import base64
import binascii
import hashlib
from dataclasses import replace
from typing import Final

from dashboard.domain.conference.document import ConferenceDocument
from dashboard.domain.values.code_systems import CONFERENCE_NUMBER
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.concepts import concept
from dashboard.fhir.mapping.conference_note import NOTE
from dashboard.fhir.mapping.dates import date_or_unreadable, period
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, one, reference, references, text
from dashboard.fhir.mapping.identifiers import identifier_of
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
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

PDF: Final = "application/pdf"
LISTED: Final = "identifier,status,docStatus,type,subject,date,description,context"
"""The elements of a list (`_elements`): all but the sheet itself."""


def listed(resource: Json) -> ConferenceDocument:
    """Returns the document for a list: without its resource and its sheet, which need not have been asked for."""
    return replace(from_fhir({**resource, "content": []}), source=None)


def from_fhir(resource: Json) -> ConferenceDocument:
    """Returns the document with the resource it was read from. Raises CannotRead for another kind of document, and for
    one about no patient or no conference.
    """
    patient, context = patient_of(resource), one(resource.get("context"))
    if NOTE not in concept(resource.get("type")).codings:
        raise CannotRead("malformed")
    if patient is None:
        raise CannotRead("no-patient")
    related = references(context.get("related"))
    conference = next((each for each in related if each.type == "Appointment"), None)
    if conference is None:
        raise CannotRead("malformed")
    filed, _ = date_or_unreadable(resource, "date")
    start, end = period(context.get("period"))
    return ConferenceDocument(
        origin=origin(resource),
        version=version(resource),
        patient=patient,
        conference=conference,
        number=identifier_of(resource, CONFERENCE_NUMBER).removesuffix(f".{patient.id}"),
        title=text(resource.get("description")),
        status=text(resource.get("docStatus")),
        filed=filed,
        author=named_reference(one(resource.get("author"))),
        note=next((each for each in related if each.type == "Composition"), None),
        discussion=reference(one(context.get("encounter"))),
        start=start,
        end=end,
        pdf=_pdf(resource),
        source=resource,
    )


def _pdf(resource: Json) -> bytes:
    data = text(one(one(resource.get("content")).get("attachment")).get("data"))
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return b""


def to_fhir(value: ConferenceDocument) -> Json:
    """Returns the resource of the document, with the elements of changed fields written over what was read; of a new
    one (`source` {}) a resource without id. Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    blank = {
        "status": "current",
        "docStatus": "preliminary",
        "type": {"coding": written_codings([NOTE]), "text": NOTE.display},
        "identifier": [{"system": CONFERENCE_NUMBER, "value": f"{value.number}.{value.patient.id}"}],
        "subject": reference_to(value.patient),
        # R4 wants a content, also of a document that has yet to get its sheet.
        "content": [{"attachment": {"contentType": PDF}}],
        "context": {"related": [reference_to(value.conference)]},
    }
    return new_resource(blank, from_fhir, value, _WRITERS)


def _write_pdf(resource: Json, value: ConferenceDocument) -> None:
    """The sheet as one attachment, with its size and its SHA-1, which is the hash of R4's Attachment."""
    digest = hashlib.sha1(value.pdf, usedforsecurity=False).digest()
    attachment = {
        "contentType": PDF,
        "data": _written(value.pdf),
        "size": len(value.pdf),
        "hash": _written(digest),
        "title": value.title,
        "creation": written_date(value.filed),
    }
    put(resource, "content", [{"attachment": {name: part for name, part in attachment.items() if part}}])


def _written(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _write_related(resource: Json, value: ConferenceDocument) -> None:
    """The conference and the note among what it is about; whatever else stands there stays."""
    wanted = [each for each in (value.conference, value.note) if each is not None]
    parts = many(one(resource.get("context")).get("related"))
    others = [each for each in parts if not _ours(reference(each))]
    put(resource, "context.related", [*map(reference_to, wanted), *others])


def _ours(to: Reference | None) -> bool:
    return to is not None and to.type in ("Appointment", "Composition")


def _write_discussion(resource: Json, value: ConferenceDocument) -> None:
    put(resource, "context.encounter", [reference_to(value.discussion)] if value.discussion is not None else None)


_WRITERS: Final[dict[str, Writer]] = {
    "title": lambda resource, value: put(resource, "description", value.title),
    "status": lambda resource, value: put(resource, "docStatus", value.status),
    "filed": lambda resource, value: put(resource, "date", written_date(value.filed)),
    "author": lambda resource, value: put(resource, "author", [named(value.author) or {"display": "Not known"}]),
    "note": _write_related,
    "discussion": _write_discussion,
    "start": lambda resource, value: put(resource, "context.period.start", written_date(value.start)),
    "end": lambda resource, value: put(resource, "context.period.end", written_date(value.end)),
    "pdf": _write_pdf,
}
"""How each field is written; the others are only read."""
