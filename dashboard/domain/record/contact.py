"""A contact as the patient's page lists it: an Encounter that took place, or an Appointment that is booked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.encounter import Encounter
from dashboard.domain.values.datatypes import PartialDate, Reference

ONGOING: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})
"""Statuses of an Encounter that goes on: https://hl7.org/fhir/R4/valueset-encounter-status.html"""
_HOSPITAL: Final = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS", "EMER"})
"""Classes of an Encounter in which the patient stays: http://terminology.hl7.org/CodeSystem/v3-ActCode"""


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of the list. `kind` is the class code of an Encounter, or the code of an Appointment's type.

    `ongoing`: the patient is there now, and `when` is since when, None where that is not recorded. `reason` is why,
    `conference` that the team met about the patient, who was not there.
    """

    origin: Reference
    when: PartialDate | None
    text: str
    kind: str
    status: str
    with_whom: str
    place: str
    planned: bool = False
    ongoing: bool = False
    reason: str = ""
    conference: bool = False

    @property
    def in_hospital(self) -> bool:
        """Whether the patient is in hospital now."""
        return self.ongoing and self.kind in _HOSPITAL


def last_contact(contacts: Iterable[Contact], first: date, on: date) -> PartialDate | None:
    """Returns when the patient was last seen, as far back as a day: the same on every page. Who is in hospital, or is
    somewhere now without a day since when, is seen today. None where there was no contact.
    """
    found = list(contacts)
    if any(line.in_hospital or (line.ongoing and line.when is None) for line in found):
        return PartialDate(on.isoformat())
    met = (line.when for line in found if not line.planned and line.when is not None)
    return max((when for when in met if first <= when.start <= on), default=None)


def contact_of_encounter(encounter: Encounter) -> Contact | None:
    """The contact; None for one that is over, without any date."""
    ongoing = encounter.status in ONGOING
    when = encounter.start or (None if ongoing else encounter.end)
    if when is None and not ongoing:
        return None
    named = (reason.name for reason in encounter.reason_references)
    return Contact(
        origin=encounter.origin,
        when=when,
        text=encounter.type.text or encounter.service_type,
        kind=encounter.class_code,
        status=encounter.status,
        with_whom=", ".join(dict.fromkeys(filter(None, (who.name for who in encounter.participants)))),
        place=encounter.provider or next(iter(encounter.places), ""),
        planned=encounter.status == "planned",
        ongoing=ongoing,
        conference=encounter.conference,
        reason=", ".join(dict.fromkeys(filter(None, (*(code.text for code in encounter.reason_codes), *named)))),
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
