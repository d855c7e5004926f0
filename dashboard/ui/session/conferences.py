"""Between the page of the conferences and the queries and actions under it, as `reads` is for the other pages."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from dashboard.actions.answer_conference import answer_conference
from dashboard.actions.cancel_conference import cancel_conference
from dashboard.actions.change_agenda import change_agenda
from dashboard.actions.move_conference import move_conference
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.write_conference_note import write_conference_note
from dashboard.audit.audited import viewing_session
from dashboard.cache.lookup import Lookup
from dashboard.domain.access.user import AccessScope
from dashboard.domain.conference.agenda import MINUTES
from dashboard.domain.conference.agenda_change import Add, AgendaChange
from dashboard.domain.conference.agenda_reasons import that_fit
from dashboard.domain.conference.coming import ComingConference
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.history import ConferenceHistory, PatientConferences
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.conference.views import ConferenceList, ConferenceView
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import NamedReference
from dashboard.queries.get_conference import get_conference
from dashboard.queries.get_conference_history import get_conference_history
from dashboard.queries.get_patient_conferences import get_patient_conferences
from dashboard.queries.list_coming_conferences import list_coming_conferences
from dashboard.queries.list_conferences import list_conferences
from dashboard.ui.session import session
from dashboard.ui.session.auditing import viewing_session_id
from dashboard.ui.session.reads import (
    CACHED_SECONDS,
    FIRST_ROWS_SECONDS,
    forget_page_values,
    read_for_page,
    wait_in_page,
)

# By who asks. Another window sees a conference that has begun after so many seconds, and a run.
_COMING: Lookup[AccessScope, tuple[ComingConference, ...]] = Lookup(500, seconds=25)


def read_conferences() -> tuple[ConferenceList, str]:
    """The conferences of the user's teams, and why they could not be read anew, as in `reads.read_for_page`."""
    query = partial(list_conferences, session.fhir(), session.user(), session.scope(), session.as_of())
    return read_for_page("conferences", "", query)


def read_history(team: str) -> tuple[ConferenceHistory, str]:
    """The past conferences of a team, or of all of the user's teams, and why they could not be read anew."""
    asked = (session.fhir(), session.user(), session.scope(), team, session.as_of())
    return read_for_page("conference-history", team, partial(get_conference_history, *asked))


def read_patient_history(patient_id: str) -> tuple[PatientConferences, str]:
    """The conferences at which a patient was discussed, and why they could not be read anew."""
    asked = (session.fhir(), session.user(), session.scope(), patient_id, session.as_of())
    return read_for_page("patient-conferences", patient_id, partial(get_patient_conferences, *asked))


def read_conference(ident: str) -> tuple[ConferenceView, str]:
    """One conference, and why it could not be read anew, as in `reads.read_for_page`."""
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), ident, session.as_of())
    return read_for_page("conference", ident, partial(get_conference, *asked), CACHED_SECONDS)


def coming_conferences() -> tuple[ComingConference, ...]:
    """What the user is asked to come to now or soon. Where there was an answer before, nothing waits for a new one; the
    first is waited for a moment, and comes with a later run where it takes longer. Raises DashboardError.
    """
    server, who, scope, at, page = (
        session.fhir(),
        session.user(),
        session.scope(),
        session.as_of(),
        viewing_session_id(),
    )

    def ask() -> tuple[ComingConference, ...]:
        with viewing_session(page):
            return list_coming_conferences(server, who, scope, at, FIRST_ROWS_SECONDS)

    if _COMING.last(scope) is not None:
        return _COMING.get(scope, ask)
    return wait_in_page("coming", scope, partial(_COMING.get, scope, ask), FIRST_ROWS_SECONDS)


def forget() -> None:
    """After a change: the next reads ask the queries."""
    forget_page_values("conference-history", "patient-conferences", "conferences", "conference")
    _COMING.forget()


def plan(
    team: NamedReference,
    title: str,
    start: datetime,
    minutes: int,
    place: str,
    people: Sequence[NamedReference],
    weeks_apart: int,
    count: int,
) -> tuple[str, tuple[Notice, ...]]:
    """Plans a conference, or a series; returns the id of the first and what the user must know about how it was saved.
    Raises DashboardError, as all that follow do.
    """
    saved = plan_conference(
        session.fhir(),
        session.user(),
        team,
        title,
        start,
        minutes,
        place,
        people,
        (),
        weeks_apart,
        count,
        reason="Conference planned",
        at=session.as_of(),
    )
    first = next(each for each in saved.values if isinstance(each, Conference))
    forget()
    # The agenda of the first fills itself; those of the others, when their time has come.
    return first.origin.id, (*saved.notices, *fill(read_conference(first.origin.id)[0]))


def fill(view: ConferenceView) -> tuple[Notice, ...]:
    """Puts the most pressing patients on the agenda, as many as there is time for."""
    minutes = (view.conference.minutes or 60) - view.agenda.minutes
    wanted = that_fit([proposal for _, proposal in view.proposals], minutes, MINUTES)
    if not wanted:
        return ()
    return change(view.conference.origin.id, [Add(each.patient) for each in wanted], "Filled with the most pressing")


def change(ident: str, changes: Sequence[AgendaChange], reason: str) -> tuple[Notice, ...]:
    """Changes the agenda; returns what the user must know about how it was saved, as the others do."""
    return change_agenda(session.fhir(), session.user(), ident, changes, reason=reason, at=session.as_of()).notices


def move(
    view: ConferenceView, title: str, start: datetime, minutes: int, place: str, people: Sequence[NamedReference]
) -> tuple[Notice, ...]:
    """Changes when, where and with whom it takes place."""
    conference = view.conference
    return move_conference(
        session.fhir(),
        session.user(),
        conference.origin.id,
        conference.version,
        title,
        start,
        minutes,
        place,
        people,
        reason="Conference changed",
        at=session.as_of(),
    ).notices


def cancel(ident: str, reason: str, *, undo: bool = False) -> tuple[Notice, ...]:
    """Calls a conference off, or with `undo` plans it again."""
    return cancel_conference(
        session.fhir(), session.user(), ident, reason=reason, at=session.as_of(), undo=undo
    ).notices


def answer(ident: str, words: str) -> tuple[Notice, ...]:
    """Says whether the user comes."""
    return answer_conference(
        session.fhir(), session.user(), ident, words, reason="Answer to an invitation", at=session.as_of()
    ).notices


def write_note(ident: str, patient_id: str, kind: EntryKind, text: str) -> tuple[Notice, ...]:
    """Writes into the patient's note."""
    return write_conference_note(
        session.fhir(), session.user(), ident, patient_id, kind, text, reason="Note of a conference", at=session.as_of()
    ).notices
