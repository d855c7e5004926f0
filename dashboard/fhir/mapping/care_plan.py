"""CarePlan: the shared plan, with references to its goals and activities."""

from dataclasses import replace
from typing import Final

from dashboard.domain.attention.plan_review import is_review
from dashboard.domain.record.care_plan import CarePlan, Outcome
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.code_systems import PLAN_REVIEW
from dashboard.domain.values.datatypes import NO_CONCEPT
from dashboard.fhir.mapping.comments import comments, write_comments
from dashboard.fhir.mapping.concepts import concept, concept_text
from dashboard.fhir.mapping.dates import date_or_unreadable, period_or_unreadable
from dashboard.fhir.mapping.elements import Json, first_named, many, named_reference, one, reference, references, text
from dashboard.fhir.mapping.extensions import CUSTODIAN, CUSTODIAN_OF_R5, extensions
from dashboard.fhir.mapping.narrative import narrative_text
from dashboard.fhir.mapping.plan_activity import convert, plan_activity
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
    NotWritable,
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    worded,
    write_changes,
    write_references,
    written_concept,
    written_date,
)

REVIEWED: Final = "reviewed"


def listed(resource: Json) -> CarePlan | Exclusion:
    """Returns the plan for a list or a cache: without its resource, and not where it was entered in error."""
    if text(resource.get("status")) == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    return replace(from_fhir(resource), source=None)


def from_fhir(resource: Json) -> CarePlan:
    """Returns the plan with the resource it was read from. A date or period that cannot be read leaves the rest of it,
    and is named in `unreadable`: a plan that is not shown would be started a second time.
    """
    start, end, without_period = period_or_unreadable(resource)
    created, without_created = date_or_unreadable(resource, "created")
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
        notes=comments(resource),
        narrative=narrative_text(resource),
        unreadable=without_period or without_created,
        patient=patient_of(resource),
        custodian=named_reference(_custodian(resource).get("valueReference")),
        care_teams=references(resource.get("careTeam")),
        outcomes=_outcomes(resource),
        source=resource,
    )


def _custodian(resource: Json) -> Json:
    """The extension that names who keeps the plan: MCC's, else R5's."""
    found = [*extensions(resource, CUSTODIAN), *extensions(resource, CUSTODIAN_OF_R5)]
    return found[0] if found else {}


def _outcomes(resource: Json) -> tuple[Outcome, ...]:
    """What came of the activities that can be followed: the words of all outcomes of one, the first activity first."""
    return tuple(
        Outcome(to, words)
        for part in many(resource.get("activity"))
        if (to := reference(part.get("reference"))) is not None and (words := outcome_words(part))
    )


def outcome_words(activity: Json) -> str:
    """The outcomes of one activity in words."""
    return "; ".join(filter(None, map(concept_text, many(activity.get("outcomeCodeableConcept")))))


def contained_goals(resource: Json) -> list[Json]:
    """The goals that the plan holds and refers to, each with an id made from the plan's: they have none elsewhere."""
    named = {text(part.get("reference")) for part in many(resource.get("goal"))}
    goals = [part for part in many(resource.get("contained")) if part.get("resourceType") == "Goal"]
    return [
        {**part, "id": f"{resource.get('id')}-{part.get('id')}"[:64]} for part in goals if f"#{part.get('id')}" in named
    ]


def to_fhir(value: CarePlan) -> Json:
    """Returns the resource of the plan, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id. A plan that is reviewed with this (`is_review`) gets a tag that says so.

    Raises NotWritable for a plan of a list, and for fields that are only read.
    """
    if value.source == {}:
        return new_resource({}, from_fhir, value, _WRITERS)
    before = from_fhir(source_of(value))
    written = write_changes(before, value, _WRITERS)
    if is_review(before, value):
        _tag_reviewed(written)
    return written


def _tag_reviewed(resource: Json) -> None:
    tags = many(one(resource.get("meta")).get("tag"))
    if not any(each.get("system") == PLAN_REVIEW and each.get("code") == REVIEWED for each in tags):
        put(resource, "meta.tag", [*tags, {"system": PLAN_REVIEW, "code": REVIEWED}])


def _write_custodian(resource: Json, value: CarePlan) -> None:
    """The custodian in the extension that the plan has for it, else in MCC's."""
    names = [url for url in (CUSTODIAN, CUSTODIAN_OF_R5) if extensions(resource, url)] or [CUSTODIAN]
    others = [part for part in many(resource.get("extension")) if part.get("url") not in names]
    written = named(value.custodian)
    new = [{"url": url, "valueReference": written} for url in names] if written else []
    put(resource, "extension", [*others, *new] or None)


def _write_outcomes(resource: Json, value: CarePlan) -> None:
    """New words replace all outcomes of an activity; those of others stay as they are.

    Raises NotWritable for an outcome of what is no activity of the plan.
    """
    wanted = list(value.outcomes)
    read = {each.activity for each in _outcomes(source_of(value))}
    for part in many(resource.get("activity")):
        to = reference(part.get("reference"))
        outcome = next((each for each in wanted if each.activity == to), None)
        if outcome is not None:
            wanted.remove(outcome)
        words = outcome.words if outcome else ""
        if to is not None and (words or to in read) and words != outcome_words(part):
            new = worded(words)
            put(part, "outcomeCodeableConcept", [new] if new else None)
    if wanted:
        raise NotWritable("an outcome is of an activity of the plan")


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
    "category": lambda resource, value: put(
        resource, "category", [written_concept(value.category)] if value.category != NO_CONCEPT else None
    ),
    "author": lambda resource, value: put(resource, "author", named(value.author)),
    "notes": lambda resource, value: write_comments(resource, value.notes),
    "patient": lambda resource, value: put(resource, "subject", reference_to(value.patient) if value.patient else None),
    "details": lambda resource, value: convert(resource, value.details),
    "custodian": _write_custodian,
    "care_teams": lambda resource, value: write_references(resource, "careTeam", value.care_teams),
    "outcomes": _write_outcomes,
}
"""How each field is written; the others are only read."""
