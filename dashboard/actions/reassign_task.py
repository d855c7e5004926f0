"""Gives a Task to somebody else, or to a team."""

from datetime import datetime
from typing import Final

from dashboard.actions.change_task import Json, about_task, change_task
from dashboard.audit.audited import audited
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.people import User
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import TaskAction
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import UserFacingError
from dashboard.fhir.port import FhirServer

OWNERS: Final = frozenset({"Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson"})
"""Types that may own a Task; FHIR allows devices and services too, which nobody here can ask."""


@audited(AuditKind.UPDATE, about_task)
def reassign_task(
    fhir: FhirServer,
    actor: User,
    task_id: str,
    version: str,
    owner: Reference,
    owner_name: str,
    reason: str = "",
    *,
    at: datetime,
) -> Task:
    """The task with its new owner, who has yet to accept it."""
    if owner.type not in OWNERS:
        raise UserFacingError("task-owner-impossible")

    def hand_over(row: Json) -> None:
        row["owner"] = {"reference": str(owner), "display": owner_name} if owner_name else {"reference": str(owner)}

    return change_task(fhir, actor, task_id, version, TaskAction.REASSIGN, reason, at, hand_over)
