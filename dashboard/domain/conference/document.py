"""Document of a conference: what the minutes say about one patient, as a sheet in the patient's record."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.note import IN_THE_MEETING, SIGNED_STATUS, ConferenceNote
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError

EMPTY_STATUS: Final = "preliminary"
"""docStatus of one that was made and does not hold its sheet yet."""
MOST_BYTES: Final = 5_000_000
"""Of a sheet about one patient. One of an hour's notes takes some 40,000."""


@dataclass(frozen=True, slots=True)
class ConferenceDocument:
    """A FHIR DocumentReference about one patient. `number` is that of the conference, `note` and `discussion` are what
    it says in other words. `status` is preliminary while it holds no sheet, then that of the note: final, or amended.
    `start` and `end` are those of the conference, `filed` is when its sheet was made. `pdf` is empty in a list.
    `source` is the resource it was read from, {} of a new one.
    """

    origin: Reference
    version: str
    patient: Reference
    conference: Reference
    number: str
    title: str
    status: str = EMPTY_STATUS
    filed: PartialDate | None = None
    author: NamedReference = NOBODY
    note: Reference | None = None
    discussion: Reference | None = None
    start: PartialDate | None = None
    end: PartialDate | None = None
    pdf: bytes = b""
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


def new_document(origin: Reference, note: ConferenceNote, conference: Conference) -> ConferenceDocument:
    """A document that holds no sheet yet."""
    return ConferenceDocument(
        origin=origin,
        version="",
        patient=note.patient,
        conference=note.conference,
        number=note.number,
        title=note.title,
        start=conference.start,
        end=conference.end,
        source={},
    )


def holding(
    document: ConferenceDocument, note: ConferenceNote, pdf: bytes, author: NamedReference, at: datetime
) -> ConferenceDocument:
    """The document with the sheet of this note. A note that is not signed is filed nowhere: it may still change."""
    if not note.signed:
        raise UserFacingError("minutes-not-signed")
    if not pdf or len(pdf) > MOST_BYTES:
        raise UserFacingError("print-too-long")
    return replace(
        document,
        status=note.status,
        filed=PartialDate(at.isoformat(timespec="milliseconds")),
        author=author,
        note=note.origin,
        discussion=note.discussion,
        pdf=pdf,
    )


def is_filed(note: ConferenceNote, document: ConferenceDocument | None) -> bool:
    """Whether the document holds what the note says: nothing was corrected since."""
    if document is None or document.filed is None or document.status != note.status:
        return False
    filed = document.filed.moment
    return all(each.when is None or each.when.moment <= filed for each in note.of_kind(*IN_THE_MEETING))


def to_file(note: ConferenceNote | None, document: ConferenceDocument | None) -> bool:
    """Whether a sheet of this note is still to be filed: it is signed, and the record does not hold it."""
    return note is not None and note.status in (SIGNED_STATUS, "amended") and not is_filed(note, document)
