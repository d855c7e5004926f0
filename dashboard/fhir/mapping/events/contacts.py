"""Encounter and Appointment: when somebody met the patient."""

from typing import Any

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import in_order
from dashboard.domain.timeline.events import EventKind, LaneReason
from dashboard.domain.timeline.lanes import first_of_each
from dashboard.domain.timeline.states import state_of
from dashboard.fhir.mapping.appointment import CONFERENCE
from dashboard.fhir.mapping.events.told import Beside, Told, everybody, meaning, reasons, somebody, told
from dashboard.fhir.mapping.reading import (
    Json,
    codings,
    concept_text,
    display,
    many,
    one,
    origin,
    partial_date,
    period,
    reference,
    text,
)


def encounter(resource: Json, beside: Beside) -> Told | Exclusion:
    """A contact, or a conference of the team; the appointment that it kept is told with it."""
    status = text(resource.get("status"))
    state = state_of("Encounter", status)
    if isinstance(state, Exclusion):
        return state
    meant = meaning(resource.get("type"), beside.terminology)
    start, end, date_warnings = in_order(*period(resource.get("period")))
    by_reason, perhaps, why = reasons(resource, beside)
    diagnoses = [reference(part.get("condition")) for part in many(resource.get("diagnosis"))]
    sure, maybe = beside.inherited(LaneReason.REASON, diagnoses)
    kept = tuple(found for part in many(resource.get("appointment")) if (found := reference(part)) is not None)
    places = [display(one(part).get("location")) for part in many(resource.get("location"))]
    people = [part.get("individual") for part in many(resource.get("participant"))]
    return told(
        origin=origin(resource),
        kind=EventKind.CONFERENCE if CONFERENCE in meant.codes else EventKind.CONTACT,
        text=concept_text(resource.get("type")) or concept_text(resource.get("serviceType")) or _class(resource),
        start=start,
        end=end,
        state=state,
        memberships=first_of_each((*meant.certain, *by_reason, *sure)),
        perhaps=first_of_each((*meant.possible, *perhaps, *maybe)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=display(resource.get("serviceProvider")) or next(filter(None, places), ""),
        status=status,
        who=everybody(people),
        by=somebody(people)[1],
        why=why,
        date_warnings=date_warnings,
        replaces=kept,
    )


def _class(resource: Json) -> str:
    coding = one(resource.get("class"))
    return text(coding.get("display")) or text(coding.get("code"))


def appointment(resource: Json, beside: Beside) -> Told | Exclusion:
    """A contact or conference that was booked. The other patients of a conference are not told."""
    status = text(resource.get("status"))
    state = state_of("Appointment", status)
    if isinstance(state, Exclusion):
        return state
    kinds = codings(resource.get("appointmentType"))
    meant = meaning(resource.get("serviceType") or resource.get("appointmentType"), beside.terminology)
    start, end = partial_date(resource.get("start")), partial_date(resource.get("end"))
    if start is None and end is None:
        start, end = period(one(resource.get("requestedPeriod")))
    start, end, date_warnings = in_order(start, end)
    by_reason, perhaps, why = reasons(resource, beside)
    actors = [part.get("actor") for part in many(resource.get("participant"))]
    people = [actor for actor in actors if _is_a(actor, "Practitioner", "PractitionerRole", "RelatedPerson")]
    return told(
        origin=origin(resource),
        kind=EventKind.CONFERENCE if CONFERENCE in kinds else EventKind.CONTACT,
        text=text(resource.get("description")) or concept_text(resource.get("appointmentType")) or meant.text,
        start=start,
        end=end,
        state=state,
        memberships=first_of_each((*meant.certain, *by_reason)),
        perhaps=first_of_each((*meant.possible, *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped and CONFERENCE not in kinds,
        detail=everybody(actor for actor in actors if _is_a(actor, "Location")),
        status=status,
        who=everybody(people),
        by=somebody(people)[1],
        why=why,
        recorded=partial_date(resource.get("created")),
        date_warnings=date_warnings,
    )


def _is_a(actor: Any, *types: str) -> bool:
    found = reference(actor)
    return found is not None and found.type in types
