"""A patient sees the own record, a carer that of whom he cares for while the patient agrees; nobody sees another's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import AuditUnavailable, DashboardError, NotFound, NotPermitted, ServerRefused, ServerUnavailable
from dashboard.fhir.mapping.audit_event import audit_event
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_own_record import get_own_record
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_who_looked import get_who_looked
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json, naming

T = load_terminology()
NOT_YOURS: Final = "record-not-found"
SUSAN: Final = "RelatedPerson/susan"


def patient_user(ident: str) -> User:
    me = Reference("Patient", ident)
    return User(None, ident, roles=(Role.PATIENT,), subject=f"id|{ident}", fhir_user=me)


def carer_user(ident: str = "susan") -> User:
    me = Reference("RelatedPerson", ident)
    return User(None, ident, roles=(Role.CARER,), subject=f"id|{ident}", fhir_user=me)


def carer(ident: str, patient_id: str, **more: Any) -> Json:
    return {
        "resourceType": "RelatedPerson",
        "id": ident,
        "active": True,
        "patient": {"reference": f"Patient/{patient_id}"},
        "name": [{"family": "Aldous", "given": ["Susan"]}],
    } | more


def agreed(patient_id: str = "p1", who: str = SUSAN, **more: Any) -> Json:
    return make.consent(patient_id, naming("permit", who), ident=f"agreed-{patient_id}", **more)


def server(*rows: Json) -> FakeFhirServer:
    return FakeFhirServer([*make.cohort(), carer("susan", "p1"), *rows])


def opened(world: FakeFhirServer, who: User, asked: str = "", **more: Any) -> PatientSummary:
    scope = AccessScope(world.base_url, str(who.fhir_user))
    return get_own_record(world, who, scope, T, more.get("as_of", AS_OF), asked)


def sees(world: FakeFhirServer, who: User, asked: str = "") -> str:
    """Whose record opens, "" for nobody's: then the sentence says no more than that."""
    try:
        return opened(world, who, asked).person.id
    except NotFound as refused:
        assert str(refused) == NOT_YOURS
        return ""


def test_a_patient_sees_the_own_record_and_what_is_for_clinicians_is_not_in_it() -> None:
    world = server()
    found = opened(world, patient_user("p1"))
    theirs = get_patient(
        world, make.user("gp"), make.scope("gp"), T, "p1", AS_OF, team_cache=TeamCache(), patient_cache=PatientCache()
    )
    assert found.person == theirs.person and found.medicines == theirs.medicines and found.team == theirs.team
    assert theirs.attention and found.attention == () and found.checks == ()


@pytest.mark.parametrize("asked", ["p2", "p4", "p99", "pat-mary-aldous", "../p2", "", "p1"])
def test_an_address_with_anybody_elses_id_is_not_found(asked: str) -> None:
    world = server(agreed())
    for who in (patient_user("p1"), carer_user()):
        assert sees(world, who, asked) == ("p1" if asked in ("", "p1") else "")


def test_a_guess_asks_the_same_whether_it_exists_or_not() -> None:
    for who in (patient_user("p1"), carer_user()):
        asked = []
        for ident in ("p2", "p99"):
            world = server(agreed())
            assert sees(world, who, ident) == ""
            asked.append([(request.type, request.params, request.patients) for request in world.asked])
        assert asked[0] == asked[1]


def test_a_patient_who_has_taken_sharing_back_still_sees_the_own_record() -> None:
    assert sees(server(make.consent("p1", status="inactive")), patient_user("p1")) == "p1"
    assert sees(server(make.consent("p1", {"type": "deny"})), patient_user("p1")) == "p1"


CONSENTS: Final[dict[str, tuple[Callable[[], list[Json]], bool]]] = {
    "none": (lambda: [], False),
    "named": (lambda: [agreed()], True),
    "expired": (lambda: [agreed(provision=naming("permit", SUSAN, period={"end": "2026-11-19"}))], False),
    "to come": (lambda: [agreed(provision=naming("permit", SUSAN, period={"start": "2026-11-21"}))], False),
    "taken back": (lambda: [agreed(status="inactive")], False),
    "draft": (lambda: [agreed(status="draft")], False),
    "of somebody else": (lambda: [agreed(who="RelatedPerson/john")], False),
    "of another patient": (lambda: [agreed("p2")], False),
    "everybody, without a name": (lambda: [make.consent("p1")], False),
    "denied": (lambda: [agreed(), make.consent("p1", naming("deny", SUSAN), ident="no")], False),
    "everybody denied": (lambda: [agreed(), make.consent("p1", {"type": "deny"}, ident="no")], False),
    "another unreadable": (lambda: [agreed(), make.consent("p1", {"type": "?"}, ident="odd")], False),
    "for a part": (lambda: [agreed(provision=naming("permit", SUSAN, code=[make.concept(make.LOINC, "1-8")]))], False),
}


@pytest.mark.parametrize("kind", CONSENTS)
def test_a_carer_sees_the_record_while_the_patient_agrees(kind: str) -> None:
    rows, holds = CONSENTS[kind]
    assert sees(server(*rows()), carer_user()) == ("p1" if holds else "")


