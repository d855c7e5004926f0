"""Task: something to be done, by whom, until when."""

from dataclasses import replace
from typing import Final

from dashboard.domain.record.task import Comment, Task
from dashboard.domain.values.datatypes import PartialDate
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    concept_text,
    display,
    many,
    one,
    origin,
    partial_date,
    patient_of,
    period,
    reference,
    text,
    version,
)
from dashboard.fhir.mapping.writing import NotWritable, Writer, put, reference_to, source_of, write_changes


def task(resource: Json) -> Task | None:
    """The task for a list or a cache, without its resource; None when it was entered in error."""
    value = from_fhir(resource)
    return None if value.status == "entered-in-error" else replace(value, source=None)


def from_fhir(resource: Json) -> Task:
    """The task with the resource it was read from, so that it can be changed and written by `to_fhir`."""
    execution = one(resource.get("executionPeriod"))
    patient = patient_of(resource)
    return Task(
        origin=origin(resource),
        version=version(resource),
        text=text(resource.get("description")) or concept_text(resource.get("code")),
        patient=patient,
        status=text(resource.get("status")),
        priority=text(resource.get("priority")) or "routine",
        owner=reference(resource.get("owner")),
        owner_name=display(resource.get("owner")),
        requester_name=display(resource.get("requester")),
        authored=partial_date(resource.get("authoredOn")),
        due=period(one(resource.get("restriction")).get("period"))[1],
        comments=_comments(resource),
        started=_readable(execution.get("start")),
        ended=_readable(execution.get("end")),
        modified=_readable(resource.get("lastModified")),
        for_other=patient is None and resource.get("for") is not None,
        source=resource,
    )


def to_fhir(value: Task) -> Json:
    """The resource of the task, with the elements of changed fields written over what was read. Raises NotWritable."""
    return write_changes(from_fhir(source_of(value)), value, _WRITERS)


def _readable(value: object) -> PartialDate | None:
    """A date that a task is shown without where it cannot be read."""
    try:
        return partial_date(value)
    except CannotRead:
        return None


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


def _written(date: PartialDate | None) -> str | None:
    return date.text if date is not None else None


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
    "authored": lambda resource, value: put(resource, "authoredOn", _written(value.authored)),
    "due": lambda resource, value: put(resource, "restriction.period.end", _written(value.due)),
    "started": lambda resource, value: put(resource, "executionPeriod.start", _written(value.started)),
    "ended": lambda resource, value: put(resource, "executionPeriod.end", _written(value.ended)),
    "modified": lambda resource, value: put(resource, "lastModified", _written(value.modified)),
    "comments": _write_comments,
}
"""How each field is written; origin, version and for_other are only read."""
