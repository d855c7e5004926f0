"""The row of a patient on the worklist: each column from the records that it is about."""

from collections.abc import Set
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from dashboard.cache.place_rows import add_row, no_changes
from dashboard.cache.team_resources import CARE_TEAM, EDITS, GOAL, KINDS, Reader
from dashboard.domain.attention.worklist_row import (
    _moment,
    _next_conference,
    checks_done,
    region_name,
    team_id,
    worklist_row,
)
from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Observation
from dashboard.domain.record.organisation import Organisation
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue, with_resources
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.fhir.mapping import appointment, observation, provenance
from dashboard.fhir.terminology_files import load_terminology
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import Json

ON = date(2026, 11, 23)
ALL = {kind.type: kind for kind in (*KINDS, GOAL, CARE_TEAM)}
TEAM = CareTeam(
    Reference("CareTeam", "ct"), Reference("Patient", "p1"), "active", Reference("Organization", "team-1"), "Team 1",
    None, None,
)  # fmt: skip


def record_of(*rows: Json) -> PatientRecord:
    """Returns the record of p1 with these rows; a Provenance is of the plan that it names."""
    changes = no_changes()
    reader = Reader(load_terminology(), ON)
    for row in rows:
        if row["resourceType"] == EDITS.type:
            changes["p1"][EDITS.type][row["id"]] = ResourceValue("", provenance.listed(row))
        else:
            add_row(ALL[row["resourceType"]], row, reader, {}, changes)
    return with_resources(PatientRecord(Person(id="p1", name=HumanName())), changes["p1"])


def row_of(*rows: Json, unread: Set[str] = frozenset(), awaited: Set[str] = frozenset()) -> dict[str, Any]:
    return worklist_row(record_of(*rows), [TEAM], {}, Reference("Practitioner", "gp"), ON, unread, awaited)


def details(row: dict[str, Any]) -> set[str]:
    return {reason.detail for reason in row["reasons"]}


def read_observation(row: Json) -> Observation:
    value = observation.from_fhir(row, load_terminology())
    assert isinstance(value, Observation)
    return value


def test_a_patient_without_records_has_a_row() -> None:
    row = row_of()
    assert (row["patient_id"], row["team"], row["team_ids"], row["site"], row["region"]) == (
        "p1", "Team 1", ("team-1",), "", "",
    )  # fmt: skip
    assert (row["conditions"], row["results"], row["plan"], row["last_contact"], row["next_conference"]) == (
        (), {}, None, None, None,
    )  # fmt: skip


def test_conditions_and_results_give_their_columns_and_their_reasons() -> None:
    row = row_of(
        make.condition("c1", "p1"),
        make.condition("c2", "p1", "84114007", clinicalStatus=make.concept("", "resolved")),
        make.observation("o1", "p1", "2823-3", 6.4, "mmol/L", "2026-11-20"),
    )
    assert row["conditions"] == (ConditionKey.T2DM,)
    assert list(row["results"]) == [Measure.POTASSIUM]
    assert any(reason.measure is Measure.POTASSIUM for reason in row["reasons"])
    assert "no-plan" in details(row)


def test_a_medicine_gives_its_reason() -> None:
    rows = [make.condition("c1", "p1"), make.observation("o1", "p1", "33914-3", 25, "mL/min/{1.73_m2}", "2026-11-20")]
    assert details(row_of(*rows, make.medicine("m1", "p1"))) - details(row_of(*rows))


def test_tasks_are_counted_by_owner_and_by_day() -> None:
    row = row_of(
        make.task("t1", "p1", "Practitioner/gp", due="2026-11-22"),
        make.task("t2", "p1", "Practitioner/gp", due="2026-11-23"),
        make.task("t3", "p1", "Practitioner/nurse", due="2026-11-24"),
        make.task("t5", "p1", "Practitioner/nurse", due="2026-11-25"),
        {key: part for key, part in make.task("t4", "p1", "Practitioner/nurse").items() if key != "restriction"},
    )
    assert (row["open_tasks"], row["my_tasks"], row["overdue_tasks"], row["owners"]) == (5, 2, 1, ("gp", "nurse"))


def test_the_last_contact_is_the_latest_that_has_begun() -> None:
    days = ("2026-11-01", "2026-11-23", "2026-11-24")
    row = row_of(make.condition("c1", "p1"), *(make.encounter(f"e{day}", "p1", day) for day in days))
    assert row["last_contact"] == PartialDate("2026-11-23")
    assert "no-contact-in-window" not in details(row)
    assert "no-contact-in-window" in details(row_of(make.condition("c1", "p1")))


