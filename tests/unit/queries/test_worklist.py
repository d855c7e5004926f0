"""The worklist: its columns, its order, and on the demo cohort the same rows as the obvious way of building it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from dashboard.cache.team_cache import TeamCache
from dashboard.demo.cohort import foundation, generate
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.views import WORKLIST_COLUMNS, Worklist
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF
from tests.unit.queries.slow_worklist import slow_worklist

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

T = load_terminology()
ON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def worklist_of(server: FakeFhirServer, who: str = "gp", as_of: datetime = AS_OF) -> Worklist:
    me = Reference("Practitioner", who)
    scope = AccessScope(server.base_url, str(me))
    return get_worklist(server, User(me, who), scope, T, as_of, team_cache=TeamCache())


def test_the_rows_have_exactly_the_promised_columns_and_types() -> None:
    rows = worklist_of(FakeFhirServer(make.cohort())).rows
    assert list(rows.columns) == list(WORKLIST_COLUMNS)
    for name, (kind, _) in WORKLIST_COLUMNS.items():
        for value in rows[name]:
            assert value is None or isinstance(value, kind) or (kind is int and int(value) == value), name


def test_a_user_without_patients_has_an_empty_table_with_the_same_columns() -> None:
    worklist = worklist_of(FakeFhirServer(make.cohort()), "stranger")
    assert list(worklist.rows.columns) == list(WORKLIST_COLUMNS)
    assert (len(worklist.rows), worklist.teams) == (0, ())


def test_rows_are_ordered_by_urgency_and_then_by_name() -> None:
    rows = worklist_of(FakeFhirServer(make.cohort())).rows
    assert list(rows["urgency"]) == sorted(rows["urgency"], reverse=True)
    assert [sum(r.points for r in reasons) for reasons in rows["reasons"]] == list(rows["urgency"])


def test_rows_of_equal_urgency_are_ordered_by_name_without_accents() -> None:
    server = FakeFhirServer([make.organisation("org-1", "Castle Practice", "prov")])
    for number, family in enumerate(("Zhou", "Åberg", "Adams", "Ábalos"), start=1):
        server.put(make.patient(f"p{number}", family))
        server.put(make.care_team(f"p{number}", ["gp"]))
    assert [person.name.family for person in worklist_of(server).rows["person"]] == ["Ábalos", "Åberg", "Adams", "Zhou"]


def test_a_team_names_its_region() -> None:
    (team,) = worklist_of(FakeFhirServer(make.cohort())).teams
    assert (team.id, team.name, team.region) == ("team-1", "Team 1", "South Warwickshire")


def test_a_patient_with_an_unreadable_record_is_still_in_the_list() -> None:
    server = FakeFhirServer(make.cohort())
    server.put(make.patient("p1", "Aldous") | {"birthDate": "once"})
    people = {person.id: person for person in worklist_of(server).rows["person"]}
    assert (people["p1"].name.family, people["p1"].birth) == ("Aldous", None)


def test_a_deceased_patient_has_no_attention() -> None:
    server = FakeFhirServer(make.cohort())
    server.put(make.patient("p1", "Aldous") | {"deceasedDateTime": "2026-11-01"})
    rows = worklist_of(server).rows.set_index("patient_id")
    assert (rows.loc["p1", "urgency"], rows.loc["p1", "reasons"], rows.loc["p1", "overdue"]) == (0, (), ())


@pytest.fixture(scope="module")
def demo() -> list[dict[str, Any]]:
    return [*foundation(60), *(r for record in generate(60, 7, ON.date()) for r in record)]


def colleagues(demo: list[dict[str, Any]]) -> Iterator[str]:
    """Returns one practitioner of each team."""
    seen = set()
    for row in demo:
        if row["resourceType"] == "CareTeam":
            team = row["managingOrganization"][0]["reference"]
            if team not in seen:
                seen.add(team)
                yield next(
                    p["member"]["reference"]
                    for p in row["participant"]
                    if p["member"]["reference"].startswith("Practitioner/")
                )


@pytest.mark.slow
def test_on_the_demo_cohort_the_worklist_equals_the_obvious_one(demo: list[dict[str, Any]]) -> None:
    server = FakeFhirServer(demo)
    compared = 0
    for me in colleagues(demo):
        worklist = worklist_of(server, me.split("/")[1], ON)
        expected = slow_worklist(demo, me, T, ON.date())
        assert not worklist.notices
        assert set(worklist.rows["patient_id"]) == set(expected)
        for row in worklist.rows.to_dict("records"):
            assert_same(row, expected[row["patient_id"]])
            compared += 1
    assert compared >= 59


def assert_same(row: Any, slow: dict[str, Any]) -> None:
    """Asserts that each column agrees with the raw resources."""
    assert row["person"].name.family == slow["family"]
    assert set(row["team_ids"]) == slow["teams"]
    assert (row["site"], row["region"]) == (slow["site"], slow["region"])
    assert set(row["conditions"]) == slow["conditions"]
    assert set(row["results"]) == set(slow["latest"])
    for measure, (when, values) in slow["latest"].items():
        assert row["results"][measure].latest.when.moment == when
        assert row["results"][measure].latest.value.value in values
    assert row["next_conference"] == slow["conference"]
    assert (row["open_tasks"], row["my_tasks"], row["overdue_tasks"]) == (
        slow["open_tasks"],
        slow["my_tasks"],
        slow["overdue_tasks"],
    )
    assert set(row["owners"]) == slow["owners"]
    assert (row["last_contact"].moment if row["last_contact"] else None) == slow["last_contact"]
    assert (row["plan"].origin.id in slow["plans"]) if row["plan"] else not slow["plans"]
    if row["plan"]:
        assert row["plan"].editor == slow["editor"].get(row["plan"].origin.id, "")
    assert isinstance(row["updated"], pd.Timestamp | datetime)
