"""Conference: an Appointment of the type `mdt-conference`, read and written."""

from dataclasses import dataclass, replace
from typing import Final

from dashboard.domain.conference.conference import Attendee, Conference
from dashboard.domain.record.appointment import CONFERENCE
from dashboard.domain.values.code_systems import CONFERENCE_NUMBER
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.fhir.mapping.concepts import concept
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, display, many, named_reference, reference, text
from dashboard.fhir.mapping.identifiers import identifier_of, write_identifier
from dashboard.fhir.mapping.reading import origin, version
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    worded,
    write_changes,
    write_entries,
    written_codings,
    written_date,
)

PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
SERIES: Final = "https://c3-cloud.example/fhir/sid/conference-series"
"""The identifier that conferences planned together share."""
_PLACE: Final = "LOC"
_PROFESSIONALS: Final = ("Practitioner", "PractitionerRole")
TYPE_WORDS: Final = "Case conference of the multidisciplinary team"


def listed(resource: Json) -> Conference | None:
    """Returns the conference for a list or a cache: without its resource, None for one that was entered in error."""
    if text(resource.get("status")) == "entered-in-error":
        return None
    return replace(from_fhir(resource), source=None)


def from_fhir(resource: Json) -> Conference:
    """Returns the conference with the resource it was read from. Raises CannotRead for another kind of appointment, and
    for a malformed time.
    """
    if CONFERENCE not in concept(resource.get("appointmentType")).codings:
        raise CannotRead("malformed")
    parts = [_part(each) for each in many(resource.get("participant"))]
    informed = [named_reference(each) for each in many(resource.get("supportingInformation"))]
    return Conference(
        origin=origin(resource),
        version=version(resource),
        status=text(resource.get("status")),
        title=text(resource.get("description")),
        start=partial_date(resource.get("start")),
        end=partial_date(resource.get("end")),
        place=next((each.name for each in parts if each is not None and each.kind == "place"), ""),
        team=next((each for each in informed if each.to is not None and each.to.type == "Organization"), NOBODY),
        attendees=tuple(
            Attendee(NamedReference(each.to, each.name), each.answer)
            for each in parts
            if each is not None and each.kind == "attendee"
        ),
        patients=tuple(
            each.to for each in parts if each is not None and each.kind == "patient" and each.to is not None
        ),
        agenda=next((each.to for each in informed if each.to is not None and each.to.type == "List"), None),
        number=identifier_of(resource, CONFERENCE_NUMBER) or text(resource.get("id")),
        series=identifier_of(resource, SERIES),
        cancelled_because=concept(resource.get("cancelationReason")).text,
        source=resource,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A participant element: an attendee, a patient or the place."""

    kind: str
    to: Reference | None
    name: str = ""
    answer: str = "accepted"


def _part(element: Json) -> _Part | None:
    actor = element.get("actor")
    to, name = reference(actor), display(actor)
    if to is not None and to.type in _PROFESSIONALS:
        return _Part("attendee", to, name, text(element.get("status")) or "needs-action")
    if to is not None and to.type == "Patient":
        return _Part("patient", to)
    kinds = [each.code for part in many(element.get("type")) for each in concept(part).codings]
    if (to is not None and to.type == "Location") or (to is None and _PLACE in kinds):
        return _Part("place", to, name)
    return None


def to_fhir(value: Conference) -> Json:
    """Returns the resource of the conference, with the elements of changed fields written over what was read; of a new
    one (`source` {}) a resource without id. Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    kind = {"coding": written_codings([CONFERENCE]), "text": TYPE_WORDS}
    number = [{"system": CONFERENCE_NUMBER, "value": value.number}]
    return new_resource({"appointmentType": kind, "identifier": number}, from_fhir, value, _WRITERS)


def _write_participants(resource: Json, value: Conference) -> None:
    """Attendees, patients and the place; other participants stay as they are."""
    wanted = [
        *(_Part("attendee", each.who.to, each.who.name, each.answer) for each in value.attendees),
        *(_Part("patient", each) for each in value.patients),
        *([_Part("place", _place_of(resource, value.place), value.place)] if value.place else []),
    ]
    write_entries(
        resource,
        "participant",
        wanted,
        read=_part,
        make=lambda new: _written({}, new),
        change=_written,
        likeness=lambda one, other: int(
            one.kind == other.kind and (one.kind == "place" or (one.to is not None and one.to == other.to))
        ),
    )


def _place_of(resource: Json, name: str) -> Reference | None:
    """The Location of the place that is there already, where its name stays."""
    parts = (_part(each) for each in many(resource.get("participant")))
    return next((each.to for each in parts if each is not None and each.kind == "place" and each.name == name), None)


def _written(element: Json, new: _Part) -> Json:
    old = _part(element)
    if old is None or (old.to, old.name) != (new.to, new.name):
        put(element, "actor", named(NamedReference(new.to, new.name)))
    if old is None:
        put(element, "required", {"attendee": "required", "patient": "information-only"}.get(new.kind))
    if new.kind == "place" and not many(element.get("type")):
        put(element, "type", [{"coding": [{"system": PARTICIPATION, "code": _PLACE}]}])
    put(element, "status", new.answer)
    return element


def _write_end(resource: Json, value: Conference) -> None:
    put(resource, "end", written_date(value.end))
    put(resource, "minutesDuration", value.minutes or None)


def _write_informed(resource: Json, value: Conference) -> None:
    """The team and the agenda among the supporting information; whatever else stands there stays."""
    wanted = [each for each in (value.team, NamedReference(value.agenda)) if each.to is not None]
    write_entries(
        resource,
        "supportingInformation",
        wanted,
        read=lambda part: _ours(named_reference(part)),
        make=lambda new: reference_to(new.to, new.name) if new.to is not None else {},
    )


def _ours(found: NamedReference) -> NamedReference | None:
    return found if found.to is not None and found.to.type in ("Organization", "List") else None


_WRITERS: Final[dict[str, Writer]] = {
    "status": lambda resource, value: put(resource, "status", value.status),
    "title": lambda resource, value: put(resource, "description", value.title),
    "start": lambda resource, value: put(resource, "start", written_date(value.start)),
    "end": _write_end,
    "place": _write_participants,
    "attendees": _write_participants,
    "patients": _write_participants,
    "team": _write_informed,
    "agenda": _write_informed,
    "series": lambda resource, value: write_identifier(resource, SERIES, value.series),
    "cancelled_because": lambda resource, value: put(resource, "cancelationReason", worded(value.cancelled_because)),
}
"""How each field is written; the others are only read."""
