"""The minutes of one conference: who was there, and of each patient what was said, decided and became of it."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.access.request_context import RequestContext, request_context, result_or_raise
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.conference_documents import read_documents
from dashboard.cache.conference_records import (
    agenda_of,
    conferences_search,
    read_agenda,
    read_meetings,
    read_minutes,
    read_own_conference,
    read_patients,
)
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.worklist_rows import worklist_of
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import POSTPONED, AgendaItem
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes, next_conferences
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.conference import listed
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer


def _about(asked: Arguments, found: MinutesView | None) -> AuditSubject:
    try:
        conference = (Reference("Appointment", asked["conference_id"]),)
    except ValueError:
        return AuditSubject()
    return AuditSubject(patients=found.patients if found is not None else (), entities=conference)


@audited(AuditKind.PATIENT_QUERY, _about)
def get_minutes(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    conference_id: str,
    as_of: datetime,
    team_cache: TeamCache = TEAM_CACHE,
) -> MinutesView:
    """The minutes, for whoever is asked to come or belongs to the team; of every other conference NotFound.

    What was said about a patient is shown to whom the patient's care team and consent let in now, and counted
    otherwise. Costs a read and seven searches beside the worklist's, and one more where somebody was postponed,
    whatever the number of patients. Raises NotPermitted by role, and DashboardError where what belongs to it cannot be
    read.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_CONFERENCE)
    worklist, data = worklist_of(context, team_cache)
    conference, _ = read_own_conference(context, conference_id, worklist.teams)
    agenda = agenda_of(conference, read_agenda(context, conference))
    seen = frozenset(worklist.patients)
    items = [item for item in agenda.items if item.patient.id in seen]
    patients = [item.patient for item in items]
    records = read_patients(context, conference, patients)
    documents = read_documents(context, conference, patients)
    met = {each.patient: each for each in read_meetings(context, [conference.origin], patients)}
    following = next_conferences(items, conference, _later(context, conference, items))
    return MinutesView(
        conference=conference,
        lines=tuple(
            PatientMinutes(
                item=item,
                person=data.patients[item.patient.id].person,
                note=records.notes.get(item.patient),
                discussion=records.discussions.get(item.patient, met.get(item.patient)),
                tasks=records.tasks.get(item.patient, ()),
                messages=records.messages.get(item.patient, ()),
                next=following.get(item.patient),
                document=documents.get(item.patient),
            )
            for item in items
        ),
        fetched=as_of,
        minutes=read_minutes(context, conference),
        others=len(agenda.items) - len(items),
        unreadable=records.unreadable,
        notices=worklist.notices,
    )


def _later(context: RequestContext, conference: Conference, items: Sequence[AgendaItem]) -> list[Conference]:
    """The team's conferences about whoever was postponed, from the day of this one on."""
    postponed = [str(item.patient) for item in items if item.outcome == POSTPONED]
    if not postponed:
        return []
    first = conference.start.start if conference.start is not None else site_day(context.as_of)
    [answer] = context.fhir.try_all([conferences_search("patient", ",".join(postponed), first)])
    found = read_each(result_or_raise(answer).rows, listed).values
    return [each for each in found if each.team.to == conference.team.to]
