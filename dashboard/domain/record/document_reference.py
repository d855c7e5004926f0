"""DocumentReference: a letter or another document about a patient."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """A DocumentReference. `start` and `end` are the time that it is about, `written` when it was made, `titles` those
    of its attachments, `related` records it is about, `author` who wrote it, else who vouches for it or keeps it.
    """

    origin: Reference
    type: CodeableConcept
    status: str
    doc_status: str = ""
    description: str = ""
    titles: tuple[str, ...] = ()
    start: PartialDate | None = None
    end: PartialDate | None = None
    written: PartialDate | None = None
    related: tuple[Reference, ...] = ()
    author: NamedReference = NOBODY
