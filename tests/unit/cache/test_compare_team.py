"""What was deleted on the server leaves a team's data at the slow beat, and nothing else does."""

import pytest

from dashboard.cache.compare_team import COMPARE_SECONDS
from dashboard.cache.team_cache import TeamCache
from dashboard.errors import DashboardError, ServerUnavailable, UnexpectedAnswer
from dashboard.fhir.search.request import SearchRequest, SearchResult
from tests.unit import people_and_teams as make
from tests.unit.cache.test_team_cache import ServerWithTeamCache

ROWS = {
    "Condition": "c1", "Observation": "o2", "MedicationRequest": "m1", "CarePlan": "cp1", "Task": "t1",
    "Appointment": "a1", "Encounter": "e1", "Goal": "g1",
}  # fmt: skip


class Team(ServerWithTeamCache):
    """A team that has been read; `later` lets the time pass and refreshes."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = TeamCache(self.clock, self.clock.waiting.append)
        self.worklist()

    def later(self, seconds: float = COMPARE_SECONDS + 1) -> None:
        self.clock.seconds += seconds
        self.worklist(refresh=True)

    def has(self, kind: str) -> bool:
        data = self.cache.last_data(make.scope())
        assert data is not None
        return ROWS[kind] in data.patients["p1"].resources.get(kind, {})


@pytest.fixture
def team() -> Team:
    return Team()


@pytest.mark.parametrize("kind", ROWS)
def test_what_was_deleted_is_gone_after_the_slow_beat_and_the_rest_stays(team: Team, kind: str) -> None:
    assert all(team.has(each) for each in ROWS)
    team.server.delete(kind, ROWS[kind])
    team.later()
    assert {each for each in ROWS if not team.has(each)} == {kind}


def test_it_is_compared_at_the_slow_beat_and_not_at_each_refresh(team: Team) -> None:
    team.server.asked.clear()
    team.later(COMPARE_SECONDS)
    assert not [each for each in team.server.asked if _is_of_ids(each) and each.type == "Observation"]
    team.later(1)
    assert [each for each in team.server.asked if _is_of_ids(each) and each.type == "Observation"]
    team.server.asked.clear()
    team.later(COMPARE_SECONDS)
    assert not [each for each in team.server.asked if _is_of_ids(each) and each.type == "Observation"]


@pytest.mark.parametrize("kind", ROWS)
def test_what_a_list_left_out_and_is_found_by_its_id_stays(
    team: Team, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    real = team.server._search

    def forgetful(request: SearchRequest) -> SearchResult:
        found = real(request)
        if request.type == kind and _is_of_ids(request) and request.patients is not None:
            found.rows.clear()
        return found

    monkeypatch.setattr(team.server, "_search", forgetful)
    team.later()
    assert all(team.has(each) for each in ROWS)


@pytest.mark.parametrize(
    "error", [ServerUnavailable("server-timeout", reference="r"), UnexpectedAnswer("answer-empty")]
)
@pytest.mark.parametrize("by_id", [False, True])
def test_what_cannot_be_asked_stays(
    team: Team, monkeypatch: pytest.MonkeyPatch, error: DashboardError, by_id: bool
) -> None:
    real = team.server._search

    def failing(request: SearchRequest) -> SearchResult:
        if _is_of_ids(request) and (request.patients is None) is by_id and request.type == "Observation":
            raise error
        return real(request)

    monkeypatch.setattr(team.server, "_search", failing)
    team.server.delete("Observation", ROWS["Observation"])
    team.later()
    assert team.has("Observation")
    monkeypatch.undo()
    team.later()
    assert not team.has("Observation")


def _is_of_ids(request: SearchRequest) -> bool:
    return any(name == "_elements" for name, _ in request.params)
