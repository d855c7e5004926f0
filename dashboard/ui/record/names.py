"""English for the domain's keys: conditions, measures, units, statuses. Complete by test."""

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

CONDITIONS = {
    ConditionKey.T2DM: mark("Type 2 diabetes"),
    ConditionKey.HF: mark("Heart failure"),
    ConditionKey.CKD: mark("Kidney disease"),
    ConditionKey.DEPRESSION: mark("Depression"),
    ConditionKey.OTHER: mark("Other problems"),
}
SHORT_CONDITIONS = {
    ConditionKey.T2DM: mark("T2DM"),
    ConditionKey.HF: mark("HF"),
    ConditionKey.CKD: mark("CKD"),
    ConditionKey.DEPRESSION: mark("Depression"),
    ConditionKey.OTHER: mark("Other"),
}
MEASURES = {
    Measure.HBA1C: mark("HbA1c"),
    Measure.EGFR: mark("eGFR"),
    Measure.UACR: mark("uACR"),
    Measure.POTASSIUM: mark("Potassium"),
    Measure.SODIUM: mark("Sodium"),
    Measure.CREATININE: mark("Creatinine"),
    Measure.SYSTOLIC: mark("Systolic BP"),
    Measure.DIASTOLIC: mark("Diastolic BP"),
    Measure.WEIGHT: mark("Weight"),
    Measure.HEIGHT: mark("Height"),
    Measure.BMI: mark("BMI"),
    Measure.LVEF: mark("LVEF"),
    Measure.NTPROBNP: mark("NT-proBNP"),
    Measure.PHQ9: mark("PHQ-9"),
    Measure.LDL: mark("LDL cholesterol"),
    Measure.CHOLESTEROL: mark("Cholesterol"),
    Measure.HDL: mark("HDL cholesterol"),
    Measure.HAEMOGLOBIN: mark("Haemoglobin"),
}
# UCUM to what is printed on a laboratory report; a unit not here is shown as recorded.
UNITS = {
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "mm[Hg]": "mmHg",
    "umol/L": "µmol/L",
    "ug/L": "µg/L",
    "kg/m2": "kg/m²",
    "{score}": "",
    "1": "",
    "10*9/L": "10⁹/L",
    "10*12/L": "10¹²/L",
    "/min": "per min",
}
PLAN_STATUSES = {
    "draft": mark("Draft"),
    "active": mark("Active"),
    "on-hold": mark("On hold"),
    "revoked": mark("Revoked"),
    "completed": mark("Completed"),
    "entered-in-error": mark("Entered in error"),
    "unknown": mark("Status not known"),
}
# https://hl7.org/fhir/R4/valueset-care-plan-activity-status.html
ACTIVITY_STATUSES = {
    "not-started": mark("Not started"),
    "scheduled": mark("Scheduled"),
    "in-progress": mark("In progress"),
    "on-hold": mark("On hold"),
    "completed": mark("Completed"),
    "cancelled": mark("Cancelled"),
    "stopped": mark("Stopped"),
    "unknown": mark("Status not known"),
    "entered-in-error": mark("Entered in error"),
    "": "",
}
TASK_STATUSES = {
    "draft": mark("Draft"),
    "requested": mark("Requested"),
    "received": mark("Received"),
    "accepted": mark("Accepted"),
    "rejected": mark("Rejected"),
    "ready": mark("Ready"),
    "cancelled": mark("Cancelled"),
    "in-progress": mark("In progress"),
    "on-hold": mark("On hold"),
    "failed": mark("Failed"),
    "completed": mark("Completed"),
    "entered-in-error": mark("Entered in error"),
}
PRIORITIES = {
    "routine": mark("Routine"),
    "urgent": mark("Urgent"),
    "asap": mark("As soon as possible"),
    "stat": mark("Immediately"),
}
GOAL_STATUSES = {
    "proposed": mark("Proposed"),
    "planned": mark("Planned"),
    "accepted": mark("Accepted"),
    "active": mark("Active"),
    "on-hold": mark("On hold"),
    "completed": mark("Completed"),
    "cancelled": mark("Cancelled"),
    "entered-in-error": mark("Entered in error"),
    "rejected": mark("Rejected"),
}
ACHIEVEMENTS = {
    "in-progress": mark("In progress"),
    "improving": mark("Improving"),
    "worsening": mark("Worsening"),
    "no-change": mark("No change"),
    "achieved": mark("Achieved"),
    "sustaining": mark("Sustaining"),
    "not-achieved": mark("Not achieved"),
    "no-progress": mark("No progress"),
    "not-attainable": mark("Not attainable"),
}
# Goals that go as wished; "in progress" says only that it was begun.
ON_TRACK = frozenset({"improving", "achieved", "sustaining"})
CRITICALITIES = {"high": mark("high risk"), "low": "", "unable-to-assess": "", "": ""}
# Of a problem: whatever nobody has confirmed carries the word "suspected".
PROBLEM_VERIFICATIONS = {
    "unconfirmed": mark("suspected, unconfirmed"),
    "provisional": mark("suspected, provisional diagnosis"),
    "differential": mark("suspected, differential diagnosis"),
    "presumed": mark("presumed"),
    "refuted": mark("refuted"),
    "confirmed": "",
    "": "",
}
# Of an allergy: an unconfirmed one is an allergy all the same.
VERIFICATIONS = {
    "unconfirmed": mark("unconfirmed"),
    "presumed": mark("presumed"),
    "provisional": mark("provisional"),
    "differential": mark("differential diagnosis"),
    "refuted": mark("refuted"),
    "confirmed": "",
    "": "",
}
CLINICAL_STATUSES = {
    "active": "",
    "recurrence": mark("recurrence"),
    "relapse": mark("relapse"),
    "inactive": mark("inactive"),
    "remission": mark("in remission"),
    "resolved": mark("resolved"),
    "": "",
}
ENCOUNTER_KINDS = {
    "AMB": mark("Surgery visit"),
    "EMER": mark("Emergency"),
    "FLD": mark("In the field"),
    "HH": mark("Home visit"),
    "IMP": mark("Inpatient stay"),
    "ACUTE": mark("Inpatient stay"),
    "NONAC": mark("Inpatient stay"),
    "OBSENC": mark("Observation stay"),
    "PRENC": mark("Pre-admission"),
    "SS": mark("Short stay"),
    "VR": mark("Remote contact"),
}


def word(words: dict[str, str], key: str) -> str:
    """The word for a code; a code nobody expected is shown as it is, never dropped."""
    text = words.get(key)
    return key if text is None else t(text) if text else ""


def condition_name(key: ConditionKey) -> str:
    return t(CONDITIONS[key])


def condition_short(key: ConditionKey) -> str:
    return t(SHORT_CONDITIONS[key])


def measure_name(measure: Measure) -> str:
    return t(MEASURES[measure])


def show_unit(ucum: str) -> str:
    return UNITS.get(ucum, ucum)


def rule_label(canonical: str) -> str:
    """`rule 11, version 0.1.0` from a rule's canonical address; a rule without a number is called by its id."""
    ident, _, version = canonical.rpartition("/")[2].partition("|")
    number, _, rest = ident.partition("-")
    name = clean(str(int(number)) if rest and number.isascii() and number.isdigit() else ident, 120)
    return t("rule {number}, version {version}", number=name, version=clean(version, 40)) if version else name
