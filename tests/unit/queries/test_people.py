"""The queries that find patients, list users, return the state of the server and the tasks of the user."""

from datetime import date
from typing import Any

import pytest

from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.record.names import plain
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerUnavailable, UserFacingError
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.find_patient_id import find_patient_id
from dashboard.queries.find_patients import birth_date, find_patients
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_own_role import get_own_role
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_similar_people import list_similar_people
from dashboard.queries.list_users import list_users
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(make.cohort())


def found(server: FakeFhirServer, text: str, who: str = "gp", store: TeamCache | None = None) -> list[str]:
    matches = find_patients(server, make.user(who), make.scope(who), text, AS_OF, team_cache=store or TeamCache())
    return [match.person.id for match in matches]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("aldous", ["p1"]),
        ("ALD mar", ["p1"]),
        ("mary aldous", ["p1"]),
        ("ibanez", ["p2"]),
        ("Ibáñez-Goñi", ["p2"]),
        ("goni", ["p2"]),
        ("9990123401", ["p1"]),
        ("999 012 3401", ["p1"]),
        ("999-012", ["p1", "p2", "p3"]),
        ("03-Feb-1948", ["p1", "p2", "p3"]),
        ("1948-02-03", ["p1", "p2", "p3"]),
        ("03/02/1948", ["p1", "p2", "p3"]),
        ("3 february 1948", ["p1", "p2", "p3"]),
        ("02/03/1948", []),
        ("zhou", []),
        ("dous", []),
        ("a", []),
        ("", []),
        ("  ", []),
        ("%_*'\"<b>", []),
    ],
)
def test_a_patient_of_the_own_teams_is_found_by_name_identifier_or_birth_date(
    server: FakeFhirServer, text: str, ids: list[str]
) -> None:
    assert found(server, text) == ids


@pytest.mark.parametrize(
    ("text", "ids"), [("aldus", ["p1"]), ("adlous mary", ["p1"]), ("ibanes", ["p2"]), ("aldxxs", [])]
)
def test_one_wrong_letter_finds_and_says_so_where_nobody_fits_as_typed(
    server: FakeFhirServer, text: str, ids: list[str]
) -> None:
    matches = find_patients(server, make.user(), make.scope("gp"), text, AS_OF, team_cache=TeamCache())
    assert [match.person.id for match in matches] == ids and all(match.one_letter for match in matches)
    exact = find_patients(server, make.user(), make.scope("gp"), "aldous", AS_OF, team_cache=TeamCache())
    assert not exact[0].one_letter


def test_a_similar_person_of_the_own_teams_is_marked_and_of_others_not_told(server: FakeFhirServer) -> None:
    cache = TeamCache()
    assert list_similar_people(server, make.user(), make.scope("gp"), AS_OF, cache) == frozenset(), (
        "nothing is held yet"
    )
    server.put(make.patient("p2", "Aldons"))
    server.put(make.patient("p4", "Aldous"))  # of another team
    matches = find_patients(server, make.user(), make.scope("gp"), "ald", AS_OF, team_cache=cache)
    assert [(match.person.id, match.similar) for match in matches] == [("p2", True), ("p1", True)]
    assert list_similar_people(server, make.user(), make.scope("gp"), AS_OF, cache) == {"p1", "p2"}


def test_a_patient_of_another_team_is_not_found(server: FakeFhirServer) -> None:
    assert found(server, "zhou", "nurse") == ["p4"]
    assert found(server, "aldous", "nurse") == []


@pytest.mark.parametrize("text", ["aldous", "9990123401", "svensson"])
def test_a_replaced_record_is_not_offered_and_leads_to_its_survivor(server: FakeFhirServer, text: str) -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p3"}}]
    server.put(make.patient("p1", "Aldous") | {"active": False, "link": link})
    assert found(server, text) == ["p3"]


def test_a_record_that_is_not_in_use_hides_nobody_whose_name_is_one_letter_away(server: FakeFhirServer) -> None:
    server.put(make.patient("p1", "Aldous") | {"active": False})
    server.put(make.patient("p2", "Aldaus"))
    assert found(server, "aldous") == ["p2"]


