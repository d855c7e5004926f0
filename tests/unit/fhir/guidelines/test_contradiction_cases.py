"""The cases of contradictions hold, each of them is needed, and what is wrong in their files is named with its line."""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.contradiction import contradictions
from dashboard.domain.guidelines.effect import DOWN, UP, Direction, Effect
from dashboard.domain.guidelines.evaluate import Finding, evaluate
from dashboard.domain.guidelines.fact import FactValue
from dashboard.domain.guidelines.matter import KnownEffects, MedicineEffect
from dashboard.fhir.guidelines.case_files import AS_OF, read_words
from dashboard.fhir.guidelines.contradiction_cases import (
    ContradictionCase,
    check_contradictions,
    disagreement,
    found_for,
    goals_of,
)
from dashboard.fhir.guidelines.effect_files import contradicts_itself, effect_of, read_effects, wrong_effects
from dashboard.fhir.guidelines.library import FOLDER, read_library
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import CONTRADICTION_CASES, CONTRADICTION_PROBLEMS, RULES, library

READ_THERE = "link: 'https://x', read: S"
OPPOSITE = {
    **dict.fromkeys((Direction.STOP, Direction.REDUCE, Direction.AVOID), Direction.START),
    Direction.START: Direction.STOP,
    Direction.LOWER: Direction.RAISE,
    Direction.RAISE: Direction.LOWER,
}
SEVEN = {
    "the target of blood pressure": ("systolic", "18-blood-pressure/ckd", "18-blood-pressure/kdigo"),
    "tight HbA1c and frailty": ("hba1c", "39-hba1c-frailty/above", "02-hba1c-target/above-target-hypoglycaemia"),
    "tight HbA1c and the risk of hypoglycaemia": (
        "hba1c",
        "29-hypoglycaemia-kidney/low-egfr",
        "02-hba1c-target/intensify",
    ),
    "MRA for HF and potassium": ("potassium", "08-hfref-treatment/mra", "34-mra-potassium/reduce"),
    "ACE inhibitor for HF and potassium in CKD": ("potassium", "08-hfref-treatment/raas", "15-raas-potassium/stop"),
    "loop diuretic and creatinine": ("creatinine", "35-loop-diuretic/offer", "35-loop-diuretic/creatinine-rise"),
    "potassium in food": ("potassium_intake", "36-potassium-in-food/more", "36-potassium-in-food/less"),
    "fluid": ("fluid_intake", "38-sick-days-ckd/drink", "37-fluid-heart-failure/restrict"),
    "SSRI and antiplatelet": ("bleeding", "medicine/ssri", "28-antidepressant-interactions/bleeding"),
    "SSRI and antiplatelet, the other": (
        "bleeding",
        "medicine/antiplatelet",
        "28-antidepressant-interactions/bleeding",
    ),
    "triple whammy": ("kidney_perfusion", "11-nsaid/triple-whammy", "medicine/nsaid"),
    "two RAAS inhibitors": ("raas_blockade", "medicine/arb", "14-ace-and-arb/stop-one"),
}


@pytest.mark.parametrize("name", SEVEN)
def test_those_of_the_clinics_list_are_found(name: str) -> None:
    target, up, down = SEVEN[name]
    found = [case for case in CONTRADICTION_CASES if case.target == target and up in case.up and down in case.down]
    assert found, name


def test_no_file_has_a_problem_and_every_case_holds() -> None:
    assert [str(each) for each in CONTRADICTION_PROBLEMS] == []
    assert check_contradictions(FOLDER, read_words(FOLDER), library(), load_terminology()) == []


@cache
def known_of(place: int) -> tuple[ContradictionCase, tuple[Finding, ...], dict[str, FactValue]]:
    case, terminology = CONTRADICTION_CASES[place], load_terminology()
    record = read_record(case.resources, terminology, AS_OF)
    facts = compute_facts(record, library().facts_used(), terminology, AS_OF, case.unread)
    return case, evaluate(RULES, facts), facts


def survives(target: str, effects: KnownEffects, change: dict[str, tuple[Effect, ...]]) -> bool:
    """Whether all cases of a target still hold, with other effects of medicines and of some cards."""
    for place, each in enumerate(CONTRADICTION_CASES):
        if each.target != target:
            continue
        case, findings, facts = known_of(place)
        other = [
            replace(found, advice=replace(found.advice, effects=change[name]))
            if (name := f"{found.rule.id}/{found.advice.key}") in change
            else found
            for found in findings
        ]
        if disagreement(case, contradictions(other, facts, effects, goals_of(case, load_terminology()))):
            return False
    return True


