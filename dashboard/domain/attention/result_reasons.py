"""Reasons that a result gives: dangerous, abnormal, or changed for the worse beyond noise."""

from collections.abc import Iterator
from datetime import timedelta

from dashboard.domain.attention.checks import gfr_category
from dashboard.domain.attention.comparisons import QUARTER, a_year_before, above, at_least, below
from dashboard.domain.attention.reason import Reason
from dashboard.domain.attention.rule_input import Rule, RuleInput, reason_about
from dashboard.domain.attention.trend import DAYS_OF_WEIGHT
from dashboard.domain.record.observation import Direction, Measure
from dashboard.domain.values.drug_classes import DrugClass

WEIGHT_NEWS = timedelta(days=14)  # a gain of weight within days is reported for a fortnight
_RAAS = frozenset({DrugClass.ACE_INHIBITOR, DrugClass.ARB, DrugClass.MRA})
_HYPOGLYCAEMIC = frozenset({DrugClass.SULFONYLUREA, DrugClass.INSULIN})


def _potassium(given: RuleInput) -> Iterator[Reason]:
    potassium = given.recent(Measure.POTASSIUM)
    if potassium is None:
        return
    if at_least(potassium, "6.0"):
        yield reason_about("potassium-6-on-raas" if given.takes & _RAAS else "potassium-dangerously-high", potassium)
    elif above(potassium, "5.5"):
        if DrugClass.MRA in given.takes:
            yield reason_about("potassium-on-mra", potassium)
        else:
            yield reason_about("potassium-on-raas" if given.takes & _RAAS else "potassium-high", potassium)
    elif below(potassium, "3.0"):
        yield reason_about("potassium-dangerously-low", potassium)


def _sodium(given: RuleInput) -> Iterator[Reason]:
    sodium = given.recent(Measure.SODIUM)
    if sodium is None:
        return
    if below(sodium, "125"):
        yield reason_about("sodium-dangerously-low", sodium)
    elif below(sodium, "133") and {DrugClass.SSRI, DrugClass.THIAZIDE} <= given.takes:
        yield reason_about("ssri-and-thiazide-low-sodium", sodium)


def _haemoglobin(given: RuleInput) -> Iterator[Reason]:
    haemoglobin = given.recent(Measure.HAEMOGLOBIN)
    if haemoglobin is None:
        return
    if below(haemoglobin, "70"):
        yield reason_about("haemoglobin-dangerously-low", haemoglobin)
        return
    before = a_year_before(haemoglobin)
    if before and before.value.value - haemoglobin.latest.value.value >= 20:
        yield reason_about("haemoglobin-fall", haemoglobin)
    elif given.ckd and below(haemoglobin, "110"):
        yield reason_about("haemoglobin-low-in-ckd", haemoglobin)


def _blood_pressure(given: RuleInput) -> Iterator[Reason]:
    systolic, diastolic = given.recent(Measure.SYSTOLIC), given.recent(Measure.DIASTOLIC)
    newest = max((each.latest.when.end for each in (systolic, diastolic) if each), default=None)
    if newest is None:
        return
    limits = [("blood-pressure-high", "160", "100"), ("blood-pressure-above-target", *_pressure_target(given))]
    if given.as_of - newest <= QUARTER:
        limits.insert(0, ("blood-pressure-severe", "180", "120"))
    for detail, high, low in limits:
        for pressure, limit in ((systolic, high), (diastolic, low)):
            if pressure and at_least(pressure, limit):
                yield reason_about(detail, pressure)
                return
    if systolic and below(systolic, "90"):
        yield reason_about("blood-pressure-low", systolic)


def _pressure_target(given: RuleInput) -> tuple[str, str]:
    """Clinic targets: 130/80 with an ACR of 70 or more, 150/90 from 80 years, else 140/90 (rule 18)."""
    if at_least(given.facts.results.get(Measure.UACR), "70"):
        return "130", "80"
    return ("150", "90") if given.facts.age is not None and given.facts.age >= 80 else ("140", "90")


def _egfr(given: RuleInput) -> Iterator[Reason]:
    egfr = given.recent(Measure.EGFR)
    if egfr is None:
        return
    before = a_year_before(egfr)
    if before:
        fall = before.value.value - egfr.latest.value.value
        moved = gfr_category(egfr.latest) != gfr_category(before)
        if fall > 0 and fall >= before.value.value / 4 and moved:
            yield reason_about("egfr-fall-category", egfr)
        elif fall >= 15:
            yield reason_about("egfr-fall-15", egfr)
    if below(egfr, "15"):
        yield reason_about("egfr-below-15", egfr)


def _albuminuria(given: RuleInput) -> Iterator[Reason]:
    uacr = given.recent(Measure.UACR)
    if uacr and at_least(uacr, "70"):
        yield reason_about("uacr-70-or-more", uacr)


def _hba1c(given: RuleInput) -> Iterator[Reason]:
    hba1c = given.recent(Measure.HBA1C)
    if hba1c is None or not given.t2dm:
        return
    if at_least(hba1c, "75"):
        yield reason_about("hba1c-high", hba1c)
    elif at_least(hba1c, "58"):
        yield reason_about("hba1c-above-58", hba1c)
    before = a_year_before(hba1c)
    if before and hba1c.latest.value.value - before.value.value >= 11:
        yield reason_about("hba1c-rise", hba1c)
    old = given.facts.age is not None and given.facts.age >= 75
    if old and below(hba1c, "48") and given.takes & _HYPOGLYCAEMIC:
        yield reason_about("tight-hba1c-hypoglycaemia-risk", hba1c)


def _depression(given: RuleInput) -> Iterator[Reason]:
    phq9 = given.recent(Measure.PHQ9)
    if phq9 is None:
        return
    if at_least(phq9, "16"):
        yield reason_about("phq9-more-severe", phq9)
    if a_year_before(phq9) and phq9.direction is Direction.UP:
        yield reason_about("phq9-rise", phq9)


def _heart(given: RuleInput) -> Iterator[Reason]:
    if not given.hf:
        return
    peptide = given.recent(Measure.NTPROBNP)
    if peptide and above(peptide, "2000"):
        yield reason_about("ntprobnp-high", peptide)
    if peptide and peptide.direction is Direction.UP:
        yield reason_about("ntprobnp-rise", peptide)
    weight = given.recent(Measure.WEIGHT, WEIGHT_NEWS)
    before = a_year_before(weight) if weight else None
    if weight is None or before is None:
        return
    in_days = weight.latest.when.start - before.when.start <= DAYS_OF_WEIGHT
    if in_days and weight.latest.value.value - before.value.value > 2:
        yield reason_about("weight-gain-in-days", weight)


RESULT_RULES: tuple[Rule, ...] = (
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
