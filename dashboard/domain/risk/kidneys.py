"""The kidneys: the filtration rate estimated from creatinine, and the risk that they fail."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from dashboard.domain.attention.comparisons import at_least
from dashboard.domain.pilot.counts import full_years
from dashboard.domain.record.observation import Measure
from dashboard.domain.risk.equations import ckd_epi_2021, kidney_failure
from dashboard.domain.risk.facts import RiskFacts
from dashboard.domain.risk.gather import Gathering, percent, rounded
from dashboard.domain.risk.regions import NORTH_AMERICA
from dashboard.domain.risk.score import Band, InputKey, InputUsed, NotValid, RiskKey, RiskScore
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.units import CANONICAL_UNIT, CONVERSIONS

ADULT: Final = 18
"""Both equations were made from adults."""
EGFR_BELOW: Final = 60
"""Tangri 2016: of people with an eGFR under 60."""
BANDS: Final = ((90, Band.G1), (60, Band.G2), (45, Band.G3A), (30, Band.G3B), (15, Band.G4), (0, Band.G5))
"""KDIGO 2012: from which eGFR each category counts."""


def egfr(facts: RiskFacts) -> RiskScore:
    """The eGFR by CKD-EPI 2021, of the day on which the latest creatinine was measured.

    Not valid for who is under 18, on dialysis or has a transplant. That it says little in an acute illness, in
    pregnancy and of unusual muscles no record tells.
    """
    asked = Gathering(facts)
    _adult_with_own_kidneys(asked)
    female = asked.female()
    creatinine = asked.measured(Measure.CREATININE)
    if not asked.is_open() or female is None or creatinine is None or facts.person.birth is None:
        return asked.score(RiskKey.EGFR)
    age = full_years(facts.person.birth.end, facts.results[Measure.CREATININE].latest.when.start)
    rate = rounded(ckd_epi_2021(float(creatinine / CONVERSIONS[Measure.CREATININE]["mg/dL"].slope), age, female))
    band = next(band for lowest, band in BANDS if rate >= lowest)
    return asked.score(RiskKey.EGFR, Quantity(rate, CANONICAL_UNIT[Measure.EGFR]), band)


def kidney_failures(facts: RiskFacts) -> Iterator[RiskScore]:
    """The risks of kidney failure within two and five years, of adults with an eGFR under 60 and without dialysis or
    transplant.
    """
    for key, years in ((RiskKey.KIDNEY_FAILURE_2, 2), (RiskKey.KIDNEY_FAILURE_5, 5)):
        asked = Gathering(facts)
        age = _adult_with_own_kidneys(asked)
        female = asked.female()
        rate = known_egfr(asked)
        if rate is not None and rate >= EGFR_BELOW:
            asked.excludes(NotValid.EGFR_60_OR_MORE)
        uacr = asked.measured(Measure.UACR)
        country = asked.country()
        if not asked.is_open() or age is None or female is None or rate is None or uacr is None:
            yield asked.score(key)
            continue
        mg_per_g = float(uacr / CONVERSIONS[Measure.UACR]["mg/g"].slope)
        risk = kidney_failure(years, age, female, float(rate), mg_per_g, country in NORTH_AMERICA)
        yield asked.score(key, percent(risk))


def known_egfr(asked: Gathering) -> Decimal | None:
    """The latest eGFR that was reported as a number; else the one computed from creatinine. Where neither is there, one
    reported as certainly 60 or more ("> 60") stands for 60.
    """
    reported = asked.latest(Measure.EGFR)
    if reported is not None and not reported.latest.value.comparator and reported.latest.value.value > 0:
        return reported.latest.value.value
    computed = egfr(asked.facts)
    if computed.value is not None:
        latest = asked.facts.results[Measure.CREATININE].latest
        asked.inputs.append(InputUsed(InputKey.EGFR, computed.value, latest.when, latest.origin))
        return computed.value.value
    if at_least(reported, "60"):
        return Decimal(60)
    asked.lacks(InputKey.EGFR)
    return None


def _adult_with_own_kidneys(asked: Gathering) -> int | None:
    age = asked.age(ADULT, NotValid.UNDER_18)
    if asked.in_group(InputKey.KIDNEY_REPLACEMENT, "kidney-replacement"):
        asked.excludes(NotValid.KIDNEY_REPLACEMENT)
    return age
