"""No query and no action gives anybody a patient who is not theirs: random teams, periods, consents and grants, against
an obvious oracle that knows how each was made.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.actions.comment_on_task import comment_on_task
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerRefused, ServerUnavailable
from dashboard.fhir.mapping.emergency_access import to_fhir
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.find_patients import find_patients
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json, naming

T = load_terminology()
PEOPLE: Final = ("gp", "nurse")
TEAM_ROLES: Final = (Role.CLINICIAN, Role.COORDINATOR)
OTHERS: Final = (Role.PILOT_MANAGER, Role.PATIENT, Role.CARER, Role.ADMINISTRATOR)

MEMBERSHIPS: Final[dict[str, tuple[dict[str, Any], bool]]] = {
    "member": ({}, True),
    "ended": ({"period": {"end": "2026-11-19"}}, False),
    "to come": ({"period": {"start": "2026-11-21"}}, False),
    "inactive": ({"status": "inactive"}, False),
}
CONSENTS: Final[dict[str, tuple[Callable[[str], Json] | None, Callable[[str], bool]]]] = {
    "none": (None, lambda who: True),
    "shared": (lambda pid: make.consent(pid), lambda who: True),
    "withdrawn": (lambda pid: make.consent(pid, status="inactive"), lambda who: False),
    "refused": (lambda pid: make.consent(pid, {"type": "deny"}), lambda who: False),
    "not to gp": (lambda pid: make.consent(pid, naming("deny", "Practitioner/gp")), lambda who: who != "gp"),
    "not to team 1": (lambda pid: make.consent(pid, naming("deny", "Organization/team-1")), lambda who: False),
    "not to region": (lambda pid: make.consent(pid, naming("deny", "Organization/region-1")), lambda who: False),
    "not to team 9": (lambda pid: make.consent(pid, naming("deny", "Organization/team-9")), lambda who: True),
    "unreadable": (lambda pid: make.consent(pid, {"type": "?"}), lambda who: False),
}
# minutes from now: begin, end, and whether it holds now
GLASSES: Final = {
    "just now": (0, 60, True),
    "broken": (-10, 50, True),
    "no time": (0, 0, False),
    "over": (-70, -10, False),
    "to come": (10, 60, False),
}


@dataclass
class World:
    """One patient a pair of membership and consent and grant; all in team 1, which is part of region 1."""

    server: FakeFhirServer
    mine: dict[str, set[str]]
    emergency_access: dict[str, set[str]]
    ids: list[str]

    def __post_init__(self) -> None:
        self.store, self.kept = TeamCache(start=lambda work: None), PatientCache(start=lambda work: None)


def user(who: str, *roles: Role) -> User:
    return replace(make.user(who), roles=roles or (Role.CLINICIAN,))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    rows: list[Json] = [
        make.organisation("region-1", "South", "govt"),
        make.organisation("org-1", "Castle Practice", "prov", "region-1"),
        make.organisation("team-1", "Team 1", "team", "org-1"),
        *map(make.practitioner, PEOPLE),
    ]
    mine: dict[str, set[str]] = {who: set() for who in PEOPLE}
    emergency_access: dict[str, set[str]] = {who: set() for who in PEOPLE}
    count = draw(st.integers(1, 5))
    for n in range(1, count + 1):
        pid = f"p{n}"
        member, holds = MEMBERSHIPS[draw(st.sampled_from(sorted(MEMBERSHIPS)))]
        members = draw(st.sets(st.sampled_from(PEOPLE)))
        kind = draw(st.sampled_from(sorted(CONSENTS)))
        written, allows = CONSENTS[kind]
        rows += [make.patient(pid, "Aldous"), make.care_team(pid, sorted(members), **member)]
        rows += [make.condition(f"c{n}", pid), make.task(f"t{n}", pid, "Practitioner/gp")]
        rows += [make.task(f"u{n}", pid, "Organization/team-1")]
        if written is not None:
            rows.append(written(pid))
        since, until, now = GLASSES[draw(st.sampled_from(sorted(GLASSES)))]
        rows.append(glass_of(f"g{n}", pid, "nurse", since, until))
        in_team = holds and "nurse" in members
        for who in members:
            if holds and allows(who):
                mine[who].add(pid)
        # Consent stands above a glass. Who is not in the team is not meant by a consent that names the team.
        outside = not in_team and kind.startswith(("not to team", "not to region"))
        if now and pid not in mine["nurse"] and (allows("nurse") or outside):
            emergency_access["nurse"].add(pid)
    server = FakeFhirServer(rows)
    server.follows_inwards = draw(st.booleans())
    return World(server, mine, emergency_access, [f"p{n}" for n in range(1, count + 3)])


def glass_of(ident: str, pid: str, who: str, since: int, until: int) -> Json:
    since_then, until_then = (AS_OF + timedelta(minutes=minutes) for minutes in (since, until))
    grant = EmergencyAccess(
        Reference("Task", ident), Reference("Patient", pid), Reference("Practitioner", who), "emergency", "pain",
        since_then, until_then, who, Reference("Organization", "team-9"), source={},
    )  # fmt: skip
    return {**to_fhir(grant), "id": ident}


def opens(world: World, who: User, pid: str, as_of: datetime = AS_OF) -> bool:
    scope = make.scope(str(who.practitioner).split("/")[1])
    try:
        found = get_patient(world.server, who, scope, T, pid, as_of, team_cache=world.store, patient_cache=world.kept)
    except NotFound as refused:
        assert str(refused) == "patient-not-found"
        return False
    assert found.person.id == pid
    return True


@settings(max_examples=examples(150))
@given(worlds(), st.sampled_from(PEOPLE), st.sampled_from(TEAM_ROLES), st.booleans())
def test_no_query_gives_a_patient_who_is_not_the_users(world: World, who: str, role: Role, warm: bool) -> None:
    looking, scope, mine = user(who, role), make.scope(who), world.mine[who]
    if warm:
        get_worklist(world.server, looking, scope, T, AS_OF, team_cache=world.store)
    emergency_access = world.emergency_access[who] if role is Role.CLINICIAN else set()
    assert {pid for pid in world.ids if opens(world, looking, pid)} == mine | emergency_access
    rows = get_worklist(world.server, looking, scope, T, AS_OF, team_cache=world.store).rows
    assert set(rows["patient_id"]) == mine
    found = find_patients(world.server, looking, scope, "aldous", AS_OF, T, world.store)
    assert {match.person.id for match in found} == mine
    tasks = get_my_tasks(world.server, looking, scope, AS_OF, terminology=T, team_cache=world.store)
    assert {line.patient.id for line in tasks.tasks if line.patient} <= mine
    assert set(tasks.people) <= mine
    for n, pid in enumerate(world.ids, 1):
        try:
            comment_on_task(world.server, looking, f"t{n}", "1", "seen", reason="Comment added", at=AS_OF)
        except NotFound as refused:
            assert pid not in mine
            assert str(refused) == "task-not-found"
        else:
            assert pid in mine


@settings(max_examples=examples(30))
@given(worlds(), st.sampled_from(PEOPLE), st.sampled_from(OTHERS))
def test_other_roles_get_a_sentence_and_nothing_is_asked(world: World, who: str, role: Role) -> None:
    """Whether somebody else under the same scope has filled the store or not."""
    scope = make.scope(who)
    get_worklist(world.server, user(who), scope, T, AS_OF, team_cache=world.store)
    world.server.asked.clear()
    looking = user(who, role)
    refused: list[Callable[[], Any]] = [
        lambda: get_worklist(world.server, looking, scope, T, AS_OF, team_cache=world.store),
        lambda: find_patients(world.server, looking, scope, "aldous", AS_OF, T, world.store),
        lambda: find_patients(world.server, looking, scope, "", AS_OF, T, world.store),
        lambda: get_my_tasks(world.server, looking, scope, AS_OF, terminology=T, team_cache=world.store),
        *(
            lambda pid=pid: get_patient(
                world.server, looking, scope, T, pid, AS_OF, team_cache=world.store, patient_cache=world.kept
            )
            for pid in world.ids
        ),
        lambda: comment_on_task(world.server, looking, "t1", "1", "seen", reason="Comment added", at=AS_OF),
    ]
    for ask in refused:
        with pytest.raises(NotPermitted, match=r"-not-permitted$"):
            ask()
    assert world.server.asked == []


@settings(max_examples=examples(60))
@given(worlds(), st.sampled_from(PEOPLE), st.sampled_from(sorted(CONSENTS)))
def test_a_consent_that_changes_shows_at_the_next_refresh(world: World, who: str, becomes: str) -> None:
    scope, looking = make.scope(who), user(who)
    get_worklist(world.server, looking, scope, T, AS_OF, team_cache=world.store)
    written, allows = CONSENTS[becomes]
    before = set(world.mine[who])
    if written is not None:
        for pid in before:
            world.server.put(written(pid))
    rows = get_worklist(world.server, looking, scope, T, AS_OF, True, world.store).rows
    assert set(rows["patient_id"]) == {pid for pid in before if written is None or allows(who)}
    for pid in before:
        assert opens(world, looking, pid) is (written is None or allows(who) or pid in world.emergency_access[who])


def one_patient(*rows: Json) -> World:
    return World(FakeFhirServer([*make.cohort(), *rows]), {}, {}, [])


def test_a_guess_costs_the_same_questions_whether_the_patient_exists_or_not() -> None:
    world = one_patient()
    asked = []
    for pid in ("p4", "p99"):
        world.server.asked.clear()
        assert not opens(world, user("gp"), pid)
        asked.append([replace(request, patients=()) for request in world.server.asked])
    assert asked[0] == asked[1]
    assert asked[0]


def test_a_guessed_task_costs_the_same_questions_whether_it_exists_or_not() -> None:
    world = one_patient()
    asked = []
    for ident in ("t3", "t99", "../t3"):
        world.server.asked.clear()
        with pytest.raises(NotFound, match=r"^task-not-found$"):
            comment_on_task(world.server, user("gp"), ident, "1", "seen", reason="Comment added", at=AS_OF)
        asked.append([request.type for request in world.server.asked])
    assert asked[0] == asked[1] == asked[2]


def test_an_opened_patient_is_gone_when_the_grant_ends_even_if_kept() -> None:
    world = one_patient(glass_of("g", "p4", "gp", -59, 1))
    assert opens(world, user("gp"), "p4")
    assert opens(world, user("gp"), "p4", AS_OF + timedelta(seconds=59))
    assert not opens(world, user("gp"), "p4", AS_OF + timedelta(seconds=60))


def test_a_grant_of_somebody_else_or_one_that_was_refused_opens_nothing() -> None:
    revoked = {**glass_of("g", "p4", "gp", -10, 50), "status": "rejected"}
    assert not opens(one_patient(revoked), user("gp"), "p4")
    assert not opens(one_patient(glass_of("g", "p4", "somebody", -10, 50)), user("gp"), "p4")
    assert opens(one_patient({**glass_of("g", "p4", "gp", -10, 50), "status": "completed"}), user("gp"), "p4")


def test_when_consents_cannot_be_read_nobody_is_shown() -> None:
    for error in (
        ServerRefused("search-refused", what="Patient", status=400, reference="r1"),
        ServerUnavailable("server-timeout", reference="r1"),
    ):
        world = one_patient()
        world.server.follows_inwards = False
        world.server.failing = {"Consent": error}
        with pytest.raises(DashboardError, match=r"search-refused|server-timeout"):
            get_worklist(world.server, user("gp"), make.scope(), T, AS_OF, team_cache=world.store)
        with pytest.raises(DashboardError, match=r"search-refused|server-timeout"):
            opens(world, user("gp"), "p1")


def test_a_patient_whose_consent_cannot_be_read_is_hidden_and_counted() -> None:
    world = one_patient(make.consent("p1", {"type": "?"}))
    found = get_worklist(world.server, user("gp"), make.scope(), T, AS_OF, team_cache=world.store)
    assert "p1" not in set(found.rows["patient_id"])
    assert [(notice.kind, notice.detail) for notice in found.notices] == [("consent-unreadable", "1")]


def test_nothing_clinical_is_read_of_a_patient_who_does_not_share() -> None:
    world = one_patient(make.consent("p1", {"type": "deny"}))
    get_worklist(world.server, user("gp"), make.scope(), T, AS_OF, team_cache=world.store)
    of = {pid for request in world.server.asked if request.patients for pid in request.patients}
    assert of == {"p2", "p3"}


def test_one_more_search_where_a_server_leaves_consents_out_or_a_patient_has_none() -> None:
    world = one_patient()
    get_worklist(world.server, user("gp"), make.scope(), T, AS_OF, team_cache=world.store)
    assert len(world.server.asked) == 8
    poor = one_patient()
    poor.server.follows_inwards = False
    get_worklist(poor.server, user("gp"), make.scope(), T, AS_OF, team_cache=poor.store)
    assert [request.patients for request in poor.server.asked if request.type == "Consent"] == [("p1", "p2", "p3")]
    assert len(poor.server.asked) == 9


def test_a_scope_of_somebody_else_is_a_defect() -> None:
    world = one_patient()
    with pytest.raises(ValueError, match="somebody else"):
        get_worklist(world.server, user("gp"), AccessScope("http://fake.test/fhir", "Practitioner/nurse"), T, AS_OF)
