"""The engine of the guideline rules agrees with a slow evaluator written by hand, card by card.

On the cases of the rules, on the demo cohort and on random records; each search that feeds facts is failed in turn.
"""

import gzip
import json
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import product
from math import prod

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dashboard.demo.cohort import generate
from dashboard.domain.guidelines.evaluate import evaluate_record
from dashboard.domain.values.code_systems import ATC, LOINC, SNOMED, UCUM
from dashboard.fhir.guidelines.read_record import read_record, read_screened
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import CASES, EVERY_RULE, library
from tests.laws import examples
from tests.spec.guidelines_by_hand.answers import Number, exactly
from tests.spec.guidelines_by_hand.cards import CARDS
from tests.spec.guidelines_by_hand.person import ByHand

AS_OF = date(2026, 11, 23)
SEARCHES = ("Condition", "Observation", "MedicationRequest", "MedicationStatement", "Encounter", "Procedure")
OF_THE_PILOT = ("Condition", "Observation", "ResearchSubject")
FACTS = {fact.name: fact for fact in (*library().facts_used(), *library().facts_of_programmes())}.values()
OUTCOMES = {True: "applies", False: "does-not-apply", None: "cannot-say"}


def by_engine(rows, unread=frozenset()) -> dict[str, str]:
    terminology = load_terminology()
    record = read_record(rows, terminology, AS_OF)
    screened = read_screened(rows, terminology, AS_OF, unread)
    found = evaluate_record(record, EVERY_RULE, FACTS, terminology, AS_OF, unread, screened)
    return {f"{each.rule.id}/{each.advice.key}": str(each.outcome) for each in found}


def by_hand(rows, unread=frozenset()) -> dict[str, str]:
    person = ByHand(rows, AS_OF, unread)
    return {card: OUTCOMES[ask(person).value] for card, ask in CARDS.items()}


def differences(rows, unread=frozenset()) -> dict[str, tuple[str, str]]:
    engine, hand = by_engine(rows, unread), by_hand(rows, unread)
    different = {card for card in hand if engine[card] != hand[card]}
    person = ByHand(rows, AS_OF, unread)
    undecided = {card for card in different if hand[card] == OUTCOMES[None]}
    hand |= {card: OUTCOMES[one_by_one(person, CARDS[card], LIMITS[card])] for card in undecided}
    return {card: (engine[card], hand[card]) for card in different if engine[card] != hand[card]}


LIMITS = {f"{rule.id}/{advice.key}": advice.condition.numbers for rule in EVERY_RULE for advice in rule.advice}


class Pinned:
    """A person of whom facts that lie between two ends are one number each; `asked` are those that a card looks at."""

    def __init__(self, person, numbers) -> None:
        self.person, self.numbers, self.asked = person, numbers, {}

    def __getattr__(self, name):
        self.asked[name] = self.numbers[name] if name in self.numbers else getattr(self.person, name)
        return self.asked[name]


def one_by_one(person, card, limits) -> bool | None:
    """The answer of a card that is the same for all numbers that the facts could be: by itself a comparison of two
    facts that lie between two ends does not know that one of them was compared with a number before.
    """
    seen = Pinned(person, {})
    card(seen)
    between = {
        name: value
        for name, value in seen.asked.items()
        if isinstance(value, Number) and value.known and not (value.low == value.high and value.low is not None)
    }
    ends = {end for value in between.values() for end in (value.low, value.high) if end is not None}
    near = {number + step for number in (*limits, *ends) for step in (Decimal("-0.001"), Decimal(0), Decimal("0.001"))}
    tried = [[number for number in near if _may_be(value, number)] for value in between.values()]
    if not between or prod(map(len, tried)) > 100_000:
        return None
    answers = {
        card(Pinned(person, dict(zip(between, map(exactly, numbers), strict=True)))).value
        for numbers in product(*tried)
    }
    return answers.pop() if len(answers) == 1 else None


def _may_be(value: Number, number: Decimal) -> bool:
    over = value.low is None or number > value.low or (number == value.low and not value.low_out)
    return over and (value.high is None or number < value.high or (number == value.high and not value.high_out))


def test_every_card_is_written_by_hand_too() -> None:
    assert set(CARDS) == {f"{rule.id}/{advice.key}" for rule in EVERY_RULE for advice in rule.advice}


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.id)
def test_the_cases_of_the_rules(rule) -> None:
    wrong = []
    for case in CASES[rule.id][0]:
        person = ByHand(list(case.resources), AS_OF, case.unread)
        said = OUTCOMES[CARDS[f"{rule.id}/{case.card}"](person).value]
        wrong += [] if said == case.answer else [f"line {case.line} ({case.because}): {said}"]
    assert wrong == []


