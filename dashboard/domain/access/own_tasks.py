"""Whose a task is: what a patient, or a carer, has to do themselves."""

from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import Reference


def is_own_task(task: Task, patient: Reference, me: Reference) -> bool:
    """Whether a task about the patient is the patient's to do, or the signed-in person's own."""
    return task.patient == patient and task.owner is not None and task.owner in (patient, me)
