"""Opening one patient: when a cached view may be shown, when the server is asked who the user is to the patient, and
what is read whatever page it is for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from dashboard.access.request_context import RequestContext, request_context
from dashboard.cache.change_feed import ChangeFeed
from dashboard.cache.open_patient import always_asked, follow_patient, open_patient, person_in, read_patient
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.patient_sections import Answers
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Action
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, ServerUnavailable
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

T = load_terminology()
GP = make.user("gp")
AWAY = ServerUnavailable("server-timeout", reference="r1")
TASKS = {"tasks": SearchRequest("Task", patients=("p1",)), "goals": SearchRequest("Goal", patients=("p1",))}


@dataclass(frozen=True)
class View:
    """What a page shows of a patient, as far as opening one is concerned."""

    of_my_teams: bool
    emergency_access: EmergencyAccess | None = None
    stale: str = ""


class Surgery:
    """A server, the caches of a process, and a page that reads a patient as the pages do."""

    def __init__(self) -> None:
        self.server = FakeFhirServer(make.cohort())
        self.teams = TeamCache(start=lambda work: None)
        self.views: PatientCache[Any] = PatientCache(start=lambda work: None)

    def context(self, who: str = "gp", minutes: float = 0) -> RequestContext:
        at = AS_OF + timedelta(minutes=minutes)
        return request_context(self.server, make.user(who), make.scope(who), T, at, Action.VIEW_PATIENT)

    def open(self, patient_id: str, who: str = "gp", minutes: float = 0, **more: Any) -> View:
        context = self.context(who, minutes)

        def read(of_my_teams: bool) -> View:
            _, access = read_patient(context, make.user(who), patient_id, of_my_teams, False, {})
            return View(of_my_teams, access)

        reading = cast(Callable[[bool], Any], read)
        view = open_patient(context, make.user(who), patient_id, self.teams, self.views, reading, **more)
        return cast(View, view)

    def asked(self) -> list[tuple[str, bool]]:
        """The types asked for since the last call, each with whether it was asked past the server's own cache."""
        asked = [(request.type, request.fresh) for request in self.server.asked]
        self.server.asked.clear()
        return asked


RELATIONSHIP = [("CareTeam", True), ("Task", True), ("Consent", True)]
ALWAYS = [("CareTeam", False), ("Consent", False)]


@pytest.fixture
def surgery() -> Surgery:
    return Surgery()


def grant(minutes: int = 60) -> Json:
    value = EmergencyAccess(
        Reference("Task", "g"), Reference("Patient", "p4"), Reference("Practitioner", "gp"), "emergency", "pain",
        AS_OF, AS_OF + timedelta(minutes=minutes), "gp", Reference("Organization", "team-2"), source={},
    )  # fmt: skip
    return {**to_fhir(value), "id": "g"}


# Whom the user may open


@pytest.mark.parametrize("patient_id", ["../Task/t1", "", "p1/_history/1"])
def test_what_is_no_id_is_no_patient_and_nothing_is_asked(surgery: Surgery, patient_id: str) -> None:
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        surgery.open(patient_id)
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        follow_patient(surgery.context(), GP, patient_id, ["Task"], feed=ChangeFeed())
    assert surgery.asked() == []


def test_a_patient_of_a_cached_team_is_read_in_one_round(surgery: Surgery) -> None:
    surgery.teams.team(surgery.context())
    surgery.asked()
    assert surgery.open("p1") == View(of_my_teams=True)
    assert surgery.asked() == ALWAYS


def test_without_a_cached_team_the_relationship_is_asked_first(surgery: Surgery) -> None:
    assert surgery.open("p1") == View(of_my_teams=False)
    assert surgery.asked() == RELATIONSHIP + ALWAYS


def test_a_cached_view_is_given_without_asking(surgery: Surgery) -> None:
    first = surgery.open("p1")
    surgery.asked()
    assert surgery.open("p1", minutes=1) is first
    assert surgery.asked() == []


def test_a_cached_view_is_given_to_nobody_else_and_not_on_another_day(surgery: Surgery) -> None:
    surgery.open("p3")
    surgery.asked()
    surgery.open("p3", who="nurse")
    assert surgery.asked() == RELATIONSHIP + ALWAYS
    surgery.open("p3", minutes=24 * 60)
    assert surgery.asked() == RELATIONSHIP + ALWAYS


@pytest.mark.parametrize("patient_id", ["p4", "no-such-patient"])
def test_another_teams_patient_is_not_found_whether_the_patient_exists_or_not(
    surgery: Surgery, patient_id: str
) -> None:
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        surgery.open(patient_id)
    assert surgery.asked() == RELATIONSHIP


def test_a_cached_view_is_not_shown_once_the_cached_team_no_longer_permits_it(surgery: Surgery) -> None:
    """The membership ends between two opened pages: the server is asked before the view is given."""
    server = surgery.server
    surgery.teams.team(surgery.context())
    surgery.open("p1")
    server.put(make.care_team("p1", ["gp"], period={"start": "2024-01-01", "end": "2026-11-19"}))
    surgery.teams.put(server.base_url, [server.rows["CareTeam"]["ct-p1-team-1"]])
    surgery.asked()
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        surgery.open("p1")
    assert surgery.asked() == RELATIONSHIP


