"""What a first load and a refresh of a team ask the server for, and what the data say of what did not come."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboard.access.request_context import RequestContext, request_context
from dashboard.cache.change_feed import Change
from dashboard.cache.load_team import load_all
from dashboard.cache.team_cache import CachedTeam, TeamCache, TeamLoad
from dashboard.cache.team_data import TeamData
from dashboard.cache.team_resources import KINDS
from dashboard.domain.access.permissions import Action
from dashboard.domain.record.views import Notice, RowsRead
from dashboard.errors import ServerRefused, ServerUnavailable, Unsupported
from dashboard.fhir.search.request import NO_WATCH, SearchRequest, SearchResult, SearchWatch
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

T = load_terminology()


class Team:
    """The GP's team on a fake server, and its cached data."""

    def __init__(self, *more: Json, server: Any = None) -> None:
        self.server: Any = server or FakeFhirServer()
        for resource in (*make.cohort(), *more):
            self.server.put(resource)
        self.cache = TeamCache()

    def context(self) -> RequestContext:
        return request_context(self.server, make.user("gp"), make.scope("gp"), T, AS_OF, Action.VIEW_PATIENT)

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
        found: Any = answer(request)
        return replace(found, truncated=True) if request.type == "CareTeam" else found

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


# Types that could not be read

AWAY = ServerUnavailable("server-timeout", reference="r1")
NOT_SERVED = Unsupported("type-not-served", what="Appointment")


def test_a_type_that_fails_again_at_a_refresh_holds_up_no_other_one(team: Team) -> None:
    failing = {"Appointment", "Encounter"}
    team.server.failing = dict.fromkeys(failing, NOT_SERVED)
    assert set(team.read().failed) == failing
    data = team.refresh(make.task("t9", "p1", "Practitioner/gp"))
    assert team.cache.team(team.context()).stale == ""
    assert set(data.failed) == failing
    assert "t9" in values(data, "p1", "Task")


def test_where_no_type_can_be_read_the_error_of_the_first_one_is_raised(team: Team) -> None:
    team.server.failing = {kind.type: NOT_SERVED for kind in KINDS} | {KINDS[0].type: AWAY}
    with pytest.raises(ServerUnavailable) as raised:
        team.read()
    assert raised.value is AWAY


class WindowlessServer(FakeFhirServer):
    """Gives no first results of some patients, whoever else is asked for with them; what changed it does give."""

    lost: frozenset[str] = frozenset()

    def _answer(self, request: SearchRequest) -> Any:
        result = super()._answer(request)
        lost = self.lost & set(request.patients or ())
        if request.type != "Observation" or not request.in_parts or not lost or not isinstance(result, SearchResult):
            return result
        if lost == set(request.patients or ()):
            return AWAY
        rows = [row for row in result.rows if row["subject"]["reference"].removeprefix("Patient/") not in lost]
        return replace(result, rows=rows, missing=tuple(sorted(lost)), failure=AWAY.failure)


def test_a_patient_of_whom_a_type_did_not_come_stays_marked_until_it_comes() -> None:
    team = Team(server=WindowlessServer())
    team.server.lost = frozenset({"p1"})
    assert team.read().missing == {"Observation": frozenset({"p1"})}
    data = team.refresh()
    assert (data.missing, data.failed) == ({"Observation": frozenset({"p1"})}, {})
    assert team.cache.team(team.context()).stale == ""
    team.server.lost = frozenset()
    data = team.refresh()
    assert (data.missing, data.failed) == ({}, {})
    assert "o3" in values(data, "p1", "Observation")


def test_a_type_that_fails_for_a_new_patient_is_marked_for_this_patient_alone() -> None:
    team = Team(server=WindowlessServer())
    before = values(team.read(), "p1", "Observation")
    team.server.lost = frozenset({"p4"})
    data = team.refresh(make.care_team("p4", ["nurse", "gp"], "team-2"))
    assert (data.missing, data.failed) == ({"Observation": frozenset({"p4"})}, {})
    assert values(data, "p1", "Observation") == before
    assert values(data, "p4", "Observation") == {}
    assert set(values(data, "p4", "Task")) == {"t3", "t4"}


# What changed of some patients does not come


class ChangelessServer(FakeFhirServer):
    """Does not give what changed of some patients, nor their windows, whoever else is asked for with them."""

    lost: frozenset[str] = frozenset()

    def _answer(self, request: SearchRequest) -> Any:
        result = super()._answer(request)
        lost = self.lost & set(request.patients or ())
        if request.type != "MedicationRequest" or not lost or not isinstance(result, SearchResult):
            return result
        if not request.in_parts or lost == set(request.patients or ()):
            return AWAY
        rows = [row for row in result.rows if row["subject"]["reference"].removeprefix("Patient/") not in lost]
        return SearchResult(request, rows, missing=tuple(lost), failure=AWAY.failure)


