"""Conferences in words and as HTML: what stands where, in which order, and that nobody's words are markup."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.attention.reason import Reason, ReasonKind
from dashboard.domain.conference.agenda import DISCUSSED, POSTPONED, Agenda, AgendaItem
from dashboard.domain.conference.agenda_reasons import AgendaReason, AgendaReasonKind, Proposal
from dashboard.domain.conference.conference import STATES, Attendee, Conference
from dashboard.domain.conference.note import ConferenceNote, EntryKind, NoteEntry
from dashboard.domain.conference.views import AgendaLine, ConferenceList, ConferenceView
from dashboard.domain.guidelines.evaluate import Outcome as Applies
from dashboard.domain.guidelines.new_since import NewSince
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.ui.conference.agenda_html import agenda_html, conference_heading_html, proposals_html, taken_off_html
from dashboard.ui.conference.list_html import PAST_AT_ONCE, conferences_html
from dashboard.ui.conference.words import (
    ENTRIES,
    OUTCOMES,
    STATUSES,
    agenda_words,
    attendance_words,
    begins_words,
    over_time,
    reason_lines,
    since_words,
    status_words,
    when_words,
)
from dashboard.ui.shared.view_time import ViewTime
from tests.pages.recommendation_samples import clash, recommendations

AT = ViewTime(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), ZoneInfo("Europe/London"))
GP = NamedReference(Reference("Practitioner", "gp"), "Dr <b>Jane</b> Okafor")
ONE, TWO = Reference("Patient", "p1"), Reference("Patient", "p2")
CONFERENCE = Conference(
    Reference("Appointment", "c1"), "1", "booked", "Case conference", PartialDate("2026-11-24T13:00:00+00:00"),
    PartialDate("2026-11-24T14:00:00+00:00"), "Room 2", attendees=(Attendee(GP, "accepted"),), patients=(ONE, TWO),
)  # fmt: skip
PROPOSAL = Proposal(ONE, (), datetime(2026, 11, 3, 13, 0, tzinfo=UTC))


def person(ident: str, family: str = "Aldous") -> Person:
    return Person(ident, HumanName(family, "Mary", "", ""), PartialDate("1948-02-03"), "female", False, (), None, "")


def agenda(*items: AgendaItem) -> Agenda:
    return Agenda(Reference("List", "l1"), "1", "c1", "Agenda", items)


def view(*lines: AgendaLine, **other: object) -> ConferenceView:
    made = ConferenceView(CONFERENCE, agenda(*(line.item for line in lines)), lines, AT.as_of)
    return replace(made, **other)  # type: ignore[arg-type]


def line(patient: Reference = ONE, **other: object) -> AgendaLine:
    made = AgendaLine(AgendaItem(patient), person(patient.id), replace(PROPOSAL, patient=patient), 7)
    return replace(made, **other)  # type: ignore[arg-type]


def test_every_status_outcome_and_entry_has_its_words() -> None:
    assert STATUSES.keys() == STATES.keys()
    assert OUTCOMES.keys() == {DISCUSSED, POSTPONED} and ENTRIES.keys() == set(EntryKind)
    assert status_words(CONFERENCE) == "planned" and status_words(replace(CONFERENCE, status="odd")) == ""


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-11-24T13:00:00+00:00", "2026-11-24T14:00:00+00:00", "Tue 24-Nov 13:00 to 14:00"),
        ("2026-07-24T13:00:00+00:00", None, "Fri 24-Jul 14:00"),
        ("2026-11-24", None, "24-Nov-2026"),
        (None, None, "no time yet"),
    ],
)
def test_when_a_conference_is_at_the_sites(start: str | None, end: str | None, words: str) -> None:
    made = replace(CONFERENCE, start=PartialDate(start) if start else None, end=PartialDate(end) if end else None)
    assert when_words(made, AT) == words


def test_whether_the_time_is_enough() -> None:
    full = agenda(*(AgendaItem(Reference("Patient", f"p{n}")) for n in range(9)))
    assert agenda_words(full, 60) == "9 patients, 63 of 60 min" and over_time(full, 60) == 3
    assert agenda_words(full, 0) == "9 patients, 63 min" and over_time(full, 0) == 0 == over_time(full, 70)
    assert begins_words(CONFERENCE, 7, AT) == "13:07"
    assert begins_words(replace(CONFERENCE, start=None), 7, AT) == "minute 7"


def test_who_comes_is_counted_by_the_answer() -> None:
    answers = ("accepted", "accepted", "declined", "needs-action", "tentative")
    made = replace(CONFERENCE, attendees=tuple(Attendee(GP, answer) for answer in answers))
    assert attendance_words(made) == "2 come, 1 does not come, 1 perhaps, 1 has not answered"


def test_why_is_the_worklist_s_sentence_between_what_waits_and_what_was_answered() -> None:
    contact = Contact(Reference("Encounter", "e"), PartialDate("2026-11-12"), "Admission", "IMP", "finished", "", "")
    made = replace(
        PROPOSAL,
        reasons=(
            AgendaReason(AgendaReasonKind.QUESTIONNAIRE, 10, title="PHQ-9", when=PartialDate("2026-11-10")),
            AgendaReason(AgendaReasonKind.ADMISSION, 40, contact=contact, when=contact.when),
            AgendaReason(AgendaReasonKind.TASK, 12, Reason(ReasonKind.TASK_OVERDUE, 12, "", count=2)),
            AgendaReason(AgendaReasonKind.POSTPONED, 60),
        ),
    )
    assert [each.text for each in reason_lines(made, AT.today)] == [
        "The last conference did not come to this patient",
        "2 tasks overdue",
        "Questionnaire answered: PHQ-9, 10-Nov-2026",
        "Was in hospital: Admission, 12-Nov-2026",
    ]
    there = replace(contact, ongoing=True, text="")
    [now] = reason_lines(
        replace(PROPOSAL, reasons=(AgendaReason(AgendaReasonKind.ADMISSION, 40, contact=there),)), AT.today
    )
    assert now.text == "In hospital now: In hospital, since 12-Nov-2026"
    assert since_words(PROPOSAL, AT) == "Last discussed 03-Nov-2026"
    assert since_words(replace(PROPOSAL, since=None), AT) == "Not discussed before"


def test_what_the_team_left_open_and_what_stands_against_what_is_named() -> None:
    task = Task(
        Reference("Task", "t"), "1", "Repeat potassium", ONE, "requested", "routine", None, "Dr Okafor", "", None,
        PartialDate("2026-11-20"),
    )  # fmt: skip
    walk, rest = (Goal(Reference("Goal", each[:4]), each, "active", "", False, None) for each in ("Walk daily", "Rest"))
    made = replace(
        PROPOSAL,
        reasons=(
            AgendaReason(AgendaReasonKind.CONFLICT, 10, goals=(walk, rest)),
            AgendaReason(AgendaReasonKind.CONFLICT, 10, goals=(walk,), who="Mary Aldous"),
            AgendaReason(AgendaReasonKind.CONFLICT, 10, goals=(rest,)),
            AgendaReason(AgendaReasonKind.DECISION, 20, task=task),
            AgendaReason(AgendaReasonKind.DECISION, 20, task=replace(task, owner_name="", due=None)),
        ),
    )
    assert [each.text for each in reason_lines(made, AT.today)] == [
        "Decided and overdue: Repeat potassium, Dr Okafor, until 20-Nov-2026",
        "Decided and overdue: Repeat potassium",
        "Goals in conflict: Walk daily / Rest",
        "Mary Aldous does not agree to: Walk daily",
        "Somebody does not agree to: Rest",
    ]


def test_a_list_says_what_runs_comes_and_was_and_folds_what_is_long_past() -> None:
    many = [
        replace(CONFERENCE, origin=Reference("Appointment", f"o{n}"), status="fulfilled")
        for n in range(PAST_AT_ONCE + 2)
    ]
    running = replace(CONFERENCE, origin=Reference("Appointment", "now"), status="arrived")
    html = str(conferences_html(ConferenceList((*many, running, CONFERENCE), AT.as_of), AT, may_plan=False))
    assert html.index(">Now<") < html.index("conference?id=now") < html.index(">Coming<") < html.index(">Past<")
    assert "2 earlier conferences" in html
    only_past = str(conferences_html(ConferenceList(tuple(many[:1]), AT.as_of), AT, may_plan=False))
    assert "No conference is planned." in only_past and ">Now<" not in only_past
    assert "Plan the first one." in str(conferences_html(ConferenceList((), AT.as_of), AT, may_plan=True))
    off = replace(CONFERENCE, status="cancelled", cancelled_because="<i>ill</i>")
    assert "&lt;i&gt;ill" in str(conferences_html(ConferenceList((off,), AT.as_of), AT, may_plan=False))


def test_a_heading_says_when_where_and_asks_only_who_is_asked() -> None:
    html = str(conference_heading_html(view(line()), AT, GP.to))
    for words in ("Tue 24-Nov 13:00 to 14:00", "Room 2", "planned", "1 patient, 7 of 60 min", "I do not come"):
        assert words in html
    assert "&lt;b&gt;Jane" in html and "<b>Jane" not in html
    assert "I do not come" not in str(conference_heading_html(view(line()), AT, Reference("Practitioner", "x")))
    late = view(*(line(Reference("Patient", f"p{n}")) for n in range(9)))
    late = replace(late, conference=replace(CONFERENCE, status="cancelled", cancelled_because="ill"))
    said = str(conference_heading_html(late, AT, GP.to))
    assert "3 min more than there are" in said and "Called off: ill" in said and "I do not come" not in said
    odd = replace(CONFERENCE, title="", place="", attendees=(Attendee(NamedReference(GP.to), "maybe"),))
    said = str(conference_heading_html(replace(view(), conference=odd), AT, None))
    assert "no place yet" in said and "Not known</bdi>: maybe" in said and "Case conference" in said


def test_a_line_has_what_was_written_and_decided_and_what_can_be_done() -> None:
    task = Task(
        Reference("Task", "t1"), "", "Repeat", ONE, "requested", "routine", GP.to, "Dr Jane", "", None,
        PartialDate("2026-11-26"),
    )  # fmt: skip
    entries = (
        NoteEntry(EntryKind.WHY, GP, PartialDate("2026-11-20T10:00:00Z"), "Her daughter called"),
        NoteEntry(EntryKind.DECISION, GP, None, "<u>Repeat</u>", (task.origin,)),
    )
    note = ConferenceNote(
        Reference("Composition", "k1"),
        "",
        ONE,
        CONFERENCE.origin,
        "c1",
        "Note",
        PartialDate("2026"),
        GP,
        entries=entries,
    )
    asked = AgendaItem(ONE, preparer=NamedReference(GP.to, "Tom Hadley"))
    html = str(agenda_html(view(line(item=asked, note=note, tasks=(task,)), line(TWO)), AT))
    for words in ("Her daughter called", "&lt;u&gt;Repeat", "Dr Jane, until 26-Nov-2026", "Tom Hadley prepares"):
        assert words in html
    assert html.count("Take off") == 2 and "Earlier: " in html and "Nothing new since then" in html
    done = str(agenda_html(view(line(item=AgendaItem(ONE, outcome=DISCUSSED))), AT))
    assert "Discussed" in done and "Take off" not in done
    over = replace(view(line()), conference=replace(CONFERENCE, status="fulfilled"))
    assert "Take off" not in str(agenda_html(over, AT))


def test_those_of_other_teams_are_counted_and_an_empty_agenda_offers_to_be_filled() -> None:
    assert "1 more patient is on the agenda" in str(agenda_html(view(line(), others=1), AT))
    empty = view(proposals=((person("p1"), PROPOSAL),), others=2)
    html = str(agenda_html(empty, AT))
    assert "Nobody is on the agenda yet." in html and "most pressing" in html and "2 more patients" in html
    over = replace(empty, conference=replace(CONFERENCE, status="fulfilled"))
    assert "Nobody was on the agenda." in str(agenda_html(over, AT)) and proposals_html(over, AT) is None


def test_others_with_something_new_can_be_added_and_the_rest_is_folded() -> None:
    assert proposals_html(view(), AT) is None
    many = tuple((person(f"p{n}"), replace(PROPOSAL, patient=Reference("Patient", f"p{n}"))) for n in range(11))
    html = str(proposals_html(view(proposals=many), AT))
    assert html.count('data-key="add-') == 11 and "and 3 more" in html and "no clinician has reviewed" in html
    assert "Put back" in str(taken_off_html("c1", "p1"))


def test_new_recommendations_stand_on_the_agenda_three_at_once() -> None:
    findings = recommendations().of(Applies.APPLIES)
    html = str(agenda_html(view(line()), AT, {ONE.id: NewSince(findings[:4])}))
    assert html.count("New recommendation: ") == 3 and "1 more recommendation" in html and "(draft)" in html
    assert "Nothing new since then" not in html
    assert "New recommendation" not in str(agenda_html(view(line()), AT))
    sides = str(agenda_html(view(line()), AT, {ONE.id: NewSince((), clash().contradictions[:1])}))
    assert "Guidelines contradict each other: Potassium in the blood" in sides and "(draft)" in sides
