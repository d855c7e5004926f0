"""The domain values that can be saved, and how each is read from and written to FHIR."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.task import Task
from dashboard.fhir.mapping import emergency_access, provenance, task

Json = dict[str, Any]
T = TypeVar("T")

_MAPPINGS: Final[dict[type, tuple[Callable[[Json], Any], Callable[[Any], Json]]]] = {
    EmergencyAccess: (emergency_access.from_fhir, emergency_access.to_fhir),
    Provenance: (provenance.from_fhir, provenance.to_fhir),
    Task: (task.from_fhir, task.to_fhir),
}


def to_fhir(value: Any) -> Json:
    """Returns the resource of a value, unknown fields as they were read. Raises NotWritable."""
    return _MAPPINGS[type(value)][1](value)


def from_fhir(kind: type[T], resource: Json) -> T:
    """Returns the value of that type which the resource holds. Raises CannotRead."""
    value: T = _MAPPINGS[kind][0](resource)
    return value
