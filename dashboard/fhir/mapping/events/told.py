"""What one resource tells of a patient's story, and the parts that all types are read with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct

from dashboard.domain.attention.checks import OTHER_CHECKS, RULES
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.events import Belonging, Bond, Certainty, Doubt, EventKind, EventState, TargetWindow
from dashboard.domain.values.code_systems import canonical, normal_code
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.reading import (
    Json,
    Written,
    as_concept,
    codings,
    concept_text,
    display,
    many,
    one,
    partial_date,
    period,
    reference,
    text,
    written,
)


class Told(Struct, gc=False):
    """An Event before it is known which conditions the patient has; fields of the same name mean the same.

    `belongings` hold in any case; `perhaps` (by measure or drug class, or as part of such a thing) only in lanes of
    conditions that the patient has. `by` is whose name fills `who` where the record gives none. `replaces` are records
    that this one tells too (the appointment of an encounter). `refused` are measures in units that are not known.
    """

    origin: Reference
    kind: EventKind
    text: str
    start: PartialDate | None = None
    end: PartialDate | None = None
    state: EventState = EventState.DONE
    certainty: Certainty = Certainty.CONFIRMED
    belongings: tuple[Belonging, ...] = ()
    perhaps: tuple[Belonging, ...] = ()
    codes: tuple[Coding, ...] = ()
    unmapped: bool = False
    detail: str = ""
    status: str = ""
    track: str = ""
    stage: str = ""
    severity: str = ""
    atc: str = ""
    abnormal: bool = False
    results: tuple[Result, ...] = ()
    who: str = ""
    by: Reference | None = None
    why: str = ""
    recorded: PartialDate | None = None
    doubts: tuple[Doubt, ...] = ()
    replaces: tuple[Reference, ...] = ()
    derived: tuple[Reference, ...] = ()
    refused: tuple[Measure, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    targets: tuple[TargetWindow, ...] = ()
    goal: Goal | None = None


Lanes = tuple[Belonging, ...]
"""What something belongs to."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a record that others refer to: what it belongs to, certainly and perhaps, and its name."""

    sure: Lanes = ()
    perhaps: Lanes = ()
    title: str = ""


_NOTHING = Known()


@dataclass(slots=True)
class Beside:
    """What a resource is read with: the terminology, Medications by `Medication/id`, the records that were read before
    it, and the results that were worked out from a record (`derived`). Results are many: they are asked for (`result`,
    by id) when somebody refers to one.
    """

    terminology: Terminology
    substances: Mapping[str, Json] = field(default_factory=dict)
    known: dict[Reference, Known] = field(default_factory=dict)
    derived: dict[Reference, list[Reference]] = field(default_factory=dict)
    result: Callable[[str], Known | None] = lambda ident: None

    def learn(self, told: Told) -> None:
        """Later records may refer to this one."""
        self.known[told.origin] = Known(told.belongings, told.perhaps, told.text)
        for to in told.derived:
            self.derived.setdefault(to, []).append(told.origin)

    def of(self, to: Reference | None) -> Known:
        """What is known of a record; nothing of one that was not read."""
        if to is None:
            return _NOTHING
        found = self.known.get(to)
        if found is None and to.type == "Observation":
            found = self.result(to.id)
        return found or _NOTHING

    def through(self, bond: Bond, references: Iterable[Reference | None]) -> tuple[Lanes, Lanes]:
        """What somebody belongs to who refers to these records, certainly and perhaps; of each lane the first."""
        sure: dict[ConditionKey, Belonging] = {}
        perhaps: dict[ConditionKey, Belonging] = {}
        for to in references:
            found = self.of(to)
            for mine, theirs in ((sure, found.sure), (perhaps, found.perhaps)):
                for each in theirs:
                    if each.lane not in mine:
                        mine[each.lane] = Belonging(each.lane, bond, each.equivalence, to)
        return tuple(sure.values()), tuple(perhaps.values())


