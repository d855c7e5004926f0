"""CarePlan: the shared plan, with references to its goals and activities."""

from dataclasses import replace
from typing import Final

from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.exclusion import Exclusion
from dashboard.fhir.mapping.concepts import concept
from dashboard.fhir.mapping.dates import date_or_unreadable, period
from dashboard.fhir.mapping.elements import Json, first_named, many, references, text
from dashboard.fhir.mapping.narrative import narrative_text
from dashboard.fhir.mapping.plan_activity import plan_activity
from dashboard.fhir.mapping.reading import origin, version
from dashboard.fhir.mapping.writing import Writer, put, source_of, write_changes, write_references, written_date


def listed(resource: Json) -> CarePlan | Exclusion:
    """Returns the plan for a list or a cache: without its resource, and not where it was entered in error."""
    if text(resource.get("status")) == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    return replace(from_fhir(resource), source=None)


def from_fhir(resource: Json) -> CarePlan:
    """Returns the plan with the resource it was read from. Raises CannotRead for a malformed period."""
    start, end = period(resource.get("period"))
    created, unreadable = date_or_unreadable(resource, "created")
    return CarePlan(
        origin=origin(resource),
        version=version(resource),
        title=text(resource.get("title")),
        status=text(resource.get("status")),
        intent=text(resource.get("intent")),
        category=concept(resource.get("category")),
        description=text(resource.get("description")),
        start=start,
        end=end,
        created=created,
        author=first_named(resource.get("author"), resource.get("contributor")),
        goals=references(resource.get("goal")),
        activities=references([part.get("reference") for part in many(resource.get("activity"))]),
        addresses=references(resource.get("addresses")),
        contained_goals=tuple(map(origin, contained_goals(resource))),
        details=tuple(filter(None, map(plan_activity, many(resource.get("activity"))))),
        notes=tuple(filter(None, (text(note.get("text")) for note in many(resource.get("note"))))),
        narrative=narrative_text(resource),
        unreadable=unreadable,
        source=resource,
    )


def contained_goals(resource: Json) -> list[Json]:
    """The goals that the plan holds and refers to, each with an id made from the plan's: they have none elsewhere."""
    named = {text(part.get("reference")) for part in many(resource.get("goal"))}
    goals = [part for part in many(resource.get("contained")) if part.get("resourceType") == "Goal"]
    return [
        {**part, "id": f"{resource.get('id')}-{part.get('id')}"[:64]} for part in goals if f"#{part.get('id')}" in named
    ]


def to_fhir(value: CarePlan) -> Json:
    """Returns the resource of the plan, with the elements of changed fields written over what was read.

    Raises NotWritable for a plan of a list, and for fields that are only read.
    """
    return write_changes(from_fhir(source_of(value)), value, _WRITERS)


_WRITERS: Final[dict[str, Writer]] = {
    "title": lambda resource, value: put(resource, "title", value.title),
    "status": lambda resource, value: put(resource, "status", value.status),
    "intent": lambda resource, value: put(resource, "intent", value.intent),
    "description": lambda resource, value: put(resource, "description", value.description),
    "start": lambda resource, value: put(resource, "period.start", written_date(value.start)),
    "end": lambda resource, value: put(resource, "period.end", written_date(value.end)),
    "created": lambda resource, value: put(resource, "created", written_date(value.created)),
    "goals": lambda resource, value: write_references(resource, "goal", value.goals),
    "activities": lambda resource, value: write_references(resource, "activity", value.activities, within="reference"),
    "addresses": lambda resource, value: write_references(resource, "addresses", value.addresses),
}
"""How each field is written; the others are only read."""
