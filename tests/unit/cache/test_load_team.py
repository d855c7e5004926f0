"""Reading a team from a server: truncated consents hide the patient, and a refresh includes an overlap of time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboard.cache.load_team import OVERLAP
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.record.views import Notice
from dashboard.errors import DashboardError, ServerRefused, ServerUnavailable, Unsupported
from dashboard.fhir.client.capabilities import EMBEDDED_SERVER
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, naming

T = load_terminology()
DENIED = make.consent("p1", naming("deny", "Practitioner/gp"), ident="denied-p1")


class TruncatingServer(FakeFhirServer):
    """Stops including resources after `most` without a notice; the missing resources are consents that deny."""

    def __init__(self, most: int, software: str = "in-memory fake") -> None:
        super().__init__([*make.cohort(), DENIED])
        self.most = most
        self.capabilities = replace(self.capabilities, software=software)

    def _answer(self, request: SearchRequest) -> Any:
        result = super()._answer(request)
        if request.type != "CareTeam" or not isinstance(result, SearchResult) or not request.revinclude:
            return result
        return replace(result, included=self._filled(result.included))

    def _filled(self, included: Mapping[str, Any]) -> dict[str, Any]:
        """Returns exactly `most` resources, without the consent that denies."""
        left = {name: row for name, row in included.items() if name != "Consent/denied-p1"}
        others = {
            f"Organization/other-{n}": make.organisation(f"other-{n}", "Elsewhere", "prov")
            for n in range(self.most - len(left))
        }
        return {**left, **others}


def listed(server: FakeFhirServer, cache: TeamCache | None = None, refresh: bool = False) -> set[str]:
    """Returns the patients on the GP's worklist."""
    worklist = get_worklist(
        server, make.user("gp"), make.scope("gp"), T, AS_OF, refresh, team_cache=cache or TeamCache()
    )
    return set(worklist.rows["patient_id"])


@pytest.mark.parametrize("software", ["in-memory fake", EMBEDDED_SERVER])
@pytest.mark.parametrize("most", [800, 1000])
def test_a_consent_that_a_server_did_not_include_hides_the_patient(most: int, software: str) -> None:
    """A permit of the same patient was included: only the number of resources shows that others may be missing."""
    server = TruncatingServer(most, software)
    assert listed(server) == {"p2", "p3"}
    assert [request.patients for request in server.asked if request.type == "Consent"] == [("p1", "p2", "p3")]


def test_consents_are_not_searched_for_if_all_were_included() -> None:
    server = TruncatingServer(799)
    assert listed(server) == {"p1", "p2", "p3"}
    assert server.counts()["Consent"] == 0


def test_consents_of_patients_without_an_included_one_are_searched_for() -> None:
    server = FakeFhirServer([*make.cohort(), DENIED])
    server.follows_inwards = False
    assert listed(server) == {"p2", "p3"}


def test_consents_that_were_included_count_beside_those_that_are_asked_for() -> None:
    server = FakeFhirServer([*make.cohort(), DENIED])
    server.delete("Consent", "consent-p2")
    assert listed(server) == {"p2", "p3"}
    assert [request.patients for request in server.asked if request.type == "Consent"] == [("p2",)]


class RefusingServer(FakeFhirServer):
    """Refuses every search that is to include the resources which refer to its matches."""

    def __init__(self, error: DashboardError) -> None:
        super().__init__([*make.cohort(), DENIED])
        self.error = error

    def _answer(self, request: SearchRequest) -> Any:
        answer = super()._answer(request)
        return self.error if request.type == "CareTeam" and request.revinclude else answer


@pytest.mark.parametrize(
    "error", [ServerRefused("server-refused"), Unsupported("revinclude-not-supported", what="CareTeam")]
)
def test_a_server_that_refuses_to_include_consents_is_asked_for_them(error: DashboardError) -> None:
    server = RefusingServer(error)
    assert listed(server) == {"p2", "p3"}
    refused, again, *others = server.asked
    assert again == replace(refused, revinclude=())
    assert [request.patients for request in others if request.type == "Consent"] == [("p1", "p2", "p3")]


