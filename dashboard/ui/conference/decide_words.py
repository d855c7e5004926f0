"""What a conference has decided and said about a patient, in words: a line an entry, and what is not saved yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from dashboard.domain.conference.conference import LONGEST as LONGEST_CONFERENCE
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.decision import MESSAGE, is_withdrawn
from dashboard.domain.conference.note import IN_THE_MEETING, EntryKind, NoteEntry
from dashboard.domain.conference.views import DiscussedPatient
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import STATES, TaskAction
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.ui.conference.waiting import Waiting, WaitingKind
from dashboard.ui.conference.words import ENTRIES
from dashboard.ui.record.names import PLAN_STATUSES, TASK_STATUSES, word
from dashboard.ui.shared.dates import show_date, show_time
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

LONGEST = 4000
"""Letters of an entry that are shown: all that it can have."""


_STILL = timedelta(minutes=LONGEST_CONFERENCE)
"""A discussion that began longer ago was not concluded, and does not go on."""


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """One entry. `what` says what kind it is, `who` who does it until when, `by` who wrote it and when, `stands` how it
    stands. `back` says who took it back, "" where nobody did. `waits` is why it is not saved yet, "" of what is saved.
    `item` is what was made of it, where the reader may take it back (of "No change" the note); `number` that of what is
    not saved.
    """

    what: str
    text: str
    who: str = ""
    by: str = ""
    stands: str = ""
    back: str = ""
    waits: str = ""
    refused: bool = False
    item: Reference | None = None
    number: Reference | None = None


def decided_lines(
    found: DiscussedPatient, waiting: Sequence[Waiting], me: Reference | None, at: ViewTime
) -> tuple[DecidedLine, ...]:
    """What was decided and said, the oldest first, and at the end what is not saved yet."""
    records: dict[Reference, Task | Order] = {each.origin: each for each in found.tasks}
    records |= {each.origin: each for each in found.messages}
    entries = found.note.of_kind(*IN_THE_MEETING) if found.note is not None else ()
    named = {about for entry in entries for about in entry.about}
    corrections = [entry for entry in entries if entry.kind is EntryKind.CORRECTION]
    lines = [_entry(entry, records, corrections, me, at) for entry in entries if not _of_a_line(entry, entries)]
    if entries and entries[-1].kind is EntryKind.NO_CHANGE and entries[-1].author.to == me is not None:
        lines[-1] = replace(lines[-1], item=found.note.origin if found.note is not None else None)
    # A save that was cut on a server without transactions: the Task is there, and the note does not name it yet.
    lines += [_record(record, None, me, at) for origin, record in records.items() if origin not in named]
    return (*lines, *(_waiting(each, at) for each in waiting))


def other_team_words(found: DiscussedPatient, conference: Conference, at: ViewTime) -> str:
    """That another team discusses the patient now, "" where none does. Each has its own discussion and note."""
    own = found.discussion.origin if found.discussion is not None else None
    for each in found.summary.contacts.value or ():
        team = clean(each.place, 80)
        theirs = each.conference and each.origin != own and team != clean(conference.team.name, 80)
        if theirs and each.ongoing and each.when is not None and at.as_of - each.when.moment < _STILL:
            time = show_time(each.when.moment, at.zone)
            if not team:
                return t("Another team discusses this patient too, since {time}.", time=time)
            return t("Another team discusses this patient too, since {time}: {team}", time=time, team=team)
    return ""


def unsaved_words(number: int) -> str:
    """How much of the reader's own is not saved yet, whomever it is about; "" for nothing."""
    if not number:
        return ""
    return tn(
        "{n} entry of yours is not saved yet: the FHIR server does not answer. It is sent when it is back.",
        "{n} entries of yours are not saved yet: the FHIR server does not answer. They are sent when it is back.",
        number,
    )


def _of_a_line(entry: NoteEntry, entries: Iterable[NoteEntry]) -> bool:
    """Whether an entry only says that a decision was taken back, which stands in the line of that."""
    decided = {about for each in entries if each.kind is EntryKind.DECISION for about in each.about}
    return entry.kind is EntryKind.CORRECTION and bool(decided.intersection(entry.about))


