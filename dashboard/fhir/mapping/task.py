"""Task: something to be done, by whom, until when."""

from dataclasses import replace
from typing import Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import NamedReference
from dashboard.fhir.mapping.comments import comments, write_comments
from dashboard.fhir.mapping.concepts import concept, concepts
from dashboard.fhir.mapping.dates import date_or_unreadable, partial_date, period, period_or_unreadable
from dashboard.fhir.mapping.elements import Json, display, named_references, one, reference, references, text
from dashboard.fhir.mapping.extensions import PERTAINS_TO_GOAL, extension_references
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
    write_extension_references,
    write_references,
    written_concept,
    written_date,
)


def listed(resource: Json) -> Task | Exclusion:
    """Returns the task for a list or a cache: without its resource, and not where it was entered in error."""
    if text(resource.get("status")) == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    return replace(from_fhir(resource), source=None)


def from_fhir(resource: Json) -> Task:
    """Returns the task with the resource it was read from, so that it can be changed and written by `to_fhir`.

    Raises CannotRead for a malformed authoredOn or due date.
    """
    patient = patient_of(resource)
    description, code = text(resource.get("description")), concept(resource.get("code"))
    started, ended, without_period = period_or_unreadable(resource, "executionPeriod")
    modified, _ = date_or_unreadable(resource, "lastModified")  # shown nowhere
    return Task(
        origin=origin(resource),
        version=version(resource),
        text=description or code.text,
        patient=patient,
        status=text(resource.get("status")),
        priority=text(resource.get("priority")) or "routine",
        owner=reference(resource.get("owner")),
        owner_name=display(resource.get("owner")),
        requester_name=display(resource.get("requester")),
        authored=partial_date(resource.get("authoredOn")),
        due=period(one(resource.get("restriction")).get("period"))[1],
        comments=comments(resource),
        started=started,
        ended=ended,
        modified=modified,
        intent=text(resource.get("intent")),
        code=code,
        named_by_code=not description,
        requester=reference(resource.get("requester")),
        focus=reference(resource.get("focus")),
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        status_reason=concept(resource.get("statusReason")).text,
        for_other=patient is None and resource.get("for") is not None,
        unreadable=without_period,
        goals=extension_references(resource, PERTAINS_TO_GOAL),
        based_on=references(resource.get("basedOn")),
        encounter=reference(resource.get("encounter")),
        source=resource,
    )


def to_fhir(value: Task) -> Json:
    """Returns the resource of the task, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id.

    Raises NotWritable for a task of a list, and for fields that are only read.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    return new_resource({"priority": value.priority, "description": value.text}, from_fhir, value, _WRITERS)


def _write_owner(resource: Json, value: Task) -> None:
    """A new owner replaces the whole element: an identifier in it would be the old owner's."""
    put(resource, "owner", named(NamedReference(value.owner, value.owner_name)))


def _write_owner_name(resource: Json, value: Task) -> None:
    put(resource, "owner.display", value.owner_name)


def _write_reason(resource: Json, value: Task) -> None:
    """R4 has one reason of a Task. Raises NotWritable for several."""
    if len(value.reason_codes) > 1:
        raise NotWritable("a Task is given one reason")
    put(resource, "reasonCode", written_concept(value.reason_codes[0]) if value.reason_codes else None)


def _write_reason_reference(resource: Json, value: Task) -> None:
    """R4 has one record as a reason. Raises NotWritable for several."""
    if len(value.reason_references) > 1:
        raise NotWritable("a Task is given one record as its reason")
    put(resource, "reasonReference", named(value.reason_references[0]) if value.reason_references else None)


_WRITERS: Final[dict[str, Writer]] = {
    "text": lambda resource, value: put(resource, "description", value.text),
    "patient": lambda resource, value: put(resource, "for", reference_to(value.patient) if value.patient else None),
    "status": lambda resource, value: put(resource, "status", value.status),
    "priority": lambda resource, value: put(resource, "priority", value.priority),
    "owner": _write_owner,
    "owner_name": _write_owner_name,
    "requester_name": lambda resource, value: put(resource, "requester.display", value.requester_name),
    "authored": lambda resource, value: put(resource, "authoredOn", written_date(value.authored)),
    "due": lambda resource, value: put(resource, "restriction.period.end", written_date(value.due)),
    "started": lambda resource, value: put(resource, "executionPeriod.start", written_date(value.started)),
    "ended": lambda resource, value: put(resource, "executionPeriod.end", written_date(value.ended)),
    "modified": lambda resource, value: put(resource, "lastModified", written_date(value.modified)),
    "comments": lambda resource, value: write_comments(resource, value.comments),
    "intent": lambda resource, value: put(resource, "intent", value.intent),
    "requester": lambda resource, value: put(
        resource, "requester", reference_to(value.requester, value.requester_name) if value.requester else None
    ),
    "reason_codes": _write_reason,
    "reason_references": _write_reason_reference,
    "status_reason": lambda resource, value: put(resource, "statusReason", worded(value.status_reason)),
    "goals": lambda resource, value: write_extension_references(resource, PERTAINS_TO_GOAL, value.goals),
    "based_on": lambda resource, value: write_references(resource, "basedOn", value.based_on),
    "encounter": lambda resource, value: put(
        resource, "encounter", reference_to(value.encounter) if value.encounter else None
    ),
}
"""How each field is written; the others are only read."""
