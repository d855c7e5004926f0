"""What is kept of a team between two looks at it: a record a patient, of values already mapped.

A record and the whole are never changed once built: a refresh builds new ones for the patients it touches, so a page
that is drawing an older one is not disturbed, and what was derived from an untouched record stays right.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from dashboard.domain.access.consent import Consent
from dashboard.domain.access.relationship import Viewer, teams_through
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import Observation
from dashboard.domain.record.people import Organisation, ParentOrganisations, Person, parents_of
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice
from dashboard.errors import Failure


class CachedResource(NamedTuple):
    """One row of the server: its meta.lastUpdated as written, and the domain value or `Unreadable` it gave."""

    updated: str
    value: Any


_UPDATED, _VALUE = attrgetter("updated"), attrgetter("value")
Rows = Mapping[str, CachedResource]
"""Kept rows of one type of one patient, by logical id."""


@dataclass(frozen=True, slots=True, eq=False)
class PatientRecord:
    """One patient: the person, and per resource type the kept rows."""

    person: Person
    updated: str = ""
    rows: Mapping[str, Rows] = field(default_factory=dict)

    def kept(self, kind: str) -> list[Any]:
        """The readable values of one resource type."""
        return [row.value for row in self.rows.get(kind, {}).values() if not isinstance(row.value, Unreadable)]

    def unreadable(self) -> Iterator[Unreadable]:
        """Every record that exists and could not be read, or not in full."""
        for rows in self.rows.values():
            for value in map(_VALUE, rows.values()):
                if isinstance(value, Unreadable):
                    yield value
                elif isinstance(value, Observation | Goal) and value.unreadable:
                    yield from value.unreadable

    def newest(self) -> str:
        """The newest meta.lastUpdated among the patient's rows, "" where the server gives none."""
        stamps = (max(map(_UPDATED, rows.values())) for rows in self.rows.values() if rows)
        return max(stamps, default=self.updated)

    def care_teams(self) -> list[CareTeam]:
        return self.kept("CareTeam")

    def consents(self) -> list[Consent | Unreadable]:
        """Every consent, those that cannot be read among them: they deny."""
        return [row.value for row in self.rows.get("Consent", {}).values()]

    def my_teams(self, viewer: Viewer, on: date, above: ParentOrganisations) -> list[CareTeam]:
        """The teams through which this user may see the patient on a day; empty: the patient is not the user's to
        see.
        """
        return teams_through(viewer, self.care_teams(), self.consents(), on, above)


@dataclass(frozen=True, slots=True, eq=False)
class TeamData:
    """All patients of one access scope. `since` is the server's time of the last look, the start of the next.

    `failed` says, a resource type at a time, why its rows are missing; `fetched` is the moment of view of the last look
    that succeeded; `loaded_on` the day the windows were counted from.
    """

    patients: Mapping[str, PatientRecord]
    organisations: Mapping[str, Organisation]
    fetched: datetime
    loaded_on: date
    since: str
    failed: Mapping[str, Failure] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    def above(self) -> ParentOrganisations:
        """What each known organisation is part of."""
        return parents_of(self.organisations.values())

    def visible(self, viewer: Viewer, on: date) -> dict[str, list[CareTeam]]:
        """The user's patients on a day, each with the teams that make them so."""
        above = self.above()
        shown = ((pid, record.my_teams(viewer, on, above)) for pid, record in self.patients.items())
        return {pid: teams for pid, teams in shown if teams}


def with_rows(record: PatientRecord, changes: Mapping[str, Mapping[str, CachedResource | None]]) -> PatientRecord:
    """The record with rows replaced, added or (None) taken out, a resource type at a time."""
    rows = dict(record.rows)
    for kind, changed in changes.items():
        merged = {ident: row for ident, row in {**rows.get(kind, {}), **changed}.items() if row is not None}
        rows[kind] = merged
    return PatientRecord(record.person, record.updated, rows)


def holding(patients: Mapping[str, PatientRecord], kind: str, ident: str) -> Iterable[str]:
    """Ids of the patients whose record has the row."""
    return [pid for pid, record in patients.items() if ident in record.rows.get(kind, {})]
