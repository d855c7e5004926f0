"""The Provenance of a change, written in the same transaction: who, when, what, why."""

from datetime import datetime
from typing import Any, Final

from dashboard.domain.record.people import User
from dashboard.errors import NotPermitted, UserFacingError

_OPERATION: Final = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
LONGEST_REASON: Final = 1000


def provenance_of_new(target: str, actor: User, at: datetime, activity: str, reason: str) -> dict[str, Any]:
    """A Provenance for what is created in the same transaction; `target` is its `urn:uuid:`."""
    return _provenance(target, "CREATE", "create", actor, at, activity, reason)


def provenance_of(before: dict[str, Any], actor: User, at: datetime, activity: str, reason: str) -> dict[str, Any]:
    """A Provenance for an update of `before`, as JSON.

    Its target is the version that the update makes where the server counts versions (then it is the next number),
    else the resource; the version that was changed is its entity. Raises NotPermitted for an actor without clinical
    identity.
    """
    name = f"{before['resourceType']}/{before['id']}"
    version = str(before.get("meta", {}).get("versionId", ""))
    target = f"{name}/_history/{int(version) + 1}" if version.isdecimal() else name
    made = _provenance(target, "UPDATE", "revise", actor, at, activity, reason)
    if version:
        made["entity"] = [{"role": "revision", "what": {"reference": f"{name}/_history/{version}"}}]
    return made


def _provenance(
    target: str, operation: str, called: str, actor: User, at: datetime, activity: str, reason: str
) -> dict[str, Any]:
    if actor.practitioner is None:
        raise NotPermitted("not-in-a-care-team")
    if len(reason) > LONGEST_REASON:
        raise UserFacingError("reason-too-long", most=LONGEST_REASON)
    if at.tzinfo is None:
        raise ValueError("the moment of a change needs a time zone")
    made: dict[str, Any] = {
        "resourceType": "Provenance",
        "target": [{"reference": target}],
        "recorded": at.isoformat(timespec="milliseconds"),
        "activity": {"coding": [{"system": _OPERATION, "code": operation, "display": called}], "text": activity},
        "agent": [
            {
                "type": {"coding": [{"system": _PARTICIPANT, "code": "author", "display": "Author"}]},
                "who": {"reference": str(actor.practitioner), "display": actor.name},
            }
        ],
    }
    if reason.strip():
        made["reason"] = [{"text": reason.strip()}]
    return made
