"""Looks beyond one's teams in an emergency: with a reason, for a set time, and told to the coordinator of the team.

The grant is a Task on the FHIR server (`dashboard.fhir.mapping.emergency_access`), written before anything is shown,
so that it holds after a restart, ends by itself, and is in the coordinator's list.
"""

import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from dashboard.access.relationship import read_consents, relationship_from, rows_or_raise
from dashboard.access.request_context import RequestContext, parents_of_organisations, serves_consents
from dashboard.actions.change_task import Json
from dashboard.actions.provenance import LONGEST_REASON, provenance_of_new
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.changes import publish_changes
from dashboard.domain.access.consent import denied_organisations
from dashboard.domain.access.emergency_access import LONGEST_EMERGENCY_ACCESS, EmergencyAccess, EmergencyReason
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.relationship import keeps_out
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.people import AccessScope, User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, UnexpectedAnswer, UserFacingError
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.emergency_access import emergency_access, emergency_access_task
from dashboard.fhir.mapping.practitioner_role import is_coordinator
from dashboard.fhir.mapping.reading import display, many, origin, read_each, read_one, reference, text
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, escape
from dashboard.fhir.terminology_files import load_terminology

MINUTES: Final = 60
FEWEST_LETTERS: Final = 4
"""Of an identifier: shorter ones are guesses."""


def _about(asked: Arguments, grant: EmergencyAccess | None) -> AuditSubject:
    """What goes on record: whom it opened, what was typed to find them, and why."""
    found = (grant.patient.id,) if grant is not None else ()
    kept_as = (grant.origin,) if grant is not None else ()
    why = f"{asked['reason']}: {asked['words']}"[: LONGEST_REASON + 100]
    return AuditSubject(found, kept_as, f"Patient?identifier={asked['identifier']}"[:200], why)


@audited(AuditKind.EMERGENCY_ACCESS, _about)
def start_emergency_access(
    fhir: FhirServer,
    actor: User,
    identifier: str,
    reason: EmergencyReason,
    words: str,
    *,
    at: datetime,
    minutes: int = MINUTES,
) -> EmergencyAccess:
    """The grant for the one patient who has exactly this identifier, as the server has stored it.

    Consent stands above it: who does not share with the actor is NotFound, as is who does not exist. Raises
    NotPermitted, NotFound, UserFacingError.
    """
    require(actor.roles, Action.EMERGENCY_ACCESS, Relation.OTHER_TEAM)
    if actor.practitioner is None:
        raise NotPermitted("emergency-access-without-practitioner")
    said = _checked(words)
    if not timedelta(0) < timedelta(minutes=minutes) <= LONGEST_EMERGENCY_ACCESS:
        raise ValueError("a glass is broken for more than no time and at most a day")
    scope = AccessScope(fhir.base_url, str(actor.practitioner))
    context = RequestContext(fhir, scope, actor.practitioner, load_terminology(), at, actor.organizations)
    person = _exactly(context, identifier)
    patient = origin(person)
    teams, consents = _teams_and_consents(context, patient.id)
    if relationship_from(context, patient.id, teams, consents).relation is Relation.TEAM:
        raise UserFacingError("emergency-access-in-team")
    above = parents_of_organisations(context, teams) if denied_organisations(consents) else {}
    if keeps_out(context.viewer, teams, consents, at.date(), above):
        raise NotFound("identifier-not-found")
    told, name = _told(teams, person, at)
    end = at + timedelta(minutes=minutes)
    return _written(
        fhir, actor, emergency_access_task(patient, actor, told, name, reason.value, said, at, end), at, said
    )


def _checked(words: str) -> str:
    said = words.strip()
    if not said:
        raise UserFacingError("emergency-reason-empty")
    if len(said) > LONGEST_REASON:
        raise UserFacingError("reason-too-long", most=LONGEST_REASON)
    return said


def _exactly(context: RequestContext, identifier: str) -> Json:
    """The one Patient with the identifier as typed, or without its spaces and hyphens."""
    typed = identifier.strip()
    forms = dict.fromkeys((typed, re.sub(r"[\s-]", "", typed)))
    if len(re.sub(r"[\W_]", "", typed)) < FEWEST_LETTERS or len(typed) > 64 or not typed.isprintable():
        raise UserFacingError("identifier-incomplete")
    request = SearchRequest("Patient", (("identifier", ",".join(map(escape, forms))),), max_rows=20, fresh=True)
    rows = rows_or_raise(context.fhir.try_all([request])[0])
    found = [row for row in rows if any(text(part.get("value")) in forms for part in many(row.get("identifier")))]
    if len(found) > 1:
        raise UserFacingError("identifier-ambiguous")
    if not found or origin(found[0]).type != "Patient":
        raise NotFound("identifier-not-found")
    return found[0]


def _teams_and_consents(context: RequestContext, patient_id: str) -> tuple[list[CareTeam], list]:  # type: ignore[type-arg]
    requests = [SearchRequest("CareTeam", patients=(patient_id,), fresh=True)]
    if serves_consents(context.fhir):
        requests.append(SearchRequest("Consent", patients=(patient_id,), fresh=True))
    teams, *consents = context.fhir.try_all(requests)
    given = read_consents(rows_or_raise(consents[0])) if consents else []
    return read_each(rows_or_raise(teams), care_team).values, given


def _told(teams: Iterable[CareTeam], person: Json, at: datetime) -> tuple[Reference, str]:
    """The coordinator of the patient's team, else the team, else the organisation that manages the patient."""
    on = at.date()
    active = [team for team in teams if team.status == "active"]
    for team in active:
        for member in team.members:
            who = member.member
            if (
                who is not None
                and member.role is not None
                and is_coordinator([member.role])
                and team.has_member(who, on)
            ):
                return who, member.name
    for team in active:
        if team.team is not None:
            return team.team, team.team_name
    site = reference(person.get("managingOrganization"))
    if site is None:
        raise NotPermitted("emergency-access-without-recipient")
    return site, display(person.get("managingOrganization"))


def _written(fhir: FhirServer, actor: User, task: Json, at: datetime, said: str) -> EmergencyAccess:
    address = f"urn:uuid:{uuid.uuid4()}"
    record = provenance_of_new(address, actor, at, "break the glass", said)
    saved = fhir.transaction([Entry("POST", task, full_url=address), Entry("POST", record)])
    row = next((part for part in saved if part.get("resourceType") == "Task"), None)
    grant = read_one(row, emergency_access) if row is not None else None
    if row is None or not isinstance(grant, EmergencyAccess):
        raise UnexpectedAnswer("emergency-access-answer-unreadable")
    publish_changes(fhir.base_url, [row])
    return grant
