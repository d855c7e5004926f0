"""Opening one patient: who may, what is kept, and what is read whatever page it is for.

Where the patient is not known to be the user's, the CareTeams, consents and grants are asked at each look, before
anything else; teams and consents are always read again with the rest, so that somebody who left the team this minute
sees nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from dashboard.access.relationship import read_consents, rows_of, standing_from, standing_of
from dashboard.access.request_context import Look, keeps_consents
from dashboard.cache.patient_cache import KeptPatients, S
from dashboard.cache.patient_sections import Answers
from dashboard.cache.team_cache import TeamStore
from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.access.relationship import Glass, Standing
from dashboard.domain.record.clinical import Allergy, AllergyState
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
    look: Look,
    user: User,
    patient_id: str,
    store: TeamStore,
    kept: KeptPatients[S],
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
    on = look.as_of.date()
    team, last = store.peek(look.scope), kept.last(look.scope, patient_id)
    mine = team is not None and patient_id in team.visible(look.viewer, on)
    left = team is not None and patient_id in team.patients and not mine
    glass = None
    if left or (not mine and last is not None and last.glass is not None):
        # What is kept may not be shown on its own word: a membership ended, or a grant does at any moment.
        glass = _permitted(look, user, patient_id).glass
    found = kept.get(look.scope, patient_id, lambda: read(mine), on, refresh)
    return replace(found, glass=glass) if glass is not None else found


def reason_given(glass: Glass | None) -> str:
    """What goes on record of somebody from outside: the reason that was given; "" for the team."""
    return f"{glass.reason}: {glass.text}" if glass is not None else ""


def _permitted(look: Look, user: User, patient_id: str) -> Standing:
    standing = standing_of(look, patient_id)
    if not is_permitted(user.roles, Action.VIEW_PATIENT, standing.relation):
        raise NotFound(NOT_YOURS)
    return standing


def read_patient(
    look: Look, user: User, patient_id: str, mine: bool, fresh: bool, requests: Mapping[str, SearchRequest]
) -> tuple[Answers, Glass | None]:
    """The answers to these searches and to those that every page needs ("team", "consents"), all asked at the same
    time; and the grant, for somebody from outside. Raises NotFound where the teams and consents say no.

    `fresh` asks past the server's own cache, which may not know yet what another process wrote.
    """
    standing = Standing(Relation.TEAM) if mine else _permitted(look, user, patient_id)
    # The longest, which is first, and then the team with what comes beside it: those take most of the time.
    longest = dict(list(requests.items())[:1])
    ordered = {**longest, **always_asked(look, patient_id), **requests}
    asked = {name: replace(request, fresh=fresh) for name, request in ordered.items()}
    found = dict(zip(asked, look.gateway.try_all(list(asked.values())), strict=True))
    answers = Answers(asked, found)
    teams = answers.read(rows_of(found["team"]), care_team)
    consents = read_consents(rows_of(found["consents"])) if "consents" in found else []
    glasses = [standing.glass] if standing.glass is not None else []
    now = standing_from(look, patient_id, teams, consents, glasses)
    if not is_permitted(user.roles, Action.VIEW_PATIENT, now.relation):
        raise NotFound(NOT_YOURS)
    return answers, now.glass


def always_asked(look: Look, patient_id: str) -> dict[str, SearchRequest]:
    """What every page about one patient needs: the team with the people in it, and the consents."""
    mine = (patient_id,)
    team = SearchRequest("CareTeam", patients=mine, include=("CareTeam:patient", "CareTeam:participant"))
    consents = {"consents": SearchRequest("Consent", patients=mine)} if keeps_consents(look.gateway) else {}
    return {"team": team, **consents}


def person_in(look: Look, patient_id: str, answers: Answers) -> Person:
    """The Patient that came beside the team, else read by itself. Raises UnexpectedAnswer, NotFound."""
    row = answers.included("team").get(f"Patient/{patient_id}")
    if row is None:
        answer = look.gateway.try_all([SearchRequest("Patient", patients=(patient_id,), patient_param="_id")])[0]
        if isinstance(answer, DashboardError):
            raise answer
        row = next(iter(answer.rows), None)
    if row is None:
        raise NotFound(NOT_YOURS)
    found = read_one(row, lambda resource: patient(resource, look.as_of.date()))
    if not isinstance(found, Person):
        raise NotFound("The record of this patient cannot be read; tell the administrator.")
    return found


def allergies_in(
    look: Look, answers: Answers, name: str = "allergies"
) -> tuple[Section[tuple[Allergy, ...]], AllergyState, tuple[Notice, ...]]:
    """The allergies, their banner, and what must be said beside it. A read that failed is never "none"."""
    failed = answers.failed(name)
    if failed:
        return Section(None, failed), AllergyState.UNAVAILABLE, ()
    reading: AllergyReading = allergies(answers.rows(name), look.terminology)
    answers.unreadable += reading.unreadable
    notices = (Notice("allergies-partly-none"),) if reading.partly_none else ()
    return Section(reading.allergies), reading.state, notices


def names_in(look: Look, answers: Answers) -> dict[str, str]:
    """The names of the Practitioners who came beside the team, by `Practitioner/id`."""
    on = look.as_of.date()
    return {
        name: spoken(human_name(row.get("name"), on))
        for name, row in answers.included("team").items()
        if row.get("resourceType") == "Practitioner"
    }
