"""The minutes of a conference: who reads what of whom, where the postponed go on, and what it costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.actions.conclude_patient import conclude_patient
from dashboard.actions.end_conference import end_conference
from dashboard.actions.file_minutes import file_minutes
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.postpone_patients import postpone_patients
from dashboard.actions.record_decision import record_decision
from dashboard.actions.save import new_reference
from dashboard.actions.sign_minutes import sign_minutes
from dashboard.actions.start_conference import start_conference
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.minutes_view import MinutesView
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_minutes import get_minutes
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make

AT = make.AS_OF
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
DURING = START + timedelta(minutes=5)
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor", roles=(Role.CLINICIAN, Role.COORDINATOR))
NURSE = User(Reference("Practitioner", "nurse"), "Anna Lind")
TEAM = NamedReference(Reference("Organization", "team-1"), "Team 1")
ONE, TWO, THREE, FOUR = (Reference("Patient", f"p{n}") for n in range(1, 5))
ASKED = [NamedReference(GP.practitioner, "Dr Jane Okafor"), NamedReference(NURSE.practitioner, "Anna Lind")]


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(make.cohort())


def plan(server: FakeFhirServer, *patients: Reference, count: int = 1) -> list[Conference]:
    made = plan_conference(
        server, GP, TEAM, "Case conference", START, 60, "", ASKED, patients, 1, count, reason="Plan", at=AT
    )
    return [each for each in made.values if isinstance(each, Conference)]


def hold(server: FakeFhirServer, *patients: Reference) -> list[Conference]:
    """A conference that came to the first patient and no other, and the next one."""
    made = plan(server, *patients, count=2)
    ident, following = (each.origin.id for each in made)
    start_conference(server, GP, ident, reason="Start", at=START)
    record_decision(
        server, GP, ident, patients[0].id, "Repeat potassium", ASKED[0], datetime(2026, 11, 26).date(),
        new_reference("Task"), reason="Potassium 5.9", at=DURING,
    )  # fmt: skip
    conclude_patient(server, GP, ident, patients[0].id, reason="Done", at=DURING)
    later = [each for each in patients[1:] if each != FOUR]
    if later:
        postpone_patients(server, GP, ident, following, later, reason="No time", at=DURING)
    end_conference(server, GP, ident, reason="Over", at=DURING)
    return made


def view(server: FakeFhirServer, ident: str, who: User = GP, at: datetime = DURING) -> MinutesView:
    assert who.practitioner is not None
    scope = make.scope(who.practitioner.id)
    return get_minutes(server, who, scope, load_terminology(), ident, at, team_cache=TeamCache())


def test_what_was_decided_and_where_the_others_go_on(server: FakeFhirServer, trail: Trail) -> None:
    first, second = hold(server, ONE, TWO)
    found = view(server, first.origin.id)
    one, two = found.lines
    assert [entry.text for entry in one.entries] == ["Repeat potassium"]
    task = one.decided_by(one.entries[0])
    assert task is not None and task.owner_name == "Dr Jane Okafor"
    assert one.discussion is not None and one.discussion.status == "finished" and one.next is None
    assert two.entries == () and two.next is not None and two.next.origin == second.origin
    assert found.minutes is not None and [each.who.name for each in found.minutes.present] == ["Dr Jane Okafor"]
    assert [each.id for each in trail.records[-1].patients] == ["p1", "p2"]
    assert str(trail.records[-1].entities[0]) == str(first.origin)


def test_each_reader_sees_the_own_patients_and_the_others_are_counted(server: FakeFhirServer) -> None:
    first, _ = hold(server, ONE, FOUR)
    assert [line.patient for line in view(server, first.origin.id).lines] == [ONE]
    assert view(server, first.origin.id).others == 1
    theirs = view(server, first.origin.id, NURSE)
    assert [line.patient for line in theirs.lines] == [FOUR] and theirs.others == 1
    server.put(make.consent("p1", {"type": "deny"}))
    assert view(server, first.origin.id).lines == () and view(server, first.origin.id).others == 2


def test_what_is_filed_is_known_without_its_sheet(server: FakeFhirServer) -> None:
    ident = hold(server, ONE)[0].origin.id
    found = view(server, ident)
    assert found.minutes is not None and found.to_file == ()
    sign_minutes(server, GP, ident, found.minutes.version, found.notes_seen, reason="Sign", at=DURING)
    [line] = view(server, ident).to_file
    assert line.note is not None
    file_minutes(server, GP, ident, "p1", line.note.version, lambda: b"%PDF", reason="Signed", at=DURING)
    signed = view(server, ident)
    assert signed.to_file == () and signed.lines[0].document is not None and signed.lines[0].document.pdf == b""


def test_a_meeting_of_another_program_is_known_by_its_encounters(server: FakeFhirServer) -> None:
    server.rows["Appointment"]["a1"]["participant"].append(
        {"actor": {"reference": "Practitioner/gp"}, "status": "accepted"}
    )
    server.put(
        make.encounter("met", "p1", "2026-11-20T09:00:00+00:00") | {"appointment": [{"reference": "Appointment/a1"}]}
    )
    found = view(server, "a1")
    assert found.minutes is None and found.lines[0].note is None
    assert found.lines[0].discussion is not None and found.lines[0].discussion.origin.id == "met"


def test_the_number_of_requests_does_not_depend_on_the_patients(server: FakeFhirServer) -> None:
    counts = []
    for [conference] in (plan(server, ONE), plan(server, ONE, TWO, THREE)):
        server.asked.clear()
        view(server, conference.origin.id)
        counts.append(len(server.asked))
    assert counts[0] == counts[1]


def test_every_other_conference_is_not_found_and_other_roles_see_none(server: FakeFhirServer) -> None:
    for ident in ("nothing", "not an id"):
        with pytest.raises(NotFound, match="conference-not-found"):
            view(server, ident)
    with pytest.raises(NotPermitted):
        view(server, "a1", replace(GP, roles=(Role.ADMINISTRATOR,)))


@pytest.mark.parametrize("kind", ["List", "Composition", "Encounter", "Task", "DocumentReference"])
def test_what_cannot_be_read_is_an_error_and_no_empty_minutes(server: FakeFhirServer, kind: str) -> None:
    ident: Any = hold(server, ONE)[0].origin.id
    cache = TeamCache()
    ask = (server, GP, make.scope("gp"), load_terminology(), ident, DURING)
    get_minutes(*ask, team_cache=cache)
    server.failing = {kind: ServerUnavailable("server-timeout", reference="r1")}
    with pytest.raises(ServerUnavailable):
        get_minutes(*ask, team_cache=cache)
