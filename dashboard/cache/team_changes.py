"""What a refresh of a team's data found changed on the server."""

from collections.abc import Iterator

from dashboard.cache.change_feed import Change, ChangeKind
from dashboard.cache.team_data import TeamData
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.reading import origin


def changes_between(server: str, before: TeamData, after: TeamData) -> list[Change]:
    """Returns a change for each resource whose meta.lastUpdated differs, of patients who are in both.

    A resource that was read again unchanged, within the overlap of two refreshes, is none.
    """
    records = (
        (ident, before.patients[ident], record) for ident, record in after.patients.items() if ident in before.patients
    )
    return [change for ident, old, new in records if old is not new for change in _changes(server, ident, old, new)]


def _changes(server: str, patient_id: str, before: PatientRecord, after: PatientRecord) -> Iterator[Change]:
    patients = frozenset({patient_id})
    if before.updated != after.updated:
        yield Change(server, patients, Reference("Patient", patient_id), "", ChangeKind.SEEN)
    for kind in sorted(before.resources.keys() | after.resources.keys()):
        old, new = before.resources.get(kind, {}), after.resources.get(kind, {})
        for ident in sorted(old.keys() | new.keys()):
            stamps = [rows[ident].updated if ident in rows else None for rows in (old, new)]
            if stamps[0] != stamps[1]:
                version = getattr(new[ident].value, "version", "") if ident in new else ""
                changed = origin({"resourceType": kind, "id": ident})  # of a row whose id is none, too
                yield Change(server, patients, changed, version, ChangeKind.SEEN)
