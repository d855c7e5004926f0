"""What is decided and said at a conference, on its way to the server: nothing of it is lost where that is away.

    sent = send(waiting)            # kept first, then sent; the answer is waited for a little
    sent.saved, sent.refused        # neither: it waits, and is sent again by
    send_waiting(conference, patients)      # called about once a second; True where something has come of one

What waits is among the drafts of its writer (`dashboard.cache.drafts`), so that it outlives the page, the connection
and the sign-in, and it is given to nobody else. It is shown where a query has just let the user see the patient;
whether it may be saved the actions ask each time.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import streamlit as st

from dashboard.actions.change_agenda import change_agenda
from dashboard.actions.conclude_patient import conclude_patient
from dashboard.actions.discuss_patient import discuss_patient
from dashboard.actions.record_decision import record_decision
from dashboard.actions.save import Saved
from dashboard.actions.withdraw_decision import withdraw_decision
from dashboard.actions.write_conference_note import write_conference_note
from dashboard.cache.pending import Pending
from dashboard.domain.conference.agenda_change import Conclude
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, ServerUnavailable, UnexpectedAnswer, VersionConflict
from dashboard.ui.conference.waiting import Waiting, WaitingKind
from dashboard.ui.session import session
from dashboard.ui.session.drafts import discard_draft, drafts_of, keep_draft
from dashboard.ui.shared.defects import defect_words, report
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.wording import t

PATIENCE: Final = 5.0
"""Seconds that a press waits for the server; what takes longer goes on, and is shown as not saved yet."""
AGAIN_AFTER: Final = 5.0
"""Seconds between two tries of what could not be saved."""
_DO: Final = "waiting"
_SENDING: Final = "deciding_sending"
_PASSES: Final = (ServerUnavailable, UnexpectedAnswer, VersionConflict)
"""After these the same may be saved later, without anybody changing it: silence, a proxy's page, others who save."""


@dataclass(slots=True)
class _Sending:
    """The last try to save something in this session."""

    pending: Pending[Saved[Any]]
    begun: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a try: `saved` with what the user must know about it and the first of what was `made`, or `refused`
    with the sentence that says why; neither where it waits.
    """

    saved: bool = False
    made: Reference | None = None
    refused: str = ""
    notices: tuple[Notice, ...] = ()


def waiting_of(conference: Reference, patient: Reference) -> tuple[Waiting, ...]:
    """What the user has written about the patient at this conference and is not saved yet, the oldest first."""
    found = (each.base for each in reversed(drafts_of(patient.id)) if each.do == _DO)
    return tuple(each for each in found if isinstance(each, Waiting) and each.conference == conference)


def throw_away(waiting: Waiting) -> None:
    """Saved, or not wanted by its writer any more."""
    discard_draft(waiting.patient.id, waiting.number, _DO)
    _tries().pop(waiting.number, None)


def send(waiting: Waiting) -> Sent:
    """Keeps it, sends it, and waits for the answer for a little. What was refused is not kept: its words are in the
    form from which it comes.
    """
    if not _keep(waiting):
        return Sent(refused=t("There is no room for more drafts: save or throw away what waits first."))
    trial = _Sending(Pending(_action(waiting), PATIENCE), time.monotonic())
    sent = _outcome(trial)
    if sent.saved or sent.refused:
        throw_away(waiting)
    else:
        _tries()[waiting.number] = trial
    return sent


def send_waiting(conference: Reference, patients: Iterable[Reference]) -> bool:
    """Sends again what waits, one after the other, and never waits for the server. True where something was saved or
    refused since the last time. What is refused now is kept with the reason.
    """
    tries, moved = _tries(), False
    still: list[Waiting] = []
    for each in [each for patient in patients for each in waiting_of(conference, patient) if not each.refused]:
        trial = tries.get(each.number)
        sent = _outcome(trial) if trial is not None and trial.pending.ended else Sent()
        moved = moved or sent.saved or bool(sent.refused)
        if sent.saved:
            throw_away(each)
        elif sent.refused:
            tries.pop(each.number)
            _keep(replace(each, refused=sent.refused))
        else:
            still.append(each)
    if not any(each.number in tries and not tries[each.number].pending.ended for each in still):
        _send_next(still)
    return moved


def take_back(
    conference: Reference, patient_id: str, decided: Reference, words: str, reason: str
) -> tuple[Notice, ...]:
    """Takes back what was decided; returns what the user must know about how it was saved. Raises DashboardError."""
    who, at = session.user(), session.as_of()
    saved = withdraw_decision(session.fhir(), who, conference.id, patient_id, decided, words, reason=reason, at=at)
    return saved.notices


def take_back_no_change(conference: Reference, patient_id: str, words: str) -> tuple[Notice, ...]:
    """Goes on with a patient of whom it was said that nothing changes: the discussion is open again, and the note has
    these words as a correction. Each step can be made again where it is cut off. Raises DashboardError.
    """
    fhir, who, at, patient = session.fhir(), session.user(), session.as_of(), Reference("Patient", patient_id)
    asked = (fhir, who, conference.id)
    notices = [
        *discuss_patient(*asked, patient_id, reason=words, at=at).notices,
        *change_agenda(*asked, [Conclude(patient, "")], reason=words, at=at).notices,
        *write_conference_note(*asked, patient_id, EntryKind.CORRECTION, words, reason=words, at=at).notices,
    ]
    return tuple(dict.fromkeys(notices))


def _send_next(waiting: list[Waiting]) -> None:
    """Begins to send what was not tried for the longest time, if it is time."""
    tries, now = _tries(), time.monotonic()

    def last(each: Waiting) -> float:
        trial = tries.get(each.number)
        return trial.begun if trial is not None else 0.0

    chosen = min(waiting, key=last, default=None)
    if chosen is not None and (chosen.number not in tries or now - last(chosen) >= AGAIN_AFTER):
        tries[chosen.number] = _Sending(Pending(_action(chosen), 0.0), now)


def _outcome(trial: _Sending) -> Sent:
    try:
        saved = trial.pending.result()
        return Sent(saved=True, made=saved.value.origin, notices=saved.notices)
    except _PASSES:
        return Sent()
    except DashboardError as problem:
        return Sent(refused=error_words(problem))
    except Exception as problem:
        return Sent(refused=defect_words(report(problem)))


def _keep(waiting: Waiting) -> bool:
    """Whether there was room for it."""
    fields = {"text": waiting.text}
    return keep_draft(waiting.patient.id, waiting.number, _DO, "", fields, base=waiting)


def _tries() -> dict[Reference, _Sending]:
    found: dict[Reference, _Sending] = st.session_state.setdefault(_SENDING, {})
    return found


def _action(waiting: Waiting) -> Callable[[], Saved[Any]]:
    """The change, to be made in a thread that knows nothing of this session."""
    at = session.as_of()
    asked = (session.fhir(), session.user(), waiting.conference.id, waiting.patient.id)
    when: dict[str, Any] = {"said": waiting.said, "reason": waiting.reason, "at": at}
    if waiting.kind is WaitingKind.DECISION:
        return partial(
            record_decision,
            *asked,
            text=waiting.text,
            owner=waiting.owner,
            due=waiting.due,
            number=waiting.number,
            based_on=waiting.based_on,
            **when,
        )
    if waiting.kind in (WaitingKind.NO_CHANGE, WaitingKind.CONCLUSION):
        return partial(conclude_patient, *asked, waiting.text, number=waiting.number.id, **when)
    return partial(write_conference_note, *asked, EntryKind.DISCUSSION, waiting.text, number=waiting.number.id, **when)
