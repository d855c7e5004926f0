"""Task: something to be done, by whom, until when."""

from dataclasses import replace
from typing import Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.task import Comment, Task
from dashboard.fhir.mapping.concepts import concept, concepts
from dashboard.fhir.mapping.dates import date_or_unreadable, partial_date, period
from dashboard.fhir.mapping.elements import Json, display, many, named_references, one, reference, text
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
    NotWritable,
    Writer,
    put,
    reference_to,
    source_of,
    write_changes,
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
    execution = {**one(resource.get("executionPeriod")), "resourceType": "Task", "id": resource.get("id")}
    started, without_start = date_or_unreadable(execution, "start")
    ended, without_end = date_or_unreadable(execution, "end")
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
        comments=_comments(resource),
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
        for_other=patient is None and resource.get("for") is not None,
        unreadable=without_start or without_end,
        source=resource,
    )


def to_fhir(value: Task) -> Json:
    """Returns the resource of the task, with the elements of changed fields written over what was read.

    Raises NotWritable for a task of a list, and for fields that are only read.
    """
    return write_changes(from_fhir(source_of(value)), value, _WRITERS)


def _comments(resource: Json) -> tuple[Comment, ...]:
    """The notes that have words, oldest first; a note without time comes first."""
    notes = [
        Comment(
            display(note.get("authorReference")) or text(note.get("authorString")),
            text(note.get("time")),
            words,
            reference(note.get("authorReference")),
        )
        for note in many(resource.get("note"))
        if (words := text(note.get("text")))
    ]
    return tuple(sorted(notes, key=lambda note: note.when))


def _write_owner(resource: Json, value: Task) -> None:
    """A new owner replaces the whole element: an identifier in it would be the old owner's."""
    resource["owner"] = reference_to(value.owner, value.owner_name) if value.owner else {"display": value.owner_name}


def _write_owner_name(resource: Json, value: Task) -> None:
    put(resource, "owner.display", value.owner_name)


def _write_comments(resource: Json, value: Task) -> None:
    """New comments go after the notes that are there. Raises NotWritable where an old one was changed or taken out."""
    known = _comments(resource)
    if value.comments[: len(known)] != known:
        raise NotWritable("comments of a Task are only added")
    notes = resource.get("note")
    resource["note"] = [*(notes if isinstance(notes, list) else many(notes)), *map(_note, value.comments[len(known) :])]


def _note(comment: Comment) -> Json:
    author: Json = {}
    if comment.author is not None:
        author = {"authorReference": reference_to(comment.author, comment.author_name)}
    elif comment.author_name:
        author = {"authorString": comment.author_name}
    return {**author, **({"time": comment.when} if comment.when else {}), "text": comment.text}


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
    "comments": _write_comments,
}
"""How each field is written; the others are only read."""
