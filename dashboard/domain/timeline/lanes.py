"""The lanes of the timeline that a CodeableConcept belongs to, and why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from dashboard.domain.attention.checks import OTHER_CHECKS, RULES
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import LaneMembership, LaneReason
from dashboard.domain.values.code_systems import canonical, normal_code
from dashboard.domain.values.datatypes import CodeableConcept, Coding
from dashboard.domain.values.terminology import Terminology

Lanes = tuple[LaneMembership, ...]
T = TypeVar("T")

_REMEMBERED: Final = 8192
"""Concepts whose meaning is remembered: a patient's ten thousand results hold some dozens of codes."""
_LONGEST_REMEMBERED: Final = 2000
"""Characters of a concept that is remembered, so that a hostile server cannot fill the memory with long names."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a CodeableConcept means on the timeline.

    `codes`: its codings. `text`: its name. `certain`: lanes of the conditions that it is a code of. `possible`: lanes
    that it belongs to only where the patient has that condition (an examination, a treatment, an order). `unmapped`: it
    has codings and none is known. `key`: equal for concepts that mean the same in different code systems, for tracks.
    """

    codes: tuple[Coding, ...]
    text: str
    certain: Lanes
    possible: Lanes
    unmapped: bool
    key: str


def remembered(
    work_out: Callable[[CodeableConcept, Terminology], T],
) -> Callable[[CodeableConcept, Terminology], T]:
    """The function with a memory of its latest results, but for concepts with very long names."""

    @lru_cache(maxsize=_REMEMBERED)
    def remember(codings: tuple[Coding, ...], displays: tuple[str, ...], text: str, terminology: Terminology) -> T:
        # `displays` is in the key because two codings are equal whatever they display.
        return work_out(CodeableConcept(codings, text), terminology)

    def recall(concept: CodeableConcept, terminology: Terminology) -> T:
        displays = tuple([coding.display for coding in concept.codings])
        if sum(map(len, displays)) + len(concept.text) > _LONGEST_REMEMBERED:
            return work_out(concept, terminology)
        return remember(concept.codings, displays, concept.text, terminology)

    return recall


@remembered
def meaning_of(concept: CodeableConcept, terminology: Terminology) -> Meaning:
    """Returns the meaning of a concept; raises nothing."""
    codings, text = concept.codings, concept.text
    return Meaning(
        codes=codings,
        text=terminology.display(codings, text) or text,
        certain=tuple(
            LaneMembership(lane, LaneReason.CODE, why.equivalence, why.through)
            for lane, why in terminology.conditions_with_derivation(codings)
        ),
        possible=lanes_of_codes(codings, terminology),
        unmapped=bool(codings) and not terminology.is_mapped(codings),
        key=_key(codings, text, terminology),
    )


def lanes_of_codes(codings: Iterable[Coding], terminology: Terminology) -> Lanes:
    """Returns the lanes of the conditions that an examination, a treatment or an order is about."""
    ways = terminology.lanes_with_derivation(codings)
    return tuple(LaneMembership(lane, LaneReason.CODE, why.equivalence, why.through) for lane, why in ways)


def lanes_of_checks(codings: tuple[Coding, ...], terminology: Terminology) -> Lanes:
    """Returns the lanes of the recurring check without a measured value that the codes fulfil: a foot check is about
    diabetes.
    """
    check = terminology.check(codings)
    if check not in OTHER_CHECKS:
        return ()
    return tuple(
        LaneMembership(rule.condition, LaneReason.CODE, "equal", codings[0]) for rule in RULES if rule.key == check
    )


def first_of_each(memberships: Iterable[LaneMembership]) -> Lanes:
    """Returns the first membership of each lane and reason."""
    first: dict[tuple[ConditionKey, LaneReason], LaneMembership] = {}
    for membership in memberships:
        first.setdefault((membership.lane, membership.reason), membership)
    return tuple(first.values())


def _key(codings: tuple[Coding, ...], text: str, terminology: Terminology) -> str:
    """The reference code that a coding is equivalent to, else the first coding, else the text."""
    for coding in codings:
        for translation in terminology.translate(coding):
            if translation.equivalence in ("equal", "equivalent"):
                return f"{translation.target.system}|{translation.target.code}"
    if codings:
        system = canonical(codings[0].system)
        return f"{system}|{normal_code(system, codings[0].code)}"
    return text.casefold()
