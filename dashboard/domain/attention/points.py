"""What each reason for attention counts, and where its threshold comes from: the whole scale, as data.

100 or more is for today and stands above any sum of lesser reasons met so far; 40 is for the next days, 20 for this
week, 10 for the next contact, 5 for soon, 2 to remember. All is draft: no clinician has signed a threshold or a number
of points.
"""

from dataclasses import dataclass

from dashboard.domain.attention.checks import CHECK_KEYS
from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.risk.score import RiskKey


@dataclass(frozen=True, slots=True)
class Points:
    """What a reason counts and where its threshold comes from; "own choice" where no guideline gives one."""

    kind: ReasonKind
    points: int
    source: str


_DANGER, _ABNORMAL, _WORSE = ReasonKind.DANGEROUS_RESULT, ReasonKind.ABNORMAL_RESULT, ReasonKind.WORSENING
_RISK = ReasonKind.MEDICINE_RISK

POINTS: dict[str, Points] = {
    # A result that may be dangerous today.
    "potassium-6-on-raas": Points(_DANGER, 110, "NICE NG203, 1.6: stop RAAS inhibitors at 6.0 mmol/L [S]"),
    "potassium-dangerously-high": Points(_DANGER, 100, "UK Kidney Association 2023: moderate from 6.0 mmol/L [M]"),
    "potassium-dangerously-low": Points(_DANGER, 100, "under 3.0 mmol/L, moderate hypokalaemia [M]"),
    "sodium-dangerously-low": Points(_DANGER, 100, "under 125 mmol/L, profound hyponatraemia (ESE 2014) [M]"),
    "haemoglobin-dangerously-low": Points(_DANGER, 100, "under 70 g/L, NICE NG24 transfusion threshold [M]"),
    "blood-pressure-severe": Points(_DANGER, 100, "180/120 mmHg or more, NICE NG136 [M]"),
    # A result outside what is aimed at.
    "phq9-more-severe": Points(_ABNORMAL, 15, "PHQ-9 of 16 or more, NICE NG222 [V]"),
    "potassium-high": Points(_ABNORMAL, 12, "over 5.5 mmol/L, UK Kidney Association 2023: mild [M]"),
    "egfr-below-15": Points(_ABNORMAL, 12, "G5, KDIGO 2012 [M]"),
    "blood-pressure-low": Points(_ABNORMAL, 12, "systolic under 90 mmHg, ESC 2021 [M]"),
    "hba1c-high": Points(_ABNORMAL, 10, "75 mmol/mol or more, own choice"),
    "uacr-70-or-more": Points(_ABNORMAL, 8, "70 mg/mmol or more, NICE NG203 referral [M]"),
    "ntprobnp-high": Points(_ABNORMAL, 8, "over 2,000 ng/L, NICE NG106: within two weeks [M]"),
    "blood-pressure-high": Points(_ABNORMAL, 8, "160/100 mmHg or more, NICE NG136 stage 2 [M]"),
    "haemoglobin-low-in-ckd": Points(_ABNORMAL, 5, "under 110 g/L, NICE NG203 [M]"),
    "hba1c-above-58": Points(_ABNORMAL, 4, "58 mmol/mol or more: intensify, NICE NG28 [S]"),
    "blood-pressure-above-target": Points(_ABNORMAL, 3, "NICE NG136 and NG203 targets by age and ACR [M]"),
    # A change beyond noise, for the worse.
    "weight-gain-in-days": Points(_WORSE, 25, "over 2 kg in 3 days in heart failure, ESC 2021, NICE NG106 [S]"),
    "egfr-fall-category": Points(_WORSE, 20, "25 % and a category in 12 months, NICE NG203 [M]"),
    "egfr-fall-15": Points(_WORSE, 20, "15 mL/min/1.73 m2 in a year, NICE NG203 [M]"),
    "phq9-rise": Points(_WORSE, 10, "5 points or more, Kroenke [M]"),
    "haemoglobin-fall": Points(_WORSE, 10, "20 g/L or more in a year, own choice"),
    "hba1c-rise": Points(_WORSE, 8, "11 mmol/mol (1 % NGSP) or more in a year, own choice"),
    "ntprobnp-rise": Points(_WORSE, 8, "30 % or more in heart failure, ESC 2021 [M]"),
    # A medicine against a condition, a result or another medicine.
    "potassium-on-mra": Points(_RISK, 40, "over 5.5 mmol/L on an MRA: halve or stop, NICE NG106, ESC 2021 [M]"),
    "potassium-on-raas": Points(_RISK, 30, "over 5.5 mmol/L on an ACE inhibitor or ARB, NICE NG203 [S]"),
    "triple-whammy": Points(_RISK, 20, "NSAID, ACE inhibitor or ARB, and diuretic: NICE NG203, MHRA [S/M]"),
    "metformin-egfr-below-30": Points(_RISK, 20, "stop under 30, NICE NG28, KDIGO 2022 [S]"),
    "pioglitazone-in-hf": Points(_RISK, 20, "contraindicated, NICE NG28, ESC III [S]"),
    "ace-inhibitor-with-arni": Points(_RISK, 20, "angioedema; 36 hours apart, ESC 2021 [M]"),
    "nsaid-in-hf": Points(_RISK, 15, "avoid, ESC III [S/M]"),
    "nsaid-in-ckd": Points(_RISK, 15, "avoid, NICE NG203 [S/M]"),
    "ace-inhibitor-with-arb": Points(_RISK, 15, "do not, NICE NG203 [S]"),
    "rate-limiting-ccb-in-hfref": Points(_RISK, 15, "avoid at LVEF of 40 % or less, NICE NG106, ESC III [S]"),
    "saxagliptin-or-alogliptin-in-hf": Points(_RISK, 10, "avoid, AHA/ACC 2022 [S]"),
    "ssri-and-thiazide-low-sodium": Points(_RISK, 10, "NICE CG91, MHRA [M]"),
    "hypoglycaemia-risk-low-egfr": Points(_RISK, 8, "sulfonylurea or insulin at eGFR under 30 [M]"),
    "tricyclic-in-hf": Points(_RISK, 8, "avoid, NICE CG91 [M]"),
    "metformin-egfr-below-45": Points(_RISK, 6, "review the dose under 45, NICE NG28 [S]"),
    "tight-hba1c-hypoglycaemia-risk": Points(
        _RISK, 6, "under 48 mmol/mol at 75 or over on a sulfonylurea or insulin: relax, NICE NG28 [S]"
    ),
    "ssri-bleeding-risk": Points(_RISK, 5, "SSRI with an NSAID or anticoagulant, NICE CG91 [M]"),
    "ten-or-more-medicines": Points(_RISK, 2, "NICE NG56 [M]"),
    # Work that is late.
    "task-overdue": Points(ReasonKind.TASK_OVERDUE, 4, "2 for each further one to 10, 4 for an urgent one; own choice"),
    "checks-overdue": Points(ReasonKind.CHECK_OVERDUE, 2, "2 for each check to 10; the intervals have their sources"),
    "abnormal-since-contact": Points(ReasonKind.NEW_RESULT, 5, "abnormal, and later than the last contact; own choice"),
    "plan-review-overdue": Points(ReasonKind.PLAN_REVIEW_DUE, 5, "own choice"),
    "plan-unreviewed": Points(ReasonKind.PLAN_REVIEW_DUE, 5, "183 days without a recorded review; own choice"),
    "no-plan": Points(ReasonKind.NO_PLAN, 4, "own choice"),
    "no-contact": Points(ReasonKind.NO_CONTACT, 4, "183 days, the interval of a heart failure review; own choice"),
    "no-contact-in-window": Points(ReasonKind.NO_CONTACT, 6, "none in the time looked at; own choice"),
}

SCORE_DETAILS: dict[RiskKey, str] = {key: f"score-{key}" for key in RiskKey}
"""The reason for each score of risk; its points are data (`score_reasons`)."""
DETAIL_KEYS: tuple[str, ...] = (*POINTS, *(f"{key}-overdue" for key in CHECK_KEYS), *SCORE_DETAILS.values())
"""Every `Reason.detail` there is: the words for each are in `dashboard.ui.record`, and a test proves that none
is missing.
"""
