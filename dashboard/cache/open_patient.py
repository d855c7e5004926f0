"""Opening one patient: who may, what is kept, and what is read whatever page it is for.

Where the patient is not known to be the user's, the CareTeams, consents and grants are asked at each look, before
anything else; teams and consents are always read again with the rest, so that somebody who left the team this minute
sees nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from dashboard.access.relationship import read_consents, relationship_from, relationship_to, rows_or_raise
from dashboard.access.request_context import RequestContext, serves_consents
from dashboard.cache.patient_cache import PatientCache, S
from dashboard.cache.patient_sections import Answers
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.people import Person, User
from dashboard.domain.record.views import Notice, Section
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound
from dashboard.fhir.mapping.allergy_intolerance import AllergyReading, allergies
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.patient import human_name, patient
from dashboard.fhir.mapping.practitioner_role import spoken
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.search.request import SearchRequest

NOT_YOURS: Final = "This patient does not exist, or is not in the care of your teams."


def open_patient(
    context: RequestContext,
    user: User,
    patient_id: str,
    store: TeamCache,
    kept: PatientCache[S],
    read: Callable[[bool], S],
    refresh: bool = False,
) -> S:
    """What is kept of the patient, or what `read(mine)` gives now, with the grant under which an outsider looks.

    `mine`: the team's data say that the patient is the user's. All other patients are NotFound, whether they exist or
    not.
    """
    try:
        Reference("Patient", patient_id)
    except ValueError as error:
        raise NotFound(NOT_YOURS) from error
    on = context.as_of.date()
    team, last = store.peek(context.scope), kept.last(context.scope, patient_id)
    mine = team is not None and patient_id in team.visible(context.viewer, on)
    left = team is not None and patient_id in team.patients and not mine
    emergency_access = None
    if left or (not mine and last is not None and last.emergency_access is not None):
        # What is kept may not be shown on its own word: a membership ended, or a grant does at any moment.
        emergency_access = _permitted(context, user, patient_id).emergency_access
    found = kept.get(context.scope, patient_id, lambda: read(mine), on, refresh)
    return replace(found, emergency_access=emergency_access) if emergency_access is not None else found


def reason_given(emergency_access: EmergencyAccess | None) -> str:
    """What goes on record of somebody from outside: the reason that was given; "" for the team."""
    return f"{emergency_access.reason}: {emergency_access.text}" if emergency_access is not None else ""


def _permitted(context: RequestContext, user: User, patient_id: str) -> Relationship:
    relationship = relationship_to(context, patient_id)
    if not is_permitted(user.roles, Action.VIEW_PATIENT, relationship.relation):
        raise NotFound(NOT_YOURS)
    return relationship


def read_patient(
    context: RequestContext, user: User, patient_id: str, mine: bool, fresh: bool, requests: Mapping[str, SearchRequest]
) -> tuple[Answers, EmergencyAccess | None]:
    """The answers to these searches and to those that every page needs ("team", "consents"), all asked at the same
    time; and the grant, for somebody from outside. Raises NotFound where the teams and consents say no.

    `fresh` asks past the server's own cache, which may not know yet what another process wrote.
    """
    relationship = Relationship(Relation.TEAM) if mine else _permitted(context, user, patient_id)
    # The longest, which is first, and then the team with what comes beside it: those take most of the time.
    longest = dict(list(requests.items())[:1])
    ordered = {**longest, **always_asked(context, patient_id), **requests}
    asked = {name: replace(request, fresh=fresh) for name, request in ordered.items()}
    found = dict(zip(asked, context.fhir.try_all(list(asked.values())), strict=True))
    answers = Answers(asked, found)
    teams = answers.read(rows_or_raise(found["team"]), care_team)
    consents = read_consents(rows_or_raise(found["consents"])) if "consents" in found else []
    grants = [relationship.emergency_access] if relationship.emergency_access is not None else []
    now = relationship_from(context, patient_id, teams, consents, grants)
    if not is_permitted(user.roles, Action.VIEW_PATIENT, now.relation):
        raise NotFound(NOT_YOURS)
    return answers, now.emergency_access


def always_asked(context: RequestContext, patient_id: str) -> dict[str, SearchRequest]:
    """What every page about one patient needs: the team with the people in it, and the consents."""
    mine = (patient_id,)
    team = SearchRequest("CareTeam", patients=mine, include=("CareTeam:patient", "CareTeam:participant"))
    consents = {"consents": SearchRequest("Consent", patients=mine)} if serves_consents(context.fhir) else {}
    return {"team": team, **consents}


def person_in(context: RequestContext, patient_id: str, answers: Answers) -> Person:
    """The Patient that came beside the team, else read by itself. Raises UnexpectedAnswer, NotFound."""
    row = answers.included("team").get(f"Patient/{patient_id}")
    if row is None:
        answer = context.fhir.try_all([SearchRequest("Patient", patients=(patient_id,))])[0]
        if isinstance(answer, DashboardError):
            raise answer
        row = next(iter(answer.rows), None)
    if row is None:
        raise NotFound(NOT_YOURS)
    found = read_one(row, lambda resource: patient(resource, context.as_of.date()))
    if not isinstance(found, Person):
        raise NotFound("The record of this patient cannot be read; tell the administrator.")
    return found


def allergies_in(
    context: RequestContext, answers: Answers, name: str = "allergies"
) -> tuple[Section[tuple[Allergy, ...]], AllergyState, tuple[Notice, ...]]:
    """The allergies, their banner, and what must be said beside it. A read that failed is never "none"."""
    failed = answers.failed(name)
    if failed:
        return Section(None, failed), AllergyState.UNAVAILABLE, ()
    reading: AllergyReading = allergies(answers.rows(name), context.terminology)
    answers.unreadable += reading.unreadable
    notices = (Notice("allergies-partly-none"),) if reading.partly_none else ()
    return Section(reading.allergies), reading.state, notices


def names_in(context: RequestContext, answers: Answers) -> dict[str, str]:
    """The names of the Practitioners who came beside the team, by `Practitioner/id`."""
    on = context.as_of.date()
    return {
        name: spoken(human_name(row.get("name"), on))
        for name, row in answers.included("team").items()
        if row.get("resourceType") == "Practitioner"
    }
