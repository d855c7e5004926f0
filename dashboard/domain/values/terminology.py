"""What a code means here: its condition, stage, measure, drug class and translation. Display text never decides.

Built from FHIR ValueSets and ConceptMaps (data/terminology, read by `dashboard.fhir.terminology_files`). A value
set takes part by the last part of its URL: `condition-T2DM`, `measure-HBA1C`, `drug-class-mra`, `check-foot`.

Families ("is-a" filters) are matched by the beginning of the code, and so are allowed only where the hierarchy is
written into the code: ICD-10, ATC, Read. A SNOMED CT value set must list its concepts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.absence import PREFIX, Absence, AbsenceWords, Subject, absence_in
from dashboard.domain.values.code_systems import (
    ATC,
    CIE_10_ES,
    ICD_10,
    ICD_10_CM,
    ICD_10_SE,
    LOINC,
    OSAKIDETZA_DBP,
    OWN,
    READ,
    RJH_LAB,
    SNOMED,
    canonical,
    normal_code,
)
from dashboard.domain.values.datatypes import CodeableConcept, Coding
from dashboard.domain.values.drug_classes import DrugClass, is_atc
from dashboard.domain.values.value_set_index import Code, ValueSetIndex

VALUE_SET = "https://c3-cloud.example/fhir/ValueSet/"
TEAM_ROLES = "role-care-team"
STAGE_SYSTEM = OWN + "condition-stage"
POSITIONAL = frozenset({ICD_10, ICD_10_SE, CIE_10_ES, ICD_10_CM, ATC, READ})
"""Systems whose hierarchy is written into the code, so that a family is a beginning."""
REFERENCE = frozenset({SNOMED, LOINC, ATC})
"""The systems that others are translated to; their codes count as mapped."""
SAFE = frozenset({"equal", "equivalent", "wider", "subsumes"})
"""Equivalences after which membership still holds: what is true of the same or of the wider concept is true of the
source. After "narrower" or "inexact" it may not be, so those translate for display only."""
LOOSER = ("equal", "equivalent", "subsumes", "wider", "narrower", "specializes", "inexact", "relatedto")
"""R4's equivalences (https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html), the tightest first."""
FOREIGN = frozenset({ICD_10_SE, CIE_10_ES, OSAKIDETZA_DBP, RJH_LAB})
"""Systems whose displays are not English."""

_CACHE = 1 << 16  # code combinations remembered per question; a team of 200 has a few hundred
_TAG = re.compile(r" \((?:disorder|finding|situation|procedure|regime/therapy|observable entity|event|product)\)\Z")