@pytest.fixture
def changeless() -> Team:
    team = Team(server=ChangelessServer())
    assert values(team.read(), "p1", "MedicationRequest")
    team.server.lost = frozenset({"p1"})
    return team


def test_what_is_known_of_them_stays_is_said_to_be_old_and_the_others_are_current(changeless: Team) -> None:
    before = values(changeless.read(), "p1", "MedicationRequest")
    data = changeless.refresh(make.medicine("new", "p2"))
    assert values(data, "p1", "MedicationRequest") == before
    assert "new" in values(data, "p2", "MedicationRequest")
    assert data.outdated == {"MedicationRequest": frozenset({"p1"})} and data.missing == {}
    assert data.unread("p1") == frozenset(), "what is known still gives reasons"
    assert changeless.cache.team(changeless.context()).stale == ""


def test_what_left_meanwhile_is_gone_when_they_are_read_again(changeless: Team) -> None:
    """A medicine that was stopped is in no window; it must not stay because the change was missed."""
    stopped = next(iter(values(changeless.read(), "p1", "MedicationRequest")))
    row = changeless.server.read("MedicationRequest", stopped)
    for _ in range(2):
        data = changeless.refresh({**row, "status": "stopped"})
        assert stopped in values(data, "p1", "MedicationRequest")
        assert data.outdated == {"MedicationRequest": frozenset({"p1"})}
    changeless.server.lost = frozenset()
    changeless.server.now += timedelta(hours=1)
    data = changeless.refresh()
    assert stopped not in values(data, "p1", "MedicationRequest")
    assert data.outdated == data.missing == {}


# The first load


def test_patients_whom_the_server_did_not_include_are_searched_for() -> None:
    class ForgetfulServer(FakeFhirServer):
        def _answer(self, request: SearchRequest) -> Any:
            result = super()._answer(request)
            if request.type != "CareTeam" or not isinstance(result, SearchResult):
                return result
            return replace(result, included={k: row for k, row in result.included.items() if k != "Patient/p2"})

    team = Team(server=ForgetfulServer())
    data = team.read()
    assert [request.patients for request in team.server.asked if request.type == "Patient"] == [("p2",)]
    names = {ident: record.person.name.family for ident, record in data.patients.items()}
    assert names == {"p1": "Aldous", "p2": "Ibáñez-Goñi", "p3": "Svensson"}


def test_what_is_published_of_a_first_load_begins_with_the_patients_and_ends_with_everything(team: Team) -> None:
    published: list[TeamData] = []
    data = load_all(team.context(), published.append)
    types = {kind.type for kind in KINDS}
    first, last = published[0], published[-1]
    assert first.awaited == dict.fromkeys(types, RowsRead())
    assert {kind for record in first.patients.values() for kind in record.resources} == {"CareTeam", "Consent"}
    assert all(set(part.patients) == {"p1", "p2", "p3"} for part in published)
    assert (last.awaited, data.awaited) == ({}, {})
    for patient_id in data.patients:
        assert last.patients[patient_id].resources == data.patients[patient_id].resources


def test_notices_are_in_the_order_of_the_types_in_whichever_order_these_come() -> None:
    class BackwardServer(FakeFhirServer):
        def try_all(self, requests: Any, watch: SearchWatch = NO_WATCH) -> Any:
            results = super().try_all(requests)
            for number in reversed(range(len(results))):
                watch.ended(number, results[number])
            return results

        def _answer(self, request: SearchRequest) -> Any:
            result = super()._answer(request)
            cut = request.in_parts and isinstance(result, SearchResult)
            return replace(result, truncated=True) if cut else result

    notices = Team(server=BackwardServer()).read().notices
    assert notices == tuple(Notice("truncated", kind.type) for kind in KINDS)


# The person


def test_the_stamp_of_a_record_is_that_of_its_patient_after_a_first_load_and_after_a_refresh(team: Team) -> None:
    def stamp() -> str:
        return str(team.server.rows["Patient"]["p1"]["meta"]["lastUpdated"])

    assert team.read().patients["p1"].updated == stamp()
    first = stamp()
    data = team.refresh(make.patient("p1", "Aldous-Smith"))
    assert data.patients["p1"].updated == stamp() > first
    assert data.patients["p1"].person.name.family == "Aldous-Smith"


