"""Contradictions between guidelines, found by comparing what the cards, medicines and goals of a person would change.

Two sides pull the same thing in opposite directions, and on one of them a card that applies asks for it: what one
suggests is what another warns of. Several medicines that add up to what a card warns of are a side too; one alone is
not, for then the card says all.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.fact import FactValue
from dashboard.domain.guidelines.fact_seen import seen
from dashboard.domain.guidelines.matter import KnownEffects
from dashboard.domain.guidelines.pull import Facts, Pull, Puller, PullerKind, pulls
from dashboard.domain.guidelines.rule import Indicator
from dashboard.domain.record.goal import Goal

_FEWEST_MEDICINES: Final = 2


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sides about one target: `up` would have more of it, or leave it; `down` less.

    `target` is a matter or a medicine fact, `words` what it is called. `outcome` is APPLIES, or CANNOT_SAY where one of
    the sides is not sure for lack of `missing`; what is certainly none is not there at all.
    """

    target: str
    words: str
    outcome: Outcome
    up: tuple[Puller, ...]
    down: tuple[Puller, ...]
    missing: tuple[FactValue, ...] = ()

    @property
    def pullers(self) -> tuple[Puller, ...]:
        return (*self.up, *self.down)

    @property
    def indicator(self) -> Indicator:
        """That of the most urgent card that applies on either side."""
        urgent = [
            each.finding.advice.indicator
            for each in self.pullers
            if each.finding is not None and each.kind is PullerKind.CARD
        ]
        return min(urgent, key=list(Indicator).index, default=Indicator.INFO)

    @property
    def half_sure(self) -> bool:
        """Whether one side is sure, so that it is worth the asking for what is missing."""
        sure = ([each for each in side if each.outcome is Outcome.APPLIES] for side in (self.up, self.down))
        return any(map(_counts, sure))

    @property
    def stamp(self) -> str:
        """Says on what it rests: who pulls which way, by which version of a rule or which targets of a goal, and the
        facts of each (`FactSeen.key`). It changes when one of these does, and not with the days that go by.
        """
        sides = (("up", self.up), ("down", self.down))
        said = sorted(repr((side, *_stamp_of(each))) for side, pullers in sides for each in pullers)
        return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _stamp_of(puller: Puller) -> tuple[object, ...]:
    facts = sorted(seen(fact, lambda _: "").key for fact in puller.facts)
    version = puller.finding.rule.version if puller.finding is not None else ""
    targets = puller.goal.targets if puller.goal is not None else ()
    ends = [
        (str(each.measure), *("" if end is None else str(end.value.normalize()) for end in (each.low, each.high)))
        for each in targets
    ]
    return str(puller.kind), puller.key, version, facts, ends


def contradictions(
    findings: Iterable[Finding], facts: Facts, known: KnownEffects, goals: Iterable[Goal] = ()
) -> tuple[Contradiction, ...]:
    """Returns the contradictions of one person: those that there are, then those of which nobody can say, the most
    urgent first.

    `findings` are those of every card over `facts`, which are all that the rules and their effects ask for
    (`Library.facts_used`); `goals` are the person's.
    """
    by_target: dict[str, list[Pull]] = {}
    for pull in pulls(findings, facts, known, goals):
        if pull.target not in known.matters and pull.target not in facts:
            continue  # a library without its effects: medicines alone are compared
        by_target.setdefault(pull.target, []).append(pull)
    order = {name: place for place, name in enumerate(known.matters)}
    targets = sorted(by_target, key=lambda name: (order.get(name, len(order)), name))
    found = [
        each
        for target in targets
        if (each := _between(target, _words(target, facts, known), by_target[target])) is not None
    ]
    kept = [each for place, each in enumerate(found) if not _is_said_by_another(each, place, found)]
    urgency = list(Indicator).index
    return tuple(sorted(kept, key=lambda each: (each.outcome is not Outcome.APPLIES, urgency(each.indicator))))


def _words(target: str, facts: Facts, known: KnownEffects) -> str:
    return known.matters[target].words if target in known.matters else facts[target].fact.words


def _between(target: str, words: str, found: list[Pull]) -> Contradiction | None:
    sure = [each for each in found if each.by.outcome is Outcome.APPLIES]
    if _clashes(sure):
        return Contradiction(target, words, Outcome.APPLIES, _side(sure, True), _side(sure, False))
    ways = [_missing(asking, others) for asking, others in _clashes(found)]
    if not ways:
        return None
    fewest = min(ways, key=len)
    return Contradiction(target, words, Outcome.CANNOT_SAY, _side(found, True), _side(found, False), fewest)


def _missing(asking: Pull, others: list[Puller]) -> tuple[FactValue, ...]:
    """What would have to be known for this card to ask surely, and these others to pull surely against it."""
    enough = _counts(each for each in others if each.outcome is Outcome.APPLIES)
    unsure = [asking.by, *(() if enough else others)]
    return tuple({value.fact.name: value for each in unsure for value in each.missing}.values())


def _side(found: Iterable[Pull], up: bool) -> tuple[Puller, ...]:
    """Who pulls this way, each once."""
    return tuple({each.by.key: each.by for each in found if each.up is up}.values())


def _clashes(found: list[Pull]) -> list[tuple[Pull, list[Puller]]]:
    """Each card that asks for one way, with the others that pull the other way, where these count."""
    against = [
        (asking, [each.by for each in found if each.up is not asking.up and each.by.key != asking.by.key])
        for asking in found
        if asking.asks
    ]
    return [(asking, others) for asking, others in against if _counts(others)]


def _counts(others: Iterable[Puller]) -> bool:
    """Whether they are a side: a card, a goal, or several medicines that are prescribed apart."""
    side = {each.key: each for each in others}.values()
    if any(each.kind is not PullerKind.MEDICINE for each in side):
        return True
    records = {record for each in side if each.taken is not None for record in each.taken.records}
    unsure = any(each.outcome is Outcome.CANNOT_SAY for each in side)
    return len(side) >= _FEWEST_MEDICINES and (unsure or len(records) >= _FEWEST_MEDICINES)


def _is_said_by_another(each: Contradiction, place: int, found: list[Contradiction]) -> bool:
    """Whether another contradiction has both of its sides: to give less of an MRA is to lower potassium."""
    return any(
        _covers(other, each) and (not _covers(each, other) or number < place)
        for number, other in enumerate(found)
        if number != place and (other.outcome is each.outcome or other.outcome is Outcome.APPLIES)
    )


def _covers(other: Contradiction, each: Contradiction) -> bool:
    ours = [{puller.key for puller in side} for side in (each.up, each.down)]
    theirs = [{puller.key for puller in side} for side in (other.up, other.down)]
    return any(ours[0] <= one and ours[1] <= two for one, two in (theirs, theirs[::-1]))
