"""Tests of single rows: whom a row is about, and what it refers to, by the elements that R4's parameters search."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.search.references import all_references, references_at
from dashboard.fhir.search.registry import ElementPath, parameter, patient_parameter, patient_paths

Json = dict[str, Any]
RowTest = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class RowCheck:
    """What each row of an answer must be. `paths` are the elements whose references are tested, `wanted` the references
    of which one must be there; both are empty where the row itself is tested.
    """

    test: RowTest
    paths: tuple[ElementPath, ...] = ()
    wanted: frozenset[str] = frozenset()


_REFERENCES = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]+(,[A-Z][A-Za-z]+/[A-Za-z0-9.-]+)*\Z")


def is_about(resource_type: str, patients: Iterable[str], addresses: Addresses) -> RowTest:
    """Tests whether a row is about one of these Patient ids. Raises ValueError for a type that R4 searches by none.

    Made for tens of thousands of rows: the usual row costs one dictionary access.
    """
    ids = frozenset(patients)
    if resource_type == "Patient":
        return has_id(ids)
    paths = patient_parameter(resource_type).paths
    return _refers_at(paths, frozenset(f"Patient/{patient}" for patient in ids), addresses)


def check_of_patients(resource_type: str, patients: Iterable[str], addresses: Addresses) -> RowCheck:
    """Returns the check of a search for these Patient ids. Raises ValueError for a type that R4 searches by none."""
    ids = frozenset(patients)
    test = is_about(resource_type, ids, addresses)
    if resource_type == "Patient":
        return RowCheck(test)
    return RowCheck(test, patient_parameter(resource_type).paths, frozenset(f"Patient/{patient}" for patient in ids))


def check_of_references(resource_type: str, name: str, value: str, test: RowTest) -> RowCheck:
    """Returns the check of a parameter that `refers_to` has the test of."""
    definition = parameter(resource_type, name.partition(":")[0])
    return RowCheck(test, definition.paths if definition is not None else (), frozenset(value.split(",")))


def has_id(ids: frozenset[str]) -> RowTest:
    return lambda row: isinstance(row.get("id"), str) and row["id"] in ids


def refers_to(resource_type: str, name: str, value: str, addresses: Addresses) -> RowTest | None:
    """Tests whether a row refers to what a parameter's value names, such as `participant=Practitioner/p1`.

    None where the value is no list of `Type/id`. A parameter that R4 does not define may refer from any element.
    """
    if name.startswith("_") or not _REFERENCES.match(value):
        return None
    wanted = frozenset(value.split(","))
    definition = parameter(resource_type, name.partition(":")[0])
    if definition is not None:
        return _refers_at(definition.paths, wanted, addresses)
    return lambda row: not wanted.isdisjoint(all_references(row, addresses))


def is_of_other_patients(resource: Mapping[str, Any], patients: frozenset[str], addresses: Addresses) -> bool:
    """Whether an included record is about patients, and about none of these. What names no patient is of nobody."""
    resource_type = str(resource.get("resourceType"))
    if resource_type == "Patient":
        return resource.get("id") not in patients
    references = references_at(resource, patient_paths(resource_type), addresses)
    ids = {reference[8:] for reference in references if reference.startswith("Patient/")}
    return bool(ids) and ids.isdisjoint(patients)


def _refers_at(paths: tuple[ElementPath, ...], wanted: frozenset[str], addresses: Addresses) -> RowTest:
    def refers(row: Json) -> bool:
        return any(reference in wanted for reference in references_at(row, paths, addresses))

    if len(paths) != 1 or len(paths[0]) != 1:
        return refers
    element = paths[0][0].element

    def refers_from_one_element(row: Json) -> bool:
        try:
            if row[element]["reference"] in wanted:
                return True
        except (KeyError, TypeError, IndexError):  # missing, or of a wrong shape
            pass
        return refers(row)

    return refers_from_one_element
