"""In what guidelines contradict each other for a person: written a second time, plainly, over raw JSON and `CARDS`.

What each card changes is a table of its own here, so that an effect that is lost or turned round in the data is seen.
"""

from tests.spec.guidelines_by_hand.answers import Answer, exactly
from tests.spec.guidelines_by_hand.cards import CARDS
from tests.spec.guidelines_by_hand.codes import SETS
from tests.spec.guidelines_by_hand.person import CLASSES, ByHand, is_in

STARTS = {
    "04-sglt2-first-line/offer": "sglt2_inhibitor",
    "05-glucose-lowering-low-egfr/sglt2-and-dpp4": "sglt2_inhibitor",
    "05-glucose-lowering-low-egfr/dpp4": "dpp4_inhibitor",
    "06-sglt2-heart-kidney/recommend": "sglt2_inhibitor",
    "08-hfref-treatment/raas": "ace_inhibitor arb",
    "08-hfref-treatment/beta-blocker": "beta_blocker",
    "08-hfref-treatment/mra": "mra",
    "08-hfref-treatment/sglt2": "sglt2_inhibitor",
    "08-hfref-treatment/arni": "arni",
    "09-hf-above-40/mra": "mra",
    "09-hf-above-40/sglt2": "sglt2_inhibitor",
    "21-raas-indicated/diabetes": "ace_inhibitor arb",
    "21-raas-indicated/hypertension": "ace_inhibitor arb",
    "21-raas-indicated/albuminuria": "ace_inhibitor arb",
    "22-finerenone/consider": "mra",
    "30-statin-ckd/offer": "statin",
    "35-loop-diuretic/offer": "loop_diuretic",
}
UP = {
    "11-nsaid/triple-whammy": "kidney_perfusion",
    "29-hypoglycaemia-kidney/low-egfr": "hba1c",
    "29-hypoglycaemia-kidney/falling-egfr": "hba1c",
    "28-antidepressant-interactions/bleeding": "proton_pump_inhibitor",
    "36-potassium-in-food/more": "potassium_intake",
    "38-sick-days-ckd/drink": "fluid_intake",
}
DOWN = {
    "02-hba1c-target/intensify": "hba1c",
    "02-hba1c-target/tight-control": "hypoglycaemia",
    "03-metformin-kidney/stop": "metformin",
    "03-metformin-kidney/review-dose": "metformin",
    "07-sglt2-safety/ketoacidosis": "sglt2_inhibitor",
    "10-pioglitazone-hf/stop": "pioglitazone",
    "11-nsaid/heart-kidney": "nsaid",
    "11-nsaid/triple-whammy": "nsaid",
    "12-rate-limiting-ccb/avoid": "rate_limiting_ccb",
    "13-saxagliptin-alogliptin-hf/avoid": "saxagliptin_or_alogliptin",
    "14-ace-and-arb/stop-one": "raas_blockade",
    "15-raas-potassium/stop": "ace_inhibitor arb mra potassium",
    "15-raas-potassium/do-not-start": "ace_inhibitor arb mra potassium",
    "16-raas-monitoring/egfr-fall": "creatinine",
    "16-raas-monitoring/creatinine-rise": "creatinine",
    "24-hf-review/weight": "body_fluid",
    "28-antidepressant-interactions/bleeding": "bleeding",
    "28-antidepressant-interactions/citalopram": "citalopram",
    "28-antidepressant-interactions/tricyclic": "tricyclic",
    "29-hypoglycaemia-kidney/low-egfr": "hypoglycaemia",
    "29-hypoglycaemia-kidney/falling-egfr": "hypoglycaemia",
    "34-mra-potassium/reduce": "mra potassium",
    "34-mra-potassium/do-not-start": "mra potassium",
    "35-loop-diuretic/creatinine-rise": "loop_diuretic creatinine",
    "36-potassium-in-food/less": "potassium_intake potassium",
    "37-fluid-heart-failure/restrict": "fluid_intake",
}
AIMS = [
    ("02-hba1c-target/above-target-hypoglycaemia", "hba1c", "at most", 53),
    ("02-hba1c-target/above-target", "hba1c", "at most", 48),
    ("02-hba1c-target/tight-control", "hba1c", "at least", 53),
    ("39-hba1c-frailty/above", "hba1c", "at most", 64),
    ("18-blood-pressure/ckd", "systolic", "at most", 140),
    ("18-blood-pressure/ckd", "diastolic", "at most", 90),
    ("18-blood-pressure/ckd-albuminuria", "systolic", "at most", 130),
    ("18-blood-pressure/ckd-albuminuria", "diastolic", "at most", 80),
    ("18-blood-pressure/from-80", "systolic", "at most", 150),
    ("18-blood-pressure/from-80", "diastolic", "at most", 90),
    ("18-blood-pressure/kdigo", "systolic", "at most", 120),
]
VALUES = {"hba1c": range(20, 140), "systolic": range(60, 260), "diastolic": range(30, 160)}
RAISE = {
    "mra": "potassium", "ace_inhibitor": "potassium creatinine raas_blockade",
    "arb": "potassium creatinine raas_blockade", "loop_diuretic": "creatinine", "nsaid": "bleeding body_fluid",
    "ssri": "bleeding", "antiplatelet": "bleeding", "anticoagulant": "bleeding", "insulin": "hypoglycaemia",
    "sulfonylurea": "hypoglycaemia", "pioglitazone": "body_fluid",
}  # fmt: skip
LOWER = {
    "ace_inhibitor": "kidney_perfusion", "arb": "kidney_perfusion", "diuretic": "kidney_perfusion",
    "nsaid": "kidney_perfusion", "loop_diuretic": "body_fluid",
}  # fmt: skip
MATTERS = [
    "potassium", "creatinine", "systolic", "diastolic", "hba1c", "hypoglycaemia", "bleeding", "kidney_perfusion",
    "raas_blockade", "body_fluid", "fluid_intake", "potassium_intake",
]  # fmt: skip
MEASURES = {"4548-4": "hba1c", "59261-8": "hba1c", "8480-6": "systolic", "8462-4": "diastolic", "2823-3": "potassium"}


