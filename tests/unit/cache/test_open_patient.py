"""Opening one patient: when a cached view may be shown, when the relationship of the user to the patient is read from
the server, and the resources that every page reads.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from dashboard.access.request_context import RequestContext, request_context
from dashboard.cache.change_feed import ChangeFeed, Following
from dashboard.cache.last_answers import LastAnswers
from dashboard.cache.open_patient import (
    allergies_in,
    always_asked,
    follow_patient,
    names_in,
    open_patient,
    person_in,
    read_patient,
    reason_given,
)
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.patient_sections import Answers
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Action
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, Section
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, ServerUnavailable
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.search.request import SearchRequest, SearchResult
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
    """The part of a page's view that depends on how the patient was opened."""

    of_my_teams: bool
    emergency_access: EmergencyAccess | None = None
    stale: str = ""


class PatientPage:
    """A server, the caches of a process, and a page that reads a patient in the same way as the product's pages."""

    def __init__(self) -> None:
        self.server = FakeFhirServer(make.cohort())
        self.seconds = 1000.0
        self.teams = TeamCache(lambda: self.seconds, start=lambda work: None)
        self.views: PatientCache[Any] = PatientCache(lambda: self.seconds, start=lambda work: None)

    def context(self, who: str = "gp", minutes: float = 0) -> RequestContext:
        at = AS_OF + timedelta(minutes=minutes)
        return request_context(self.server, make.user(who), make.scope(who), T, at, Action.VIEW_PATIENT)

    def open(self, patient_id: str, who: str = "gp", minutes: float = 0, **more: Any) -> View:
        context = self.context(who, minutes)

        def read(of_my_teams: bool) -> View:
            _, relationship = read_patient(
                context, make.user(who), patient_id, of_my_teams, False, {}, self.teams.access, LastAnswers()
            )
            return View(of_my_teams, relationship.emergency_access)

        reading = cast(Callable[[bool], Any], read)
        view = open_patient(context, make.user(who), patient_id, self.teams, self.views, reading, **more)
        return cast(View, view)

    def searched_types(self) -> list[tuple[str, bool]]:
        """Returns the types searched since the last call, and whether each search bypassed the server's cache."""
        searched = [(request.type, request.fresh) for request in self.server.asked]
        self.server.asked.clear()
        return searched


RELATIONSHIP = [("CareTeam", True), ("Task", True), ("Consent", True)]
ALWAYS = [("CareTeam", True), ("Consent", True)]


@pytest.fixture
def page() -> PatientPage:
    return PatientPage()


def grant(minutes: int = 60) -> Json:
    value = EmergencyAccess(
        Reference("Task", "g"), Reference("Patient", "p4"), Reference("Practitioner", "gp"), "emergency", "pain",
        AS_OF, AS_OF + timedelta(minutes=minutes), "gp", Reference("Organization", "team-2"), source={},
    )  # fmt: skip
    return {**to_fhir(value), "id": "g"}


# Whom the user may open


@pytest.mark.parametrize("patient_id", ["../Task/t1", "", "p1/_history/1"])
def test_an_invalid_id_is_not_found_without_a_request(page: PatientPage, patient_id: str) -> None:
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        page.open(patient_id)
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        follow_patient(page.context(), GP, patient_id, ["Task"], page.teams.access, feed=ChangeFeed())
    assert page.searched_types() == []


def test_a_patient_of_a_cached_team_is_read_in_one_round(page: PatientPage) -> None:
    page.teams.team(page.context())
    page.searched_types()
    assert page.open("p1") == View(of_my_teams=True)
    assert page.searched_types() == ALWAYS


def test_without_a_cached_team_the_relationship_is_read_first(page: PatientPage) -> None:
    assert page.open("p1") == View(of_my_teams=False)
    assert page.searched_types() == RELATIONSHIP + ALWAYS


def test_a_cached_view_is_returned_without_a_request(page: PatientPage) -> None:
    first = page.open("p1")
    page.searched_types()
    assert page.open("p1", minutes=1) is first
    assert page.searched_types() == []


def test_a_cached_view_is_not_returned_to_another_user_or_on_another_day(page: PatientPage) -> None:
    page.open("p3")
    page.searched_types()
    page.open("p3", who="nurse")
    assert page.searched_types() == RELATIONSHIP + ALWAYS
    page.open("p3", minutes=24 * 60)
    assert page.searched_types() == RELATIONSHIP + ALWAYS


