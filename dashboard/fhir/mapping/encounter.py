"""Encounter: a contact that took place."""

from typing import Final

from dashboard.domain.record.contact import Contact, contact_of_encounter
from dashboard.domain.record.encounter import Encounter
from dashboard.domain.values.datatypes import PartialDate
from dashboard.fhir.mapping.concepts import concept, concept_text, concepts
from dashboard.fhir.mapping.dates import period
from dashboard.fhir.mapping.elements import (
    CannotRead,
    Json,
    display,
    many,
    named_reference,
    named_references,
    one,
    references,
    text,
)
from dashboard.fhir.mapping.reading import origin

LEFT_OUT: Final = frozenset({"entered-in-error", "cancelled"})


def from_fhir(resource: Json) -> Encounter:
    """Returns the encounter, whatever its status. Without a period its time is that of its statuses and locations.

    Raises CannotRead for a malformed period.
    """
    start, end = period(resource.get("period"))
    if start is None and end is None:
        start, end = _other_period(resource)
    kind = one(resource.get("class"))
    places = (display(one(part).get("location")) for part in many(resource.get("location")))
    return Encounter(
        origin=origin(resource),
        status=text(resource.get("status")),
        start=start,
        end=end,
        type=concept(resource.get("type")),
        service_type=concept_text(resource.get("serviceType")),
        class_code=text(kind.get("code")),
        class_name=text(kind.get("display")),
        participants=tuple(named_reference(part.get("individual")) for part in many(resource.get("participant"))),
        provider=display(resource.get("serviceProvider")),
        places=tuple(filter(None, places)),
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        diagnoses=references([part.get("condition") for part in many(resource.get("diagnosis"))]),
        appointments=references(resource.get("appointment")),
    )


def _other_period(resource: Json) -> tuple[PartialDate | None, PartialDate | None]:
    """The first start and the last end among its statuses and locations. Raises CannotRead."""
    parts = [part for name in ("statusHistory", "location") for part in many(resource.get(name))]
    periods = [period(part.get("period")) for part in parts]
    starts = [start for start, _ in periods if start is not None]
    ends = [end for _, end in periods if end is not None]
    return min(starts, default=None), max(ends, default=None)


def contact(resource: Json) -> Contact | None:
    """Returns the contact as pages list it; None when it did not take place. Raises CannotRead("no-date")."""
    if text(resource.get("status")) in LEFT_OUT:
        return None
    line = contact_of_encounter(from_fhir(resource))
    if line is None:
        raise CannotRead("no-date")
    return line
