"""Emergency access: a clinician opens one patient beyond their teams, with a reason and for a limited time.

The FHIR resource that records it is a Task (`dashboard.fhir.mapping.emergency_access`). HL7's code for the purpose is
BTG, "break the glass" (v3-ActReason).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from dashboard.domain.access.user import User
from dashboard.domain.record.care_team import CareTeam, is_coordinator
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted, UserFacingError

LONGEST_EMERGENCY_ACCESS: Final = timedelta(hours=24)
"""A grant ends after this time, whatever its Task says."""


class EmergencyReason(StrEnum):
    """Why a clinician needs emergency access: the codes that the Task carries."""

    EMERGENCY = "emergency"
    ON_CALL = "on-call"
    TRANSFER = "transfer"
    PATIENT_ASKED = "patient-asked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """A grant to read one patient's record beyond one's teams: who, why, from `since`, until (exclusive) `until`.

    `informed` reviews it: the coordinator, the team or the organisation. `source` is the Task it was read from; {} of a
    new grant, None in caches.
    """

    origin: Reference
    patient: Reference
    who: Reference
    reason: str
    text: str
    since: datetime
    until: datetime
    who_name: str = ""
    informed: Reference | None = None
    informed_name: str = ""
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def holds(self, patient_id: str, who: Reference, at: datetime) -> bool:
        """True within its time, for that patient and that person only; never for longer than
        `LONGEST_EMERGENCY_ACCESS`.
        """
        return (
            self.patient == Reference("Patient", patient_id)
            and self.who == who
            and self.since <= at < min(self.until, self.since + LONGEST_EMERGENCY_ACCESS)
        )


@dataclass(frozen=True, slots=True)
class IdentifiedPatient:
    """The one patient with an identifier, and the organisation that manages the patient's record."""

    patient: Reference
    site: Reference | None
    site_name: str


def checked_reason(words: str) -> str:
    """Returns the reason without outer spaces. Raises UserFacingError for none, or one too long."""
    reason = words.strip()
    if not reason:
        raise UserFacingError("emergency-reason-empty")
    if len(reason) > LONGEST_REASON:
        raise UserFacingError("reason-too-long", most=LONGEST_REASON)
    return reason


def checked_duration(minutes: int) -> timedelta:
    """Returns how long the access lasts. Raises ValueError: the length is a setting, not what a user writes."""
    duration = timedelta(minutes=minutes)
    if not timedelta(0) < duration <= LONGEST_EMERGENCY_ACCESS:
        raise ValueError("emergency access lasts more than no time and at most a day")
    return duration


def who_is_informed(teams: Iterable[CareTeam], person: IdentifiedPatient, on: date) -> tuple[Reference, str]:
    """Returns the coordinator of the patient's team, else the team, else the organisation that manages the patient.

    Raises NotPermitted where there is none of these: no access goes unnoticed.
    """
    active = [team for team in teams if team.status == "active"]
    for team in active:
        for member in team.members:
            who = member.member
            if (
                who is not None
                and member.role is not None
                and is_coordinator([member.role])
                and team.has_member(who, on)
            ):
                return who, member.name
    for team in active:
        if team.team is not None:
            return team.team, team.team_name
    if person.site is None:
        raise NotPermitted("emergency-access-without-recipient")
    return person.site, person.site_name


def new_emergency_access(
    origin: Reference,
    person: IdentifiedPatient,
    actor: User,
    informed: tuple[Reference, str],
    reason: EmergencyReason,
    words: str,
    at: datetime,
    duration: timedelta,
) -> EmergencyAccess:
    """The grant, not saved yet. Its times are exact to the second, in UTC."""
    assert actor.practitioner is not None
    return EmergencyAccess(
        origin=origin,
        patient=person.patient,
        who=actor.practitioner,
        reason=reason.value,
        text=words,
        since=at.astimezone(UTC).replace(microsecond=0),
        until=(at + duration).astimezone(UTC).replace(microsecond=0),
        who_name=actor.name,
        informed=informed[0],
        informed_name=informed[1],
        source={},
    )
