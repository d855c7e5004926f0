"""Encounter and Appointment: a contact that took place or is booked."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Contact:
    """An Encounter (or a booked Appointment when `planned`)."""

    origin: Reference
    when: PartialDate
    text: str
    kind: str
    status: str
    with_whom: str
    place: str
    planned: bool = False
