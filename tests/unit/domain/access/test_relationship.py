"""Who sees a patient on a day: membership and its periods, consent, and grants that end by themselves."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dashboard.domain.access.consent import may_act_as_carer
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.relationship import Viewer, keeps_out, teams_through
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.consent import consent
from dashboard.fhir.mapping.reading import read_one
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json, naming

ON = date(2026, 11, 20)
GP = Reference("Practitioner", "gp")
ABOVE = {"Organization/team-1": {"Organization/trust"}, "Organization/trust": {"Organization/region"}}


def team(**more: Any) -> CareTeam:
    found = care_team(make.care_team("p1", ["gp"], **more))
    assert found is not None
    return found


def sees(*consents: Json, viewer: Viewer | None = None, on: date = ON) -> bool:
    read = [found for row in consents if (found := read_one(row, consent)) is not None]
    return bool(teams_through(viewer or Viewer(GP), [team()], read, on, ABOVE))


def of_gp(**period: str) -> dict[str, Any]:
    return {"participant": [{"member": {"reference": "Practitioner/gp"}, "period": period}]}


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ({}, True),
        ({"period": {"start": "2026-11-20"}}, True),
        ({"period": {"start": "2026-11-21"}}, False),
        ({"period": {"start": "2024-01-01", "end": "2026-11-20"}}, True),
        ({"period": {"start": "2024-01-01", "end": "2026-11-19"}}, False),
        ({"period": {"end": "2026-11"}}, True),
        ({"status": "inactive"}, False),
        ({"status": "suspended"}, False),
        (of_gp(end="2026-11-19"), False),
        (of_gp(end="2026-11-20"), True),
        (of_gp(start="2026-11-21"), False),
        (of_gp(start="2026-11-20", end="2026-11-20"), True),
        ({"participant": [{"member": {"reference": "Practitioner/nurse"}}]}, False),
        ({"participant": [{"member": {"reference": "Organization/gp"}}]}, False),
    ],
)
def test_a_membership_holds_within_the_periods_of_team_and_participant(more: dict[str, Any], seen: bool) -> None:
    assert bool(teams_through(Viewer(GP), [team(**more)], (), ON)) is seen


DENY_ALL: Json = {"type": "deny"}
SHARED = {"type": "permit"}


@pytest.mark.parametrize(
    ("why", "rule", "seen"),
    [
        ("shared", SHARED, True),
        ("no provision at all", {}, True),
        ("withdrawn", DENY_ALL, False),
        ("denied to me", naming("deny", "Practitioner/gp"), False),
        ("denied to somebody else", naming("deny", "Practitioner/nurse"), True),
        ("denied to my team", naming("deny", "Organization/team-1"), False),
        ("denied to what my team is part of", naming("deny", "Organization/region"), False),
        ("denied to another team", naming("deny", "Organization/team-2"), True),
        ("denied to this CareTeam", naming("deny", "CareTeam/ct-p1-team-1"), False),
        ("denied to a role nobody can tell", naming("deny", "PractitionerRole/x"), False),
        ("denied to a group", naming("deny", "Practitioner/nurse", "Group/x"), False),
        ("shared, not with me", {"type": "permit", "provision": [naming("deny", "Practitioner/gp")]}, False),
        ("shared, an exception by default", {"type": "permit", "provision": [naming("", "Practitioner/gp")]}, False),
        ("shared, not with another", {"type": "permit", "provision": [naming("deny", "Practitioner/nurse")]}, True),
        ("nobody but me", {"type": "deny", "provision": [naming("permit", "Practitioner/gp")]}, True),
        ("nobody but my team", {"type": "deny", "provision": [naming("permit", "Organization/team-1")]}, True),
        ("nobody but another", {"type": "deny", "provision": [naming("permit", "Practitioner/nurse")]}, False),
        ("nobody but a role", {"type": "deny", "provision": [naming("permit", "PractitionerRole/x")]}, False),
        (
            "nobody, I a part",
            {"type": "deny", "provision": [naming("permit", "Practitioner/gp", **{"class": [{"code": "x"}]})]},
            False,
        ),
        ("a part is shared", {"type": "permit", "class": [{"code": "x"}]}, False),
        ("a part is denied", naming("deny", "Practitioner/gp", code=[{"text": "notes"}]), False),
        ("denied until yesterday", naming("deny", "Practitioner/gp", period={"end": "2026-11-19"}), True),
        ("denied from tomorrow", naming("deny", "Practitioner/gp", period={"start": "2026-11-21"}), True),
        ("denied today", naming("deny", "Practitioner/gp", period={"start": "2026-11-20"}), False),
        ("denied, nobody knows when", naming("deny", "Practitioner/nurse", period={"start": "soon"}), False),
        ("denied to research", {"type": "deny", "purpose": [{"code": "HRESCH"}]}, True),
        ("denied to care and research", {"type": "deny", "purpose": [{"code": "HRESCH"}, {"code": "TREAT"}]}, False),
        ("a type nobody knows", {"type": "perhaps"}, False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_consent_denies_whom_it_names(why: str, rule: Json, seen: bool) -> None:
    assert sees(make.consent("p1", rule)) is seen


@pytest.mark.parametrize(
    ("consents", "seen"),
    [
        ([], True),
        ([make.consent("p1", SHARED, status="inactive")], False),
        ([make.consent("p1", SHARED, status="rejected")], False),
        ([make.consent("p1", SHARED, status="inactive"), make.consent("p1", SHARED, "again")], True),
        ([make.consent("p1", DENY_ALL, status="inactive")], True),
        ([make.consent("p1", DENY_ALL, status="entered-in-error")], True),
        ([make.consent("p1", DENY_ALL, status="proposed")], True),
        ([make.consent("p1", DENY_ALL, status="nonsense")], False),
        ([make.consent("p1", naming("permit", "RelatedPerson/r"), status="inactive")], True),
        ([make.consent("p1", DENY_ALL), make.consent("p1", SHARED, "b")], False),
        ([make.consent("p1", DENY_ALL, scope=make.concept(
            "http://terminology.hl7.org/CodeSystem/consentscope", "research"))], True),
        ([make.consent("p1", DENY_ALL, scope={})], False),
        ([make.consent("p1", [1, 2])], False),  # type: ignore[arg-type]
        ([make.consent("p1", {"type": "permit", "provision": ["x"]})], False),
    ],
)  # fmt: skip
def test_a_consent_taken_back_is_a_no_and_one_that_cannot_be_read_too(consents: list[Json], seen: bool) -> None:
    assert sees(*consents) is seen


def test_a_denied_employer_is_denied_with_those_who_work_for_it() -> None:
    denied = make.consent("p1", naming("deny", "Organization/practice"))
    assert not sees(denied, viewer=Viewer(GP, (Reference("Organization", "practice"),)))
    assert sees(denied, viewer=Viewer(GP, (Reference("Organization", "other"),)))
    trust = make.consent("p1", naming("deny", "Organization/region"))
    assert not sees(trust, viewer=Viewer(GP, (Reference("Organization", "trust"),)))


def test_two_teams_the_denied_one_is_left_out() -> None:
    denied = consent(make.consent("p1", naming("deny", "Organization/team-1")))
    assert denied is not None
    found = teams_through(Viewer(GP), [team(), team(team="team-2")], [denied], ON)
    assert [str(each.team) for each in found] == ["Organization/team-2"]


def test_a_viewer_is_named_as_a_person_as_each_organisation_and_as_all_above_these() -> None:
    works_for = (Reference("Organization", "practice"), Reference("Organization", "trust"))
    assert {str(name) for name in Viewer(GP, works_for).named(ABOVE)} == {
        "Practitioner/gp",
        "Organization/practice",
        "Organization/trust",
        "Organization/region",
    }


def test_organisations_that_are_part_of_each_other_are_each_named_once() -> None:
    ring = {"Organization/a": {"Organization/b"}, "Organization/b": {"Organization/a"}}
    named = Viewer(GP, (Reference("Organization", "a"),)).named(ring)
    assert named == {GP, Reference("Organization", "a"), Reference("Organization", "b")}


def denied(*actors: str, viewer: Viewer | None = None, teams: list[CareTeam] | None = None) -> bool:
    """Whether a consent that denies these keeps the viewer out, as emergency access asks it."""
    rule = consent(make.consent("p1", naming("deny", *actors)))
    assert rule is not None
    return keeps_out(viewer or Viewer(GP), [team()] if teams is None else teams, [rule], ON, ABOVE)


def test_emergency_access_stays_closed_to_whom_a_consent_denies_in_any_capacity() -> None:
    assert denied("Practitioner/gp", teams=[])
    assert denied("Organization/region", viewer=Viewer(GP, (Reference("Organization", "trust"),)), teams=[])
    assert denied("CareTeam/ct-p1-team-1")
    assert denied("Organization/team-1")
    assert denied("Organization/region"), "what the team is part of"
    assert denied("Organization/team-2", teams=[team(), team(team="team-2")]), "any of the teams"
    assert denied("Organization/team-1", teams=[team(), team(team="team-2")]), "any of the teams"


def test_emergency_access_opens_to_whom_no_consent_denies() -> None:
    assert not denied("Practitioner/nurse")
    assert not denied("Organization/team-2")
    others = team(team="team-2", participant=[{"member": {"reference": "Practitioner/nurse"}}])
    assert not denied("Organization/team-2", teams=[team(), others]), "a team to which the viewer does not belong"
    left = team(**of_gp(end="2026-11-19"))
    assert not denied("Organization/team-1", teams=[left]), "a team that the viewer has left"
    assert not keeps_out(Viewer(GP), [team()], [], ON, ABOVE)


@pytest.mark.parametrize(("end", "closed"), [("2026-11-19", False), ("2026-11-20", True)])
def test_emergency_access_stays_closed_to_the_last_day_of_a_deny(end: str, closed: bool) -> None:
    rule = consent(make.consent("p1", naming("deny", "Practitioner/gp", period={"end": end})))
    assert rule is not None
    assert keeps_out(Viewer(GP), [team()], [rule], ON, ABOVE) is closed


def test_emergency_access_stays_closed_while_a_consent_cannot_be_read() -> None:
    assert keeps_out(Viewer(GP), [], [Unreadable(Reference("Consent", "x"), "malformed")], ON, {})


def test_a_team_that_no_organisation_manages_is_named_by_itself() -> None:
    alone = team(managingOrganization=[])
    assert alone.team is None
    assert denied(str(alone.origin), teams=[alone])
    assert not denied("Organization/team-1", teams=[alone])


def test_no_team_shows_a_patient_while_a_consent_cannot_be_read() -> None:
    assert teams_through(Viewer(GP), [team()], [Unreadable(Reference("Consent", "x"), "malformed")], ON) == []


CARER = Reference("RelatedPerson", "r")


@pytest.mark.parametrize(
    ("rule", "status", "may"),
    [
        (naming("permit", "RelatedPerson/r"), "active", True),
        (naming("permit", "RelatedPerson/r"), "inactive", False),
        (naming("permit", "RelatedPerson/r"), "proposed", False),
        (naming("permit", "RelatedPerson/r", period={"end": "2026-11-19"}), "active", False),
        (naming("permit", "RelatedPerson/other"), "active", False),
        (naming("deny", "RelatedPerson/r"), "active", False),
        (SHARED, "active", False),
        ({"type": "deny", "provision": [naming("permit", "RelatedPerson/r")]}, "active", True),
    ],
)
def test_a_carer_acts_only_with_a_consent_in_force_that_names_the_carer(rule: Json, status: str, may: bool) -> None:
    found = read_one(make.consent("p1", rule, status=status), consent)
    assert may_act_as_carer([found] if found is not None else [], CARER, ON) is may


def test_a_carer_does_not_act_while_any_consent_cannot_be_read() -> None:
    named = consent(make.consent("p1", naming("permit", "RelatedPerson/r")))
    assert named is not None
    assert not may_act_as_carer([named, Unreadable(Reference("Consent", "x"), "malformed")], CARER, ON)
    assert not may_act_as_carer([], CARER, ON)


def emergency_access(since: datetime, until: datetime) -> EmergencyAccess:
    return EmergencyAccess(
        Reference("Task", "t"), Reference("Patient", "p1"), GP, "emergency", "chest pain", since, until
    )


def test_emergency_access_is_for_one_patient_one_person_and_its_time() -> None:
    hour = emergency_access(AS_OF, AS_OF + timedelta(hours=1))
    assert hour.holds("p1", GP, AS_OF)
    assert hour.holds("p1", GP, AS_OF + timedelta(minutes=59, seconds=59))
    assert not hour.holds("p1", GP, AS_OF + timedelta(hours=1))
    assert not hour.holds("p1", GP, AS_OF - timedelta(seconds=1))
    assert not hour.holds("p2", GP, AS_OF)
    assert not hour.holds("p1", Reference("Practitioner", "nurse"), AS_OF)


def test_emergency_access_ends_after_a_day_whatever_its_task_says() -> None:
    forever = emergency_access(AS_OF, AS_OF + timedelta(days=3650))
    assert forever.holds("p1", GP, AS_OF + timedelta(hours=23))
    assert not forever.holds("p1", GP, AS_OF + timedelta(hours=25))
