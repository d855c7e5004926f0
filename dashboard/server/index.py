"""The values of a resource's search parameters, as rows of the store's index.

How each kind of parameter reads a data type: https://hl7.org/fhir/R4/search.html#ptypes.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from dashboard.server.definitions import SEARCH_PARAMETERS, SearchParameter
from dashboard.server.values import EARLIEST, LATEST, date_range, normalise, parse_reference

Json = dict[str, Any]
Step = tuple[str, str, str]  # an element, and the field and value that its entries must have ("" for all entries)

STRING_FIELDS = ("text", "family", "prefix", "suffix", "city", "district", "state", "postalCode", "country", "value")
STRING_LISTS = ("given", "line", "prefix", "suffix")
CONTACT_SYSTEMS = {"phone", "email", "fax", "pager", "url", "sms", "other"}


class IndexValue(NamedTuple):
    """One value of one search parameter; a row of the table `search_value` without its resource.

    Which columns are set depends on the kind: string (text, original), token (system, code, text: the display),
    reference (target_type, target_id, or system and code of its identifier), date (low, high), number (number),
    quantity (number, system, code: the unit), uri (code).
    """

    parameter: int
    text: str | None = None
    original: str | None = None
    system: str | None = None
    code: str | None = None
    target_type: str | None = None
    target_id: str | None = None
    low: float | None = None
    high: float | None = None
    number: float | None = None


ReadValues = Callable[[SearchParameter, Any], Iterator[IndexValue]]


def _read_string(parameter: SearchParameter, value: Any) -> Iterator[IndexValue]:
    texts = [value]
    if isinstance(value, dict):  # HumanName or Address
        texts = [value.get(field) for field in STRING_FIELDS]
        texts += [text for field in STRING_LISTS if isinstance(value.get(field), list) for text in value[field]]
    for text in texts:
        if isinstance(text, str):
            yield IndexValue(parameter.number, text=normalise(text), original=text)


def _read_token(parameter: SearchParameter, value: Any) -> Iterator[IndexValue]:
    if isinstance(value, bool):
        yield IndexValue(parameter.number, code="true" if value else "false")
    elif isinstance(value, (str, int, float, Decimal)):
        yield IndexValue(parameter.number, code=str(value))
    elif isinstance(value, dict):
        if "coding" in value or ("text" in value and "code" not in value and "value" not in value):
            yield from _read_codeable_concept(parameter, value)
        elif "value" in value:  # Identifier or ContactPoint, whose system is not a token's
            system = None if value.get("system") in CONTACT_SYSTEMS else value.get("system")
            kind = value.get("type")
            text = normalise(kind["text"]) if isinstance(kind, dict) and kind.get("text") else None
            yield IndexValue(parameter.number, text=text, system=system, code=str(value["value"]))
        elif "code" in value or "system" in value:  # Coding
            text = normalise(value.get("display") or "")
            yield IndexValue(parameter.number, text=text, system=value.get("system"), code=value.get("code"))


def _read_codeable_concept(parameter: SearchParameter, value: Json) -> Iterator[IndexValue]:
    own_text = value.get("text") or ""
    for coding in value.get("coding") or ():
        text = normalise(coding.get("display") or own_text)
        yield IndexValue(parameter.number, text=text, system=coding.get("system"), code=coding.get("code"))
    if own_text:
        yield IndexValue(parameter.number, text=normalise(own_text))


def _read_reference(parameter: SearchParameter, value: Any) -> Iterator[IndexValue]:
    if not isinstance(value, dict):
        return
    reference, identifier = value.get("reference"), value.get("identifier")
    only = parameter.only_target
    target = parse_reference(reference) if isinstance(reference, str) else None
    if target and only in ("", target[0]):
        yield IndexValue(parameter.number, target_type=target[0], target_id=target[1])
    if isinstance(identifier, dict) and identifier.get("value") and (not only or value.get("type") in (None, only)):
        yield IndexValue(parameter.number, system=identifier.get("system"), code=str(identifier["value"]))


def _read_date(parameter: SearchParameter, value: Any) -> Iterator[IndexValue]:
    if isinstance(value, str):
        if covered := date_range(value):
            yield IndexValue(parameter.number, low=covered[0], high=covered[1])
    elif isinstance(value, dict) and ("start" in value or "end" in value):  # Period
        start, end = date_range(str(value.get("start", ""))), date_range(str(value.get("end", "")))
        yield IndexValue(parameter.number, low=start[0] if start else EARLIEST, high=end[1] if end else LATEST)


def _read_number(parameter: SearchParameter, value: Any) -> Iterator[IndexValue]:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        yield IndexValue(parameter.number, number=float(value))


def _read_quantity(parameter: SearchParameter, value: Any) -> Iterator[IndexValue]:
    if isinstance(value, dict) and isinstance(value.get("value"), (int, float, Decimal)):
        unit = value.get("code") or value.get("currency") or value.get("unit")
        yield IndexValue(parameter.number, system=value.get("system"), code=unit, number=float(value["value"]))


def _read_uri(parameter: SearchParameter, value: Any) -> Iterator[IndexValue]:
    if isinstance(value, str):
        yield IndexValue(parameter.number, code=value)


_READ_BY_KIND: dict[str, ReadValues] = {
    "string": _read_string, "token": _read_token, "reference": _read_reference, "date": _read_date,
    "number": _read_number, "quantity": _read_quantity, "uri": _read_uri,
}  # fmt: skip


def _parse_path(path: str) -> tuple[Step, ...]:
    """`telecom[system=phone].value` as (("telecom", "system", "phone"), ("value", "", ""))."""
    steps = []
    for part in path.split("."):
        element, _, condition = part.rstrip("]").partition("[")
        field, _, value = condition.partition("=")
        steps.append((element, field, value))
    return tuple(steps)


def _values_at(node: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    if not steps:
        yield node
        return
    element, field, wanted = steps[0]
    inside = node.get(element) if isinstance(node, dict) else None
    if inside is None:
        return
    for value in inside if isinstance(inside, list) else (inside,):
        if not field or (isinstance(value, dict) and value.get(field) == wanted):
            yield from _values_at(value, steps[1:])


@cache
def _readers(resource_type: str) -> dict[str, list[tuple[SearchParameter, ReadValues, tuple[Step, ...]]]]:
    """What to read of a type, by top-level element: most resources have a tenth of their type's elements."""
    readers: dict[str, list[tuple[SearchParameter, ReadValues, tuple[Step, ...]]]] = {}
    for parameter in SEARCH_PARAMETERS[resource_type].values():
        for path in parameter.paths:
            if not path.endswith("?"):
                steps = _parse_path(path)
                readers.setdefault(steps[0][0], []).append((parameter, _READ_BY_KIND[parameter.kind], steps))
    return readers


@cache
def _presence_parameters(resource_type: str) -> list[tuple[int, list[str]]]:
    """Parameters that ask whether an element is there and not false, with the elements (Patient.deceased)."""
    parameters = SEARCH_PARAMETERS[resource_type].values()
    return [(p.number, [path.rstrip("?") for path in p.paths]) for p in parameters if p.paths[0].endswith("?")]


def index_values(resource: Json) -> list[IndexValue]:
    """The values of all search parameters of a resource, each once."""
    resource_type = resource["resourceType"]
    readers = _readers(resource_type)
    values: dict[IndexValue, None] = {}
    for element in resource:
        for parameter, read_values, steps in readers.get(element, ()):
            for value in _values_at(resource, steps):
                values.update((index_value, None) for index_value in read_values(parameter, value))
    for number, elements in _presence_parameters(resource_type):
        is_there = any(resource.get(element) not in (None, False) for element in elements)
        values[IndexValue(number, code="true" if is_there else "false")] = None
    return list(values)