class Supposed:
    """The person, if some facts were others."""

    def __init__(self, person: ByHand, **facts) -> None:
        self._person, self._facts = person, facts

    def __getattr__(self, name: str):
        return self._facts[name] if name in self._facts else getattr(self._person, name)


class Pull:
    """`sure` is True, or None where it may be; `counts` is False of a medicine; `asks` of a card for this itself."""

    def __init__(self, target, up, key, sure, *, asks=False, counts=True) -> None:
        self.target, self.up, self.key, self.sure, self.asks, self.counts = target, up, key, sure, asks, counts


def pulls_of(person: ByHand, goals) -> list[Pull]:
    found: list[Pull] = []
    said = {card: ask(person).value for card, ask in CARDS.items()}
    for card, names in STARTS.items():
        medicines = names.split()
        wanted = CARDS[card](Supposed(person, **dict.fromkeys(medicines, Answer(False)))).value
        if said[card] is not True and wanted is False:
            continue
        taken = [name for name in medicines if getattr(person, name).value is True]
        followed = said[card] is not True and bool(taken)
        sure = True if said[card] is True or wanted is True else None
        for name in medicines:
            found.append(Pull(name, True, card, sure, asks=not followed))
            if not followed or name in taken:
                found += [Pull(matter, True, card, sure) for matter in RAISE.get(name, "").split()]
                found += [Pull(matter, False, card, sure) for matter in LOWER.get(name, "").split()]
    for table, up in ((UP, True), (DOWN, False)):
        for card, names in table.items():
            if said[card] is not False:
                found += [Pull(name, up, card, said[card], asks=True) for name in names.split()]
    for card, matter, which, aim in AIMS:
        found += aiming(person, card, matter, which, aim)
    for table, up in ((RAISE, True), (LOWER, False)):
        for name, names in table.items():
            takes = getattr(person, name).value
            if takes is not False:
                found += [Pull(matter, up, f"medicine/{name}", takes, counts=False) for matter in names.split()]
    return found + [pull for goal in goals for pull in of_goal(person, goal, found)]


