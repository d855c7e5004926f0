"""A broken glass as a FHIR Task: the grant, and at the same time what tells the coordinator of the patient's team.

`requester` looked, `for` is the patient, `owner` is told; the grant lasts from `authoredOn` until the input "until".
The owner ends it early by saying no to the Task.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.record.people import User
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    codings,
    concept_text,
    many,
    one,
    origin,
    partial_date,
    patient_of,
    reference,
    text,
)

TASKS: Final = "https://c3-cloud.example/fhir/CodeSystem/task"
EMERGENCY_ACCESS: Final = "break-glass"
_UNTIL: Final = "break-glass-until"
REASONS: Final = "https://c3-cloud.example/fhir/CodeSystem/break-glass-reason"
_ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_REVOKED: Final = frozenset({"rejected", "cancelled", "failed", "entered-in-error", "draft"})
_TO_REVIEW: Final = timedelta(days=1)
"""When the coordinator should have looked at it."""


def emergency_access_task(
    patient: Reference,
    actor: User,
    told: Reference,
    told_name: str,
    reason: str,
    words: str,
    at: datetime,
    end: datetime,
) -> Json:
    """The Task to be created. Times are kept to the second."""
    assert actor.practitioner is not None
    begin = at.astimezone(UTC).replace(microsecond=0)
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
            f"{actor.name} looked at this record from outside the team: {words.rstrip('. ')}. "
            "Check that the reason holds."
        ),
        "for": {"reference": str(patient)},
        "requester": {"reference": str(actor.practitioner), "display": actor.name},
        "owner": {"reference": str(told), "display": told_name} if told_name else {"reference": str(told)},
        "authoredOn": begin.isoformat(),
        "lastModified": begin.isoformat(),
        "reasonCode": {
            "coding": [
                {"system": REASONS, "code": reason},
                {"system": _ACT_REASON, "code": "BTG", "display": "break the glass"},
            ],
            "text": words,
        },
        "restriction": {"period": {"end": (begin + _TO_REVIEW).isoformat()}},
        "input": [
            {
                "type": {"coding": [{"system": TASKS, "code": _UNTIL, "display": "Until"}], "text": "Until"},
                "valueDateTime": end.astimezone(UTC).replace(microsecond=0).isoformat(),
            }
        ],
    }


def emergency_access(resource: Json) -> EmergencyAccess | None:
    """The grant; None for any other Task, and for one that was revoked. Raises CannotRead."""
    if not any(code.system == TASKS and code.code == EMERGENCY_ACCESS for code in codings(resource.get("code"))):
        return None
    if text(resource.get("status")) in _REVOKED:
        return None
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
    )


def _until(resource: Json) -> list[Json]:
    return [
        part
        for part in many(resource.get("input"))
        if any(code.system == TASKS and code.code == _UNTIL for code in codings(part.get("type")))
    ]


def _moment(value: object) -> datetime:
    found = partial_date(value)
    if found is None or found.precision != "time":
        raise CannotRead("no-date")
    return found.moment
