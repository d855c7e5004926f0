"""The screening in words: criteria, facts and where they come from, what the rule says, and what was recorded last."""

from datetime import tzinfo
from typing import Final

from dashboard.domain.pilot.eligibility import Criterion, Outcome
from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.pilot.screening_facts import FactKey, FactUsed
from dashboard.domain.pilot.screening_list import Mark, ScreenedPatient
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import PartialDate, Quantity
from dashboard.ui.pilot.enrolment_words import DONE, STATES, reason_words
from dashboard.ui.record.numbers import show_quantity
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

CRITERIA: Final[dict[Criterion, str]] = {
    Criterion.AGE: mark("55 years or over"),
    Criterion.TWO_CONDITIONS: mark("At least two of the four conditions"),
    Criterion.TYPE_2_DIABETES: mark("Type 2 diabetes"),
    Criterion.KIDNEYS: mark("Kidney disease with eGFR from 30 to 59"),
    Criterion.HEART_FAILURE: mark("Heart failure, NYHA class I or II"),
    Criterion.DEPRESSION: mark("Mild or moderate depression"),
    Criterion.AT_HOME: mark("Lives at home"),
    Criterion.ICT: mark("ICT self-check passed, by patient or carer"),
}
FAILED: Final[dict[Criterion, str]] = {
    Criterion.AGE: mark("under 55"),
    Criterion.TWO_CONDITIONS: mark("fewer than two of the four conditions"),
    Criterion.AT_HOME: mark("does not live at home"),
    Criterion.ICT: mark("ICT self-check not passed"),
}
FACTS: Final[dict[FactKey, str]] = {
    FactKey.AGE: mark("birth date"),
    FactKey.TYPE_2_DIABETES: mark("whether type 2 diabetes is confirmed"),
    FactKey.KIDNEY_DISEASE: mark("whether there is a kidney disease"),
    FactKey.EGFR: mark("eGFR of the last year"),
    FactKey.HEART_FAILURE: mark("whether heart failure is confirmed"),
    FactKey.NYHA_CLASS: mark("NYHA class"),
    FactKey.DEPRESSION: mark("whether depression is confirmed"),
    FactKey.DEPRESSION_SEVERITY: mark("severity of the depression, or PHQ-9 of the last year"),
    FactKey.LIVING_SITUATION: mark("where the person lives"),
    FactKey.ICT_SELF_CHECK: mark("ICT self-check"),
    FactKey.CARER_ICT_SELF_CHECK: mark("ICT self-check of a carer"),
}
"""What is missing, as a list of what to find out says it."""
USED: Final[dict[FactKey, str]] = {
    FactKey.AGE: mark("Born"),
    FactKey.TYPE_2_DIABETES: mark("Type 2 diabetes"),
    FactKey.KIDNEY_DISEASE: mark("Kidney disease"),
    FactKey.EGFR: mark("eGFR"),
    FactKey.HEART_FAILURE: mark("Heart failure"),
    FactKey.NYHA_CLASS: mark("NYHA class"),
    FactKey.DEPRESSION: mark("Depression"),
    FactKey.DEPRESSION_SEVERITY: mark("Severity of the depression"),
    FactKey.LIVING_SITUATION: mark("Living situation"),
    FactKey.ICT_SELF_CHECK: mark("ICT self-check"),
    FactKey.CARER_ICT_SELF_CHECK: mark("ICT self-check of a carer"),
}
ANSWERS: Final[dict[ScreeningQuestion, dict[str, str]]] = {
    ScreeningQuestion.LIVING_SITUATION: {
        "alone": mark("Lives alone"),
        "with-spouse": mark("Lives with spouse or partner"),
        "with-family": mark("Lives with family"),
        "nursing-home": mark("Lives in a nursing home"),
        "residential-home": mark("Lives in a residential home"),
        "homeless": mark("Homeless"),
    },
    ScreeningQuestion.ICT_SELF_CHECK: {"passed": mark("Passed"), "not-passed": mark("Not passed")},
    ScreeningQuestion.NYHA_CLASS: {
        "i": mark("NYHA I: no limitation of ordinary activity"),
        "ii": mark("NYHA II: slight limitation"),
        "iii": mark("NYHA III: marked limitation"),
        "iv": mark("NYHA IV: symptoms at rest"),
    },
}
"""The choices of each question (`domain.pilot.recorded_answer`)."""
WHERE: Final[dict[FactKey, str]] = {
    FactKey.AGE: mark("the patient's record"),
    FactKey.EGFR: mark("results of the laboratory"),
    FactKey.DEPRESSION_SEVERITY: mark("the problem list, or the questionnaire PHQ-9"),
    FactKey.NYHA_CLASS: mark("the stage of heart failure on the problem list, or an observation"),
    FactKey.LIVING_SITUATION: mark("an observation in the record"),
    FactKey.ICT_SELF_CHECK: mark("an observation in the record"),
    FactKey.CARER_ICT_SELF_CHECK: mark("an observation in the record"),
}
"""Where a fact is recorded; the others are on the problem list."""
OUTCOMES: Final[dict[Outcome, str]] = {
    Outcome.ELIGIBLE: mark("Eligible by the rule"),
    Outcome.NOT_KNOWN: mark("A fact is missing"),
    Outcome.NOT_ELIGIBLE: mark("Not eligible by the rule"),
}
MARKS: Final[dict[Mark, str]] = {
    Mark.NO_LONGER_ELIGIBLE: mark("No longer eligible"),
    Mark.OTHER_STUDY: mark("Already in another study"),
}
_MEASURES: Final = {FactKey.EGFR: Measure.EGFR, FactKey.DEPRESSION_SEVERITY: Measure.PHQ9}


