"""A patient's record as the worklist needs it: the person and the domain values of each resource type.

A record is never changed once built: a refresh builds new ones for the patients it touches, so that a page that is
drawing an older one is not disturbed, and what was derived from an untouched record stays right.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from dashboard.domain.access.consent import Consent
from dashboard.domain.access.relationship import Viewer, teams_through
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import Observation
from dashboard.domain.record.organisation import ParentOrganisations
from dashboard.domain.record.people import Person
from dashboard.domain.record.unreadable import Unreadable


class ResourceValue(NamedTuple):
    """The domain value of one resource, or `Unreadable`, and its meta.lastUpdated as written."""

    updated: str
    value: Any


_UPDATED, _VALUE = attrgetter("updated"), attrgetter("value")


@dataclass(frozen=True, slots=True, eq=False)
class PatientRecord:
    """One patient: the person, and `resources` by resource type and logical id."""

    person: Person
    updated: str = ""
    resources: Mapping[str, Mapping[str, ResourceValue]] = field(default_factory=dict)

    def values(self, resource_type: str) -> list[Any]:
        """Returns the values of one resource type that could be read."""
        entries = self.resources.get(resource_type, {}).values()
        return [entry.value for entry in entries if not isinstance(entry.value, Unreadable)]

    def unreadable(self) -> Iterator[Unreadable]:
        """Yields every record that exists and could not be read, or not in full."""
        yield from self.person.unreadable
        for entries in self.resources.values():
            for value in map(_VALUE, entries.values()):
                if isinstance(value, Unreadable):
                    yield value
                elif isinstance(value, Observation | Goal | CarePlan) and value.unreadable:
                    yield from value.unreadable

    def newest(self) -> str:
        """Returns the newest meta.lastUpdated among the patient's resources, "" where the server gives none."""
        stamps = (max(map(_UPDATED, entries.values())) for entries in self.resources.values() if entries)
        return max(stamps, default=self.updated)

    def care_teams(self) -> list[CareTeam]:
        return self.values("CareTeam")

    def consents(self) -> list[Consent | Unreadable]:
        """Returns every consent, those that cannot be read among them: they deny."""
        return [entry.value for entry in self.resources.get("Consent", {}).values()]

    def my_teams(self, viewer: Viewer, on: date, above: ParentOrganisations) -> list[CareTeam]:
        """Returns the teams through which this user may see the patient on a day; empty where the user may not."""
        return teams_through(viewer, self.care_teams(), self.consents(), on, above)


def with_resources(record: PatientRecord, changes: Mapping[str, Mapping[str, ResourceValue | None]]) -> PatientRecord:
    """Returns the record with resources replaced, added or (None) removed, by resource type and logical id."""
    resources = dict(record.resources)
    for resource_type, changed in changes.items():
        merged = {**resources.get(resource_type, {}), **changed}
        resources[resource_type] = {ident: entry for ident, entry in merged.items() if entry is not None}
    return PatientRecord(record.person, record.updated, resources)
