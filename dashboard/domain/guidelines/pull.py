"""Who pulls what which way: what cards, medicines and goals of a person would change, so that it can be compared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from dashboard.domain.guidelines.effect import DOWN, UP, Direction, Effect
from dashboard.domain.guidelines.evaluate import Finding, Outcome, finding
from dashboard.domain.guidelines.fact import Between, Fact, FactValue
from dashboard.domain.guidelines.matter import KnownEffects, Matter, MedicineEffect
from dashboard.domain.guidelines.rule import Advice, Rule
from dashboard.domain.record.goal import PURSUED, Goal

_STEP: Final = Decimal("0.001")
"""How near to a limit a value is tried: finer than any result is reported."""


class PullerKind(StrEnum):
    """Who pulls."""

    CARD = "card"  # a card that applies, or may apply
    FOLLOWED = "followed"  # a card whose medicine is taken already: it would apply if it was not
    AIM = "aim"  # a card that names an aim and applies at other values
    MEDICINE = "medicine"  # a medicine that is taken
    GOAL = "goal"  # a goal that is worked towards


@dataclass(frozen=True, slots=True)
class Puller:
    """One that pulls. `outcome` says whether it surely does (APPLIES) or may (CANNOT_SAY, for lack of `missing`).

    `finding` is that of a card, of one that is followed as it would be without the medicine; `taken` is the fact of a
    medicine, `effect` what that does.
    """

    kind: PullerKind
    key: str
    outcome: Outcome
    finding: Finding | None = None
    taken: FactValue | None = None
    effect: MedicineEffect | None = None
    goal: Goal | None = None
    missing: tuple[FactValue, ...] = ()

    @property
    def facts(self) -> tuple[FactValue, ...]:
        """The facts that it rests on."""
        if self.finding is not None:
            return self.finding.used
        return (self.taken,) if self.taken is not None else ()


@dataclass(frozen=True, slots=True)
class Pull:
    """That somebody pulls a target up or down. The target is a matter, or the name of a medicine fact.

    `asks`: it is a card that applies, or may apply, and names the target itself. What a medicine does beside what it is
    given for, and an aim that is met, do not ask.
    """

    target: str
    up: bool
    by: Puller
    asks: bool = False


Facts = Mapping[str, FactValue]


def pulls(findings: Iterable[Finding], facts: Facts, known: KnownEffects, goals: Iterable[Goal]) -> list[Pull]:
    """Every pull of one person, in the order of the findings, then medicines, then goals.

    `findings` are those of every card (`evaluate`) over `facts`.
    """
    found = [pull for each in findings for pull in _of_card(each, facts, known)]
    found += _of_medicines(facts, known)
    return found + [pull for goal in goals for pull in _of_goal(goal, facts, known, found)]


def _key(rule: Rule, advice: Advice) -> str:
    return f"{rule.id}/{advice.key}"


def _of_card(found: Finding, facts: Facts, known: KnownEffects) -> Iterator[Pull]:
    by = _puller(found, facts)
    for effect in found.advice.effects:
        aims = _aim_of(effect, found, known)
        if aims is not None:
            yield from _of_aim(found, effect, aims, facts)
        elif by is not None and effect.direction in UP | DOWN:
            yield Pull(effect.what, effect.direction in UP, by, by.kind is PullerKind.CARD)
            if effect.direction is Direction.START and _is_or_would_be_taken(effect, by, facts):
                for each in known.medicines:
                    if each.fact == effect.what:
                        yield Pull(each.matter, each.direction in UP, by)


def _puller(found: Finding, facts: Facts) -> Puller | None:
    """The card that applies or may apply, or whose medicine is taken; None where it does not pull."""
    key = _key(found.rule, found.advice)
    started = [
        effect.what
        for effect in found.advice.effects
        if effect.direction is Direction.START and effect.what in found.advice.condition.facts
    ]
    if found.outcome is Outcome.APPLIES or not started:
        here = found.outcome is not Outcome.DOES_NOT_APPLY
        return Puller(PullerKind.CARD, key, found.outcome, found, missing=found.missing) if here else None
    # What would it say if nothing of what it starts was taken? Then it wants it, whether it is taken or not.
    without = {**facts, **{name: FactValue(facts[name].fact, False) for name in started}}
    wanted = finding(found.rule, found.advice, without)
    if wanted.outcome is Outcome.DOES_NOT_APPLY:
        return None
    taken = any(facts[name].value is True for name in started)
    shown = replace(wanted, used=found.used)
    return Puller(PullerKind.FOLLOWED if taken else PullerKind.CARD, key, wanted.outcome, shown, missing=wanted.missing)


def _is_or_would_be_taken(effect: Effect, by: Puller, facts: Facts) -> bool:
    """Of several medicines of which one is enough, those that are taken do something, once one of them is."""
    return by.kind is not PullerKind.FOLLOWED or facts[effect.what].value is True


def _aim_of(effect: Effect, found: Finding, known: KnownEffects) -> Matter | None:
    """The matter whose present value is compared with the aim of an effect; None where nothing is compared."""
    matter = known.matters.get(effect.what)
    compared = effect.aim is not None and matter is not None and matter.fact in found.advice.condition.facts
    return matter if compared else None


def _of_aim(found: Finding, effect: Effect, matter: Matter, facts: Facts) -> Iterator[Pull]:
    """An aim that is missed pulls its own way, and asks; one that is met pulls the other: no more is needed."""
    whether, missing = _would_apply(found, effect, matter, facts)
    if whether is Outcome.DOES_NOT_APPLY:
        return
    value = facts[matter.fact]
    beyond = _is_beyond(found, effect, matter, facts)
    if beyond is None:
        whether, missing = Outcome.CANNOT_SAY, (*missing, value)
    kind = PullerKind.CARD if found.outcome is Outcome.APPLIES else PullerKind.AIM
    by = Puller(kind, _key(found.rule, found.advice), whether, found, missing=missing)
    lowers = effect.direction is Direction.LOWER
    if beyond is not False:
        yield Pull(effect.what, not lowers, by, asks=True)
    if beyond is not True:
        yield Pull(effect.what, lowers, by)


def _at(found: Finding, fact: Fact, number: Decimal, facts: Facts) -> Finding:
    """The finding if the fact had this value."""
    return finding(found.rule, found.advice, {**facts, fact.name: FactValue(fact, number)})


def _would_apply(found: Finding, effect: Effect, matter: Matter, facts: Facts) -> tuple[Outcome, tuple[FactValue, ...]]:
    """Whether the card would apply for some value: then its aim is meant for this person."""
    fact = facts[matter.fact].fact
    limits = (*found.advice.condition.numbers, *((effect.aim,) if effect.aim is not None else ()))
    tried = {number + step for number in limits for step in (-_STEP, Decimal(0), _STEP)}
    answers = [_at(found, fact, number, facts) for number in sorted(tried)]
    if any(each.outcome is Outcome.APPLIES for each in answers):
        return Outcome.APPLIES, ()
    unsure = [each for each in answers if each.outcome is Outcome.CANNOT_SAY]
    return (Outcome.CANNOT_SAY, unsure[0].missing) if unsure else (Outcome.DOES_NOT_APPLY, ())


def _is_beyond(found: Finding, effect: Effect, matter: Matter, facts: Facts) -> bool | None:
    """Whether the present value misses the aim; None where it is not known, or may or may not."""
    value, aim = facts[matter.fact].value, effect.aim
    if aim is None or not isinstance(value, Decimal | Between):
        return None
    sign = 1 if effect.direction is Direction.LOWER else -1
    # "Under 140" is missed at 140, "at most 53" is not at 53: the card itself says which is meant.
    at_aim = _at(found, facts[matter.fact].fact, aim, facts).outcome is Outcome.APPLIES
    held = Between(value, value) if isinstance(value, Decimal) else value
    ends = (held.low, held.low_out), (held.high, held.high_out)
    (near, near_out), (far, far_out) = ends if sign > 0 else ends[::-1]
    if near is not None and ((near - aim) * sign > 0 or (near == aim and (near_out or at_aim))):
        return True
    certainly = far is not None and ((far - aim) * sign < 0 or (far == aim and (far_out or not at_aim)))
    return False if certainly else None


def _of_medicines(facts: Facts, known: KnownEffects) -> Iterator[Pull]:
    for each in known.medicines:
        taken = facts[each.fact]
        if taken.value is False:
            continue
        sure = taken.value is True
        outcome, missing = (Outcome.APPLIES, ()) if sure else (Outcome.CANNOT_SAY, (taken,))
        by = Puller(PullerKind.MEDICINE, f"medicine/{each.fact}", outcome, taken=taken, effect=each, missing=missing)
        yield Pull(each.matter, each.direction in UP, by)


def _of_goal(goal: Goal, facts: Facts, known: KnownEffects, others: Sequence[Pull]) -> Iterator[Pull]:
    """A goal that is not reached pulls towards its target; one that leaves no room for what a card aims at does too."""
    if goal.lifecycle_status not in PURSUED:
        return
    for matter in known.matters.values():
        if not matter.fact:
            continue
        fact = facts[matter.fact]
        for target in goal.targets:
            if target.measure not in fact.fact.measures or target.bare:
                continue
            by = Puller(PullerKind.GOAL, str(goal.origin), Outcome.APPLIES, goal=goal)
            low, high = (None if end is None else end.value for end in (target.low, target.high))
            if high is not None and (_over(fact, high) or _aims(others, matter, Direction.RAISE, high)):
                yield Pull(matter.name, False, by)
            if low is not None and (_under(fact, low) or _aims(others, matter, Direction.LOWER, low)):
                yield Pull(matter.name, True, by)


def _over(fact: FactValue, end: Decimal) -> bool:
    return isinstance(fact.value, Decimal) and fact.value > end


def _under(fact: FactValue, end: Decimal) -> bool:
    return isinstance(fact.value, Decimal) and fact.value < end


def _aims(others: Sequence[Pull], matter: Matter, direction: Direction, end: Decimal) -> bool:
    """Whether a card that asks raises the matter to the end or above it, or lowers it to the end or under it."""
    for each in others:
        sure = each.asks and each.by.outcome is Outcome.APPLIES
        if not sure or each.target != matter.name or each.by.finding is None:
            continue
        for effect in each.by.finding.advice.effects:
            if effect.direction is not direction or effect.what != matter.name or effect.aim is None:
                continue
            if (effect.aim >= end) if direction is Direction.RAISE else (effect.aim <= end):
                return True
    return False
