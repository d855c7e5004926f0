"""What of a timeline is shown, read from and written to the page's address, so that a sent link opens the same view.

`/timeline?id=p7&condition=T2DM&span=5y&off=contacts&m=EGFR,POTASSIUM&at=Observation/o1&since=conference&large=yes`.
Whatever in it is not understood is ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline import windows
from dashboard.domain.timeline.arrange.lane_keys import LaneKeys
from dashboard.domain.timeline.arrange.measures import condition_measures
from dashboard.domain.timeline.events import Event, Timeline
from dashboard.domain.timeline.scene import KindGroup, Scene, SceneRequest
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.shared.pager import read_page, write_page

SPANS = tuple(preset.value for preset in windows.Window)
PLAIN_SPAN = "1y"
OWN = "own"
PAGE_ROWS = 200
# Minutes for which a figure stays as it was drawn, unless its events change.
REDRAWN = 5


@dataclass(frozen=True, slots=True)
class TimelineView:
    """A view of a patient's timeline. `span` is a preset, or OWN with `start` and `end` (days, inclusive).

    `condition` None: all of the patient's. `measures` empty: those that are usual for the patient or the condition.
    `at` is the origin of the picked event. `since`: what is new since the last conference is marked. `table`: the same
    events as a table.
    """

    id: str = ""
    condition: ConditionKey | None = None
    span: str = PLAIN_SPAN
    start: date | None = None
    end: date | None = None
    off: frozenset[KindGroup] = frozenset()
    measures: tuple[Measure, ...] = ()
    at: str = ""
    since: bool = False
    large: bool = False
    table: bool = False
    page: int = 1


def read_timeline_view(params: Mapping[str, str]) -> TimelineView:
    """The view an address asks for."""
    start, end = _day(params.get("from", "")), _day(params.get("to", ""))
    own = start is not None and end is not None and start < end
    span = params.get("span", "")
    return TimelineView(
        id=params.get("id", "")[:200],
        condition=next((key for key in ConditionKey if key.value == params.get("condition")), None),
        span=OWN if own else span if span in SPANS else PLAIN_SPAN,
        start=start if own else None,
        end=end if own else None,
        off=frozenset(group for group in KindGroup if group.value in params.get("off", "").split(",")),
        measures=tuple(measure for measure in Measure if measure.value in params.get("m", "").split(",")),
        at=_origin(params.get("at", "")),
        since=params.get("since") == "conference",
        large=params.get("large") == "yes",
        table=params.get("view") == "table",
        page=read_page(params.get("page", "")),
    )


def write_timeline_view(view: TimelineView) -> dict[str, str]:
    """The address of a view: only what differs from the plain one. `read(write(v)) == v`."""
    params = {"id": view.id}
    params |= {"condition": view.condition.value} if view.condition else {}
    if view.span == OWN and view.start and view.end:
        params |= {"from": view.start.isoformat(), "to": view.end.isoformat()}
    elif view.span != PLAIN_SPAN:
        params["span"] = view.span
    if view.off:
        params["off"] = ",".join(group.value for group in KindGroup if group in view.off)
    if view.measures:
        params["m"] = ",".join(measure.value for measure in Measure if measure in view.measures)
    params |= {"at": view.at} if view.at else {}
    params |= {"since": "conference"} if view.since else {}
    params |= {"large": "yes"} if view.large else {}
    params |= {"view": "table"} if view.table else {}
    return params | write_page(view.page)


def zoom(view: TimelineView, span: str) -> TimelineView:
    """The view after a preset was pressed."""
    return replace(view, span=span, start=None, end=None, page=1) if span in SPANS else view


def choose_condition(view: TimelineView, name: str) -> TimelineView:
    """The view of one condition; "" for all of them."""
    if name and name not in set(ConditionKey):
        return view
    return replace(view, condition=ConditionKey(name) if name else None, page=1)


def toggle_kind(view: TimelineView, name: str) -> TimelineView:
    """The view with a group of kinds switched on or off."""
    if name not in set(KindGroup):
        return view
    return replace(view, off=view.off ^ {KindGroup(name)}, page=1)


def pick(view: TimelineView, origin: str) -> TimelineView:
    """The view with the details of an event open; "" or what is no reference closes them."""
    return replace(view, at=_origin(origin))


def window(view: TimelineView, timeline: Timeline, as_of: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """From when to when the time axis runs."""
    if view.span == OWN and view.start and view.end:
        return windows.between(view.start, view.end, zone)
    return windows.window(windows.Window(view.span), timeline, as_of)


def scene_request(view: TimelineView, timeline: Timeline, as_of: datetime, zone: tzinfo) -> SceneRequest:
    """What of the timeline is to be drawn."""
    start, end = window(view, timeline, as_of, zone)
    return SceneRequest(
        start=start,
        end=end,
        groups=frozenset(KindGroup) - view.off,
        measures=with_pairs(view.measures) or _of_condition(view, timeline),
        # Always counted, and marked on request (`without_new`).
        since=timeline.conference,
    )


def _of_condition(view: TimelineView, timeline: Timeline) -> tuple[Measure, ...]:
    return condition_measures(timeline, view.condition) if view.condition else ()


def conditions_of(timeline: Timeline) -> tuple[ConditionKey, ...]:
    """The conditions that a patient's events belong to, in the order of the pages."""
    return LaneKeys(timeline).keys