@pytest.mark.parametrize("patient_id", ["p4", "no-such-patient"])
def test_a_patient_of_another_team_is_not_found_whether_or_not_it_exists(page: PatientPage, patient_id: str) -> None:
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        page.open(patient_id)
    assert page.searched_types() == RELATIONSHIP


def test_a_cached_view_is_not_shown_once_the_cached_team_no_longer_permits_it(page: PatientPage) -> None:
    """The membership ends between two opened pages: the relationship is read before the view is returned."""
    server = page.server
    page.teams.team(page.context())
    page.open("p1")
    server.put(make.care_team("p1", ["gp"], period={"start": "2024-01-01", "end": "2026-11-19"}))
    page.teams.put(server.base_url, [server.rows["CareTeam"]["ct-p1-team-1"]])
    page.searched_types()
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        page.open("p1")
    assert page.searched_types() == RELATIONSHIP


def test_under_emergency_access_the_relationship_is_read_again_and_again_until_its_end(page: PatientPage) -> None:
    page.server.put(grant(60))
    first = page.open("p4")
    assert first.emergency_access is not None
    page.searched_types()
    page.seconds += 9
    second = page.open("p4", minutes=59)
    assert second.emergency_access == first.emergency_access
    assert page.searched_types() == RELATIONSHIP
    with pytest.raises(NotFound):
        page.open("p4", minutes=60)


def test_emergency_access_that_has_ended_opens_nothing_while_the_server_is_away(page: PatientPage) -> None:
    page.server.put(grant(60))
    page.open("p4")
    page.server.down = True
    assert page.open("p4", minutes=59).emergency_access is not None
    with pytest.raises((NotFound, ServerUnavailable)):
        page.open("p4", minutes=60)


def test_a_cached_view_has_the_end_of_the_newest_emergency_access(page: PatientPage) -> None:
    page.server.put(grant(60))
    page.open("p4")
    page.server.put(grant(120))
    page.seconds += 9
    access = page.open("p4", minutes=1).emergency_access
    assert access is not None
    assert access.until == AS_OF + timedelta(minutes=120)


def test_while_the_server_is_unreachable_the_last_view_is_returned_with_the_error(page: PatientPage) -> None:
    page.open("p1")
    page.server.down = True
    assert page.open("p1", refresh=True).stale == "server-timeout"
    with pytest.raises(ServerUnavailable):
        page.open("p2")


# What is read


def test_a_user_who_has_just_left_the_team_reads_no_record(page: PatientPage) -> None:
    page.server.put(make.care_team("p1", ["nurse"]))
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        read_patient(page.context(), GP, "p1", True, False, TASKS, page.teams.access, LastAnswers())


def test_a_user_whom_the_patient_no_longer_shares_with_reads_no_record(page: PatientPage) -> None:
    page.server.put(make.consent("p1", {"type": "deny"}, ident="denied"))
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        read_patient(page.context(), GP, "p1", True, False, TASKS, page.teams.access, LastAnswers())


@pytest.mark.parametrize("kind", ["CareTeam", "Consent"])
def test_no_patient_is_shown_if_teams_or_consents_cannot_be_read(page: PatientPage, kind: str) -> None:
    page.server.failing[kind] = AWAY
    with pytest.raises(ServerUnavailable):
        read_patient(page.context(), GP, "p1", True, False, TASKS, page.teams.access, LastAnswers())


@pytest.mark.parametrize("fresh", [True, False])
def test_all_searches_of_a_page_are_sent_at_once_with_the_longest_first(page: PatientPage, fresh: bool) -> None:
    answers, found = read_patient(page.context(), GP, "p1", True, fresh, TASKS, page.teams.access, LastAnswers())
    assert page.searched_types() == [("Task", fresh), ("CareTeam", True), ("Consent", True), ("Goal", fresh)]
    assert (len(answers.rows("tasks")), len(answers.rows("goals")), found.emergency_access) == (2, 1, None)


def test_a_search_that_failed_is_named_by_what_it_was_for_and_the_others_are_there(page: PatientPage) -> None:
    page.server.failing["Goal"] = AWAY
    answers, _ = read_patient(page.context(), GP, "p1", True, False, TASKS, page.teams.access, LastAnswers())
    assert Notice("section-failed", "Goal") in answers.notices()
    assert len(answers.rows("tasks")) == 2