def test_a_server_that_is_away_is_not_asked_again_without_consents() -> None:
    server = RefusingServer(ServerUnavailable("server-timeout", reference="r1"))
    with pytest.raises(ServerUnavailable):
        listed(server)
    assert len(server.asked) == 1


def test_a_server_that_serves_no_consents_is_never_asked_for_them() -> None:
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    types = {name: kind for name, kind in server.capabilities.types.items() if name != "Consent"}
    server.capabilities = replace(server.capabilities, types=types)
    del server.rows["Consent"]
    assert listed(server, cache) == refreshed(server, cache) == {"p1", "p2", "p3"}
    assert server.counts()["Consent"] == 0


@pytest.mark.parametrize("software", ["in-memory fake", EMBEDDED_SERVER])
def test_a_new_patient_of_the_team_who_does_not_share_is_hidden(software: str) -> None:
    """A refresh requests no included consents."""
    server = FakeFhirServer([*make.cohort(), make.consent("p4", {"type": "deny"}, ident="denied-p4")])
    server.capabilities = replace(server.capabilities, software=software)
    cache = TeamCache()
    assert listed(server, cache) == {"p1", "p2", "p3"}
    server.now += timedelta(hours=1)
    server.put(make.care_team("p4", ["nurse", "gp"], "team-2"))
    assert listed(server, cache, refresh=True) == {"p1", "p2", "p3"}


# The overlap


def stamped(server: FakeFhirServer, resource: dict[str, Any], ago: timedelta) -> None:
    """Stores a resource that searches find from now on, with an earlier lastUpdated."""
    stored = server.put(resource)
    at = (server.now - ago).isoformat()
    server.rows[stored["resourceType"]][stored["id"]]["meta"]["lastUpdated"] = at


def refreshed_after(ago: timedelta) -> set[str]:
    """Returns the patients with task t9 after a refresh; its lastUpdated is `ago` before the last answer."""
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    server.now += timedelta(hours=1)
    listed(server, cache)
    stamped(server, make.task("t9", "p1", "Practitioner/gp"), ago + timedelta(seconds=1))
    listed(server, cache, refresh=True)
    data = cache.last_data(make.scope("gp"))
    assert data is not None
    return {pid for pid, record in data.patients.items() if "t9" in record.resources.get("Task", {})}


def test_the_overlap_is_a_quarter_of_a_minute() -> None:
    assert timedelta(seconds=15) == OVERLAP


@pytest.mark.parametrize(("seconds", "patients"), [(0, {"p1"}), (5, {"p1"}), (14, {"p1"}), (15, {"p1"}), (16, set())])
def test_a_resource_updated_within_the_overlap_before_the_last_answer_is_found(
    seconds: int, patients: set[str]
) -> None:
    assert refreshed_after(timedelta(seconds=seconds)) == patients


def test_the_overlap_is_before_the_last_of_two_refreshes() -> None:
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    moments: Sequence[str] = []
    for _ in range(3):
        server.now += timedelta(minutes=10)
        server.asked.clear()
        listed(server, cache, refresh=True)
        moments = [value for request in server.asked for name, value in request.params if name == "_lastUpdated"]
    expected = server.now - timedelta(minutes=10) - OVERLAP
    assert set(moments) == {f"ge{expected.isoformat(timespec='seconds')}"}


# The patients whom a refresh reads, and those whom it removes


def asked_about(server: FakeFhirServer) -> set[str]:
    """Returns every patient of the searches since the last `asked.clear()`."""
    return {pid for request in server.asked for pid in request.patients or ()}


def cached_patients(cache: TeamCache) -> set[str]:
    data = cache.last_data(make.scope("gp"))
    assert data is not None
    return set(data.patients)


