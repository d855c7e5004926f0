"""The same value in another unit gives the same answer of every card; a value in an unknown unit gives "cannot say"."""

from decimal import Decimal

import pytest

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.evaluate import Outcome, finding
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.units import convert
from dashboard.fhir.guidelines.case_files import AS_OF
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import CASES, RULES, advice_of, library

UNITS = {
    "59261-8": (Measure.HBA1C, "mmol/mol", "%"),
    "14682-9": (Measure.CREATININE, "umol/L", "mg/dL"),
    "14959-1": (Measure.UACR, "mg/mmol", "mg/g"),
    "98979-8": (Measure.EGFR, "mL/min/{1.73_m2}", "mL/s/{1.73_m2}"),
    "2823-3": (Measure.POTASSIUM, "mmol/L", "meq/L"),
}
CASES_OF_ALL = [(rule, case) for rule in RULES for case in CASES[rule.id][0]]


def outcome(rule, case, resources) -> Outcome:
    """What the card of a case says of other resources."""
    advice = advice_of(rule, case)
    asked = [library().facts[name] for name in advice.condition.facts]
    record = read_record(resources, load_terminology(), AS_OF)
    return finding(rule, advice, compute_facts(record, asked, load_terminology(), AS_OF, case.unread)).outcome


def in_other_unit(resource, other: str | None):
    """The resource with its value in the other unit, where that brings the same number back; else as it is."""
    code = resource.get("code", {}).get("coding", [{}])[0].get("code")
    quantity = resource.get("valueQuantity", {})
    if code not in UNITS or quantity["unit"] != UNITS[code][1]:
        return resource
    measure, usual, known = UNITS[code]
    if other is not None:
        return {**resource, "valueQuantity": {**quantity, "unit": other, "code": other}}
    was = Quantity(Decimal(quantity["value"]), usual)
    now = convert(measure, was, known)
    if convert(measure, now, usual).value != was.value:  # rounded on the way: another number, as laboratories report it
        return resource
    return {**resource, "valueQuantity": {**quantity, "value": now.value, "unit": known, "code": known}}


def test_the_same_values_in_the_other_unit_give_the_same_answers() -> None:
    tried = 0
    for rule, case in CASES_OF_ALL:
        moved = [in_other_unit(resource, None) for resource in case.resources]
        if moved != list(case.resources):
            tried += 1
            assert outcome(rule, case, moved) == case.answer, case
    assert tried > 100


@pytest.mark.parametrize("code", UNITS)
def test_a_value_in_an_unknown_unit_never_makes_a_card_apply(code: str) -> None:
    measure = UNITS[code][0]
    asks = {fact.name for fact in library().facts.values() if measure in fact.measures and fact.kind != "since-done"}
    changed = 0
    for rule, case in CASES_OF_ALL:
        if not asks & set(advice_of(rule, case).condition.facts):
            continue
        moved = [
            in_other_unit(resource, "furlongs") if code in str(resource.get("code")) else resource
            for resource in case.resources
        ]
        if moved != list(case.resources):
            after = outcome(rule, case, moved)
            # A card that needs the value cannot say; one that another fact decides stays as it was.
            assert after in (Outcome.CANNOT_SAY, case.answer), case
            changed += after is not case.answer
    assert changed > 0
