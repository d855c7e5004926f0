"""Discussion: an Encounter of a conference about one patient, read and written.

As any Encounter it is a contact of the patient too, and an event of the timeline (`fhir.mapping.encounter`).
"""

from typing import Final

from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.record.appointment import CONFERENCE
from dashboard.domain.record.encounter import ASSESSMENT
from dashboard.domain.values.code_systems import CONFERENCE_NUMBER
from dashboard.domain.values.datatypes import Coding, NamedReference
from dashboard.fhir.mapping.dates import period
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, references, text
from dashboard.fhir.mapping.identifiers import identifier_of, write_identifier
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    write_entries,
    written_codings,
    written_date,
)

ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
VIRTUAL: Final = Coding(ACT_CODE, "VR", "virtual")
"""The class of an Encounter at which the patient is not."""


def from_fhir(resource: Json) -> Discussion:
    """Returns the discussion with the resource it was read from. Raises CannotRead for an Encounter that is tied to no
    Appointment or no patient, and for a malformed period.
    """
    patient, conferences = patient_of(resource), references(resource.get("appointment"))
    if patient is None:
        raise CannotRead("no-patient")
    if not conferences:
        raise CannotRead("malformed")
    start, end = period(resource.get("period"))
    return Discussion(
        origin=origin(resource),
        version=version(resource),
        patient=patient,
        conference=conferences[0],
        number=identifier_of(resource, CONFERENCE_NUMBER).rpartition(".")[0],
        status=text(resource.get("status")),
        start=start,
        end=end,
        present=tuple(named_reference(each.get("individual")) for each in many(resource.get("participant"))),
        provider=named_reference(resource.get("serviceProvider")),
        source=resource,
    )


def to_fhir(value: Discussion) -> Json:
    """Returns the resource of the discussion, with the elements of changed fields written over what was read; of a new
    one (`source` {}) a resource without id. Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    blank = {
        "class": {"system": VIRTUAL.system, "code": VIRTUAL.code, "display": VIRTUAL.display},
        "type": [{"coding": written_codings([ASSESSMENT, CONFERENCE]), "text": "Case conference"}],
        "subject": reference_to(value.patient),
        "appointment": [reference_to(value.conference)],
    }
    return new_resource(blank, from_fhir, value, _WRITERS)


def _write_present(resource: Json, value: Discussion) -> None:
    def read(part: Json) -> NamedReference:
        return named_reference(part.get("individual"))

    write_entries(resource, "participant", value.present, read=read, make=lambda new: {"individual": named(new) or {}})


def _write_number(resource: Json, value: Discussion) -> None:
    write_identifier(resource, CONFERENCE_NUMBER, f"{value.number}.{value.patient.id}")


_WRITERS: Final[dict[str, Writer]] = {
    "number": _write_number,
    "status": lambda resource, value: put(resource, "status", value.status),
    "start": lambda resource, value: put(resource, "period.start", written_date(value.start)),
    "end": lambda resource, value: put(resource, "period.end", written_date(value.end)),
    "present": _write_present,
    "provider": lambda resource, value: put(resource, "serviceProvider", named(value.provider)),
}
"""How each field is written; the others are only read."""
