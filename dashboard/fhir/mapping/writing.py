"""Writes a changed domain value over the FHIR resource that it was read from.

Only the elements of changed fields are touched: everything else of the resource, known to us or not, stays as it is.

    def to_fhir(task: Task) -> Json:
        return write_changes(task.source, from_fhir(task.source), task, {"status": element("status", ...)})
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any, TypeVar

from dashboard.domain.values.datatypes import CodeableConcept, Coding, NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
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
    """Sets the element at a path such as `restriction.period.end`; None or "" removes it, and parents left empty.

    A text is written without control characters and outer spaces.
    """
    name, _, rest = path.partition(".")
    if isinstance(value, str):
        value = without_control_characters(value)
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
    """Makes a list of Reference elements (with `within`, of elements that hold one under that name) refer to `targets`,
    in their order.

    Elements that stay keep everything they hold. Those without a literal reference keep their place too.
    """
    parts = [(part, reference(part.get(within) if within else part)) for part in many(resource.get(name))]
    wanted = list(dict.fromkeys(targets))
    held: dict[Reference, list[Json]] = {target: [] for target in wanted}
    for part, target in parts:
        if target in held:
            held[target].append(part)
    queue = [part for target in wanted for part in held[target] or [_element(target, within)]]
    # Each place of an element that stays is filled with the next one wanted: without a change of order, with itself.
    stay = [part if target is None else queue.pop(0) for part, target in parts if target is None or target in held]
    put(resource, name, [*stay, *queue] or None)


def _element(target: Reference, within: str) -> Json:
    return {within: reference_to(target)} if within else reference_to(target)


def write_entries(
    resource: Json,
    name: str,
    wanted: Iterable[T],
    *,
    read: Callable[[Json], T | None],
    make: Callable[[T], Json],
    change: Callable[[Json, T], object] | None = None,
    likeness: Callable[[T, T], int] = lambda one, other: 0,
    only_added: str = "",
) -> None:
    """Makes a list of elements hold the wanted values, each read from an element by `read`.

    An element whose value is wanted stays as it is, and so does one of which `read` makes nothing. Another is changed
    into the unmet value most like it (`likeness`: 0 is another thing altogether), or taken out. New ones come last.
    Raises NotWritable with `only_added`, where it is given, instead of taking one out.
    """
    unmet = list(wanted)
    parts = [(part, read(part)) for part in many(resource.get(name))]
    exact = []
    for _, value in parts:
        exact.append(value is None or value in unmet)
        if value is not None and value in unmet:
            unmet.remove(value)
    kept = []
    for (part, value), stays in zip(parts, exact, strict=True):
        if not stays and value is not None:
            like = max(unmet, key=lambda each: likeness(value, each), default=None)
            if change is None or like is None or not likeness(value, like):
                if only_added:
                    raise NotWritable(only_added)
                continue
            unmet.remove(like)
            change(part, like)
        kept.append(part)
    put(resource, name, [*kept, *map(make, unmet)] or None)


def write_extension_references(resource: Json, url: str, targets: Iterable[Reference]) -> None:
    """Makes the extensions with this address refer to `targets`; others stay, and those that cannot be followed."""
    write_entries(
        resource,
        "extension",
        targets,
        read=lambda part: reference(part.get("valueReference")) if part.get("url") == url else None,
        make=lambda target: {"url": url, "valueReference": reference_to(target)},
    )


def write_parts(extension: Json, parts: Mapping[str, Json | None]) -> None:
    """Writes parts of an extension by their addresses, each as its value (`{"valueCode": "agree"}`); None takes one
    out. Other parts stay.
    """
    stay = []
    unmet = dict(parts)
    for part in many(extension.get("extension")):
        url = str(part.get("url"))
        if url not in parts:
            stay.append(part)
        elif (value := unmet.pop(url, None)) is not None:
            stay.append({"url": url, **value})
    new: list[Json] = [{"url": url, **value} for url, value in unmet.items() if value is not None]
    put(extension, "extension", [*stay, *new] or None)


def new_resource(blank: Json, read: Callable[[Json], T], value: T, writers: Mapping[str, Writer]) -> Json:
    """Returns the resource of a value that is on no server yet, without id: `blank` is the least that can be read."""
    source = {**blank, "resourceType": value.origin.type, "id": value.origin.id}  # type: ignore[attr-defined]
    written = write_changes(read(source), replace(value, source=source), writers)  # type: ignore[type-var]
    del written["id"]
    return written


def named(person: NamedReference) -> Json | None:
    """A FHIR Reference element with its display; None for nobody."""
    if person.to is not None:
        return reference_to(person.to, person.name)
    return {"display": person.name} if person.name else None


def worded(words: str) -> Json | None:
    """A CodeableConcept in words; None without any."""
    said = without_control_characters(words)
    return {"text": said} if said else None


def written_concept(concept: CodeableConcept) -> Json:
    """A CodeableConcept with its codings and its words."""
    return {**({"coding": written_codings(concept.codings)} if concept.codings else {}), **(worded(concept.text) or {})}


def written_codings(codings: Iterable[Coding]) -> list[Json]:
    """FHIR's Codings, each with the parts that it has."""
    parts = ({"system": each.system, "code": each.code, "display": each.display} for each in codings)
    return [{name: part for name, part in each.items() if part} for each in parts]


def derived(resource: Json, value: Any) -> None:
    """Writes nothing: for a field that follows from others."""


def write_words_of_concept(resource: Json, path: str, words: str) -> None:
    """Gives a CodeableConcept new words. Its codes go: they say what the old words meant."""
    put(resource, f"{path}.coding", None)
    put(resource, f"{path}.text", words)


def reference_to(target: Reference, display: str = "") -> Json:
    """A FHIR Reference element."""
    return {"reference": str(target), "display": display} if display else {"reference": str(target)}