def with_pairs(measures: Sequence[Measure]) -> tuple[Measure, ...]:
    """Blood pressure is chosen once, and shown as the pair that it is."""
    paired = list(measures)
    if Measure.SYSTOLIC in paired and Measure.DIASTOLIC not in paired:
        paired.insert(paired.index(Measure.SYSTOLIC) + 1, Measure.DIASTOLIC)
    return tuple(paired)


def measure_choices(timeline: Timeline) -> list[Measure]:
    """The measures that have a value or a refused one; of blood pressure the systolic stands for both."""
    available = [measure for measure in Measure if timeline.series.get(measure) or timeline.refused.get(measure)]
    return [measure for measure in available if measure is not Measure.DIASTOLIC or Measure.SYSTOLIC not in available]


def steps(scene: Scene) -> list[tuple[datetime, str]]:
    """What is drawn in lanes and panels, each event once, in the order of time: when, and its origin.

    The keyboard steps through all that a mouse can press.
    """
    times: dict[Reference, datetime] = {}
    for lane in scene.lanes:
        for event in lane.events:
            times.setdefault(event.origin, _order(event)[0])
    for panel in scene.panels:
        for series in panel.series:
            for point in series.points:
                for result in point.results:
                    times.setdefault(result.origin, result.when.moment)
    return sorted((moment, str(origin)) for origin, moment in times.items())


def _order(event: Event) -> tuple[datetime, str]:
    moment = event.start or event.end
    return (moment.moment if moment else datetime.max.replace(tzinfo=UTC)), str(event.origin)


def step(scene: Scene, origin: str, by: int, as_of: datetime) -> str:
    """The origin of the event that many steps on. Where none is picked, the latest one up to now is the first."""
    ordered = steps(scene)
    if not ordered:
        return ""
    places = {name: place for place, (_, name) in enumerate(ordered)}
    if origin not in places:
        past = [name for moment, name in ordered if moment <= as_of]
        return past[-1] if past else ordered[0][1]
    return ordered[min(max(places[origin] + by, 0), len(ordered) - 1)][1]


def events_in_same_place(scene: Scene, timeline: Timeline, origin: str) -> list[Event]:
    """The events in one span or point with this one, itself among them, newest first; [] when it stands alone."""
    for lane in scene.lanes:
        for held in (bar.events for bar in lane.bars):
            if len(held) > 1 and any(str(event.origin) == origin for event in held):
                return sorted(held, key=_order, reverse=True)
    for panel in scene.panels:
        for point in (point for series in panel.series for point in series.points if point.count > 1):
            if any(str(result.origin) == origin for result in point.results):
                inside = {result.origin for result in point.results}
                return [event for event in reversed(timeline.events) if event.origin in inside]
    return []


def drawing_time(as_of: datetime) -> datetime:
    """The moment that a figure is drawn for: a page that asks again by itself draws nothing anew for minutes."""
    return as_of - timedelta(minutes=as_of.minute % REDRAWN, seconds=as_of.second, microseconds=as_of.microsecond)


def find_event(timeline: Timeline, origin: str) -> Event | None:
    """The event of an address; None where the patient has none of that name."""
    return next((event for event in timeline.events if str(event.origin) == origin), None) if origin else None


def _origin(text: str) -> str:
    kind, _, name = text.partition("/")
    try:
        return str(Reference(kind, name)) if len(text) < 200 else ""
    except ValueError:
        return ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-23") else None
    except ValueError:
        return None
    return day if day is not None and 1880 < day.year < 2200 else None
