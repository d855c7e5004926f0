"""Discussion: that a conference spoke about one patient, from when to when, and who was there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dashboard.domain.conference.conference import Conference
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Discussion:
    """A FHIR Encounter that is tied to the Appointment of the conference.

    `status` is planned, in-progress, finished or cancelled (nothing was said); `number` is that of the conference.
    `source` is the resource it was read from, {} of a new one.
    """

    origin: Reference
    version: str
    patient: Reference
    conference: Reference
    number: str
    status: str
    start: PartialDate | None
    end: PartialDate | None = None
    present: tuple[NamedReference, ...] = ()
    provider: NamedReference = NOBODY
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def seconds(self) -> float:
        """How long it took; 0 while it goes on."""
        if self.start is None or self.end is None:
            return 0.0
        return max(0.0, (self.end.moment - self.start.moment).total_seconds())


def new_discussion(origin: Reference, patient: Reference, conference: Conference, at: datetime) -> Discussion:
    """A discussion that has yet to begin."""
    return Discussion(
        origin=origin,
        version="",
        patient=patient,
        conference=conference.origin,
        number=conference.number,
        status="planned",
        start=_moment(at),
        provider=conference.team,
        source={},
    )


def going_on(discussion: Discussion, at: datetime) -> Discussion:
    """The discussion, going on: from now, or since it began where the conference comes back to the patient."""
    if discussion.status == "in-progress":
        return discussion
    start = discussion.start if discussion.status == "finished" else None
    return replace(discussion, status="in-progress", start=start or _moment(at), end=None)


def called_off(discussion: Discussion) -> Discussion:
    """The discussion, called off: the patient was on the screen, and nothing was said. One that has ended stays."""
    return discussion if discussion.status == "finished" else replace(discussion, status="cancelled")


def finished(discussion: Discussion, present: tuple[NamedReference, ...], at: datetime) -> Discussion:
    """The discussion, ended now, with who was there: nobody who is named already is lost."""
    known = {each.to or each.name for each in discussion.present}
    more = tuple(each for each in present if (each.to or each.name) not in known)
    return replace(discussion, status="finished", end=_moment(at), present=(*discussion.present, *more))


def _moment(at: datetime) -> PartialDate:
    return PartialDate(at.isoformat(timespec="seconds"))