@pytest.mark.parametrize(
    "person",
    [
        carer("susan", "p1", active=False),
        carer("susan", "p1", period={"end": "2026-11-19"}),
        carer("susan", "p2"),
        carer("susan", "p99"),
        carer("susan", "p1", patient={"display": "Mary"}),
    ],
)
def test_a_carer_who_is_none_today_or_of_somebody_else_sees_nothing(person: Json) -> None:
    assert sees(server(agreed(), person), carer_user()) == ""


def test_a_carer_the_server_does_not_know_sees_nothing() -> None:
    assert sees(server(agreed()), carer_user("nobody")) == ""


def test_a_consent_that_is_taken_back_holds_at_the_next_look() -> None:
    world = server(agreed())
    assert sees(world, carer_user()) == "p1"
    world.put(agreed(status="inactive"))
    assert sees(world, carer_user()) == ""


def test_a_consent_that_is_taken_back_while_the_record_is_read_holds() -> None:
    world = server(agreed())
    ask = world.try_all

    def meanwhile(requests: Any) -> Any:
        if len(requests) > 5:
            world.put(agreed(status="inactive"))
        return ask(requests)

    world.try_all = meanwhile  # type: ignore[method-assign]
    assert sees(world, carer_user()) == ""


@pytest.mark.parametrize("kind", ["RelatedPerson", "Consent"])
def test_what_decides_and_cannot_be_read_opens_nothing(kind: str) -> None:
    for error in (
        ServerRefused("search-refused", what="Patient", status=400, reference="r1"),
        ServerUnavailable("server-timeout", reference="r1"),
    ):
        world = server(agreed())
        world.failing = {kind: error}
        with pytest.raises(DashboardError, match=r"search-refused|server-timeout"):
            opened(world, carer_user())


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.PATIENT, Role.CARER)])
def test_others_are_told_who_may_and_nothing_is_asked(role: Role) -> None:
    world = server(agreed())
    for who in (patient_user("p1"), carer_user()):
        with pytest.raises(NotPermitted, match="own-record-not-permitted"):
            opened(world, replace(who, roles=(role,)), "p1")
        with pytest.raises(NotPermitted, match="who-looked-not-permitted"):
            get_who_looked(world, replace(who, roles=(role,)), "p1", AS_OF)
    assert world.asked == []


def test_a_role_without_the_person_for_it_opens_nothing() -> None:
    """A carer by role whom the sign-in calls a patient, and the other way round."""
    world = server(agreed())
    for who in (replace(carer_user(), roles=(Role.PATIENT,)), replace(patient_user("p1"), roles=(Role.CARER,))):
        with pytest.raises(NotPermitted, match="own-record-not-permitted"):
            opened(world, who)
    assert world.asked == []


def test_the_scope_is_the_users_own() -> None:
    with pytest.raises(ValueError, match="somebody else"):
        get_own_record(server(), patient_user("p1"), AccessScope("http://fake.test/fhir", "Patient/p2"), T, AS_OF)


@settings(max_examples=examples(60))
@given(
    st.lists(
        st.tuples(st.sampled_from(["p1", "p2", "susan", "john"]), st.sampled_from(["", "p1", "p2", "p3", "p99"])),
        max_size=6,
    ),
    st.sets(st.sampled_from(["susan", "john"])),
)
def test_users_of_one_process_never_see_each_others(looks: list[tuple[str, str]], agree: set[str]) -> None:
    """Two patients and two carers, one after the other in any order, with any addresses."""
    cares_for = {"susan": "p1", "john": "p2"}
    consents = [agreed(cares_for[name], f"RelatedPerson/{name}") for name in agree]
    world = server(carer("john", "p2"), *consents)
    for name, asked in looks:
        who = carer_user(name) if name in cares_for else patient_user(name)
        own = name if name not in cares_for else cares_for[name] if name in agree else ""
        assert sees(world, who, asked) == (own if asked in ("", own) else "")


def test_every_look_and_refusal_is_on_record(trail: Trail) -> None:
    world = server(agreed())
    opened(world, patient_user("p1"))
    opened(world, carer_user())
    sees(world, patient_user("p1"), "p2")
    told = [(each.kind, each.who, [who.id for who in each.patients], each.outcome) for each in trail.records]
    assert told == [
        (AuditKind.PATIENT_READ, Reference("Patient", "p1"), ["p1"], AuditOutcome.SUCCESS),
        (AuditKind.PATIENT_READ, Reference("RelatedPerson", "susan"), ["p1"], AuditOutcome.SUCCESS),
        (AuditKind.REFUSAL, Reference("Patient", "p1"), ["p2"], AuditOutcome.REFUSED),
    ]
    trail.full = True
    with pytest.raises(AuditUnavailable):
        opened(world, patient_user("p1"))


def test_the_patient_sees_who_looked_and_nobody_else_does(trail: Trail) -> None:
    world = server(agreed())
    opened(world, carer_user())
    get_patient(
        world, make.user("gp"), make.scope("gp"), T, "p2", AS_OF, team_cache=TeamCache(), patient_cache=PatientCache()
    )
    for record in list(trail.records):
        world.put(audit_event(record, world.base_url, "host"))
    seen = get_who_looked(world, patient_user("p1"), "p1", AS_OF)
    assert [entry.name for entry in seen.entries] == ["susan"]
    for who, asked in ((patient_user("p2"), "p1"), (carer_user(), "p1"), (make.user("gp"), "p1")):
        with pytest.raises(NotPermitted):
            get_who_looked(world, who, asked, AS_OF)
