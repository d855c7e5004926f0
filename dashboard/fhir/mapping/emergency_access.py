"""Emergency access as a FHIR Task: the grant, and at the same time what informs the coordinator of the patient's team.

`requester` has the access, `for` is the patient, `owner` is informed; the grant lasts from `authoredOn` until the input
"until". The owner ends it early by saying no to the Task.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.fhir.mapping.concepts import codings, concept_text
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, display, many, one, reference, text
from dashboard.fhir.mapping.reading import origin, patient_of
from dashboard.fhir.mapping.writing import Writer, put, reference_to, source_of, write_changes

TASKS: Final = "https://c3-cloud.example/fhir/CodeSystem/task"
EMERGENCY_ACCESS: Final = "break-glass"
_UNTIL: Final = "break-glass-until"
REASONS: Final = "https://c3-cloud.example/fhir/CodeSystem/break-glass-reason"
_ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_REVOKED: Final = frozenset({"rejected", "cancelled", "failed", "entered-in-error", "draft"})
_TO_REVIEW: Final = timedelta(days=1)
"""When the coordinator should have reviewed it."""


def emergency_access(resource: Json) -> EmergencyAccess | None:
    """The grant, without its resource; None for any other Task, and for one that was revoked. Raises CannotRead."""
    if not any(code.system == TASKS and code.code == EMERGENCY_ACCESS for code in codings(resource.get("code"))):
        return None
    if text(resource.get("status")) in _REVOKED:
        return None
    return replace(from_fhir(resource), source=None)


def from_fhir(resource: Json) -> EmergencyAccess:
    """The grant with the Task it was read from, revoked or not. Raises CannotRead."""
    patient, who = patient_of(resource), reference(resource.get("requester"))
    if patient is None or who is None:
        raise CannotRead("no-patient")
    reasons = [code.code for code in codings(resource.get("reasonCode")) if code.system == REASONS]
    return EmergencyAccess(
        origin=origin(resource),
        patient=patient,
        who=who,
        reason=reasons[0] if reasons else "",
        text=concept_text(resource.get("reasonCode")),
        since=_moment(resource.get("authoredOn")),
        until=_moment(one(_until(resource)).get("valueDateTime")),
        who_name=display(resource.get("requester")),
        informed=reference(resource.get("owner")),
        informed_name=display(resource.get("owner")),
        source=resource,
    )


def to_fhir(value: EmergencyAccess) -> Json:
    """The Task of a new grant (`source` {}), else the Task that was read with a changed end. Raises NotWritable."""
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    assert value.informed is not None, "somebody is informed of every grant"
    begin = value.since.isoformat()
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": {
            "coding": [{"system": TASKS, "code": EMERGENCY_ACCESS, "display": "Break the glass"}],
            "text": "Break the glass",
        },
        # What the coordinator reads in the list: who it was and why, or there is nothing to check.
        "description": (
            f"{value.who_name} looked at this record from outside the team: {value.text.rstrip('. ')}. "
            "Check that the reason holds."
        ),
        "for": reference_to(value.patient),
        "requester": reference_to(value.who, value.who_name),
        "owner": reference_to(value.informed, value.informed_name),
        "authoredOn": begin,
        "lastModified": begin,
        "reasonCode": {
            "coding": [
                {"system": REASONS, "code": value.reason},
                {"system": _ACT_REASON, "code": "BTG", "display": "break the glass"},
            ],
            "text": value.text,
        },
        "restriction": {"period": {"end": (value.since + _TO_REVIEW).isoformat()}},
        "input": [
            {
                "type": {"coding": [{"system": TASKS, "code": _UNTIL, "display": "Until"}], "text": "Until"},
                "valueDateTime": value.until.isoformat(),
            }
        ],
    }


def _write_until(resource: Json, value: EmergencyAccess) -> None:
    put(_until(resource)[0], "valueDateTime", value.until.astimezone(UTC).isoformat())


_WRITERS: Final[dict[str, Writer]] = {"until": _write_until}
"""A grant is ended early or made longer; who, whom and why stay as they were when it was given."""


def _until(resource: Json) -> list[Json]:
    return [
        part
        for part in many(resource.get("input"))
        if any(code.system == TASKS and code.code == _UNTIL for code in codings(part.get("type")))
    ]


def _moment(value: object) -> datetime:
    date = partial_date(value)
    if date is None or date.precision != "time":
        raise CannotRead("no-date")
    return date.moment