def changed(effects: tuple[Effect, ...], place: int) -> list[tuple[Effect, ...]]:
    """The effects with one left out, and with one turned round. An aim turned round is refused when it is read."""
    before, one, after = effects[:place], effects[place], effects[place + 1 :]
    turned = [] if one.aim is not None else [(*before, replace(one, direction=OPPOSITE[one.direction]), *after)]
    return [(*before, *after), *turned]


def test_a_changed_effect_of_a_card_fails_a_case() -> None:
    targets = {case.target for case in CONTRADICTION_CASES}
    named = {key for case in CONTRADICTION_CASES for key in case.up | case.down}
    alive = [
        f"{key}: {effect.direction} {effect.what}"
        for rule in RULES
        for advice in rule.advice
        if (key := f"{rule.id}/{advice.key}") in named
        for place, effect in enumerate(advice.effects)
        if effect.direction in UP | DOWN and effect.what in targets
        if any(survives(effect.what, library().effects, {key: other}) for other in changed(advice.effects, place))
    ]
    assert alive == []


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (Effect(Direction.LOWER, "hba1c", Decimal(63)), "the card is not about its aim 63"),
        (Effect(Direction.RAISE, "hba1c", Decimal(64)), "the card is not about its aim 64"),
        (Effect(Direction.LOWER, "bleeding", Decimal(64)), "bleeding has no fact with which an aim could be compared"),
        (Effect(Direction.LOWER, "happiness"), "effects.yaml has no matter happiness"),
        (Effect(Direction.START, "hba1c"), "hba1c is no fact about medicines"),
        (Effect(Direction.LOWER, "hba1c", Decimal(64)), ""),
    ],
)
def test_an_effect_that_cannot_be_is_refused(effect: Effect, words: str) -> None:
    [rule] = [rule for rule in RULES if rule.id == "39-hba1c-frailty"]
    other = replace(rule, advice=(replace(rule.advice[0], effects=(effect,)),))
    found = [said for _, said in wrong_effects(other, library().effects, library().facts)]
    assert any(words in said for said in found) if words else found == []


def test_a_card_that_proposes_a_medicine_says_what_it_changes() -> None:
    [rule] = [rule for rule in RULES if rule.id == "30-statin-ckd"]
    other = replace(rule, advice=(replace(rule.advice[0], effects=()),))
    assert list(wrong_effects(other, library().effects, library().facts)) == [
        ("offer", "a card that proposes a medicine, or to stop one, says what that changes")
    ]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([{"url": "direction", "valueCode": "sideways"}], "not a valid Direction"),
        ([{"url": "direction", "valueCode": "raise"}], "what is missing"),
        (
            [
                {"url": "direction", "valueCode": "start"},
                {"url": "what", "valueCode": "mra"},
                {"url": "aim", "valueDecimal": 3},
            ],
            "an aim is of what is raised or lowered",
        ),
        (
            [
                {"url": "direction", "valueCode": "raise"},
                {"url": "what", "valueCode": "hba1c"},
                {"url": "aim", "valueDecimal": "much"},
            ],
            "the aim of hba1c is no number",
        ),
    ],
)
def test_an_extension_that_says_no_effect_is_refused(parts: list[dict], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        effect_of({"extension": parts})


def test_a_card_that_changes_the_same_both_ways_is_refused() -> None:
    [rule] = [rule for rule in RULES if rule.id == "30-statin-ckd"]
    both = (Effect(Direction.START, "statin"), Effect(Direction.STOP, "statin"))
    assert contradicts_itself(replace(rule.advice[0], effects=both))
    assert not any(contradicts_itself(advice) for rule in RULES for advice in rule.advice)


def test_a_changed_effect_of_a_medicine_fails_a_case() -> None:
    def without(one: MedicineEffect) -> KnownEffects:
        known = library().effects
        return replace(known, medicines=tuple(each for each in known.medicines if each is not one))

    alive = [
        f"{each.fact} {each.direction} {each.matter}"
        for each in library().effects.medicines
        if survives(each.matter, without(each), {})
    ]
    # A loop diuretic takes fluid away: no card asks for more of it in the body.
    assert alive == ["loop_diuretic lower body_fluid"]


def test_every_card_with_an_effect_that_another_opposes_has_a_case() -> None:
    named = {key for case in CONTRADICTION_CASES for key in case.up | case.down}
    up = {each.matter for each in library().effects.medicines if each.direction in UP}
    down = {each.matter for each in library().effects.medicines if each.direction in DOWN}
    cards = {(f"{rule.id}/{advice.key}", each) for rule in RULES for advice in rule.advice for each in advice.effects}
    up |= {each.what for _, each in cards if each.direction in UP}
    down |= {each.what for _, each in cards if each.direction in DOWN}
    left_out = {key for key, each in cards if each.what in up & down and each.direction in UP | DOWN} - named
    assert left_out == {
        # Finerenone asks for a potassium of 4.8 or less, where no card warns of an MRA.
        "22-finerenone/consider",
        # Neither speaks where there was ketoacidosis.
        "04-sglt2-first-line/offer",
        "05-glucose-lowering-low-egfr/sglt2-and-dpp4",
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("potassium: |\n  answer\n  perhaps", "an answer is one of applies"),
        ("potassium: |\n  answer | colour\n  applies | red", "colour: not a column"),
        ("potassium: |\n  answer | goals\n  applies | some day", "a goal is a result, then at most or at least"),
        ("potassium: |\n  answer | goals\n  applies | happiness at most 3", "happiness at most 3: a goal is a result"),
        ("potassium: |\n  answer\n  applies", 'potassium needs a case whose answer is "cannot say"'),
        ("happiness: |\n  answer\n  does not apply", "there is no matter or medicine happiness"),
        ("potassium: |\n  answer | because\n  applies | it is so", 'the comparison says "does not apply": it is so'),
        ("- a list", ""),
        ("{", "this is not YAML"),
    ],
)
def test_a_problem_of_a_case_is_named(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / "contradictions.yaml").write_text(table + "\n", encoding="utf-8")
    problems = [str(each) for each in check_contradictions(tmp_path, read_words(FOLDER), library(), load_terminology())]
    assert any(words in each for each in problems) if words else problems == []