def refreshed(server: FakeFhirServer, cache: TeamCache, *changed: dict[str, Any]) -> set[str]:
    """Returns the patients after a refresh that reads these changes; `server.asked` has only its searches."""
    server.now += timedelta(minutes=10)
    for resource in changed:
        server.put(resource)
    server.asked.clear()
    return listed(server, cache, refresh=True)


def test_a_refresh_searches_only_for_the_patients_of_the_team() -> None:
    """This concerns all searches but those for the user's teams and for cached appointments."""
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    listed(server, cache)
    refreshed(server, cache)
    unlimited = [request for request in server.asked if request.patients is None]
    assert [(request.type, request.params[0]) for request in unlimited] == [
        ("CareTeam", ("participant", "Practitioner/gp")),
        ("Appointment", ("_id", "a1")),
    ]
    limited = [request for request in server.asked if request.patients is not None]
    assert {request.patients for request in limited} == {("p1", "p2", "p3")}
    assert {"Patient", "Consent", "Condition", "Observation", "Task", "Goal"} <= {request.type for request in limited}


def test_no_clinical_record_is_read_of_a_patient_who_does_not_share() -> None:
    server = FakeFhirServer([*make.cohort(), DENIED])
    listed(server)
    assert {r.patients for r in server.asked if r.type not in ("CareTeam", "Consent")} == {("p2", "p3")}


DENIED_PARTIES = ["Practitioner/gp", "Organization/team-1", "Organization/region-1"]
TEAM_1 = make.organisation("team-1", "Team 1", "team", "org-1")


@pytest.mark.parametrize("denied", DENIED_PARTIES)
def test_a_patient_who_does_not_share_is_not_in_the_cache(denied: str) -> None:
    """This includes a patient who denies an organisation of which the team is a part."""
    denial = make.consent("p1", naming("deny", denied), ident="denied-p1")
    server, cache = FakeFhirServer([*make.cohort(), TEAM_1, denial]), TeamCache()
    assert listed(server, cache) == cached_patients(cache) == {"p2", "p3"}
    assert {r.patients for r in server.asked if r.type == "Condition"} == {("p2", "p3")}


@pytest.mark.parametrize("denied", DENIED_PARTIES)
def test_a_patient_who_stops_sharing_is_removed_from_the_cache_at_the_next_refresh(denied: str) -> None:
    server, cache = FakeFhirServer([*make.cohort(), TEAM_1]), TeamCache()
    listed(server, cache)
    denial = make.consent("p1", naming("deny", denied), ident="denied-p1")
    assert refreshed(server, cache, denial) == {"p2", "p3"}
    assert cached_patients(cache) == {"p2", "p3"}


def test_a_consent_that_was_written_here_hides_the_patient_at_once_also_by_what_the_team_is_part_of() -> None:
    elsewhere = make.consent("p2", naming("deny", "Organization/elsewhere"), ident="denied-p2")
    server, cache = FakeFhirServer([*make.cohort(), TEAM_1, elsewhere]), TeamCache()
    assert listed(server, cache) == {"p1", "p2", "p3"}
    denial = make.consent("p1", naming("deny", "Organization/region-1"), ident="denied-p1")
    cache.put(server.base_url, [server.put(denial)])
    assert listed(server, cache) == {"p2", "p3"}


def test_a_patient_whose_team_the_user_left_is_removed_from_the_cache_at_the_next_refresh() -> None:
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    listed(server, cache)
    assert refreshed(server, cache, make.care_team("p1", ["nurse"])) == {"p2", "p3"}
    assert cached_patients(cache) == {"p2", "p3"}


def test_a_changed_team_does_not_cause_a_new_read_of_a_cached_patient() -> None:
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    listed(server, cache)
    assert refreshed(server, cache, make.care_team("p1", ["gp", "nurse"])) == {"p1", "p2", "p3"}
    assert server.counts()["Condition"] == 1


