"""Builds the timeline in the obvious way: record by record from the JSON, and reading all records again for each lane.

It shares only the domain's values, terminology, units and limits with the mapping. It describes a record as a plain
dictionary of the fields that rules decide.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from dashboard.domain.attention.checks import RULES
from dashboard.domain.attention.trend import ABNORMAL, is_abnormal
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KEY_MEASURES, Measure
from dashboard.domain.values.datatypes import Coding, PartialDate, Quantity
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import CANONICAL_UNIT, UnknownUnit, to_canonical

Json = dict[str, Any]
Lanes = set[ConditionKey]

KINDS = {
    "Condition": "condition", "AllergyIntolerance": "allergy", "MedicationRequest": "medicine",
    "MedicationStatement": "medicine", "Encounter": "contact", "Appointment": "contact", "Procedure": "procedure",
    "Immunization": "immunisation", "Observation": "result", "QuestionnaireResponse": "questionnaire",
    "DiagnosticReport": "report", "ImagingStudy": "report", "DocumentReference": "report", "Goal": "goal",
    "CarePlan": "plan", "Provenance": "plan", "ServiceRequest": "order", "CommunicationRequest": "order",
    "Task": "task",
}  # fmt: skip
NO_ALLERGY = {"716186003", "409137002", "429625007", "428607008", "1003774007"}
FLAGS = {"A", "AA", "H", "HH", "HU", "HX", "L", "LL", "LU", "LX"}


class Unusable(Exception):
    """The record cannot be read."""


@dataclass
class ObviousTimeline:
    """By `Type/id`: the fields of each event, the rule that excludes a record, and the records or parts that are
    unreadable.
    """

    events: dict[str, Json] = field(default_factory=dict)
    excluded: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreadable: set[str] = field(default_factory=set)
    refused: Counter[Measure] = field(default_factory=Counter)


def obvious_timeline(rows: list[Json], terminology: Terminology, day: date) -> ObviousTimeline:
    found, sure, perhaps = ObviousTimeline(), {}, {}
    for row in rows:
        name = f"{row['resourceType']}/{row['id']}"
        try:
            rule = left_out(row)
            if rule:
                found.excluded[row["resourceType"], rule] += 1
                continue
            found.events[name] = facts(row, terminology, day, found)
        except Unusable:
            found.unreadable.add(name)
    for row in rows:
        name = f"{row['resourceType']}/{row['id']}"
        if name in found.events:
            sure[name], perhaps[name] = own_lanes(row, terminology)
    for row in rows:  # then the records that refer to others: reports to results, all records to reasons
        name = f"{row['resourceType']}/{row['id']}"
        if name in found.events:
            for other in referred(row, rows):
                if other in found.events:
                    sure[name] = sure[name] | sure[other]
                    perhaps[name] = perhaps[name] | perhaps[other]
    names = {f"{row['resourceType']}/{row['id']}" for row in rows}
    patient_has: Lanes = set()
    for name in names & found.events.keys():
        # A report is in the lanes of its results, and is no evidence of a condition.
        patient_has |= sure[name]
    for name, event in found.events.items():
        lanes = sure[name] | (perhaps[name] & patient_has)
        event["lanes"] = tuple(key for key in ConditionKey if key in lanes) or (ConditionKey.OTHER,)
    return found


# excluded records


def left_out(row: Json) -> str:
    kind, status = row["resourceType"], status_of(row)
    if kind in ("Condition", "AllergyIntolerance"):
        if code(row.get("verificationStatus")) == "entered-in-error":
            return "entered-in-error"
        if kind == "AllergyIntolerance" and {each.code for each in codings(row.get("code"))} & NO_ALLERGY:
            return "no-news"
        return ""
    if status == "entered-in-error" or (kind == "DocumentReference" and row.get("docStatus") == "entered-in-error"):
        return "entered-in-error"
    if kind == "DocumentReference" and status == "superseded":
        return "duplicate"
    if status in ("draft", "proposed"):
        return "draft"
    never = {"MedicationRequest": ["cancelled"], "Encounter": ["cancelled"], "Appointment": ["cancelled"],
             "Observation": ["registered", "cancelled"], "DiagnosticReport": ["registered", "cancelled"],
             "ImagingStudy": ["registered", "cancelled"]}  # fmt: skip
    if status in never.get(kind, []) and not (status == "registered" and has_value(row)):
        return "never-happened"
    proposals = ("proposal", "option", "plan") if kind == "MedicationRequest" else ("proposal", "option")
    asks = ("MedicationRequest", "CarePlan", "ServiceRequest", "Task")
    return "draft" if kind in asks and row.get("intent") in proposals else ""


def has_value(row: Json) -> bool:
    parts = (row, *objects(row.get("component"))) if row["resourceType"] == "Observation" else ()
    return any(name.startswith("value") for part in parts for name in part)


def status_of(row: Json) -> str:
    if row["resourceType"] in ("Condition", "AllergyIntolerance"):
        return code(row.get("clinicalStatus"))
    return words(row.get("lifecycleStatus" if row["resourceType"] == "Goal" else "status"))


# fields of an event


def facts(row: Json, terminology: Terminology, day: date, found: ObviousTimeline) -> Json:
    kind = row["resourceType"]
    needs_name(row)
    start, end, date_warnings = dates(row, found)
    event: Json = {"kind": KINDS[kind], "start": start, "end": end, "results": [], "abnormal": False}
    event["certainty"] = certainty(row)
    event["unmapped"] = is_unmapped(row, terminology)
    if kind == "Observation":
        measured(row, terminology, event, found)
    state = state_of(row, event)
    first = PartialDate(start) if start else None
    last = PartialDate(end or start) if end or start else None
    if first and first.start > day and state == "done":
        state, date_warnings = "unknown", [*date_warnings, "ahead"]
    elif first and first.start > day and state == "ongoing":
        later = event["kind"] in ("medicine", "goal", "plan", "task", "order")
        state, date_warnings = "planned", date_warnings if later else [*date_warnings, "ahead"]
    elif event["kind"] == "medicine" and state == "ongoing" and end and PartialDate(end).end < day:
        date_warnings = [*date_warnings, "still-active"]
    elif state == "planned" and kind in ("Encounter", "Appointment", "Procedure") and last and last.end < day:
        state, date_warnings = "unknown", date_warnings if first and first.start > day else [*date_warnings, "expired"]
    return {**event, "state": state, "date_warnings": date_warnings}


def needs_name(row: Json) -> None:
    """Raises Unusable for a record without a code or name."""
    kind = row["resourceType"]
    named = {
        "Condition": ["code"], "AllergyIntolerance": ["code"], "MedicationRequest": ["medicationCodeableConcept"],
        "MedicationStatement": ["medicationCodeableConcept"], "Procedure": ["code"], "Immunization": ["vaccineCode"],
        "DiagnosticReport": ["code"], "ImagingStudy": ["procedureCode"], "DocumentReference": ["type"],
        "ServiceRequest": ["code"], "CommunicationRequest": ["category"], "Task": ["code"],
        "Goal": ["description"], "CarePlan": ["category"],
    }  # fmt: skip
    if kind in named and not any(is_named(row.get(name)) for name in named[kind]):
        raise Unusable
    if kind == "QuestionnaireResponse" and not words(row.get("questionnaire")):
        raise Unusable
    parts = [part.get("code") for part in objects(row.get("component"))]
    if kind == "Observation" and not any(map(is_named, [row.get("code"), *parts])):
        raise Unusable


def is_named(concept: Any) -> bool:
    first = next(iter(objects(concept)), {})
    every = [coding for part in objects(concept) for coding in objects(part.get("coding"))]
    return bool(words(first.get("text"))) or any(words(one.get("display")) or words(one.get("code")) for one in every)


def certainty(row: Json) -> str:
    if row["resourceType"] in ("Condition", "AllergyIntolerance"):
        word = code(row.get("verificationStatus"))
        return {"": "confirmed", "confirmed": "confirmed", "refuted": "refuted"}.get(word, "unconfirmed")
    changing = row.get("docStatus") if row["resourceType"] == "DocumentReference" else row.get("status")
    results = row["resourceType"] in ("Observation", "DiagnosticReport", "DocumentReference")
    return "unconfirmed" if results and changing in ("preliminary", "partial", "registered") else "confirmed"


def state_of(row: Json, event: Json) -> str:
    kind, status = row["resourceType"], status_of(row)
    if kind == "Provenance":
        return "done"
    if event["certainty"] == "refuted":
        return "unknown"
    known = ("active", "inactive", "resolved") + (("recurrence", "relapse", "remission") if kind == "Condition" else ())
    if status not in known and kind in ("Condition", "AllergyIntolerance"):
        ended = kind == "Condition" and (
            row.get("abatementDateTime") or moments(row.get("abatementPeriod")) != (None, None)
        )
        return "done" if ended else "ongoing"
    if row.get("doNotPerform") is True and kind in ("MedicationRequest", "ServiceRequest", "CommunicationRequest"):
        return "not-done"
    table = {
        "ongoing": "recurrence relapse arrived triaged in-progress onleave accepted",
        "done": "inactive remission resolved completed finished fulfilled checked-in preliminary final amended "
                "corrected partial appended registered available current",
        "stopped": "on-hold stopped revoked cancelled",
        "not-done": "not-taken noshow not-done rejected failed",
        "planned": "intended planned pending booked waitlist preparation requested received ready",
    }  # fmt: skip
    own = {
        ("Appointment", "arrived"): "done", ("Task", "accepted"): "planned", ("ServiceRequest", "active"): "planned",
        ("CommunicationRequest", "active"): "planned",
    }  # fmt: skip
    if (kind, status) in own:
        return own[kind, status]
    return (
        "ongoing" if status == "active" else next((s for s, each in table.items() if status in each.split()), "unknown")
    )


# dates


def dates(row: Json, found: ObviousTimeline) -> tuple[str | None, str | None, list[str]]:
    """Returns start, end and date_warnings as recorded."""
    kind, date_warnings = row["resourceType"], []
    recorded = None
    if kind == "Condition":
        start, _ = timed(row, "onset")
        over, until = timed(row, "abatement")
        end, recorded = until or over, secondary_date(row, "recordedDate", found)
    elif kind == "AllergyIntolerance":
        try:
            start, end = timed(row, "onset")
        except Unusable:
            start = end = None
            found.unreadable.add(f"{kind}/{row['id']}")
        recorded = secondary_date(row, "recordedDate", found)
    elif kind in ("MedicationRequest", "MedicationStatement"):
        valid = moments(the(row.get("dispenseRequest")).get("validityPeriod"))
        effective = moments(row.get("effectivePeriod"))
        start = moment(row.get("authoredOn") or row.get("effectiveDateTime")) or effective[0] or valid[0]
        end = effective[1] or valid[1]
        asserted = secondary_date(row, "dateAsserted", found)
        start = start or asserted
        if kind == "MedicationRequest" and row.get("status") == "active" and row.get("doNotPerform") is not True:
            end = None
    elif kind == "Encounter":
        start, end = moments(row.get("period"))
    elif kind == "CarePlan":
        start, end = secondary_period(row, "period", found)
        created = secondary_date(row, "created", found)
        start = start or created
    elif kind == "Appointment":
        start, end = moment(row.get("start")), secondary_date(row, "end", found)
    elif kind == "Procedure":
        start, end = timed(row, "performed")
    elif kind == "Immunization":
        start, end = moment(row.get("occurrenceDateTime")), None
    elif kind in ("Observation", "DiagnosticReport"):
        issued = secondary_date(row, "issued", found) if kind == "Observation" else moment(row.get("issued"))
        start, end = timed(row, "effective")
        start = start or (issued if end is None else None)
    elif kind == "QuestionnaireResponse":
        start, end = moment(row.get("authored")), None
    elif kind == "ImagingStudy":
        start, end = moment(row.get("started")), None
    elif kind == "DocumentReference":
        start, end = moment(row.get("date")), None
    elif kind == "Goal":
        dues = [part.get("dueDate") for part in objects(row.get("target"))]
        start, end = secondary_date(row, "startDate", found), next(filter(None, map(moment, dues)), None)
    elif kind == "Provenance":
        start, end = moment(row.get("recorded")), None
        if start is None:
            raise Unusable
    elif kind == "Task":
        start, end = moment(row.get("authoredOn")), moments(the(row.get("restriction")).get("period"))[1]
    else:
        requested_codings, (first, last) = moment(row.get("authoredOn")), timed(row, "occurrence")
        start, end = requested_codings or first, last or (first if requested_codings else None)
    if start is None and recorded is not None:
        start, date_warnings = recorded, ["recorded"]
    if start and end and is_reversed(PartialDate(start), PartialDate(end)):
        end, date_warnings = None, [*date_warnings, "reversed"]
    return start, end, date_warnings


def secondary_date(row: Json, name: str, found: ObviousTimeline) -> str | None:
    """Reads a date that must not hide its record: if it is malformed, the record is shown and also reported as
    unreadable.
    """
    try:
        return moment(row.get(name))
    except Unusable:
        found.unreadable.add(f"{row['resourceType']}/{row['id']}")
        return None


def secondary_period(row: Json, name: str, found: ObviousTimeline) -> tuple[str | None, str | None]:
    """Reads a period that must not hide its record, each end by itself. The first of a list of periods is read."""
    value = row.get(name)
    first = value[0] if isinstance(value, list) and value else value
    if first and not isinstance(first, dict):
        found.unreadable.add(f"{row['resourceType']}/{row['id']}")
        return None, None
    ends = {**(first or {}), "resourceType": row["resourceType"], "id": row["id"]}
    return secondary_date(ends, "start", found), secondary_date(ends, "end", found)


def is_reversed(start: PartialDate, end: PartialDate) -> bool:
    if "T" in start.text and "T" in end.text:
        return end.moment < start.moment or end.end < start.start
    return end.end < start.start


def timed(row: Json, name: str) -> tuple[str | None, str | None]:
    exact = moment(row.get(f"{name}DateTime"))
    return (exact, None) if exact else moments(row.get(f"{name}Period"))


def moments(value: Any) -> tuple[str | None, str | None]:
    return (moment(value.get("start")), moment(value.get("end"))) if isinstance(value, dict) else (None, None)


def moment(value: Any) -> str | None:
    if value is None or value == "":
        return None
    try:
        return PartialDate(value.strip()).text
    except (ValueError, AttributeError):
        raise Unusable from None


# results


def measured(row: Json, terminology: Terminology, event: Json, found: ObviousTimeline) -> None:
    name = f"Observation/{row['id']}"
    parts = [(True, part) for part in objects(row.get("component"))]
    if "component" not in row or any(key.startswith("value") for key in row):
        parts.insert(0, (False, row))
    when = event["end"] or event["start"]
    judged = abnormal = False
    for component, part in parts:
        measure = terminology.measure(codings(part.get("code")))
        value = None
        if measure is not None:
            try:
                value = canonical(measure, part)
            except UnknownUnit:
                found.refused[measure] += 1
                found.unreadable.add(name)
            except Unusable:
                found.unreadable.add(name)
        limits = ABNORMAL[measure] if measure else None
        if measure is not None and value is not None and when is not None:
            event["results"].append((measure, str(value.value)))
            if limits is not None and (limits.low, limits.high) != (None, None):
                judged, abnormal = True, abnormal or is_abnormal(measure, value)
                continue
        if component:
            abnormal = abnormal or is_flagged(part)
    event["abnormal"] = abnormal or (not judged and is_flagged(row))


def is_flagged(part: Json) -> bool:
    return any(each.code in FLAGS for each in codings(part.get("interpretation")))


def canonical(measure: Measure, part: Json) -> Quantity | None:
    """Returns the value in the canonical unit; None if the source gives a reason for its absence."""
    if "valueQuantity" in part:
        given = part["valueQuantity"]
        if not isinstance(given, dict) or isinstance(given.get("value"), bool):
            raise Unusable
        if not isinstance(given.get("value"), int | float) or given.get("comparator", "") not in ("", "<", ">"):
            raise Unusable
        unit = words(given.get("code")) or words(given.get("unit"))
        if not unit and CANONICAL_UNIT[measure] == "{score}":
            unit = "{score}"  # a score needs no unit
        if not unit:
            raise UnknownUnit
        amount = Quantity(Decimal(str(given["value"])), unit, given.get("comparator", ""))
        written = words(given.get("unit"))
        try:
            return to_canonical(measure, amount)
        except UnknownUnit:
            if written in ("", unit):
                raise
            return to_canonical(measure, replace(amount, unit=written))  # the words may say more than the code
    if "valueInteger" in part:
        if CANONICAL_UNIT[measure] != "{score}":
            raise UnknownUnit
        return Quantity(Decimal(part["valueInteger"]), "{score}")
    if "dataAbsentReason" in part and not any(key.startswith("value") for key in part):
        return None
    raise Unusable


# lanes


def own_lanes(row: Json, terminology: Terminology) -> tuple[Lanes, Lanes]:
    """Returns the lanes of the record's own codes: certain ones, and possible ones."""
    kind = row["resourceType"]
    sure: Lanes = set()
    perhaps: Lanes = set()
    element = {
        "MedicationRequest": "medicationCodeableConcept", "MedicationStatement": "medicationCodeableConcept",
        "Encounter": "type", "Immunization": "vaccineCode", "ImagingStudy": "procedureCode", "Goal": "description",
        "DocumentReference": "type", "CarePlan": "category", "CommunicationRequest": "category",
        "Appointment": "serviceType",
    }.get(kind, "code")  # fmt: skip
    codes = codings(the(row.get(element)) if kind.startswith("Medication") else row.get(element))
    concepts = [codes] if kind != "QuestionnaireResponse" and kind != "Provenance" else []
    parts = [part.get("code") for part in objects(row.get("component"))] if kind == "Observation" else []
    if kind == "Observation":
        for each in [*concepts, *map(codings, parts)]:
            perhaps |= of_result(each, terminology)
    else:
        for each in concepts:
            sure |= set(terminology.conditions(each))
            perhaps |= {lane for lane, _ in terminology.lanes_with_derivation(each)}
            perhaps |= of_check(each, terminology) if kind == "Procedure" else set()
    if kind.startswith("Medication"):
        perhaps |= set(terminology.conditions_served(terminology.atc(codes)))
    for part in objects(row.get("target")) if kind == "Goal" else []:
        perhaps |= of_result(codings(part.get("measure")), terminology)
    if kind not in ("Observation", "DiagnosticReport", "DocumentReference", "Goal", "CarePlan", "Condition",
                    "AllergyIntolerance", "QuestionnaireResponse", "Provenance"):  # fmt: skip
        for concept in objects(row.get("reasonCode")):
            sure |= set(terminology.conditions(codings(concept)))
    if kind == "QuestionnaireResponse":
        perhaps |= {lane for lane, _ in terminology.lanes_with_derivation(requested_codings(row))}
    return sure, perhaps


