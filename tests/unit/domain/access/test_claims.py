"""From claims to a user: what is said is read, what is missing or odd is refused with a sentence, nothing breaks."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.access.claims import NEEDS_FHIR_USER, ClaimNames, read_user, sign_in_ends
from dashboard.domain.access.permissions import Role
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted
from dashboard.ui.shared.error_words import error_words

FHIR = "https://fhir.example.org/r4"
NAMES = ClaimNames(roles="realm_access.roles", values={"c3-gp": Role.CLINICIAN, "c3-admin": Role.ADMINISTRATOR})
SARAH: dict[str, Any] = {
    "iss": "https://login.example.org",
    "sub": "1234",
    "name": "Sarah Whitfield",
    "organisation": "Priory Meadow Surgery",
    "realm_access": {"roles": ["c3-gp", "offline_access"]},
    "fhirUser": f"{FHIR}/Practitioner/p1",
}


def test_a_clinicians_claims_become_a_user() -> None:
    user = read_user(SARAH, NAMES, FHIR, "sid")
    assert user.practitioner == user.fhir_user == Reference("Practitioner", "p1")
    assert (user.name, user.organization) == ("Sarah Whitfield", "Priory Meadow Surgery")
    assert user.roles == (Role.CLINICIAN,)
    assert (user.subject, user.issuer) == ("https://login.example.org|1234", "https://login.example.org")
    assert user.session_id == "sid"


@pytest.mark.parametrize("said", [["c3-admin", "c3-gp"], "c3-gp c3-admin", ("c3-gp", "c3-admin")])
def test_several_roles_as_a_list_or_as_words(said: object) -> None:
    assert read_user({**SARAH, "realm_access": {"roles": said}}, NAMES, FHIR).roles == (
        Role.CLINICIAN,
        Role.ADMINISTRATOR,
    )


def test_a_role_with_a_space_in_its_name_and_a_claim_with_dots_in_its_own() -> None:
    names = ClaimNames(roles="https://example.org/roles", values={"General practitioner": Role.CLINICIAN})
    said = {**SARAH, "https://example.org/roles": "General practitioner"}
    assert read_user(said, names, FHIR).roles == (Role.CLINICIAN,)


@pytest.mark.parametrize(
    "said",
    [
        "Practitioner/p1",
        f"{FHIR}/Practitioner/p1",
    ],
)
def test_the_person_on_our_server(said: str) -> None:
    user = read_user({**SARAH, "fhirUser": said}, NAMES, FHIR)
    assert user.practitioner == Reference("Practitioner", "p1")


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "p1",
        "https://other.example.org/r4/Practitioner/p1",
        "Practitioner/p1/_history/1",
        "Practitioner/../Patient/p1",
        "Practitioner/p1\n",
        "Organization/o1",
        "Patient/p1",
        ["Practitioner/p1"],
        {"reference": "Practitioner/p1"},
    ],
)
def test_a_clinician_whom_the_fhir_server_does_not_know_is_refused(said: object) -> None:
    with pytest.raises(NotPermitted, match="sign-in-without-fhir-user"):
        read_user({**SARAH, "fhirUser": said}, NAMES, FHIR)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", ["Practitioner", "Patient", "RelatedPerson", ""])
def test_a_role_goes_with_its_kind_of_person(role: Role, kind: str) -> None:
    claims = {"iss": "https://i", "sub": "s", "roles": [role.value], "fhirUser": f"{kind}/x" if kind else None}
    if kind in NEEDS_FHIR_USER.get(role, (kind,)):
        assert read_user(claims, ClaimNames(), FHIR).roles == (role,)
    else:
        with pytest.raises(NotPermitted):
            read_user(claims, ClaimNames(), FHIR)


def test_of_two_roles_the_one_without_its_person_is_left_out() -> None:
    said = {**SARAH, "realm_access": {"roles": ["c3-gp", "c3-admin"]}, "fhirUser": None}
    assert read_user(said, NAMES, FHIR).roles == (Role.ADMINISTRATOR,)


@pytest.mark.parametrize("said", [None, [], "visitor", ["C3-GP"], {"c3-gp": True}, [["c3-gp"]], 1, True])
def test_no_role_of_ours_is_no_way_in(said: object) -> None:
    with pytest.raises(NotPermitted, match="sign-in-without-role"):
        read_user({**SARAH, "realm_access": {"roles": said}}, NAMES, FHIR)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("iss", ""),
        ("iss", None),
        ("iss", "https://a|b"),
        ("sub", ""),
        ("sub", 7),
        ("sub", "a\x00b"),
        ("sub", "x" * 256),
    ],
)
def test_claims_that_do_not_identify_one_person_are_refused(name: str, said: object) -> None:
    with pytest.raises(NotPermitted, match="sign-in-without-identity"):
        read_user({**SARAH, name: said}, NAMES, FHIR)


@pytest.mark.parametrize("said", [None, "soon", True, math.inf, math.nan, [], "1795404000"])
def test_an_end_that_cannot_be_read_is_refused(said: object) -> None:
    with pytest.raises(NotPermitted, match="sign-in-without-end"):
        sign_in_ends({"exp": said})


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({**SARAH, "sub": ""}, "sign-in-without-identity"),
        ({**SARAH, "realm_access": {}}, "sign-in-without-role"),
        ({**SARAH, "fhirUser": ""}, "sign-in-without-fhir-user"),
    ],
)
def test_each_refusal_has_a_code_of_its_own(claims: dict[str, Any], code: str) -> None:
    with pytest.raises(NotPermitted) as refused:
        read_user(claims, NAMES, FHIR)
    assert str(refused.value) == code
    with pytest.raises(NotPermitted) as refused:
        sign_in_ends({})
    assert str(refused.value) == "sign-in-without-end"


@pytest.mark.parametrize("seconds", [1795404000, 1795404000.5, 0, -1])
def test_a_sign_in_ends_at_the_seconds_of_its_claim(seconds: float) -> None:
    ends = sign_in_ends({"exp": seconds, "iat": 1})
    assert (type(ends), ends) == (float, seconds)


def test_a_patient_is_no_practitioner_and_has_no_session_unless_one_is_given() -> None:
    user = read_user({**SARAH, "roles": ["patient"], "fhirUser": "Patient/p1"}, ClaimNames(), FHIR)
    assert (user.practitioner, user.fhir_user) == (None, Reference("Patient", "p1"))
    assert user.roles == (Role.PATIENT,)
    assert user.session_id == ""


def test_an_administrator_without_a_fhir_user_is_nobody_on_the_fhir_server() -> None:
    user = read_user({**SARAH, "roles": ["administrator"], "fhirUser": None}, ClaimNames(), FHIR)
    assert (user.practitioner, user.fhir_user) == (None, None)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Sarah Whitfield", "preferred_username": "swhitfield"}, "Sarah Whitfield"),
        ({"name": None, "preferred_username": "swhitfield"}, "swhitfield"),
        ({"name": " ", "preferred_username": "swhitfield"}, "swhitfield"),
        ({"name": "x" * 256, "preferred_username": "swhitfield"}, "swhitfield"),
        ({"name": "x" * 255, "preferred_username": "swhitfield"}, "x" * 255),
        ({"name": 7, "preferred_username": ["swhitfield"]}, "1234"),
        ({"name": " Sarah\x07 Whit\x7ffield\n"}, "Sarah Whitfield"),
    ],
)
def test_the_name_is_the_first_that_can_be_shown_of_name_user_name_and_subject(
    claims: dict[str, Any], name: str
) -> None:
    assert read_user({**SARAH, **claims}, NAMES, FHIR).name == name


@pytest.mark.parametrize("organisation", [None, 7, ["Priory Meadow Surgery"], "x" * 256, "\x00 "])
def test_an_organisation_that_cannot_be_shown_is_left_empty(organisation: object) -> None:
    assert read_user({**SARAH, "organisation": organisation}, NAMES, FHIR).organization == ""


def test_a_subject_of_255_characters_is_read() -> None:
    user = read_user({**SARAH, "sub": "x" * 255}, NAMES, FHIR)
    assert user.subject == "https://login.example.org|" + "x" * 255


@pytest.mark.parametrize("claims", [{"realm_access": "roles"}, {"realm_access": {}}, {"realm_access": ["roles"]}, {}])
def test_a_path_that_leads_nowhere_gives_no_role(claims: dict[str, Any]) -> None:
    with pytest.raises(NotPermitted, match="sign-in-without-role"):
        read_user({"iss": "https://i", "sub": "s", "fhirUser": "Practitioner/p1", **claims}, NAMES, FHIR)


def test_a_path_may_have_more_than_two_parts() -> None:
    names = ClaimNames(roles="resource_access.dashboard.roles")
    claims = {**SARAH, "resource_access": {"dashboard": {"roles": ["clinician"]}}}
    assert read_user(claims, names, FHIR).roles == (Role.CLINICIAN,)


def test_the_first_two_hundred_roles_of_a_list_are_read() -> None:
    others = ["visitor"] * 199
    assert read_user({**SARAH, "realm_access": {"roles": [*others, "c3-gp"]}}, NAMES, FHIR).roles == (Role.CLINICIAN,)
    with pytest.raises(NotPermitted, match="sign-in-without-role"):
        read_user({**SARAH, "realm_access": {"roles": [*others, "visitor", "c3-gp"]}}, NAMES, FHIR)


def test_a_text_of_roles_has_at_most_as_many_characters_as_two_hundred_roles_have() -> None:
    longest = "c3-gp".ljust(200 * 255)
    assert read_user({**SARAH, "realm_access": {"roles": longest}}, NAMES, FHIR).roles == (Role.CLINICIAN,)
    with pytest.raises(NotPermitted, match="sign-in-without-role"):
        read_user({**SARAH, "realm_access": {"roles": longest + " "}}, NAMES, FHIR)


def test_the_letters_of_a_text_that_is_too_long_are_no_roles() -> None:
    names = ClaimNames(values={"d": Role.CLINICIAN})
    with pytest.raises(NotPermitted, match="sign-in-without-role"):
        read_user({**SARAH, "roles": "d" * (200 * 255 + 1)}, names, FHIR)


@pytest.mark.parametrize("base", [FHIR, f"{FHIR}/", f"{FHIR}//", "https://fhir.example.org/FHIR/X"])
def test_the_address_of_our_server_may_end_with_a_slash_in_the_settings(base: str) -> None:
    user = read_user({**SARAH, "fhirUser": f"{base.rstrip('/')}/Practitioner/p1"}, NAMES, base)
    assert user.fhir_user == Reference("Practitioner", "p1")


def test_an_address_of_a_person_has_at_most_two_thousand_characters() -> None:
    base = "https://fhir.example.org/".ljust(2000 - len("/Practitioner/p1"), "x")
    assert read_user({**SARAH, "fhirUser": f"{base}/Practitioner/p1"}, NAMES, base).fhir_user is not None
    with pytest.raises(NotPermitted, match="sign-in-without-fhir-user"):
        read_user({**SARAH, "fhirUser": f"{base}/Practitioner/p12"}, NAMES, base)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
claim_names = st.sampled_from(["iss", "sub", "name", "preferred_username", "organisation", "realm_access", "fhirUser"])
near_misses = st.sampled_from(
    [
        "c3-gp",
        ["c3-gp"],
        {"roles": ["c3-gp"]},
        {"roles": "c3-gp c3-admin"},
        "Practitioner/p1",
        "Patient/p1",
        "https://login.example.org",
        "<script>alert(1)</script>",
        "x" * 1_000_000,
        ["c3-gp"] * 10_000,
        "\u202ereversed",
    ]
)


@given(st.dictionaries(claim_names | st.text(max_size=8), json_values | near_misses, max_size=9))
def test_hostile_claims_give_a_user_with_a_mapped_role_or_a_sentence(claims: dict[str, Any]) -> None:
    try:
        user = read_user(claims, NAMES, FHIR)
    except NotPermitted as problem:
        assert error_words(problem).endswith(".")
        return
    assert user.subject == f"{claims['iss']}|{claims['sub']}"
    assert user.roles
    assert set(user.roles) <= set(NAMES.values.values())
    assert all(len(text) <= 255 for text in (user.name, user.organization))
    if Role.CLINICIAN in user.roles:
        assert user.practitioner is not None


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_two_people_never_become_one(one: tuple[str, str], other: tuple[str, str]) -> None:
    names = ClaimNames()
    subjects = []
    for issuer, subject in (one, other):
        try:
            said = {"iss": issuer, "sub": subject, "roles": ["administrator"]}
            subjects.append(read_user(said, names, FHIR).subject)
        except NotPermitted:
            return
    assert (subjects[0] == subjects[1]) == (one == other)


@pytest.mark.parametrize(
    ("who", "belongs_to", "may"),
    [
        ("Practitioner/locum", [], True),
        ("Practitioner/other", [], False),
        ("Practitioner/other", ["Organization/trust"], True),
        ("Practitioner/other", ["Organization/osi"], False),
        ("Patient/locum", [], False),
        ("Patient/p1", ["Organization/osi", "Organization/trust"], True),
        (None, [], True),
    ],
)
def test_a_provider_names_its_own_people_only(who: str | None, belongs_to: list[str], may: bool) -> None:
    locum, trust = Reference("Practitioner", "locum"), Reference("Organization", "trust")
    names = ClaimNames(people=frozenset({locum}), organisations=frozenset({trust}))
    person = Reference.parse(who) if who else None
    assert names.may_name(person, [Reference.parse(each) for each in belongs_to]) is may
    assert names.needs_organisation_of(person) is (who not in (None, "Practitioner/locum"))
    assert ClaimNames().may_name(person, []) and not ClaimNames().needs_organisation_of(person)
    by_list = ClaimNames(people=frozenset({locum}))
    assert not by_list.needs_organisation_of(person), "no organisation could help"