def test_a_record_that_is_not_in_use_is_not_offered(server: FakeFhirServer) -> None:
    server.put(make.patient("p1", "Aldous") | {"active": False})
    assert found(server, "aldous") == []
    link = [{"type": "replaced-by", "other": {"reference": "https://old.example/r4/Patient/p3"}}]
    server.put(make.patient("p1", "Aldous") | {"link": link})
    assert found(server, "aldous") == []


def test_a_birth_year_alone_may_be_any_day_of_the_year(server: FakeFhirServer) -> None:
    server.put(make.patient("p1", "Aldous", birth="1948"))
    assert "p1" in found(server, "03-Aug-1948")


def test_a_search_in_cached_data_sends_no_request(server: FakeFhirServer) -> None:
    store = TeamCache()
    found(server, "aldous", store=store)
    server.asked.clear()
    assert found(server, "zho", store=store) == []
    assert server.asked == []


@pytest.mark.parametrize("text", ["31-Feb-1948", "1948-13-01", "00/00/1948", "3 fub 1948", "1948", "03-02-48"])
def test_a_text_that_is_no_day_is_no_birth_date(text: str) -> None:
    assert birth_date(text) is None


def test_dates_with_two_digits_are_read_with_the_day_first() -> None:
    assert birth_date("03.02.1948") == date(1948, 2, 3)


def test_plain_text_has_no_accents_and_no_signs() -> None:
    assert plain("  Ibáñez-Goñi, Ane ") == "ibanez goni ane"


def test_users_have_name_role_and_organisation_once_each(server: FakeFhirServer) -> None:
    for number in (1, 2):
        server.put(
            {
                "resourceType": "PractitionerRole",
                "id": f"r{number}",
                "practitioner": {"reference": "Practitioner/gp"},
                "organization": {"reference": "Organization/org-1", "display": "Castle Practice"},
                "code": [make.concept(make.SNOMED, "62247001", "General practitioner")],
            }
        )
    server.put({"resourceType": "PractitionerRole", "id": "gone", "active": False, "practitioner": {"display": "X"}})
    (user,) = list_users(server)
    assert (user.name, user.role_label, user.organization) == (
        "Dr Jane Okafor",
        "General practitioner",
        "Castle Practice",
    )


def test_listing_users_of_an_unreachable_server_is_an_error(server: FakeFhirServer) -> None:
    server.down = True
    with pytest.raises(ServerUnavailable):
        list_users(server)


# My tasks


def tasks(server: FakeFhirServer, store: TeamCache, who: str = "gp") -> Any:
    return get_my_tasks(server, make.user(who), make.scope(who), AS_OF, terminology=T, team_cache=store)


def test_my_tasks_are_those_of_the_user_and_the_teams_open_and_earliest_first(server: FakeFhirServer) -> None:
    server.put(make.task("t8", "p1", "Practitioner/gp", status="completed", lastModified="2026-11-15T10:00:00Z"))
    server.put(make.task("t9", "p1", "Practitioner/gp", status="completed", lastModified="2026-01-15T10:00:00Z"))
    found = tasks(server, TeamCache())
    assert [line.origin.id for line in found.tasks] == ["t1", "t2", "t8"]
    assert set(found.people) == {"p1"}


def test_a_task_about_a_patient_of_another_team_is_counted_and_not_shown(server: FakeFhirServer) -> None:
    found = tasks(server, TeamCache())
    assert "t4" not in {line.origin.id for line in found.tasks}
    assert found.notices == (Notice("tasks-of-other-patients", "1"),)


@pytest.mark.parametrize("patient", ["https://old.example/r4/Patient/p1", "#p1"])
def test_a_task_about_a_patient_of_another_server_is_counted_and_not_shown(
    server: FakeFhirServer, patient: str
) -> None:
    server.put(make.task("t7", "p1", "Practitioner/gp") | {"for": {"reference": patient}})
    found = tasks(server, TeamCache())
    assert "t7" not in {line.origin.id for line in found.tasks}
    assert Notice("unreadable", "1") in found.notices


def test_my_tasks_are_cached_until_a_task_changes(server: FakeFhirServer) -> None:
    store = TeamCache()
    first = tasks(server, store)
    server.asked.clear()
    assert tasks(server, store) is first
    assert server.asked == []
    saved = server.put(
        make.task("t1", "p1", "Practitioner/gp", status="completed", lastModified="2026-11-20T10:00:00Z")
    )
    store.put("http://fake.test/fhir", [saved])
    assert [(line.origin.id, line.status) for line in tasks(server, store).tasks][-1] == ("t1", "completed")


