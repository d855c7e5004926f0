"""The timeline in words: kinds, states, why an event is in a lane, what was left out and why. Complete by test."""

from collections.abc import Iterable
from datetime import tzinfo

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.timeline.events import (
    Certainty,
    DateWarning,
    Event,
    EventKind,
    EventState,
    LaneMembership,
    LaneReason,
)
from dashboard.domain.timeline.scene import NOT_SHOWN, OTHER_CONDITIONS, KindGroup
from dashboard.domain.values import code_systems as systems
from dashboard.domain.values.datatypes import Coding, PartialDate
from dashboard.ui.record.names import ACHIEVEMENTS, ENCOUNTER_KINDS, condition_short, measure_name, show_unit, word
from dashboard.ui.record.numbers import show_number
from dashboard.ui.record.results import show_result
from dashboard.ui.shared.dates import show_date, show_day, show_time
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

LANES = {
    ConditionKey.T2DM: mark("Type 2 diabetes"),
    ConditionKey.HF: mark("Heart failure"),
    ConditionKey.CKD: mark("Kidney disease"),
    ConditionKey.DEPRESSION: mark("Depression"),
    ConditionKey.OTHER: mark("Everything else"),
}
BUTTONS = {
    ConditionKey.T2DM: mark("Diabetes"),
    ConditionKey.HF: mark("Heart"),
    ConditionKey.CKD: mark("Kidney"),
    ConditionKey.DEPRESSION: mark("Depression"),
    ConditionKey.OTHER: mark("Other"),
}
KINDS = {
    EventKind.CONDITION: mark("problem"),
    EventKind.MEDICINE: mark("medicine"),
    EventKind.CONTACT: mark("contact"),
    EventKind.CONFERENCE: mark("conference"),
    EventKind.PROCEDURE: mark("procedure"),
    EventKind.RESULT: mark("result"),
    EventKind.QUESTIONNAIRE: mark("questionnaire"),
    EventKind.REPORT: mark("report or document"),
    EventKind.IMMUNISATION: mark("immunisation"),
    EventKind.ALLERGY: mark("allergy"),
    EventKind.GOAL: mark("goal"),
    EventKind.PLAN: mark("plan change"),
    EventKind.TASK: mark("task"),
    EventKind.ORDER: mark("order"),
    EventKind.FLAG: mark("flag"),
}
MANY = {
    EventKind.CONDITION: mark("problems"),
    EventKind.MEDICINE: mark("medicines"),
    EventKind.CONTACT: mark("contacts"),
    EventKind.CONFERENCE: mark("conferences"),
    EventKind.PROCEDURE: mark("procedures"),
    EventKind.RESULT: mark("results"),
    EventKind.QUESTIONNAIRE: mark("questionnaires"),
    EventKind.REPORT: mark("reports and documents"),
    EventKind.IMMUNISATION: mark("immunisations"),
    EventKind.ALLERGY: mark("allergies"),
    EventKind.GOAL: mark("goals"),
    EventKind.PLAN: mark("plan changes"),
    EventKind.TASK: mark("tasks"),
    EventKind.ORDER: mark("orders"),
    EventKind.FLAG: mark("flags"),
}
GROUPS = {
    KindGroup.RESULTS: mark("Results"),
    KindGroup.MEDICINES: mark("Medicines"),
    KindGroup.CONTACTS: mark("Contacts"),
    KindGroup.PLAN: mark("Plan"),
}
ACTIVITIES = {
    "CREATE": mark("made"),
    "UPDATE": mark("changed"),
    "DELETE": mark("removed"),
    "APPEND": mark("added to"),
    "NULLIFY": mark("withdrawn"),
}
"""https://terminology.hl7.org/CodeSystem-v3-DataOperation.html"""
STATES = {
    EventState.PLANNED: mark("planned"),
    EventState.ONGOING: mark("goes on"),
    EventState.DONE: "",
    EventState.STOPPED: mark("stopped"),
    EventState.NOT_DONE: mark("not done"),
    EventState.UNKNOWN: mark("the source does not say whether it took place"),
}
CERTAINTIES = {
    Certainty.CONFIRMED: "",
    Certainty.UNCONFIRMED: mark("not confirmed"),
    Certainty.REFUTED: mark("refuted: the patient does not have it"),
}
DATE_WARNINGS = {
    DateWarning.REVERSED: mark("the source gives an end before the beginning"),
    DateWarning.AHEAD: mark("the source gives a day that has not come yet"),
    DateWarning.EXPIRED: mark("still booked for a day that is over"),
    DateWarning.STILL_ACTIVE: mark("its time is over, and the source still says that it goes on"),
    DateWarning.RECORDED: mark("begins on the day it was recorded: the source does not say since when"),
}
LANE_REASONS = {
    LaneReason.CODE: mark("by its code"),
    LaneReason.MEASURE: mark("because this is measured in it"),
    LaneReason.REASON: mark("by the reason given for it"),
    LaneReason.ADDRESSES: mark("by what it addresses"),
    LaneReason.DRUG_CLASS: mark("usually for it, by its drug class"),
    LaneReason.PART: mark("as part of something that belongs there"),
}
# https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html: the target's relation to the source's code.
EQUIVALENCES = {
    "equal": "",
    "equivalent": "",
    "wider": mark("matched by a wider concept"),
    "subsumes": mark("matched by a wider concept"),
    "narrower": mark("matched by a narrower concept"),
    "specializes": mark("matched by a narrower concept"),
    "inexact": mark("matched inexactly"),
    "relatedto": mark("matched by a related concept"),
    "unmatched": mark("no match in the translation"),
    "disjoint": mark("no match in the translation"),
}
RULES = {
    Exclusion.ENTERED_IN_ERROR: mark("entered in error"),
    Exclusion.NEVER_HAPPENED: mark("cancelled before they began"),
    Exclusion.DRAFT: mark("drafts that nobody has agreed to"),
    Exclusion.NO_NEWS: mark("entries that say there is nothing"),
    Exclusion.DUPLICATE: mark("told by another record"),
}
LEFT = {
    "before": mark("before this window"),
    "after": mark("after this window"),
    "undated": mark("without a date (in the table)"),
    NOT_SHOWN: mark("normal results of other measurements (choose them under More, or see the table)"),
    OTHER_CONDITIONS: mark("of other conditions (All shows them)"),
    KindGroup.RESULTS.value: mark("results, switched off"),
    KindGroup.MEDICINES.value: mark("medicines, switched off"),
    KindGroup.CONTACTS.value: mark("contacts, switched off"),
    KindGroup.PLAN.value: mark("plan, switched off"),
}
TYPES = {
    "AllergyIntolerance": mark("allergies"),
    "Appointment": mark("appointments"),
    "CarePlan": mark("care plans"),
    "CommunicationRequest": mark("requests to tell"),
    "Condition": mark("problems"),
    "DiagnosticReport": mark("reports"),
    "DocumentReference": mark("documents"),
    "Encounter": mark("contacts"),
    "Flag": mark("flags"),
    "Goal": mark("goals"),
    "ImagingStudy": mark("imaging studies"),
    "Immunization": mark("immunisations"),
    "MedicationAdministration": mark("medicines given"),
    "MedicationDispense": mark("medicines dispensed"),
    "MedicationRequest": mark("prescriptions"),
    "MedicationStatement": mark("medicines taken"),
    "Observation": mark("results"),
    "Procedure": mark("procedures"),
    "Provenance": mark("who changed what"),
    "QuestionnaireResponse": mark("questionnaires"),
    "ServiceRequest": mark("orders"),
    "Task": mark("tasks"),
}
SYSTEMS = {
    systems.SNOMED: "SNOMED CT",
    systems.LOINC: "LOINC",
    systems.RXNORM: "RxNorm",
    systems.ATC: "ATC",
    systems.ICD_10: "ICD-10",
    systems.ICD_10_CM: "ICD-10-CM",
    systems.ICD_10_SE: "ICD-10-SE",
    systems.CIE_10_ES: "CIE-10-ES",
    systems.ICPC_2: "ICPC-2",
    systems.READ: "Read",
    systems.NPU: "NPU",
    systems.OSAKIDETZA_DBP: "Osakidetza DBP",
    systems.RJH_LAB: "RJH lab",
}


