"""Puts several people on the screening list: each of them as a whole or not at all."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from dashboard.actions.change_enrolment import Outcome, people_now, study_of
from dashboard.actions.list_candidate import list_person, listed_before
from dashboard.actions.may_change import context_of, require_patients
from dashboard.actions.save import Saved, check_reason
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.errors import DashboardError, ServerUnavailable, UserFacingError
from dashboard.fhir.port import FhirServer


class Candidate(NamedTuple):
    """Who is to be listed, and at which site: the ids of Patient and Organization."""

    patient_id: str
    site_id: str


def _about(asked: Arguments, answer: tuple[Outcome, ...] | None) -> AuditSubject:
    made = None if answer is None else {each.patient_id for each in answer if each.saved is not None}
    people = tuple(each.patient_id for each in asked["candidates"] if made is None or each.patient_id in made)
    return AuditSubject(people, tuple(each.subject.origin for each in answer or () if each.subject is not None))


@audited(AuditKind.CREATE, _about)
def list_candidates(
    fhir: FhirServer,
    actor: User,
    study_id: str,
    candidates: Sequence[Candidate],
    day: date,
    *,
    reason: str,
    at: datetime,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> tuple[Outcome, ...]:
    """What became of each, in their order, as `list_candidate` lists one; `tell` is told of each as it is done.

    Who they are, who cares for them and the study are asked once for all. Raises as `change_enrolment`.
    """
    context = context_of(fhir, actor, at, Action.CHANGE_ENROLMENT, Relation.TEAM)
    check_reason(reason)
    ids = [each.patient_id for each in candidates]
    teams = require_patients(context, actor, ids, Action.CHANGE_ENROLMENT)
    study, people = study_of(fhir, study_id), people_now(context, ids)
    before = listed_before(context, study, people)
    outcomes: list[Outcome] = []
    for each in candidates:
        away = outcomes[-1].error if outcomes and isinstance(outcomes[-1].error, ServerUnavailable) else None
        outcomes.append(Outcome(each.patient_id, error=away))
        if away is not None:
            continue
        try:
            if each.patient_id in before:
                raise UserFacingError("enrolment-listed-already")
            person = people.get(each.patient_id)
            done = list_person(
                context, actor, study, each.patient_id, person, each.site_id, day, reason, teams[each.patient_id]
            )
            outcomes[-1] = Outcome(each.patient_id, Saved((*done.values,), done.notices))
        except DashboardError as error:
            outcomes[-1] = Outcome(each.patient_id, error=error)
        tell(outcomes[-1])
    first = next((each.error for each in outcomes if each.error is not None), None)
    if first is not None and not any(each.saved for each in outcomes):
        raise first
    return tuple(outcomes)
