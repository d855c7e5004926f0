"""Access that ends under open pages: every page that has something cached of the patient closes with the next question.

The server is asked again who may see a patient once its last word is `ACCESS_AGE` old, and pages come back every
`BEAT_SECONDS`: together less than the 15 s within which an ended access closes every page.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from dashboard.access.request_context import request_context
from dashboard.cache.cache import ACCESS_AGE
from dashboard.cache.patient_cache import PatientCache, PlanCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerRefused, ServerUnavailable, UnexpectedAnswer
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.find_patients import find_patients
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_event import get_event
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json, naming

T = load_terminology()
C1 = Reference("Condition", "c1")
TEAM = "ct-p1-team-1"
NEXT: Final = ACCESS_AGE.wait_after + 0.1


class Pages:
    """A process with its caches and a clock, and what each page shows of p1 to the GP."""

    def __init__(self) -> None:
        self.server = FakeFhirServer(make.cohort())
        self.seconds = 1000.0
        self.teams = TeamCache(lambda: self.seconds, lambda work: None)
        self.summaries: PatientCache[PatientSummary] = PatientCache(lambda: self.seconds, lambda work: None)
        self.plans = PlanCache(lambda: self.seconds, lambda work: None)
        self.timelines: PatientCache[Timeline] = PatientCache(lambda: self.seconds, lambda work: None)

    def shown(self, page: str, patient_id: str = "p1") -> bool:
        return bool(PAGES[page](self, patient_id))

    def all_shown(self) -> dict[str, bool]:
        found = {}
        for page in PAGES:
            try:
                found[page] = self.shown(page)
            except (NotFound, NotPermitted):
                found[page] = False
        return found


def worklist(pages: Pages, pid: str) -> bool:
    rows = get_worklist(pages.server, make.user(), make.scope(), T, AS_OF, team_cache=pages.teams).rows
    return pid in set(rows["patient_id"])


def tasks(pages: Pages, pid: str) -> bool:
    found = get_my_tasks(pages.server, make.user(), make.scope(), AS_OF, terminology=T, team_cache=pages.teams)
    return pid in found.people


def find(pages: Pages, pid: str) -> bool:
    found = find_patients(pages.server, make.user(), make.scope(), "aldous", AS_OF, T, team_cache=pages.teams)
    return pid in {match.person.id for match in found}


def summary(pages: Pages, pid: str) -> bool:
    caches: Any = {"team_cache": pages.teams, "patient_cache": pages.summaries}
    return get_patient(pages.server, make.user(), make.scope(), T, pid, AS_OF, **caches).person.id == pid


def timeline(pages: Pages, pid: str) -> bool:
    caches: Any = {"team_cache": pages.teams, "patient_cache": pages.timelines}
    return get_timeline(pages.server, make.user(), make.scope(), T, pid, AS_OF, **caches).person.id == pid


def plan(pages: Pages, pid: str) -> bool:
    caches: Any = {"team_cache": pages.teams, "patient_cache": pages.plans}
    return get_care_plan(pages.server, make.user(), make.scope(), T, pid, AS_OF, **caches).patient.id == pid


def event(pages: Pages, pid: str) -> bool:
    caches: Any = {"team_cache": pages.teams, "patient_cache": pages.timelines}
    return get_event(pages.server, make.user(), make.scope(), T, pid, C1, AS_OF, **caches).event.origin == C1


PAGES: Final[dict[str, Callable[[Pages, str], bool]]] = {
    "worklist": worklist, "tasks": tasks, "find": find, "patient": summary, "timeline": timeline, "event": event,
    "plan": plan,
}  # fmt: skip
ENDS: Final[dict[str, Callable[[FakeFhirServer], object]]] = {
    "the membership ended": lambda server: server.put(
        make.care_team("p1", [], participant=[
            {"member": {"reference": "Practitioner/gp"}, "period": {"end": "2026-11-19"}}])),
    "the membership's period is no period": lambda server: server.put(
        make.care_team("p1", [], participant=[{"member": {"reference": "Practitioner/gp"}, "period": "always"}])),
    "the member was taken out": lambda server: server.put(make.care_team("p1", ["nurse"])),
    "the team ended": lambda server: server.put(make.care_team("p1", ["gp"], status="inactive")),
    "the team's period ended": lambda server: server.put(make.care_team("p1", ["gp"], period={"end": "2026-11-19"})),
    "the team's period is no period": lambda server: server.put(make.care_team("p1", ["gp"], period=["2024"])),
    "the team was deleted": lambda server: server.delete("CareTeam", TEAM),
    "the consent was withdrawn": lambda server: server.put(make.consent("p1", status="inactive")),
    "a consent to nobody was given": lambda server: server.put(make.consent("p1", {"type": "deny"}, ident="new")),
    "the user was denied": lambda server: server.put(
        make.consent("p1", naming("deny", "Practitioner/gp"), ident="new")),
    "the region was denied": lambda server: server.put(
        make.consent("p1", naming("deny", "Organization/org-1"), ident="new")),
    "the consent cannot be read": lambda server: server.put(make.consent("p1", {"type": "?"}, ident="new")),
}  # fmt: skip


@pytest.fixture
def pages() -> Pages:
    pages = Pages()
    pages.server.put(make.organisation("team-1", "Team 1", "team", "org-1"))
    assert all(pages.all_shown().values())
    return pages


@pytest.mark.parametrize("end", ENDS)
def test_access_that_ends_closes_every_open_page_and_no_other(pages: Pages, end: str) -> None:
    ENDS[end](pages.server)
    pages.seconds += NEXT
    assert not any(pages.all_shown().values())
    assert pages.shown("worklist", "p2") and pages.shown("patient", "p2")
    pages.seconds += NEXT
    assert not any(pages.all_shown().values()), "and it stays closed"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("end", ENDS)
def test_access_that_has_ended_opens_no_page_by_itself(end: str, page: str) -> None:
    """Whatever page is asked first after the end: none relies on another's question."""
    pages = Pages()
    pages.server.put(make.organisation("team-1", "Team 1", "team", "org-1"))
    pages.all_shown()
    ENDS[end](pages.server)
    pages.seconds += NEXT
    try:
        assert not pages.shown(page)
    except NotFound as refused:
        assert str(refused) in ("patient-not-found", "event-not-found")


