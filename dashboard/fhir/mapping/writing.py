"""Writes a changed domain value over the FHIR resource that it was read from.

Only the elements of changed fields are touched: everything else of the resource, known to us or not, stays as it is.

    def to_fhir(task: Task) -> Json:
        return write_changes(task.source, from_fhir(task.source), task, {"status": element("status", ...)})
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any, TypeVar

from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.fhir.mapping.elements import Json, many, reference

T = TypeVar("T")
Writer = Callable[[Json, Any], None]
"""Writes one field of a value, given as second argument, into the resource."""


class NotWritable(ValueError):
    """A value that cannot be written: it does not carry its resource, or a field was changed that is only read."""


def source_of(value: Any) -> Json:
    """Returns a copy of the resource that the value was read from. Raises NotWritable for a value of a list or cache,
    which has none: to write it would lose what we do not know of it.
    """
    if value.source is None:
        raise NotWritable(
            f"this {type(value).__name__} was read for a list; read it again from the server to change it"
        )
    return deepcopy(dict(value.source))


def write_changes(before: T, after: T, writers: Mapping[str, Writer]) -> Json:
    """Returns the resource of `after` with the elements of those fields written that differ from `before`.

    `writers` are by field name. Raises NotWritable where a field differs that has no writer.
    """
    resource = source_of(after)
    for each in fields(after):  # type: ignore[arg-type]
        if not each.compare or getattr(before, each.name) == getattr(after, each.name):
            continue
        if each.name not in writers:
            raise NotWritable(f"{each.name} of a {type(after).__name__} is only read, it cannot be changed")
        writers[each.name](resource, after)
    return resource


def put(resource: Json, path: str, value: Any) -> None:
    """Sets the element at a path such as `restriction.period.end`; None or "" removes it, and parents left empty."""
    name, _, rest = path.partition(".")
    if not rest:
        if value is None or value == "":
            resource.pop(name, None)
        else:
            resource[name] = value
        return
    part = resource.get(name)
    if isinstance(part, list) and part and isinstance(part[0], dict):
        part = part[0]  # a server's list of one is read as that one
    elif not isinstance(part, dict):
        part = {}
    put(part, rest, value)
    if not part:
        resource.pop(name, None)
    elif name not in resource or not isinstance(resource[name], list):
        resource[name] = part


def written_date(date: PartialDate | None) -> str | None:
    """The date as FHIR writes it, with the precision it was read with."""
    return date.text if date is not None else None


def write_references(resource: Json, name: str, targets: Iterable[Reference], within: str = "") -> None:
    """Makes a list of Reference elements (with `within`, of elements that hold one under that name) refer to `targets`.

    Elements that stay keep everything they hold and their place, as do those without a literal reference; new targets
    are added at the end.
    """
    wanted = list(targets)
    stay, held = [], set()
    for part in many(resource.get(name)):
        target = reference(part.get(within) if within else part)
        if target is None or target in wanted:
            stay.append(part)
            held.add(target)
    new = [reference_to(target) for target in dict.fromkeys(wanted) if target not in held]
    put(resource, name, [*stay, *({within: each} if within else each for each in new)] or None)


def reference_to(target: Reference, display: str = "") -> Json:
    """A FHIR Reference element."""
    return {"reference": str(target), "display": display} if display else {"reference": str(target)}