def aiming(person, card, matter, which, aim):
    answers = [CARDS[card](Supposed(person, **{matter: exactly(value)})).value for value in VALUES[matter]]
    if True not in answers and None not in answers:
        return []
    at_aim = CARDS[card](Supposed(person, **{matter: exactly(aim)})).value is True
    value = getattr(person, matter)
    if which == "at most":
        missed = (value >= aim) if at_aim else (value > aim)
    else:
        missed = (value <= aim) if at_aim else (value < aim)
    sure = True if True in answers and missed.value is not None else None
    towards = which == "at least"
    found = []
    if missed.value is not False:
        found.append(Pull(matter, towards, card, sure, asks=True))
    if missed.value is not True:
        found.append(Pull(matter, not towards, card, sure))
    return found


def of_goal(person, goal, others):
    found = []
    for target in goal["target"]:
        matter = MEASURES.get(target["measure"]["coding"][0]["code"])
        if matter is None or goal["lifecycleStatus"] not in ("active", "accepted"):
            continue
        value = getattr(person, matter)
        known = value.known and value.low is not None and value.low == value.high
        ends = target["detailRange"]
        asked = {pull.key for pull in others if pull.asks and pull.sure and pull.target == matter}
        for end, which, up in (("high", "at least", False), ("low", "at most", True)):
            if end not in ends:
                continue
            limit = ends[end]["value"]
            missed = known and (value.low > limit if end == "high" else value.low < limit)
            leaves_no_room = any(
                card in asked
                and about == matter
                and kind == which
                and (aim >= limit if end == "high" else aim <= limit)
                for card, about, kind, aim in AIMS
            )
            if missed or leaves_no_room:
                found.append(Pull(matter, up, f"Goal/{goal['id']}", True))
    return found


def prescribed_apart(person: ByHand, names) -> bool:
    """Whether these medicines are at least two prescriptions of today."""
    prescriptions = set()
    for name in names:
        families = [each for kind in CLASSES[name] for _, (each, _) in SETS[f"drug-class-{kind}"][0]]
        without = tuple(each for kind in CLASSES[name] for _, (each, _) in SETS[f"drug-class-{kind}"][1])
        for place, medicine in enumerate(person.medicines()):
            if medicine is not None and medicine[1] and any(is_in(code, families, without) for code in medicine[0]):
                prescriptions.add(place)
    return len(prescriptions) >= 2


def are_a_side(person, others) -> bool:
    if any(each.counts for each in others):
        return True
    names = {each.key.removeprefix("medicine/") for each in others}
    return len(names) >= 2 and (any(each.sure is None for each in others) or prescribed_apart(person, names))


def clash(person, found) -> bool:
    for one in found:
        if one.asks and are_a_side(person, [each for each in found if each.up != one.up and each.key != one.key]):
            return True
    return False


def by_hand(person: ByHand, goals=()) -> dict[str, tuple[str, frozenset, frozenset]]:
    """Target to answer, who would have more and who less of it."""
    found = pulls_of(person, goals)
    targets = {}
    for pull in found:
        targets.setdefault(pull.target, []).append(pull)
    said = {}
    for target, some in targets.items():
        sure = [each for each in some if each.sure is True]
        for answer, each in (("applies", sure), ("cannot-say", some)):
            if target not in said and clash(person, each):
                sides = [frozenset(one.key for one in each if one.up is up) for up in (True, False)]
                said[target] = (answer, *sides)
    order = [*(each for each in MATTERS if each in said), *sorted(set(said) - set(MATTERS))]
    return {one: said[one] for one in order if not any(hides(said, order, other, one) for other in order)}


def hides(said, order, other, one) -> bool:
    """Whether the other has both sides of the one as well; of two that are the same the first stays."""
    if other == one or said[other][0] not in (said[one][0], "applies"):
        return False
    ours, theirs = said[one][1:], said[other][1:]

    def within(inner, outer) -> bool:
        return any(inner[0] <= up and inner[1] <= down for up, down in (outer, outer[::-1]))

    return within(ours, theirs) and (not within(theirs, ours) or order.index(other) < order.index(one))
