"""Conferences in words: when and where, how it stands, who comes, why a patient is on an agenda."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from dashboard.domain.conference.agenda import DISCUSSED, POSTPONED, Agenda
from dashboard.domain.conference.agenda_reasons import AgendaReason, AgendaReasonKind, Proposal
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.task import Task
from dashboard.ui.record.reasons import reasons_words
from dashboard.ui.shared.dates import show_conference, show_date, show_day, show_time
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

STATUSES: Final = {
    "proposed": mark("proposed"),
    "pending": mark("not yet confirmed"),
    "booked": mark("planned"),
    "waitlist": mark("not yet confirmed"),
    "arrived": mark("runs now"),
    "checked-in": mark("runs now"),
    "fulfilled": mark("over"),
    "cancelled": mark("called off"),
    "noshow": mark("did not take place"),
    "entered-in-error": mark("entered in error"),
}
ANSWERS: Final = {
    "accepted": mark("comes"),
    "declined": mark("does not come"),
    "tentative": mark("perhaps"),
    "needs-action": mark("has not answered"),
}
OUTCOMES: Final = {DISCUSSED: mark("Discussed"), POSTPONED: mark("Postponed")}
ENTRIES: Final = {
    EntryKind.WHY: mark("Why on the agenda"),
    EntryKind.PREPARATION: mark("Preparation"),
    EntryKind.DISCUSSION: mark("Discussed"),
    EntryKind.DECISION: mark("Decided"),
    EntryKind.NO_CHANGE: mark("No change"),
    EntryKind.CORRECTION: mark("Correction"),
}
TONES: Final = {
    AgendaReasonKind.POSTPONED: "late",
    AgendaReasonKind.DECISION: "late",
    AgendaReasonKind.ADMISSION: "warn",
    AgendaReasonKind.CONFLICT: "warn",
    AgendaReasonKind.QUESTIONNAIRE: "new",
}


_FIRST: Final = (AgendaReasonKind.POSTPONED, AgendaReasonKind.DECISION)
"""What the team itself left open comes before what has happened to the patient."""


@dataclass(frozen=True, slots=True)
class AgendaReasonWords:
    """One line of why a patient is on an agenda; `tone` chooses the icon and colour that stand beside the words."""

    tone: str
    text: str


def status_words(conference: Conference) -> str:
    """How a conference stands, "" for a status that nobody knows."""
    words = STATUSES.get(conference.status)
    return t(words) if words else ""


def when_words(conference: Conference, at: ViewTime) -> str:
    """`Tue 24-Nov 13:00 to 14:00`, in the time zone of the sites."""
    if conference.start is None:
        return t("no time yet")
    if conference.start.precision != "time":
        return show_date(conference.start)
    begin = show_conference(conference.start.moment, at.as_of, at.zone)
    if conference.end is None:
        return begin
    return t("{begin} to {end}", begin=begin, end=show_time(conference.end.moment, at.zone))


def near_words(conference: Conference, at: ViewTime) -> str:
    """`today 13:00`, `tomorrow 13:00`, `Tue 24-Nov 13:00`."""
    if conference.start is None or conference.start.precision != "time":
        return when_words(conference, at)
    moment = conference.start.moment
    days = (moment.astimezone(at.zone).date() - at.today).days
    if days == 0:
        return t("today {time}", time=show_time(moment, at.zone))
    if days == 1:
        return t("tomorrow {time}", time=show_time(moment, at.zone))
    return show_conference(moment, at.as_of, at.zone)


def agenda_words(agenda: Agenda, planned: int) -> str:
    """`8 patients, 56 of 60 min`: whether the time is enough is seen at once."""
    patients = tn("{n} patient", "{n} patients", len(agenda.items))
    if not planned:
        return t("{patients}, {minutes} min", patients=patients, minutes=agenda.minutes)
    return t("{patients}, {minutes} of {planned} min", patients=patients, minutes=agenda.minutes, planned=planned)


def over_time(agenda: Agenda, planned: int) -> int:
    """Minutes by which an agenda is longer than its conference; 0 where it fits, or nobody knows."""
    return max(0, agenda.minutes - planned) if planned else 0


def attendance_words(conference: Conference) -> str:
    """`3 come, 1 does not come, 2 have not answered`; answers that nobody gave are left out."""
    counts = {answer: sum(1 for each in conference.attendees if each.answer == answer) for answer in ANSWERS}
    return ", ".join(_count(answer, n) for answer, n in counts.items() if n)


def _count(answer: str, n: int) -> str:
    if answer == "accepted":
        return tn("{n} comes", "{n} come", n)
    if answer == "declined":
        return tn("{n} does not come", "{n} do not come", n)
    if answer == "tentative":
        return tn("{n} perhaps", "{n} perhaps", n)
    return tn("{n} has not answered", "{n} have not answered", n)


def reason_lines(proposal: Proposal, today: date) -> tuple[AgendaReasonWords, ...]:
    """Why a patient is on an agenda, a line a fact: what the worklist knows in the worklist's own words."""
    known = [each.reason for each in proposal.reasons if each.reason is not None]
    facts = [AgendaReasonWords(words.tone, words.text) for words in reasons_words(known, (), today)]
    others = [each for each in proposal.reasons if each.reason is None]
    first = [each for each in others if each.kind in _FIRST]
    last = [each for each in others if each.kind not in _FIRST]
    return (*map(_other, first), *facts, *map(_other, last))


