"""Which value sets a code belongs to, from the files of data/terminology: written a second time, plainly."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

TERMINOLOGY = Path(__file__).resolve().parents[3] / "data" / "terminology"
ATC = "http://www.whocc.no/atc"
WITH_FAMILIES = ("icd-10", "1.2.752.116", "cie-10", "read.info", "whocc.no")
SAFE = ("equal", "equivalent", "wider", "subsumes")


def load_codes():
    """The codes and families of each value set, and the translations of each code, as the files have them."""
    sets, maps = {}, {}
    for file in TERMINOLOGY.rglob("*.json"):
        resource = json.loads(file.read_text(encoding="utf-8"))
        if resource["resourceType"] == "ValueSet":
            name = resource["url"].rsplit("/", 1)[1]
            sets[name] = tuple(
                [
                    (part["system"], each)
                    for part in resource.get("compose", {}).get(list_name, ())
                    for each in (
                        [(concept["code"], False) for concept in part.get("concept", ())]
                        + [(each["value"], True) for each in part.get("filter", ())]
                    )
                ]
                for list_name in ("include", "exclude")
            )
        elif resource["resourceType"] == "ConceptMap":
            for group in resource.get("group", ()):
                where = "stage" if "condition-stage" in group["target"] else "code"
                for element in group["element"]:
                    key = (where, group["source"], plain(group["source"], element["code"]))
                    maps.setdefault(key, []).extend(
                        (group["target"], each["code"], each.get("display", ""), each["equivalence"])
                        for each in element.get("target", ())
                        if "code" in each
                    )
    return sets, maps


def plain(system: str, code: str) -> str:
    if "icd-10" in system or "1.2.752.116" in system or "cie-10" in system:
        return code.replace(".", "")
    return code.rstrip(".") if "read.info" in system else code


SETS, MAPS = load_codes()


def translations(system: str, code: str):
    found = MAPS.get(("code", system, code))
    if found is None and any(each in system for each in WITH_FAMILIES) and system != ATC:
        for length in range(len(code) - 1, 2, -1):
            parent = MAPS.get(("code", system, code[:length]))
            if parent is not None:
                return [(s, c, d, "wider" if e in SAFE else e) for s, c, d, e in parent]
    return found or []


@cache
def listed(name: str, system: str, code: str) -> bool:
    def among(entries) -> bool:
        return any(
            where == system and (code.startswith(each) if family else code == each) for where, (each, family) in entries
        )

    include, exclude = SETS[name]
    return among(include) and not among(exclude)


def belongs(name: str, concept) -> bool:
    """Whether a concept is in a value set, by one of its codings or a safe translation of it."""
    for coding in (concept or {}).get("coding", ()):
        system, code = coding.get("system", ""), plain(coding.get("system", ""), coding.get("code", ""))
        if listed(name, system, code):
            return True
        for to_system, to_code, _, equivalence in translations(system, code):
            if equivalence in SAFE and listed(name, to_system, plain(to_system, to_code)):
                return True
    return False


def atc_of(codings: Iterable[dict]) -> str:
    for coding in codings:
        if coding.get("system") == ATC:
            return coding["code"]
    for coding in codings:
        system = coding.get("system", "")
        for to_system, to_code, _, _ in translations(system, plain(system, coding.get("code", ""))):
            if to_system == ATC:
                return to_code
    return ""
