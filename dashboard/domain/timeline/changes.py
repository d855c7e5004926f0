"""What changed in a patient's story since the team last met about the patient, the weightiest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dashboard.domain.record.medicine_changes import MedicineChange, medicine_changes
from dashboard.domain.timeline.arrange.new_events import is_new
from dashboard.domain.timeline.curves import Curve, curves_that_matter
from dashboard.domain.timeline.events import Event, EventKind, EventState, Timeline

WITHOUT_CONFERENCE: Final = timedelta(days=92)
"""Where the team has not met about the patient, the last three months are what is new. Own choice, a draft."""
_FIRST: Final = (
    EventKind.CONDITION,
    EventKind.ALLERGY,
    EventKind.CONTACT,
    EventKind.TASK,
    EventKind.PLAN,
    EventKind.GOAL,
    EventKind.PROCEDURE,
)
"""Kinds of events in the order in which a room needs them; the others come after these."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new since a moment: the measures whose latest value is, the weightiest first; the other events, newest
    first within their kind; the medicines that changed, newest first, and those that changed before.

    `conference` says whether the moment is that of the last conference.
    """

    since: datetime
    conference: bool
    curves: tuple[Curve, ...]
    events: tuple[Event, ...]
    medicines: tuple[MedicineChange, ...]
    medicines_before: tuple[MedicineChange, ...]


def changes_since_conference(timeline: Timeline, as_of: datetime) -> Changes:
    """What is new by the moment of view. A medicine is in `medicines` and not among the events, a value of a key
    measure in its curve.
    """
    since = timeline.conference or as_of - WITHOUT_CONFERENCE
    curves = curves_that_matter(timeline.results, timeline.urgent)
    medicines = [
        each for each in medicine_changes(timeline.medicines) if each.when is None or each.when.moment <= as_of
    ]
    new = [each for each in medicines if each.when is not None and each.when.moment > since]
    return Changes(
        since=since,
        conference=timeline.conference is not None,
        curves=tuple(
            curve
            for curve in (*curves.shown, *curves.others)
            if any(since < result.latest.when.moment <= as_of for result in curve.results)
        ),
        events=tuple(sorted(filter(lambda event: _is_named(event, since, as_of), timeline.events), key=_order)),
        medicines=tuple(new),
        medicines_before=tuple(sorted((each for each in medicines if each not in new), key=_latest_first)),
    )


def _is_named(event: Event, since: datetime, as_of: datetime) -> bool:
    if event.kind in (EventKind.MEDICINE, EventKind.CONFERENCE) or event.results or event.state is EventState.PLANNED:
        return False
    return is_new(event, since, as_of)


def _latest_first(change: MedicineChange) -> float:
    """By its day; of a stop without one, until when it could be dispensed: later it cannot have been taken."""
    when = change.when or change.medicine.valid_until
    return -when.moment.timestamp() if when is not None else 0.0


def _order(event: Event) -> tuple[int, float, str]:
    rank = _FIRST.index(event.kind) if event.kind in _FIRST else len(_FIRST)
    moments = [each.moment.timestamp() for each in (event.start, event.end, event.recorded) if each is not None]
    return rank, -max(moments, default=0.0), str(event.origin)
