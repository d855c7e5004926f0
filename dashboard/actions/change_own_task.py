"""The one way in which a patient, or a carer whom the patient has agreed to, changes one of their own tasks.

Own are the tasks that are the patient's to do, and for a carer also the carer's own about this patient. Tasks of
professionals, of other people, and those that the patient keeps private from the carer are not found.
"""

from collections.abc import Callable
from datetime import datetime

from dashboard.access.own_record import OwnAccess, own_access, without_private
from dashboard.access.request_context import RequestContext
from dashboard.actions.save import Saved, save
from dashboard.audit.audited import unaudited
from dashboard.domain.access.own_tasks import is_own_task
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import TaskAction
from dashboard.errors import NotFound, NotPermitted, VersionConflict
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.mapping.task import from_fhir
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology


@unaudited("ticking and unticking are audited by themselves, and call this; `save` refuses to be called outside of one")
def change_own_task(
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

    Raises NotPermitted, NotFound, VersionConflict, UserFacingError and what `save` raises.
    """
    if actor.fhir_user is None:
        raise NotPermitted("own-record-not-permitted")
    scope = AccessScope(fhir.base_url, str(actor.fhir_user))
    context = RequestContext(fhir, scope, actor.fhir_user, load_terminology(), at, actor.organizations)
    access = own_access(context, actor, Action.TICK_OWN_TASK)
    task = _own_task(context, access, task_id)
    if task is None:
        raise NotFound("task-not-found")
    if task.version != version:
        raise VersionConflict("task-changed")
    return save(fhir, [change(task)], actor=actor, activity=action.value, reason=reason, at=at)


def _own_task(context: RequestContext, access: OwnAccess, task_id: str) -> Task | None:
    """The task as the server has it, read as the page reads it; None for one that is not theirs to tick."""
    asked = {
        "tasks": SearchRequest("Task", patients=(access.patient.id,), fresh=True),
        "goals": SearchRequest("Goal", patients=(access.patient.id,), fresh=True),
        "problems": SearchRequest("Condition", patients=(access.patient.id,), fresh=True),
    }
    found = dict(zip(asked, context.fhir.try_all(list(asked.values())), strict=True))
    answer = without_private(found, access)["tasks"]
    if not isinstance(answer, SearchResult):
        raise answer
    if all(row.get("id") != task_id for row in answer.rows):
        return None
    # As it is stored: what is written back must not lack what a carer does not see.
    task = read_one(context.fhir.read("Task", task_id), from_fhir)
    return task if isinstance(task, Task) and is_own_task(task, access.patient, context.me) else None
