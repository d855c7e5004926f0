"""The timeline as a list, for a narrow screen: the entries of each condition by month, and its measurements."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import conditions_of, home_conditions
from dashboard.domain.timeline.curves import Curve, Curves
from dashboard.domain.timeline.events import Event
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.shared.dates import MONTHS
from dashboard.ui.shared.wording import t


@dataclass(frozen=True, slots=True)
class Month:
    """The entries of one month, newest first, under its name; "2009" where only the year is known."""

    name: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure, or a pair of pressures, under the condition it tells most of; `also` are the others it tells of."""

    curve: Curve
    also: tuple[ConditionKey, ...]


@dataclass(frozen=True, slots=True)
class ConditionEntries:
    """What is listed under one condition. An entry is under each condition that it belongs to, a measure under one."""

    key: ConditionKey
    measured: tuple[Measured, ...]
    months: tuple[Month, ...]

    @property
    def count(self) -> int:
        return sum(len(month.events) for month in self.months)


def entries_by_condition(
    events: Sequence[Event], keys: Sequence[ConditionKey], curves: Curves
) -> tuple[ConditionEntries, ...]:
    """The events (newest first) and the curves under a patient's conditions, in their order; OTHER is the last, and
    holds what belongs to none. A condition without either is left out.
    """
    order = [key for key in keys if key is not ConditionKey.OTHER]
    known = (*curves.shown, *curves.others)
    homes = home_conditions((measure for curve in known for measure in curve.measures), order)
    found = []
    for key in (*order, ConditionKey.OTHER):
        own = [
            event for event in events if key in event.lanes or (key is ConditionKey.OTHER and _nowhere(event, order))
        ]
        measured = tuple(
            Measured(curve, also_tells_of(curve, key, order))
            for curve in known
            if homes.get(curve.measures[0], ConditionKey.OTHER) is key
        )
        if own or measured:
            found.append(ConditionEntries(key, measured, months(own)))
    return tuple(found)


def _nowhere(event: Event, keys: Sequence[ConditionKey]) -> bool:
    return not any(key in keys for key in event.lanes)


def also_tells_of(curve: Curve, home: ConditionKey, keys: Sequence[ConditionKey]) -> tuple[ConditionKey, ...]:
    """The patient's other conditions of which a measure tells."""
    return tuple(
        key for key in keys if key is not home and any(key in conditions_of(measure) for measure in curve.measures)
    )


def months(events: Sequence[Event]) -> tuple[Month, ...]:
    """The entries, in their order, by the month in which they begin; those without a date last."""
    dated = [event for event in events if event.start is not None or event.end is not None]
    undated = tuple(event for event in events if event.start is None and event.end is None)
    found = [
        Month(name, tuple(same)) for name, same in groupby(dated, lambda event: month_name(event.start or event.end))
    ]
    return (*found, *([Month(month_name(None), undated)] if undated else []))


def month_name(when: PartialDate | None) -> str:
    """`Nov-2026`, `2009`, `Date not recorded`."""
    if when is None:
        return t("Date not recorded")
    if when.precision == "year":
        return f"{when.start.year:04d}"
    return f"{MONTHS[when.start.month - 1]}-{when.start.year:04d}"