def test_a_patient_whose_team_the_user_joins_tomorrow_is_not_read_today() -> None:
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    listed(server, cache)
    tomorrow = make.care_team("p4", ["gp"], "team-2", period={"start": "2026-11-21"})
    assert refreshed(server, cache, tomorrow) == {"p1", "p2", "p3"}
    assert "p4" not in asked_about(server)


@pytest.mark.parametrize(("software", "searched_again"), [("in-memory fake", [("p1",)]), (EMBEDDED_SERVER, [])])
def test_a_patient_without_consent_is_listed_and_only_the_embedded_server_needs_no_search(
    software: str, searched_again: list[tuple[str, ...]]
) -> None:
    server = FakeFhirServer(make.cohort())
    server.capabilities = replace(server.capabilities, software=software)
    server.delete("Consent", "consent-p1")
    assert listed(server) == {"p1", "p2", "p3"}
    assert [request.patients for request in server.asked if request.type == "Consent"] == searched_again


def test_a_patient_of_the_team_has_a_name_a_site_and_a_region() -> None:
    server = FakeFhirServer(make.cohort())
    rows = get_worklist(server, make.user("gp"), make.scope("gp"), T, AS_OF, team_cache=TeamCache()).rows
    first = rows[rows["patient_id"] == "p1"].iloc[0]
    assert (first["person"].name.family, first["site"], first["region"]) == (
        "Aldous",
        "Castle Practice",
        "South Warwickshire",
    )


# A care team that is odd


@pytest.mark.parametrize("period", [{"start": "soon"}, {"end": 7}, {"start": {"x": 1}}])
def test_an_odd_period_of_one_member_hides_no_patient_from_the_others(period: dict[str, Any]) -> None:
    team = make.care_team("p1", ["gp", "nurse"])
    team["participant"][1]["period"] = period
    server = FakeFhirServer([*make.cohort(), team])
    assert listed(server) == {"p1", "p2", "p3"}
    nurse = get_worklist(server, make.user("nurse"), make.scope("nurse"), T, AS_OF, team_cache=TeamCache())
    assert set(nurse.rows["patient_id"]) == {"p3", "p4"}, "a membership that cannot be read gives no access"
    assert Notice("team-unreadable", "1") in nurse.notices


def test_a_team_with_an_odd_period_hides_no_other_and_is_counted() -> None:
    server, cache = (
        FakeFhirServer([*make.cohort(), make.care_team("p1", ["gp"], period={"start": "soon"})]),
        TeamCache(),
    )
    assert listed(server, cache) == {"p2", "p3"}
    data = cache.last_data(make.scope("gp"))
    assert data is not None and Notice("team-unreadable", "1") in data.notices
    assert refreshed(server, cache, make.care_team("p2", ["gp"], period={"end": "soon"})) == {"p3"}
    data = cache.last_data(make.scope("gp"))
    assert data is not None and Notice("team-unreadable", "1") in data.notices


# A server without a clock


class ClocklessServer(FakeFhirServer):
    """A server whose answers have no time."""

    def _answer(self, request: SearchRequest) -> Any:
        result = super()._answer(request)
        return replace(result, server_time=None) if isinstance(result, SearchResult) else result


def test_without_a_server_time_a_refresh_is_since_the_newest_care_team() -> None:
    server, cache = ClocklessServer(make.cohort()), TeamCache()
    newest = server.put(make.care_team("p2", ["gp"]))["meta"]["lastUpdated"]
    server.now += timedelta(hours=1)
    listed(server, cache)
    refreshed(server, cache)
    since = (datetime.fromisoformat(newest) - OVERLAP).isoformat(timespec="seconds")
    moments = {value for request in server.asked for name, value in request.params if name == "_lastUpdated"}
    assert moments == {f"ge{since}"}