@lru_cache(maxsize=1)
def cohort() -> list[list[dict]]:
    everybody = generate(40, 7, AS_OF)
    return [rows for rows in everybody if rows and rows[0]["resourceType"] == "Patient"]


def alive(rows) -> bool:
    return not any(name.startswith("deceased") for name in rows[0])


def test_the_demo_cohort() -> None:
    people = [rows for rows in cohort() if alive(rows)]
    assert len(people) > 25
    assert {rows[0]["id"]: found for rows in people if (found := differences(rows))} == {}


@pytest.mark.parametrize("failed", (*SEARCHES, "ResearchSubject"))
def test_no_card_appears_or_disappears_for_a_search_that_failed(failed: str) -> None:
    """Whatever a card says without these records, it says with them too: the rest cannot say."""
    for rows in [rows for rows in cohort() if alive(rows)][:10]:
        rest = [row for row in rows if row["resourceType"] != failed]
        whole, without = by_engine(rows), by_engine(rest, frozenset({failed}))
        changed = {card for card, said in without.items() if said not in (whole[card], "cannot-say")}
        assert changed == set(), rows[0]["id"]


def coded(system: str, codes) -> st.SearchStrategy:
    return st.sampled_from(codes).map(lambda code: {"coding": [{"system": system, "code": code}], "text": code})


