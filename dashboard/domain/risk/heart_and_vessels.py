"""The risk of a first cardiovascular event within ten years, of people with type 2 diabetes: SCORE2-Diabetes."""

from decimal import Decimal
from typing import Final

from dashboard.domain.attention.comparisons import above, at_least, below
from dashboard.domain.record.observation import Measure
from dashboard.domain.risk.equations import CardiovascularInputs, score2_diabetes
from dashboard.domain.risk.facts import RiskFacts
from dashboard.domain.risk.gather import Gathering, percent
from dashboard.domain.risk.kidneys import known_egfr
from dashboard.domain.risk.regions import score2_region
from dashboard.domain.risk.score import Band, InputKey, NotValid, RiskKey, RiskScore

YOUNGEST: Final = 40
OLDEST: Final = 69
"""SCORE2-Diabetes: 40 to 69 years, both among them."""
BANDS: Final = ((20, Band.VERY_HIGH), (10, Band.HIGH), (5, Band.MODERATE), (0, Band.LOW))
"""ESC guideline 2023 (10.1093/eurheartj/ehad192): from which risk in % each category counts [M]."""


def cardiovascular(facts: RiskFacts) -> RiskScore:
    """The risk within ten years. Not valid without type 2 diabetes, outside 40 to 69 years, after a cardiovascular
    disease and with severe damage of the kidneys: who has those is at very high risk whatever the score would say.
    """
    asked = Gathering(facts)
    age = asked.age(YOUNGEST, NotValid.UNDER_40, OLDEST, NotValid.OVER_69)
    female = asked.female()
    diabetes = asked.diabetes()
    onset = asked.onset(diabetes) if diabetes else None
    if asked.in_group(InputKey.CARDIOVASCULAR_DISEASE, "cardiovascular-disease"):
        asked.excludes(NotValid.CARDIOVASCULAR_DISEASE)
    rate = known_egfr(asked)
    _organ_damage(asked, rate)
    smokes = asked.smokes()
    measures = (Measure.SYSTOLIC, Measure.CHOLESTEROL, Measure.HDL, Measure.HBA1C)
    systolic, cholesterol, hdl, hba1c = map(asked.measured, measures)
    region = _region(asked)
    if not asked.is_open():
        return asked.score(RiskKey.CARDIOVASCULAR_10)
    # Nothing is missing: what could not be known has said so.
    assert age is not None and female is not None and smokes is not None and onset is not None and rate is not None
    assert systolic is not None and cholesterol is not None and hdl is not None and hba1c is not None
    risk = percent(
        score2_diabetes(
            CardiovascularInputs(
                age=age,
                female=female,
                smokes=smokes,
                systolic=float(systolic),
                cholesterol=float(cholesterol),
                hdl=float(hdl),
                onset=onset,
                hba1c=float(hba1c),
                egfr=float(rate),
                region=region,
            )
        )
    )
    return asked.score(RiskKey.CARDIOVASCULAR_10, risk, next(band for least, band in BANDS if risk.value >= least))


def _organ_damage(asked: Gathering, rate: Decimal | None) -> None:
    """Severe damage of target organs as the ESC guideline of 2023 has it, by the kidneys: an eGFR under 45, albuminuria
    A3 (over 30 mg/mmol), or an eGFR under 60 with A2 (3 or more) [M]. Damage of small vessels in three organs is not
    asked for. Whether there is albuminuria must be known.
    """
    uacr = asked.latest(Measure.UACR)
    low = rate is not None and rate < 60
    if (rate is not None and rate < 45) or above(uacr, "30") or (low and at_least(uacr, "3")):
        asked.excludes(NotValid.ORGAN_DAMAGE)
    certain = uacr is not None and (not uacr.latest.value.comparator or below(uacr, "3" if low else "30"))
    if not certain:
        asked.lacks(InputKey.UACR)


def _region(asked: Gathering) -> str:
    region = score2_region(country := asked.country())
    if country and not region:
        asked.excludes(NotValid.OTHER_REGION)
    return region
