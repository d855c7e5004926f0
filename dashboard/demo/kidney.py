"""Kidneys: eGFR falls along a line with a slope by stage, creatinine is the one that gives it, potassium follows.

CKD-EPI 2021 (Inker et al., N Engl J Med 2021;385:1737), creatinine in mg/dL:
eGFR = 142 * min(Scr/k, 1)^a * max(Scr/k, 1)^-1.2 * 0.9938^age * 1.012 if female;
k is 0.7 and a -0.241 for women, 0.9 and -0.302 for men.
"""

from typing import Final

UMOL_PER_MG_DL: Final = 88.42
_STAGES: Final = ((90, "1"), (60, "2"), (45, "3a"), (30, "3b"), (15, "4"))


def egfr_of(creatinine_umol: float, age: float, female: bool) -> float:
    """eGFR in mL/min/1.73 m2 from creatinine in umol/L."""
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = creatinine_umol / UMOL_PER_MG_DL / kappa
    return float(142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.2 * 0.9938**age * (1.012 if female else 1.0))


def creatinine_of(egfr: float, age: float, female: bool) -> float:
    """The creatinine in umol/L that gives this eGFR: the inverse of `egfr_of`."""
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    part = egfr / (142 * 0.9938**age * (1.012 if female else 1.0))
    ratio = part ** (-1 / 1.2) if part < 1 else part ** (1 / alpha)
    return float(ratio * kappa * UMOL_PER_MG_DL)


def stage(egfr: float) -> str:
    """The G category without its letter: "3a" for 45 to 59."""
    return next((name for least, name in _STAGES if egfr >= least), "5")


def potassium(egfr: float, on: dict[str, int]) -> float:
    """Expected serum potassium in mmol/L: up with a low eGFR, RAAS inhibitors and MRAs, down with diuretics."""
    level = 4.2 + max(0.0, 60 - egfr) * 0.008
    level += 0.2 * bool(on.keys() & {"ramipril", "losartan", "sacubitril"})
    level += 0.3 * bool(on.keys() & {"spironolactone", "eplerenone"})
    level -= 0.2 * ("furosemide" in on) + 0.3 * ("indapamide" in on)
    return level - 0.1 * bool(on.keys() & {"dapagliflozin", "empagliflozin"})
