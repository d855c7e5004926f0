"""Reads resources: what cannot be read becomes an `Unreadable`, and no other error leaves this module."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.elements import MOST_REMEMBERED, CannotRead, Json, one, reference, refers_elsewhere, text

T = TypeVar("T")


_NO_ID = "unknown"
_CLINICAL = frozenset(
    {
        "AllergyIntolerance", "Appointment", "CarePlan", "CommunicationRequest", "Condition", "DetectedIssue",
        "DiagnosticReport", "DocumentReference", "Encounter", "Flag", "Goal", "GuidanceResponse", "ImagingStudy",
        "Immunization", "MedicationRequest", "MedicationStatement", "Observation", "Procedure",
        "QuestionnaireResponse", "ServiceRequest", "Task",
    }
)  # fmt: skip


@dataclass(slots=True)
class Mapped(Generic[T]):
    """What was read of many resources: the values in their order, and each that could not be read."""

    values: list[T] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def read_one(resource: Any, read: Callable[[Json], T]) -> T | Unreadable:
    """What `read` makes of a resource; `Unreadable` where it makes no sense, or where it says itself that it may mean
    something else than its elements do.
    """
    if _is_modified(resource):
        return Unreadable(origin(resource), "modifier")
    try:
        return read(resource)
    except CannotRead as error:
        return Unreadable(origin(resource), error.why)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, ArithmeticError):
        return Unreadable(origin(resource), "malformed")


def _is_modified(resource: Any) -> bool:
    """Whether a clinical record, or a part of it, has a modifier that nobody here knows: FHIR forbids to read on.

    https://hl7.org/fhir/R4/extensibility.html#modifierExtension, resource.html#Resource.implicitRules. Who somebody is
    and who may see whom is read all the same: refusing a team would hide its patients.
    """
    if not isinstance(resource, dict) or text(resource.get("resourceType")) not in _CLINICAL:
        return False
    if resource.get("modifierExtension") or resource.get("implicitRules"):
        return True
    lists = (value for value in resource.values() if isinstance(value, list))
    return any(part.get("modifierExtension") for value in lists for part in value if isinstance(part, dict))


def read_each(rows: Iterable[Any], read: Callable[[Json], T | Exclusion | None]) -> Mapped[T]:
    """Reads every row: the values without those that a rule excludes, and what could not be read."""
    mapped: Mapped[T] = Mapped()
    for row in rows:
        value: Any = read_one(row, read)
        if isinstance(value, Unreadable):
            mapped.unreadable.append(value)
        elif value is not None and not isinstance(value, Exclusion):
            mapped.values.append(value)
    return mapped


def origin(resource: Any) -> Reference:
    """The resource's own reference; a resource without a usable type or id still gets one, ending in "unknown"."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    ident = resource.get("id") if isinstance(resource, dict) else None
    try:
        return origin_of(str(kind), str(ident) if isinstance(ident, str) else _NO_ID)
    except ValueError:
        try:
            return Reference(str(kind), _NO_ID)
        except ValueError:
            return Reference("Resource", _NO_ID)


@lru_cache(maxsize=MOST_REMEMBERED)
def origin_of(kind: str, ident: str) -> Reference:
    """The reference of a row by its type and id. Raises ValueError."""
    return Reference(kind, ident)


def version(resource: Json) -> str:
    """The version id, "" where the server gives none."""
    return text(one(resource.get("meta")).get("versionId"))


def updated(resource: Json) -> str:
    """meta.lastUpdated as the server wrote it, "" where it gives none."""
    meta = resource.get("meta")
    stamp = meta.get("lastUpdated") if isinstance(meta, dict) else None
    return stamp if isinstance(stamp, str) else ""


def why_nobodys(resource: Json) -> str:
    """Returns why a resource that names a patient is about none of this server, as a code for the wording; "" where it
    is about one, or names none.
    """
    named = [resource.get(name) for name in ("subject", "patient", "for")]
    if patient_of(resource) is not None or not any(named):
        return ""
    if any(map(refers_elsewhere, named)):
        return "other-server"
    literals = [text(part.get("reference")) for part in named if isinstance(part, dict)]
    return "contained-patient" if any(literal.startswith("#") for literal in literals) else "no-patient"


def patient_of(resource: Json) -> Reference | None:
    """The Patient a resource is about: subject, patient or for; None where it names none."""
    for name in ("subject", "patient", "for"):
        patient = reference(resource.get(name))
        if patient is not None and patient.type == "Patient":
            return patient
    return None
