"""Starts a conference: people meet from now on. One that was ended too early goes on."""

from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    author_of,
    permitted_conference,
)
from dashboard.actions.conference_records import minutes_to_write
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_conference
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.conference import Conference, resumed, started
from dashboard.domain.conference.minutes import How, Minutes, with_present
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def start_conference(
    fhir: FhirServer, actor: User, conference_id: str, how: How = How.ROOM, *, reason: str, at: datetime
) -> Saved[Conference | Minutes]:
    """The conference, running, and its minutes with the actor as present. Where it runs already, nothing changes of it.

    Raises UserFacingError where it was called off, and what `save` raises.
    """
    context, _ = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)

    def change() -> Saved[Conference | Minutes]:
        conference = read_conference(context, conference_id)
        before = minutes_to_write(context, conference, actor, at)
        values: list[Conference | Minutes] = []
        if not conference.running:
            values.append(resumed(conference) if conference.over else started(conference))
        if not before.signed:
            present = with_present(before, [author_of(actor)], how, at)
            values += [present] if present != before else []
        if not values:
            return Saved((conference,))
        return save(fhir, values, actor=actor, activity="start a conference", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
