"""The words of a contradiction between guidelines: what it is about, its two sides, and who pulls."""

from decimal import Decimal

from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.effect import Direction
from dashboard.domain.guidelines.fact import FactValue
from dashboard.domain.guidelines.pull import Puller, PullerKind
from dashboard.domain.guidelines.reconciliation import Way
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.units import CANONICAL_UNIT
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.record.numbers import show_quantity
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import t, tn

LONGEST_SIDE = 200
"""Characters of the words that stand for a side in what is kept."""
NAMED_AT_ONCE = 2
"""Who is named of a side at a glance; all of them stand below."""


def subject(found: Contradiction) -> str:
    """`Potassium in the blood`."""
    words = clean(found.words, 160)
    return words[:1].upper() + words[1:]


def contradict_words(things: int) -> str:
    """`Guidelines contradict each other in 2 things`."""
    return tn("Guidelines contradict each other in {n} thing", "Guidelines contradict each other in {n} things", things)


def way_words(found: Contradiction, way: Way, page: RecommendationsPage) -> str:
    """What a choice is called: `More of it, or leave it: Aims at 140 mmHg`."""
    if way is Way.THIRD_WAY:
        return t("A third way, in your own words")
    name = t("More of it, or leave it as it is") if way is Way.MORE else t("Less of it")
    return f"{name}: {side_words(found, way, page)}"


def side_words(found: Contradiction, way: Way, page: RecommendationsPage) -> str:
    """Who stands on a side, the guidelines before the medicines; cut to what is kept with a decision."""
    return clean("; ".join(puller_words(each, found, page) for each in _pullers_of(found, way)), LONGEST_SIDE)


def brief_words(found: Contradiction, way: Way, page: RecommendationsPage) -> str:
    """The first who stand on a side, as `side_words` takes them, and how many more there are."""
    names = [puller_words(each, found, page) for each in _pullers_of(found, way)]
    more = len(names) - NAMED_AT_ONCE
    rest = [tn("and {n} more", "and {n} more", more)] if more > 0 else []
    return "; ".join([*names[:NAMED_AT_ONCE], *rest])


def _pullers_of(found: Contradiction, way: Way) -> list[Puller]:
    """Who stands on a side: the guidelines and goals, or the medicines where there is nobody else."""
    side = found.up if way is Way.MORE else found.down
    return [each for each in side if each.kind is not PullerKind.MEDICINE] or list(side)


def puller_words(puller: Puller, found: Contradiction, page: RecommendationsPage) -> str:
    """One that pulls, in a sentence."""
    if puller.goal is not None:
        return t("Goal: {text}", text=clean(puller.goal.text, 160))
    if puller.finding is None:
        return _medicine(puller, page)
    advice = puller.finding.advice
    if puller.kind is PullerKind.FOLLOWED:
        what = next((each.text for each in advice.suggestions), advice.summary)
        return t("Followed already: {what}", what=clean(what, 160))
    if puller.kind is PullerKind.AIM:
        return _aim(puller, found)
    return clean(advice.summary, 160)


def _medicine(puller: Puller, page: RecommendationsPage) -> str:
    if puller.taken is None:
        return ""
    named = page.named()
    records = [clean(named[each].text, 120) for each in puller.taken.records if each in named]
    return ", ".join(dict.fromkeys(records)) or clean(puller.taken.fact.words, 120)


def _aim(puller: Puller, found: Contradiction) -> str:
    """A guideline with an aim that its card need not say today: `Aims at 140 mmHg or less: reached`."""
    advice = puller.finding.advice if puller.finding is not None else None
    effects = advice.effects if advice is not None else ()
    effect = next((each for each in effects if each.what == found.target and each.aim is not None), None)
    if advice is None or effect is None or effect.aim is None:
        return ""
    number = _number(effect.aim, puller.facts, found.target)
    lowers = effect.direction is Direction.LOWER
    aim = t("Aims at {value} at most", value=number) if lowers else t("Aims at {value} at least", value=number)
    reached = puller in (found.up if lowers else found.down)
    said = t("reached") if reached else t("not reached")
    rule = puller.finding.rule.title if puller.finding is not None else ""
    return f"{clean(rule, 80)}: {aim}, {said}"


def _number(aim: Decimal, facts: tuple[FactValue, ...], target: str) -> str:
    """The aim with the unit of the measure of that name."""
    measures = [measure for each in facts for measure in each.fact.measures if each.fact.name == target]
    if not measures:
        return str(aim)
    measure: Measure = measures[0]
    return show_quantity(Quantity(aim, CANONICAL_UNIT[measure]), measure)


def effect_words(puller: Puller, page: RecommendationsPage) -> str:
    """What a medicine does: `raises potassium in the blood`; "" of all others."""
    if puller.effect is None:
        return ""
    matter = page.found.in_force.effects.matters.get(puller.effect.matter)
    what = clean(matter.words if matter is not None else puller.effect.matter, 120)
    if puller.effect.direction is Direction.RAISE:
        return t("raises {what}", what=what)
    return t("lowers {what}", what=what)
