"""No query or action returns a patient whom the user may not see: random teams, periods, consents and emergency
accesses are compared with an obvious oracle that knows how each was made.
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
# minutes from now: begin, end, and whether it is valid now
GRANTS: Final = {
    "just now": (0, 60, True),
    "broken": (-10, 50, True),
    "no time": (0, 0, False),
    "over": (-70, -10, False),
    "to come": (10, 60, False),
}


@dataclass
class CohortWithAccess:
    """Patients with one membership, consent and emergency access each; all are of team 1, which is part of region 1."""

    server: FakeFhirServer
    visible: dict[str, set[str]]
    emergency_access: dict[str, set[str]]
    ids: list[str]

    def __post_init__(self) -> None:
        self.team_cache, self.patient_cache = TeamCache(start=lambda work: None), PatientCache(start=lambda work: None)


def user(who: str, *roles: Role) -> User:
    return replace(make.user(who), roles=roles or (Role.CLINICIAN,))


@st.composite
def cohorts_with_access(draw: st.DrawFn) -> CohortWithAccess:
    rows: list[Json] = [
        make.organisation("region-1", "South", "govt"),
        make.organisation("org-1", "Castle Practice", "prov", "region-1"),
        make.organisation("team-1", "Team 1", "team", "org-1"),
        *map(make.practitioner, PEOPLE),
    ]
    visible: dict[str, set[str]] = {who: set() for who in PEOPLE}
    emergency_access: dict[str, set[str]] = {who: set() for who in PEOPLE}
    count = draw(st.integers(1, 5))
    for n in range(1, count + 1):
        pid = f"p{n}"
        member, is_member = MEMBERSHIPS[draw(st.sampled_from(sorted(MEMBERSHIPS)))]
        members = draw(st.sets(st.sampled_from(PEOPLE)))
        kind = draw(st.sampled_from(sorted(CONSENTS)))
        written, allows = CONSENTS[kind]
        rows += [make.patient(pid, "Aldous"), make.care_team(pid, sorted(members), **member)]
        rows += [make.condition(f"c{n}", pid), make.task(f"t{n}", pid, "Practitioner/gp")]
        rows += [make.task(f"u{n}", pid, "Organization/team-1")]
        if written is not None:
            rows.append(written(pid))
        since, until, now = GRANTS[draw(st.sampled_from(sorted(GRANTS)))]
        rows.append(grant_of(f"g{n}", pid, "nurse", since, until))
        in_team = is_member and "nurse" in members
        for who in members:
            if is_member and allows(who):
                visible[who].add(pid)
        # Consent overrides emergency access. A consent that names the team does not concern users outside it.
        outside = not in_team and kind.startswith(("not to team", "not to region"))
        if now and pid not in visible["nurse"] and (allows("nurse") or outside):
            emergency_access["nurse"].add(pid)
    server = FakeFhirServer(rows)
    server.follows_inwards = draw(st.booleans())
    return CohortWithAccess(server, visible, emergency_access, [f"p{n}" for n in range(1, count + 3)])


def grant_of(ident: str, pid: str, who: str, since: int, until: int) -> Json:
    since_then, until_then = (AS_OF + timedelta(minutes=minutes) for minutes in (since, until))
    grant = EmergencyAccess(
        Reference("Task", ident), Reference("Patient", pid), Reference("Practitioner", who), "emergency", "pain",
        since_then, until_then, who, Reference("Organization", "team-9"), source={},
    )  # fmt: skip
    return {**to_fhir(grant), "id": ident}


def opens(cohort: CohortWithAccess, who: User, pid: str, as_of: datetime = AS_OF) -> bool:
    scope = make.scope(str(who.practitioner).split("/")[1])
    try:
        found = get_patient(
            cohort.server, who, scope, T, pid, as_of, team_cache=cohort.team_cache, patient_cache=cohort.patient_cache
        )
    except NotFound as refused:
        assert str(refused) == "patient-not-found"
        return False
    assert found.person.id == pid
    return True


@settings(max_examples=examples(150))
@given(cohorts_with_access(), st.sampled_from(PEOPLE), st.sampled_from(TEAM_ROLES), st.booleans())
def test_no_query_returns_a_patient_whom_the_user_may_not_see(
    cohort: CohortWithAccess, who: str, role: Role, warm: bool
) -> None:
    reader, scope, visible = user(who, role), make.scope(who), cohort.visible[who]
    if warm:
        get_worklist(cohort.server, reader, scope, T, AS_OF, team_cache=cohort.team_cache)
    emergency_access = cohort.emergency_access[who] if role is Role.CLINICIAN else set()
    assert {pid for pid in cohort.ids if opens(cohort, reader, pid)} == visible | emergency_access
    rows = get_worklist(cohort.server, reader, scope, T, AS_OF, team_cache=cohort.team_cache).rows
    assert set(rows["patient_id"]) == visible
    found = find_patients(cohort.server, reader, scope, "aldous", AS_OF, T, cohort.team_cache)
    assert {match.person.id for match in found} == visible
    tasks = get_my_tasks(cohort.server, reader, scope, AS_OF, terminology=T, team_cache=cohort.team_cache)
    assert {line.patient.id for line in tasks.tasks if line.patient} <= visible
    assert set(tasks.people) <= visible
    for n, pid in enumerate(cohort.ids, 1):
        try:
            comment_on_task(cohort.server, reader, f"t{n}", "1", "seen", reason="Comment added", at=AS_OF)
        except NotFound as refused:
            assert pid not in visible
            assert str(refused) == "task-not-found"
        else:
            assert pid in visible


@settings(max_examples=examples(30))
@given(cohorts_with_access(), st.sampled_from(PEOPLE), st.sampled_from(OTHERS))
def test_other_roles_are_refused_without_a_request(cohort: CohortWithAccess, who: str, role: Role) -> None:
    """This holds whether or not another user with the same scope has filled the cache before."""
    scope = make.scope(who)
    get_worklist(cohort.server, user(who), scope, T, AS_OF, team_cache=cohort.team_cache)
    cohort.server.asked.clear()
    reader = user(who, role)
    refused: list[Callable[[], Any]] = [
        lambda: get_worklist(cohort.server, reader, scope, T, AS_OF, team_cache=cohort.team_cache),
        lambda: find_patients(cohort.server, reader, scope, "aldous", AS_OF, T, cohort.team_cache),
        lambda: find_patients(cohort.server, reader, scope, "", AS_OF, T, cohort.team_cache),
        lambda: get_my_tasks(cohort.server, reader, scope, AS_OF, terminology=T, team_cache=cohort.team_cache),
        *(
            lambda pid=pid: get_patient(
                cohort.server,
                reader,
                scope,
                T,
                pid,
                AS_OF,
                team_cache=cohort.team_cache,
                patient_cache=cohort.patient_cache,
            )
            for pid in cohort.ids
        ),
        lambda: comment_on_task(cohort.server, reader, "t1", "1", "seen", reason="Comment added", at=AS_OF),
    ]
    for ask in refused:
        with pytest.raises(NotPermitted, match=r"-not-permitted$"):
            ask()
    assert cohort.server.asked == []


@settings(max_examples=examples(60))
@given(cohorts_with_access(), st.sampled_from(PEOPLE), st.sampled_from(sorted(CONSENTS)))
def test_a_changed_consent_takes_effect_at_the_next_refresh(cohort: CohortWithAccess, who: str, becomes: str) -> None:
    scope, reader = make.scope(who), user(who)
    get_worklist(cohort.server, reader, scope, T, AS_OF, team_cache=cohort.team_cache)
    written, allows = CONSENTS[becomes]
    before = set(cohort.visible[who])
    if written is not None:
        for pid in before:
            cohort.server.put(written(pid))
    rows = get_worklist(cohort.server, reader, scope, T, AS_OF, True, cohort.team_cache).rows
    assert set(rows["patient_id"]) == {pid for pid in before if written is None or allows(who)}
    for pid in before:
        assert opens(cohort, reader, pid) is (written is None or allows(who) or pid in cohort.emergency_access[who])


def one_patient(*rows: Json) -> CohortWithAccess:
    return CohortWithAccess(FakeFhirServer([*make.cohort(), *rows]), {}, {}, [])


def test_a_guessed_id_causes_the_same_requests_whether_or_not_the_patient_exists() -> None:
    cohort = one_patient()
    searched = []
    for pid in ("p4", "p99"):
        cohort.server.asked.clear()
        assert not opens(cohort, user("gp"), pid)
        searched.append([replace(request, patients=()) for request in cohort.server.asked])
    assert searched[0] == searched[1]
    assert searched[0]


def test_a_guessed_task_causes_the_same_requests_whether_or_not_it_exists() -> None:
    cohort = one_patient()
    searched = []
    for ident in ("t3", "t99", "../t3"):
        cohort.server.asked.clear()
        with pytest.raises(NotFound, match=r"^task-not-found$"):
            comment_on_task(cohort.server, user("gp"), ident, "1", "seen", reason="Comment added", at=AS_OF)
        searched.append([request.type for request in cohort.server.asked])
    assert searched[0] == searched[1] == searched[2]


def test_a_cached_patient_is_refused_when_the_emergency_access_ends() -> None:
    cohort = one_patient(grant_of("g", "p4", "gp", -59, 1))
    assert opens(cohort, user("gp"), "p4")
    assert opens(cohort, user("gp"), "p4", AS_OF + timedelta(seconds=59))
    assert not opens(cohort, user("gp"), "p4", AS_OF + timedelta(seconds=60))


def test_emergency_access_of_another_user_or_a_rejected_one_opens_no_patient() -> None:
    revoked = {**grant_of("g", "p4", "gp", -10, 50), "status": "rejected"}
    assert not opens(one_patient(revoked), user("gp"), "p4")
    assert not opens(one_patient(grant_of("g", "p4", "other", -10, 50)), user("gp"), "p4")
    assert opens(one_patient({**grant_of("g", "p4", "gp", -10, 50), "status": "completed"}), user("gp"), "p4")


def test_no_patient_is_shown_when_consents_cannot_be_read() -> None:
    for error in (
        ServerRefused("search-refused", what="Patient", status=400, reference="r1"),
        ServerUnavailable("server-timeout", reference="r1"),
    ):
        cohort = one_patient()
        cohort.server.follows_inwards = False
        cohort.server.failing = {"Consent": error}
        with pytest.raises(DashboardError, match=r"search-refused|server-timeout"):
            get_worklist(cohort.server, user("gp"), make.scope(), T, AS_OF, team_cache=cohort.team_cache)
        with pytest.raises(DashboardError, match=r"search-refused|server-timeout"):
            opens(cohort, user("gp"), "p1")


def test_a_patient_whose_consent_cannot_be_read_is_hidden_and_counted() -> None:
    cohort = one_patient(make.consent("p1", {"type": "?"}))
    found = get_worklist(cohort.server, user("gp"), make.scope(), T, AS_OF, team_cache=cohort.team_cache)
    assert "p1" not in set(found.rows["patient_id"])
    assert [(notice.kind, notice.detail) for notice in found.notices] == [("consent-unreadable", "1")]


def test_no_clinical_record_is_read_of_a_patient_who_does_not_share() -> None:
    cohort = one_patient(make.consent("p1", {"type": "deny"}))
    get_worklist(cohort.server, user("gp"), make.scope(), T, AS_OF, team_cache=cohort.team_cache)
    of = {pid for request in cohort.server.asked if request.patients for pid in request.patients}
    assert of == {"p2", "p3"}


def test_one_more_search_is_sent_where_consents_are_not_included() -> None:
    cohort = one_patient()
    get_worklist(cohort.server, user("gp"), make.scope(), T, AS_OF, team_cache=cohort.team_cache)
    assert len(cohort.server.asked) == 13
    poor = one_patient()
    poor.server.follows_inwards = False
    get_worklist(poor.server, user("gp"), make.scope(), T, AS_OF, team_cache=poor.team_cache)
    assert [request.patients for request in poor.server.asked if request.type == "Consent"] == [("p1", "p2", "p3")]
    assert len(poor.server.asked) == 14


def test_the_access_scope_of_another_user_is_a_programming_error() -> None:
    cohort = one_patient()
    with pytest.raises(ValueError, match="somebody else"):
        get_worklist(cohort.server, user("gp"), AccessScope("http://fake.test/fhir", "Practitioner/nurse"), T, AS_OF)