@pytest.mark.parametrize("end", ENDS)
def test_what_was_closed_does_not_come_back_while_the_server_is_away(pages: Pages, end: str) -> None:
    ENDS[end](pages.server)
    pages.seconds += NEXT
    pages.all_shown()
    pages.server.down = True
    for seconds in (1, NEXT, 600):
        pages.seconds += seconds
        for page in PAGES:
            try:
                assert not pages.shown(page)
            except (NotFound, ServerUnavailable):
                continue


def test_access_that_comes_back_opens_again(pages: Pages) -> None:
    ENDS["the consent was withdrawn"](pages.server)
    pages.seconds += NEXT
    assert not any(pages.all_shown().values())
    pages.server.put(make.consent("p1"))
    pages.seconds += 121
    assert all(pages.all_shown().values())


@pytest.mark.parametrize(
    "error", [ServerUnavailable("server-timeout", reference="r"), UnexpectedAnswer("answer-empty")]
)
def test_while_who_may_see_cannot_be_asked_the_last_word_holds_and_is_said_to_be_old(
    pages: Pages, error: DashboardError
) -> None:
    for kind in ("CareTeam", "Consent"):
        pages.server.failing[kind] = error
    pages.seconds += NEXT
    assert all(pages.all_shown().values())
    assert get_worklist(pages.server, make.user(), make.scope(), T, AS_OF, team_cache=pages.teams).stale == error.code
    caches: Any = {"team_cache": pages.teams, "patient_cache": pages.summaries}
    assert get_patient(pages.server, make.user(), make.scope(), T, "p1", AS_OF, **caches).stale == error.code


def test_a_server_that_forbids_to_ask_for_teams_keeps_no_page_open(pages: Pages) -> None:
    pages.server.failing["CareTeam"] = NotPermitted("server-forbids", reference="r")
    for seconds in (NEXT, 1, 600):
        pages.seconds += seconds
        assert not any(pages.all_shown().values())


@pytest.mark.parametrize("page", PAGES)
def test_a_server_that_forbids_to_ask_for_consents_keeps_no_page_open(pages: Pages, page: str) -> None:
    """A list is read anew then, where its consents come with the CareTeams; a patient's page is not."""
    pages.server.failing["Consent"] = NotPermitted("server-forbids", reference="r")
    pages.seconds += NEXT
    with pytest.raises(NotPermitted):
        pages.shown(page)


def test_a_refresh_that_is_forbidden_drops_the_rows(pages: Pages) -> None:
    pages.server.failing["Observation"] = NotPermitted("server-forbids", reference="r")
    pages.seconds += 121
    with pytest.raises(NotPermitted):
        pages.shown("worklist")
    found = get_worklist(pages.server, make.user(), make.scope(), T, AS_OF, team_cache=pages.teams)
    assert "Observation" in {notice.detail for notice in found.notices}, "the rest is read again, without these"


