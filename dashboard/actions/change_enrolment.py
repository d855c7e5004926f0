"""Changes how people stand in the pilot: one or several at once, each of them as a whole or not at all.

change_enrolment(fhir, actor, EnrolmentAction.DECLINE, [Seen("p1", "s1", "3")], Details(day, reason="no-time"),
                 reason="On the telephone", at=at)
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dashboard.access.merged_records import older_records, people_of, survivors_search
from dashboard.access.request_context import RequestContext, result_or_raise
from dashboard.actions.may_change import context_of, require_patients
from dashboard.actions.save import Saved, check_reason, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited, unaudited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.enrolment import EnrolmentAction, ends_consent
from dashboard.domain.pilot.planned_change import NO_FORM, Form, WantedChange, after_change
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.study_consent import StudyConsent, ended, entered_in_error, in_force_again
from dashboard.domain.pilot.subject import Details, Subject, taken_back
from dashboard.domain.record.people import Person, with_survivors
from dashboard.domain.values.datatypes import NamedReference
from dashboard.errors import DashboardError, NotFound, ServerUnavailable, UserFacingError, VersionConflict
from dashboard.fhir.mapping.writable import from_fhir
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest

Json = dict[str, Any]
Written = Subject | StudyConsent


@dataclass(frozen=True, slots=True)
class Seen:
    """Whom a change is about, as the user saw the record: ids of Patient and ResearchSubject, and its version."""

    patient_id: str
    subject_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the change of one person: the subject as the server stored it, or the error for which nothing was
    saved.
    """

    patient_id: str
    saved: Saved[Written] | None = None
    error: DashboardError | None = None

    @property
    def subject(self) -> Subject | None:
        """The subject as it is stored now, None where nothing was saved."""
        return next((each for each in self.saved.values if isinstance(each, Subject)), None) if self.saved else None


def _about(asked: Arguments, answer: tuple[Outcome, ...] | None) -> AuditSubject:
    """Whom a change was to be about, and once it is made, about whom it was."""
    made = None if answer is None else {each.patient_id for each in answer if each.saved is not None}
    return AuditSubject(tuple(each.patient_id for each in asked["seen"] if made is None or each.patient_id in made))


