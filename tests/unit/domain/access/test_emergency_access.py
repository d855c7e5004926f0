"""The rules of emergency access: the reason, the length, who is informed, and what the grant records."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from dashboard.domain.access.emergency_access import (
    EmergencyAccess,
    EmergencyReason,
    IdentifiedPatient,
    checked_duration,
    checked_reason,
    new_emergency_access,
    who_is_informed,
)
from dashboard.domain.access.user import User
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.values.code_systems import SNOMED
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference
from dashboard.errors import NotPermitted, UserFacingError

ON = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
GP = Reference("Practitioner", "gp")
PATIENT = Reference("Patient", "p4")
PERSON = IdentifiedPatient(PATIENT, Reference("Organization", "practice"), "Castle Practice")
COORDINATOR = Coding(SNOMED, "768820003")
NURSE = Coding(SNOMED, "224535009")


def member(name: str, role: Coding | None = COORDINATOR, until: str = "", identified: bool = True) -> TeamMember:
    who = Reference("Practitioner", name) if identified else None
    return TeamMember(who, name.title(), role, "", None, PartialDate(until) if until else None)


def team(name: str, *members: TeamMember, status: str = "active", managed: bool = True) -> CareTeam:
    managing = Reference("Organization", name) if managed else None
    return CareTeam(Reference("CareTeam", name), PATIENT, status, managing, f"Team {name}", None, None, members)


def test_a_reason_is_saved_without_its_outer_spaces() -> None:
    assert checked_reason("  chest pain \n") == "chest pain"


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_a_reason_of_nothing_but_spaces_is_refused(text: str) -> None:
    with pytest.raises(UserFacingError) as refused:
        checked_reason(text)
    assert str(refused.value) == "emergency-reason-empty"


def test_a_reason_has_at_most_a_thousand_characters_without_its_outer_spaces() -> None:
    assert checked_reason(f" {'x' * 1000} ") == "x" * 1000
    with pytest.raises(UserFacingError) as refused:
        checked_reason("x" * 1001)
    assert str(refused.value) == "reason-too-long most=1000"


def test_emergency_access_is_given_for_more_than_no_time_and_at_most_a_day() -> None:
    assert checked_duration(1) == timedelta(minutes=1)
    assert checked_duration(24 * 60) == timedelta(hours=24)
    for minutes in (-1, 0, 24 * 60 + 1):
        with pytest.raises(ValueError, match=r"^emergency access lasts more than no time and at most a day$"):
            checked_duration(minutes)


def grant(hours: float) -> EmergencyAccess:
    end = AT + timedelta(hours=hours)
    return EmergencyAccess(Reference("Task", "t"), PATIENT, GP, "emergency", "chest pain", AT, end)


def test_a_grant_holds_from_its_first_moment_until_just_before_its_end() -> None:
    assert grant(1).holds("p4", GP, AT)
    assert not grant(1).holds("p4", GP, AT - timedelta(microseconds=1))
    assert grant(1).holds("p4", GP, AT + timedelta(hours=1, microseconds=-1))
    assert not grant(1).holds("p4", GP, AT + timedelta(hours=1))


def test_a_grant_of_a_longer_time_is_over_exactly_a_day_after_it_began() -> None:
    assert grant(48).holds("p4", GP, AT + timedelta(hours=24, microseconds=-1))
    assert not grant(48).holds("p4", GP, AT + timedelta(hours=24))


@pytest.mark.parametrize(
    ("patient_id", "who"), [("p5", GP), ("p4", Reference("Practitioner", "nurse")), ("p4", Reference("Patient", "gp"))]
)
def test_a_grant_does_not_hold_for_another_patient_or_another_person(patient_id: str, who: Reference) -> None:
    assert not grant(1).holds(patient_id, who, AT)


def informed(*teams: CareTeam, person: IdentifiedPatient = PERSON) -> tuple[str, str]:
    who, name = who_is_informed(teams, person, ON)
    return str(who), name


def test_the_coordinator_is_informed_before_any_team() -> None:
    without, with_one = team("one", member("nina", NURSE)), team("two", member("nils", NURSE), member("sue"))
    assert informed(without, with_one) == ("Practitioner/sue", "Sue")


@pytest.mark.parametrize(
    ("why", "candidate"),
    [
        ("a nurse is no coordinator", member("nina", NURSE)),
        ("a member without a role is none", member("nina", None)),
        ("one who left the team yesterday is not informed", member("sue", until="2026-11-19")),
        ("one whom the record does not identify cannot be informed", member("sue", identified=False)),
    ],
)
def test_without_a_coordinator_on_that_day_the_team_is_informed(why: str, candidate: TeamMember) -> None:
    assert informed(team("one", candidate)) == ("Organization/one", "Team one"), why
    assert informed(team("one", candidate, member("eve"))) == ("Practitioner/eve", "Eve"), why


def test_a_coordinator_on_the_last_day_in_the_team_is_informed() -> None:
    assert informed(team("one", member("sue", until="2026-11-20"))) == ("Practitioner/sue", "Sue")


def test_a_team_that_no_organisation_manages_is_passed_over() -> None:
    assert informed(team("one", managed=False), team("two")) == ("Organization/two", "Team two")


@pytest.mark.parametrize("status", ["inactive", "suspended", "proposed"])
def test_a_team_that_is_not_active_is_not_informed(status: str) -> None:
    assert informed(team("one", member("sue"), status=status)) == ("Organization/practice", "Castle Practice")
    assert informed(team("one", status=status), team("two")) == ("Organization/two", "Team two")


def test_nobody_reads_a_record_of_which_nobody_would_be_informed() -> None:
    with pytest.raises(NotPermitted) as refused:
        who_is_informed([team("one", managed=False)], replace(PERSON, site=None), ON)
    assert str(refused.value) == "emergency-access-without-recipient"


def test_a_new_grant_records_who_why_for_whom_and_exact_seconds_in_utc() -> None:
    at = datetime(2026, 11, 20, 15, 30, 59, 999_999, tzinfo=timezone(timedelta(hours=1)))
    made = new_emergency_access(
        Reference("Task", "t1"),
        PERSON,
        User(GP, "Dr Jane Okafor"),
        (Reference("Practitioner", "sue"), "Sue Hale"),
        EmergencyReason.ON_CALL,
        "chest pain",
        at,
        timedelta(hours=2),
    )
    assert made == EmergencyAccess(
        origin=Reference("Task", "t1"),
        patient=PATIENT,
        who=GP,
        reason="on-call",
        text="chest pain",
        since=datetime(2026, 11, 20, 14, 30, 59, tzinfo=UTC),
        until=datetime(2026, 11, 20, 16, 30, 59, tzinfo=UTC),
        who_name="Dr Jane Okafor",
        informed=Reference("Practitioner", "sue"),
        informed_name="Sue Hale",
    )
    assert (made.since.tzinfo, made.until.tzinfo) == (UTC, UTC)
    assert made.source == {}, "a grant that was not read from the server has an empty source, not none"
