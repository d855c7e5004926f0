"""Summary of the evaluation: of each measure and period how many people, how many missing, and the change.

A row is made of the people of a stratum who have a value before enrolment and one in the period after it; its counts
and numbers are shown as `hold_back` allows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean

from dashboard.domain.evaluation.facts import Participant
from dashboard.domain.evaluation.hold_back import ROOT, Allowed, People, Tallies, hold_back, visible_people
from dashboard.domain.evaluation.intervals import Estimate, Exposure, mean_with_interval, rate_ratio
from dashboard.domain.evaluation.measure import BEFORE, COUNTING, EvaluationMeasure, Statistic, Window
from dashboard.domain.evaluation.measure_patient import PatientMeasure
from dashboard.domain.evaluation.strata import StratumKind, arm_of, condition_stratum
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment import Arm
from dashboard.domain.record.condition import ConditionKey


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One participant with all measures: what a row-level file has a line of for each."""

    who: Participant
    conditions: frozenset[ConditionKey]
    measures: tuple[PatientMeasure, ...]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One measure in one period after enrolment, of the people of one stratum of an arm.

    `people` are all of the stratum, `both` those with a value before and after, `missing` the others; `before` and
    `after` those with each. The means and the change are of `both`: the difference of the means, of a rate the ratio;
    None where they are held back (`held_back`) or cannot be computed. A rate's means are events a year.
    """

    arm: Arm
    kind: StratumKind
    stratum: str
    measure: str
    period: str
    people: Count
    before: Count
    after: Count
    both: Count
    missing: Count
    held_back: bool
    mean_before: float | None = None
    mean_after: float | None = None
    change: Estimate | None = None


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """The whole as it may be shown. `sites` names the sites by their ids. `withdrawn` people are counted nowhere else;
    `unreadable` counts records that could not be read, of which nothing was counted.
    """

    measures: tuple[EvaluationMeasure, ...]
    rows: tuple[SummaryRow, ...]
    sites: Mapping[str, str]
    withdrawn: Count
    today: date
    unreadable: int = 0


def rounded(row: SummaryRow, measure: EvaluationMeasure) -> SummaryRow:
    """The row with its numbers as they are shown: to one decimal, those of a rate to two. With more, a mean would
    say of how many whole numbers it is.
    """
    places = 2 if measure.statistic is Statistic.RATE else 1

    def short(number: float | None) -> float | None:
        return None if number is None else round(number, places) + 0.0  # no minus before a nought

    change = row.change
    if change is not None:
        change = Estimate(round(change.value, places) + 0.0, short(change.low), short(change.high))
    return replace(row, mean_before=short(row.mean_before), mean_after=short(row.mean_after), change=change)


Pair = tuple[PatientMeasure, PatientMeasure]
Stratum = tuple[StratumKind, str]


def summarise(people: Sequence[Evaluated], measures: Iterable[EvaluationMeasure]) -> list[SummaryRow]:
    """The rows of every measure, period, arm and stratum in which there is anybody, in this order."""
    places = [_Place(each) for each in people]
    strata = _strata(places)
    visible = {kind: _visible(places, strata[kind], kind) for kind in strata}
    rows = []
    for measure in measures:
        for window in measure.after:
            for arm in Arm:
                inside = [each for each in places if each.arm is arm]
                if inside:
                    rows += _rows(inside, arm, measure, window, strata, {kind: visible[kind][arm] for kind in visible})
    return rows


class _Place:
    """One participant, with the strata and the measures by key and period."""

    def __init__(self, evaluated: Evaluated) -> None:
        self.arm = arm_of(evaluated.who.arm)
        self.names = {
            StratumKind.SITE: evaluated.who.site,
            StratumKind.CONDITIONS: condition_stratum(evaluated.conditions),
        }
        self.by_key = {(each.measure, each.period): each for each in evaluated.measures}

    def pair(self, measure: EvaluationMeasure, window: Window) -> Pair:
        return self.by_key[measure.key, BEFORE], self.by_key[measure.key, window.name]


def _strata(places: Iterable[_Place]) -> dict[StratumKind, list[str]]:
    kinds = (StratumKind.SITE, StratumKind.CONDITIONS)
    found = list(places)
    return {kind: sorted({each.names[kind] for each in found}) for kind in kinds}


def _count(places: Iterable[_Place], names: Iterable[str], kind: StratumKind) -> dict[str, int]:
    counts = dict.fromkeys((ROOT, *names), 0)
    for each in places:
        counts[ROOT] += 1
        counts[each.names[kind]] += 1
    return counts


def _visible(places: list[_Place], names: list[str], kind: StratumKind) -> dict[Arm, People]:
    return visible_people({arm: _count([each for each in places if each.arm is arm], names, kind) for arm in Arm})


def _rows(
    inside: list[_Place],
    arm: Arm,
    measure: EvaluationMeasure,
    window: Window,
    strata: Mapping[StratumKind, list[str]],
    visible: Mapping[StratumKind, People],
) -> list[SummaryRow]:
    tallies = {kind: _tally(inside, names, kind, measure, window) for kind, names in strata.items()}
    allowed = hold_back([(visible[kind], tallies[kind]) for kind in strata], measure.statistic in COUNTING)
    pairs: dict[Stratum, list[Pair]] = defaultdict(list)
    for each in inside:
        pair = each.pair(measure, window)
        if pair[0].value is not None and pair[1].value is not None:
            pairs[StratumKind.ALL, ""].append(pair)
            for kind in strata:
                pairs[kind, each.names[kind]].append(pair)
    rows = []
    for kind, may in zip(strata, allowed, strict=True):
        for name in (ROOT, *strata[kind]):
            if name == ROOT and kind is not StratumKind.SITE:
                continue  # the whole arm is in both trees, and is one row
            if not tallies[kind].people[name]:
                continue
            stratum = (StratumKind.ALL, "") if name == ROOT else (kind, name)
            rows.append(_row(arm, stratum, measure, window, may[name], pairs[stratum]))
    return rows


def _tally(
    inside: Iterable[_Place], names: Iterable[str], kind: StratumKind, measure: EvaluationMeasure, window: Window
) -> Tallies:
    tallies = Tallies.empty((ROOT, *names))
    for each in inside:
        before, after = each.pair(measure, window)
        for name in (ROOT, each.names[kind]):
            tallies.add(name, before.value, after.value)
    return tallies


def _row(
    arm: Arm, stratum: Stratum, measure: EvaluationMeasure, window: Window, may: Allowed, pairs: list[Pair]
) -> SummaryRow:
    kind, name = stratum
    counts = (may.people, may.before, may.after, may.both, may.missing)
    if not may.numbers or not pairs:
        return SummaryRow(arm, kind, name, measure.key, window.name, *counts, held_back=not may.numbers)
    if measure.statistic is Statistic.RATE:
        people = [Exposure(one.events, one.years, other.events, other.years) for one, other in pairs]
        before = sum(each.before for each in people) / sum(each.years_before for each in people)
        after = sum(each.after for each in people) / sum(each.years_after for each in people)
        change = rate_ratio(people)
    else:
        values = [(one.value or 0.0, other.value or 0.0) for one, other in pairs]
        before, after = fmean(one for one, _ in values), fmean(other for _, other in values)
        change = mean_with_interval([other - one for one, other in values])
    return SummaryRow(arm, kind, name, measure.key, window.name, *counts, False, before, after, change)