DAYS = st.one_of(
    st.integers(-5, 800).map(lambda days: (AS_OF - timedelta(days=days)).isoformat()),
    st.sampled_from(["2026", "2026-05", "2025-11", "2026-11-23T23:30:00Z"]),
)
CONDITION_CODES = [
    "44054006", "84114007", "709044004", "433144002", "35489007", "46635009", "38341003", "420422005", "371087003",
    "302866003", "248279007", "195967001",
]  # fmt: skip
MEDICINE_CODES = [
    "A10BA02", "A10BB09", "A10AE04", "A10BG03", "A10BD05", "A10BD20", "A10BH03", "A10BH01", "A10BK01", "A10B",
    "A10BD29", "A10BD35", "C03EB01", "N02AJ08", "N02AJ09", "C10BX06",
    "C09AA05", "C09CA01", "C09DX04", "C09", "C07AB07", "C03DA01", "C03CA01", "C03AA01", "C08DB01", "C10AA05", "B01AC06",
    "B01AF02", "M01AE01", "M01AX05", "M01A", "S01BC03", "N06AB06", "N06AB04", "N06AA09", "N06AX11", "A02BC01",
]  # fmt: skip
RESULTS = {
    "59261-8": (["mmol/mol", "%", "furlongs"], 30, 110),
    "98979-8": (["mL/min/{1.73_m2}", "mL/s/{1.73_m2}", "mL/min"], 1, 120),
    "14959-1": (["mg/mmol", "mg/g"], 0, 120),
    "2823-3": (["mmol/L", "mg/dL"], 3, 7),
    "14682-9": (["umol/L", "mg/dL"], 50, 300),
    "8480-6": (["mm[Hg]", "kPa"], 90, 200),
    "8462-4": (["mm[Hg]"], 50, 120),
    "29463-7": (["kg", "g"], 60, 100),
    "10230-1": (["%"], 20, 60),
    "44261-6": (["{score}"], 0, 27),
    "2951-2": (["mmol/L"], 120, 150),
}
STATUS = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical"}
VERIFICATION = {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status"}


@st.composite
def observations(draw) -> dict:
    code = draw(st.sampled_from(sorted(RESULTS)))
    units, low, high = RESULTS[code]
    unit = draw(st.sampled_from(units))
    value = {"value": draw(st.integers(low * 10, high * 10)) / 10, "unit": unit, "code": unit, "system": UCUM}
    sign = draw(st.sampled_from(["", "", "", "<", ">", "<=", ">="]))
    return {
        "resourceType": "Observation",
        "status": draw(st.sampled_from(["final", "final", "final", "preliminary", "entered-in-error", "cancelled"])),
        "code": {"coding": [{"system": LOINC, "code": code}]},
        **draw(st.sampled_from([{}] + [{"effectiveDateTime": draw(DAYS)}] * 9)),
        "valueQuantity": {**value, **({"comparator": sign} if sign else {})},
    }


@st.composite
def conditions(draw) -> dict:
    stage = draw(st.sampled_from(["", "420300004", "421704003", "420913000"]))
    return {
        "resourceType": "Condition",
        "code": draw(coded(SNOMED, CONDITION_CODES)),
        "clinicalStatus": {"coding": [{**STATUS, "code": draw(st.sampled_from(["active", "active", "resolved"]))}]},
        "verificationStatus": {
            "coding": [
                {**VERIFICATION, "code": draw(st.sampled_from(["confirmed", "confirmed", "provisional", "refuted"]))}
            ]
        },
        "onsetDateTime": draw(DAYS),
        **({"stage": [{"summary": {"coding": [{"system": SNOMED, "code": stage}]}}]} if stage else {}),
    }


@st.composite
def medicines(draw) -> dict:
    known = draw(st.booleans()) or draw(st.booleans()) or draw(st.booleans())
    return {
        "resourceType": draw(st.sampled_from(["MedicationRequest", "MedicationStatement"])),
        "status": draw(st.sampled_from(["active", "active", "active", "on-hold", "completed", "stopped"])),
        "intent": "order",
        "medicationCodeableConcept": draw(coded(ATC, MEDICINE_CODES)) if known else {"text": "a white tablet"},
        **draw(st.sampled_from([{}, {"authoredOn": draw(DAYS)}, {"authoredOn": draw(DAYS)}])),
        **draw(st.sampled_from([{}, {}, {}, {"dispenseRequest": {"validityPeriod": {"end": draw(DAYS)}}}])),
    }


@st.composite
def contacts(draw) -> dict:
    return {
        "resourceType": "Encounter",
        "status": draw(st.sampled_from(["finished", "finished", "planned", "cancelled", "in-progress"])),
        "class": {"code": "AMB"},
        "period": {"start": draw(DAYS)},
    }


@st.composite
def procedures(draw) -> dict:
    return {
        "resourceType": "Procedure",
        "status": draw(st.sampled_from(["completed", "completed", "not-done", "entered-in-error"])),
        "code": draw(coded(SNOMED, ["401191002", "134395001", "171207006", "40701008"])),
        **draw(st.sampled_from([{}, {"performedDateTime": draw(DAYS)}, {"performedDateTime": draw(DAYS)}])),
    }


SCREENING = "https://c3-cloud.example/fhir/CodeSystem/screening"
ASKED = {
    (LOINC, "75274-1"): [(SNOMED, "264362003"), (SNOMED, "264362003"), (SNOMED, "42665001"), (SNOMED, "38341003")],
    (SCREENING, "ict-self-check"): [(SCREENING, "passed"), (SCREENING, "passed"), (SCREENING, "not-passed")],
    (LOINC, "88020-3"): [(SNOMED, "420300004"), (SNOMED, "421704003"), (SNOMED, "420913000"), (SNOMED, "6736007")],
}
"""The questions of the pilot's screening, and answers to them."""


def value_of(pair) -> dict:
    return {"coding": [{"system": pair[0], "code": pair[1]}]}


@st.composite
def screening_answers(draw) -> dict:
    question = draw(st.sampled_from(sorted(ASKED)))
    who = draw(st.sampled_from(["", "", "Patient/p1", "RelatedPerson/a", "RelatedPerson/b"]))
    return {
        "resourceType": "Observation",
        "status": draw(st.sampled_from(["final", "final", "final", "entered-in-error"])),
        "code": value_of(question),
        **draw(st.sampled_from([{}] + [{"effectiveDateTime": draw(DAYS)}] * 9)),
        "valueCodeableConcept": value_of(draw(st.sampled_from(ASKED[question]))),
        **({"performer": [{"reference": who}]} if who else {}),
    }


@st.composite
def care_teams(draw) -> dict:
    return {
        "resourceType": "CareTeam",
        "status": draw(st.sampled_from(["active", "active", "inactive"])),
        "subject": {"reference": "Patient/p1"},
        "participant": [{"member": {"reference": f"RelatedPerson/{draw(st.sampled_from('ab'))}"}}],
    }


@st.composite
def candidates(draw) -> list[dict]:
    """People of whom much is known that the pilot asks: random ones are almost never eligible."""
    sure = {"coding": [{**VERIFICATION, "code": draw(st.sampled_from(["confirmed"] * 4 + ["provisional"]))}]}
    stages = {"84114007": ["420300004", "421704003", "420913000", ""], "35489007": ["255604002", "6736007", ""]}
    has = draw(st.lists(st.sampled_from(["44054006", "84114007", "709044004", "35489007"]), max_size=4, unique=True))
    rows = [
        {
            "resourceType": "Condition", "code": value_of((SNOMED, code)), "verificationStatus": sure,
            "clinicalStatus": {"coding": [{**STATUS, "code": "active"}]}, "onsetDateTime": draw(DAYS),
            **({"stage": [{"summary": value_of((SNOMED, stage))}]}
               if (stage := draw(st.sampled_from(stages.get(code, [""])))) else {}),
        }
        for code in has
    ]  # fmt: skip
    for code, unit in (("98979-8", "mL/min/{1.73_m2}"), ("44261-6", "{score}")):
        number = draw(st.sampled_from([4, 5, 14, 15, 29, 30, 45, 59, 60]))
        sign = draw(st.sampled_from(["", "", "", "<", ">"])) if code == "98979-8" else ""
        value = {"value": number, "unit": unit, "code": unit, "system": UCUM, **({"comparator": sign} if sign else {})}
        rows.append(
            {
                "resourceType": "Observation", "status": "final", "code": value_of((LOINC, code)),
                "effectiveDateTime": draw(DAYS), "valueQuantity": value,
            }
        )  # fmt: skip
    rows += draw(st.lists(screening_answers(), min_size=1, max_size=6))
    rows += draw(st.lists(care_teams(), max_size=1))
    if draw(st.sampled_from([False] * 5 + [True])):
        rows.append({"resourceType": "ResearchSubject", "status": "candidate"})
    born = draw(st.sampled_from(["1946", "1946", "1971", "1971-11-23", "1971-11-24"]))
    patient = {"resourceType": "Patient", "birthDate": born}
    return [{"id": f"r{number:02}", **row} for number, row in enumerate([patient, *rows])]


@st.composite
def people(draw) -> list[dict]:
    born = draw(st.sampled_from([{}, {"birthDate": "1946"}, {"birthDate": "1946-11-24"}, {"birthDate": "2001-01-01"}]))
    rows = [{"resourceType": "Patient", **born}]
    for kind, most in ((conditions(), 5), (medicines(), 6), (observations(), 12), (contacts(), 2), (procedures(), 3)):
        rows += draw(st.lists(kind, max_size=most))
    broken = draw(st.sampled_from(["", "", "", "", *SEARCHES]))
    if broken:
        rows.append({"resourceType": broken, "modifierExtension": [{"url": "x"}], "status": "active"})
    return [{"id": f"r{number:02}", **row} for number, row in enumerate(rows)]


def test_two_facts_between_two_ends_are_tried_together() -> None:
    """Somebody seen today was not last seen before an antidepressant that was begun more than 14 days ago."""
    begun = {
        "resourceType": "MedicationRequest", "id": "r1", "status": "active", "intent": "order", "authoredOn": "2026",
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": "N06AB06"}]},
    }  # fmt: skip
    met = {
        "resourceType": "Encounter", "id": "r2", "status": "finished", "class": {"code": "AMB"},
        "period": {"start": str(AS_OF)},
    }  # fmt: skip
    rows = [{"resourceType": "Patient", "id": "r0"}, begun, met]
    card = "26-antidepressant-review/first"
    assert by_engine(rows)[card] == "does-not-apply" and by_hand(rows)[card] == "cannot-say"
    assert one_by_one(ByHand(rows, AS_OF), CARDS[card], LIMITS[card]) is False
    assert one_by_one(ByHand([rows[0]], AS_OF), CARDS[card], LIMITS[card]) is None
    assert differences(rows) == {}


def test_people_of_another_generator(shared) -> None:
    """Synthea's: who has died gets no advice from the engine, of all others both say the same."""
    wrong, living = {}, 0
    for file in sorted((shared / "data" / "synthea-r4").glob("*.json.gz")):
        rows = [entry["resource"] for entry in json.loads(gzip.decompress(file.read_bytes()))["entry"]]
        rows = [row for row in rows if row["resourceType"] in ("Patient", *SEARCHES)]
        [patient] = [row for row in rows if row["resourceType"] == "Patient"] or [None]
        if patient is None:
            continue
        if {"deceasedDateTime", "deceasedBoolean"} & patient.keys():
            assert by_engine(rows) == {}
            continue
        living += 1
        if found := differences([patient, *(row for row in rows if row is not patient)]):
            wrong[file.name] = found
    assert wrong == {} and living >= 10


@settings(max_examples=examples(100), deadline=None)
@given(rows=people(), unread=st.frozensets(st.sampled_from(SEARCHES), max_size=1))
def test_random_records(rows, unread) -> None:
    rows = [row for row in rows if row["resourceType"] not in unread]
    assert differences(rows, unread) == {}


@settings(max_examples=examples(200), deadline=None)
@given(rows=candidates(), unread=st.frozensets(st.sampled_from(OF_THE_PILOT), max_size=1))
def test_random_candidates_of_the_pilot(rows, unread) -> None:
    rows = [row for row in rows if row["resourceType"] not in unread]
    card = "33-pilot-eligibility/approach"
    event(by_hand(rows, unread)[card])
    assert by_engine(rows, unread)[card] == by_hand(rows, unread)[card]