def test_both_sides_and_what_is_missing_are_compared() -> None:
    case = next(each for each in CONTRADICTION_CASES if each.target == "bleeding" and each.up)
    found = found_for(case, library(), load_terminology())
    assert "on a side are" in disagreement(replace(case, up=frozenset()), found)
    assert "what is missing is nothing" in disagreement(replace(case, missing=frozenset({"egfr"})), found)
    assert disagreement(case, ()).startswith('the comparison says "does not apply"')


def test_a_folder_without_cases_has_no_problem(tmp_path: Path) -> None:
    assert check_contradictions(tmp_path, read_words(FOLDER), library(), load_terminology()) == []
    assert read_effects(tmp_path, {}) == (KnownEffects(), [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("matters:\n- {name: x}", "'words' is missing"),
        ("matters:\n- just words", "an entry has fact, name, words"),
        ("matters:\n- {name: x, words: x, colour: red}", "colour: not a key here"),
        ("matters:\n- {name: x, words: x, fact: mra}", "mra is no fact that is measured"),
        ("matters:\n- {name: x, words: x, fact: egfr_fall}", "egfr_fall is no fact that is measured"),
        ("medicines:\n- {fact: egfr}", "egfr is no fact about medicines"),
        ("medicines:\n- {fact: mra, raises: [x], source: x, edition: x, link: 'http://x', read: S}", "a link begins"),
        ("medicines:\n- {fact: mra, raises: [x], source: x, edition: x, link: 'https://x', read: S}", "no matter x"),
        ("medicines:\n- {fact: mra, raises: [x], source: x, edition: x, link: 'https://x', read: X}", "label says how"),
        (f"medicines:\n- {{fact: mra, raises: [x], source: x, edition: From memory, {READ_THERE}}}", "the label says"),
        ("matters: [", "this is not YAML"),
    ],
)
def test_a_problem_of_the_effects_is_named_with_its_file(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "effects.yaml").write_text(content + "\n", encoding="utf-8")
    found = read_library(load_terminology(), FOLDER, tmp_path)
    assert any(words in str(each) and "effects.yaml" in str(each) for each in found.problems), found.problems


def test_a_site_says_otherwise_what_a_medicine_does(tmp_path: Path) -> None:
    line = "{fact: mra, lowers: [systolic], source: x, edition: x, link: 'https://x', read: S}"
    (tmp_path / "effects.yaml").write_text(f"medicines:\n- {line}\n", encoding="utf-8")
    found = read_library(load_terminology(), FOLDER, tmp_path).effects
    assert [(each.matter, each.direction) for each in found.medicines if each.fact == "mra"] == [
        ("systolic", Direction.LOWER)
    ]
    assert len(found.matters) == len(library().effects.matters)


def test_a_matter_is_in_the_unit_of_the_targets_of_goals(tmp_path: Path) -> None:
    (tmp_path / "facts").mkdir()
    fact = "{name: other, words: x, kind: measured, measures: [HBA1C], unit: '%', most_days: 9, missing: x}"
    (tmp_path / "facts" / "more.yaml").write_text(f"- {fact}\n", encoding="utf-8")
    (tmp_path / "effects.yaml").write_text("matters:\n- {name: x, words: x, fact: other}\n", encoding="utf-8")
    problems = [str(each) for each in read_library(load_terminology(), FOLDER, tmp_path).problems]
    assert [each for each in problems if "other is in another unit than the targets of goals" in each]
