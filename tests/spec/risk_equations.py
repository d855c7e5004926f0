"""The published equations written once more, each in another form than in `dashboard.domain.risk.equations`: slow, one
step a line, and with names of the papers.
"""

import math


def slow_ckd_epi_2021(creatinine: float, age: float, female: bool) -> float:
    """Inker 2021, as its table writes it: a line for each sex and side of kappa."""
    if female and creatinine <= 0.7:
        return 143.704 * math.pow(creatinine / 0.7, -0.241) * math.pow(0.9938, age)
    if female:
        return 143.704 / math.pow(creatinine / 0.7, 1.2) * math.pow(0.9938, age)
    if creatinine <= 0.9:
        return 142 * math.pow(creatinine / 0.9, -0.302) * math.pow(0.9938, age)
    return 142 / math.pow(creatinine / 0.9, 1.2) * math.pow(0.9938, age)


def slow_kidney_failure(years: int, age: float, female: bool, egfr: float, uacr: float, north_america: bool) -> float:
    """Tangri 2016 as a hazard: the cumulative hazard of the average person times the ratios of each factor."""
    survival = {2: {True: 0.975, False: 0.9832}, 5: {True: 0.924, False: 0.9365}}[years][north_america]
    hazard = -math.log(survival)
    hazard *= math.exp(-0.2201) ** ((age - 70.36) / 10)
    hazard *= math.exp(0.2467) ** (-0.5642 if female else 0.4358)
    hazard *= math.exp(-0.5567) ** ((egfr - 36.11) / 5)
    hazard *= math.pow(uacr / math.exp(5.137), 0.4510)
    return -math.expm1(-hazard)


def slow_score2_diabetes(
    age: float,
    female: bool,
    smokes: bool,
    systolic: float,
    cholesterol: float,
    hdl: float,
    onset: float,
    hba1c: float,
    egfr: float,
    region: str,
) -> float:
    """SCORE2-Diabetes: first the uncalibrated risk, then its calibration, as the supplement has them (men, women)."""
    sex = 1 if female else 0
    cage = (age - 60) / 5
    smoking = 1.0 if smokes else 0.0
    csbp = (systolic - 120) / 20
    ctchol = cholesterol - 6
    chdl = (hdl - 1.3) / 0.5
    cagediab = (onset - 50) / 5
    ca1c = (hba1c - 31) / 9.34
    cegfr = (math.log(egfr) - 4.5) / 0.15
    terms = [
        ((0.5368, 0.6624), cage),
        ((0.4774, 0.6139), smoking),
        ((0.1322, 0.1421), csbp),
        ((0.6457, 0.8096), 1.0),
        ((0.1102, 0.1127), ctchol),
        ((-0.1087, -0.1568), chdl),
        ((-0.0672, -0.1122), smoking * cage),
        ((-0.0268, -0.0167), csbp * cage),
        ((-0.0983, -0.1272), cage),
        ((-0.0181, -0.0200), ctchol * cage),
        ((0.0095, 0.0186), chdl * cage),
        ((-0.0998, -0.1180), cagediab),
        ((0.0955, 0.1173), ca1c),
        ((-0.0591, -0.0640), cegfr),
        ((0.0058, 0.0062), cegfr * cegfr),
        ((-0.0134, -0.0196), ca1c * cage),
        ((0.0115, 0.0169), cegfr * cage),
    ]
    predictor = math.fsum(coefficients[sex] * value for coefficients, value in terms)
    survival = (0.9605, 0.9776)[sex] ** math.exp(predictor)
    scale1, scale2 = {
        "low": ((-0.5699, 0.7476), (-0.7380, 0.7019)),
        "moderate": ((-0.1565, 0.8009), (-0.3143, 0.7701)),
        "high": ((0.3207, 0.9360), (0.5710, 0.9369)),
        "very-high": ((0.5836, 0.8294), (0.9412, 0.8329)),
    }[region][sex]
    return 1 - math.exp(-math.exp(scale1 + scale2 * math.log(-math.log(survival))))
