"""The panels of measurements below the lanes: their points, merged where they are too many to be distinguished."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from dashboard.domain.attention.trend import ABNORMAL, is_old, is_outside
from dashboard.domain.record.observation import Direction, Measure, Result, time_order
from dashboard.domain.timeline.arrange.extent import past
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.scene import Panel, PanelPoint, PanelSeries, SceneRequest
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.units import CANONICAL_UNIT

PAIR = (Measure.SYSTOLIC, Measure.DIASTOLIC)
PAIR_NAME = "BLOOD_PRESSURE"


def panels(
    timeline: Timeline,
    measures: Iterable[Measure],
    request: SceneRequest,
    as_of: datetime,
    is_new: Callable[[Result], bool],
) -> tuple[Panel, ...]:
    """A panel for each measure, in the order given; systolic and diastolic pressure are one, whichever is asked for."""
    made: dict[str, Panel] = {}
    for measure in measures:
        pair = measure in PAIR
        name = PAIR_NAME if pair else measure.value
        if name not in made:
            parts = PAIR if pair else (measure,)
            series = tuple(_series(timeline, each, request, is_new) for each in parts)
            made[name] = Panel(
                name=name,
                unit=CANONICAL_UNIT[measure],
                series=series,
                reference=series[0].reference,
                reference_source=series[0].reference_source,
                targets=tuple(target for target in timeline.targets if target.measure in parts),
                old=any(each.latest is not None and is_old(each.latest, site_day(as_of)) for each in series[:1]),
                urgent=any(
                    each.latest is not None and each.latest == _urgent_result(timeline, each.measure) for each in series
                ),
                refused=sum(timeline.refused.get(each, 0) for each in parts),
            )
    return tuple(made.values())


def _urgent_result(timeline: Timeline, measure: Measure) -> Result | None:
    """The patient's latest result of a measure where it is urgent; a window of the past may have another latest."""
    known = timeline.results.get(measure) if measure in timeline.urgent else None
    return known.latest if known else None


def _series(
    timeline: Timeline, measure: Measure, request: SceneRequest, is_new: Callable[[Result], bool]
) -> PanelSeries:
    order = sorted(timeline.series.get(measure, ()), key=time_order)
    inside = [each for each in order if in_window(each, request)]
    limits, urgent = ABNORMAL[measure], _urgent_result(timeline, measure)
    # The series ends with the day of view: a result of later today is the latest, as on the other pages.
    latest = next((each for each in reversed(order) if each.when.moment <= request.end), None)
    known = timeline.results.get(measure)
    is_latest = known is not None and latest == known.latest
    return PanelSeries(
        measure=measure,
        points=tuple(_point(some, request, is_new, urgent) for some in thinned(inside, request)),
        latest=latest,
        converted=sum(each.converted for each in inside),
        reference=(_number(limits.low), _number(limits.high)),
        reference_source=limits.source,
        baseline=known.baseline if known and is_latest else None,
        direction=known.direction if known and is_latest else Direction.UNKNOWN,
    )


def in_window(result: Result, request: SceneRequest) -> bool:
    """Whether the moment, or any of the stretch that a partial date may mean, lies in the window."""
    first = result.when.moment
    return first <= request.end and (first >= request.start or past(result.when) > request.start)


def thinned(results: Sequence[Result], request: SceneRequest) -> list[Sequence[Result]]:
    """The results in groups of equal stretches of the window, no more than `request.points` (at least 3); the first and
    the last alone. Every result by itself where they are few enough.
    """
    if len(results) <= max(request.points, 3):
        return [(each,) for each in results]
    first, *inner, last = results
    width = (request.end - request.start) / max(request.points - 2, 1) or timedelta(microseconds=1)
    groups: dict[int, list[Result]] = {}
    most = max(request.points - 2, 1) - 1
    for each in inner:
        place = (max(each.when.moment, request.start) - request.start) // width
        groups.setdefault(min(place, most), []).append(each)
    return [(first,), *groups.values(), (last,)]


def _point(
    results: Sequence[Result], request: SceneRequest, is_new: Callable[[Result], bool], urgent: Result | None
) -> PanelPoint:
    values = [float(each.value.value) for each in results]
    return PanelPoint(
        when=max(results[len(results) // 2].when.moment, request.start),
        value=values[0] if len(values) == 1 else median(values),
        low=min(values),
        high=max(values),
        count=len(results),
        results=tuple(results),
        new=any(is_new(each) for each in results),
        abnormal=any(map(is_outside, results)),
        urgent=urgent in results,
    )


def _number(limit: object) -> float | None:
    return None if limit is None else float(str(limit))
