"""A conference that runs, and the patient whom it discusses: who sees it, what is not for a shared screen, and what it
costs, which is the same however many follow.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.actions.discuss_patient import discuss_patient
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.record_decision import record_decision
from dashboard.actions.save import new_reference
from dashboard.actions.start_conference import start_conference
from dashboard.cache.change_feed import CHANGE_FEED, ChangeFeed
from dashboard.cache.discussed_patients import DiscussedPatients, discussed_patients
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.views import DiscussedPatient, Meeting
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_discussed_patient import get_discussed_patient
from dashboard.queries.get_meeting import get_meeting
from dashboard.queries.prepare_discussed_patient import prepare_discussed_patient
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make

T = load_terminology()
AT = make.AS_OF
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
COORDINATOR = replace(GP, roles=(Role.COORDINATOR,))
NURSE = User(Reference("Practitioner", "nurse"), "Anna Lind")
TEAM = NamedReference(Reference("Organization", "team-1"), "Team 1")
ONE, THREE, FOUR = (Reference("Patient", f"p{n}") for n in (1, 3, 4))
ASKED = [NamedReference(GP.practitioner, "Dr Jane Okafor"), NamedReference(NURSE.practitioner, "Anna Lind")]
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
QUIET = ChangeFeed(start=lambda work: None)


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(make.cohort())


@pytest.fixture
def caches() -> DiscussedPatients:
    made = discussed_patients()
    CHANGE_FEED.listen(made.apply)
    return made


@pytest.fixture
def conference(server: FakeFhirServer) -> Conference:
    asked = (ONE, THREE, FOUR)
    made = plan_conference(
        server, COORDINATOR, TEAM, "Case conference", START, 60, "", ASKED, asked, 1, 1, reason="Plan", at=AT
    )
    [planned] = [each for each in made.values if isinstance(each, Conference)]
    start_conference(server, GP, planned.origin.id, reason="Start", at=AT)
    return planned


def scope_of(who: User) -> AccessScope:
    assert who.practitioner is not None
    return make.scope(who.practitioner.id)


def meeting(server: FakeFhirServer, caches: DiscussedPatients, ident: str, who: User = GP) -> Meeting:
    return get_meeting(server, who, scope_of(who), T, ident, AT, "", caches)


def discussed(
    server: FakeFhirServer,
    caches: DiscussedPatients,
    conference: Conference,
    patient: str = "p1",
    who: User = GP,
    credentials: str = "",
) -> DiscussedPatient:
    return get_discussed_patient(server, who, scope_of(who), T, conference, patient, AT, credentials, caches, QUIET)


def test_who_is_asked_or_of_the_team_sees_the_meeting_and_nobody_else(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    found = meeting(server, caches, conference.origin.id)
    assert found.conference.running and found.agenda.patients == (ONE, THREE, FOUR) and found.going_on is None
    assert found.minutes is not None and [each.who.name for each in found.minutes.present] == [GP.name]
    row = server.rows["Appointment"][conference.origin.id]
    server.put(row | {"participant": [each for each in row["participant"] if "gp" in each["actor"]["reference"]]})
    caches.forget()
    with pytest.raises(NotFound):
        meeting(server, caches, conference.origin.id, NURSE)
    server.put(row | {"participant": []})
    caches.forget()
    assert meeting(server, caches, conference.origin.id, GP).conference.running  # of the team
    with pytest.raises(NotFound):
        meeting(server, caches, "not an id")
    with pytest.raises(NotPermitted):
        meeting(server, caches, conference.origin.id, replace(GP, roles=(Role.PATIENT,)))


def test_a_second_process_finds_the_patient_whose_discussion_goes_on(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    discuss_patient(server, GP, conference.origin.id, "p1", reason="Talk", at=AT)
    discuss_patient(server, GP, conference.origin.id, "p3", reason="Talk", at=AT + timedelta(minutes=5))
    assert meeting(server, caches, conference.origin.id).going_on == THREE


def test_what_was_known_of_the_meeting_stays_while_the_server_is_away(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = meeting(server, caches, conference.origin.id)

    def away(*_: object) -> None:
        raise ServerUnavailable("server-away")

    monkeypatch.setattr(server, "read", away)
    caches.meetings.expire(lambda key: True)
    now = meeting(server, caches, conference.origin.id)
    assert now.agenda == before.agenda and now.stale == "server-away"


def test_the_patient_comes_with_the_story_the_plan_and_what_this_conference_wrote(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    assert discussed(server, caches, conference).note is None
    owner = NamedReference(GP.practitioner, GP.name)
    record_decision(
        server,
        GP,
        conference.origin.id,
        "p1",
        "Stop spironolactone",
        owner,
        AT.date(),
        new_reference("Task"),
        reason="Decided",
        at=AT,
    )
    found = discussed(server, caches, conference)
    assert [task.text for task in found.tasks] == ["Stop spironolactone"]
    assert found.note is not None and found.discussion is not None and found.discussion.status == "in-progress"
    assert found.summary.person.name.family == "Aldous" == found.timeline.person.name.family
    assert (found.withheld, found.labelled, found.stale) == (0, False, "")


def test_this_conference_is_not_the_last_one_about_the_patient(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    before = discussed(server, caches, conference).timeline.conference
    discuss_patient(server, GP, conference.origin.id, "p1", reason="Talk", at=AT - timedelta(minutes=5))
    encounter = next(each for each in server.rows["Encounter"].values() if each["status"] == "in-progress")
    caches.forget()
    assert discussed(server, caches, conference).timeline.conference == before
    server.put(encounter | {"status": "finished"})  # discussed, and looked at once more
    caches.forget()
    assert discussed(server, caches, conference).timeline.conference == before


def test_who_may_not_see_the_patient_follows_without_the_patient(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    assert discussed(server, caches, conference, "p1").patient == ONE
    for who, patient in ((NURSE, "p1"), (GP, "p4"), (GP, "nobody"), (GP, "no id"), (GP, "p2")):
        with pytest.raises(NotFound):
            discussed(server, caches, conference, patient, who)
    server.put(make.consent("p1", {"type": "deny"}))  # withdrawn between the agenda and the meeting
    caches.who.expire(lambda key: True)
    with pytest.raises(NotFound):
        discussed(server, caches, conference, "p1")


def test_what_is_not_for_a_shared_screen_is_not_in_it(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    server.put(make.task("secret", "p1", "Practitioner/gp") | {"meta": {"security": [label]}, "description": "Secret"})
    item = make.concept("http://loinc.org", "44260-8")
    server.put(
        {
            "resourceType": "Observation",
            "id": "item9",
            "status": "final",
            "code": item,
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": "2026-11-20",
            "valueInteger": 3,
        }
    )
    found = discussed(server, caches, conference)
    assert found.withheld == 2
    assert {"secret", "item9"}.isdisjoint({event.origin.id for event in found.timeline.events})
    assert "secret" not in {task.origin.id for task in found.summary.tasks.value or ()}


def test_the_server_is_asked_once_for_all_who_follow(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    for ident in ("p1", "p3"):
        for row in list(server.rows["CareTeam"].values()):
            if row["subject"]["reference"] == f"Patient/{ident}":
                members = [{"member": {"reference": f"Practitioner/n{n}"}} for n in range(30)]
                server.put(row | {"participant": [*row["participant"], *members]})
    followers = [User(Reference("Practitioner", f"n{n}"), f"N {n}") for n in range(30)]
    # Who sees the patient through other teams may have another plan, and is asked for apart.
    first = discussed(server, caches, conference, "p3", followers[0])
    server.asked.clear()
    for who in followers:
        found = discussed(server, caches, conference, "p3", who)
        assert found.timeline is first.timeline and found.plans is first.plans and found.summary is first.summary
    assert server.asked == []


def test_who_is_next_is_read_before_anybody_asks_and_only_for_who_may_see_the_patient(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    asked = (T, conference, "p3", AT, "", caches)
    prepare_discussed_patient(server, GP, scope_of(GP), *asked)
    server.asked.clear()
    assert discussed(server, caches, conference, "p3").patient == THREE and server.asked == []
    with pytest.raises(NotFound):
        prepare_discussed_patient(server, GP, scope_of(GP), T, conference, "p4", AT, "", caches)


def test_with_tokens_of_their_own_each_asks_for_oneself(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    discussed(server, caches, conference, credentials="a")
    server.asked.clear()
    discussed(server, caches, conference, credentials="b")
    assert len(server.asked) > 20
