"""Provenance: who changed what, when and why."""

from dashboard.domain.record.provenance import Provenance
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    concept_text,
    display,
    many,
    origin,
    partial_date,
    reference,
)


def provenance(resource: Json) -> list[Provenance]:
    """An edit a target; the person is the first agent with a name."""
    when = partial_date(resource.get("recorded"))
    if when is None:
        raise CannotRead("no-date")
    names = [display(agent.get("who")) for agent in many(resource.get("agent"))]
    who = next(filter(None, names), "")
    activity, reason = concept_text(resource.get("activity")), concept_text(resource.get("reason"))
    targets = [reference(part) for part in many(resource.get("target"))]
    return [Provenance(origin(resource), target, when.moment, who, activity, reason) for target in targets if target]