def test_a_team_that_cannot_be_read_is_reported_as_unreadable(page: PatientPage) -> None:
    page.server.put({**make.care_team("p1", ["gp"], "team-2"), "period": {"end": "never"}})
    answers, _ = read_patient(page.context(), GP, "p1", True, False, {}, page.teams.access, LastAnswers())
    assert [str(record.origin) for record in answers.unreadable] == ["CareTeam/ct-p1-team-2"]


def test_consents_are_not_searched_on_a_server_that_serves_none(page: PatientPage) -> None:
    capabilities = page.server.capabilities
    types = {name: kind for name, kind in capabilities.types.items() if name != "Consent"}
    page.server.capabilities = replace(capabilities, types=types)
    assert list(always_asked(page.context(), "p1")) == ["team"]
    assert page.open("p1") == View(of_my_teams=False)


# The person


def team_of(page: PatientPage, patient_id: str) -> Answers:
    requests = always_asked(page.context(), patient_id)
    answers = Answers(requests, dict(zip(requests, page.server.try_all(list(requests.values())), strict=True)))
    page.searched_types()
    return answers


def test_the_person_is_included_with_the_team(page: PatientPage) -> None:
    assert person_in(page.context(), "p1", team_of(page, "p1")).name.family == "Aldous"
    assert page.searched_types() == []


def test_a_person_who_was_not_included_with_a_team_is_read_separately(page: PatientPage) -> None:
    assert person_in(page.context(), "p1", team_of(page, "p99")).name.family == "Aldous"
    assert [kind for kind, _ in page.searched_types()] == ["Patient"]


@pytest.mark.parametrize("element", ["birthDate", "deceasedDateTime"])
def test_a_date_that_is_none_hides_nothing_else_of_a_person_and_is_named(page: PatientPage, element: str) -> None:
    page.server.put({**make.patient("p1", "Aldous"), element: "yesterday"})
    answers = team_of(page, "p99")
    person = person_in(page.context(), "p1", answers)
    assert (person.name.family, person.deceased) == ("Aldous", element == "deceasedDateTime")
    assert (person.birth is None) == (element == "birthDate")
    assert answers.unreadable == [Unreadable(Reference("Patient", "p1"), "bad-date")]


def test_a_person_who_does_not_exist_is_not_shown(page: PatientPage) -> None:
    missing = team_of(page, "p99")
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        person_in(page.context(), "p99", missing)
    page.server.failing["Patient"] = AWAY
    with pytest.raises(ServerUnavailable):
        person_in(page.context(), "p1", missing)


def test_the_person_has_the_name_that_holds_on_the_day_of_view(page: PatientPage) -> None:
    names = [{"use": "official", "family": "Former", "period": {"end": "2026-11-19"}}, {"family": "Current"}]
    page.server.put(make.patient("p1", "") | {"name": names})
    assert person_in(page.context(), "p1", team_of(page, "p1")).name.family == "Current"


def test_the_names_of_the_practitioners_in_the_team_are_those_of_the_day(page: PatientPage) -> None:
    former = {"use": "official", "family": "Former", "period": {"end": "2026-11-19"}}
    page.server.put(make.practitioner("nurse", "Ms Anna Lind"))
    page.server.put({**make.practitioner("gp"), "name": [former, {"family": "Okafor", "given": ["Jane"]}]})
    page.server.put(make.care_team("p1", ["gp", "nurse"]))
    names = names_in(page.context(), team_of(page, "p1"))
    assert names == {"Practitioner/gp": "Jane Okafor", "Practitioner/nurse": "Ms Anna Lind"}


# Allergies

PENICILLIN, NO_KNOWN, NO_DRUG = "91936005", "716186003", "409137002"


def allergy(ident: str, code: str, **more: Any) -> Json:
    return {
        "resourceType": "AllergyIntolerance", "id": ident, "patient": {"reference": "Patient/p1"},
        "clinicalStatus": make.concept("", "active"), "code": make.concept(make.SNOMED, code),
    } | more  # fmt: skip


