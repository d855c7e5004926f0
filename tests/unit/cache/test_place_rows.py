"""Rows of the server in the records of the patients they are about: added, moved, removed, and nothing else touched."""

from collections.abc import Mapping
from typing import Any

import pytest

from dashboard.cache.place_rows import RowChanges, add_row, left_out_of, no_changes, rows_by_patient, with_changes
from dashboard.cache.team_resources import KINDS, Reader, TeamResource
from dashboard.domain.record.patient_record import PatientRecord, with_resources
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

READER = Reader(load_terminology(), AS_OF.date())
KIND = {kind.type: kind for kind in KINDS}
TASK = make.task("t1", "p1", "Practitioner/gp")


def placed(kind: TeamResource, row: Json, known: Mapping[str, PatientRecord] | None = None) -> RowChanges:
    changes = no_changes()
    add_row(kind, row, READER, known or {}, changes)
    return changes


def record_of(patient_id: str, *rows: Json) -> PatientRecord:
    """Returns the record of a patient with these rows."""
    record = PatientRecord(Person(id=patient_id, name=HumanName()), "")
    for row in rows:
        record = with_resources(record, placed(KIND[row["resourceType"]], row)[patient_id])
    return record


def ids(changes: RowChanges) -> dict[str, dict[str, dict[str, bool]]]:
    """Returns by patient, type and id whether the row is there, or is to be removed."""
    return {
        patient: {kind: {ident: row is not None for ident, row in rows.items()} for kind, rows in kinds.items()}
        for patient, kinds in changes.items()
    }


def test_a_row_is_added_to_the_record_of_its_patient() -> None:
    assert ids(placed(KIND["Task"], TASK)) == {"p1": {"Task": {"t1": True}}}


def test_a_row_of_several_patients_is_added_to_each() -> None:
    row = make.conference("a1", ["p1", "p4"], "2026-11-24T09:00:00+00:00")
    assert ids(placed(KIND["Appointment"], row)) == {
        "p1": {"Appointment": {"a1": True}},
        "p4": {"Appointment": {"a1": True}},
    }


def test_a_row_that_is_now_of_another_patient_is_removed_from_the_one_who_had_it_and_from_no_other() -> None:
    known = {"p1": record_of("p1", TASK), "p2": record_of("p2"), "p3": record_of("p3", make.task("t1b", "p3", "x/y"))}
    moved = make.task("t1", "p2", "Practitioner/gp")
    assert ids(placed(KIND["Task"], moved, known)) == {"p1": {"Task": {"t1": False}}, "p2": {"Task": {"t1": True}}}


@pytest.mark.parametrize("known_to", ["p1", "p2"])
def test_a_row_that_no_longer_belongs_is_removed_where_it_is_known(known_to: str) -> None:
    known = {known_to: record_of(known_to, make.task("t1", known_to, "Practitioner/gp"))}
    done = make.task("t1", "p1", "Practitioner/gp", status="completed")
    assert ids(placed(KIND["Task"], done, known)) == {known_to: {"Task": {"t1": False}}}
    assert ids(placed(KIND["Task"], done)) == {}


@pytest.mark.parametrize(("day", "there"), [("2024-11-21", True), ("2024-11-20", True), ("2024-11-19", False)])
def test_a_row_of_a_refresh_is_removed_where_it_is_older_than_the_first_load_reads(day: str, there: bool) -> None:
    row, known = (make.observation("o1", "p1", "59261-8", 62, "mmol/mol", when) for when in (day, "2026-11-01"))
    changes = placed(KIND["Observation"], row, {"p1": record_of("p1", known)})
    assert ids(changes) == {"p1": {"Observation": {"o1": there}}}


def test_only_changed_records_are_other_objects() -> None:
    before = {"p1": record_of("p1", TASK), "p2": record_of("p2")}
    after = with_changes(before, placed(KIND["Task"], make.task("t9", "p1", "Practitioner/gp"), before))
    assert list(after) == ["p1", "p2"]
    assert after["p2"] is before["p2"]
    assert set(after["p1"].resources["Task"]) == {"t1", "t9"}
    assert set(before["p1"].resources["Task"]) == {"t1"}, "a record is never changed once it is built"


# What comes along with the rows


def with_included(kind: str, rows: list[Json], *included: Json, known: Any = None) -> RowChanges:
    return rows_by_patient(
        KIND[kind], rows, READER, known, {f"{row['resourceType']}/{row['id']}": row for row in included}
    )