def test_a_view_under_emergency_access_is_asked_about_each_time_until_it_ends(surgery: Surgery) -> None:
    surgery.server.put(grant(60))
    first = surgery.open("p4")
    assert first.emergency_access is not None
    surgery.asked()
    second = surgery.open("p4", minutes=59)
    assert second.emergency_access == first.emergency_access
    assert surgery.asked() == RELATIONSHIP
    with pytest.raises(NotFound):
        surgery.open("p4", minutes=60)


def test_a_cached_view_has_the_end_of_the_newest_emergency_access(surgery: Surgery) -> None:
    surgery.server.put(grant(60))
    surgery.open("p4")
    surgery.server.put(grant(120))
    access = surgery.open("p4", minutes=1).emergency_access
    assert access is not None
    assert access.until == AS_OF + timedelta(minutes=120)


def test_a_server_that_is_away_leaves_the_last_view_with_the_reason(surgery: Surgery) -> None:
    surgery.open("p1")
    surgery.server.down = True
    assert surgery.open("p1", refresh=True).stale == "server-timeout"
    with pytest.raises(ServerUnavailable):
        surgery.open("p2")


# What is read


def test_somebody_who_left_the_team_this_minute_reads_nothing(surgery: Surgery) -> None:
    surgery.server.put(make.care_team("p1", ["nurse"]))
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        read_patient(surgery.context(), GP, "p1", True, False, TASKS)


def test_somebody_whom_the_patient_no_longer_shares_with_reads_nothing(surgery: Surgery) -> None:
    surgery.server.put(make.consent("p1", {"type": "deny"}, ident="denied"))
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        read_patient(surgery.context(), GP, "p1", True, False, TASKS)


@pytest.mark.parametrize("kind", ["CareTeam", "Consent"])
def test_without_teams_or_consents_nothing_is_shown(surgery: Surgery, kind: str) -> None:
    surgery.server.failing[kind] = AWAY
    with pytest.raises(ServerUnavailable):
        read_patient(surgery.context(), GP, "p1", True, False, TASKS)


@pytest.mark.parametrize("fresh", [True, False])
def test_all_that_a_page_needs_is_asked_at_once_the_longest_search_first(surgery: Surgery, fresh: bool) -> None:
    answers, access = read_patient(surgery.context(), GP, "p1", True, fresh, TASKS)
    assert surgery.asked() == [("Task", fresh), ("CareTeam", fresh), ("Consent", fresh), ("Goal", fresh)]
    assert (len(answers.rows("tasks")), len(answers.rows("goals")), access) == (2, 1, None)


def test_a_team_that_cannot_be_read_is_named_among_the_unreadable(surgery: Surgery) -> None:
    surgery.server.put({**make.care_team("p1", ["gp"], "team-2"), "period": {"end": "never"}})
    answers, _ = read_patient(surgery.context(), GP, "p1", True, False, {})
    assert [str(record.origin) for record in answers.unreadable] == ["CareTeam/ct-p1-team-2"]


def test_a_server_that_serves_no_consents_is_not_asked_for_them(surgery: Surgery) -> None:
    capabilities = surgery.server.capabilities
    types = {name: kind for name, kind in capabilities.types.items() if name != "Consent"}
    surgery.server.capabilities = replace(capabilities, types=types)
    assert list(always_asked(surgery.context(), "p1")) == ["team"]
    assert surgery.open("p1") == View(of_my_teams=False)


# The person


def team_of(surgery: Surgery, patient_id: str) -> Answers:
    asked = always_asked(surgery.context(), patient_id)
    answers = Answers(asked, dict(zip(asked, surgery.server.try_all(list(asked.values())), strict=True)))
    surgery.asked()
    return answers


def test_the_person_comes_with_the_team(surgery: Surgery) -> None:
    assert person_in(surgery.context(), "p1", team_of(surgery, "p1")).name.family == "Aldous"
    assert surgery.asked() == []


def test_a_person_who_did_not_come_with_a_team_is_read_alone(surgery: Surgery) -> None:
    assert person_in(surgery.context(), "p1", team_of(surgery, "p99")).name.family == "Aldous"
    assert [kind for kind, _ in surgery.asked()] == ["Patient"]


def test_a_person_who_is_nowhere_or_cannot_be_read_is_not_shown(surgery: Surgery) -> None:
    nobody = team_of(surgery, "p99")
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        person_in(surgery.context(), "p99", nobody)
    surgery.server.put({**make.patient("p1", "Aldous"), "birthDate": "yesterday"})
    with pytest.raises(NotFound, match=r"^patient-unreadable$"):
        person_in(surgery.context(), "p1", nobody)
    surgery.server.failing["Patient"] = AWAY
    with pytest.raises(ServerUnavailable):
        person_in(surgery.context(), "p1", nobody)


# Following


@pytest.mark.parametrize("patient_id", ["p4", "no-such-patient"])
def test_nobody_follows_another_teams_patient(surgery: Surgery, patient_id: str) -> None:
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        follow_patient(surgery.context(), GP, patient_id, ["Task"], feed=ChangeFeed())
    assert surgery.asked() == RELATIONSHIP