def lane_name(key: ConditionKey) -> str:
    return t(LANES[key])


def kind_word(kind: EventKind) -> str:
    return t(KINDS[kind])


def type_words(name: str) -> str:
    """ "results" for Observation; a type without words as FHIR writes it."""
    return t(TYPES[name]) if name in TYPES else clean(name, 60)


def show_code(coding: Coding, *, short: bool = False) -> str:
    """`44054006 (SNOMED CT)`; a system we have no name for by its URI, or the last part of it."""
    system = systems.canonical(coding.system)
    uri = coding.system.rstrip("/")
    named = SYSTEMS.get(system) or clean(uri.rpartition("/")[2] if short else uri, 80)
    return f"{clean(coding.code, 60)} ({named})" if named else clean(coding.code, 60)


def show_when(event: Event, zone: tzinfo) -> str:
    """`12-Mar-2024 to Jun-2025`, `since 2009`, `24-Nov-2026 14:00`; "" is never: what has no date says so."""
    start, end = event.start, event.end
    if start is None and end is None:
        now = event.state is EventState.ONGOING and event.kind in (EventKind.CONTACT, EventKind.CONFERENCE)
        return t("now, since: not recorded") if now else t("date not recorded")
    if start is None:
        return t("until {date}", date=show_date(end))
    if end is not None and show_date(end) != show_date(start):
        return t("{start} to {end}", start=show_date(start), end=show_date(end))
    if event.state is EventState.ONGOING:
        return t("since {date}", date=show_date(start))
    return _moment(start, zone)


