"""Patients see their own record; carers see the record of the patient who consents to it; no others are shown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.last_answers import LastAnswers
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


def opened(fhir: FakeFhirServer, who: User, patient_id: str = "", **more: Any) -> PatientSummary:
    scope = AccessScope(fhir.base_url, str(who.fhir_user))
    return get_own_record(fhir, who, scope, T, more.get("as_of", AS_OF), patient_id, more.get("known") or LastAnswers())


def sees(fhir: FakeFhirServer, who: User, patient_id: str = "") -> str:
    """Returns the id of the patient whose record opens, or "" after a refusal, which must say no more."""
    try:
        return opened(fhir, who, patient_id).person.id
    except NotFound as refused:
        assert str(refused) == NOT_YOURS
        return ""


def test_a_patient_sees_the_own_record_without_the_parts_for_clinicians() -> None:
    fhir = server()
    found = opened(fhir, patient_user("p1"))
    theirs = get_patient(
        fhir, make.user("gp"), make.scope("gp"), T, "p1", AS_OF, team_cache=TeamCache(), patient_cache=PatientCache()
    )
    assert found.person == theirs.person and found.medicines == theirs.medicines and found.team == theirs.team
    assert theirs.attention and found.attention == () and found.checks == ()


@pytest.mark.parametrize("patient_id", ["p2", "p4", "p99", "pat-mary-aldous", "../p2", "", "p1"])
def test_an_address_with_the_id_of_another_patient_is_not_found(patient_id: str) -> None:
    fhir = server(agreed())
    for who in (patient_user("p1"), carer_user()):
        assert sees(fhir, who, patient_id) == ("p1" if patient_id in ("", "p1") else "")


def test_a_guessed_id_causes_the_same_requests_whether_or_not_it_exists() -> None:
    for who in (patient_user("p1"), carer_user()):
        requests = []
        for ident in ("p2", "p99"):
            fhir = server(agreed())
            assert sees(fhir, who, ident) == ""
            requests.append([(request.type, request.params, request.patients) for request in fhir.asked])
        assert requests[0] == requests[1]


def test_a_patient_who_withdrew_consent_still_sees_the_own_record() -> None:
    assert sees(server(make.consent("p1", status="inactive")), patient_user("p1")) == "p1"
    assert sees(server(make.consent("p1", {"type": "deny"})), patient_user("p1")) == "p1"


CONSENTS: Final[dict[str, tuple[Callable[[], list[Json]], bool]]] = {
    "none": (lambda: [], False),
    "named": (lambda: [agreed()], True),
    "expired": (lambda: [agreed(provision=naming("permit", SUSAN, period={"end": "2026-11-19"}))], False),
    "to come": (lambda: [agreed(provision=naming("permit", SUSAN, period={"start": "2026-11-21"}))], False),
    "taken back": (lambda: [agreed(status="inactive")], False),
    "draft": (lambda: [agreed(status="draft")], False),
    "of another carer": (lambda: [agreed(who="RelatedPerson/john")], False),
    "of another patient": (lambda: [agreed("p2")], False),
    "all users, without a name": (lambda: [make.consent("p1")], False),
    "denied": (lambda: [agreed(), make.consent("p1", naming("deny", SUSAN), ident="no")], False),
    "all users denied": (lambda: [agreed(), make.consent("p1", {"type": "deny"}, ident="no")], False),
    "another unreadable": (lambda: [agreed(), make.consent("p1", {"type": "?"}, ident="odd")], False),
    "for a part": (lambda: [agreed(provision=naming("permit", SUSAN, code=[make.concept(make.LOINC, "1-8")]))], False),
}


@pytest.mark.parametrize("kind", CONSENTS)
def test_a_carer_sees_the_record_while_the_patient_consents(kind: str) -> None:
    rows, valid = CONSENTS[kind]
    assert sees(server(*rows()), carer_user()) == ("p1" if valid else "")


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
def test_a_former_carer_or_one_of_another_patient_sees_no_record(person: Json) -> None:
    assert sees(server(agreed(), person), carer_user()) == ""


def test_a_carer_who_is_not_on_the_server_sees_no_record() -> None:
    assert sees(server(agreed()), carer_user("unknown")) == ""


def test_a_server_without_consents_has_none_for_a_carer() -> None:
    fhir = server(agreed())
    types = {name: kind for name, kind in fhir.capabilities.types.items() if name != "Consent"}
    fhir.capabilities = replace(fhir.capabilities, types=types)
    assert sees(fhir, carer_user()) == ""
    assert sees(fhir, patient_user("p1")) == "p1"


def test_a_withdrawn_consent_takes_effect_at_the_next_read() -> None:
    fhir = server(agreed())
    assert sees(fhir, carer_user()) == "p1"
    fhir.put(agreed(status="inactive"))
    assert sees(fhir, carer_user()) == ""


def test_a_consent_withdrawn_during_the_read_takes_effect() -> None:
    fhir = server(agreed())
    ask = fhir.try_all

    def meanwhile(requests: Any) -> Any:
        if len(requests) > 5:
            fhir.put(agreed(status="inactive"))
        return ask(requests)

    fhir.try_all = meanwhile  # type: ignore[method-assign]
    assert sees(fhir, carer_user()) == ""


@pytest.mark.parametrize("kind", ["RelatedPerson", "Consent"])
def test_no_record_opens_if_a_deciding_resource_cannot_be_read(kind: str) -> None:
    for error in (
        ServerRefused("search-refused", what="Patient", status=400, reference="r1"),
        ServerUnavailable("server-timeout", reference="r1"),
    ):
        fhir = server(agreed())
        fhir.failing = {kind: error}
        with pytest.raises(DashboardError, match=r"search-refused|server-timeout"):
            opened(fhir, carer_user())


def test_a_patient_has_the_last_known_section_of_a_search_that_fails_and_a_carer_has_none() -> None:
    """Which items are private is on the items: a carer might see what the patient has made private since."""
    fhir, known = server(agreed()), LastAnswers()
    for who in (patient_user("p1"), carer_user()):
        first = opened(fhir, who, known=known)
        fhir.failing = {"Goal": ServerUnavailable("server-timeout", reference="r1")}
        later = opened(fhir, who, known=known, as_of=AS_OF + timedelta(minutes=2))
        fhir.failing = {}
        assert first.goals.value
        if who.fhir_user == Reference("Patient", "p1"):
            assert (later.goals.value, later.old["Goal"].read) == (first.goals.value, AS_OF)
        else:
            assert (later.goals.value, later.old) == (None, {})


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.PATIENT, Role.CARER)])
def test_other_roles_are_refused_without_a_request(role: Role) -> None:
    fhir = server(agreed())
    for who in (patient_user("p1"), carer_user()):
        with pytest.raises(NotPermitted, match="own-record-not-permitted"):
            opened(fhir, replace(who, roles=(role,)), "p1")
        with pytest.raises(NotPermitted, match="who-looked-not-permitted"):
            get_who_looked(fhir, replace(who, roles=(role,)), "p1", AS_OF)
    assert fhir.asked == []


def test_a_role_without_the_matching_identity_opens_no_record() -> None:
    """For example a carer by role whom the sign-in identifies as a patient, and the other way round."""
    fhir = server(agreed())
    for who in (replace(carer_user(), roles=(Role.PATIENT,)), replace(patient_user("p1"), roles=(Role.CARER,))):
        with pytest.raises(NotPermitted, match="own-record-not-permitted"):
            opened(fhir, who)
    assert fhir.asked == []


def test_the_access_scope_must_be_that_of_the_user() -> None:
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
def test_users_of_one_process_never_see_the_record_of_another(reads: list[tuple[str, str]], agree: set[str]) -> None:
    """Two patients and two carers read one after the other, in any order and with any addresses."""
    cares_for = {"susan": "p1", "john": "p2"}
    consents = [agreed(cares_for[name], f"RelatedPerson/{name}") for name in agree]
    fhir = server(carer("john", "p2"), *consents)
    for name, patient_id in reads:
        who = carer_user(name) if name in cares_for else patient_user(name)
        own = name if name not in cares_for else cares_for[name] if name in agree else ""
        assert sees(fhir, who, patient_id) == (own if patient_id in ("", own) else "")


def test_every_read_and_every_refusal_is_audited(trail: Trail) -> None:
    fhir = server(agreed())
    opened(fhir, patient_user("p1"))
    opened(fhir, carer_user())
    sees(fhir, patient_user("p1"), "p2")
    audited = [(each.kind, each.who, [who.id for who in each.patients], each.outcome) for each in trail.records]
    assert audited == [
        (AuditKind.PATIENT_READ, Reference("Patient", "p1"), ["p1"], AuditOutcome.SUCCESS),
        (AuditKind.PATIENT_READ, Reference("RelatedPerson", "susan"), ["p1"], AuditOutcome.SUCCESS),
        (AuditKind.REFUSAL, Reference("Patient", "p1"), ["p2"], AuditOutcome.REFUSED),
    ]
    trail.full = True
    with pytest.raises(AuditUnavailable):
        opened(fhir, patient_user("p1"))


def test_only_the_patient_sees_who_has_read_the_record(trail: Trail) -> None:
    fhir = server(agreed())
    opened(fhir, carer_user())
    get_patient(
        fhir, make.user("gp"), make.scope("gp"), T, "p2", AS_OF, team_cache=TeamCache(), patient_cache=PatientCache()
    )
    for record in list(trail.records):
        fhir.put(audit_event(record, fhir.base_url, "host"))
    page = get_who_looked(fhir, patient_user("p1"), "p1", AS_OF)
    assert [entry.name for entry in page.entries] == ["susan"]
    for who, patient_id in ((patient_user("p2"), "p1"), (carer_user(), "p1"), (make.user("gp"), "p1")):
        with pytest.raises(NotPermitted):
            get_who_looked(fhir, who, patient_id, AS_OF)
