"""The comparison of guidelines agrees with a slow one written by hand: on cases, the demo cohort and random records."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.contradiction import contradictions
from dashboard.domain.guidelines.evaluate import evaluate
from dashboard.domain.values.code_systems import LOINC, UCUM
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.mapping import goal
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import CONTRADICTION_CASES, RULES, library
from tests.laws import examples
from tests.spec.guidelines_by_hand.cards import CARDS
from tests.spec.guidelines_by_hand.contradictions import AIMS, DOWN, LOWER, RAISE, STARTS, UP, by_hand
from tests.spec.guidelines_by_hand.person import ByHand
from tests.spec.test_guidelines_by_hand import AS_OF, SEARCHES, alive, cohort, people


def by_engine(rows, goals=(), unread=frozenset()):
    terminology = load_terminology()
    facts = compute_facts(read_record(rows, terminology, AS_OF), library().facts_used(), terminology, AS_OF, unread)
    aims = [goal.from_fhir(each, terminology) for each in goals]
    found = contradictions(evaluate(RULES, facts), facts, library().effects, aims)
    return {
        each.target: (
            str(each.outcome),
            frozenset(puller.key for puller in each.up),
            frozenset(puller.key for puller in each.down),
        )
        for each in found
    }


def test_every_effect_of_the_data_is_written_by_hand_too() -> None:
    up, down = {}, {}
    for rule in RULES:
        for advice in rule.advice:
            for effect in advice.effects:
                table = {"start": up, "raise": up, "check": {}}.get(str(effect.direction), down)
                if effect.aim is None:
                    table.setdefault(f"{rule.id}/{advice.key}", set()).add(effect.what)
    ours_up = {card: set(names.split()) for card, names in STARTS.items()}
    for card, names in UP.items():
        ours_up.setdefault(card, set()).update(names.split())
    assert up == ours_up
    assert down == {card: set(names.split()) for card, names in DOWN.items()}
    aims = [
        (f"{rule.id}/{advice.key}", each.what, "at most" if each.direction == "lower" else "at least", each.aim)
        for rule in RULES
        for advice in rule.advice
        for each in advice.effects
        if each.aim is not None
    ]
    assert sorted(aims) == sorted(AIMS)
    medicines = {(each.fact, each.matter, str(each.direction)) for each in library().effects.medicines}
    said = {(name, matter, "raise") for name, all_ in RAISE.items() for matter in all_.split()}
    assert medicines == said | {(name, matter, "lower") for name, all_ in LOWER.items() for matter in all_.split()}
    assert {*STARTS, *UP, *DOWN} <= set(CARDS)


@pytest.mark.parametrize("target", sorted({case.target for case in CONTRADICTION_CASES}))
def test_the_cases(target: str) -> None:
    for case in CONTRADICTION_CASES:
        if case.target == target:
            person = ByHand(list(case.resources), AS_OF, case.unread)
            found = by_hand(person, case.goals)
            answer, up, down = found.get(target, ("does-not-apply", frozenset(), frozenset()))
            assert answer == case.answer, case.line
            if answer == "applies":
                assert (up, down) == (case.up, case.down), case.line


def test_the_demo_cohort() -> None:
    people_alive = [rows for rows in cohort() if alive(rows)]
    found = {rows[0]["id"]: (by_engine(rows), by_hand(ByHand(rows, AS_OF))) for rows in people_alive}
    assert {ident: both for ident, both in found.items() if both[0] != both[1]} == {}
    assert sum(bool(engine) for engine, _ in found.values()) > 5


@pytest.mark.parametrize("failed", SEARCHES)
def test_no_contradiction_appears_for_a_search_that_failed(failed: str) -> None:
    """What is certain without some records is certain with them; and what was certain is never denied."""
    for rows in [rows for rows in cohort() if alive(rows)][:15]:
        rest = [row for row in rows if row["resourceType"] != failed]
        whole, without = by_engine(rows), by_engine(rest, unread=frozenset({failed}))
        sure = {target for target, said in without.items() if said[0] == "applies"}
        assert sure <= {target for target, said in whole.items() if said[0] == "applies"}, rows[0]["id"]


@st.composite
def goals_of(draw) -> dict:
    code, unit, low, high = draw(
        st.sampled_from([("59261-8", "mmol/mol", 40, 70), ("8480-6", "mm[Hg]", 110, 160), ("2823-3", "mmol/L", 4, 6)])
    )
    quantity = {"value": draw(st.integers(low, high)), "unit": unit, "code": unit, "system": UCUM}
    return {
        "resourceType": "Goal",
        "id": draw(st.sampled_from(["g1", "g2"])),
        "lifecycleStatus": draw(st.sampled_from(["active", "accepted", "completed", "proposed"])),
        "description": {"text": "x"},
        "target": [
            {
                "measure": {"coding": [{"system": LOINC, "code": code}]},
                "detailRange": {draw(st.sampled_from(["low", "high"])): quantity},
            }
        ],
    }


@settings(max_examples=examples(100), deadline=None)
@given(
    rows=people(),
    goals=st.lists(goals_of(), max_size=2, unique_by=lambda each: each["id"]),
    unread=st.frozensets(st.sampled_from(SEARCHES), max_size=1),
)
def test_random_records(rows, goals, unread) -> None:
    rows = [row for row in rows if row["resourceType"] not in unread]
    assert by_engine(rows, goals, unread) == by_hand(ByHand(rows, AS_OF, unread), goals)