def test_while_the_server_is_unreachable_the_open_tasks_of_the_worklist_are_shown(server: FakeFhirServer) -> None:
    store = TeamCache()
    get_worklist(server, make.user(), make.scope(), T, AS_OF, team_cache=store)
    server.down = True
    found = tasks(server, store)
    assert found.stale
    assert [line.origin.id for line in found.tasks] == ["t1", "t2"]


ADMINISTRATOR = User(None, "Ada Admin", roles=(Role.ADMINISTRATOR,), subject="id|ada")


@pytest.mark.parametrize("typed", ["9990123401", " 999 012 3401 ", "999-012-3401"])
def test_an_administrator_finds_the_id_of_a_number(server: FakeFhirServer, typed: str) -> None:
    assert find_patient_id(server, ADMINISTRATOR, typed, AS_OF) == "p1"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("999", UserFacingError),
        ("9" * 65, UserFacingError),
        ("9990\x00123401", UserFacingError),
        ("9990123499", NotFound),
        ("999012340", NotFound),
    ],
)
def test_what_is_no_whole_number_finds_nobody(server: FakeFhirServer, typed: str, error: type[DashboardError]) -> None:
    with pytest.raises(error):
        find_patient_id(server, ADMINISTRATOR, typed, AS_OF)


def test_a_number_of_two_people_is_said_and_nobody_else_may_ask(server: FakeFhirServer) -> None:
    twin = make.patient("p2", "Aldous")
    twin["identifier"] = make.patient("p1", "Aldous")["identifier"]
    server.put(twin)
    with pytest.raises(UserFacingError, match="identifier-ambiguous"):
        find_patient_id(server, ADMINISTRATOR, "9990123401", AS_OF)
    with pytest.raises(NotPermitted):
        find_patient_id(server, make.user(), "9990123401", AS_OF)
    server.down = True
    with pytest.raises(ServerUnavailable):
        find_patient_id(server, ADMINISTRATOR, "9990123401", AS_OF)


# The role of now


def role(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": {"reference": "Practitioner/gp"},
        "organization": {"reference": "Organization/org-1", "display": "Castle Practice"},
        **more,
    }


@pytest.mark.parametrize(
    ("more", "in_force"),
    [
        ({}, True),
        ({"active": True}, True),
        ({"period": {"start": "2024", "end": "2026-11-20"}}, True),
        ({"active": False}, False),
        ({"active": "false"}, False),
        ({"period": {"end": "2026-11-19"}}, False),
        ({"period": {"start": "2026-11-21"}}, False),
        ({"period": "always"}, False),
    ],
)
def test_a_role_is_in_force_where_it_is_active_and_its_period_holds_the_day(
    server: FakeFhirServer, more: dict[str, Any], in_force: bool
) -> None:
    server.put(role(**more))
    found = get_own_role(server, Reference("Practitioner", "gp"), AS_OF.date())
    assert (found.user is not None, found.ended) == (in_force, not in_force)


def test_a_role_that_was_deleted_has_ended_and_whoever_never_had_one_has_none_to_lose(server: FakeFhirServer) -> None:
    gp = Reference("Practitioner", "gp")
    assert not get_own_role(server, gp, AS_OF.date()).ended
    server.put(role())
    seen = get_own_role(server, gp, AS_OF.date()).seen
    server.delete("PractitionerRole", "r1")
    assert get_own_role(server, gp, AS_OF.date(), seen).ended


def test_the_role_of_another_is_no_role(server: FakeFhirServer) -> None:
    server.put(role(practitioner={"reference": "Practitioner/nurse"}))
    found = get_own_role(server, Reference("Practitioner", "gp"), AS_OF.date())
    assert (found.user, found.seen) == (None, False)


def test_roles_of_an_unreachable_server_are_an_error(server: FakeFhirServer) -> None:
    server.down = True
    with pytest.raises(ServerUnavailable):
        get_own_role(server, Reference("Practitioner", "gp"), AS_OF.date())
