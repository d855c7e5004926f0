"""What the search of one resource type leaves in a team's data: its rows, and of whom it could not be read."""

from collections.abc import Mapping, Set
from dataclasses import replace

from dashboard.cache.place_rows import RowChanges, with_changes
from dashboard.cache.team_data import TeamData
from dashboard.errors import DashboardError
from dashboard.fhir.search.request import SearchResult


def with_outcome(
    data: TeamData, name: str, result: SearchResult | DashboardError, patients: frozenset[str], whole_team: bool
) -> TeamData:
    """Returns the data with what of a type could not be read: all of it, or for some patients alone."""
    failed = {kind: why for kind, why in data.failed.items() if kind != name or not whole_team}
    if isinstance(result, DashboardError):
        if whole_team:
            return replace(data, failed={**failed, name: result.failure})
        lost = patients
    else:
        lost = frozenset(result.missing)
    before = data.outdated.get(name, frozenset())
    missing, outdated = _removed(data.missing, name, patients), _removed(data.outdated, name, patients)
    return replace(
        data,
        failed=failed,
        missing=added(missing, name, lost - before),
        outdated=added(outdated, name, lost & before),
    )


def without_rows(data: TeamData, name: str, patients: Set[str]) -> TeamData:
    """Returns the data without the rows of a type of these patients, of whom the complete window has just come: a row
    that is not in it has left.
    """
    having = {pid for pid in patients & data.patients.keys() if data.patients[pid].resources.get(name)}
    if not having:
        return data
    removed: RowChanges = {pid: {name: dict.fromkeys(data.patients[pid].resources[name])} for pid in having}
    return replace(data, patients=with_changes(data.patients, removed))


def added(patients: Mapping[str, frozenset[str]], name: str, more: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Returns the patients by type, with more of one type."""
    return {**patients, name: patients.get(name, frozenset()) | more} if more else patients


def _removed(patients: Mapping[str, frozenset[str]], name: str, fewer: frozenset[str]) -> Mapping[str, frozenset[str]]:
    left = {kind: known - fewer if kind == name else known for kind, known in patients.items()}
    return {kind: known for kind, known in left.items() if known}