@pytest.mark.parametrize("odd", ["yesterday", "2026-13-40T99:00:00Z", "9999-99", ""])
def test_one_odd_stamp_on_a_server_without_a_clock_hides_no_patient(odd: str) -> None:
    server, cache = ClocklessServer(make.cohort()), TeamCache()
    newest = server.put(make.care_team("p2", ["gp"]))["meta"]["lastUpdated"]
    server.rows["CareTeam"]["ct-p1-team-1"]["meta"]["lastUpdated"] = odd
    assert listed(server, cache) == {"p1", "p2", "p3"}
    refreshed(server, cache)
    since = (datetime.fromisoformat(newest) - OVERLAP).isoformat(timespec="seconds")
    assert {v for request in server.asked for n, v in request.params if n == "_lastUpdated"} == {f"ge{since}"}


@pytest.mark.parametrize("odd", ["../../x", "a b", "x" * 65])
def test_a_row_whose_id_is_none_stops_no_refresh(odd: str) -> None:
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    before = listed(server, cache)
    row = {**make.condition("c9", "p1", "84114007"), "id": odd}
    assert refreshed(server, cache, row) == before
    data = cache.last_data(make.scope("gp"))
    assert data is not None
    assert odd in data.patients["p1"].resources["Condition"]


def test_without_server_time_and_last_updated_the_team_is_loaded_completely() -> None:
    server, cache = ClocklessServer(make.cohort()), TeamCache()
    for row in server.rows["CareTeam"].values():
        del row["meta"]["lastUpdated"]
    listed(server, cache)
    server.asked.clear()
    listed(server, cache, refresh=True)
    assert len(server.asked) == 13
    assert not [pair for request in server.asked for pair in request.params if pair[0] == "_lastUpdated"]


# Written resources


def written(*resources: dict[str, Any]) -> Any:
    """Returns the data of p1 after resources were written and put into the cache, without a request."""
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    listed(server, cache)
    server.asked.clear()
    cache.put(server.base_url, resources)
    assert server.asked == []
    data = cache.last_data(make.scope("gp"))
    assert data is not None
    return data.patients["p1"]


def test_a_written_resource_is_read_with_the_terminology_and_the_day_of_view() -> None:
    record = written(
        make.observation("o9", "p1", "59261-8", 55, "mmol/mol", "2026-11-20"),
        make.conference("a9", ["p1"], "2026-11-25T09:00:00+00:00"),
        make.conference("a1", ["p1"], "2026-11-18T09:00:00+00:00"),
        {"resourceType": "Basic", "id": "b1", "subject": {"reference": "Patient/p1"}},
    )
    assert record.resources["Observation"]["o9"].value.results
    assert set(record.resources["Appointment"]) == {"a9"}
    assert "Basic" not in record.resources


@pytest.mark.parametrize("years", [1, 3])
def test_a_refresh_brings_what_a_first_load_would_and_nothing_older(years: int) -> None:
    """A laboratory that sends its old results late changes no row, or warm and cold pages would differ."""
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    listed(server, cache)
    date = f"{AS_OF.year - years}-11-01"
    server.put(make.observation("late", "p1", "59261-8", 88, "mmol/mol", date))
    server.put(make.encounter("late", "p1", date))
    warm = get_worklist(server, make.user("gp"), make.scope("gp"), T, AS_OF, refresh=True, team_cache=cache)
    cold = get_worklist(server, make.user("gp"), make.scope("gp"), T, AS_OF, team_cache=TeamCache())
    assert warm.rows.to_dict("records") == cold.rows.to_dict("records")


def test_a_server_that_keeps_no_statements_of_medicines_is_not_asked_for_them_and_lacks_nothing() -> None:
    server, cache = FakeFhirServer(make.cohort()), TeamCache()
    types = {name: kind for name, kind in server.capabilities.types.items() if name != "MedicationStatement"}
    server.capabilities = replace(server.capabilities, types=types)
    listed(server, cache)
    data = cache.last_data(make.scope("gp"))
    assert data is not None and not data.failed and not data.awaited
    assert "MedicationStatement" not in server.counts() and "Goal" in server.counts()
    server.asked.clear()
    listed(server, cache, refresh=True)
    assert "MedicationStatement" not in server.counts()