def test_a_patient_has_the_name_that_holds_on_the_day_of_view(team: Team) -> None:
    def named(former: str, current: str) -> Json:
        names = [
            {"use": "official", "family": former, "period": {"end": "2026-11-19"}},
            {"use": "official", "family": current, "period": {"start": "2026-11-20"}},
        ]
        return make.patient("p1", "") | {"name": names}

    team.server.put(named("Former", "Current"))
    assert team.read().patients["p1"].person.name.family == "Current"
    assert team.refresh(named("Current", "Newest")).patients["p1"].person.name.family == "Newest"


def test_a_search_that_was_cut_off_is_reported_by_a_refresh_too(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    assert team.read().notices == ()
    answer = team.server._answer

    def cut(request: SearchRequest) -> Any:
        found: Any = answer(request)
        return replace(found, truncated=True) if request.type == "Task" else found

    monkeypatch.setattr(team.server, "_answer", cut)
    assert team.refresh().notices == (Notice("truncated", "Task"),)
    assert team.refresh().notices == (Notice("truncated", "Task"),)


# The cache of teams


def test_a_refused_refresh_leaves_the_last_data_with_the_error(team: Team) -> None:
    before = team.read()
    team.server.failing["CareTeam"] = ServerRefused("server-refused")
    assert team.refresh() is before
    assert team.cache.team(team.context()).stale == "server-refused"


def test_without_refresh_nothing_is_asked_and_with_refresh_it_is_also_where_the_caller_would_not_wait(
    team: Team,
) -> None:
    before = team.read()
    team.server.asked.clear()
    assert team.cache.team(team.context()).data is team.cache.team(team.context(), wait=0.0).data is before
    assert team.server.asked == []
    team.server.put(make.task("t9", "p1", "Practitioner/gp"))
    assert "t9" in values(team.cache.team(team.context(), refresh=True, wait=0.0).data, "p1", "Task")


def test_a_resource_that_was_written_after_a_refresh_is_in_the_data(team: Team) -> None:
    team.read()
    before = team.refresh(make.task("t8", "p1", "Practitioner/gp"))
    team.cache.put(team.server.base_url, [team.server.put(make.task("t9", "p1", "Practitioner/gp"))])
    data = team.cache.last_data(make.scope("gp"))
    assert data is not None and data is not before
    assert {"t8", "t9"} <= set(values(data, "p1", "Task"))


def test_a_written_resource_of_nobody_in_the_team_leaves_the_data_as_they_are(team: Team) -> None:
    before = team.read()
    team.cache.put(team.server.base_url, [team.server.put(make.task("t9", "p4", "Practitioner/gp"))])
    assert team.cache.last_data(make.scope("gp")) is before


def test_a_refresh_publishes_its_changes_as_those_of_its_server() -> None:
    published: list[Change] = []
    team = Team()
    team.cache = TeamCache(publish=published.extend)
    team.read()
    team.refresh(make.task("t9", "p1", "Practitioner/gp"))
    assert [(change.server, str(change.reference)) for change in published] == [(team.server.base_url, "Task/t9")]


def test_whoever_waits_for_a_team_gets_all_of_it_where_it_comes_in_time(team: Team) -> None:
    loading, part = TeamLoad(), team.read()
    whole = CachedTeam(replace(part, notices=(Notice("whole"),)))
    loading.publish(part)
    assert loading.result_or_part(0.0).data is part
    finishing = threading.Timer(0.2, loading.finish, args=(whole,))
    finishing.start()
    assert loading.result_or_part(10.0) is whole
    finishing.join(PATIENCE)


# Consents that are given later


def test_a_patient_whose_consent_is_given_again_is_back_with_the_next_refresh(team: Team) -> None:
    team.read()
    consent = make.consent("p1", {"type": "deny"})
    assert "p1" not in team.refresh(consent).patients
    assert team.read(refresh=True).withheld == {"p1"}
    assert "p1" not in team.refresh({**consent, "note": "changed, and still a deny"}).patients
    data = team.refresh(make.consent("p1"))
    assert "p1" in data.patients and data.withheld == frozenset()
    assert values(data, "p1", "Task"), "with all that is known of the patient"


def test_a_patient_whose_first_consent_comes_after_the_first_load_joins_with_the_next_refresh() -> None:
    team = Team(make.consent("p1", {"type": "deny"}))
    assert "p1" not in team.read().patients
    assert "p1" in team.refresh(make.consent("p1")).patients
    team.server.asked.clear()
    team.read(refresh=True)
    assert [request.type for request in team.server.asked].count("Consent") <= 3, "nobody is withheld any more"


def test_a_consent_that_comes_after_the_patient_left_the_team_opens_nothing(team: Team) -> None:
    team.read()
    team.refresh(make.consent("p1", {"type": "deny"}))
    data = team.refresh(make.consent("p1"), make.care_team("p1", ["nurse"]))
    assert "p1" not in data.patients
