"""Appointment: a contact or a conference that is booked."""

from dashboard.domain.record.appointment import BOOKED, Appointment
from dashboard.fhir.mapping.concepts import concept, concepts
from dashboard.fhir.mapping.dates import date_or_unreadable, partial_date, period
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, named_references, one, text
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json) -> Appointment:
    """Returns the appointment, whatever its status. Raises CannotRead for a malformed start."""
    start = partial_date(resource.get("start"))
    end, without_end = date_or_unreadable(resource, "end")
    if start is None and end is None:
        start, end = period(one(resource.get("requestedPeriod")))
    created, without_created = date_or_unreadable(resource, "created")
    return Appointment(
        origin=origin(resource),
        status=text(resource.get("status")),
        start=start,
        end=end,
        description=text(resource.get("description")),
        type=concept(resource.get("appointmentType")),
        service_type=concept(resource.get("serviceType")),
        actors=tuple(named_reference(part.get("actor")) for part in many(resource.get("participant"))),
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        created=created,
        unreadable=(without_end or without_created),
    )


def booked(resource: Json) -> Appointment | None:
    """Returns the appointment if it is booked, else None: one proposed, cancelled or over binds nobody.

    Raises CannotRead("no-date") for one without a time.
    """
    if resource.get("status") != BOOKED:
        return None
    appointment = from_fhir(resource)
    if appointment.when is None:
        raise CannotRead("no-date")
    return appointment
