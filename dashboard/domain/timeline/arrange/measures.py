"""Which measurements are shown below the lanes where none are requested."""

from collections.abc import Sequence
from datetime import date, datetime

from dashboard.domain.attention.trend import baseline, direction, is_outside
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KEY_MEASURES, Direction, Measure, Result, time_order
from dashboard.domain.timeline.arrange.panels import PAIR
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.site_time import site_day

USUAL_PANELS = 6
"""Panels shown by themselves: what fits on a screen below the lanes and can be read from four metres. Own choice."""

_CHANGED = (Direction.UP, Direction.DOWN)
_NOT_SHOWN_BY_ITSELF = frozenset({Measure.HEIGHT, Measure.CREATININE})
"""Height hardly changes in an adult, and eGFR conveys what creatinine does; both can be requested."""


def usual_measures(timeline: Timeline, lanes: Sequence[ConditionKey], as_of: datetime) -> tuple[Measure, ...]:
    """What to show of this patient: of each condition its first measure; then what of its other key measures is
    abnormal or has changed beyond noise, the latest first; then the rest by their rank, then any other. Only measures
    with a result, at most `USUAL_PANELS`, a pair counting one. They come in the order of rank: every condition's first,
    then every condition's second, and so on.
    """
    measured = {measure for measure, series in timeline.series.items() if series}
    ranked = [measure for measure in _by_rank(lanes) if measure in measured]
    others = [m for m in Measure if m in measured and m not in ranked and m not in _NOT_SHOWN_BY_ITSELF]
    firsts = [next((m for m in KEY_MEASURES[lane] if m in measured), None) for lane in lanes if lane in KEY_MEASURES]
    notable_day = {measure: _notable(timeline.series[measure], site_day(as_of)) for measure in ranked}
    notable = [measure for measure in ranked if notable_day[measure] is not None]
    notable.sort(key=lambda measure: notable_day[measure] or date.min, reverse=True)
    chosen: list[tuple[Measure, ...]] = []
    for measure in (*(each for each in firsts if each is not None), *notable, *ranked, *others):
        together = PAIR if measure in PAIR else (measure,)
        if together not in chosen and len(chosen) < USUAL_PANELS:
            chosen.append(together)
    return tuple(measure for measure in (*ranked, *others) if any(measure in together for together in chosen))


def condition_measures(timeline: Timeline, condition: ConditionKey) -> tuple[Measure, ...]:
    """What to show of one condition: its key measures that have a value, the most telling first."""
    measures = KEY_MEASURES.get(condition, ())
    return tuple(each for each in measures if each not in _NOT_SHOWN_BY_ITSELF and timeline.series.get(each))


def _notable(results: Sequence[Result], day: date) -> date | None:
    """The day of the latest value, where that is abnormal or has changed beyond noise since an earlier day."""
    known = [each for each in results if each.when.start <= day]
    latest = max(known, key=time_order, default=None)
    if latest is None:
        return None
    before = baseline(latest.measure, sorted(known, key=time_order), day)
    changed = before is not None and direction(latest.measure, before.value, latest.value) in _CHANGED
    return latest.when.start if changed or is_outside(latest) else None


def _by_rank(lanes: Sequence[ConditionKey]) -> list[Measure]:
    lists = [KEY_MEASURES[lane] for lane in lanes if lane in KEY_MEASURES]
    order = [each[rank] for rank in range(max(map(len, lists), default=0)) for each in lists if rank < len(each)]
    return [each for each in dict.fromkeys(order) if each not in _NOT_SHOWN_BY_ITSELF]
