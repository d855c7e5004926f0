"""ServiceRequest and CommunicationRequest: something that is to be done, or a message that is to be sent."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Order:
    """A FHIR ServiceRequest or CommunicationRequest: `concept` is the code of the first, the category of the second.

    `start` and `end` are when it is to happen, `detail` what else is ordered, in words. `requester` is the first of
    requester, performer and sender that has a name or can be followed.
    """

    origin: Reference
    status: str
    intent: str
    text: str
    concept: CodeableConcept
    authored: PartialDate | None
    start: PartialDate | None
    end: PartialDate | None
    detail: str = ""
    do_not_perform: bool = False
    requester: NamedReference = NOBODY
    reason_codes: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    about: tuple[Reference, ...] = ()
