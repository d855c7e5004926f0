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
from dashboard.cache.change_feed import CHANGE_FEED, Change, ChangeFeed, ChangeKind
from dashboard.cache.discussed_patients import OF_RECOMMENDATIONS, DiscussedPatients, discussed_patients
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.views import DiscussedPatient, DiscussedRecommendations, Meeting
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_discussed_patient import get_discussed_patient
from dashboard.queries.get_discussed_recommendations import get_discussed_recommendations
from dashboard.queries.get_meeting import get_meeting
from dashboard.queries.get_recommendations import FACT_TYPES, get_recommendations
from dashboard.queries.prepare_discussed_patient import prepare_discussed_patient
from tests.fakes import FakeFhirServer
from tests.guidelines import library
from tests.pages.recommendation_samples import ROWS
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


def recommended(
    server: FakeFhirServer,
    caches: DiscussedPatients,
    conference: Conference,
    patient: str = "p1",
    since: datetime | None = None,
    who: User = GP,
    rules: Library | None = None,
) -> DiscussedRecommendations:
    asked = (server, who, scope_of(who), T, rules or library(), conference, patient, since, AT, "", caches)
    return get_discussed_recommendations(*asked)


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
    asked = (T, library(), conference, "p3", AT, "", caches)
    prepare_discussed_patient(server, GP, scope_of(GP), *asked)
    server.asked.clear()
    assert discussed(server, caches, conference, "p3").patient == THREE
    assert recommended(server, caches, conference, "p3").found.person.id == "p3" and server.asked == []
    with pytest.raises(NotFound):
        prepare_discussed_patient(server, GP, scope_of(GP), T, library(), conference, "p4", AT, "", caches)


def test_with_tokens_of_their_own_each_asks_for_oneself(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    discussed(server, caches, conference, credentials="a")
    server.asked.clear()
    discussed(server, caches, conference, credentials="b")
    assert len(server.asked) > 20


STOP = "03-metformin-kidney"
BEFORE = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)


def rules_of(found: DiscussedRecommendations) -> set[str]:
    return {each.rule.id for each in found.new.findings}


def test_what_guidelines_say_anew_is_what_the_patients_own_page_says_and_read_once_for_all(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    for row in ROWS:
        server.put(row)
    found = recommended(server, caches, conference, since=BEFORE)
    page = get_recommendations(
        server, GP, scope_of(GP), T, library(), "p1", AT, team_cache=TeamCache(), patient_cache=PatientCache()
    )
    assert found.found.open(shared=True) == page.open(shared=True) and found.stale == ""
    assert STOP in rules_of(found) and set(found.new.findings) < set(page.open(shared=True))
    server.asked.clear()
    assert set(recommended(server, caches, conference).new.findings) == set(page.open(shared=True))
    fewer = Library(library().rules[:3], library().facts)
    assert len(recommended(server, caches, conference, rules=fewer).new) < len(found.new)
    assert server.asked == []
    server.put(make.observation("o1", "p1", "33914-3", 65, "mL/min/{1.73_m2}", "2026-11-20"))
    changed = Change(server.base_url, frozenset({"p1"}), Reference("Observation", "o1"), "2", ChangeKind.WRITTEN)
    caches.apply([changed])
    assert STOP not in rules_of(recommended(server, caches, conference, since=BEFORE))


def test_who_may_not_see_the_patient_is_told_no_recommendation(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    for who, patient in ((NURSE, "p1"), (GP, "p4"), (GP, "no id"), (GP, "p2")):
        with pytest.raises(NotFound):
            recommended(server, caches, conference, patient, who=who)


def test_nothing_restricted_and_nothing_unread_makes_a_card_on_the_screen_of_a_room(
    server: FakeFhirServer, caches: DiscussedPatients, conference: Conference
) -> None:
    for row in ROWS:
        server.put(row)
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    [egfr] = [row for row in ROWS if row["id"] == "o1"]
    server.put(egfr | {"meta": {"security": [label]}})
    found = recommended(server, caches, conference)
    assert STOP not in rules_of(found) and STOP in {each.rule.id for each in found.found.open(shared=True)}
    caches.forget()
    server.failing["Observation"] = ServerUnavailable("server-timeout", reference="r1")
    assert len(recommended(server, caches, conference).new) < len(found.new)
    assert recommended(server, caches, conference).found.unread == {"Observation"}


def test_whatever_a_fact_of_a_rule_comes_from_is_read_again_when_it_was_changed() -> None:
    """Where a type is left out, the room goes on seeing what the recommendations were before."""
    assert {*FACT_TYPES, "Goal", "GuidanceResponse", "DetectedIssue"} == OF_RECOMMENDATIONS
