"""Task: something to be done, by whom, until when."""

from dashboard.domain.record.task import Task
from dashboard.fhir.mapping.reading import (
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


def task(resource: Json) -> Task | None:
    """The task; None when it was entered in error."""
    status = text(resource.get("status"))
    if status == "entered-in-error":
        return None
    return Task(
        origin=origin(resource),
        version=version(resource),
        text=text(resource.get("description")) or concept_text(resource.get("code")),
        patient=patient_of(resource),
        status=status,
        priority=text(resource.get("priority")) or "routine",
        owner=reference(resource.get("owner")),
        owner_name=display(resource.get("owner")),
        requester_name=display(resource.get("requester")),
        authored=partial_date(resource.get("authoredOn")),
        due=period(one(resource.get("restriction")).get("period"))[1],
        comments=_comments(resource),
    )


def _comments(resource: Json) -> tuple[tuple[str, str, str], ...]:
    """(author, when, text) of each note, oldest first; a note without time comes first."""
    notes = [
        (display(note.get("authorReference")) or text(note.get("authorString")), text(note.get("time")), words)
        for note in many(resource.get("note"))
        if (words := text(note.get("text")))
    ]
    return tuple(sorted(notes, key=lambda note: note[1]))