class Meanwhile(FakeFhirServer):
    """Something happens while the records, which come last, are read; and that takes as long as it takes."""

    happens: Callable[[], None] | None = None

    def try_all(self, requests: Any, *more: Any) -> list[SearchResult | DashboardError]:
        found = super().try_all(requests, *more)
        if self.happens is not None and any(request.type in ("Observation", "Goal") for request in requests):
            happens, self.happens = self.happens, None
            happens()
        return found


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("end", ENDS)
def test_access_that_ends_in_the_middle_of_a_first_load_opens_nothing(page: str, end: str) -> None:
    pages = Pages()
    server = pages.server = Meanwhile(make.cohort())
    server.put(make.organisation("team-1", "Team 1", "team", "org-1"))

    def happens() -> None:
        ENDS[end](server)
        pages.seconds += 30

    server.happens = happens
    try:
        assert not pages.shown(page)
    except NotFound as refused:
        assert str(refused) in ("patient-not-found", "event-not-found")
    assert server.happens is None


def test_access_that_ends_while_a_team_is_read_leaves_the_part_that_is_shown() -> None:
    """A slow server: who is on the list is shown while the records come, longer than an access may outlive itself."""
    slow = Pages()
    slow.teams = TeamCache(lambda: slow.seconds)
    server = slow.server = Meanwhile(make.cohort())
    seen: list[bool] = []

    def part() -> bool:
        context = request_context(server, make.user(), make.scope(), T, AS_OF)
        data = slow.teams.team(context, wait=0.0).data
        return "p1" in data.visible(context.viewer, AS_OF.date())

    def happens() -> None:
        seen.append(part())
        ENDS["the membership ended"](server)
        slow.seconds += NEXT
        seen.append(part())

    server.happens = happens
    context = request_context(server, make.user(), make.scope(), T, AS_OF)
    whole = slow.teams.team(context, wait=60.0).data
    assert seen == [True, False]
    assert "p1" not in whole.visible(context.viewer, AS_OF.date())


# Emergency access


def grant(minutes: int = 60, **more: Any) -> Json:
    value = EmergencyAccess(
        Reference("Task", "g"), Reference("Patient", "p4"), Reference("Practitioner", "gp"), "emergency", "pain",
        AS_OF, AS_OF + timedelta(minutes=minutes), "gp", Reference("Organization", "team-2"), source={},
    )  # fmt: skip
    return {**to_fhir(value), "id": "g", **more}


EMERGENCY_ENDS: Final[dict[str, Callable[[FakeFhirServer], object]]] = {
    "rejected by the coordinator": lambda server: server.put(grant(status="rejected")),
    "deleted": lambda server: server.delete("Task", "g"),
    "over": lambda server: server.put(grant(0)),
    "a consent keeps the user out": lambda server: server.put(
        make.consent("p4", naming("deny", "Practitioner/gp"), ident="new")
    ),
}


@pytest.mark.parametrize("page", ["patient", "timeline", "plan"])
@pytest.mark.parametrize("end", EMERGENCY_ENDS)
def test_emergency_access_that_ends_closes_open_pages(pages: Pages, page: str, end: str) -> None:
    pages.server.put(grant())
    assert pages.shown(page, "p4")
    EMERGENCY_ENDS[end](pages.server)
    pages.seconds += NEXT
    for _ in range(2):
        with pytest.raises(NotFound):
            pages.shown(page, "p4")


# What it costs


def test_nobody_asks_who_may_see_before_the_last_answer_is_old(pages: Pages) -> None:
    pages.server.asked.clear()
    pages.seconds += ACCESS_AGE.refresh_after
    assert all(pages.all_shown().values())
    asked = [request for request in pages.server.asked if request.type in ("CareTeam", "Consent")]
    assert asked == []


def test_a_team_is_asked_for_ids_alone(pages: Pages) -> None:
    pages.server.asked.clear()
    pages.seconds += NEXT
    pages.shown("worklist")
    assert [(each.type, each.params) for each in pages.server.asked] == [
        ("CareTeam", (("_elements", "subject"),)),
        ("Consent", (("_elements", "patient"),)),
    ]


def test_a_server_that_refuses_parts_of_records_is_asked_for_whole_ones(pages: Pages) -> None:
    real = pages.server._search

    def strict(request: SearchRequest) -> SearchResult:
        if any(name == "_elements" for name, _ in request.params):
            raise ServerRefused("search-refused", what=request.type, status=400, reference="r")
        return real(request)

    pages.server._search = strict  # type: ignore[method-assign]
    ENDS["the team was deleted"](pages.server)
    pages.seconds += NEXT
    assert not pages.shown("worklist")
