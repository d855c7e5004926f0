"""The conferences at which one patient was discussed: when, what was said and decided, and what became of it."""

from dataclasses import replace
from datetime import datetime

from dashboard.access.request_context import request_context, result_or_raise
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.conference_history import DISCUSSED, included_conferences, with_decided
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.worklist_rows import worklist_of
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.decision import MESSAGE
from dashboard.domain.conference.history import PatientConferences
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound
from dashboard.fhir.mapping import conference_note, discussion, order, task
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology

NOTES = ("type", f"{conference_note.NOTE.system}|{conference_note.NOTE.code}")


@audited(AuditKind.PATIENT_READ, lambda asked, found: AuditSubject(patients=(asked["patient_id"],)))
def get_patient_conferences(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    patient_id: str,
    as_of: datetime,
    team_cache: TeamCache = TEAM_CACHE,
) -> PatientConferences:
    """All of them, also those of other teams: what was said about a patient is the patient's record. Four searches.

    Raises NotFound for a patient in nobody's care here, NotPermitted by role, DashboardError where the server does not
    answer.
    """
    context = request_context(fhir, user, scope, load_terminology(), as_of, Action.VIEW_CONFERENCE)
    worklist, _ = worklist_of(context, team_cache)
    if patient_id not in worklist.patients:
        raise NotFound("patient-not-found")
    ids = (patient_id,)
    answers = [
        result_or_raise(answer)
        for answer in fhir.try_all(
            [
                SearchRequest("Encounter", (DISCUSSED,), ids, include=("Encounter:appointment",), fresh=True),
                SearchRequest("Composition", (NOTES,), ids, fresh=True),
                SearchRequest("Task", (), ids, fresh=True),
                SearchRequest(MESSAGE, (), ids, fresh=True),
            ]
        )
    ]
    met, written, tasks, messages = answers
    discussions = read_each([row for row in met.rows if row.get("appointment")], discussion.from_fhir)
    read_notes = read_each(written.rows, conference_note.from_fhir)
    notes = {each.conference: each for each in read_notes.values}
    conferences = included_conferences(list(met.included.values()))
    past = with_decided(
        discussions.values, read_each(tasks.rows, task.listed).values, read_each(messages.rows, order.listed).values
    )
    past = [
        replace(each, conference=conferences.get(to), note=notes.get(to))
        for each in past
        for to in (each.discussion.conference,)
    ]
    past.sort(
        key=lambda each: (each.discussion.start.moment.isoformat() if each.discussion.start else "",
                          each.discussion.origin),
        reverse=True,
    )  # fmt: skip
    teams = {Reference("Organization", team.id) for team in worklist.teams}
    return PatientConferences(
        patient=Reference("Patient", patient_id),
        discussions=tuple(past),
        fetched=as_of,
        readable=frozenset(to for to, each in conferences.items() if each.attends(context.me) or each.team.to in teams),
        unreadable=(*discussions.unreadable, *read_notes.unreadable),
    )
