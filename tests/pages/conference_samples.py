"""Conferences for the tests of pages: on a real server the dialog that plans one and the pane of a patient discussed,
and made-up minutes.
"""

from dataclasses import replace
from typing import Any

from dashboard.domain.conference.agenda import DISCUSSED, POSTPONED, AgendaItem
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.minutes import How, Minutes, Present, Remark, Signature
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes
from dashboard.domain.conference.note import ConferenceNote, EntryKind, NoteEntry
from dashboard.domain.conference.views import ConferenceList, ConferenceView, DiscussedPatient
from dashboard.domain.record.people import Person, Team
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.ui.conference import decide
from dashboard.ui.session import conferences, plans, reads
from tests.pages import samples


def plan_page() -> ConferenceList:
    """The list of conferences as whoever may plan one has it."""
    found, _ = conferences.read_conferences()
    gp = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
    return replace(found, teams=(Team("team-1", "Team 1"),), colleagues={"team-1": (gp,)})


def discussed() -> tuple[ConferenceView, DiscussedPatient]:
    """The conference of the cohort and the first patient of its agenda, as whoever may see her has them."""
    view, _ = conferences.read_conference("meet1")
    patient = Reference("Patient", "p1")
    line = view.line(patient)
    found = DiscussedPatient(
        patient=patient,
        summary=reads.read_patient("p1")[0],
        timeline=reads.read_timeline("p1")[0],
        plans=plans.read_care_plan("p1")[0],
        note=line.note if line else None,
        discussion=line.discussion if line else None,
        tasks=line.tasks if line else (),
        messages=line.messages if line else (),
    )
    return view, found


def decide_pane(*, may_hold: bool = True) -> None:
    """The pane, as a page shows it."""
    view, found = discussed()
    # As the page of a running conference has it: without any other patient.
    view = replace(view, lines=())
    decide.send_waiting(view)
    decide.decide_part(view, found, may_hold=may_hold, saved=conferences.forget)


def minutes_view(words: str = "Potassium 5.9, weight up 3 kg", **more: Any) -> MinutesView:
    """Signed minutes of a conference about three patients: two discussed, one postponed, and one of another team."""
    aldous, bramhall, okonkwo = samples.PEOPLE[:3]
    gp, nurse = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor"), NamedReference(None, words)
    start, end = PartialDate("2026-11-10T13:00:00+00:00"), PartialDate("2026-11-10T14:00:00+00:00")
    meeting = Conference(
        Reference("Appointment", "m1"), "3", "fulfilled", "Case conference, Warwick North", start, end, "Room 2",
    )  # fmt: skip
    done, late = (
        Task(
            Reference("Task", ident), "1", words, None, status, "routine", None, who, "", start,
            PartialDate("2026-11-20"),
        )
        for ident, status, who in (("t1", "completed", "Dr Jane Okafor"), ("t2", "requested", words))
    )  # fmt: skip
    lines = (
        _line(
            aldous,
            meeting,
            (EntryKind.DISCUSSION, words, ()),
            (EntryKind.DECISION, "Repeat potassium of Mrs Aldous", (done.origin,)),
            (EntryKind.DECISION, "Call her about weights", (late.origin,)),
            tasks=(done, late),
        ),
        _line(bramhall, meeting, (EntryKind.NO_CHANGE, "Mr Bramhall feels well", ())),
        PatientMinutes(AgendaItem(Reference("Patient", okonkwo.id), outcome=POSTPONED), okonkwo, next=replace(
            meeting, origin=Reference("Appointment", "m2"), start=PartialDate("2026-12-01T13:00:00+00:00"), end=None,
        )),
    )  # fmt: skip
    minutes = Minutes(
        Reference("Composition", "k"), "4", meeting.origin, "m1", "Minutes", end, gp, "final",
        (Present(gp, How.ROOM, start), Present(nurse, How.REMOTE, start)), (), (Remark(gp, end, words),),
        Signature(gp, end),
    )  # fmt: skip
    return replace(MinutesView(meeting, lines, samples.AS_OF, minutes, others=1), **more)


def _line(
    person: Person,
    meeting: Conference,
    *said: tuple[EntryKind, str, tuple[Reference, ...]],
    tasks: tuple[Task, ...] = (),
) -> PatientMinutes:
    gp, patient = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor"), Reference("Patient", person.id)
    start, end = PartialDate("2026-11-10T13:00:00+00:00"), PartialDate("2026-11-10T13:07:00+00:00")
    note = ConferenceNote(
        Reference("Composition", f"note-{person.id}"), "2", patient, meeting.origin, "m1", "Note", start, gp, "final",
        entries=tuple(NoteEntry(kind, gp, end, words, about) for kind, words, about in said),
    )  # fmt: skip
    talk = Discussion(
        Reference("Encounter", f"talk-{person.id}"), "1", patient, meeting.origin, "m1", "finished", start, end
    )
    return PatientMinutes(AgendaItem(patient, outcome=DISCUSSED), person, note, talk, tasks)
