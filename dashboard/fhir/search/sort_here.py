"""Sorts rows by a date parameter, for a server that does not sort and for rows of several searches."""

from collections.abc import Callable
from typing import Any

from dashboard.fhir.search.filter_here import FIRST_MOMENT, spans
from dashboard.fhir.search.registry import parameter

Json = dict[str, Any]


def sort_key(resource_type: str, name: str) -> Callable[[Json], Any] | None:
    """A key for `sorted`, by `_id` or the start of a date; None for any other parameter. Rows without a date come
    first.
    """
    if name == "_id":
        return lambda row: str(row.get("id"))
    definition = parameter(resource_type, name)
    if definition is None or definition.kind != "date":
        return None
    paths = definition.paths
    return lambda row: next((span.start for span in spans(row, paths)), FIRST_MOMENT)
