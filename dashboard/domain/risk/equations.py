"""The published equations, on plain numbers in the units of their papers. What they need of a record, and for whom they
are valid, is asked beside them.
"""

from dataclasses import dataclass
from math import exp, log
from typing import Final


def ckd_epi_2021(creatinine: float, age: float, female: bool) -> float:
    """Estimated glomerular filtration rate in mL/min/1.73 m2, from creatinine in mg/dL and the age in years.

    Inker 2021 (10.1056/NEJMoa2102953), the equation of creatinine without race.
    """
    ratio = creatinine / (0.7 if female else 0.9)
    low = -0.241 if female else -0.302
    rate = 142 * min(ratio, 1) ** low * max(ratio, 1) ** -1.2 * 0.9938**age
    return float(rate * 1.012 if female else rate)


BASELINES: Final = {(2, True): 0.9750, (5, True): 0.9240, (2, False): 0.9832, (5, False): 0.9365}
"""Survival without kidney failure of the average person, by years and whether in North America (Tangri 2016)."""


def kidney_failure(years: int, age: float, female: bool, egfr: float, uacr: float, north_america: bool) -> float:
    """The risk (0 to 1) of dialysis or a transplant within 2 or 5 years, from eGFR in mL/min/1.73 m2 and the urine
    albumin-creatinine ratio in mg/g, which is more than 0.

    The equation of 4 variables, Tangri 2011 (10.1001/jama.2011.451), recalibrated 2016 (10.1001/jama.2015.18202).
    """
    x = (
        -0.2201 * (age / 10 - 7.036)
        + 0.2467 * ((0 if female else 1) - 0.5642)
        - 0.5567 * (egfr / 5 - 7.222)
        + 0.4510 * (log(uacr) - 5.137)
    )
    return 1.0 - float(BASELINES[years, north_america] ** exp(x))


@dataclass(frozen=True, slots=True)
class _Coefficients:
    """Of one sex; `by_age` of the products with age, in the order of the others."""

    age: float
    smoking: float
    systolic: float
    diabetes: float
    cholesterol: float
    hdl: float
    by_age: tuple[float, float, float, float, float]
    onset: float
    hba1c: float
    egfr: float
    egfr_squared: float
    hba1c_by_age: float
    egfr_by_age: float
    baseline: float


_WOMEN: Final = _Coefficients(
    *(0.6624, 0.6139, 0.1421, 0.8096, 0.1127, -0.1568),
    by_age=(-0.1122, -0.0167, -0.1272, -0.0200, 0.0186),
    onset=-0.1180,
    hba1c=0.1173,
    egfr=-0.0640,
    egfr_squared=0.0062,
    hba1c_by_age=-0.0196,
    egfr_by_age=0.0169,
    baseline=0.9776,
)
_MEN: Final = _Coefficients(
    *(0.5368, 0.4774, 0.1322, 0.6457, 0.1102, -0.1087),
    by_age=(-0.0672, -0.0268, -0.0983, -0.0181, 0.0095),
    onset=-0.0998,
    hba1c=0.0955,
    egfr=-0.0591,
    egfr_squared=0.0058,
    hba1c_by_age=-0.0134,
    egfr_by_age=0.0115,
    baseline=0.9605,
)
SCALES: Final = {
    ("low", False): (-0.5699, 0.7476),
    ("low", True): (-0.7380, 0.7019),
    ("moderate", False): (-0.1565, 0.8009),
    ("moderate", True): (-0.3143, 0.7701),
    ("high", False): (0.3207, 0.9360),
    ("high", True): (0.5710, 0.9369),
    ("very-high", False): (0.5836, 0.8294),
    ("very-high", True): (0.9412, 0.8329),
}
"""How a risk is calibrated, by risk region and whether of a woman."""


@dataclass(frozen=True, slots=True)
class CardiovascularInputs:
    """`systolic` in mm[Hg], `cholesterol` and `hdl` in mmol/L, `hba1c` in mmol/mol, `egfr` in mL/min/1.73 m2; `onset`
    is the age at which the diabetes was diagnosed, `region` a key of `SCALES`.
    """

    age: float
    female: bool
    smokes: bool
    systolic: float
    cholesterol: float
    hdl: float
    onset: float
    hba1c: float
    egfr: float
    region: str


def score2_diabetes(person: CardiovascularInputs) -> float:
    """The risk (0 to 1) of a first heart attack, stroke or cardiovascular death within ten years, of somebody with type
    2 diabetes. SCORE2-Diabetes (10.1093/eurheartj/ehad260), the supplement's table of coefficients.
    """
    of = _WOMEN if person.female else _MEN
    age = (person.age - 60) / 5
    smokes = 1 if person.smokes else 0
    systolic = (person.systolic - 120) / 20
    cholesterol = person.cholesterol - 6
    hdl = (person.hdl - 1.3) / 0.5
    hba1c = (person.hba1c - 31) / 9.34
    egfr = (log(person.egfr) - 4.5) / 0.15
    factors = (smokes, systolic, 1, cholesterol, hdl)
    alone = (of.smoking, of.systolic, of.diabetes, of.cholesterol, of.hdl)
    x = of.age * age + sum(
        factor * (weight + with_age * age) for factor, weight, with_age in zip(factors, alone, of.by_age, strict=True)
    )
    x += of.onset * (person.onset - 50) / 5
    x += hba1c * (of.hba1c + of.hba1c_by_age * age)
    x += egfr * (of.egfr + of.egfr_by_age * age) + of.egfr_squared * egfr**2
    first, second = SCALES[person.region, person.female]
    # ln(-ln(1 - risk)) of the risk before it is calibrated, in which 1 - risk is baseline ** e**x.
    return 1 - exp(-exp(first + second * (x + log(-log(of.baseline)))))
