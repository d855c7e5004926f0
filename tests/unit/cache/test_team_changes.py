"""What a refresh of a team's data found changed: each resource once, and nothing that was only read again."""

from collections.abc import Mapping
from types import SimpleNamespace

from dashboard.cache.change_feed import Change, ChangeKind
from dashboard.cache.team_changes import changes_between
from dashboard.cache.team_data import TeamData
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.values.datatypes import Reference
from tests.unit.people_and_teams import AS_OF

SERVER = "http://fake.test/fhir"


def data(**patients: PatientRecord) -> TeamData:
    return TeamData(patients, organisations={}, fetched=AS_OF, loaded_on=AS_OF.date(), since="")


def record(
    resources: Mapping[str, Mapping[str, ResourceValue]] | None = None, updated: str = "2026-11-01"
) -> PatientRecord:
    return PatientRecord(Person(id="p1", name=HumanName()), updated, resources or {})


def row(updated: str, version: str | None = None) -> ResourceValue:
    """Returns a row whose value has a version, or is of a type that has none."""
    return ResourceValue(updated, SimpleNamespace() if version is None else SimpleNamespace(version=version))


def found(before: PatientRecord, after: PatientRecord) -> list[tuple[str, str]]:
    """Returns the resource and version of each change of p1."""
    changes = changes_between(SERVER, data(p1=before), data(p1=after))
    assert {(each.server, each.patient_ids, each.kind) for each in changes} <= {
        (SERVER, frozenset({"p1"}), ChangeKind.SEEN)
    }
    return [(str(each.reference), each.version) for each in changes]


def test_a_resource_with_another_stamp_is_a_change_with_its_version() -> None:
    before = record({"Task": {"t1": row("1", "1"), "t2": row("1", "1")}})
    after = record({"Task": {"t1": row("1", "1"), "t2": row("2", "2")}})
    assert found(before, after) == [("Task/t2", "2")]


def test_a_resource_that_came_or_left_is_a_change_and_one_that_left_has_no_version() -> None:
    before = record({"Task": {"left": row("1", "1"), "stays": row("1", "1")}, "Goal": {"left": row("1", "1")}})
    after = record({"Condition": {"came": row("1")}, "Task": {"came": row("1", "4"), "stays": row("1", "1")}})
    assert found(before, after) == [("Condition/came", ""), ("Goal/left", ""), ("Task/came", "4"), ("Task/left", "")]


def test_a_resource_that_came_without_a_stamp_is_a_change() -> None:
    assert found(record(), record({"Task": {"t1": row("", "")}})) == [("Task/t1", "")]


def test_a_person_who_was_changed_is_a_change_and_comes_first() -> None:
    before = record({"Task": {"t1": row("1")}})
    after = record({"Task": {"t1": row("2")}}, updated="2026-11-02")
    assert found(before, after) == [("Patient/p1", ""), ("Task/t1", "")]


def test_what_was_read_again_unchanged_is_no_change() -> None:
    same = {"Task": {"t1": row("1", "1")}}
    assert found(record(same), record(same)) == []


def test_patients_who_joined_or_left_are_no_changes_and_the_others_are_all_looked_at() -> None:
    one, other = record({"Task": {"t1": row("1", "1")}}), record({"Task": {"t1": row("2", "2")}})
    before, after = data(left=one, p1=one, p2=one, p3=one), data(p1=one, p2=other, joined=one, p3=other)
    assert changes_between(SERVER, before, after) == [
        Change(SERVER, frozenset({patient}), Reference("Task", "t1"), "2", ChangeKind.SEEN) for patient in ("p2", "p3")
    ]


def test_a_resource_whose_id_is_none_stops_no_other_change() -> None:
    after = record({"Task": {"../../x": row("2", "2"), "t1": row("2", "2")}})
    assert found(record(), after) == [("Task/unknown", "2"), ("Task/t1", "2")]
