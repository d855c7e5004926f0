"""A contact as the patient's page lists it: an Encounter that took place, or an Appointment that is booked."""

from dataclasses import dataclass

from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.encounter import Encounter
from dashboard.domain.values.datatypes import PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of the list. `kind` is the class code of an Encounter, or the code of an Appointment's type."""

    origin: Reference
    when: PartialDate
    text: str
    kind: str
    status: str
    with_whom: str
    place: str
    planned: bool = False


def contact_of_encounter(encounter: Encounter) -> Contact | None:
    """The contact; None for one without any date."""
    when = encounter.start or encounter.end
    if when is None:
        return None
    return Contact(
        origin=encounter.origin,
        when=when,
        text=encounter.type.text or encounter.service_type,
        kind=encounter.class_code,
        status=encounter.status,
        with_whom=", ".join(dict.fromkeys(filter(None, (who.name for who in encounter.participants)))),
        place=encounter.provider or next(iter(encounter.places), ""),
        planned=encounter.status == "planned",
    )


def contact_of_appointment(appointment: Appointment) -> Contact | None:
    """The planned contact; None for one without any date."""
    when = appointment.when
    if when is None:
        return None
    return Contact(
        origin=appointment.origin,
        when=when,
        text=appointment.description or appointment.type.text,
        kind=next((coding.code for coding in appointment.type.codings), ""),
        status=appointment.status,
        with_whom=appointment.names_of("Practitioner", "PractitionerRole"),
        place=appointment.names_of("Location"),
        planned=True,
    )
