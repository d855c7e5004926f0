"""The conferences of a team and one of them: who sees which, why each patient is on it, and what was decided."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.actions.change_agenda import change_agenda
from dashboard.actions.complete_task import complete_task
from dashboard.actions.conclude_patient import conclude_patient
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.postpone_patients import postpone_patients
from dashboard.actions.record_decision import record_decision
from dashboard.actions.save import new_reference
from dashboard.actions.start_conference import start_conference
from dashboard.actions.write_conference_note import write_conference_note
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.conference.agenda_change import Add, Ask
from dashboard.domain.conference.agenda_reasons import AgendaReasonKind, that_fit
from dashboard.domain.conference.coming import ComingConference
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.conference.views import ConferenceList, ConferenceView, decided
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_conference import get_conference
from dashboard.queries.list_coming_conferences import list_coming_conferences
from dashboard.queries.list_conferences import list_conferences
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make

T = load_terminology()
AT = make.AS_OF
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
COORDINATOR = replace(GP, roles=(Role.COORDINATOR,))
NURSE = User(Reference("Practitioner", "nurse"), "Anna Lind")
TEAM = NamedReference(Reference("Organization", "team-1"), "Team 1")
ONE, TWO, THREE, FOUR = (Reference("Patient", f"p{n}") for n in range(1, 5))
ASKED = [NamedReference(GP.practitioner, "Dr Jane Okafor"), NamedReference(NURSE.practitioner, "Anna Lind")]


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(make.cohort())


def plan(server: FakeFhirServer, *patients: Reference, count: int = 1) -> list[Conference]:
    made = plan_conference(
        server, COORDINATOR, TEAM, "Case conference", START, 60, "", ASKED, patients, 1, count, reason="Plan", at=AT
    )
    return [each for each in made.values if isinstance(each, Conference)]


def the_list(server: FakeFhirServer, who: User = GP) -> ConferenceList:
    assert who.practitioner is not None
    return list_conferences(server, who, make.scope(who.practitioner.id), AT, team_cache=TeamCache())


def view(server: FakeFhirServer, ident: str, who: User = GP, at: datetime = AT) -> ConferenceView:
    assert who.practitioner is not None
    scope = make.scope(who.practitioner.id)
    return get_conference(server, who, scope, T, ident, at, team_cache=TeamCache())


def kinds(found: ConferenceView, patient: Reference) -> list[AgendaReasonKind]:
    line = found.line(patient)
    assert line is not None
    return [each.kind for each in line.proposal.reasons]


def test_conferences_are_listed_by_when_they_are(server: FakeFhirServer) -> None:
    first, second = plan(server, ONE, count=2)
    server.rows["Appointment"][first.origin.id]["status"] = "arrived"
    server.put(
        server.rows["Appointment"][second.origin.id] | {"id": "old", "status": "fulfilled", "start": "2026-11-03"}
    )
    server.put(
        server.rows["Appointment"][second.origin.id] | {"id": "off", "status": "cancelled", "start": "2026-11-10"}
    )
    server.put(server.rows["Appointment"][second.origin.id] | {"id": "undated", "start": None})
    found = the_list(server)
    assert [each.origin.id for each in found.running] == [first.origin.id]
    assert [each.origin.id for each in found.coming] == [second.origin.id]
    assert [each.origin.id for each in found.past] == ["off", "old"]
    assert found.teams == () and [team.id for team in the_list(server, COORDINATOR).teams] == ["team-1"]


def test_only_those_of_the_own_teams_and_those_one_is_asked_to_come_to_are_listed(server: FakeFhirServer) -> None:
    [ours] = plan(server)
    row = server.rows["Appointment"][ours.origin.id]
    theirs = {"supportingInformation": [{"reference": "Organization/team-2", "display": "Team 2"}]}
    server.put(row | {"id": "theirs", "participant": [], **theirs})
    server.put(row | {"id": "broken", "start": "soon"})
    assert {each.origin.id for each in the_list(server).conferences} == {ours.origin.id}
    assert {each.origin.id for each in the_list(server, NURSE).conferences} == {ours.origin.id, "theirs"}


def test_a_lying_server_s_other_conferences_are_left_out(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    [ours] = plan(server)
    stranger = server.rows["Appointment"][ours.origin.id] | {
        "id": "x", "participant": [], "supportingInformation": [{"reference": "Organization/team-9"}],
    }  # fmt: skip
    answer = server._search
    monkeypatch.setattr(
        server,
        "_search",
        lambda request: (
            replace(answer(request), rows=[*answer(request).rows, stranger])
            if request.type == "Appointment"
            else answer(request)
        ),
    )
    assert [each.origin.id for each in the_list(server).conferences] == [ours.origin.id]


def test_each_line_says_why_the_patient_is_on_it(server: FakeFhirServer, trail: Trail) -> None:
    server.put(
        {
            "resourceType": "QuestionnaireResponse",
            "id": "q1",
            "status": "completed",
            "questionnaire": "http://example.org/Questionnaire/phq-9",
            "subject": {"reference": "Patient/p1"},
            "authored": "2026-11-15",
        }
    )
    server.put(make.encounter("adm", "p2", "2026-11-12T09:00:00+00:00") | {"class": {"code": "IMP"}})
    [conference] = plan(server, TWO, ONE)
    found = view(server, conference.origin.id)
    assert [line.patient for line in found.lines] == [TWO, ONE] and [line.begins for line in found.lines] == [0, 7]
    assert AgendaReasonKind.RESULT in kinds(found, ONE) and AgendaReasonKind.QUESTIONNAIRE in kinds(found, ONE)
    assert AgendaReasonKind.ADMISSION in kinds(found, TWO)
    assert found.others == 0 and found.minutes is None and not found.may_plan
    assert [each.name for each in found.colleagues] == ["gp"]
    assert view(server, conference.origin.id, COORDINATOR).may_plan
    assert {each.id for each in trail.records[-1].patients} >= {"p1", "p2"}
    assert str(trail.records[-1].entities[0]) == f"Appointment/{conference.origin.id}"


def test_what_was_there_at_the_last_conference_is_no_reason_any_more(server: FakeFhirServer) -> None:
    [conference] = plan(server, ONE)
    result = next(each for each in view(server, conference.origin.id).lines[0].proposal.reasons if each.reason)
    assert result.kind is AgendaReasonKind.RESULT
    server.put(
        make.encounter("met", "p1", "2026-11-20T09:00:00+00:00")
        | {"class": {"code": "VR"}, "appointment": [{"reference": "Appointment/x"}]}
        | {"type": [make.concept(make.SNOMED, "312384001", "Case conference")]}
    )
    line = view(server, conference.origin.id).lines[0]
    assert line.proposal.since == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    old = [each for each in line.proposal.reasons if each.kind is AgendaReasonKind.RESULT]
    assert all(each.reason is not None and each.reason.points for each in old)  # only what is urgent stays


def test_patients_of_others_are_counted_and_never_named(server: FakeFhirServer) -> None:
    [conference] = plan(server, ONE, FOUR, TWO)
    found = view(server, conference.origin.id)
    assert [line.patient for line in found.lines] == [ONE, TWO] and found.others == 1
    assert found.line(FOUR) is None and FOUR.id not in found.patients
    guest = view(server, conference.origin.id, NURSE)
    assert [line.patient for line in guest.lines] == [FOUR] and guest.others == 2
    server.put(make.consent("p1", {"type": "deny"}))  # between agenda and meeting
    assert [line.patient for line in view(server, conference.origin.id).lines] == [TWO]


def test_others_of_the_team_with_enough_reason_are_proposed(server: FakeFhirServer) -> None:
    [conference] = plan(server, TWO)
    found = view(server, conference.origin.id)
    assert [(person.id, proposal.enough) for person, proposal in found.proposals] == [("p1", True)]
    change_agenda(server, GP, conference.origin.id, [Add(ONE)], reason="Add", at=AT)
    assert view(server, conference.origin.id).proposals == ()


def test_what_was_written_decided_and_postponed_is_in_its_line(server: FakeFhirServer) -> None:
    first, second = plan(server, ONE, TWO, count=2)
    ident, during = first.origin.id, START + timedelta(minutes=5)
    write_conference_note(server, GP, ident, "p1", EntryKind.PREPARATION, "Weight diary", reason="Note", at=AT)
    start_conference(server, GP, ident, reason="Start", at=START)
    for day in (30, 26):
        record_decision(
            server, GP, ident, "p1", f"By {day}", ASKED[0], datetime(2026, 11, day).date(), new_reference("Task"),
            reason="Why", at=during,
        )  # fmt: skip
    conclude_patient(server, GP, ident, "p1", reason="Done", at=during)
    postpone_patients(server, GP, ident, second.origin.id, [TWO], reason="No time", at=during)
    found = view(server, ident, at=during)
    line = found.line(ONE)
    assert line is not None and line.note is not None and line.discussion is not None
    assert [each.kind for each in line.note.entries] == [EntryKind.PREPARATION, EntryKind.DECISION, EntryKind.DECISION]
    assert line.discussion.status == "finished" and line.item.outcome == "discussed"
    assert [task.text for task in decided(found.lines)] == ["By 26", "By 30"]
    assert found.minutes is not None and found.minutes.notes == (line.note.origin,)
    later = view(server, second.origin.id, at=during)
    assert kinds(later, TWO)[0] is AgendaReasonKind.POSTPONED


def test_a_decision_that_is_past_its_day_comes_back_to_the_next_agenda_by_itself(server: FakeFhirServer) -> None:
    first, second = plan(server, TWO, count=2)
    ident, during = first.origin.id, START + timedelta(minutes=5)
    start_conference(server, GP, ident, reason="Start", at=START)
    due = datetime(2026, 11, 26).date()
    record_decision(
        server, GP, ident, "p2", "Diary of weights", ASKED[0], due, new_reference("Task"), reason="Why", at=during
    )
    conclude_patient(server, GP, ident, "p2", reason="Done", at=during)
    assert TWO not in [proposal.patient for _, proposal in view(server, second.origin.id, at=during).proposals]
    later = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    [found] = [each for _, each in view(server, second.origin.id, at=later).proposals if each.patient == TWO]
    [reason] = [each for each in found.reasons if each.kind is AgendaReasonKind.DECISION]
    assert reason.task is not None and (reason.task.text, reason.task.owner_name) == (
        "Diary of weights", "Dr Jane Okafor",
    )  # fmt: skip
    assert reason.task.due is not None and reason.task.due.text == "2026-11-26"
    assert AgendaReasonKind.TASK not in [each.kind for each in found.reasons]
    assert [each.patient for each in that_fit([found], 60, 7)] == [TWO]  # what "Fill" takes
    task = server.rows["Task"][reason.task.origin.id]
    complete_task(server, GP, task["id"], task["meta"]["versionId"], reason="Done", at=later)
    assert TWO not in [proposal.patient for _, proposal in view(server, second.origin.id, at=later).proposals]


def test_an_agenda_of_another_program_is_that_of_the_appointment(server: FakeFhirServer) -> None:
    server.rows["Appointment"]["a1"]["participant"].append(
        {"actor": {"reference": "Practitioner/gp"}, "status": "accepted"}
    )
    found = view(server, "a1")
    assert [line.patient for line in found.lines] == [ONE] and found.others == 1 and not found.may_plan


@pytest.mark.parametrize("ident", ["theirs", "nothing", "visit", "not an id"])
def test_every_other_conference_is_not_found(server: FakeFhirServer, ident: str) -> None:
    [ours] = plan(server, ONE)
    row = server.rows["Appointment"][ours.origin.id]
    server.put(row | {"id": "theirs", "participant": [], "supportingInformation": []})
    server.put({"resourceType": "Appointment", "id": "visit", "status": "booked", "participant": []})
    with pytest.raises(NotFound, match="conference-not-found"):
        view(server, ident)


@pytest.mark.parametrize("role", [Role.PILOT_MANAGER, Role.PATIENT, Role.CARER, Role.ADMINISTRATOR])
def test_other_roles_see_no_conference(server: FakeFhirServer, role: Role) -> None:
    for ask in (lambda who: the_list(server, who), lambda who: view(server, "a1", who)):
        with pytest.raises(NotPermitted):
            ask(replace(GP, roles=(role,)))


def test_without_questionnaires_the_rest_is_there_with_a_notice(server: FakeFhirServer) -> None:
    [conference] = plan(server, ONE)
    server.failing["QuestionnaireResponse"] = ServerUnavailable("server-timeout", reference="r1")
    found = view(server, conference.origin.id)
    assert [line.patient for line in found.lines] == [ONE]
    assert ("section-failed", "QuestionnaireResponse") in [(each.kind, each.detail) for each in found.notices]


def test_what_belongs_to_it_and_cannot_be_read_is_an_error_and_no_empty_agenda(server: FakeFhirServer) -> None:
    [conference] = plan(server, ONE)
    for kind in ("List", "Composition", "Encounter"):
        server.failing = {kind: ServerUnavailable("server-timeout", reference="r1")}
        with pytest.raises(ServerUnavailable):
            view(server, conference.origin.id)


def test_an_unreadable_note_is_named(server: FakeFhirServer) -> None:
    [conference] = plan(server, ONE)
    write_conference_note(server, GP, conference.origin.id, "p1", EntryKind.WHY, "x", reason="Note", at=AT)
    [note] = server.rows["Composition"].values()
    note["date"] = "soon"
    found: Any = view(server, conference.origin.id)
    assert [each.origin.type for each in found.unreadable] == ["Composition"] and found.lines[0].note is None


def test_the_number_of_requests_does_not_depend_on_the_patients(server: FakeFhirServer) -> None:
    few, many = plan(server, ONE), plan(server, ONE, TWO, THREE)
    counts = []
    for [conference] in (few, many):
        server.asked.clear()
        view(server, conference.origin.id)
        counts.append(len(server.asked))
    assert counts[0] == counts[1]


def coming(server: FakeFhirServer, who: User = GP, at: datetime = AT) -> list[ComingConference]:
    assert who.practitioner is not None
    scope = make.scope(who.practitioner.id)
    return list(list_coming_conferences(server, who, scope, at, team_cache=TeamCache()))


def test_what_is_asked_of_the_reader_is_one_search_and_names_whom_to_prepare(
    server: FakeFhirServer, trail: Trail
) -> None:
    first, second = plan(server, ONE, TWO, count=2)
    for patient in (ONE, TWO):
        change_agenda(server, GP, first.origin.id, [Ask(patient, ASKED[0])], reason="Ask", at=AT)
    cache = TeamCache()
    list_coming_conferences(server, GP, make.scope("gp"), AT, team_cache=cache)
    server.asked.clear()
    [found] = list_coming_conferences(server, GP, make.scope("gp"), AT, team_cache=cache)
    assert [each.type for each in server.asked] == ["Appointment"]
    assert found.conference.origin == first.origin and [each.id for each in found.to_prepare] == ["p1", "p2"]
    assert [each.id for each in trail.records[-1].patients] == ["p1", "p2"]
    week = [each.conference.origin for each in coming(server, at=AT + timedelta(days=7))]
    assert week == [second.origin]


def test_who_is_prepared_or_may_not_be_seen_any_more_is_not_to_prepare(server: FakeFhirServer) -> None:
    [conference] = plan(server, ONE, TWO)
    for patient in (ONE, TWO):
        change_agenda(server, GP, conference.origin.id, [Ask(patient, ASKED[0])], reason="Ask", at=AT)
    task = next(row for row in server.rows["Task"].values() if row["for"] == {"reference": "Patient/p1"}
                and row.get("description") == "Prepare for the case conference")  # fmt: skip
    complete_task(server, GP, task["id"], task["meta"]["versionId"], reason="Done", at=AT)
    assert [each.id for each in coming(server)[0].to_prepare] == ["p2"]
    server.put(make.consent("p2", {"type": "deny"}))
    assert coming(server)[0].to_prepare == ()
    assert coming(server, NURSE)[0].to_prepare == ()


def test_only_whoever_sees_conferences_is_told_of_them(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted):
        coming(server, replace(GP, roles=(Role.ADMINISTRATOR,)))
    server.failing["Appointment"] = ServerUnavailable("server-timeout", reference="r1")
    with pytest.raises(ServerUnavailable):
        coming(server)
