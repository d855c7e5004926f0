"""Scores of risk in words: what they are called, what they are made of, why one is missing or not valid."""

from typing import Final

from dashboard.domain.risk.score import Band, InputKey, InputUsed, NotValid, Outcome, RiskKey, RiskScore
from dashboard.domain.values.datatypes import PartialDate, Quantity
from dashboard.ui.record.numbers import show_quantity
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

RISKS: Final = {
    RiskKey.EGFR: mark("eGFR computed from creatinine"),
    RiskKey.KIDNEY_FAILURE_2: mark("Risk of kidney failure within 2 years"),
    RiskKey.KIDNEY_FAILURE_5: mark("Risk of kidney failure within 5 years"),
    RiskKey.CARDIOVASCULAR_10: mark("Risk of a first cardiovascular event within 10 years"),
    RiskKey.CHARLSON: mark("Charlson comorbidity index"),
    RiskKey.PHQ9: mark("Severity of depression (PHQ-9)"),
    RiskKey.MEDICINES: mark("Number of medicines"),
    RiskKey.ANTICHOLINERGIC: mark("Anticholinergic burden"),
}
SHORT: Final = {
    RiskKey.EGFR: mark("Computed eGFR"),
    RiskKey.KIDNEY_FAILURE_2: mark("Kidney failure risk, 2 years"),
    RiskKey.KIDNEY_FAILURE_5: mark("Kidney failure risk, 5 years"),
    RiskKey.CARDIOVASCULAR_10: mark("Cardiovascular risk, 10 years"),
    RiskKey.CHARLSON: mark("Charlson index"),
    RiskKey.PHQ9: mark("Depression (PHQ-9)"),
    RiskKey.MEDICINES: mark("Number of medicines"),
    RiskKey.ANTICHOLINERGIC: mark("Anticholinergic burden"),
}
"""What the scores are called where there is a line for them."""
INPUTS: Final = {
    InputKey.AGE: mark("Birth date"),
    InputKey.SEX: mark("Gender"),
    InputKey.COUNTRY: mark("Country"),
    InputKey.PROBLEMS: mark("Problem list"),
    InputKey.MEDICINES: mark("Medicines"),
    InputKey.COMORBIDITY: mark("Counted disease"),
    InputKey.TYPE_2_DIABETES: mark("Type 2 diabetes"),
    InputKey.DIABETES_ONSET: mark("When diabetes was diagnosed"),
    InputKey.CARDIOVASCULAR_DISEASE: mark("Cardiovascular disease"),
    InputKey.KIDNEY_REPLACEMENT: mark("Dialysis or transplant"),
    InputKey.SMOKING: mark("Smoking status"),
    InputKey.CREATININE: mark("Creatinine"),
    InputKey.EGFR: mark("eGFR"),
    InputKey.UACR: mark("uACR"),
    InputKey.SYSTOLIC: mark("Systolic BP"),
    InputKey.CHOLESTEROL: mark("Cholesterol"),
    InputKey.HDL: mark("HDL cholesterol"),
    InputKey.HBA1C: mark("HbA1c"),
    InputKey.PHQ9: mark("PHQ-9"),
}
NOT_VALID: Final = {
    NotValid.UNDER_18: mark("it is of adults, and the person is under 18"),
    NotValid.UNDER_40: mark("it is of people from 40 years on"),
    NotValid.OVER_69: mark("it is of people up to 69 years"),
    NotValid.NO_TYPE_2_DIABETES: mark("it is of people with type 2 diabetes"),
    NotValid.CARDIOVASCULAR_DISEASE: mark("the person has a cardiovascular disease: the risk is very high without it"),
    NotValid.ORGAN_DAMAGE: mark("the kidneys are severely damaged: the risk is very high without it"),
    NotValid.KIDNEY_REPLACEMENT: mark("the person is on dialysis or has a transplant"),
    NotValid.EGFR_60_OR_MORE: mark("it is of people with an eGFR under 60"),
    NotValid.OTHER_REGION: mark("it is not calibrated for the country"),
}
BANDS: Final = {
    Band.LOW: mark("low"),
    Band.MODERATE: mark("moderate"),
    Band.HIGH: mark("high"),
    Band.VERY_HIGH: mark("very high"),
    Band.MINIMAL: mark("minimal"),
    Band.MILD: mark("mild"),
    Band.MODERATELY_SEVERE: mark("moderately severe"),
    Band.SEVERE: mark("severe"),
}
"""Those that are no letters of a category."""
_NAMED: Final = frozenset({"Condition", "MedicationRequest", "MedicationStatement"})


def value_words(score: RiskScore) -> str:
    """`38 mL/min/1.73 m², G3b`; what is missing; or why it is not valid for this person."""
    if score.outcome is Outcome.NOT_VALID:
        why = "; ".join(t(NOT_VALID[each]) for each in score.not_valid)
        return t("not valid for this person, because {why}", why=why)
    if score.value is None:
        return t("not known, for want of: {inputs}", inputs=", ".join(t(INPUTS[each]) for each in score.missing))
    value = score.value
    shown = show_quantity(Quantity(value.value, value.unit), None)
    shown = t("at least {value}", value=shown) if value.comparator else shown
    band = band_words(score.band)
    return f"{shown}, {band}" if band else shown


def band_words(band: Band) -> str:
    """The named range in which a value lies, "" for none."""
    return t(BANDS[band]) if band in BANDS else band.value


def input_words(used: InputUsed) -> str:
    """`Creatinine 118 µmol/L (22-Nov-2026)`, with what is odd about it."""
    if isinstance(used.value, Quantity):
        value = show_quantity(used.value, None)
    else:
        value = show_date(used.value) if isinstance(used.value, PartialDate) else clean(used.value, 120)
    same = isinstance(used.value, PartialDate) and used.value == used.when
    remarks = [show_date(used.when)] if used.when is not None and not same else []
    remarks += [t("too old, not counted")] if used.too_old else []
    remarks += [t("not certain")] if used.doubtful else []
    # A problem and a medicine are named by the record.
    named = isinstance(used.value, str) and used.origin is not None and used.origin.type in _NAMED
    label = "" if named else t(INPUTS[used.key])
    said = " ".join(filter(None, (label, value)))
    return f"{said} ({', '.join(remarks)})" if remarks else said
