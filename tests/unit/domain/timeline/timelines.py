"""Timelines written out in a test, and random ones: short ways to build events."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.timeline.events import (
    Certainty,
    Event,
    EventKind,
    EventState,
    LaneMembership,
    LaneReason,
    Timeline,
)
from dashboard.domain.timeline.scene import KindGroup, SceneRequest
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.units import CANONICAL_UNIT

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
TYPES = {
    EventKind.CONDITION: "Condition",
    EventKind.MEDICINE: "MedicationRequest",
    EventKind.CONTACT: "Encounter",
    EventKind.RESULT: "Observation",
    EventKind.GOAL: "Goal",
}


def on(*lanes: ConditionKey) -> tuple[LaneMembership, ...]:
    return tuple(LaneMembership(lane, LaneReason.CODE) for lane in lanes)


def event(kind: EventKind, name: str, start: str = "", end: str = "", lanes: Any = (), **more: Any) -> Event:
    """An event; its id is its name and start, so the same words give the same event."""
    id_ = more.pop("id", None) or "".join(c for c in f"{name}-{start}" if c.isalnum() or c in "-.")[:64]
    wanted = (lanes,) if isinstance(lanes, ConditionKey) else tuple(lanes)
    return Event(
        origin=Reference(TYPES.get(kind, "Procedure"), id_),
        kind=kind,
        text=name,
        start=PartialDate(start) if start else None,
        end=PartialDate(end) if end else None,
        memberships=on(*wanted),
        **more,
    )


def medicine(name: str, start: str, end: str = "", lanes: Any = ConditionKey.T2DM, **more: Any) -> Event:
    more.setdefault("state", EventState.DONE if end else EventState.ONGOING)
    return event(EventKind.MEDICINE, name, start, end, lanes, **more)


def problem(name: str, start: str, end: str = "", lanes: Any = (), **more: Any) -> Event:
    more.setdefault("state", EventState.DONE if end else EventState.ONGOING)
    return event(EventKind.CONDITION, name, start, end, lanes, **more)


def measured(measure: Measure, value: str, when: str, abnormal: bool = False, lanes: Any = (), **more: Any) -> Event:
    """A result with its value in the canonical unit."""
    id_ = more.pop("id", f"{measure.value}-{when}".replace(":", "").replace("+", "p"))
    quantity = Quantity(Decimal(value), CANONICAL_UNIT[measure])
    here = Reference("Observation", id_)
    result = Result(measure, quantity, PartialDate(when), quantity, more.pop("converted", False), here)
    return event(EventKind.RESULT, measure.value, when, "", lanes, id=id_, abnormal=abnormal, results=(result,), **more)


def timeline(*events: Event, **more: Any) -> Timeline:
    """With the series that its results make."""
    series: dict[Measure, list[Result]] = {}
    for each in events:
        for result in each.results:
            series.setdefault(result.measure, []).append(result)
    made = {measure: tuple(sorted(results, key=lambda one: one.when.moment)) for measure, results in series.items()}
    return Timeline(Person("p1", HumanName("Aldous")), NOW, events, made, **more)


def years(back: float, ahead: float = 0.25, **more: Any) -> SceneRequest:
    """A window from so many years before the moment of view to some months after it."""
    return SceneRequest(NOW - timedelta(days=365.25 * back), NOW + timedelta(days=365.25 * ahead), **more)


# Random ones ---------------------------------------------------------------------------------------------------

_days = st.dates(date(2021, 1, 1), date(2027, 6, 30))
partial_dates = st.one_of(
    _days.map(date.isoformat),
    _days.map(lambda day: f"{day.year}-{day.month:02d}"),
    _days.map(lambda day: f"{day.year}"),
    st.builds(lambda day, hour: f"{day.isoformat()}T{hour:02d}:20:00+01:00", _days, st.integers(0, 23)),
)
_maybe_dates = st.one_of(st.just(""), partial_dates, partial_dates)
_lanes = st.lists(st.sampled_from(ConditionKey), unique=True, max_size=3)
_MEDICINES = (
    ("metformin 500 mg", "A10BA02"),
    ("metformin 1000 mg", "A10BA02"),
    ("ramipril 5 mg", "C09AA05"),
    ("losartan", "C09CA01"),
    ("a herb", ""),
)
_OFTEN = (EventKind.MEDICINE, EventKind.RESULT, EventKind.CONDITION)
_KEY = (Measure.HBA1C, Measure.EGFR, Measure.SYSTOLIC, Measure.DIASTOLIC)


@st.composite
def _random_event(draw: st.DrawFn, number: int) -> Event:
    kind = draw(st.sampled_from([*EventKind, *_OFTEN * 3]))
    common: dict[str, Any] = {
        "id": f"e{number}",
        "state": draw(st.sampled_from(EventState)),
        "recorded": draw(st.one_of(st.none(), partial_dates.map(PartialDate))),
    }
    lanes, start, end = draw(_lanes), draw(_maybe_dates), draw(_maybe_dates)
    if kind is EventKind.MEDICINE:
        name, atc = draw(st.sampled_from(_MEDICINES))
        return event(kind, name, start, end, lanes, atc=atc, **common)
    if kind is EventKind.RESULT:
        if start and draw(st.booleans()):
            measure, abnormal = draw(st.sampled_from(_KEY)), draw(st.booleans())
            made = measured(measure, str(draw(st.integers(20, 160))), start, abnormal, lanes, **common)
            return replace(made, end=PartialDate(end)) if end else made
        return event(kind, "ferritin", start, "", lanes, abnormal=draw(st.booleans()), **common)
    if kind is EventKind.CONDITION:
        common["certainty"] = draw(st.sampled_from(Certainty))
        common["stage"] = draw(st.sampled_from(["", "G3a", "G3b"]))
    return event(kind, f"{kind.value} {draw(st.integers(0, 2))}", start, end, lanes, **common)


@st.composite
def random_timelines(draw: st.DrawFn, most: int = 24) -> Timeline:
    many = draw(st.integers(0, most))
    return timeline(*(draw(_random_event(number)) for number in range(many)))


@st.composite
def random_requests(draw: st.DrawFn) -> SceneRequest:
    moments = st.datetimes(datetime(2020, 6, 1), datetime(2027, 9, 1), timezones=st.just(UTC))
    start, end = sorted((draw(moments), draw(moments)))
    return SceneRequest(
        start,
        max(end, start + timedelta(days=1)),  # the page offers no shorter window
        groups=frozenset(draw(st.sets(st.sampled_from(KindGroup))) | draw(st.sets(st.sampled_from(KindGroup)))),
        measures=draw(st.sampled_from([(), (Measure.HBA1C,), (Measure.EGFR, Measure.SYSTOLIC)])),
        since=draw(st.one_of(st.none(), moments)),
        marks=draw(st.sampled_from([1, 7, 60])),
        points=draw(st.sampled_from([1, 4, 240])),
    )
