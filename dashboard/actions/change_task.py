"""The one way in which a Task is changed: read afresh, compared with the version the user saw, changed by a rule of the
domain, saved with its Provenance.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from dashboard.access.relationship import relationship_to, rows_or_raise
from dashboard.access.request_context import RequestContext
from dashboard.actions.may_change import context_of
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import Arguments, AuditSubject, unaudited
from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.access.user import User
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import TaskAction
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, VersionConflict
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.reading import read_each, read_one
from dashboard.fhir.mapping.task import from_fhir
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest

_NOBODY: Final = "nobody"


def about_task(asked: Arguments, saved: Saved[Task] | None) -> AuditSubject:
    """What goes on the audit record of a change to a Task: the Task, and its patient once it was read."""
    try:
        task = (Reference("Task", asked["task_id"]),)
    except ValueError:
        return AuditSubject()
    patient = saved.value.patient if saved else None
    return AuditSubject(patients=(patient.id,) if patient else (), entities=task)


@unaudited("each action on a task is audited by itself, and calls this; `save` refuses to be called outside of one")
def change_task(
    fhir: FhirServer,
    actor: User,
    task_id: str,
    version: str,
    action: TaskAction,
    reason: str,
    at: datetime,
    change: Callable[[Task], Task],
) -> Saved[Task]:
    """Returns the task as it was saved; `version` is the one the user saw, `change` makes the new value of the old.

    Only a task of a patient of the actor's teams, asked of the server; every other task is NotFound, whether it exists
    or not. Raises VersionConflict, NotFound, UserFacingError, NotPermitted and what `save` raises.
    """
    task = _permitted_task(fhir, actor, task_id, at)
    if task.version != version:
        raise VersionConflict("task-changed")
    return save(fhir, [change(task)], actor=actor, activity=action.value, reason=reason, at=at)


def _permitted_task(fhir: FhirServer, actor: User, task_id: str, at: datetime) -> Task:
    """The task as the server has it. Raises NotPermitted by role, NotFound for a task that is not the actor's."""
    context = context_of(fhir, actor, at, Action.CHANGE_TASK, Relation.TEAM)
    task = _read_task(fhir, task_id)
    if task is not None and task.patient is None and not task.for_other:
        relation = Relation.NONE if _of_my_teams(context, task) else Relation.OTHER_TEAM
    else:
        # Asked for a task that does not exist as well: the number of requests must not give it away.
        relation = relationship_to(context, task.patient.id if task and task.patient else _NOBODY).relation
    if task is None or not is_permitted(actor.roles, Action.CHANGE_TASK, relation):
        raise NotFound("task-not-found")
    return task


def _read_task(fhir: FhirServer, task_id: str) -> Task | None:
    """The task with its resource; None for one that does not exist or cannot be read."""
    try:
        Reference("Task", task_id)
        task = read_one(fhir.read("Task", task_id), from_fhir)
    except (ValueError, NotFound):
        return None
    return task if isinstance(task, Task) else None


def _of_my_teams(context: RequestContext, task: Task) -> bool:
    """Whether a task about no patient is the actor's, or that of a team of the actor's."""
    if task.owner == context.me:
        return True
    request = SearchRequest("CareTeam", (("participant", str(context.me)), ("status", "active")))
    teams = read_each(rows_or_raise(context.fhir.try_all([request])[0]), care_team).values
    return task.owner is not None and any(
        task.owner in (team.team, team.origin) for team in teams if team.has_member(context.me, site_day(context.as_of))
    )
