"""The one way a Task is changed: read afresh, compared with what the user saw, written with its Provenance or not at
all.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any, Final

from dashboard.access.relationship import relationship_to, rows_or_raise
from dashboard.access.request_context import RequestContext
from dashboard.actions.provenance import provenance_of
from dashboard.audit.audited import Arguments, AuditSubject, unaudited
from dashboard.cache.changes import publish_changes
from dashboard.domain.access.permissions import Action, Relation, is_permitted, require
from dashboard.domain.record.people import AccessScope, User
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import TaskAction, after
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, UnexpectedAnswer, VersionConflict
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.reading import patient_of, read_each, read_one, reference
from dashboard.fhir.mapping.reading import version as version_of
from dashboard.fhir.mapping.task import task as task_line
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology

Json = dict[str, Any]
_NOBODY: Final = "nobody"


def about_task(asked: Arguments, line: Task | None) -> AuditSubject:
    """What goes on record of a deed on a Task: the Task, and whom it is about once it was read."""
    try:
        task = (Reference("Task", asked["task_id"]),)
    except ValueError:
        return AuditSubject()
    return AuditSubject(patients=(line.patient.id,) if line and line.patient else (), entities=task)


@unaudited("each deed on a task goes on record by itself, and comes here")
def change_task(
    fhir: FhirServer,
    actor: User,
    task_id: str,
    version: str,
    deed: TaskAction,
    reason: str,
    at: datetime,
    change: Callable[[Json], None] = lambda row: None,
) -> Task:
    """The task after the deed; `version` is the one the user saw. Fields that we do not know are kept as they are.

    Only of a patient of the actor's teams, asked afresh; every other task is NotFound, whether it exists or not. Every
    scope that may see the task has it at once. Raises VersionConflict, NotFound, UserFacingError, NotPermitted.
    """
    before = _mine(fhir, actor, task_id, at)
    if version_of(before) != version:
        raise VersionConflict("task-changed")
    row = deepcopy(before)
    row["status"] = after(str(before.get("status")), deed)
    row["lastModified"] = at.isoformat(timespec="milliseconds")
    change(row)
    record = provenance_of(before, actor, at, deed.value, reason)
    saved = fhir.transaction([Entry("PUT", row, if_match=version), Entry("POST", record)])
    written = next((part for part in saved if part.get("resourceType") == "Task"), None) or fhir.read("Task", task_id)
    publish_changes(fhir.base_url, [written])
    line = read_one(written, task_line)
    if not isinstance(line, Task):
        raise UnexpectedAnswer("task-answer-unreadable")
    return line


def _mine(fhir: FhirServer, actor: User, task_id: str, at: datetime) -> Json:
    """The task as the server has it. Raises NotPermitted by role, NotFound for a task that is not the actor's."""
    require(actor.roles, Action.CHANGE_TASK, Relation.TEAM)
    if actor.practitioner is None:
        raise NotPermitted("not-in-a-care-team")
    scope = AccessScope(fhir.base_url, str(actor.practitioner))
    context = RequestContext(fhir, scope, actor.practitioner, load_terminology(), at, actor.organizations)
    try:
        Reference("Task", task_id)
        row: Json | None = fhir.read("Task", task_id)
    except (ValueError, NotFound):
        row = None
    patient = patient_of(row) if row is not None else None
    if row is not None and patient is None and row.get("for") is None:
        relation = Relation.NONE if _of_my_teams(context, row) else Relation.OTHER_TEAM
    else:
        # Asked for a task that does not exist as well: what it costs tells nothing.
        relation = relationship_to(context, patient.id if patient else _NOBODY).relation
    if row is None or not is_permitted(actor.roles, Action.CHANGE_TASK, relation):
        raise NotFound("task-not-found")
    return row


def _of_my_teams(context: RequestContext, row: Json) -> bool:
    """A task about no patient is its owner's: mine, or one of my teams'."""
    owner = reference(row.get("owner"))
    if owner == context.me:
        return True
    request = SearchRequest("CareTeam", (("participant", str(context.me)), ("status", "active")))
    teams = read_each(rows_or_raise(context.fhir.try_all([request])[0]), care_team).values
    return owner is not None and any(
        owner in (team.team, team.origin) for team in teams if team.has_member(context.me, context.as_of.date())
    )