def test_goals_and_edits_that_come_with_a_plan_are_in_the_record_of_its_patient() -> None:
    plans = [make.plan("cp1", "p1", ("g1",)), make.plan("cp2", "p2")]
    edits = [
        make.provenance("pv1", "CarePlan/cp1/_history/1", "Dr Jane Okafor", "2026-10-28T10:00:00+00:00"),
        make.provenance("pv2", "CarePlan/cp2", "Dr Jane Okafor", "2026-10-28T10:00:00+00:00"),
        make.provenance("pv3", "Task/cp1", "Dr Jane Okafor", "2026-10-28T10:00:00+00:00"),
        make.provenance("pv4", "CarePlan/unknown", "Dr Jane Okafor", "2026-10-28T10:00:00+00:00"),
    ]
    assert ids(with_included("CarePlan", plans, make.goal("g1", "p1"), *edits)) == {
        "p1": {"CarePlan": {"cp1": True}, "Goal": {"g1": True}, "Provenance": {"pv1": True}},
        "p2": {"CarePlan": {"cp2": True}, "Provenance": {"pv2": True}},
    }


def test_an_edit_of_several_plans_is_in_the_record_of_each_patient() -> None:
    edit = make.provenance("pv1", "CarePlan/cp1", "Dr Jane Okafor", "2026-10-28T10:00:00+00:00")
    edit["target"].append({"reference": "CarePlan/cp2"})
    changes = with_included("CarePlan", [make.plan("cp1", "p1"), make.plan("cp2", "p2")], edit)
    assert [changes[patient]["Provenance"].keys() for patient in ("p1", "p2")] == [{"pv1"}, {"pv1"}]


def test_an_edit_is_not_placed_by_a_search_for_anything_but_plans() -> None:
    edit = make.provenance("pv1", "CarePlan/t1", "Dr Jane Okafor", "2026-10-28T10:00:00+00:00")
    assert ids(with_included("Task", [TASK], edit)) == {"p1": {"Task": {"t1": True}}}


def test_a_goal_that_is_now_of_another_patient_is_removed_from_the_one_who_had_it() -> None:
    had = rows_by_patient(KIND["CarePlan"], [], READER, included={"Goal/g1": make.goal("g1", "p1")})
    known = with_changes({"p1": record_of("p1"), "p2": record_of("p2")}, had)
    changes = with_included("CarePlan", [], make.goal("g1", "p2"), known=known)
    assert ids(changes) == {"p1": {"Goal": {"g1": False}}, "p2": {"Goal": {"g1": True}}}


def test_a_medication_that_comes_with_a_medicine_gives_it_its_code() -> None:
    medicine = make.medicine("m1", "p1") | {"medicationReference": {"reference": "Medication/x"}}
    del medicine["medicationCodeableConcept"]
    substance = {"resourceType": "Medication", "id": "x", "code": make.concept(make.ATC, "C03DA01")}
    row = with_included("MedicationRequest", [medicine], substance)["p1"]["MedicationRequest"]["m1"]
    assert row is not None and row.value.atc == "C03DA01"


def test_records_of_other_servers_are_remembered_until_they_come_as_right_ones() -> None:
    request = SearchRequest("Observation", patients=("p1",))
    odd = Unreadable(Reference("Observation", "o1"), "other-server")
    held = left_out_of((), [SearchResult(request, left_out=(odd, odd))])
    assert held == (odd,)
    other = make.observation("o2", "p1", "2823-3", 5.9, "mmol/L", "2026-11-19")
    assert left_out_of(held, [SearchResult(request, [other])]) == (odd,)
    assert left_out_of(held, [SearchResult(request, [{**other, "id": "o1"}])]) == ()


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ({"reference": "https://old.example/r4/Patient/p1"}, "other-server"),
        ({"reference": "#p1"}, "contained-patient"),
        ({"display": "Mary Aldous"}, "no-patient"),
        ({"reference": "Patient/p1"}, ""),
        (None, ""),
    ],
)
def test_a_record_that_names_no_patient_of_this_server_is_named(subject: Json | None, why: str) -> None:
    team = {**make.care_team("p1", ["gp"]), "subject": subject}
    found = left_out_of((), [SearchResult(SearchRequest("CareTeam"), [team])])
    assert [(str(each.origin), each.why) for each in found] == ([("CareTeam/ct-p1-team-1", why)] if why else [])