@pytest.mark.parametrize(
    "days", [["2026-11-23", "2026-11-25"], ["2026-11-25", "2026-11-23"], ["2026-11-22", "2026-11-23"]]
)
def test_the_next_conference_is_the_earliest_of_today_or_later(days: list[str]) -> None:
    row = row_of(*(make.conference(f"a{day}", ["p1"], f"{day}T08:00:00Z") for day in days))
    assert row["next_conference"] == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_conference_of_the_past_is_not_the_next_one() -> None:
    past = appointment.booked(make.conference("a1", ["p1"], "2026-11-22T08:00:00Z"))
    assert isinstance(past, Appointment)
    assert _next_conference([past], ON) is None


def test_a_check_without_a_value_that_was_done_long_ago_is_overdue() -> None:
    row = row_of(make.condition("c1", "p1"), foot_check("2024-12-01"))
    assert "foot" in {check.key for check in row["overdue"]}


def test_the_plan_that_counts_has_its_goals_and_its_editor() -> None:
    row = row_of(
        make.plan("cp1", "p1", ("g1",)),
        make.plan("cp2", "p1", status="revoked"),
        make.goal("g1", "p1"),
        make.goal("g2", "p1"),
        make.provenance("pv1", "CarePlan/cp1", "Dr Jane Okafor", "2026-10-28T10:00:00Z"),
    )
    plan = row["plan"]
    assert (plan.origin.id, [goal.origin.id for goal in plan.goals], plan.editor) == ("cp1", ["g1"], "Dr Jane Okafor")
    assert "no-plan" not in details(row)


def test_the_plan_of_the_team_counts_and_not_a_newer_one_of_others() -> None:
    theirs = {"careTeam": [{"reference": "CareTeam/heart-clinic"}], "period": {"start": "2026-09-01"}}
    ours = {"careTeam": [{"reference": "CareTeam/ct"}]}
    row = row_of(make.plan("theirs", "p1", **theirs), make.plan("ours", "p1", **ours))
    assert row["plan"].origin.id == "ours"
    # Where the team has none, that of others is named rather than none.
    assert row_of(make.plan("theirs", "p1", **theirs))["plan"].origin.id == "theirs"
    assert row_of()["plan"] is None


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_stages_that_of_the_latest_onset_counts_and_an_unknown_onset_least(order: int) -> None:
    stage_3b, stage_4 = make.CKD_3B, "431857002"
    rows = [
        make.condition("c1", "p1", stage_4, onsetDateTime="2018"),
        make.condition("c2", "p1", stage_3b, onsetDateTime="2020"),
        {key: part for key, part in make.condition("c3", "p1", stage_4).items() if key != "onsetDateTime"},
    ]
    assert row_of(*rows[::order])["stages"] == {ConditionKey.CKD: "G3b"}


def test_what_was_not_read_or_is_still_being_read_gives_no_reason() -> None:
    condition, parts = make.condition("c1", "p1"), frozenset({"CarePlan"})
    for row in (row_of(condition, unread=parts), row_of(condition, awaited=parts)):
        assert "no-plan" not in details(row) and "no-contact-in-window" in details(row)
    assert (row_of(unread=parts)["unread"], row_of(awaited=parts)["awaited"]) == (parts, parts)


def test_a_team_without_an_organisation_is_a_team_of_its_own() -> None:
    assert (team_id(TEAM), team_id(replace(TEAM, team=None))) == ("team-1", "ct")


def test_a_site_without_a_region_above_it_has_none() -> None:
    site = Organisation(id="org-1", name="Castle Practice")
    assert (region_name(site, {"org-1": site}), region_name(None, {})) == ("", "")


def test_of_two_kinds_of_checks_each_has_its_own_last_day_and_today_counts() -> None:
    today, eyes, before = (read_observation(foot_check(day)) for day in ("2026-11-23", "2026-01-01", "2025-01-01"))
    done = checks_done([today, replace(eyes, check="eyes"), before], ON)
    assert done == {"foot": PartialDate("2026-11-23"), "eyes": PartialDate("2026-01-01")}


def foot_check(when: str) -> dict[str, object]:
    return {
        "resourceType": "Observation", "id": f"foot-{when}", "status": "final", "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "401191002"}]}, "effectiveDateTime": when,
    }  # fmt: skip


def test_the_latest_day_of_a_check_without_a_value_counts_and_none_to_come() -> None:
    days = ("2025-05-01", "2026-03-01", "2026-12-01")
    read = [observation.from_fhir(foot_check(day), load_terminology()) for day in days]
    assert checks_done(read, ON) == {"foot": PartialDate("2026-03-01")}


def test_a_stamp_that_cannot_be_read_is_no_moment() -> None:
    assert _moment("2026-11-20T10:00:00Z") == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert _moment("") is None and _moment("yesterday") is None