def _moment(when: PartialDate, zone: tzinfo) -> str:
    if when.precision != "time":
        return show_date(when)
    day, hour = when.moment.astimezone(zone).date(), show_time(when.moment, zone)
    return show_day(day) if hour == "00:00" else f"{show_day(day)} {hour}"


def event_words(event: Event, *, units: bool = True) -> str:
    """`Potassium 5.9 mmol/L`, `Blood pressure 148/82 mmHg`; without a measured value its name and detail."""
    by_measure = {result.measure: result for result in event.results}
    upper, lower = by_measure.get(Measure.SYSTOLIC), by_measure.get(Measure.DIASTOLIC)
    if upper and lower and len(by_measure) == 2:
        words = f"{t('Blood pressure') if units else t('BP')} {_number(upper)}/{_number(lower)}"
        return f"{words} {show_unit(upper.value.unit)}" if units else words
    if len(event.results) == 1:
        only = event.results[0]
        return show_result(only) if units else f"{measure_name(only.measure)} {_number(only)}"
    detail = achievement(event.detail) if event.kind is EventKind.GOAL else event.detail
    if event.kind is EventKind.PLAN and event.detail in ACTIVITIES:
        detail = t(ACTIVITIES[event.detail])
    return " ".join(part for part in (event_name(event), detail) if part)


def achievement(code: str) -> str:
    """`(improving)`; a word nobody expected as it is."""
    if not code:
        return ""
    return f"({(t(ACHIEVEMENTS[code]) if code in ACHIEVEMENTS else code).lower()})"


def event_name(event: Event) -> str:
    """Its text, or where it has none what kind of event it is; of a contact with a class alone (`IMP`) its word."""
    if event.kind is EventKind.CONTACT:
        return word(ENCOUNTER_KINDS, event.text) or kind_word(event.kind)
    return event.text or kind_word(event.kind)


def _number(result: Result) -> str:
    return result.value.comparator + show_number(result.value.value, result.measure, converted=result.converted)


def state_words(event: Event) -> str:
    """What of its state a reader must know: `stopped, not confirmed`, "" where nothing is unusual."""
    goes_on = event.state is EventState.ONGOING
    words = ["" if goes_on else t(STATES[event.state]) if STATES[event.state] else ""]
    if event.kind is EventKind.CONDITION and event.state is EventState.DONE and event.end is None:
        words.append(t("past"))
    words.append(certainty_words(event))
    return ", ".join(part for part in words if part)


def certainty_words(event: Event) -> str:
    """`suspected` for a problem that nobody has confirmed, `preliminary` for a result or report that may still change,
    `not confirmed` for anything else; "" where it is sure.
    """
    if event.kind is EventKind.CONDITION and event.certainty is Certainty.UNCONFIRMED:
        return t("suspected")
    if event.kind in (EventKind.RESULT, EventKind.REPORT) and event.certainty is Certainty.UNCONFIRMED:
        return t("preliminary")
    return t(CERTAINTIES[event.certainty]) if CERTAINTIES[event.certainty] else ""


def precision_words(event: Event) -> str:
    """That only the year or the month is known, "" where the day is."""
    known = {each.precision for each in (event.start, event.end) if each is not None}
    if "year" in known:
        return t("only the year is recorded")
    return t("only the month is recorded") if "month" in known else ""


def equivalence_words(equivalence: str) -> str:
    """`matched by a wider concept`, "" for an exact match; one that FHIR does not know is shown as it is."""
    text = EQUIVALENCES.get(equivalence)
    if text is None:
        return t("matched: {how}", how=clean(equivalence, 40))
    return t(text) if text else ""


def membership_words(membership: LaneMembership) -> str:
    """`Kidney disease: by its drug class, matched by a wider concept (C09AA05, ATC)`."""
    how = [t(LANE_REASONS[membership.reason]), equivalence_words(membership.equivalence)]
    words = ", ".join(part for part in how if part)
    if isinstance(membership.through, Coding):
        words = f"{words}: {show_code(membership.through)}"
    return f"{lane_name(membership.lane)}: {words}"


def inexact_words(event: Event) -> list[str]:
    """What a hover must say of a translation that was not exact, a line a lane."""
    lines = []
    for membership in event.memberships:
        words = equivalence_words(membership.equivalence)
        if words:
            lines.append(f"{condition_short(membership.lane)}: {words}")
    return list(dict.fromkeys(lines))


def lanes_short(event: Event, keys: Iterable[ConditionKey]) -> str:
    """`T2DM, usually CKD`: these lanes of an event, and in which a medicine is by its class alone."""
    return ", ".join(
        t("usually {condition}", condition=condition_short(key)) if key in event.usual_lanes else condition_short(key)
        for key in keys
    )
