"""What the cache holds of a team: a record for each patient, of domain values.

Neither is changed once built; see `dashboard.domain.record.patient_record`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from dashboard.domain.access.relationship import Viewer
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.organisation import Organisation, ParentOrganisations, parents_of
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, RowsRead
from dashboard.errors import Failure


@dataclass(frozen=True, slots=True, eq=False)
class TeamData:
    """All patients of one access scope. `since` is the server's time of the last refresh, where the next one starts.

    `failed` says, by resource type, why its records are missing, and `missing` for which patients alone they are; those
    of `outdated` are there, but what changed of them could not be read. `awaited` are the types that are still being
    read, while a team is loaded for the first time. `fetched` is the moment of view of the last refresh that succeeded;
    `loaded_on` the day the windows were counted from. `left_out` are records that came and are not known to be about
    one of the patients, such as those that refer to another server. `withheld` are patients of the user's teams whose
    consents do not let the user see them: nothing of them is here.
    """

    patients: Mapping[str, PatientRecord]
    organisations: Mapping[str, Organisation]
    fetched: datetime
    loaded_on: date
    since: str
    failed: Mapping[str, Failure] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    outdated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    awaited: Mapping[str, RowsRead] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    left_out: tuple[Unreadable, ...] = ()
    withheld: frozenset[str] = frozenset()

    def unread(self, patient_id: str) -> frozenset[str]:
        """Returns the resource types of which this patient's records could not be read."""
        missing = (name for name, patients in self.missing.items() if patient_id in patients)
        return frozenset((*self.failed, *missing))

    def above(self) -> ParentOrganisations:
        """Returns what each known organisation is part of."""
        return parents_of(self.organisations.values())

    def visible(self, viewer: Viewer, on: date) -> dict[str, list[CareTeam]]:
        """Returns the patients whom the user may see on a day, each with the teams through which."""
        above = self.above()
        shown = ((pid, record.my_teams(viewer, on, above)) for pid, record in self.patients.items())
        return {pid: teams for pid, teams in shown if teams}
