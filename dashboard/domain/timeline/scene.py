"""What of a timeline is drawn: the events within a window, laid out in lanes and tracks, with what does not fit merged
into marks that carry their count.

Every event of the timeline is drawn alone, or is in the `events` of a merged mark or a shared bar, or is counted in
`Scene.left` (before the window, after it, undated, of a kind that is switched off, left out in large type).

A normal result of a key measure is a point of that measure's panel and no mark in a lane: lanes would be full of what
is as it should be. Where the panel is not shown it is counted in `left` (`NOT_SHOWN`). An abnormal one is a mark in its
lanes, and a point as well. A result that is of no key measure is a mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dashboard.domain.attention.trend import is_outside
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Direction, Measure, Result
from dashboard.domain.timeline.events import Event, EventKind, EventState, TargetWindow


class KindGroup(StrEnum):
    """What can be switched on and off together."""

    RESULTS = "results"  # RESULT, QUESTIONNAIRE, REPORT
    MEDICINES = "medicines"  # MEDICINE, IMMUNISATION, ALLERGY
    CONTACTS = "contacts"  # CONTACT, PROCEDURE
    PLAN = "plan"  # GOAL, PLAN, CONFERENCE, TASK, ORDER, FLAG


KIND_GROUPS: dict[KindGroup, frozenset[EventKind]] = {
    KindGroup.RESULTS: frozenset({EventKind.RESULT, EventKind.QUESTIONNAIRE, EventKind.REPORT}),
    KindGroup.MEDICINES: frozenset({EventKind.MEDICINE, EventKind.IMMUNISATION, EventKind.ALLERGY}),
    KindGroup.CONTACTS: frozenset({EventKind.CONTACT, EventKind.PROCEDURE}),
    KindGroup.PLAN: frozenset(
        {EventKind.GOAL, EventKind.PLAN, EventKind.CONFERENCE, EventKind.TASK, EventKind.ORDER, EventKind.FLAG}
    ),
}
"""Problems (CONDITION) are always shown: they are what the lanes are."""


NOT_SHOWN = "results-not-shown"
"""Key of `Scene.left`: normal results of key measures whose panel was not requested."""
OTHER_CONDITIONS = "other-conditions"
"""Key of `Scene.left`: what belongs only to conditions other than the one that was picked."""


@dataclass(frozen=True, slots=True)
class SceneRequest:
    """The window, the kinds and the measures to draw. `since` marks what is new; `marks` is how many marks a lane may
    hold side by side before they are merged, `points` likewise for a measured series.
    """

    start: datetime
    end: datetime
    groups: frozenset[KindGroup] = frozenset(KindGroup)
    measures: tuple[Measure, ...] = ()
    since: datetime | None = None
    marks: int = 60
    points: int = 240


@dataclass(frozen=True, slots=True)
class Bar:
    """A span on a track of a lane: a problem (a segment a stage), a medicine (a segment a dose), a goal.

    `start` and `end` are where it is drawn, cut to the window, `end` exclusive (the next midnight of a known day).
    From `start` to `vague_start`, and from `vague_end` to `end`, is what is not known, in a lighter tone ("2009" begins
    somewhere in that year: `start` is 1 January 2009, `vague_start` 1 January 2010); None where the day is known, and
    `vague_end == start` where only the beginning is known. `open` goes on beyond the moment of view; `before` and
    `after` say that it goes on outside the window. `shared` are the other lanes in which the same event is drawn.

    `text` is the stage, the severity or the name; `events` are the repeat prescriptions of one dose that follow each
    other, oldest first, and `event` is the latest of them; else there is one event. An event of several stages is in
    several bars. A bar that several bars share has the events of all, and the `event` of the topmost.
    """

    lane: ConditionKey
    track: int
    kind: EventKind
    start: datetime
    end: datetime
    text: str
    event: Event
    events: tuple[Event, ...]
    detail: str = ""
    vague_start: datetime | None = None
    vague_end: datetime | None = None
    open: bool = False
    before: bool = False
    after: bool = False
    state: EventState = EventState.DONE
    shared: tuple[ConditionKey, ...] = ()
    new: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on a track of a lane: one event, or several too close to tell apart (`events`, oldest first).

    `until` is the end of a stay, or of the stretch that a date without its day may mean; None for a moment or a day.
    `text` and `detail` are those of the one event; of several the text that all share, or all abnormal ones, else "".
    `state` is theirs, or, where they differ, the first of not-done, stopped, planned, ongoing, unknown, done. A
    problem, medicine or goal is a mark where the lane has no track left for its bar.
    """

    lane: ConditionKey
    track: int
    kind: EventKind
    when: datetime
    events: tuple[Event, ...]
    text: str
    detail: str = ""
    until: datetime | None = None
    abnormal: bool = False
    state: EventState = EventState.DONE
    shared: tuple[ConditionKey, ...] = ()
    new: bool = False

    @property
    def count(self) -> int:
        return len(self.events)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: its bars and marks on `tracks` rows, the topmost 0. `stage` is the present stage in words; `active` is
    False for a condition that is over or refuted, `suspected` True for one that nobody has confirmed. A lane of the
    four without any event is left out of the scene.
    """

    key: ConditionKey
    tracks: int
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    stage: str = ""
    active: bool = True
    suspected: bool = False

    @property
    def events(self) -> list[Event]:
        """The events of its bars and then of its marks; one that is drawn twice is listed twice."""
        in_bars = [event for bar in self.bars for event in bar.events]
        return in_bars + [event for mark in self.marks for event in mark.events]


@dataclass(frozen=True, slots=True)
class PanelPoint:
    """A measured value, or several of one stretch of time: then `value` is their median, `low` and `high` their
    extremes, `count` how many. Never of two units: values are in the measure's canonical unit. The first and the last
    of a series stand alone.
    """

    when: datetime
    value: float
    low: float
    high: float
    count: int
    results: tuple[Result, ...]
    new: bool = False
    abnormal: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class PanelSeries:
    """One measure's points in the window; `latest` is the last value known at all, in the window or before it.

    `converted` of the results in the points were sent in another unit. `reference` as in `Panel`, of this measure.
    `baseline` is what the patient's latest value is compared with and `direction` where it went, as on every page; None
    and UNKNOWN where `latest` is not the patient's latest.
    """

    measure: Measure
    points: tuple[PanelPoint, ...]
    latest: Result | None = None
    converted: int = 0
    reference: tuple[float | None, float | None] = (None, None)
    reference_source: str = ""
    baseline: Result | None = None
    direction: Direction = Direction.UNKNOWN


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart of one measure, or of a pair that belongs together (systolic and diastolic pressure).

    `name` is the measure's key ("HBA1C"), or "BLOOD_PRESSURE". `reference` is the range outside which a value is called
    abnormal (low, high; None: open): below low, or at and above high, with its source; of a pair its first. `targets`
    are what the plan aims at. `urgent`, `old`: its latest value is. `refused` counts values left out because their
    unit is not known.
    """

    name: str
    unit: str
    series: tuple[PanelSeries, ...]
    reference: tuple[float | None, float | None] = (None, None)
    reference_source: str = ""
    targets: tuple[TargetWindow, ...] = ()
    refused: int = 0
    urgent: bool = False
    old: bool = False

    @property
    def is_pair(self) -> bool:
        return len(self.series) == 2

    @property
    def has_points(self) -> bool:
        """Whether any value lies in the window."""
        return any(series.points for series in self.series)

    @property
    def latest_abnormal(self) -> bool:
        """Whether a latest value lies outside of the range that is usual."""
        latest = (series.latest for series in self.series)
        return any(is_outside(result) for result in latest if result is not None)

    @property
    def latest_preliminary(self) -> bool:
        """Whether a latest value may still change."""
        return any(series.latest is not None and series.latest.preliminary for series in self.series)

    @property
    def misses_goal(self) -> bool:
        """Whether a latest value is certainly beyond the target of the goal that counts."""
        aims = {window.measure: window.target for window in self.targets}
        latest = (series.latest for series in self.series)
        return any(
            each is not None and each.measure in aims and aims[each.measure].missed_by(each.value) for each in latest
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn. `left` counts the events that are not, by reason: "before", "after", "undated", a KindGroup's
    value for what is switched off, `NOT_SHOWN`, `OTHER_CONDITIONS`; those of `NOT_SHOWN` are in
    `not_shown`, oldest first. `merged` is how many events are inside merged marks and points; `new` how many of all
    events, drawn or not, are newer than `SceneRequest.since`, as `is_new` has it.
    """

    request: SceneRequest
    lanes: tuple[Lane, ...]
    panels: tuple[Panel, ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    not_shown: tuple[Event, ...] = ()
    merged: int = 0
    new: int = 0