@dataclass(frozen=True, slots=True)
class Translation:
    """A target concept and how it relates to the source, in FHIR R4's words (`wider`: the target is wider)."""

    target: Coding
    equivalence: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The coding of a concept that led to an answer, and the equivalence of its translation ("equal" without one)."""

    through: Coding
    equivalence: str = "equal"

    def as_written(self, codings: tuple[Coding, ...]) -> "Derivation":
        """Returns the same with the display of these codings: answers are remembered for equal codes, whatever
        they display.
        """
        return Derivation(codings[codings.index(self.through)], self.equivalence)


class Terminology:
    """Answers what codes mean. It is immutable once built, and remembers every answer."""

    def __init__(self, resources: Iterable[Mapping[str, Any]]) -> None:
        """`resources`: FHIR R4 ValueSets, ConceptMaps and CodeSystems; ValueError for what cannot be used."""
        self._index = ValueSetIndex()
        self._maps: dict[Code, tuple[Translation, ...]] = {}
        self._displays: dict[Code, str] = {}
        self._serves: dict[str, tuple[str, ...]] = {}
        self._absence_words = AbsenceWords()
        self.team_roles: tuple[Coding, ...] = ()
        """What somebody may be in a care team, in the order in which it is offered."""
        for resource in resources:
            kind = resource.get("resourceType")
            if kind == "ValueSet":
                self._add_value_set(resource)
            elif kind == "ConceptMap":
                self._add_concept_map(resource)
            elif kind != "CodeSystem":
                raise ValueError(f"a terminology holds ValueSet, ConceptMap and CodeSystem, not {kind}")
        self._conditions_of = lru_cache(_CACHE)(self._conditions)
        self._conditions_why = lru_cache(_CACHE)(self._find_conditions)
        self._lanes_why = lru_cache(_CACHE)(self._find_lanes)
        self._measure_of = lru_cache(_CACHE)(self._measure)
        self._measure_why = lru_cache(_CACHE)(self._find_measure)
        self._stage_of = lru_cache(_CACHE)(self._stage)
        self._check_of = lru_cache(_CACHE)(self._check)
        self._absence_of = lru_cache(_CACHE)(self._absence)
        self._atc_of = lru_cache(_CACHE)(self._atc)
        self._atc_why = lru_cache(_CACHE)(self._find_atc)
        self._served_by = lru_cache(_CACHE)(self._served)
        self._mapped = lru_cache(_CACHE)(self._is_mapped)
        self._words = lru_cache(_CACHE)(self._display)
        self._sets_of = lru_cache(_CACHE)(lambda codings: frozenset(self._names(codings, "")))
        self._translations = lru_cache(_CACHE)(self._translate)

    # Questions. `codings` are those of one CodeableConcept; any of them may answer.

    def conditions(self, codings: Iterable[Coding]) -> tuple[ConditionKey, ...]:
        """The programme conditions the concept belongs to, in the enum's order; () for none of the four."""
        return self._conditions_of(tuple(codings))

    def conditions_with_derivation(self, codings: Iterable[Coding]) -> tuple[tuple[ConditionKey, Derivation], ...]:
        """The same as `conditions`, each with its tightest derivation."""
        ours = tuple(codings)
        return tuple((key, why.as_written(ours)) for key, why in self._conditions_why(ours))

    def lanes_with_derivation(self, codings: Iterable[Coding]) -> tuple[tuple[ConditionKey, Derivation], ...]:
        """The conditions that an examination, a treatment, a questionnaire or an order concerns; it is no diagnosis."""
        ours = tuple(codings)
        return tuple((key, why.as_written(ours)) for key, why in self._lanes_why(ours))

    def stage(self, codings: Iterable[Coding]) -> str:
        """ "G3b", "NYHA II", "mild" ...; "" where no coding means a stage or severity."""
        return self._stage_of(tuple(codings))

    def measure(self, codings: Iterable[Coding]) -> Measure | None:
        """The key measure; None for other observations, and for panels, whose components are asked one by one."""
        return self._measure_of(tuple(codings))

    def measure_with_derivation(self, codings: Iterable[Coding]) -> tuple[Measure, Derivation] | None:
        """The same as `measure`, with its tightest derivation."""
        ours = tuple(codings)
        found = self._measure_why(ours)
        return (found[0], found[1].as_written(ours)) if found else None

    def check(self, codings: Iterable[Coding]) -> str:
        """The key of the recurring check that a procedure or observation without a value fulfils ("foot"), or ""."""
        return self._check_of(tuple(codings))

    def absence(self, subject: Subject, concept: CodeableConcept) -> Absence | None:
        """What a concept says by naming nothing: "no known allergies", "unknown"; None where it names something."""
        return self._absence_of(subject, concept, tuple(coding.display for coding in concept.codings))

    def translate(self, coding: Coding) -> tuple[Translation, ...]:
        """Translations to SNOMED CT, LOINC or ATC; () where there are none.

        A code of ICD-10 or Read that no map lists is translated as its nearest listed parent, with equivalence `wider`.
        """
        return self._translations(coding)

    def _translate(self, coding: Coding) -> tuple[Translation, ...]:
        system = canonical(coding.system)
        code = normal_code(system, coding.code)
        found = self._maps.get((system, code))
        if found is not None:
            return found
        shortest = 3 if system in POSITIONAL and system not in REFERENCE else len(code)
        for length in range(len(code) - 1, shortest - 1, -1):
            found = self._maps.get((system, code[:length]))
            if found is not None:
                return tuple(Translation(each.target, _of_child(each.equivalence), each.comment) for each in found)
        return ()

    def is_mapped(self, codings: Iterable[Coding]) -> bool:
        """Whether any coding is understood: of SNOMED CT, LOINC or ATC, in a value set, or in a concept map."""
        return self._mapped(tuple(codings))

    def atc(self, codings: Iterable[Coding]) -> str:
        """The ATC code: as coded, or by ingredient from another system; "" where it is not known."""
        return self._atc_of(tuple(codings))

    def atc_with_derivation(self, codings: Iterable[Coding]) -> tuple[str, Derivation] | None:
        """The same as `atc`, with its derivation."""
        ours = tuple(codings)
        found = self._atc_why(ours)
        return (found[0], found[1].as_written(ours)) if found else None

    def conditions_served(self, atc: str) -> tuple[ConditionKey, ...]:
        """The conditions that the medicine's classes serve, whether or not the patient has them."""
        return self._served_by(atc)

    def display(self, codings: Iterable[Coding], text: str = "") -> str:
        """The best English words: our own display, the translation's, the source's English one, its text, a code."""
        ours = tuple(codings)
        return self._words(ours, tuple(coding.display for coding in ours), text)

    def observation_codes(self) -> tuple[str, ...]:
        """Codes, without systems, that an observation of a key measure or a check may carry: for `code=` of a search.

        Without systems, since sources spell those in several ways. Read codes also with the dots that fill them up. The
        codes of blood pressure panels are not among them: their measures are in the components.
        """
        listed = {*self._index.codes(), *(key for key in self._maps if not key[0].startswith(STAGE_SYSTEM))}
        found = {key for key in listed if self._measure_of(one := (Coding(*key),)) or self._check_of(one)}
        filled = {code.ljust(5, ".") for system, code in found if system == READ}
        return tuple(sorted({code for _, code in found} | filled))

    def screening_codes(self) -> tuple[str, ...]:
        """Codes, without systems, of the Observations that answer a question of the pilot's screening."""
        return self.codes_in(f"screening-{each}" for each in ScreeningQuestion)

    def codes_in(self, names: Iterable[str]) -> tuple[str, ...]:
        """Codes, without systems, that the value sets of these names hold: for `code=` of a search."""
        wanted = set(names)
        return tuple(sorted({code for system, code in self._index.codes() if self._index.find(system, code) & wanted}))

    def measure_codes(self, measure: Measure) -> tuple[str, ...]:
        """`system|code` of the Observations that are this measure: for a count, whose rows nobody looks at."""
        found = [key for key in self._index.codes() if self._measure_of((Coding(*key),)) is measure]
        return tuple(sorted({f"{s}|{c.ljust(size, '.')}" for s, c in found for size in (0, 5 if s == READ else 0)}))

    def value_sets(self, coding: Coding) -> frozenset[str]:
        """Names of the value sets that hold the code itself, e.g. {"condition-T2DM"}."""
        system = canonical(coding.system)
        return frozenset(self._index.find(system, normal_code(system, coding.code)))

    def value_sets_of(self, codings: Iterable[Coding]) -> frozenset[str]:
        """Names of the value sets that the concept belongs to, by any coding or its safe translation."""
        return self._sets_of(tuple(codings))

    def has_value_set(self, name: str) -> bool:
        """Whether there is a value set of this name."""
        return name in self._serves

    # Answers, computed once for each combination of codings.

    def _names(self, codings: tuple[Coding, ...], prefix: str) -> set[str]:
        names: set[str] = set()
        for coding in codings:
            names |= {n.removeprefix(prefix) for n in self.value_sets(coding) if n.startswith(prefix)}
            for each in self.translate(coding):
                if each.equivalence in SAFE:
                    names |= {n.removeprefix(prefix) for n in self.value_sets(each.target) if n.startswith(prefix)}
        return names

    def _conditions(self, codings: tuple[Coding, ...]) -> tuple[ConditionKey, ...]:
        names = self._names(codings, "condition-")
        return tuple(key for key in ConditionKey if key.value in names)

    def _ways(self, codings: tuple[Coding, ...], prefix: str) -> dict[str, Derivation]:
        """Returns `_names`, each with its tightest derivation; of two equal ones the coding that comes first.

        A site's own code that a value set lists is as near as its map says: the list was made from the map.
        """
        ways: dict[str, Derivation] = {}
        for coding in codings:
            translated = [(each.equivalence, self.value_sets(each.target)) for each in self.translate(coding)]
            derived = [(equivalence, names) for equivalence, names in translated if equivalence in SAFE]
            for name in self.value_sets(coding):
                by_map = [one for one, names in translated if name in names and one in LOOSER]
                own = canonical(coding.system) in REFERENCE or not by_map
                derived.append(("equal" if own else min(by_map, key=LOOSER.index), frozenset({name})))
            for equivalence, names in derived:
                for name in names:
                    key, why = name.removeprefix(prefix), Derivation(coding, equivalence)
                    if key != name and (key not in ways or _looser(ways[key], why)):
                        ways[key] = why
        return ways

    def _find_conditions(self, codings: tuple[Coding, ...]) -> tuple[tuple[ConditionKey, Derivation], ...]:
        ways = self._ways(codings, "condition-")
        return tuple((key, ways[key.value]) for key in ConditionKey if key.value in ways)

    def _find_lanes(self, codings: tuple[Coding, ...]) -> tuple[tuple[ConditionKey, Derivation], ...]:
        ways = self._ways(codings, "lane-")
        return tuple((key, ways[key.value]) for key in ConditionKey if key.value in ways)

    def _find_measure(self, codings: tuple[Coding, ...]) -> tuple[Measure, Derivation] | None:
        ways = self._ways(codings, "measure-")
        return next(((measure, ways[measure.value]) for measure in Measure if measure.value in ways), None)

    def _measure(self, codings: tuple[Coding, ...]) -> Measure | None:
        names = self._names(codings, "measure-")
        return next((measure for measure in Measure if measure.value in names), None)

    def _check(self, codings: tuple[Coding, ...]) -> str:
        return min(self._names(codings, "check-"), default="")

    def _absence(self, subject: Subject, concept: CodeableConcept, displays: tuple[str, ...]) -> Absence | None:
        # `displays` is in the key because two codings are equal whatever they display.
        return absence_in(subject, concept, self.value_sets, self._absence_words)

    def _stage(self, codings: tuple[Coding, ...]) -> str:
        for coding in codings:
            system = canonical(coding.system)
            for each in self._maps.get((STAGE_SYSTEM + "|" + system, normal_code(system, coding.code)), ()):
                return each.target.display
        return ""

    def _atc(self, codings: tuple[Coding, ...]) -> str:
        found = self._atc_why(codings)
        return found[0] if found else ""

    def _find_atc(self, codings: tuple[Coding, ...]) -> tuple[str, Derivation] | None:
        for coding in codings:
            if canonical(coding.system) == ATC and is_atc(coding.code):
                return coding.code, Derivation(coding)
        pairs = ((coding, each) for coding in codings for each in self.translate(coding) if each.target.system == ATC)
        return next(((each.target.code, Derivation(coding, each.equivalence)) for coding, each in pairs), None)

    def _served(self, atc: str) -> tuple[ConditionKey, ...]:
        if not is_atc(atc):
            return ()
        names = self._index.find(ATC, atc)
        focus = tuple(Coding(SNOMED, code) for name in sorted(names) for code in self._serves.get(name, ()))
        return self._conditions(focus)

    def _is_mapped(self, codings: tuple[Coding, ...]) -> bool:
        return any(
            canonical(coding.system) in REFERENCE or self.value_sets(coding) or self.translate(coding)
            for coding in codings
        )

    def _display(self, codings: tuple[Coding, ...], displays: tuple[str, ...], text: str) -> str:
        # `displays` is in the key because two codings are equal whatever they display.
        def candidates() -> Iterator[str]:
            for coding in codings:
                system = canonical(coding.system)
                yield self._displays.get((system, normal_code(system, coding.code)), "")
            for coding in codings:
                for each in self.translate(coding):
                    yield each.target.display
            for coding, words in zip(codings, displays, strict=True):
                if canonical(coding.system) not in FOREIGN:
                    yield _TAG.sub("", words)
            yield text
            yield from displays
            for coding in codings:
                yield coding.code

        return next((words.strip() for words in candidates() if words and words.strip()), "")

    # Building.

    def _add_value_set(self, resource: Mapping[str, Any]) -> None:
        name = str(resource["url"]).removeprefix(VALUE_SET)
        compose = resource.get("compose", {})
        for part in compose.get("include", ()):
            for system, code, family in _members(part):
                self._index.add(name, system, code, family=family)
            for concept in part.get("concept", ()):
                self._remember(part["system"], concept)
                if name == TEAM_ROLES:
                    self.team_roles += (Coding(part["system"], concept["code"], concept["display"]),)
                if name.startswith(PREFIX):
                    for phrase in (concept["display"], *(each["value"] for each in concept.get("designation", ()))):
                        self._absence_words.add(name, phrase)
        for part in compose.get("exclude", ()):
            for system, code, family in _members(part):
                self._index.remove(name, system, code, family=family)
        if name.startswith("drug-class-"):
            DrugClass(name.removeprefix("drug-class-"))
        self._serves[name] = tuple(
            str(coding["code"])
            for use in resource.get("useContext", ())
            for coding in use["valueCodeableConcept"]["coding"]
        )

    def _add_concept_map(self, resource: Mapping[str, Any]) -> None:
        for group in resource.get("group", ()):
            source, target = canonical(group["source"]), group["target"]
            key_system = STAGE_SYSTEM + "|" + source if target == STAGE_SYSTEM else source
            for element in group["element"]:
                key = (key_system, normal_code(source, element["code"]))
                found = tuple(
                    Translation(
                        Coding(target, to["code"], to.get("display", "")), to["equivalence"], to.get("comment", "")
                    )
                    for to in element.get("target", ())
                )
                self._maps[key] = self._maps.get(key, ()) + found
                self._remember(source, element)
                for each in found:
                    if target != STAGE_SYSTEM:
                        self._displays.setdefault((target, each.target.code), each.target.display)

    def _remember(self, system: str, concept: Mapping[str, Any]) -> None:
        """Keep our English display; the sites' own lists hold abbreviations, and their translation is better."""
        where = canonical(system)
        if where not in (OSAKIDETZA_DBP, RJH_LAB) and concept.get("display"):
            self._displays.setdefault((where, normal_code(where, concept["code"])), concept["display"])


def _looser(one: Derivation, other: Derivation) -> bool:
    return LOOSER.index(one.equivalence) > LOOSER.index(other.equivalence)


def _of_child(equivalence: str) -> str:
    """What a parent's map says of its child: at least wider; a doubtful one stays doubtful."""
    return "wider" if equivalence in SAFE else "inexact"


def _members(part: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """System, code and whether a family is meant, of one include or exclude."""
    system = canonical(part["system"])
    for concept in part.get("concept", ()):
        yield system, normal_code(system, concept["code"]), False
    for rule in part.get("filter", ()):
        if rule.get("op") != "is-a" or system not in POSITIONAL:
            raise ValueError("a family (is-a) can be used only where the code carries the hierarchy: ICD-10, ATC, Read")
        yield system, normal_code(system, rule["value"]), True