def once(belongings: Iterable[Belonging]) -> Lanes:
    """The first of each lane and bond."""
    found: dict[tuple[Any, Any], Belonging] = {}
    for each in belongings:
        found.setdefault((each.lane, each.bond), each)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a CodeableConcept says: its codings, its name, the lanes of its code, whether no coding is understood, and
    what is equal for the same concept in other words (for tracks); `perhaps` as in `Told`.
    """

    codes: tuple[Coding, ...]
    text: str
    belongings: Lanes
    unmapped: bool
    same: str
    perhaps: Lanes = ()


def meaning(concept: Any, terminology: Terminology) -> Meaning:
    """Kept, for concepts recur; a list of concepts is read as one."""
    if type(concept) is list and len(concept) == 1:
        concept = concept[0]
    try:
        return _kept_meaning(written(concept), concept.get("text"), terminology)
    except (KeyError, TypeError, AttributeError):  # words only, several, or malformed
        return meaning_of(concept, terminology)


@lru_cache(maxsize=8192)
def _kept_meaning(parts: Written, words: Any, terminology: Terminology) -> Meaning:
    return meaning_of(as_concept(parts, words), terminology)


def meaning_of(concept: Any, terminology: Terminology) -> Meaning:
    """The same, worked out anew."""
    codes, words = codings(concept), concept_text(concept)
    ways = terminology.conditions_with_derivation(codes) if codes else ()
    return Meaning(
        codes,
        terminology.display(codes, words) or words,
        tuple(Belonging(lane, Bond.CODE, why.equivalence, why.through) for lane, why in ways),
        bool(codes) and not terminology.is_mapped(codes),
        _same(codes, words, terminology),
        code_lanes(codes, terminology),
    )


def code_lanes(codes: Iterable[Coding], terminology: Terminology) -> tuple[Belonging, ...]:
    """The lanes of the conditions that an examination, a treatment or an order tells of."""
    ways = terminology.lanes_with_derivation(codes)
    return tuple(Belonging(lane, Bond.CODE, why.equivalence, why.through) for lane, why in ways)


def _same(codes: tuple[Coding, ...], words: str, terminology: Terminology) -> str:
    """The reference code that a coding is equivalent to, else the first coding, else the words."""
    for coding in codes:
        for each in terminology.translate(coding):
            if each.equivalence in ("equal", "equivalent"):
                return f"{each.target.system}|{each.target.code}"
    if codes:
        system = canonical(codes[0].system)
        return f"{system}|{normal_code(system, codes[0].code)}"
    return words.casefold()


def check_lanes(meant: Meaning, terminology: Terminology) -> Lanes:
    """The lanes of the code, and of a recurring check that leaves no measured value: a foot check tells of diabetes."""
    key = terminology.check(meant.codes)
    rules = [rule for rule in RULES if rule.key == key and key in OTHER_CHECKS]
    through = meant.codes[0] if meant.codes else None
    checked = (Belonging(rule.condition, Bond.CODE, "equal", through) for rule in rules)
    return once((*meant.perhaps, *checked))


def reasons(resource: Json, beside: Beside) -> tuple[Lanes, Lanes, str]:
    """What a record belongs to by reasonCode and reasonReference, certainly and perhaps; and the reason in words."""
    coded = [meaning(part, beside.terminology) for part in many(resource.get("reasonCode"))]
    by_code = [
        Belonging(each.lane, Bond.REASON, each.equivalence, each.through)
        for found in coded
        for each in found.belongings
    ]
    pointers = many(resource.get("reasonReference"))
    sure, perhaps = beside.through(Bond.REASON, map(reference, pointers))
    named = [display(part) or beside.of(reference(part)).title for part in pointers]
    words = ", ".join(dict.fromkeys(filter(None, (*(found.text for found in coded), *named))))
    return once((*by_code, *sure)), perhaps, words


def somebody(*elements: Any) -> tuple[str, Reference | None]:
    """The first name among References (or lists of them), and the first of them that can be looked up."""
    parts = [part for element in elements for part in many(element)]
    name = next(filter(None, map(display, parts)), "")
    return name, next((found for part in parts if (found := reference(part)) is not None), None)


def everybody(parts: Iterable[Any]) -> str:
    """All names, each once."""
    return ", ".join(dict.fromkeys(filter(None, map(display, parts))))


def timed(resource: Json, name: str) -> tuple[PartialDate | None, PartialDate | None, str]:
    """Start, end and words of `name`[x]: a dateTime, an instant, a Period, or what is no date (an age, a string).

    Raises CannotRead("bad-date").
    """
    exact = partial_date(resource.get(f"{name}DateTime") or resource.get(f"{name}Instant"))
    if exact is not None:
        return exact, None, ""
    start, end = period(resource.get(f"{name}Period"))
    if start is None and end is None:
        start, end = period(one(one(resource.get(f"{name}Timing")).get("repeat")).get("boundsPeriod"))
    return start, end, text(resource.get(f"{name}String")) or amount(resource.get(f"{name}Age"))


def amount(quantity: Any) -> str:
    """A Quantity as its source wrote it, "7.1 %"; "" for what is none. Nothing is converted."""
    if not isinstance(quantity, dict):
        return ""
    value = quantity.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    unit = text(quantity.get("unit")) or text(quantity.get("code"))
    return f"{text(quantity.get('comparator'))}{value} {unit}".strip()


def ordered(
    start: PartialDate | None, end: PartialDate | None
) -> tuple[PartialDate | None, PartialDate | None, tuple[Doubt, ...]]:
    """Start and end; without the end, and told, where it certainly lies before the start."""
    if start is None or end is None:
        return start, end, ()
    exact = start.precision == end.precision == "time"
    if end.end < start.start or (exact and end.moment < start.moment):
        return start, None, (Doubt.REVERSED,)
    return start, end, ()