def state_words(line: ScreenedPatient) -> str:
    return t(STATES[line.state])


def site_words(line: ScreenedPatient) -> str:
    """The site in the pilot, or the person's own."""
    own = line.subject.site.name if line.subject is not None else ""
    return clean(own or line.site, 120) or t("Site not recorded")


def missing_words(line: ScreenedPatient) -> str:
    """What is missing, else what is not met; "" for the eligible."""
    found = line.eligibility
    if found.missing:
        return t("Missing: {facts}", facts=", ".join(t(FACTS[key]) for key in found.missing))
    return ", ".join(t(FAILED[each]) for each in found.failed)


def used_words(used: FactUsed) -> str:
    """What a value is: a severity may be a score, and a self-check that of a carer with a name."""
    if used.by.name:
        return t("ICT self-check of {name}", name=clean(used.by.name, 80))
    score = used.key is FactKey.DEPRESSION_SEVERITY and isinstance(used.value, Quantity)
    return t("PHQ-9") if score else t(USED[used.key])


def value_words(used: FactUsed) -> str:
    """`42 mL/min/1.73 m²`, `Lives alone`, `NYHA II`."""
    if isinstance(used.value, Quantity):
        return show_quantity(used.value, _MEASURES.get(used.key))
    if isinstance(used.value, PartialDate):
        return show_date(used.value)
    return clean(used.value, 120) or t("not understood")


def doubt_words(used: FactUsed) -> str:
    """Why a value was not counted, or may not hold."""
    if used.too_old:
        return t("too old to count")
    return t("not confirmed") if used.doubtful else ""


def where_words(key: FactKey) -> str:
    return t(WHERE[key]) if key in WHERE else t("the problem list")


def last_change_words(line: ScreenedPatient) -> tuple[str, str]:
    """`Approached, 12-Nov-2026, Dr Jane Okafor`, and why; ("", "") where nothing is recorded."""
    last = line.last_change
    if last is None:
        return "", ""
    parts = (t(DONE[last.action]), show_date(last.day), clean(last.by.name, 80))
    # A sentence that only repeats what was done is no reason.
    why = "" if last.why in DONE.values() else clean(last.why, 200)
    return ", ".join(filter(None, parts)), ": ".join(filter(None, (reason_words(last.reason), why)))


def age_note(line: ScreenedPatient, zone: tzinfo) -> str:
    """When the last change was recorded, where that was not on its day."""
    last = line.last_change
    if last is None or last.recorded.precision != "time":
        return ""
    recorded = last.recorded.moment.astimezone(zone).date()
    return t("recorded {date}", date=show_date(recorded)) if recorded != last.day.end else ""
