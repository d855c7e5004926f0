"""What every change of a conference begins with: who may make it; and how it is tried again where others save too.

A conference belongs to a team and to those who are asked to come; all others are told that there is none. What is about
one of its patients also needs the patient's care team, asked of the server each time: a consent may have ended since
the agenda was made.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from dashboard.access.request_context import RequestContext
from dashboard.access.teams_of_user import teams_of
from dashboard.actions.may_change import context_of
from dashboard.audit.audited import Arguments, AuditSubject
from dashboard.cache.conference_records import read_conference
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import NotFound, VersionConflict
from dashboard.fhir.port import FhirServer

T = TypeVar("T")
TRIES: Final = 12
"""How often a change is made again on what others have just saved, before its author is asked to."""
LONGEST_WAIT: Final = 0.4
"""Seconds between two tries, at the most: a random time, so that many do not meet again."""


def about_conference(asked: Arguments, answer: Any) -> AuditSubject:
    """What goes on the audit record: the conference, and the patient where there is one."""
    try:
        conference = (Reference("Appointment", asked["conference_id"]),)
    except ValueError:
        return AuditSubject()
    patient = asked.get("patient_id")
    return AuditSubject(patients=(patient,) if patient else (), entities=conference)


def permitted_conference(
    fhir: FhirServer, actor: User, conference_id: str, action: Action, at: datetime
) -> tuple[RequestContext, Conference]:
    """The conference, for somebody who is asked to come or belongs to its team.

    Raises NotPermitted by role, NotFound for every other conference, whether it exists or not.
    """
    context = context_of(fhir, actor, at, action)
    conference = read_conference(context, conference_id)
    if not conference.attends(context.me) and conference.team.to not in teams_of(context):
        raise NotFound("conference-not-found")
    return context, conference


def require_item(conference: Conference, patient: Reference) -> None:
    """Raises NotFound for a patient who is not on the agenda of this conference."""
    if patient not in conference.patients:
        raise NotFound("patient-not-on-agenda")


def author_of(actor: User) -> NamedReference:
    """The actor as the author of what is written."""
    return NamedReference(actor.practitioner, actor.name)


def again_on_what_others_saved(change: Callable[[], T]) -> T:
    """Makes a change that reads before it writes, once more where somebody saved in between.

    Raises VersionConflict after `TRIES` times.
    """
    for attempt in range(TRIES):
        try:
            return change()
        except VersionConflict:
            time.sleep(random.uniform(0, LONGEST_WAIT * (attempt + 1) / TRIES))  # noqa: S311
    raise VersionConflict("conference-changed-again")
