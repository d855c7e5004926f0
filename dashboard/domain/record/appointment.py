"""Appointment: a contact, or a conference of the team, that is proposed, booked or over."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.code_systems import APPOINTMENT_TYPE
from dashboard.domain.values.datatypes import CodeableConcept, Coding, NamedReference, PartialDate, Reference

CONFERENCE: Final = Coding(APPOINTMENT_TYPE, "mdt-conference")
BOOKED: Final = "booked"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A FHIR Appointment. `start` and `end` are those of requestedPeriod where no time is agreed yet.

    `unreadable` names parts that could not be read although the appointment is shown.
    """

    origin: Reference
    status: str
    start: PartialDate | None
    end: PartialDate | None
    description: str
    type: CodeableConcept
    service_type: CodeableConcept
    actors: tuple[NamedReference, ...] = ()
    reason_codes: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    created: PartialDate | None = None
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def conference(self) -> bool:
        """Whether it is a conference of the team."""
        return CONFERENCE in self.type.codings

    @property
    def when(self) -> PartialDate | None:
        """When it begins; None where no time is known."""
        return self.start or self.end

    def coming(self, on: date) -> bool:
        """Whether it is booked for that day or a later one."""
        return self.status == BOOKED and self.when is not None and self.when.end >= on

    def names_of(self, *types: str) -> str:
        """The names of the actors of these resource types, each once."""
        named = (actor.name for actor in self.actors if actor.to is not None and actor.to.type in types)
        return ", ".join(dict.fromkeys(filter(None, named)))
