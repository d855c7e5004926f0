"""Changes when, where and with whom a conference takes place, and what it is called."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.actions.change_conference import about_conference, permitted_conference
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.conference import Conference, changed_conference
from dashboard.domain.values.datatypes import NamedReference
from dashboard.errors import VersionConflict
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def move_conference(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    version: str,
    title: str,
    start: datetime,
    minutes: int,
    place: str,
    attendees: Sequence[NamedReference],
    *,
    reason: str,
    at: datetime,
) -> Saved[Conference]:
    """The conference as the server has stored it; `version` is the one that the user saw. Agenda and notes go with it.

    Only by a coordinator. Raises VersionConflict where it was changed meanwhile, UserFacingError for what cannot be,
    and what `save` raises.
    """
    _, conference = permitted_conference(fhir, actor, conference_id, Action.PLAN_CONFERENCE, at)
    if conference.version != version:
        raise VersionConflict("conference-changed")
    changed = changed_conference(conference, title, start, minutes, place, attendees, at)
    return save(fhir, [changed], actor=actor, activity="change a conference", reason=reason, at=at, in_steps=True)