@audited(AuditKind.UPDATE, _about)
def change_enrolment(
    fhir: FhirServer,
    actor: User,
    action: EnrolmentAction,
    seen: Sequence[Seen],
    details: Details,
    form: Form = NO_FORM,
    *,
    reason: str,
    at: datetime,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> tuple[Outcome, ...]:
    """What became of each, in their order; by a clinician or a coordinator of a team that cares for them.

    Who they are, who cares for them and how they stand is asked once for all of them; each is saved by itself, and
    `tell` is told of each as it is done.
    `form` is the one on which somebody consents: the Consent is made with the change, and ends when it is withdrawn.
    Nothing is saved of somebody whose state does not allow the change (UserFacingError), or whose record is another
    than was seen (VersionConflict); the others are changed all the same, unless the server is away. Raises the first
    error where nobody was changed, NotPermitted by role, NotFound where one is in nobody's care here, UserFacingError
    for a reason that is empty or too long, and what reading raises.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_ENROLMENT, Relation.TEAM)
    check_reason(reason)
    teams = require_patients(context, actor, [each.patient_id for each in seen], Action.CHANGE_ENROLMENT)
    known = _Known(people_now(context, [each.patient_id for each in seen]), _rows(context, seen))
    outcomes: list[Outcome] = []
    for each in seen:
        if outcomes and isinstance(outcomes[-1].error, ServerUnavailable):
            outcomes.append(replace(outcomes[-1], patient_id=each.patient_id))
            continue
        try:
            wanted = WantedChange(action, replace(details, team=teams[each.patient_id]), form)
            values = _change(context, actor, known, each, wanted, reason)
            activity = f"enrolment: {action}"
            done = save(fhir, values, actor=actor, activity=activity, reason=reason, at=at, in_steps=True)
            outcomes.append(Outcome(each.patient_id, done))
        except DashboardError as error:
            outcomes.append(Outcome(each.patient_id, error=error))
        tell(outcomes[-1])
    first = next((each.error for each in outcomes if each.error is not None), None)
    if first is not None and not any(each.saved for each in outcomes):
        raise first
    return tuple(outcomes)


@unaudited("is part of an audited action")
def people_now(context: RequestContext, ids: Sequence[str]) -> Mapping[str, Person]:
    """The persons as the server knows them now: one may have died, or been merged into another."""
    requests = [SearchRequest("Patient", patients=tuple(ids), fresh=True)]
    if (merged := survivors_search(context, ids)) is not None:
        requests.append(merged)
    found, *others = [people_of(context, result_or_raise(each).rows) for each in context.fhir.try_all(requests)]
    people = {person.id: person for person in found}
    return people | with_survivors(people, itertools.chain(*others))


@unaudited("is part of an audited action")
def study_of(fhir: FhirServer, study_id: str) -> Study:
    """The study with that id. Raises NotFound where there is none that can be read."""
    try:
        return from_fhir(Study, fhir.read("ResearchStudy", study_id))
    except ValueError:
        raise NotFound("study-not-found") from None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was asked once for all: the persons, the rows of the subjects by their ids, and the studies read so far."""

    people: Mapping[str, Person]
    rows: Mapping[str, Json]
    studies: dict[str, Study] = field(default_factory=dict)


def _change(
    context: RequestContext, actor: User, known: _Known, seen: Seen, wanted: WantedChange, reason: str
) -> list[Written]:
    """What is to be written of one person, the subject last: it refers to the consent."""
    subject = _read(context, known, seen)
    if (person := known.people.get(seen.patient_id)) is None:
        raise NotFound("patient-not-found")
    me, at = NamedReference(context.me, actor.name), context.as_of
    if wanted.action is EnrolmentAction.TAKE_BACK:
        undone = taken_back(subject, by=me, why=reason, at=at)
        return [*_consent_undone(context, subject), undone]
    study = _study(context, known, subject.study.id) if wanted.action is EnrolmentAction.MOVE else None
    new = new_reference("Consent")
    moved, given = after_change(subject, person, study, wanted, by=me, why=reason, at=at, consent=new)
    if subject.consent is not None and ends_consent(subject.state, wanted.action):
        return [ended(_consent(context, subject)), moved]
    return [given, moved] if given is not None else [moved]


def _study(context: RequestContext, known: _Known, ident: str) -> Study:
    if ident not in known.studies:
        known.studies[ident] = study_of(context.fhir, ident)
    return known.studies[ident]


def _rows(context: RequestContext, seen: Sequence[Seen]) -> dict[str, Json]:
    """The rows of several subjects, from one search; who does not come with it is read later."""
    if len(seen) < 2:
        return {}
    request = SearchRequest("ResearchSubject", patients=tuple(each.patient_id for each in seen), fresh=True)
    [answer] = context.fhir.try_all([request])
    return {} if isinstance(answer, DashboardError) else {row["id"]: row for row in answer.rows}


def _read(context: RequestContext, known: _Known, seen: Seen) -> Subject:
    """The subject as it is now. Raises NotFound for one of somebody else, VersionConflict where it was changed since it
    was seen, UserFacingError for one that cannot be read.
    """
    row = known.rows.get(seen.subject_id) or context.fhir.read("ResearchSubject", seen.subject_id)
    try:
        subject = from_fhir(Subject, row)
    except ValueError:
        raise UserFacingError("enrolment-unreadable") from None
    if subject.patient.id != seen.patient_id and not _is_older(context, known, subject, seen):
        raise NotFound("enrolment-not-found")
    if subject.version != seen.version:
        raise VersionConflict("enrolment-changed")
    return subject


def _is_older(context: RequestContext, known: _Known, subject: Subject, seen: Seen) -> bool:
    """Whether the subject is that of a record which was merged into the patient's: it is changed with the patient."""
    person = known.people.get(seen.patient_id)
    return person is not None and subject.patient.id in older_records(context, [person]).get(person.id, ())


def _consent_undone(context: RequestContext, subject: Subject) -> list[StudyConsent]:
    """The consent, where the change that is taken back made it or ended it."""
    before, last = subject.valid_changes[-2:]
    if subject.consent is None:
        return []
    if last.action is EnrolmentAction.CONSENT:
        return [entered_in_error(_consent(context, subject))]
    return [in_force_again(_consent(context, subject))] if ends_consent(before.state, last.action) else []


def _consent(context: RequestContext, subject: Subject) -> StudyConsent:
    assert subject.consent is not None
    try:
        return from_fhir(StudyConsent, context.fhir.read("Consent", subject.consent.id))
    except ValueError:
        raise UserFacingError("enrolment-unreadable") from None
