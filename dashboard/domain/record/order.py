"""ServiceRequest and CommunicationRequest: something that is to be done, or a message that is to be sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.domain.record.comment import Comment
from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Order:
    """A FHIR ServiceRequest or CommunicationRequest: `concept` is the code of the first, the category of the second.

    `start` and `end` are when it is to happen, `detail` what else is ordered, in words. `requester` is the first of
    requester, performer and sender that has a name or can be followed; `owner` is who is to do it (performer or
    sender), `recipients` are whom a message is for.

    `due` is the day until which it is to be done: the end of when it is to happen, or the one moment of that. `goals`
    are those that it is to help reach, `based_on` is what asks for it. `encounter` is the contact, or the discussion of
    a conference, in which it was asked for. `source` is the resource that an order to be changed was read from, {} of a
    new one, None in lists and caches.
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
    version: str = ""
    patient: Reference | None = None
    priority: str = ""
    owner: NamedReference = NOBODY
    recipients: tuple[NamedReference, ...] = ()
    due: PartialDate | None = None
    notes: tuple[Comment, ...] = ()
    goals: tuple[Reference, ...] = ()
    based_on: tuple[Reference, ...] = ()
    status_reason: str = ""
    encounter: Reference | None = None
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
