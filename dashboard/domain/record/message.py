"""Message: something that is to be said to somebody, a CommunicationRequest (an `Order`); and taking it back."""

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from dashboard.domain.record.order import Order
from dashboard.domain.record.task_changes import checked_request, why_withdrawn
from dashboard.domain.values.datatypes import NO_CONCEPT, NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError

_NOT_SAID_YET: Final = frozenset({"draft", "active", "on-hold", "unknown"})
"""Statuses of a CommunicationRequest that has not ended (https://hl7.org/fhir/R4/valueset-request-status.html)."""


def new_message(
    origin: Reference,
    patient: Reference,
    text: str,
    recipient: NamedReference,
    due: date | None,
    *,
    by: NamedReference,
    why: str,
    at: datetime,
    based_on: tuple[Reference, ...] = (),
    encounter: Reference | None = None,
) -> Order:
    """A message about a patient, to be said until a day. What is missing or cannot be is refused as of a task."""
    asked = checked_request(text, recipient, due, why, at)
    return Order(
        origin=origin,
        status="active",
        intent="",
        text=asked.text,
        concept=NO_CONCEPT,
        authored=PartialDate(at.isoformat(timespec="seconds")),
        start=None,
        end=asked.due,
        due=asked.due,
        requester=by,
        reason_codes=(asked.reason,),
        patient=patient,
        priority="routine",
        recipients=(recipient,),
        based_on=based_on,
        encounter=encounter,
        source={},
    )


def withdraw_message(message: Order, by: Reference, why: str) -> Order:
    """The message, revoked as entered in error, by who sent it; it stays on record."""
    if message.requester.to != by:
        raise UserFacingError("message-not-sent-by-you")
    if message.status not in _NOT_SAID_YET:
        raise UserFacingError("message-cannot-be-withdrawn")
    return replace(message, status="revoked", status_reason=why_withdrawn(why))
