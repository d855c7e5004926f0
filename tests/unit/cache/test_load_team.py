"""Reading a team from a server: truncated consents hide the patient, and a refresh includes an overlap of time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.cache.load_team import OVERLAP
from dashboard.cache.team_cache import TeamCache
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
