"""Plans a conference of a team, or a series of them, each with its agenda."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from dashboard.access.teams_of_user import teams_of
from dashboard.actions.may_change import context_of
from dashboard.actions.save import Saved, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import Agenda, AgendaItem
from dashboard.domain.conference.conference import Conference, new_conference, series_starts, with_patients
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotPermitted
from dashboard.fhir.port import FhirServer

Planned = Conference | Agenda


def _about(asked: Arguments, saved: Saved[Planned] | None) -> AuditSubject:
    made = tuple(each.origin for each in saved.values if isinstance(each, Conference)) if saved else ()
    return AuditSubject(patients=tuple(each.id for each in asked["patients"]), entities=made)


@audited(AuditKind.CREATE, _about)
def plan_conference(
    fhir: FhirServer,
    actor: User,
    team: NamedReference,
    title: str,
    start: datetime,
    minutes: int,
    place: str,
    attendees: Sequence[NamedReference],
    patients: Sequence[Reference] = (),
    weeks_apart: int = 1,
    count: int = 1,
    *,
    reason: str,
    at: datetime,
) -> Saved[Planned]:
    """The conferences and their agendas as the server has stored them, the first of the series first.

    `patients` are on the agenda of the first: what puts people on the later ones has not happened yet. Only by a
    coordinator of the team. Raises NotPermitted, UserFacingError for what is missing or cannot be, and what `save`
    raises.
    """
    context = context_of(fhir, actor, at, Action.PLAN_CONFERENCE)
    if team.to is None or team.to not in teams_of(context):
        raise NotPermitted("conference-of-another-team")
    series = str(uuid.uuid4()) if count > 1 else ""
    values: list[Planned] = []
    for number, begin in enumerate(series_starts(start, weeks_apart, count)):
        agenda = new_reference("List")
        conference = new_conference(
            new_reference("Appointment"),
            title,
            begin,
            minutes,
            place,
            team,
            attendees,
            agenda=agenda,
            series=series,
            at=at,
        )
        items = tuple(AgendaItem(each) for each in dict.fromkeys(patients)) if number == 0 else ()
        written = Agenda(agenda, "", conference.number, f"Agenda of {conference.title}", items, source={})
        values += [written, with_patients(conference, written.patients)]
    return save(fhir, values, actor=actor, activity="plan a conference", reason=reason, at=at, in_steps=True)
