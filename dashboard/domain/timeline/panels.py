"""Measurements below the lanes: which are shown unless asked for, and their points, thinned to what can be told."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

from dashboard.domain.attention.trend import ABNORMAL, direction, is_abnormal
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KEY_MEASURES, Direction, Measure, Result
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.extent import past
from dashboard.domain.timeline.scene import Ask, Panel, PanelPoint, PanelSeries
from dashboard.domain.values.units import CANONICAL_UNIT

USUAL_PANELS = 6
"""Panels shown unless asked for: what fits on a screen below the lanes and can be read from four metres. Own choice."""
PAIR = (Measure.SYSTOLIC, Measure.DIASTOLIC)
PAIR_NAME = "BLOOD_PRESSURE"

_CHANGED = (Direction.UP, Direction.DOWN)
_NOT_SHOWN_BY_ITSELF = frozenset({Measure.HEIGHT, Measure.CREATININE})
"""Height hardly changes in an adult, and creatinine is the eGFR told less plainly; both can be asked for."""


def usual_measures(timeline: Timeline, lanes: Sequence[ConditionKey], as_of: datetime) -> tuple[Measure, ...]:
    """What to show of this patient: of each condition its first measure; then what of its other key measures is
    abnormal or has changed beyond noise, the latest first; then the rest by their rank, then any other. Only measures
    with a result, at most `USUAL_PANELS`, a pair counting one. They come in the order of rank: every condition's first,
    then every condition's second, and so on.
    """
    there = {measure for measure, series in timeline.series.items() if series}
    ranked = [measure for measure in _by_rank(lanes) if measure in there]
    others = [m for m in Measure if m in there and m not in ranked and m not in _NOT_SHOWN_BY_ITSELF]
    firsts = [next((m for m in KEY_MEASURES[lane] if m in there), None) for lane in lanes if lane in KEY_MEASURES]
    told = {measure: _notable(timeline.series[measure], as_of.date()) for measure in ranked}
    notable = [measure for measure in ranked if told[measure] is not None]
    notable.sort(key=lambda measure: told[measure] or date.min, reverse=True)
    chosen: list[tuple[Measure, ...]] = []
    for measure in (*(each for each in firsts if each is not None), *notable, *ranked, *others):
        together = PAIR if measure in PAIR else (measure,)
        if together not in chosen and len(chosen) < USUAL_PANELS:
            chosen.append(together)
    return tuple(measure for measure in (*ranked, *others) if any(measure in together for together in chosen))


def _notable(results: Sequence[Result], day: date) -> date | None:
    """The day of the latest value, where that is abnormal or has changed beyond noise since an earlier day."""
    known = [each for each in results if each.when.start <= day]
    latest = max(known, key=_by_time, default=None)
    if latest is None:
        return None
    before = max((each for each in known if each.when.start < latest.when.start), key=_by_time, default=None)
    changed = before is not None and direction(latest.measure, before.value, latest.value) in _CHANGED
    return latest.when.start if changed or is_abnormal(latest.measure, latest.value) else None


def _by_rank(lanes: Sequence[ConditionKey]) -> list[Measure]:
    lists = [KEY_MEASURES[lane] for lane in lanes if lane in KEY_MEASURES]
    order = [each[rank] for rank in range(max(map(len, lists), default=0)) for each in lists if rank < len(each)]
    return [each for each in dict.fromkeys(order) if each not in _NOT_SHOWN_BY_ITSELF]


def panels(
    timeline: Timeline, measures: Iterable[Measure], ask: Ask, as_of: datetime, is_new: Callable[[Result], bool]
) -> tuple[Panel, ...]:
    """A panel for each measure, in the order given; systolic and diastolic pressure are one, whichever is asked for."""
    made: dict[str, Panel] = {}
    for measure in measures:
        pair = measure in PAIR
        name = PAIR_NAME if pair else measure.value
        if name not in made:
            parts = PAIR if pair else (measure,)
            series = tuple(_series(timeline.series.get(each, ()), each, ask, as_of, is_new) for each in parts)
            made[name] = Panel(
                name=name,
                unit=CANONICAL_UNIT[measure],
                series=series,
                reference=series[0].reference,
                reference_source=series[0].reference_source,
                targets=tuple(target for target in timeline.targets if target.measure in parts),
                refused=sum(timeline.refused.get(each, 0) for each in parts),
            )
    return tuple(made.values())


def _series(
    results: Sequence[Result], measure: Measure, ask: Ask, as_of: datetime, is_new: Callable[[Result], bool]
) -> PanelSeries:
    order = sorted(results, key=_by_time)
    inside = [each for each in order if in_window(each, ask)]
    horizon = min(as_of, ask.end)
    limits = ABNORMAL[measure]
    return PanelSeries(
        measure=measure,
        points=tuple(_point(some, ask, measure, is_new) for some in thinned(inside, ask)),
        latest=next((each for each in reversed(order) if each.when.moment <= horizon), None),
        converted=sum(each.converted for each in inside),
        reference=(_number(limits.low), _number(limits.high)),
        reference_source=limits.source,
    )


def _by_time(result: Result) -> tuple[datetime, str, str, Decimal]:
    return (result.when.moment, result.origin.id, result.origin.type, result.value.value)


def in_window(result: Result, ask: Ask) -> bool:
    """Whether the moment, or any of the stretch that a partial date may mean, lies in the window."""
    first = result.when.moment
    return first <= ask.end and (first >= ask.start or past(result.when) > ask.start)


def thinned(results: Sequence[Result], ask: Ask) -> list[Sequence[Result]]:
    """The results in groups of equal stretches of the window, no more than `ask.points` (at least 3); the first and the
    last alone. Every result by itself where they are few enough.
    """
    if len(results) <= max(ask.points, 3):
        return [(each,) for each in results]
    first, *inner, last = results
    width = (ask.end - ask.start) / max(ask.points - 2, 1) or timedelta(microseconds=1)
    groups: dict[int, list[Result]] = {}
    most = max(ask.points - 2, 1) - 1
    for each in inner:
        place = (max(each.when.moment, ask.start) - ask.start) // width
        groups.setdefault(min(place, most), []).append(each)
    return [(first,), *groups.values(), (last,)]


def _point(results: Sequence[Result], ask: Ask, measure: Measure, is_new: Callable[[Result], bool]) -> PanelPoint:
    values = [float(each.value.value) for each in results]
    return PanelPoint(
        when=max(results[len(results) // 2].when.moment, ask.start),
        value=values[0] if len(values) == 1 else median(values),
        low=min(values),
        high=max(values),
        count=len(results),
        results=tuple(results),
        new=any(is_new(each) for each in results),
        abnormal=any(is_abnormal(measure, each.value) for each in results),
    )


def _number(limit: object) -> float | None:
    return None if limit is None else float(str(limit))