def allergies_of(
    page: PatientPage, *rows: Json, name: str = "allergies", error: DashboardError | None = None
) -> tuple[Answers, Any]:
    request = SearchRequest("AllergyIntolerance")
    answers = Answers({name: request}, {name: error or SearchResult(request, list(rows))})
    more = {} if name == "allergies" else {"name": name}
    return answers, allergies_in(page.context(), answers, **more)


@pytest.mark.parametrize("name", ["allergies", "of the record"])
def test_the_allergies_are_shown_with_their_state(page: PatientPage, name: str) -> None:
    answers, (section, state, notices) = allergies_of(page, allergy("a1", PENICILLIN), name=name)
    assert [each.origin.id for each in section.value] == ["a1"]
    assert (state, notices, answers.unreadable) == (AllergyState.KNOWN, (), [])


@pytest.mark.parametrize(
    ("codes", "state", "notices"),
    [
        ([], AllergyState.NOT_RECORDED, ()),
        ([NO_KNOWN], AllergyState.NONE_KNOWN, ()),
        ([NO_DRUG], AllergyState.NOT_RECORDED, (Notice("allergies-partly-none"),)),
    ],
)
def test_that_there_are_no_allergies_is_said_only_where_it_is_recorded(
    page: PatientPage, codes: list[str], state: AllergyState, notices: tuple[Notice, ...]
) -> None:
    rows = [allergy(f"a{number}", code) for number, code in enumerate(codes)]
    assert allergies_of(page, *rows)[1] == (Section(()), state, notices)


def test_an_allergy_that_cannot_be_read_is_reported_and_never_none(page: PatientPage) -> None:
    answers, (section, state, notices) = allergies_of(page, allergy("a1", NO_KNOWN), allergy("a2", "") | {"code": {}})
    assert (section, state, notices) == (Section(()), AllergyState.UNAVAILABLE, ())
    assert [str(record.origin) for record in answers.unreadable] == ["AllergyIntolerance/a2"]


def test_allergies_whose_search_failed_are_a_failure(page: PatientPage) -> None:
    assert allergies_of(page, error=AWAY)[1] == (Section(None, AWAY.failure), AllergyState.UNAVAILABLE, ())


# What goes on record


def test_the_reason_of_an_emergency_access_is_on_record_and_the_team_needs_none(page: PatientPage) -> None:
    page.server.put(grant())
    assert reason_given(page.open("p4").emergency_access) == "emergency: pain"
    assert reason_given(None) == ""


# Following


def follow(page: PatientPage, patient_id: str, minutes: float = 0) -> Following:
    feed = ChangeFeed(start=lambda work: None)
    return follow_patient(page.context(minutes=minutes), GP, patient_id, ["Task"], page.teams.access, 7, feed)


@pytest.mark.parametrize("patient_id", ["p4", "no-such-patient"])
def test_a_patient_of_another_team_cannot_be_followed(page: PatientPage, patient_id: str) -> None:
    with pytest.raises(NotFound):
        page.open(patient_id)
    page.searched_types()
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        follow(page, patient_id)
    assert page.searched_types() == []


def test_a_patient_who_was_not_opened_cannot_be_followed(page: PatientPage) -> None:
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        follow(page, "p1")
    assert page.searched_types() == []


def test_a_patient_who_was_just_opened_is_followed_without_a_question(page: PatientPage) -> None:
    page.open("p1")
    page.searched_types()
    following = follow(page, "p1")
    assert (following.fhir, following.patient_id, following.interval) == (page.server, "p1", 7)
    assert page.searched_types() == []


def test_a_patient_opened_in_an_emergency_is_followed_while_that_holds(page: PatientPage) -> None:
    page.server.put(grant())
    page.open("p4")
    follow(page, "p4")
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        follow(page, "p4", minutes=61)


def test_a_patient_is_followed_no_more_once_the_server_was_asked_again_and_refused(page: PatientPage) -> None:
    page.open("p1")
    page.server.put(make.care_team("p1", ["somebody-else"]))
    page.seconds += 9
    with pytest.raises(NotFound, match=r"^patient-not-found$"):
        follow(page, "p1")


def test_the_team_and_the_consents_that_are_always_asked_for_are_those_of_the_patient(page: PatientPage) -> None:
    asked = always_asked(page.context(), "p1")
    assert {name: (request.type, request.patients) for name, request in asked.items()} == {
        "team": ("CareTeam", ("p1",)),
        "consents": ("Consent", ("p1",)),
    }