def since_words(proposal: Proposal, at: ViewTime) -> str:
    """Since when something is new: `Last discussed 03-Nov-2026`, or that the team has not met about the patient."""
    if proposal.since is None:
        return t("Not discussed before")
    return t("Last discussed {date}", date=show_day(proposal.since.astimezone(at.zone).date()))


def begins_words(conference: Conference, minute: int, at: ViewTime) -> str:
    """`13:07`, when a patient is planned to begin; the minute of the conference where its start is not known."""
    if conference.start is None or conference.start.precision != "time":
        return t("minute {n}", n=minute)
    return show_time(conference.start.moment + timedelta(minutes=minute), at.zone)


def _other(reason: AgendaReason) -> AgendaReasonWords:
    tone = TONES[reason.kind]
    if reason.kind is AgendaReasonKind.POSTPONED:
        return AgendaReasonWords(tone, t("The last conference did not come to this patient"))
    if reason.kind is AgendaReasonKind.CONFLICT:
        return AgendaReasonWords(tone, _conflict(reason))
    if reason.task is not None:
        return AgendaReasonWords(tone, _decision(reason.task))
    if reason.kind is AgendaReasonKind.ADMISSION and reason.contact is not None:
        return AgendaReasonWords(tone, _admission(reason.contact))
    when = show_date(reason.when) if reason.when else ""
    return AgendaReasonWords(
        tone, t("Questionnaire answered: {title}, {date}", title=clean(reason.title, 80), date=when)
    )


def _conflict(reason: AgendaReason) -> str:
    goals = [clean(goal.text, 120) for goal in reason.goals]
    if len(goals) == 1:
        return t("{who} does not agree to: {goal}", who=clean(reason.who, 120) or t("Somebody"), goal=goals[0])
    return t("Goals in conflict: {goals}", goals=" / ".join(goals))


def _decision(task: Task) -> str:
    """`Decided and overdue: Repeat potassium, Dr Okafor, until 26-Nov-2026`."""
    due = t("until {date}", date=show_date(task.due)) if task.due is not None else ""
    words = ", ".join(filter(None, (clean(task.text, 200), clean(task.owner_name, 120), due)))
    return t("Decided and overdue: {what}", what=words)


def _admission(contact: Contact) -> str:
    what = clean(contact.text, 120) or t("In hospital")
    since = show_date(contact.when) if contact.when else ""
    if contact.in_hospital:
        return t("In hospital now: {what}, since {date}", what=what, date=since)
    return t("Was in hospital: {what}, {date}", what=what, date=since)
