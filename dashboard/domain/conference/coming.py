"""What is asked of somebody: the conferences that run or come soon, and whom this person was asked to prepare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dashboard.domain.conference.agenda import Agenda
from dashboard.domain.conference.conference import Conference
from dashboard.domain.record.people import Person
from dashboard.domain.values.datatypes import Reference

SOON: Final = timedelta(days=7)
"""A conference that is this near is said on the worklist. Own choice: a week is time to prepare."""


@dataclass(frozen=True, slots=True)
class ComingConference:
    """A conference that the reader is asked to come to. `to_prepare` are the patients whom the reader was asked to
    prepare and has not yet, in the order of the agenda.
    """

    conference: Conference
    to_prepare: tuple[Person, ...] = ()


def coming_conferences(
    conferences: Iterable[Conference],
    agendas: Mapping[Reference, Agenda],
    me: Reference,
    preparing: Mapping[Reference, Person],
    as_of: datetime,
) -> tuple[ComingConference, ...]:
    """Those to which this person is asked and has not declined: what runs now first, then by when they begin.

    `agendas` by their Lists; `preparing` are the patients whom the person may see and has an open task to prepare: who
    is prepared is not named again. A conference that has not begun is left out when its time is over.
    """
    found = [
        ComingConference(each, _to_prepare(agendas.get(each.agenda) if each.agenda else None, me, preparing))
        for each in conferences
        if _asked(each, me) and (each.running or (each.to_come and _is_soon(each, as_of)))
    ]
    return tuple(sorted(found, key=lambda each: _first(each.conference)))


def _asked(conference: Conference, me: Reference) -> bool:
    return any(each.who.to == me and each.answer != "declined" for each in conference.attendees)


def _is_soon(conference: Conference, as_of: datetime) -> bool:
    if conference.start is None:
        return False
    end = conference.end.moment if conference.end is not None else conference.start.moment
    return as_of <= end and conference.start.moment <= as_of + SOON


def _to_prepare(agenda: Agenda | None, me: Reference, preparing: Mapping[Reference, Person]) -> tuple[Person, ...]:
    items = agenda.open_items() if agenda is not None else ()
    return tuple(preparing[item.patient] for item in items if item.preparer.to == me and item.patient in preparing)


def _first(conference: Conference) -> tuple[bool, str, str]:
    start = conference.start.moment.isoformat() if conference.start is not None else ""
    return not conference.running, start, conference.origin.id
