"""A server that has just started is asked until it is quick, never about a patient, and never without end."""

import threading
from collections.abc import Callable, Iterator

import pytest

from dashboard.errors import DashboardError, NotPermitted, ServerUnavailable
from dashboard.queries.warm_up import AWAY_SECONDS, EVERY_SECONDS, MOST_ROLES, MOST_ROUNDS, stay_warm, warm_up
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer([*make.cohort()])


def taking(*rounds: float) -> Callable[[], float]:
    """A clock by which the rounds take so many seconds, one after the other."""

    def readings() -> Iterator[float]:
        now = 0.0
        for seconds in rounds:
            yield now
            now += seconds
            yield now

    times = readings()
    return lambda: next(times)


@pytest.mark.parametrize(
    ("seconds", "rounds"),
    [
        ((0.1,), 1),  # a warm server
        ((4.0, 2.0, 1.0, 0.4), 4),  # one that grows quicker
        ((2.0, 1.9), 2),  # one that is slow for another reason
        ([1000 / 2**n for n in range(MOST_ROUNDS)], MOST_ROUNDS),
    ],
)
def test_it_is_asked_until_it_is_quick(server: FakeFhirServer, seconds: tuple[float, ...], rounds: int) -> None:
    assert warm_up(server, clock=taking(*seconds)) == EVERY_SECONDS
    assert len([one for one in server.asked if one.type == "CareTeam"]) == rounds


def test_no_answer_has_anything_about_a_patient(server: FakeFhirServer) -> None:
    warm_up(server)
    assert {request.type for request in server.asked} == {"PractitionerRole", "CareTeam"}
    for answer in server.try_all([*server.asked]):
        assert not isinstance(answer, DashboardError)
        types = {row["resourceType"] for row in (*answer.rows, *answer.included.values())}
        assert types <= {"PractitionerRole", "Practitioner", "Organization"}


def test_a_hospital_with_thousands_of_professionals_is_asked_for_one_page(server: FakeFhirServer) -> None:
    for number in range(MOST_ROLES + 5):
        practitioner = {"reference": f"Practitioner/p{number}"}
        server.put({"resourceType": "PractitionerRole", "id": f"r{number}", "practitioner": practitioner})
    warm_up(server)
    roles = next(request for request in server.asked if request.type == "PractitionerRole")
    [answer] = server.try_all([roles])
    assert not isinstance(answer, DashboardError)
    assert (len(answer.rows), roles.page_size) == (MOST_ROLES, MOST_ROLES)


def test_a_server_that_is_away_is_soon_asked_again(server: FakeFhirServer) -> None:
    server.failing["CareTeam"] = ServerUnavailable("server-timeout", reference="r1")
    assert warm_up(server) == AWAY_SECONDS
    server.down = True
    assert warm_up(server) == AWAY_SECONDS


def test_a_server_that_wants_a_user_is_left_in_peace(server: FakeFhirServer) -> None:
    server.failing["PractitionerRole"] = NotPermitted("server-forbids")
    assert warm_up(server) == EVERY_SECONDS


def test_it_ends_when_it_is_stopped(server: FakeFhirServer) -> None:
    stop = threading.Event()
    stop.set()
    stay_warm(server, stop)
    assert len(server.asked) == 2
