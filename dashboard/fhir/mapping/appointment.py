"""Appointment: a contact or a conference that is booked."""

from dataclasses import dataclass
from typing import Final

from dashboard.domain.record.contact import Contact
from dashboard.domain.values.code_systems import APPOINTMENT_TYPE
from dashboard.domain.values.datatypes import Coding, Reference
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    codings,
    concept_text,
    display,
    many,
    origin,
    partial_date,
    reference,
    text,
)

CONFERENCE: Final = Coding(APPOINTMENT_TYPE, "mdt-conference")
BOOKED: Final = "booked"


@dataclass(frozen=True, slots=True)
class AppointmentReading:
    """The planned contact, the patients it concerns, and whether it is a conference of the team."""

    contact: Contact
    patients: tuple[Reference, ...]
    conference: bool


def appointment(resource: Json) -> AppointmentReading | None:
    """The appointment; None unless it is booked: one proposed, cancelled, over or entered in error binds nobody."""
    if resource.get("status") != BOOKED:
        return None
    when = partial_date(resource.get("start") or resource.get("requestedPeriod"))
    if when is None:
        raise CannotRead("no-date")
    actors = [part.get("actor") for part in many(resource.get("participant"))]
    known = [(reference(actor), display(actor)) for actor in actors]
    return AppointmentReading(
        contact=Contact(
            origin=origin(resource),
            when=when,
            text=text(resource.get("description")) or concept_text(resource.get("appointmentType")),
            kind=next((coding.code for coding in codings(resource.get("appointmentType"))), ""),
            status=BOOKED,
            with_whom=_names(known, ("Practitioner", "PractitionerRole")),
            place=_names(known, ("Location",)),
            planned=True,
        ),
        patients=tuple(actor for actor, _ in known if actor is not None and actor.type == "Patient"),
        conference=CONFERENCE in codings(resource.get("appointmentType")),
    )


def _names(known: list[tuple[Reference | None, str]], types: tuple[str, ...]) -> str:
    return ", ".join(name for actor, name in known if name and actor is not None and actor.type in types)
