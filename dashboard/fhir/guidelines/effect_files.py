"""Reads data/guidelines/effects.yaml, and the effects of a card from its extensions.

What each key and part means is in data/guidelines/README.md.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from dashboard.domain.guidelines.effect import DOWN, OF_MEDICINES, UP, Direction, Effect
from dashboard.domain.guidelines.fact import Fact, FactKind
from dashboard.domain.guidelines.matter import KnownEffects, Matter, MedicineEffect
from dashboard.domain.guidelines.rule import Advice, Citation, Rule
from dashboard.domain.values.units import CANONICAL_UNIT
from dashboard.fhir.guidelines.citations import wrong_citation
from dashboard.fhir.guidelines.lines import Document, Problem, read_document
from dashboard.fhir.mapping.elements import Json, many, text
from dashboard.fhir.mapping.extensions import GUIDELINE_EFFECT, extensions

FILE: Final = "effects.yaml"
_MATTER: Final = frozenset({"name", "words", "fact"})
_MEDICINE: Final = frozenset({"fact", "raises", "lowers", "source", "edition", "link", "read"})


def effect_of(part: Json) -> Effect:
    """The effect that an extension of an action says. Raises ValueError for one that says none."""
    parts = {text(each.get("url")): each for each in many(part.get("extension"))}
    direction = Direction(text(parts.get("direction", {}).get("valueCode")))
    what = text(parts.get("what", {}).get("valueCode"))
    if not what:
        raise ValueError("what is missing: a matter, or a fact about medicines")
    aim = parts.get("aim", {}).get("valueDecimal")
    if aim is not None and direction not in (Direction.RAISE, Direction.LOWER):
        raise ValueError(f"an aim is of what is raised or lowered; {what} is neither")
    try:
        return Effect(direction, what, None if aim is None else Decimal(str(aim)))
    except InvalidOperation:
        raise ValueError(f"the aim of {what} is no number") from None


def effects_of(action: Json) -> list[Effect]:
    """The effects of a card. Raises ValueError for one that cannot be read."""
    return [effect_of(part) for part in extensions(action, GUIDELINE_EFFECT)]


def read_effects(folder: Path, facts: Mapping[str, Fact]) -> tuple[KnownEffects, list[Problem]]:
    """The matters and what medicines do, of a folder; what is wrong in its file. A folder need not have one."""
    file = folder / FILE
    if not file.exists():
        return KnownEffects(), []
    document = read_document(file)
    if isinstance(document, Problem):
        return KnownEffects(), [document]
    content = document.content if isinstance(document.content, dict) else {}
    matters: dict[str, Matter] = {}
    medicines: list[MedicineEffect] = []
    problems: list[Problem] = []
    for number, entry in enumerate(content.get("matters") or []):
        try:
            matter = _matter(entry, facts)
            matters[matter.name] = matter
        except (ValueError, TypeError, KeyError) as error:
            problems.append(_problem(document, "matters", number, error))
    for number, entry in enumerate(content.get("medicines") or []):
        try:
            medicines += _medicine(entry, facts)
        except (ValueError, TypeError, KeyError) as error:
            problems.append(_problem(document, "medicines", number, error))
    return KnownEffects(matters, tuple(medicines)), problems


def joined(known: KnownEffects, more: KnownEffects) -> KnownEffects:
    """Both together; where both say what the medicines of a fact do, the later one counts."""
    said = {each.fact for each in more.medicines}
    kept = tuple(each for each in known.medicines if each.fact not in said)
    return KnownEffects({**known.matters, **more.matters}, kept + more.medicines)


def wrong_effects(rule: Rule, known: KnownEffects, facts: Mapping[str, Fact]) -> Iterator[tuple[str, str]]:
    """What is wrong in the effects of a rule's cards, with the key of the card."""
    for advice in rule.advice:
        for effect in advice.effects:
            if words := _wrong(effect, known, facts) or _wrong_aim(effect, advice, known):
                yield advice.key, words
        proposes = any(each.kind == "MedicationRequest" for each in advice.suggestions)
        if proposes and not any(each.direction in UP | DOWN for each in advice.effects):
            yield advice.key, "a card that proposes a medicine, or to stop one, says what that changes"


def _wrong(effect: Effect, known: KnownEffects, facts: Mapping[str, Fact]) -> str:
    if effect.direction in OF_MEDICINES:
        fact = facts.get(effect.what)
        return "" if fact and fact.kind is FactKind.MEDICINE else f"{effect.what} is no fact about medicines"
    matter = known.matters.get(effect.what)
    if matter is None:
        return f"{FILE} has no matter {effect.what}"
    return f"{effect.what} has no fact with which an aim could be compared" if effect.aim and not matter.fact else ""


def _wrong_aim(effect: Effect, advice: Advice, known: KnownEffects) -> str:
    """A card that lowers something applies above its aim, one that raises it under its aim: at the same number."""
    if effect.aim is None:
        return ""
    fact = known.matters[effect.what].fact
    sign = ">=?" if effect.direction is Direction.LOWER else "<=?"
    compared = rf"%{fact}\.value {sign} {re.escape(str(effect.aim))}(?![\d.])"
    if re.search(compared, advice.expression):
        return ""
    return f"{effect.what}: the card is not about its aim {effect.aim}"


def contradicts_itself(advice: Advice) -> bool:
    """Whether one card would change the same both ways."""
    up = {each.what for each in advice.effects if each.direction in UP}
    return not up.isdisjoint(each.what for each in advice.effects if each.direction in DOWN)


def _problem(document: Document, part: str, number: int, error: Exception) -> Problem:
    words = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
    return document.problem((part, number), words)


def _keys(entry: Any, allowed: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(entry, Mapping):
        raise TypeError(f"an entry has {', '.join(sorted(allowed))}")
    if unknown := sorted(set(entry) - allowed):
        raise ValueError(f"{', '.join(unknown)}: not a key here")
    return entry


def _matter(entry: Any, facts: Mapping[str, Fact]) -> Matter:
    entry = _keys(entry, _MATTER)
    matter = Matter(str(entry["name"]), str(entry["words"]), str(entry.get("fact", "")))
    if matter.fact and (matter.fact not in facts or facts[matter.fact].kind is not FactKind.MEASURED):
        raise ValueError(f"{matter.fact} is no fact that is measured")
    if matter.fact and CANONICAL_UNIT[facts[matter.fact].measures[0]] != facts[matter.fact].unit:
        raise ValueError(f"{matter.fact} is in another unit than the targets of goals")
    return matter


def _medicine(entry: Any, facts: Mapping[str, Fact]) -> list[MedicineEffect]:
    entry = _keys(entry, _MEDICINE)
    fact = str(entry["fact"])
    if fact not in facts or facts[fact].kind is not FactKind.MEDICINE:
        raise ValueError(f"{fact} is no fact about medicines")
    citation = Citation(str(entry["source"]), str(entry["edition"]), str(entry["link"]), str(entry["read"]))
    for _, words in wrong_citation(citation):
        raise ValueError(words)
    return [
        MedicineEffect(fact, direction, str(matter), citation)
        for key, direction in (("raises", Direction.RAISE), ("lowers", Direction.LOWER))
        for matter in entry.get(key) or []
    ]


def wrong_medicines(known: KnownEffects) -> Iterator[str]:
    """What medicines are said to change and is no matter."""
    for each in known.medicines:
        if each.matter not in known.matters:
            yield f"{each.fact}: there is no matter {each.matter}"
