"""Puts rows of the FHIR server into the records of the patients they are about."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from dashboard.cache.team_resources import EDITS, GOAL, Reader, TeamResource, patients_of
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue, with_resources
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.elements import Json, many, reference
from dashboard.fhir.mapping.reading import origin, why_nobodys
from dashboard.fhir.search.request import SearchResult

RowChanges = dict[str, dict[str, dict[str, ResourceValue | None]]]
"""patient id -> resource type -> logical id -> row, None for a row that no longer belongs."""


def no_changes() -> RowChanges:
    return defaultdict(lambda: defaultdict(dict))


def with_changes(patients: Mapping[str, PatientRecord], changes: RowChanges) -> dict[str, PatientRecord]:
    """Returns the records with the changed rows; a record without changes stays the same object."""
    return {pid: with_resources(record, changes[pid]) if pid in changes else record for pid, record in patients.items()}


def rows_by_patient(
    kind: TeamResource,
    rows: Sequence[Json],
    reader: Reader,
    known: Mapping[str, PatientRecord] | None = None,
    included: Mapping[str, Json] | None = None,
) -> RowChanges:
    """Returns the rows by patient, with the Goals and Provenances that were included; a row that no longer belongs is
    None for every patient of `known` that has it.
    """
    others = list((included or {}).values())
    medicines = {name: row for name, row in (included or {}).items() if name.startswith("Medication/")}
    reader = reader.with_substances(medicines)
    changes = no_changes()
    for row in rows:
        add_row(kind, row, reader, known or {}, changes)
    for row in others:
        if row.get("resourceType") == GOAL.type:
            add_row(GOAL, row, reader, known or {}, changes)
    if kind.revinclude:
        edits = [row for row in others if row.get("resourceType") == EDITS.type]
        _add_edits(edits, reader, rows, changes)
    return changes


def add_row(
    kind: TeamResource, row: Json, reader: Reader, known: Mapping[str, PatientRecord], changes: RowChanges
) -> None:
    """Adds a row for each patient it is about, and removes it from all other patients of `known`; a row of a refresh
    that is older than the first load reads is removed from all.
    """
    value = None if known and not reader.in_window(kind, row) else reader.cached(kind, row)
    _put(kind, row, value, patients_of(row), known, changes)


def _put(
    kind: TeamResource,
    row: Json,
    cached: ResourceValue | None,
    patients: Iterable[str],
    known: Mapping[str, PatientRecord],
    changes: RowChanges,
) -> None:
    ident = str(row.get("id"))
    if known:
        for pid, record in known.items():
            if ident in record.resources.get(kind.type, {}):
                changes[pid][kind.type][ident] = None
    if cached is not None:
        for pid in patients:
            changes[pid][kind.type][ident] = cached


def _add_edits(rows: Iterable[Json], reader: Reader, plans: Iterable[Json], changes: RowChanges) -> None:
    """Adds Provenances, which name no patient, to the patients of the plans they are about, read in the same search."""
    patients = {str(plan.get("id")): patients_of(plan) for plan in plans}
    for row in rows:
        targets = [ref.id for part in many(row.get("target")) if (ref := reference(part)) and ref.type == "CarePlan"]
        _put(
            EDITS,
            row,
            reader.cached(EDITS, row),
            [pid for plan in targets for pid in patients.get(plan, ())],
            {},
            changes,
        )


def teams_in_doubt(by_patient: RowChanges, who: Reference, known: Collection[str]) -> tuple[Notice, ...]:
    """Returns a notice that counts the patients, but for those known, of whom a CareTeam that was found by its member
    cannot be read, or the member's period in it.
    """
    in_doubt = 0
    for pid in by_patient.keys() - known:
        teams = [row.value for row in by_patient[pid]["CareTeam"].values() if row is not None]
        in_doubt += any(isinstance(team, Unreadable) or team.may_have_member(who) for team in teams)
    return (Notice("team-unreadable", str(in_doubt)),) if in_doubt else ()


def left_out_of(before: Sequence[Unreadable], results: Sequence[SearchResult]) -> tuple[Unreadable, ...]:
    """Returns the records that are not known to be about a patient of the team: those of before that have not come as
    right ones since, and those of these results.
    """
    rows = [row for result in results for row in result.rows]
    new = [each for result in results for each in result.left_out]
    new += [Unreadable(origin(row), why) for row in rows if (why := why_nobodys(row))]
    right = {origin(row) for row in rows} if before else set()
    return tuple(dict.fromkeys([*(each for each in before if each.origin not in right), *new]))
