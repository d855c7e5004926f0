"""What the client can sort and filter itself where a server cannot: moments and plain codes, by a short table.

Where each search parameter reads is from the R4 search parameter registry; only what the dashboard asks for is here.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dashboard.domain.values.datatypes import PartialDate
from dashboard.fhir.search.rows import values_at

Row = dict[str, Any]

_FIRST = datetime.min.replace(tzinfo=UTC)

MOMENTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Appointment", "date"): ("start",),
    ("AllergyIntolerance", "date"): ("recordedDate",),
    ("AuditEvent", "date"): ("recorded",),
    ("CarePlan", "date"): ("period.start",),
    ("CareTeam", "date"): ("period.start",),
    ("Condition", "onset-date"): ("onsetDateTime", "onsetPeriod.start"),
    ("Condition", "recorded-date"): ("recordedDate",),
    ("DiagnosticReport", "date"): ("effectiveDateTime", "effectivePeriod.start"),
    ("DocumentReference", "date"): ("date",),
    ("Encounter", "date"): ("period.start",),
    ("Goal", "start-date"): ("startDate",),
    ("Goal", "target-date"): ("target.dueDate",),
    ("Immunization", "date"): ("occurrenceDateTime",),
    ("MedicationRequest", "authoredon"): ("authoredOn",),
    ("Observation", "date"): ("effectiveDateTime", "effectiveInstant", "effectivePeriod.start"),
    ("Patient", "birthdate"): ("birthDate",),
    ("Procedure", "date"): ("performedDateTime", "performedPeriod.start"),
    ("Provenance", "recorded"): ("recorded",),
    ("QuestionnaireResponse", "authored"): ("authored",),
    ("ServiceRequest", "authored"): ("authoredOn",),
    ("Task", "authored-on"): ("authoredOn",),
    ("Task", "modified"): ("lastModified",),
    ("Task", "period"): ("executionPeriod.start",),
}

# parameter -> elements with a code, Coding, CodeableConcept or Identifier; a type that lacks them matches nothing.
TOKENS: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "intent": ("intent",),
    "priority": ("priority",),
    "code": ("code",),
    "category": ("category",),
    "type": ("type",),
    "clinical-status": ("clinicalStatus",),
    "verification-status": ("verificationStatus",),
    "lifecycle-status": ("lifecycleStatus",),
    "identifier": ("identifier",),
    "gender": ("gender",),
    "role": ("code",),
}


def sort_key(resource_type: str, parameter: str) -> Callable[[Row], Any] | None:
    """A key for `sorted`, or None where we cannot sort by this parameter. Rows without the value come first."""
    if parameter == "_id":
        return lambda row: str(row.get("id"))
    paths = ("meta.lastUpdated",) if parameter == "_lastUpdated" else MOMENTS.get((resource_type, parameter))
    return None if paths is None else lambda row: _moment(row, paths) or _FIRST


def filter_of(resource_type: str, parameter: str, value: str) -> Callable[[Row], bool] | None:
    """A test for one search parameter, or None where we cannot tell: modifiers, chains and unknown elements are
    not guessed.
    """
    if parameter == "_lastUpdated":
        return _moment_filter(("meta.lastUpdated",), value)
    if (resource_type, parameter) in MOMENTS:
        return _moment_filter(MOMENTS[resource_type, parameter], value)
    if parameter in TOKENS and "\\" not in value:
        wanted = [one.split("|") for one in value.split(",")]
        paths = TOKENS[parameter]
        return lambda row: any(_token_matches(held, want) for held in _tokens(row, paths) for want in wanted)
    return None


def _moment_filter(paths: tuple[str, ...], value: str) -> Callable[[Row], bool] | None:
    prefix, text = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    if prefix not in ("ge", "gt", "le", "lt"):
        return None
    try:
        bound = PartialDate(text)
    except ValueError:
        return None
    first, last_day = bound.moment, bound.end

    def passes(row: Row) -> bool:
        moment = _moment(row, paths)
        if moment is None:
            return False
        if bound.precision == "time":
            return {"ge": moment >= first, "gt": moment > first, "le": moment <= first, "lt": moment < first}[prefix]
        day = moment.date()
        return {"ge": day >= first.date(), "gt": day > last_day, "le": day <= last_day, "lt": day < first.date()}[
            prefix
        ]

    return passes


def _moment(row: Row, paths: tuple[str, ...]) -> datetime | None:
    for path in paths:
        for value in values_at(row, path):
            try:
                return PartialDate(value).moment
            except (ValueError, TypeError, OverflowError):
                continue
    return None


def _tokens(row: Row, paths: tuple[str, ...]) -> list[tuple[str, str]]:
    held: list[tuple[str, str]] = []
    for path in paths:
        for value in values_at(row, path):
            if isinstance(value, str):
                held.append(("", value))
            elif isinstance(value, dict):
                codings = value.get("coding")
                for coding in codings if isinstance(codings, list) else [value]:
                    if isinstance(coding, dict):
                        held.append((str(coding.get("system", "")), str(coding.get("code", coding.get("value", "")))))
    return held


def _token_matches(held: tuple[str, str], wanted: list[str]) -> bool:
    if len(wanted) == 1:
        return held[1] == wanted[0]
    system, code = wanted[0], wanted[1]
    return held[0] == system and (not code or held[1] == code)
