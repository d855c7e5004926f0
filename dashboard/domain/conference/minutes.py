"""Minutes of a conference: who was there, which patients were spoken of, and whether somebody has signed.

What was said and decided about a patient stands in the patient's own note (`note`), so that the minutes can be sent to
everybody who was there and each reader sees the patients whom this reader may see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from dashboard.domain.conference.conference import Conference
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

LONGEST_REMARK: Final = 2000
MOST_PRESENT: Final = 100


class MinutesAction(StrEnum):
    """What somebody can do with minutes."""

    WRITE = "write"
    SEND_BACK = "send back"
    SIGN = "sign"


STATES: Final[dict[str, dict[MinutesAction, str]]] = {
    "preliminary": {
        MinutesAction.WRITE: "preliminary",
        MinutesAction.SEND_BACK: "preliminary",
        MinutesAction.SIGN: "final",
    },
    "final": {},
    "amended": {},
    "entered-in-error": {},
}
"""Composition.status -> action -> status after it. What is signed is corrected in the patients' notes alone."""


class How(StrEnum):
    """How somebody was there."""

    ROOM = "room"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who was there; `how` is in the room or remote, `since` when the person came."""

    who: NamedReference
    how: How
    since: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Why the minutes were sent back: by whom, when, in words."""

    author: NamedReference
    when: PartialDate | None
    text: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who vouched for the minutes, and when."""

    by: NamedReference
    at: PartialDate | None


@dataclass(frozen=True, slots=True)
class Minutes:
    """A FHIR Composition of the type `conference-minutes`.

    `number` is that of the conference, `notes` are the patients' notes in the order of the meeting. `source` is the
    resource it was read from, {} of a new one.
    """

    origin: Reference
    version: str
    conference: Reference
    number: str
    title: str
    written: PartialDate
    author: NamedReference
    status: str = "preliminary"
    present: tuple[Present, ...] = ()
    notes: tuple[Reference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    signature: Signature | None = None
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def signed(self) -> bool:
        return self.status in ("final", "amended")

    def was_there(self, who: Reference) -> bool:
        return any(each.who.to == who for each in self.present)


def after(status: str, action: MinutesAction) -> str:
    """Returns the status after the action. Raises UserFacingError where the status does not allow it."""
    allowed = STATES.get(status, {})
    if action not in allowed:
        raise UserFacingError("minutes-signed")
    return allowed[action]


def new_minutes(origin: Reference, conference: Conference, author: NamedReference, at: datetime) -> Minutes:
    """Minutes in which nothing stands yet."""
    return Minutes(
        origin=origin,
        version="",
        conference=conference.origin,
        number=conference.number,
        title=f"Minutes of {conference.title}",
        written=PartialDate(at.isoformat(timespec="seconds")),
        author=author,
        source={},
    )


def with_present(minutes: Minutes, people: Sequence[NamedReference], how: How, at: datetime) -> Minutes:
    """The minutes with these people as present; who is there already stays as she came."""
    status = after(minutes.status, MinutesAction.WRITE)
    known = {each.who.to or each.who.name for each in minutes.present}
    new: dict[Reference | str, NamedReference] = {}
    for person in people:
        key = person.to or without_control_characters(person.name)
        if key and key not in known:
            new.setdefault(key, person)
    if len(minutes.present) + len(new) > MOST_PRESENT:
        raise UserFacingError("minutes-too-many-present", most=MOST_PRESENT)
    since = PartialDate(at.isoformat(timespec="seconds"))
    return replace(
        minutes, status=status, present=(*minutes.present, *(Present(person, how, since) for person in new.values()))
    )


def without_present(minutes: Minutes, person: NamedReference) -> Minutes:
    """The minutes without somebody who was put down by mistake."""
    status = after(minutes.status, MinutesAction.WRITE)
    gone = person.to or person.name
    present = tuple(each for each in minutes.present if (each.who.to or each.who.name) != gone)
    return replace(minutes, status=status, present=present)


def with_note(minutes: Minutes, note: Reference) -> Minutes:
    """The minutes with a patient's note, once."""
    if note in minutes.notes:
        return minutes
    return replace(minutes, status=after(minutes.status, MinutesAction.WRITE), notes=(*minutes.notes, note))


def sent_back(minutes: Minutes, author: NamedReference, text: str, at: datetime) -> Minutes:
    """The minutes with a remark of what is to be corrected."""
    words = without_control_characters(text)
    if not words:
        raise UserFacingError("remark-empty")
    if len(words) > LONGEST_REMARK:
        raise UserFacingError("remark-too-long", most=LONGEST_REMARK)
    remark = Remark(author, PartialDate(at.isoformat(timespec="seconds")), words)
    status = after(minutes.status, MinutesAction.SEND_BACK)
    return replace(minutes, status=status, remarks=(*minutes.remarks, remark))


def signed(minutes: Minutes, by: NamedReference, at: datetime) -> Minutes:
    """The minutes, signed."""
    status = after(minutes.status, MinutesAction.SIGN)
    return replace(minutes, status=status, signature=Signature(by, PartialDate(at.isoformat(timespec="seconds"))))
