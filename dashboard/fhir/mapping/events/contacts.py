"""Procedure and Immunization: what somebody did for the patient."""

from typing import Any

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import in_order
from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.lanes import Meaning, first_of_each
from dashboard.domain.timeline.states import state_of
from dashboard.fhir.mapping.events.told import Beside, Told, check_lanes, meaning, reasons, somebody, told
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    concept_text,
    many,
    origin,
    partial_date,
    text,
    timed,
)


def procedure(resource: Json, beside: Beside) -> Told | Exclusion:
    """What was done, or was not: a moment, or a span for what took days."""
    status = text(resource.get("status"))
    state = state_of("Procedure", status)
    if isinstance(state, Exclusion):
        return state
    meant = _named(resource.get("code"), beside)
    start, end, words = timed(resource, "performed")
    start, end, doubts = in_order(start, end)
    by_reason, perhaps, why = reasons(resource, beside)
    who, by = somebody([part.get("actor") for part in many(resource.get("performer"))], resource.get("asserter"))
    return told(
        origin=origin(resource),
        kind=EventKind.PROCEDURE,
        text=meant.text,
        start=start,
        end=end,
        state=state,
        belongings=first_of_each((*meant.certain, *by_reason)),
        perhaps=first_of_each((*check_lanes(resource.get("code"), beside.terminology), *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=", ".join(filter(None, (concept_text(resource.get("outcome")), words))),
        status=status,
        track=f"procedure:{meant.key}",
        who=who,
        by=by,
        why=why or concept_text(resource.get("statusReason")),
        doubts=doubts,
    )


def immunization(resource: Json, beside: Beside) -> Told | Exclusion:
    """A vaccine given, or refused."""
    status = text(resource.get("status"))
    state = state_of("Immunization", status)
    if isinstance(state, Exclusion):
        return state
    meant = _named(resource.get("vaccineCode"), beside)
    by_reason, perhaps, why = reasons(resource, beside)
    who, by = somebody([part.get("actor") for part in many(resource.get("performer"))])
    return told(
        origin=origin(resource),
        kind=EventKind.IMMUNISATION,
        text=meant.text,
        start=partial_date(resource.get("occurrenceDateTime")),
        state=state,
        belongings=first_of_each((*meant.certain, *by_reason)),
        perhaps=first_of_each((*meant.possible, *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=text(resource.get("occurrenceString")),
        status=status,
        track=f"immunisation:{meant.key}",
        who=who,
        by=by,
        why=why or concept_text(resource.get("statusReason")),
        recorded=partial_date(resource.get("recorded")),
    )


def _named(concept: Any, beside: Beside) -> Meaning:
    """The concept's meaning. Raises CannotRead("no-code") for one that says nothing."""
    meant = meaning(concept, beside.terminology)
    if not meant.text:
        raise CannotRead("no-code")
    return meant
