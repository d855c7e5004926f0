"""Identifiers: the value of one system, read and written."""

from dashboard.fhir.mapping.elements import Json, many, text
from dashboard.fhir.mapping.writing import put


def identifier_of(resource: Json, system: str) -> str:
    """The value of the first identifier of this system, "" where there is none."""
    found = (text(each.get("value")) for each in many(resource.get("identifier")) if each.get("system") == system)
    return next(filter(None, found), "")


def write_identifier(resource: Json, system: str, value: str) -> None:
    """Makes the identifiers of this system hold the value alone ("" for none); those of other systems stay."""
    others = [each for each in many(resource.get("identifier")) if each.get("system") != system]
    put(resource, "identifier", [*others, *([{"system": system, "value": value}] if value else [])] or None)
