"""A conference is planned, held and minuted alike on every server, also on a poor one; and by many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.actions.change_agenda import change_agenda
from dashboard.actions.conclude_patient import conclude_patient
from dashboard.actions.end_conference import end_conference
from dashboard.actions.file_minutes import file_minutes
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.postpone_patients import postpone_patients
from dashboard.actions.record_attendance import record_attendance
from dashboard.actions.record_decision import record_decision
from dashboard.actions.save import new_reference
from dashboard.actions.sign_minutes import sign_minutes
from dashboard.actions.start_conference import start_conference
from dashboard.actions.withdraw_decision import withdraw_decision
from dashboard.actions.write_conference_note import write_conference_note
from dashboard.cache.discussed_patients import discussed_patients
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.conference import views
from dashboard.domain.conference.agenda_change import Add, Give, Move
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.history import Counts
from dashboard.domain.conference.minutes import How
from dashboard.domain.conference.minutes_view import MinutesView
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.conference.views import ConferenceView, DiscussedPatient, decided
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_conference import get_conference
from dashboard.queries.get_conference_history import get_conference_history
from dashboard.queries.get_discussed_patient import get_discussed_patient
from dashboard.queries.get_meeting import get_meeting
from dashboard.queries.get_minutes import get_minutes
from dashboard.queries.get_patient_conferences import get_patient_conferences
from dashboard.queries.list_coming_conferences import list_coming_conferences
from dashboard.queries.list_conferences import list_conferences
from tests.records import create
from tests.unit.people_and_teams import AS_OF

T = load_terminology()
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
DURING = START + timedelta(minutes=10)


class Meeting:
    """Four people, three patients of their team, and two conferences, on one server."""

    def __init__(self, fhir: FhirServer) -> None:
        self.fhir = fhir
        team = create(fhir, {"resourceType": "Organization", "name": "Team"})
        self.team = NamedReference(Reference("Organization", team["id"]), "Team")
        people = [create(fhir, {"resourceType": "Practitioner", "name": [{"family": f"M{n}"}]}) for n in range(4)]
        self.people = [NamedReference(Reference("Practitioner", each["id"]), f"M{n}") for n, each in enumerate(people)]
        self.patients = [self._patient(n) for n in range(3)]
        made = plan_conference(
            fhir, self.user(0, Role.COORDINATOR), self.team, "Case conference", START, 60, "Room 2", self.people,
            self.patients[:2], 1, 2, reason="Plan", at=AS_OF,
        )  # fmt: skip
        self.first, self.second = (each for each in made.values if isinstance(each, Conference))

    def _patient(self, number: int) -> Reference:
        patient = create(self.fhir, {"resourceType": "Patient", "name": [{"family": f"Storm{number}"}]})
        create(
            self.fhir,
            {
                "resourceType": "CareTeam",
                "status": "active",
                "subject": {"reference": f"Patient/{patient['id']}"},
                "managingOrganization": [{"reference": str(self.team.to), "display": "Team"}],
                "participant": [{"member": {"reference": str(each.to), "display": each.name}} for each in self.people],
            },
        )
        return Reference("Patient", patient["id"])

    def user(self, number: int, role: Role = Role.CLINICIAN) -> User:
        return User(self.people[number].to, f"M{number}", roles=(role,))

    def scope(self, number: int) -> AccessScope:
        return AccessScope(self.fhir.base_url, str(self.people[number].to))

    def view(self, conference: Conference, number: int = 1) -> ConferenceView:
        who = self.user(number)
        return get_conference(
            self.fhir, who, self.scope(number), T, conference.origin.id, DURING, team_cache=TeamCache()
        )

    def minutes(self, conference: Conference, number: int = 1) -> MinutesView:
        who, scope = self.user(number), self.scope(number)
        return get_minutes(self.fhir, who, scope, T, conference.origin.id, DURING, team_cache=TeamCache())

    def on_screen(self, patient: Reference, number: int = 1) -> tuple[views.Meeting, DiscussedPatient]:
        """What the screen of the running conference shows now."""
        who, caches = self.user(number), discussed_patients()
        now = get_meeting(self.fhir, who, self.scope(number), T, self.first.origin.id, DURING, "", caches)
        asked = (T, now.conference, patient.id, DURING, "", caches)
        return now, get_discussed_patient(self.fhir, who, self.scope(number), *asked)

    def decide(self, number: int, text: str) -> None:
        record_decision(
            self.fhir, self.user(number), self.first.origin.id, self.patients[0].id, text, self.people[0],
            date(2026, 11, 30), new_reference("Task"), reason="Discussed", at=DURING,
        )  # fmt: skip


@pytest.fixture
def meeting(named_fhir: tuple[str, FhirServer]) -> Meeting:
    return Meeting(named_fhir[1])


def test_a_whole_meeting(meeting: Meeting) -> None:
    fhir, first, gp = meeting.fhir, meeting.first.origin.id, meeting.user(1)
    one, two, three = meeting.patients
    change_agenda(fhir, gp, first, [Add(three), Move(three, one), Give(two, 12)], reason="Urgent", at=AS_OF)
    write_conference_note(fhir, gp, first, one.id, EntryKind.PREPARATION, "<b>3 kg</b>\n& up", reason="Note", at=AS_OF)
    start_conference(fhir, gp, first, reason="Start", at=START)
    record_attendance(fhir, gp, first, [meeting.people[2]], How.REMOTE, reason="Came", at=DURING)
    meeting.decide(1, "Repeat potassium")
    number = new_reference("CommunicationRequest")
    for _ in range(2):  # the answer was lost
        record_decision(
            fhir, gp, first, one.id, "Come for a test", NamedReference(one, "Storm0"), date(2026, 11, 30), number,
            reason="Discussed", at=DURING,
        )  # fmt: skip
        said = {"said": DURING, "number": number.id, "reason": "Said", "at": DURING}
        write_conference_note(fhir, gp, first, one.id, EntryKind.DISCUSSION, "She is worried", **said)  # type: ignore[arg-type]
    refer = record_decision(
        fhir, gp, first, one.id, "Refer", meeting.people[0], date(2026, 11, 30), new_reference("Task"),
        reason="Discussed", at=DURING,
    ).value  # fmt: skip
    now, shown = meeting.on_screen(one)
    assert now.going_on == one and now.agenda.patients == (three, one, two)
    assert {"Repeat potassium", "Refer"} == {task.text for task in shown.tasks} and shown.withheld == 0
    assert shown.summary.person.name.family == "Storm0" and shown.stale == ""
    withdraw_decision(fhir, gp, first, one.id, refer.origin, "Taken back", reason="Error", at=DURING)
    conclude_patient(fhir, gp, first, one.id, reason="Done", at=DURING)
    conclude_patient(fhir, gp, first, three.id, "No change", reason="Done", at=DURING)
    postpone_patients(fhir, gp, first, meeting.second.origin.id, [two], reason="No time", at=DURING)
    end_conference(fhir, gp, first, reason="Over", at=DURING)
    found = meeting.view(meeting.first)
    assert [(line.patient, line.item.outcome) for line in found.lines] == [
        (three, "discussed"), (one, "discussed"), (two, "postponed"),
    ]  # fmt: skip
    assert {task.text: task.status for task in decided(found.lines)} == {
        "Repeat potassium": "requested", "Refer": "cancelled",
    }  # fmt: skip
    line = found.line(one)
    assert line is not None and line.note is not None and line.discussion is not None
    assert [entry.text for entry in line.note.entries] == [
        "<b>3 kg</b>\n& up", "Repeat potassium", "Come for a test", "She is worried", "Refer", "Taken back: Refer",
    ]  # fmt: skip
    assert [(each.text, each.recipients[0].to) for each in line.messages] == [("Come for a test", one)]
    assert line.discussion.status == "finished"
    assert [each.name for each in line.discussion.present] == ["M1", "M2"]
    assert found.minutes is not None and len(found.minutes.notes) == 2
    sign_minutes(fhir, gp, first, found.minutes.version, reason="Sign", at=DURING)
    signed = meeting.view(meeting.first)
    assert signed.minutes is not None and signed.minutes.signed
    assert {each.note.status for each in signed.lines if each.note} == {"final"}
    assert [line.patient for line in meeting.view(meeting.second).lines] == [two]
    minutes = meeting.minutes(meeting.first)
    assert [(each.patient, each.next and each.next.origin) for each in minutes.lines] == [
        (three, None), (one, None), (two, meeting.second.origin),
    ]  # fmt: skip
    for each in minutes.to_file:
        assert each.note is not None
        asked = (fhir, gp, first, each.patient.id, each.note.version)
        filed = [file_minutes(*asked, lambda: b"%PDF-1.7 sheet", reason="Signed", at=DURING).value for _ in range(2)]
        assert filed[0] == filed[1] and filed[0].pdf == b"%PDF-1.7 sheet"
    asked_for = (fhir, gp, meeting.scope(1))
    history = get_conference_history(*asked_for, "", DURING + timedelta(days=30), team_cache=TeamCache())
    assert [(each.conference.origin, each.counts) for each in history.conferences] == [
        (meeting.first.origin, Counts(discussed=2, decisions=2, due=2)),
    ]  # fmt: skip
    of_one = get_patient_conferences(*asked_for, one.id, DURING, team_cache=TeamCache())
    [past] = of_one.discussions
    assert past.conference is not None and past.conference.origin == meeting.first.origin
    assert (
        past.decided[0].text == "Repeat potassium"
        and len(past.counted) == 2
        and of_one.readable == {meeting.first.origin}
    )
    [coming] = list_coming_conferences(*asked_for, AS_OF + timedelta(days=7), team_cache=TeamCache())
    assert coming.conference.origin == meeting.second.origin
    again = meeting.minutes(meeting.first)
    assert again.to_file == () and [each.document is not None for each in again.lines] == [True, True, False]


def test_conferences_are_found_by_who_comes_and_by_the_team(meeting: Meeting) -> None:
    found = list_conferences(meeting.fhir, meeting.user(2), meeting.scope(2), AS_OF, team_cache=TeamCache())
    assert [each.origin for each in found.conferences] == [meeting.first.origin, meeting.second.origin]


def test_no_decision_of_people_who_write_at_once_is_lost(meeting: Meeting) -> None:
    start_conference(meeting.fhir, meeting.user(0), meeting.first.origin.id, reason="Start", at=START)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: meeting.decide(n % 4, f"Decision {n}"), range(8)))
    found = meeting.view(meeting.first)
    line = found.line(meeting.patients[0])
    assert line is not None and line.note is not None
    assert {entry.text for entry in line.note.entries} == {f"Decision {n}" for n in range(8)}
    assert {task.text for task in line.tasks} == {f"Decision {n}" for n in range(8)}
