"""The screening of the patients of a user's teams: how they stand in the pilot, who is eligible, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dashboard.access.merged_records import older_records
from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.worklist_rows import worklist_of
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.eligibility import eligibility
from dashboard.domain.pilot.screened import Screened, carers_of, screening_facts
from dashboard.domain.pilot.screening_answer import ScreeningAnswer
from dashboard.domain.pilot.screening_list import ScreenedPatient, ScreeningList, in_order
from dashboard.domain.pilot.study import PILOT, Study, pilot_of
from dashboard.domain.pilot.subject import Subject, last_changed
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.people import Person
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice
from dashboard.domain.values.code_systems import TRIAL_NUMBER
from dashboard.domain.values.datatypes import NamedReference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import CannotBeUsedNow, DashboardError, Unsupported
from dashboard.fhir.mapping import research_study, research_subject, screening_answer
from dashboard.fhir.mapping.elements import reference
from dashboard.fhir.mapping.reading import patient_of, read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult


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
    """The patients of the user's teams as of a moment, the eligible who were not approached yet first.

    Costs four searches beside the worklist's, whatever the number of patients: the records that were merged into
    theirs, the answers to the screening's questions, the pilot, and how the patients stand in it and in other studies,
    also by a merged record. Where one fails, what it asks for is not known and a notice says so. The arguments and what
    is raised are those of `get_worklist`.
    """
    context = request_context(fhir, user, scope, terminology, as_of)
    worklist, data = worklist_of(context, team_cache, refresh, wait)
    rows = worklist.rows.to_dict("records")
    answers, register, away = _ask(
        context, {row["patient_id"]: data.patients[row["patient_id"]].person for row in rows}
    )
    on = site_day(as_of)
    lines = [_line(row, data.patients[row["patient_id"]], answers, register, on) for row in rows]
    return ScreeningList(
        lines=in_order(lines),
        fetched=worklist.fetched,
        stale=worklist.stale,
        notices=(*worklist.notices, *answers.notices, *register.notices),
        unreadable=(*worklist.unreadable, *answers.unreadable, *register.unreadable),
        awaited=worklist.awaited,
        study=register.study,
        study_known=register.study_known,
        away=away,
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


@dataclass(frozen=True, slots=True)
class _Register:
    """The pilot and the records of the patients in it and in other studies, by patient. Of those in `unknown` not every
    record came, or could be read.
    """

    study: Study | None = None
    study_known: bool = True
    of: Mapping[str, Sequence[Subject]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = ()


def _ask(context: RequestContext, people: Mapping[str, Person]) -> tuple[_Answers, _Register, CannotBeUsedNow | None]:
    codes, patients, failed = ",".join(context.terminology.screening_codes()), tuple(people), False
    try:
        older = older_records(context, people.values())
    except DashboardError:
        older, failed = {}, True
    merged = {ident for each in older.values() for ident in each} - people.keys()
    pilot = (("identifier", f"{TRIAL_NUMBER}|{PILOT}"),)
    answers, studies, subjects = context.fhir.try_all(
        [
            # Fresh: an answer that was just recorded is on the list at once.
            SearchRequest("Observation", (("code", codes),), patients, fresh=True, in_parts=True),
            SearchRequest("ResearchStudy", pilot, fresh=True),
            SearchRequest("ResearchSubject", patients=(*patients, *sorted(merged)), fresh=True, in_parts=True),
        ]
    )
    register = _with_older(_register(patients, studies, subjects), older)
    if failed:
        # Who has no record may have one under another patient.
        unknown = register.unknown | (set(patients) - register.of.keys())
        register = replace(register, unknown=unknown, notices=(*register.notices, Notice("section-failed", "Patient")))
    return _answers(context, patients, answers), register, _away(answers, studies, subjects)


def _away(*asked: SearchResult | DashboardError) -> CannotBeUsedNow | None:
    """Why none of these was answered, where the server cannot be used just now."""
    errors = [each for each in asked if isinstance(each, CannotBeUsedNow) and not isinstance(each, Unsupported)]
    return errors[0] if len(errors) == len(asked) else None


def _with_older(register: _Register, older: Mapping[str, tuple[str, ...]]) -> _Register:
    """The register, where whoever has no record in a study of the own has those of the records that were merged into
    the patient's.
    """
    of, unknown = {ident: list(found) for ident, found in register.of.items()}, set(register.unknown)
    for ident, records in older.items():
        own = {each.study for each in of.get(ident, ())}
        theirs = [each for old in records for each in register.of.get(old, ()) if each.study not in own]
        of[ident] = [*of.get(ident, ()), *theirs]
        if register.unknown & set(records):
            unknown.add(ident)
    return replace(register, of=of, unknown=frozenset(unknown))


def _register(
    patients: Sequence[str], studies: SearchResult | DashboardError, subjects: SearchResult | DashboardError
) -> _Register:
    if _not_there(studies) or _not_there(subjects):
        return _Register()
    everybody = frozenset(patients)
    if isinstance(studies, DashboardError):
        return _Register(None, False, unknown=everybody, notices=(Notice("section-failed", "ResearchStudy"),))
    read = read_each(studies.rows, research_study.from_fhir)
    study = pilot_of(read.values)
    if study is None and read.unreadable:
        return _Register(None, False, unknown=everybody, unreadable=tuple(read.unreadable))
    if isinstance(subjects, DashboardError):
        return _Register(study, unknown=everybody, notices=(Notice("section-failed", "ResearchSubject"),))
    found: dict[str, list[Subject]] = {}
    unread: dict[str, Unreadable] = {}
    for row in subjects.rows:
        one = read_each([row], research_subject.from_fhir)
        patient = reference(row.get("individual"))
        for subject in one.values:
            found.setdefault(subject.patient.id, []).append(subject)
        if one.unreadable and patient is not None:
            unread[patient.id] = one.unreadable[0]
    unknown = everybody if subjects.truncated else frozenset((*subjects.missing, *unread))
    missing = (Notice("section-missing", "ResearchSubject"),) if subjects.missing else ()
    return _Register(study, True, found, unknown, (*subjects.left_out, *unread.values()), (*subjects.notices, *missing))


def _not_there(answer: SearchResult | DashboardError) -> bool:
    """Whether the server has no records of this type at all: then it has no pilot, and nobody is in one."""
    return isinstance(answer, Unsupported) and answer.code == "type-not-served"


def _answers(context: RequestContext, patients: Sequence[str], answer: SearchResult | DashboardError) -> _Answers:
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


def _line(
    row: Mapping[str, Any], record: PatientRecord, answers: _Answers, register: _Register, on: date
) -> ScreenedPatient:
    pid = record.person.id
    incomplete = pid in answers.incomplete
    carers = carers_of(record.care_teams(), on)
    screened = Screened(tuple(answers.of.get(pid, ())), frozenset(carers), incomplete)
    facts = screening_facts(record, screened, on, row["unread"] | row["awaited"], row["results"])
    subjects = register.of.get(pid, ())
    pilot = register.study.origin if register.study is not None else None
    return ScreenedPatient(
        person=record.person,
        eligibility=eligibility(facts, on),
        region=row["region"],
        site=row["site"],
        team=row["team"],
        team_ids=row["team_ids"],
        site_id=record.person.site.id if record.person.site is not None else "",
        subject=last_changed(each for each in subjects if each.study == pilot),
        known=pid not in register.unknown,
        elsewhere=tuple(each for each in subjects if each.study != pilot),
        carers=tuple(NamedReference(who, name) for who, name in sorted(carers.items()) if name),
    )
