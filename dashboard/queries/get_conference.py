"""One conference: its agenda with why each patient is on it, what was written and decided, and who else might be."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.conference_records import (
    PatientsOfConference,
    agenda_of,
    read_agenda,
    read_minutes,
    read_own_conference,
    read_patients,
)
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.team_colleagues import colleagues_of
from dashboard.cache.team_data import TeamData
from dashboard.cache.worklist_rows import worklist_of
from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import Agenda, planned_starts
from dashboard.domain.conference.agenda_reasons import (
    WITHOUT_CONFERENCE,
    Proposal,
    Questionnaire,
    most_pressing_first,
    propose,
)
from dashboard.domain.conference.views import AgendaLine, ConferenceView
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError
from dashboard.fhir.mapping import questionnaire_response
from dashboard.fhir.mapping.reading import patient_of, read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest


def _about(asked: Arguments, found: ConferenceView | None) -> AuditSubject:
    try:
        conference = (Reference("Appointment", asked["conference_id"]),)
    except ValueError:
        return AuditSubject()
    return AuditSubject(patients=found.patients if found is not None else (), entities=conference)


@audited(AuditKind.PATIENT_QUERY, _about)
def get_conference(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    conference_id: str,
    as_of: datetime,
    refresh: bool = False,
    team_cache: TeamCache = TEAM_CACHE,
) -> ConferenceView:
    """The conference, for whoever is asked to come or belongs to its team; every other one is NotFound.

    A patient of the agenda is shown to whom the patient's care team and consent let in, and counted otherwise. Costs a
    read and eight searches beside the worklist's, whatever the number of patients. Raises NotPermitted by role, and
    DashboardError where what belongs to the conference cannot be read.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_CONFERENCE)
    worklist, data = worklist_of(context, team_cache, refresh)
    conference, mine = read_own_conference(context, conference_id, worklist.teams)
    team = conference.team.to
    agenda = agenda_of(conference, read_agenda(context, conference))
    rows = {row["patient_id"]: row for row in worklist.rows.to_dict("records")}
    shown = [item.patient for item in agenda.items if item.patient.id in rows]
    of_team = [
        Reference("Patient", pid) for pid, row in rows.items() if team is not None and team.id in row["team_ids"]
    ]
    asked = list(dict.fromkeys((*shown, *of_team)))
    answered, notices = _questionnaires(context, asked)
    records = read_patients(context, conference, shown)
    own = {each.origin for each in records.discussions.values()}
    proposals = {
        each: _proposal(each, rows[each.id], data, answered.get(each.id, ()), agenda, own, as_of) for each in asked
    }
    return ConferenceView(
        conference=conference,
        agenda=agenda,
        lines=tuple(_lines(agenda, shown, rows, proposals, records)),
        fetched=as_of,
        others=len(agenda.items) - len(shown),
        proposals=tuple(
            (rows[each.patient.id]["person"], each)
            for each in most_pressing_first(proposals.values())
            if each.patient not in agenda.patients and each.enough
        ),
        minutes=read_minutes(context, conference),
        colleagues=colleagues_of(data, context, team.id) if team is not None else (),
        may_plan=mine and is_permitted(user.roles, Action.PLAN_CONFERENCE),
        unreadable=records.unreadable,
        notices=(*worklist.notices, *notices),
    )


def _lines(
    agenda: Agenda,
    shown: Sequence[Reference],
    rows: Mapping[str, Mapping[str, Any]],
    proposals: Mapping[Reference, Proposal],
    records: PatientsOfConference,
) -> Iterable[AgendaLine]:
    begins = planned_starts(agenda)
    for item in agenda.items:
        if item.patient in shown:
            yield AgendaLine(
                item=item,
                person=rows[item.patient.id]["person"],
                proposal=proposals[item.patient],
                begins=begins[item.patient],
                note=records.notes.get(item.patient),
                discussion=records.discussions.get(item.patient),
                tasks=records.tasks.get(item.patient, ()),
                messages=records.messages.get(item.patient, ()),
            )


def _proposal(
    patient: Reference,
    row: Mapping[str, Any],
    data: TeamData,
    questionnaires: Sequence[Questionnaire],
    agenda: Agenda,
    own: Set[Reference],
    as_of: datetime,
) -> Proposal:
    """Why the patient is on the agenda: what is new since the team last met about the patient, at another conference
    than this one (`own` are its discussions).
    """
    contacts: list[Contact] = data.patients[patient.id].values("Encounter")
    met = (
        line.when.moment
        for line in contacts
        if line.conference
        and not line.planned
        and line.origin not in own
        and not (line.ongoing and line.when is not None and line.when.start >= site_day(as_of))
        and line.when is not None
        and line.when.moment < as_of
    )
    item = agenda.item(patient)
    discussions = {line.origin for line in contacts if line.conference}
    tasks: list[Task] = data.patients[patient.id].values("Task")
    return propose(
        patient,
        row["reasons"],
        contacts,
        questionnaires,
        since=max(met, default=None),
        postponed=item is not None and item.carried,
        as_of=as_of,
        decided=[each for each in tasks if each.encounter in discussions],
        goals=data.patients[patient.id].values("Goal"),
    )


def _questionnaires(
    context: RequestContext, patients: Sequence[Reference]
) -> tuple[dict[str, tuple[Questionnaire, ...]], tuple[Notice, ...]]:
    """Which questionnaires these patients answered in the last three months: titles and days, never answers. A server
    that cannot say so is named in a notice.
    """
    first = site_day(context.as_of - WITHOUT_CONFERENCE)
    ids = tuple(each.id for each in patients)
    request = SearchRequest("QuestionnaireResponse", (("authored", f"ge{first}"),), ids, in_parts=True)
    [answer] = context.fhir.try_all([request])
    if isinstance(answer, DashboardError):
        return {}, (Notice("section-failed", "QuestionnaireResponse"),)
    found: dict[str, tuple[Questionnaire, ...]] = {}
    for row in answer.rows:
        patient = patient_of(row)
        for each in read_each([row], lambda one: questionnaire_response.from_fhir(one, context.terminology)).values:
            if patient is not None and each.authored is not None:
                found[patient.id] = (*found.get(patient.id, ()), Questionnaire(each.title, each.authored))
    return found, answer.notices
