"""Ending an emergency access: one's own, at once, on record; and whom one has opened so, with the time left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.actions.end_emergency_access import end_emergency_access
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerUnavailable
from dashboard.queries.list_emergency_accesses import list_emergency_accesses
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.actions.test_start_emergency_access import GP, broken, opened, with_coordinator
from tests.unit.people_and_teams import AS_OF

LATER = AS_OF + timedelta(minutes=5)


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer([*make.cohort(), with_coordinator(), make.practitioner("sue", "Ms Sue Hale")])


def mine(server: FakeFhirServer, minutes: float = 5, who: User = GP) -> list[str]:
    at = AS_OF + timedelta(minutes=minutes)
    name = str(who.practitioner).split("/")[1]
    return [each.person.id for each in list_emergency_accesses(server, who, make.scope(name), at)]


def end(server: FakeFhirServer, task_id: str, who: User = GP) -> object:
    return end_emergency_access(server, who, task_id, reason="Ended by the user", at=LATER)


def test_an_access_ends_at_once_with_its_provenance_and_its_audit(server: FakeFhirServer, trail: Trail) -> None:
    grant = broken(server)
    assert opened(server, 5) == "p4"
    known = set(server.rows["Provenance"])
    end(server, grant.origin.id)
    with pytest.raises(NotFound):
        opened(server, 5)
    [made] = set(server.rows["Provenance"]) - known
    assert server.rows["Provenance"][made]["reason"] == [{"text": "Ended by the user"}]
    record = next(each for each in trail.records if each.what == "end_emergency_access")
    assert (record.kind, record.outcome) == (AuditKind.UPDATE, AuditOutcome.SUCCESS)
    assert [each.id for each in record.patients] == ["p4"]


def test_one_that_has_ended_already_is_left_as_it_is(server: FakeFhirServer) -> None:
    grant = broken(server)
    end(server, grant.origin.id)
    kept = dict(server.rows["Task"][grant.origin.id])
    end(server, grant.origin.id)
    assert server.rows["Task"][grant.origin.id] == kept


@pytest.mark.parametrize("task_id", ["t1", "nothing", "../x", ""])
def test_what_is_no_access_of_ones_own_is_not_found(server: FakeFhirServer, task_id: str) -> None:
    with pytest.raises(NotFound, match=r"^task-not-found$"):
        end(server, task_id)
    grant = broken(server)
    with pytest.raises(NotFound, match=r"^task-not-found$"):
        end(server, grant.origin.id, make.user("other"))
    assert opened(server, 5) == "p4"


def test_only_clinicians_may(server: FakeFhirServer) -> None:
    grant = broken(server)
    with pytest.raises(NotPermitted):
        end(server, grant.origin.id, replace(GP, roles=(Role.COORDINATOR,)))
    with pytest.raises(NotPermitted):
        end(server, grant.origin.id, replace(GP, practitioner=None))


def test_the_list_has_whom_i_opened_while_it_holds(server: FakeFhirServer) -> None:
    assert mine(server) == []
    grant = broken(server)
    assert mine(server) == ["p4"]
    broken(server, words="Once more")
    assert mine(server) == ["p4"], "one line a patient"
    assert mine(server, who=make.user("other")) == []
    assert mine(server, 61) == []
    [listed] = list_emergency_accesses(server, GP, make.scope("gp"), LATER)
    end(server, listed.access.origin.id)
    end(server, grant.origin.id)
    assert mine(server) == []


def test_a_server_that_does_not_answer_gives_no_list(server: FakeFhirServer) -> None:
    server.failing = {"Task": ServerUnavailable("server-timeout", reference="r1")}
    with pytest.raises(DashboardError):
        mine(server)
