"""The course of a medicine: the requests of one substance joined to a stretch for each dose, so that a change of dose
and a gap can be seen; and that of a condition: its stages one after the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dashboard.domain.timeline.arrange.extent import Extent, cut_to_follower, end_of_day
from dashboard.domain.timeline.events import Certainty, Event, EventKind

GAP = timedelta(days=14)
"""Requests of one dose no farther apart are one stretch: repeat prescriptions are seldom fetched on the day.
Own choice, a draft."""

Dated = tuple[Event, Extent]


@dataclass(slots=True)
class Stretch:
    """What becomes one bar: its events, oldest first, and when it was, as in `Extent`."""

    events: list[Event]
    first: datetime
    last: datetime
    vague_start: datetime | None
    vague_end: datetime | None
    open: bool
    text: str
    detail: str

    @property
    def event(self) -> Event:
        return self.events[-1]


def by_time(dated: Dated) -> tuple[datetime, datetime, str, str, str, str, str]:
    """Sorts events in the same order whatever order they came in."""
    event, at = dated
    return (at.first, at.last, event.origin.id, event.origin.type, event.kind, event.text, event.detail)


def course_of(event: Event) -> str:
    """What the requests of one course share: the substance by ATC (fifth level), else the track, else the name."""
    if len(event.atc) == 7:
        return event.atc
    return event.track or " ".join(event.text.casefold().split())


def _dose(event: Event) -> tuple[str, str]:
    return " ".join(event.text.casefold().split()), " ".join(event.detail.casefold().split())


def courses(medicines: Iterable[Dated]) -> dict[str, list[Dated]]:
    """The requests by course, each oldest first; their extents are settled against each other on the way.

    One whose end nobody knows has ended when the next one of its course began; small gaps within one dose are closed.
    """
    by_course: dict[str, list[Dated]] = {}
    for each in medicines:
        by_course.setdefault(course_of(each[0]), []).append(each)
    for course in by_course.values():
        course.sort(key=by_time)
        for (event, at), (following, next_at) in pairwise(course):
            same_dose = _dose(event) == _dose(following)
            if not at.ended and next_at.first >= at.last:
                at.vague_end, at.last = at.last, next_at.first
            elif same_dose and not at.open and at.last < next_at.first <= at.last + GAP:
                at.last = next_at.first
        cut_to_follower([at for _, at in course])
    return by_course


def settle_conditions(conditions: Iterable[Dated]) -> None:
    """Ends each stage where the next one of its condition begins, where the dates allow both to be true."""
    chains: dict[object, list[Dated]] = {}
    for event, at in conditions:
        if event.certainty is not Certainty.REFUTED:
            chain = event.lanes if event.memberships else (event.track or event.text.casefold())
            chains.setdefault(chain, []).append((event, at))
    for stages in chains.values():
        stages.sort(key=by_time)
        cut_to_follower([at for _, at in stages])


def dose_stretches(course: Iterable[Dated]) -> list[Stretch]:
    """A stretch for each dose and each time it was taken; two doses at once are two stretches that overlap."""
    made: list[Stretch] = []
    running: dict[tuple[str, str], Stretch] = {}
    for event, at in course:
        dose = _dose(event)
        stretch = running.get(dose)
        if stretch is None or at.first > stretch.last:
            running[dose] = single(event, at)
            made.append(running[dose])
            continue
        stretch.events.append(event)
        stretch.open = stretch.open or at.open
        if at.last >= stretch.last:
            stretch.last, stretch.vague_end = at.last, at.vague_end
    return made


def single(event: Event, at: Extent) -> Stretch:
    """The stretch of one event."""
    text = event.text
    if event.kind is EventKind.CONDITION:
        text = event.stage or event.severity or event.text
    detail = event.text if text != event.text else event.detail
    return Stretch([event], at.first, at.last, at.vague_start, at.vague_end, at.open, text, detail)


def stage_stretches(event: Event, at: Extent, stages: Sequence[tuple[datetime, str]]) -> list[Stretch]:
    """A condition's stretches, one for each stage; `stages` (moment, stage) are those that findings in its lane name,
    oldest first, each from the beginning of its day.

    A Condition holds the stage of today. Where findings name the stage at their time, what came before the first of
    them is drawn without one.
    """
    whole = single(event, at)
    inside: dict[datetime, str] = {}
    for when, stage in stages:
        midnight = when.replace(hour=0, minute=0, second=0, microsecond=0)
        if end_of_day(when) > at.first and midnight < at.last:
            inside[max(midnight, at.first)] = stage
    if not inside:
        return [whole]
    cuts = [*({} if at.first in inside else {at.first: event.text}).items(), *inside.items()]
    changes = [one for place, one in enumerate(cuts) if place == 0 or one[1] != cuts[place - 1][1]]
    made = []
    for place, (begins, text) in enumerate(changes):
        last = place == len(changes) - 1
        ends = at.last if last else changes[place + 1][0]
        made.append(
            Stretch(
                [event],
                at.first if place == 0 else begins,
                ends,
                None if place or at.vague_start is None else min(at.vague_start, ends),
                None if not last or at.vague_end is None else max(at.vague_end, begins),
                at.open and last,
                text,
                event.detail if text == event.text else event.text,
            )
        )
    return made
