"""`_include` and `_revinclude`: the resources that a page's rows refer to, and those that refer to them.

https://hl7.org/fhir/R4/search.html#include. They are read for a whole page and parameter at once.
"""

from collections.abc import Iterable
from typing import Any

from dashboard.server.definitions import SEARCH_PARAMETERS, SearchParameter, find_reference_parameter
from dashboard.server.json_text import encode
from dashboard.server.outcome import FhirError
from dashboard.server.store import Store, Version

DEEPEST = 4  # rounds of `:iterate`: what a plan's goals' patients' practices' organisations need

_FORWARD = """
SELECT DISTINCT r.key FROM search_value v JOIN resource r ON r.type = v.target_type AND r.id = v.target_id
WHERE v.key IN (SELECT value FROM json_each(?)) AND v.target_id IS NOT NULL AND r.deleted = 0"""
_BACKWARD = """
SELECT DISTINCT v.key FROM resource r CROSS JOIN search_value v INDEXED BY value_of_reference
  ON v.target_id = r.id AND v.target_type = r.type
WHERE r.key IN (SELECT value FROM json_each(?)) AND v.parameter = ?"""


def find_included(store: Store, matches: Iterable[int], control: dict[str, list[str]]) -> list[Version]:
    """What the four parameters in `control` include for the matches' keys, each once and without the matches.

    Raises FhirError 400 for an include that the server does not know.
    """
    known = set(matches)
    newest = sorted(known)
    included: list[Version] = []
    forward = [_forward(value) for value in control.get("_include", [])]
    backward = [_backward(value) for value in control.get("_revinclude", [])]
    forward_again = [_forward(value) for value in control.get("_include:iterate", [])]
    backward_again = [_backward(value) for value in control.get("_revinclude:iterate", [])]
    for depth in range(DEEPEST):
        keys = encode(newest).decode()
        reached: dict[int, None] = {}
        for sql, arguments in [*forward_again, *backward_again, *([] if depth else [*forward, *backward])]:
            reached.update((row[0], None) for row in store.query(sql, (keys, *arguments)))
        newest = [key for key in reached if key not in known]
        if not newest:
            break
        known.update(newest)
        versions = store.by_keys(newest)
        included += [versions[key] for key in newest if key in versions]
    return included


def _forward(value: str) -> tuple[str, list[Any]]:
    """`CareTeam:participant`, `CareTeam:participant:Practitioner`, `CareTeam:*` or `*`."""
    if value == "*":
        return _FORWARD, []
    source, name, target = [*value.split(":", 2), "", ""][:3]
    if name == "*":
        numbers = [p.number for p in SEARCH_PARAMETERS.get(source, {}).values() if p.kind == "reference"]
    else:
        numbers = [_known(source, name, "_include", value).number]
    sql, arguments = f"{_FORWARD} AND v.parameter IN (SELECT value FROM json_each(?))", [encode(numbers).decode()]
    return (f"{sql} AND v.target_type = ?", [*arguments, target]) if target else (sql, arguments)


def _backward(value: str) -> tuple[str, list[Any]]:
    """`Provenance:target` or `Provenance:target:CarePlan`."""
    source, name, target = [*value.split(":", 2), "", ""][:3]
    arguments: list[Any] = [_known(source, name, "_revinclude", value).number]
    return (f"{_BACKWARD} AND v.target_type = ?", [*arguments, target]) if target else (_BACKWARD, arguments)


def _known(source: str, name: str, include: str, value: str) -> SearchParameter:
    parameter = find_reference_parameter(source, name)
    if parameter is None:
        raise FhirError(400, f"'{value}' is not known for {include}", "not-supported")
    return parameter
