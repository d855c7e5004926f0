"""Conference note: what is written about one patient for a conference and in it, entry by entry.

Entries are only ever added, so that what two people write at the same time stands beside each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from dashboard.domain.conference.conference import Conference
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

LONGEST_ENTRY: Final = 4000
"""Characters of one entry; longer text belongs in a document."""
MOST_ENTRIES: Final = 200
OPEN_STATUS: Final = "preliminary"
SIGNED_STATUS: Final = "final"


class EntryKind(StrEnum):
    """What an entry of a note is."""

    WHY = "why"  # why the patient is on the agenda, where somebody says so
    PREPARATION = "preparation"
    DISCUSSION = "discussion"
    DECISION = "decision"
    NO_CHANGE = "no-change"
    CORRECTION = "correction"


IN_THE_MEETING: Final = (EntryKind.DISCUSSION, EntryKind.DECISION, EntryKind.NO_CHANGE, EntryKind.CORRECTION)
"""Kinds of entries that the minutes hold."""


@dataclass(frozen=True, slots=True)
class NoteEntry:
    """One entry: who wrote it, when, in words. `about` are records that it led to: a Task, a Goal."""

    kind: EntryKind
    author: NamedReference
    when: PartialDate | None
    text: str
    about: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class ConferenceNote:
    """A FHIR Composition about one patient, of the type `conference-note`.

    `number` is that of the conference, `discussion` is the Encounter, None before the patient was discussed. `status`
    is preliminary until the minutes are signed. `source` is the resource it was read from, {} of a new one.
    """

    origin: Reference
    version: str
    patient: Reference
    conference: Reference
    number: str
    title: str
    written: PartialDate
    author: NamedReference
    status: str = OPEN_STATUS
    discussion: Reference | None = None
    entries: tuple[NoteEntry, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def of_kind(self, *kinds: EntryKind) -> tuple[NoteEntry, ...]:
        """The entries of these kinds, oldest first."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)

    @property
    def signed(self) -> bool:
        return self.status not in (OPEN_STATUS, "")


def new_note(
    origin: Reference,
    patient: Reference,
    conference: Conference,
    author: NamedReference,
    at: datetime,
) -> ConferenceNote:
    """A note without entries."""
    return ConferenceNote(
        origin=origin,
        version="",
        patient=patient,
        conference=conference.origin,
        number=conference.number,
        title=f"Note of {conference.title}",
        written=PartialDate(at.isoformat(timespec="seconds")),
        author=author,
        source={},
    )


def new_entry(
    kind: EntryKind, author: NamedReference, text: str, at: datetime, about: tuple[Reference, ...] = ()
) -> NoteEntry:
    """An entry of this moment. What is empty or too long is refused before the server is asked."""
    words = without_control_characters(text)
    if not words:
        raise UserFacingError("note-empty")
    if len(words) > LONGEST_ENTRY:
        raise UserFacingError("note-too-long", most=LONGEST_ENTRY)
    return NoteEntry(kind, author, PartialDate(at.isoformat(timespec="milliseconds")), words, about)


def with_entry(note: ConferenceNote, entry: NoteEntry) -> ConferenceNote:
    """The note with one more entry; one that it has already, sent once more, is not added. A signed note takes
    corrections alone.
    """
    if entry in note.entries:
        return note
    if note.signed and entry.kind is not EntryKind.CORRECTION:
        raise UserFacingError("note-signed")
    if len(note.entries) >= MOST_ENTRIES:
        raise UserFacingError("note-full", most=MOST_ENTRIES)
    status = "amended" if note.signed else note.status
    return replace(note, entries=(*note.entries, entry), status=status)


def ends_with_no_change(note: ConferenceNote, author: Reference) -> bool:
    """Whether the last that was written in the meeting is this person's "No change": pressed twice it says no more."""
    last = note.of_kind(*IN_THE_MEETING)[-1:]
    return any(entry.kind is EntryKind.NO_CHANGE and entry.author.to == author for entry in last)


def of_discussion(note: ConferenceNote, discussion: Reference) -> ConferenceNote:
    """The note, of this discussion."""
    return note if note.discussion == discussion else replace(note, discussion=discussion)


def signed(note: ConferenceNote) -> ConferenceNote:
    """The note, final: from now on it takes corrections alone."""
    return note if note.signed else replace(note, status=SIGNED_STATUS)
