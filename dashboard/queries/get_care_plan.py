"""The shared care plan of one patient: the team's with all that it refers to, other plans, and who changed what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.linkable import LINKED
from dashboard.cache.open_patient import names_in, open_patient, read_patient, reason_given
from dashboard.cache.patient_cache import PLAN_CACHE, PatientCache
from dashboard.cache.patient_sections import Answers
from dashboard.cache.shared_plans import EDITED, PlansRead, broken_saves, last_changes, plan_requests
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.views import BrokenSave, CarePlanView, LastChange, choose_plans
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import CannotBeUsedNow, Failure
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.notices import NoticeKind

_KINDS: Final[Mapping[str, str]] = {**EDITED, **LINKED}


def _about(arguments: Arguments, view: CarePlanView | None) -> AuditSubject:
    why = reason_given(view.emergency_access if view is not None else None)
    ours = view.ours if view is not None else None
    return AuditSubject((arguments["patient_id"],), (ours.plan.origin,) if ours is not None else (), why=why)


@audited(AuditKind.PATIENT_READ, _about)
def get_care_plan(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    patient_id: str,
    as_of: datetime,
    refresh: bool = False,
    team_cache: TeamCache = TEAM_CACHE,
    patient_cache: PatientCache[CarePlanView] = PLAN_CACHE,
) -> CarePlanView:
    """Returns the plans of a patient of the user's teams, or of one opened by emergency access (then with the grant).

    All other patients are NotFound, whether they exist or not. The view is cached (`open_patient`); a save of this
    process and a change that the feed saw have it read again, and so has `refresh`.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)

    def read(of_my_teams: bool) -> CarePlanView:
        answers, relationship = read_patient(
            context,
            user,
            patient_id,
            of_my_teams,
            refresh,
            plan_requests(patient_id),
            team_cache.access,
            patient_cache.answers,
        )
        return view_of(context, patient_id, answers, relationship)

    return open_patient(context, user, patient_id, team_cache, patient_cache, read, refresh)


def view_of(context: RequestContext, patient_id: str, answers: Answers, relationship: Relationship) -> CarePlanView:
    """Makes the view from the answers, and asks who changed each part last."""
    read = PlansRead(answers, context.terminology)
    teams = _teams(read, relationship)
    chosen = choose_plans(read.plans, teams)
    team = teams[0].origin if teams else None
    ours = read.shared(chosen.ours, team) if chosen.ours is not None else None
    linked = read.linked()
    shown = {ours.plan.origin, *ours.parts()} if ours is not None else set()
    changes, broken, failed = _changes(context, read, shown)
    named = (*ours.plan.goals, *ours.plan.activities) if ours is not None else ()
    return CarePlanView(
        patient=Reference("Patient", patient_id),
        fetched=context.as_of,
        ours=ours,
        also_active=tuple(map(read.shared, chosen.also_active)),
        others=tuple(map(read.shared, chosen.others)),
        teams=tuple(teams),
        linked=linked,
        unlinked=read.unlinked(),
        missing=tuple(each for each in named if each not in shown and each not in linked),
        unread_plans=read.unread_plans(),
        contained=read.contained(),
        changes=changes,
        broken=broken,
        names={Reference.parse(name): words for name, words in names_in(context, answers).items()},
        failed={**_failed(answers), **failed},
        unreadable=tuple(dict.fromkeys((*answers.unreadable, *read.parts_unreadable()))),
        notices=(*answers.notices(), *_protection(context)),
        old=answers.old_types(),
        emergency_access=relationship.emergency_access,
    )


def _teams(read: PlansRead, relationship: Relationship) -> list[CareTeam]:
    """The teams whose plan is shown: those through which the user may see the patient, or in an emergency all active
    ones. A team from which a consent withholds the patient is none of them.
    """
    if relationship.emergency_access is not None:
        return [team for team in read.teams if team.status == "active"]
    return read.of_teams(relationship)


def _changes(
    context: RequestContext, read: PlansRead, shown: set[Reference]
) -> tuple[dict[Reference, LastChange], tuple[BrokenSave, ...], dict[str, Failure]]:
    try:
        changes = last_changes(context, {origin: read.rows[origin] for origin in shown})
        return changes, broken_saves(context, read.rows.values()), {}
    except CannotBeUsedNow as error:
        return {}, (), {"Provenance": error.failure}


def _failed(answers: Answers) -> dict[str, Failure]:
    """The types whose search failed and of which nothing older is known. A type that the server does not keep is none
    of them: there are no such records.
    """
    return {
        kind: failure
        for name, kind in _KINDS.items()
        if (failure := answers.failed(name)) is not None and not answers.unsupported(name)
    }


def _protection(context: RequestContext) -> list[Notice]:
    """What of saving this plan the server does not protect."""
    can = context.fhir.capabilities
    kinds = [kind for kind in (*EDITED.values(), "CareTeam") if can.serves(kind) and not can.versioned_update(kind)]
    notices = [Notice(NoticeKind.UNPROTECTED_SAVE, kind) for kind in kinds]
    return [*notices, *([] if can.transactions else [Notice(NoticeKind.SAVED_IN_STEPS, "CarePlan")])]
