"""CareTeam: who cares for a patient, with the period of each membership."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from dashboard.domain.values.code_systems import SNOMED
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference

COORDINATORS: Final = frozenset({"768820003"})
"""SNOMED CT: Care coordinator (occupation)."""


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A participant of the patient's CareTeam; `role_text` where the role carries no coding we know. `doubtful`: the
    period cannot be read, so that it gives no access.
    """

    member: Reference | None
    name: str
    role: Coding | None
    role_text: str
    since: PartialDate | None
    until: PartialDate | None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Carer:
    """A RelatedPerson."""

    origin: Reference
    name: str
    relationship: str
    phone: str


@dataclass(frozen=True, slots=True)
class CareTeam:
    """A CareTeam: who cares for one patient, and the MDT (an Organization) that manages it, with its name.

    `source` is the resource that a team to be changed was read from, {} of a new one, None in lists and caches.
    """

    origin: Reference
    patient: Reference
    status: str
    team: Reference | None
    team_name: str
    since: PartialDate | None
    until: PartialDate | None
    members: tuple[TeamMember, ...] = ()
    version: str = ""
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def has_member(self, who: Reference, on: date) -> bool:
        """True when `who` belongs to the team on that day: the team is active, and both periods hold the day."""
        return (
            self.status == "active"
            and covers(self.since, self.until, on)
            and any(m.member == who and not m.doubtful and covers(m.since, m.until, on) for m in self.members)
        )

    def may_have_member(self, who: Reference) -> bool:
        """Whether `who` is a participant whose period cannot be read."""
        return any(m.member == who and m.doubtful for m in self.members)


def covers(since: PartialDate | None, until: PartialDate | None, on: date) -> bool:
    """True when the day may lie in the period; an open end is open, and "2024" as an end lasts to 31 December."""
    return (since is None or since.start <= on) and (until is None or on <= until.end)


def is_coordinator(roles: Iterable[Coding]) -> bool:
    """Whether one of the roles, in a PractitionerRole or a CareTeam, is that of a team's coordinator."""
    return any(role.system == SNOMED and role.code in COORDINATORS for role in roles)
