"""Says whether one comes to a conference."""

from datetime import datetime

from dashboard.actions.change_conference import about_conference, again_on_what_others_saved, permitted_conference
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_conference
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.conference import Conference, answered
from dashboard.fhir.port import FhirServer


@audited(AuditKind.UPDATE, about_conference)
def answer_conference(
    fhir: FhirServer, actor: User, conference_id: str, answer: str, *, reason: str, at: datetime
) -> Saved[Conference]:
    """The conference with the actor's own answer: accepted, declined or tentative.

    Raises UserFacingError for another answer, for somebody who is not asked, and once it is over; and what `save`
    raises.
    """
    context, _ = permitted_conference(fhir, actor, conference_id, Action.VIEW_CONFERENCE, at)

    def change() -> Saved[Conference]:
        changed = answered(read_conference(context, conference_id), context.me, answer)
        return save(fhir, [changed], actor=actor, activity="answer an invitation", reason=reason, at=at, in_steps=True)

    return again_on_what_others_saved(change)
