"""The history of conferences, of teams and of one patient: what is counted, who may read it, and what it costs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.actions.complete_task import complete_task
from dashboard.actions.conclude_patient import conclude_patient
from dashboard.actions.end_conference import end_conference
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.record_decision import record_decision
from dashboard.actions.save import new_reference
from dashboard.actions.start_conference import start_conference
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.history import ConferenceHistory, Counts, PatientConferences
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable
from dashboard.queries.get_conference_history import get_conference_history
from dashboard.queries.get_patient_conferences import get_patient_conferences
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make

AT = make.AS_OF
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
LATER = START + timedelta(days=14)
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor", roles=(Role.CLINICIAN, Role.COORDINATOR))
NURSE = User(Reference("Practitioner", "nurse"), "Anna Lind")
TEAM = NamedReference(Reference("Organization", "team-1"), "Team 1")
ASKED = [NamedReference(GP.practitioner, "Dr Jane Okafor"), NamedReference(NURSE.practitioner, "Anna Lind")]
ONE, TWO, FOUR = (Reference("Patient", f"p{n}") for n in (1, 2, 4))


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(make.cohort())


def hold(server: FakeFhirServer, *patients: Reference, start: datetime = START) -> Conference:
    """A conference at which something was decided about each of these patients, with a day two days later."""
    made = plan_conference(
        server, GP, TEAM, "Case conference", start, 60, "", ASKED, patients, 1, 1, reason="Plan", at=AT
    )
    conference = next(each for each in made.values if isinstance(each, Conference))
    ident, during = conference.origin.id, start + timedelta(minutes=5)
    start_conference(server, GP, ident, reason="Start", at=start)
    for patient in patients:
        who = NURSE if patient == FOUR else GP
        owner = ASKED[1] if patient == FOUR else ASKED[0]
        record_decision(
            server, who, ident, patient.id, f"Ring {patient.id}", owner, (start + timedelta(days=2)).date(),
            new_reference("Task"), reason="Why", at=during,
        )  # fmt: skip
        conclude_patient(server, who, ident, patient.id, reason="Done", at=during)
    end_conference(server, GP, ident, reason="Over", at=during)
    return conference


def history(server: FakeFhirServer, who: User = GP, team: str = "", at: datetime = LATER) -> ConferenceHistory:
    assert who.practitioner is not None
    return get_conference_history(server, who, make.scope(who.practitioner.id), team, at, team_cache=TeamCache())


def of_patient(server: FakeFhirServer, ident: str, who: User = GP) -> PatientConferences:
    assert who.practitioner is not None
    return get_patient_conferences(server, who, make.scope(who.practitioner.id), ident, LATER, team_cache=TeamCache())


def test_each_conference_and_week_has_its_counts_of_the_own_patients(server: FakeFhirServer, trail: Trail) -> None:
    first = hold(server, ONE, TWO, FOUR)
    second = hold(server, ONE, start=START + timedelta(days=7))
    task = next(row for row in server.rows["Task"].values() if row.get("description") == "Ring p2")
    complete_task(server, GP, task["id"], task["meta"]["versionId"], reason="Done", at=START + timedelta(days=1))
    found = history(server)
    assert [(each.conference.origin, each.counts) for each in found.conferences] == [
        (second.origin, Counts(1, 1, 1, 0)), (first.origin, Counts(2, 2, 2, 1)),
    ]  # fmt: skip
    assert [(each.week, each.conferences, each.counts.discussed) for each in found.weeks] == [
        (date(2026, 11, 30), 1, 1), (date(2026, 11, 23), 1, 2),
    ]  # fmt: skip
    assert set(found.patients) == {"p1", "p2"} == {each.id for each in trail.records[-1].patients}
    assert [each.counts for each in history(server, NURSE).conferences] == [Counts(), Counts(1, 1, 1, 0)]


def test_a_team_is_chosen_among_the_own_ones(server: FakeFhirServer) -> None:
    conference = hold(server, ONE)
    row = server.rows["Appointment"][conference.origin.id]
    other = {"supportingInformation": [{"reference": "Organization/team-9"}]}
    server.put(row | {"id": "guest", **other})
    assert len(history(server).conferences) == 2
    chosen = history(server, team="team-1")
    assert [each.conference.origin for each in chosen.conferences] == [conference.origin] and chosen.team == "team-1"
    assert history(server, team="team-9").team == ""


def test_what_did_not_take_place_is_in_no_history(server: FakeFhirServer) -> None:
    conference = hold(server, ONE)
    for kind in ("Encounter", "Appointment"):
        for row in server.rows[kind].values():
            row["status"] = "planned" if kind == "Encounter" else "booked"
    assert history(server).conferences == () and history(server).weeks == ()
    assert of_patient(server, "p1").discussions == ()
    server.rows["Appointment"][conference.origin.id]["status"] = "fulfilled"
    assert [each.counts for each in history(server).conferences] == [Counts()]


def test_a_patient_s_conferences_say_what_was_decided_and_where_the_minutes_are(
    server: FakeFhirServer, trail: Trail
) -> None:
    first, second = hold(server, ONE, TWO), hold(server, ONE, start=START + timedelta(days=7))
    found = of_patient(server, "p1")
    assert [each.discussion.conference for each in found.discussions] == [second.origin, first.origin]
    last = found.discussions[0]
    assert last.conference is not None and last.conference.title == "Case conference"
    assert [each.text for each in last.entries] == ["Ring p1"] and [each.text for each in last.decided] == ["Ring p1"]
    assert found.readable == {first.origin, second.origin}
    assert [each.id for each in trail.records[-1].patients] == ["p1"]
    row = server.rows["Appointment"][first.origin.id]
    server.put(row | {"participant": [], "supportingInformation": [{"reference": "Organization/team-9"}]})
    assert of_patient(server, "p1").readable == {second.origin}


def test_who_may_not_see_the_patient_or_conferences_reads_none(server: FakeFhirServer) -> None:
    hold(server, ONE)
    for ident in ("p4", "nobody", "not an id"):
        with pytest.raises(NotFound, match="patient-not-found"):
            of_patient(server, ident)
    administrator = replace(GP, roles=(Role.ADMINISTRATOR,))
    for ask in (history, lambda server, who: of_patient(server, "p1", who)):
        with pytest.raises(NotPermitted):
            ask(server, administrator)
    stranger = User(Reference("Practitioner", "stranger"), "Nobody")
    assert history(server, stranger).conferences == ()


def test_the_number_of_requests_does_not_depend_on_how_many_conferences_there_were(server: FakeFhirServer) -> None:
    counts = []
    for weeks in (0, 1, 2):
        hold(server, ONE, TWO, start=START + timedelta(weeks=weeks))
        server.asked.clear()
        history(server)
        of_patient(server, "p1")
        counts.append(len(server.asked))
    assert len(set(counts)) == 1


@pytest.mark.parametrize("kind", ["Encounter", "Task", "CommunicationRequest"])
def test_what_cannot_be_read_is_an_error_and_no_smaller_count(server: FakeFhirServer, kind: str) -> None:
    hold(server, ONE)
    cache = TeamCache()
    ask = (server, GP, make.scope("gp"))
    get_conference_history(*ask, "", LATER, team_cache=cache)
    get_patient_conferences(*ask, "p1", LATER, team_cache=cache)
    server.failing = {kind: ServerUnavailable("server-timeout", reference="r1")}
    with pytest.raises(ServerUnavailable):
        get_conference_history(*ask, "", LATER, team_cache=cache)
    with pytest.raises(ServerUnavailable):
        get_patient_conferences(*ask, "p1", LATER, team_cache=cache)
