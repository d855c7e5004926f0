"""What a refresh of a team's data asks the server for, and what its data say of the refresh itself."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboard.cache.team_cache import TeamCache
from dashboard.cache.team_data import TeamData
from dashboard.domain.record.views import Notice
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

T = load_terminology()


class Team:
    """The GP's team on a fake server, and its cached data."""

    def __init__(self, *more: Json) -> None:
        self.server = FakeFhirServer([*make.cohort(), *more])
        self.cache = TeamCache()

    def read(self, as_of: datetime = AS_OF, refresh: bool = False) -> TeamData:
        """Returns the data after a worklist was read; `server.asked` has only the searches of this time."""
        self.server.asked.clear()
        get_worklist(self.server, make.user("gp"), make.scope("gp"), T, as_of, refresh, self.cache)
        data = self.cache.last_data(make.scope("gp"))
        assert data is not None
        return data

    def refresh(self, *changed: Json) -> TeamData:
        """Returns the data after a refresh that reads these changes."""
        self.server.now += timedelta(minutes=10)
        for resource in changed:
            self.server.put(resource)
        return self.read(refresh=True)


@pytest.fixture
def team() -> Team:
    return Team()


def values(data: TeamData, patient_id: str, kind: str) -> Mapping[str, Any]:
    """Returns the values of a patient's resources of a type by their id."""
    rows = data.patients[patient_id].resources.get(kind, {})
    return {ident: row.value for ident, row in rows.items()}


def test_the_data_say_the_moment_of_view_of_the_last_refresh(team: Team) -> None:
    later = AS_OF + timedelta(minutes=10)
    assert team.read().fetched == AS_OF
    assert team.read(later).fetched == AS_OF
    assert team.read(later, refresh=True).fetched == later


def test_teams_that_were_cut_off_are_reported_at_the_first_load(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = team.server._answer

    def cut(request: SearchRequest) -> Any:
        found = answer(request)
        return replace(found, truncated=True) if request.type == "CareTeam" else found  # type: ignore[type-var]

    monkeypatch.setattr(team.server, "_answer", cut)
    assert team.read().notices == (Notice("truncated", "CareTeam"),)


def by_id(team: Team, kind: str) -> list[str]:
    """Returns the ids that resources of a type were searched by."""
    return [
        value
        for request in team.server.asked
        if request.type == kind
        for name, value in request.params
        if name == "_id"
    ]


def test_without_a_cached_appointment_none_is_searched_for_by_its_id(team: Team) -> None:
    team.server.delete("Appointment", "a1")
    team.read()
    team.refresh()
    assert by_id(team, "Appointment") == []


def test_each_of_several_appointments_leaves_the_patient_who_no_longer_takes_part() -> None:
    day = "2026-11-25T09:00:00+00:00"
    team = Team(make.conference("a2", ["p1"], day))
    assert set(values(team.read(), "p1", "Appointment")) == {"a1", "a2"}
    data = team.refresh(make.conference("a1", ["p4"], day), make.conference("a2", ["p4"], day))
    assert by_id(team, "Appointment") == ["a1,a2"]
    assert values(data, "p1", "Appointment") == {}


def test_a_medicine_has_the_code_of_its_medication_after_a_first_load_and_after_a_refresh() -> None:
    def referring(ident: str, medication: str) -> Json:
        row = make.medicine(ident, "p1") | {"medicationReference": {"reference": f"Medication/{medication}"}}
        del row["medicationCodeableConcept"]
        return row

    spironolactone = {"resourceType": "Medication", "id": "x", "code": make.concept(make.ATC, "C03DA01")}
    ramipril = {"resourceType": "Medication", "id": "y", "code": make.concept(make.ATC, "C09AA05")}
    team = Team(spironolactone, ramipril, referring("m8", "x"))
    assert values(team.read(), "p1", "MedicationRequest")["m8"].atc == "C03DA01"
    data = team.refresh(referring("m9", "y"))
    assert {ident: value.atc for ident, value in values(data, "p1", "MedicationRequest").items()} == {
        "m1": "A10BA02",
        "m8": "C03DA01",
        "m9": "C09AA05",
    }