def _entry(
    entry: NoteEntry,
    records: dict[Reference, Task | Order],
    corrections: Sequence[NoteEntry],
    me: Reference | None,
    at: ViewTime,
) -> DecidedLine:
    record = next((records[about] for about in entry.about if about in records), None)
    if record is not None:
        back = next((each for each in corrections if record.origin in each.about), None)
        return _record(record, back, me, at, entry)
    return DecidedLine(t(ENTRIES[entry.kind]), clean(entry.text, LONGEST), by=_by(entry.author, entry, at))


def _record(
    record: Task | Order,
    back: NoteEntry | None,
    me: Reference | None,
    at: ViewTime,
    entry: NoteEntry | None = None,
) -> DecidedLine:
    task = isinstance(record, Task)
    statuses = TASK_STATUSES if task else PLAN_STATUSES
    withdrawn = is_withdrawn(record)
    by = _by(entry.author, entry, at) if entry is not None else _asked_by(record)
    return DecidedLine(
        what=t("Task") if task else t("Message"),
        text=clean(record.text, LONGEST),
        who=_who(record),
        by=by,
        stands=word(statuses, record.status),
        back=_back(back, at) if withdrawn else "",
        item=record.origin if _may_take_back(record, me) else None,
    )


def _who(record: Task | Order) -> str:
    """`Dr Jane Okafor, until 28-Nov-2026`; the patient is "The patient", for a screen that hides who it is."""
    if isinstance(record, Task):
        owner = NamedReference(record.owner, record.owner_name)
    else:
        owner = next(iter(record.recipients), NamedReference(None, ""))
    return _until(owner, record.patient, show_date(record.due) if record.due else "")


def _until(owner: NamedReference, patient: Reference | None, due: str) -> str:
    who = t("The patient") if owner.to is not None and owner.to == patient else clean(owner.name, 120)
    until = t("until {date}", date=due) if due else ""
    return ", ".join(filter(None, (who or t("Not known"), until)))


def _by(author: NamedReference, entry: NoteEntry, at: ViewTime) -> str:
    time = show_time(entry.when.moment, at.zone) if entry.when is not None else ""
    return ", ".join(filter(None, (clean(author.name, 120), time)))


def _asked_by(record: Task | Order) -> str:
    return clean(record.requester_name if isinstance(record, Task) else record.requester.name, 120)


def _back(back: NoteEntry | None, at: ViewTime) -> str:
    if back is None:
        return t("Taken back")
    return t("Taken back by {who}", who=_by(back.author, back, at))


def _may_take_back(record: Task | Order, me: Reference | None) -> bool:
    """Whether the reader may take it back: who decided it, while its owner has not begun."""
    if isinstance(record, Task):
        return record.requester == me is not None and TaskAction.WITHDRAW in STATES.get(record.status, {})
    return record.requester.to == me is not None and not is_withdrawn(record) and record.status != "completed"


def _waiting(waiting: Waiting, at: ViewTime) -> DecidedLine:
    whats = {
        WaitingKind.DECISION: t("Message") if waiting.number.type == MESSAGE else t("Task"),
        WaitingKind.NO_CHANGE: t(ENTRIES[EntryKind.NO_CHANGE]),
        WaitingKind.DISCUSSION: t(ENTRIES[EntryKind.DISCUSSION]),
        WaitingKind.CONCLUSION: t("Concluded"),
    }
    due = show_date(waiting.due) if waiting.due is not None else ""
    return DecidedLine(
        what=whats[waiting.kind],
        text=clean(waiting.text, LONGEST),
        who=_until(waiting.owner, waiting.patient, due) if waiting.kind is WaitingKind.DECISION else "",
        by=show_time(waiting.said, at.zone),
        waits=t("Not saved: {why}", why=waiting.refused)
        if waiting.refused
        else t("Not saved yet: the FHIR server does not answer. It is sent when it is back."),
        refused=bool(waiting.refused),
        number=waiting.number,
    )
