"""Annotation: notes with author and time, which are only ever added."""

from collections.abc import Sequence

from dashboard.domain.record.comment import Comment
from dashboard.domain.values.words import without_control_characters
from dashboard.fhir.mapping.elements import Json, display, many, reference, text
from dashboard.fhir.mapping.writing import NotWritable, reference_to


def comments(resource: Json) -> tuple[Comment, ...]:
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


def write_comments(resource: Json, wanted: Sequence[Comment]) -> None:
    """Puts new comments after the notes that are there.

    Raises NotWritable where an old one was changed or taken out.
    """
    new = list(wanted)
    for known in comments(resource):
        if known not in new:
            raise NotWritable("notes are only added")
        new.remove(known)
    notes = resource.get("note")
    resource["note"] = [*(notes if isinstance(notes, list) else many(notes)), *map(_note, new)]


def _note(comment: Comment) -> Json:
    author: Json = {}
    if comment.author is not None:
        author = {"authorReference": reference_to(comment.author, comment.author_name)}
    elif comment.author_name:
        author = {"authorString": comment.author_name}
    words = without_control_characters(comment.text)
    return {**author, **({"time": comment.when} if comment.when else {}), "text": words}
