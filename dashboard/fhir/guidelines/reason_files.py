"""Reads the override reasons that a card of a rule has of its own, from extensions of its action.

What each part means is in data/guidelines/README.md.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from dashboard.domain.guidelines.override_reasons import REASON_CODES
from dashboard.domain.guidelines.rule import OwnReason, Rule
from dashboard.domain.guidelines.rule_use import NO_REASON, OTHER_REASON
from dashboard.domain.values.code_systems import OVERRIDE_REASON
from dashboard.domain.values.datatypes import Coding
from dashboard.fhir.guidelines.citations import READ
from dashboard.fhir.mapping.elements import Json, many, one, text
from dashboard.fhir.mapping.extensions import OVERRIDE_REASON_OF_CARD, extensions

_CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
_MOST_WORDS: Final = 80
"""Characters: a line of the list from which one is chosen."""


def own_reasons_of(action: Json) -> tuple[OwnReason, ...]:
    """The reasons of a card's own. Raises ValueError for one that cannot be read, or that is there twice."""
    found = tuple(map(_own_reason, extensions(action, OVERRIDE_REASON_OF_CARD)))
    codes = [each.coding.code for each in found]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise ValueError(f"the override reason {', '.join(twice)} is there twice")
    return found


def _own_reason(part: Json) -> OwnReason:
    parts = {text(each.get("url")): each for each in many(part.get("extension"))}
    coding = one(parts.get("reason", {}).get("valueCoding"))
    code, words = text(coding.get("code")), text(coding.get("display")).strip()
    if text(coding.get("system")) != OVERRIDE_REASON or not _CODE.fullmatch(code):
        raise ValueError(f"an override reason has a code of small letters, digits and hyphens in {OVERRIDE_REASON}")
    if code in REASON_CODES | {NO_REASON, OTHER_REASON}:
        raise ValueError(f"the override reason {code} stands for something else already")
    if not 0 < len(words) <= _MOST_WORDS:
        raise ValueError(f"the override reason {code} has words (display) of at most {_MOST_WORDS} characters")
    read = text(parts.get("label", {}).get("valueCode"))
    if read not in READ:
        raise ValueError(f"the override reason {code} has a label that says how its source was read: {', '.join(READ)}")
    return OwnReason(Coding(OVERRIDE_REASON, code, words), read)


def unlike_reasons(rules: Iterable[Rule]) -> Iterator[tuple[Rule, str]]:
    """Rules that use a code of another one with other words, so that they could not be counted together."""
    known: dict[str, str] = {}
    for rule in rules:
        for each in (reason.coding for advice in rule.advice for reason in advice.own_reasons):
            if known.setdefault(each.code, each.display) != each.display:
                yield rule, f'the override reason {each.code} has other words elsewhere: "{known[each.code]}"'