def requested_codings(row: Json) -> list[Coding]:
    base, _, last = words(row.get("questionnaire")).split("|")[0].rpartition("/")
    return [Coding(base, last)] if last else []


def of_result(codes: list[Coding], terminology: Terminology) -> Lanes:
    """Returns the lanes of a result by its measure, its code, or the check that it fulfils without a value."""
    measure = terminology.measure(codes)
    found = {key for key in ConditionKey if measure in KEY_MEASURES.get(key, ())}
    found |= set(terminology.conditions(codes))
    return (
        found
        if measure
        else found | {lane for lane, _ in terminology.lanes_with_derivation(codes)} | of_check(codes, terminology)
    )


def of_check(codes: list[Coding], terminology: Terminology) -> Lanes:
    check = terminology.check(codes)
    return {rule.condition for rule in RULES if rule.key == check and check in ("foot", "eyes", "smoking")}


def referred(row: Json, rows: list[Json]) -> list[str]:
    """Returns the records to which this one refers."""
    kind = row["resourceType"]
    pointers: list[Any] = []
    if kind in ("MedicationRequest", "MedicationStatement", "Encounter", "Appointment", "Procedure", "Immunization",
                "ImagingStudy", "ServiceRequest", "CommunicationRequest", "Task"):  # fmt: skip
        pointers += objects(row.get("reasonReference"))
    pointers += objects(row.get("addresses")) if kind in ("Goal", "CarePlan") else []
    pointers += objects(row.get("result")) if kind == "DiagnosticReport" else []
    if kind == "Provenance":
        targets = objects(row.get("target"))
        goals = [part for part in targets if words(part.get("reference")).startswith("Goal/")]
        return [words(part.get("reference")) for part in goals or targets]
    names = [words(part.get("reference")) for part in pointers]
    if kind == "QuestionnaireResponse":
        own = f"{kind}/{row['id']}"
        for other in rows:
            if own in [words(part.get("reference")) for part in objects(other.get("derivedFrom"))]:
                names.append(f"{other['resourceType']}/{other['id']}")
    return names


def is_unmapped(row: Json, terminology: Terminology) -> bool:
    if row["resourceType"] in ("QuestionnaireResponse", "Provenance"):
        return False
    element = {
        "MedicationRequest": "medicationCodeableConcept", "MedicationStatement": "medicationCodeableConcept",
        "Encounter": "type", "Immunization": "vaccineCode", "ImagingStudy": "procedureCode", "Goal": "description",
        "DocumentReference": "type", "CarePlan": "category", "CommunicationRequest": "category",
        "Appointment": "serviceType",
    }.get(row["resourceType"], "code")  # fmt: skip
    given = row.get(element)
    codes = codings(the(given) if row["resourceType"].startswith("Medication") else given)
    return bool(codes) and not terminology.is_mapped(codes)


# the JSON


def objects(value: Any) -> list[Json]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def the(value: Any) -> Json:
    return next(iter(objects(value)), {})


def words(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def codings(concept: Any) -> list[Coding]:
    every = [coding for part in objects(concept) for coding in objects(part.get("coding"))]
    return [Coding(words(each.get("system")), words(each.get("code"))) for each in every if words(each.get("code"))]


def code(concept: Any) -> str:
    return next((each.code for each in codings(the(concept))), "")
