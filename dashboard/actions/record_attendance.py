"""Puts down who is at a conference: people as they join, and by hand whoever is in the room."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    permitted_conference,
)
from dashboard.actions.conference_records import minutes_to_write
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.minutes import How, Minutes, with_present, without_present
from dashboard.domain.values.datatypes import NamedReference
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def record_attendance(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    people: Sequence[NamedReference],
    how: How,
    *,
    reason: str,
    at: datetime,
    undo: bool = False,
) -> Saved[Minutes]:
    """The minutes with these people as present, or with `undo` without them, as the server has stored them.

    Somebody who is no record on the server is a name alone. Raises UserFacingError where the minutes are signed, and
    what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)

    def change() -> Saved[Minutes]:
        minutes = before = minutes_to_write(context, conference, actor, at)
        if undo:
            for person in people:
                minutes = without_present(minutes, person)
        else:
            minutes = with_present(minutes, people, how, at)
        if minutes == before:
            return Saved((before,))
        return save(fhir, [minutes], actor=actor, activity="put down who is there", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
