"""The screening of the patients of a user's teams: who is eligible for the pilot, and which facts are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.worklist_rows import worklist_of
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.eligibility import eligibility
from dashboard.domain.pilot.screening_answer import ScreeningAnswer
from dashboard.domain.pilot.screening_facts import ScreeningFacts
from dashboard.domain.pilot.screening_list import ScreenedPatient, ScreeningList, in_order
from dashboard.domain.record.care_team import covers
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.unreadable import Unreadable, some_unread
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError
from dashboard.fhir.mapping import screening_answer
from dashboard.fhir.mapping.reading import patient_of, read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest


@audited(
    AuditKind.PATIENT_QUERY,
    lambda asked, found: AuditSubject(
        patients=() if found is None else found.patients,
        query=f"CareTeam?participant={asked['scope'].subject}&status=active",
    ),
)
def screen_patients(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    as_of: datetime,
    refresh: bool = False,
    team_cache: TeamCache = TEAM_CACHE,
    wait: float | None = None,
) -> ScreeningList:
    """The patients of the user's teams as of a moment, the eligible first.

    Costs one search beside the worklist's, whatever the number of patients. Where it fails, what it asks for is
    missing and a notice says so. The arguments and what is raised are those of `get_worklist`.
    """
    context = request_context(fhir, user, scope, terminology, as_of)
    worklist, data = worklist_of(context, team_cache, refresh, wait)
    rows = worklist.rows.to_dict("records")
    answers = _ask(context, [row["patient_id"] for row in rows])
    on = site_day(as_of)
    lines = [_line(row, data.patients[row["patient_id"]], answers, on) for row in rows]
    return ScreeningList(
        lines=in_order(lines),
        fetched=worklist.fetched,
        stale=worklist.stale,
        notices=(*worklist.notices, *answers.notices),
        unreadable=(*worklist.unreadable, *answers.unreadable),
        awaited=worklist.awaited,
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers to the screening's questions by patient. Of those in `incomplete` not every answer came, or could be
    read: what is there may not be the latest.
    """

    of: Mapping[str, Sequence[ScreeningAnswer]] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = ()


def _ask(context: RequestContext, patients: Sequence[str]) -> _Answers:
    codes = ",".join(context.terminology.screening_codes())
    [answer] = context.fhir.try_all([SearchRequest("Observation", (("code", codes),), tuple(patients), in_parts=True)])
    if isinstance(answer, DashboardError):
        return _Answers(incomplete=frozenset(patients), notices=(Notice("section-failed", "Observation"),))
    found: dict[str, list[ScreeningAnswer]] = {}
    unread: dict[str, list[Unreadable]] = {}
    for row in answer.rows:
        patient = patient_of(row)
        read = read_each([row], lambda one: screening_answer.from_fhir(one, context.terminology))
        if patient is not None and read.values:
            found.setdefault(patient.id, []).extend(read.values)
        if patient is not None and read.unreadable:
            unread.setdefault(patient.id, []).extend(read.unreadable)
    incomplete = patients if answer.truncated else (*answer.missing, *unread)
    return _Answers(
        of=found,
        incomplete=frozenset(incomplete),
        unreadable=(*answer.left_out, *(each for rows in unread.values() for each in rows)),
        notices=(*answer.notices, *([Notice("section-missing", "Observation")] if answer.missing else ())),
    )


def _line(row: Mapping[str, Any], record: PatientRecord, answers: _Answers, on: date) -> ScreenedPatient:
    pid = record.person.id
    incomplete = pid in answers.incomplete
    facts = ScreeningFacts(
        person=record.person,
        problems=record.values("Condition"),
        results=row["results"],
        answers=() if incomplete else answers.of.get(pid, ()),
        carers=_carers(record, on),
        unread=row["unread"] | row["awaited"] | _unread_problems(record),
        unanswered=incomplete,
    )
    return ScreenedPatient(
        record.person, eligibility(facts, on), row["region"], row["site"], row["team"], row["team_ids"]
    )


def _unread_problems(record: PatientRecord) -> frozenset[str]:
    """A problem that is there and cannot be read may be any."""
    return frozenset({"Condition"} if some_unread(record.unreadable(), "Condition") else ())


def _carers(record: PatientRecord, on: date) -> frozenset[Reference]:
    """The carers who are in an active care team on a day."""
    return frozenset(
        member.member
        for team in record.care_teams()
        if team.status == "active" and covers(team.since, team.until, on)
        for member in team.members
        if member.member is not None and member.member.type == "RelatedPerson"
        if covers(member.since, member.until, on)
    )
