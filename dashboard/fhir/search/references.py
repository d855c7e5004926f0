"""The references in a resource: at given elements, or anywhere."""

from collections.abc import Iterable, Iterator
from typing import Any

from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.search.registry import ElementPath, values_at


def references_at(resource: Any, paths: Iterable[ElementPath], addresses: Addresses) -> Iterator[str]:
    """The literal references at these elements, e.g. `Patient/p1`."""
    for path in paths:
        for value in values_at(resource, path):
            text = value.get("reference") if isinstance(value, dict) else None
            if isinstance(text, str):
                yield addresses.relative(text)


def all_references(resource: Any, addresses: Addresses) -> set[str]:
    """Every literal reference anywhere in a resource, without recursion (a hostile record may be deeply nested)."""
    references: set[str] = set()
    remaining: list[Any] = [resource]
    for value in remaining:  # which grows meanwhile; JSON has no subclasses of its types
        if type(value) is dict:
            text = value.get("reference")
            if type(text) is str:
                references.add(text)
            remaining += [child for child in value.values() if type(child) is dict or type(child) is list]
        elif type(value) is list:
            remaining += [child for child in value if type(child) is dict or type(child) is list]
    return {addresses.relative(text) for text in references}
