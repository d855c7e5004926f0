"""A resource that is edited with a shared plan, read as the value of its type."""

from collections.abc import Mapping
from typing import Final

from dashboard.domain.care_plan.shared_plan import Value
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.fhir.mapping.elements import CannotRead, Json, text
from dashboard.fhir.mapping.writable import from_fhir

_TYPES: Final[Mapping[str, type[Value]]] = {
    "CarePlan": CarePlan,
    "Goal": Goal,
    "Task": Task,
    "ServiceRequest": Order,
    "CommunicationRequest": Order,
    "CareTeam": CareTeam,
}


def plan_part(resource: Json) -> Value:
    """Returns the value with the resource it was read from. Raises CannotRead."""
    kind = _TYPES.get(text(resource.get("resourceType")))
    if kind is None:
        raise CannotRead("other-type")
    return from_fhir(kind, resource)
