"""Reasons that a result gives: dangerous, abnormal, or changed for the worse beyond noise."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from dashboard.domain.attention.checks import gfr_category
from dashboard.domain.attention.patient_facts import QUARTER, YEAR, View, a_year_before, about, above, at_least, below
from dashboard.domain.attention.reason import Reason
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Result
from dashboard.domain.values.drug_classes import DrugClass

WEIGHT_NEWS = timedelta(days=14)  # a gain of weight in days is news for a fortnight
_RAAS = frozenset({DrugClass.ACE_INHIBITOR, DrugClass.ARB, DrugClass.MRA})
_HYPOGLYCAEMIC = frozenset({DrugClass.SULFONYLUREA, DrugClass.INSULIN})


def _potassium(view: View) -> Iterator[Reason]:
    found = view.recent(Measure.POTASSIUM)
    if found is None:
        return
    if at_least(found, "6.0"):
        yield about("potassium-6-on-raas" if view.takes & _RAAS else "potassium-dangerously-high", found)
    elif above(found, "5.5"):
        if DrugClass.MRA in view.takes:
            yield about("potassium-on-mra", found)
        else:
            yield about("potassium-on-raas" if view.takes & _RAAS else "potassium-high", found)
    elif below(found, "3.0"):
        yield about("potassium-dangerously-low", found)


def _sodium(view: View) -> Iterator[Reason]:
    found = view.recent(Measure.SODIUM)
    if found is None:
        return
    if below(found, "125"):
        yield about("sodium-dangerously-low", found)
    elif below(found, "133") and {DrugClass.SSRI, DrugClass.THIAZIDE} <= view.takes:
        yield about("ssri-and-thiazide-low-sodium", found)


def _haemoglobin(view: View) -> Iterator[Reason]:
    found = view.recent(Measure.HAEMOGLOBIN)
    if found is None:
        return
    if below(found, "70"):
        yield about("haemoglobin-dangerously-low", found)
        return
    before = a_year_before(found)
    if before and before.value.value - found.latest.value.value >= 20:
        yield about("haemoglobin-fall", found, before)
    elif view.ckd and below(found, "110"):
        yield about("haemoglobin-low-in-ckd", found)


def _blood_pressure(view: View) -> Iterator[Reason]:
    systolic, diastolic = view.recent(Measure.SYSTOLIC), view.recent(Measure.DIASTOLIC)
    newest = max((each.latest.when.end for each in (systolic, diastolic) if each), default=None)
    if newest is None:
        return
    limits = [("blood-pressure-high", "160", "100"), ("blood-pressure-above-target", *_pressure_target(view))]
    if view.as_of - newest <= QUARTER:
        limits.insert(0, ("blood-pressure-severe", "180", "120"))
    for detail, high, low in limits:
        for found, limit in ((systolic, high), (diastolic, low)):
            if found and at_least(found, limit):
                yield about(detail, found)
                return
    if systolic and below(systolic, "90"):
        yield about("blood-pressure-low", systolic)


def _pressure_target(view: View) -> tuple[str, str]:
    """Clinic targets: 130/80 with an ACR of 70 or more, 150/90 from 80 years, else 140/90 (rule 18)."""
    if at_least(view.facts.results.get(Measure.UACR), "70"):
        return "130", "80"
    return ("150", "90") if view.facts.age is not None and view.facts.age >= 80 else ("140", "90")


def _egfr(view: View) -> Iterator[Reason]:
    found = view.recent(Measure.EGFR)
    if found is None:
        return
    before = a_year_before(found)
    if before:
        fall = before.value.value - found.latest.value.value
        moved = gfr_category(found.latest) != gfr_category(before)
        if fall > 0 and fall >= before.value.value / 4 and moved:
            yield about("egfr-fall-category", found, before)
        elif fall >= 15:
            yield about("egfr-fall-15", found, before)
    if below(found, "15"):
        yield about("egfr-below-15", found)


def _albuminuria(view: View) -> Iterator[Reason]:
    found = view.recent(Measure.UACR)
    if found and at_least(found, "70"):
        yield about("uacr-70-or-more", found)


def _hba1c(view: View) -> Iterator[Reason]:
    found = view.recent(Measure.HBA1C)
    if found is None or not view.t2dm:
        return
    if at_least(found, "75"):
        yield about("hba1c-high", found)
    elif at_least(found, "58"):
        yield about("hba1c-above-58", found)
    before = a_year_before(found)
    if before and found.latest.value.value - before.value.value >= 11:
        yield about("hba1c-rise", found, before)
    old = view.facts.age is not None and view.facts.age >= 75
    if old and below(found, "48") and view.takes & _HYPOGLYCAEMIC:
        yield about("tight-hba1c-hypoglycaemia-risk", found)


def _depression(view: View) -> Iterator[Reason]:
    found = view.recent(Measure.PHQ9)
    if found is None:
        return
    if at_least(found, "16"):
        yield about("phq9-more-severe", found)
    previous = found.previous
    if previous and found.latest.when.start - previous.when.start <= YEAR and found.direction is Direction.UP:
        yield about("phq9-rise", found)


def _heart(view: View) -> Iterator[Reason]:
    if not view.hf:
        return
    peptide = view.recent(Measure.NTPROBNP)
    if peptide and above(peptide, "2000"):
        yield about("ntprobnp-high", peptide)
    if peptide and peptide.direction is Direction.UP:
        yield about("ntprobnp-rise", peptide)
    weight = view.recent(Measure.WEIGHT, WEIGHT_NEWS)
    lowest = _lowest_of_three_days(weight) if weight else None
    if weight and lowest and weight.latest.value.value - lowest.value.value > 2:
        yield about("weight-gain-in-days", weight, lowest)


def _lowest_of_three_days(weight: KeyResult) -> Result | None:
    day = weight.latest.when.start
    near = [
        each
        for each in weight.series
        if each.when.precision in ("day", "time") and timedelta(0) < day - each.when.start <= timedelta(days=3)
    ]
    return min(near, key=lambda each: each.value.value, default=None)


RESULT_RULES: tuple[Callable[[View], Iterator[Reason]], ...] = (
    _potassium,
    _sodium,
    _haemoglobin,
    _blood_pressure,
    _egfr,
    _albuminuria,
    _hba1c,
    _depression,
    _heart,
)
