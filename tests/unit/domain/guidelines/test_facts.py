"""Facts of a record: what is known, between which ends, and why something is not known."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.fact import Between, FactValue, Why
from dashboard.domain.values.code_systems import ATC, LOINC, SNOMED, UCUM
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import library

ON = date(2026, 11, 23)
ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1950-05-01"}


def fact(name: str, *resources, unread=()) -> FactValue:
    terminology = load_terminology()
    rows = [{"id": f"r{number}", **each} for number, each in enumerate(resources)]
    record = read_record(rows, terminology, ON)
    return compute_facts(record, [library().facts[name]], terminology, ON, frozenset(unread))[name]


def observation(code: str, value, unit: str = "", when: str | None = "2026-11-01", **more):
    quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    if "comparator" in more:
        quantity["comparator"] = more.pop("comparator")
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        **({"effectiveDateTime": when} if when else {}),
        "valueQuantity": quantity,
        **more,
    }


def egfr(value, when: str | None = "2026-11-01", unit: str = "mL/min/{1.73_m2}", **more):
    return observation("98979-8", value, unit, when, **more)


def without_value(resource):
    return {name: value for name, value in resource.items() if name != "valueQuantity"}


def medicine(atc: str, **more):
    coded = {"coding": [{"system": ATC, "code": atc}], "text": atc} if atc else {"text": "a white tablet"}
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": coded,
        **more,
    }


def condition(code: str, **more):
    concept = {"coding": [{"system": SNOMED, "code": code}]}
    return {"resourceType": "Condition", "code": concept, "clinicalStatus": ACTIVE, **more}


def test_a_value_names_its_record_and_day() -> None:
    found = fact("egfr", egfr(50, "2026-01-01"), egfr(40))
    assert (found.value, str(found.when), [str(each) for each in found.records]) == (
        Decimal(40),
        "2026-11-01",
        ["Observation/r1"],
    )
    assert found.exact


@pytest.mark.parametrize(
    ("comparator", "ends"),
    [
        ("<", Between(None, Decimal(15), high_out=True)),
        ("<=", Between(None, Decimal(15))),
        (">", Between(Decimal(15), None, low_out=True)),
        (">=", Between(Decimal(15), None)),
    ],
)
def test_a_comparator_gives_two_ends(comparator: str, ends: Between) -> None:
    found = fact("egfr", egfr(15, comparator=comparator))
    assert found.value == ends and not found.exact
    assert ends.holds(Decimal(15)) is (comparator in ("<=", ">="))
    assert ends.holds(Decimal(1)) is comparator.startswith("<") and ends.holds(Decimal(99)) is not ends.holds(
        Decimal(1)
    )


def test_what_is_after_the_day_of_view_does_not_count() -> None:
    assert fact("egfr", egfr(50), egfr(20, "2026-12-01")).value == 50


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], Why.NOT_RECORDED),
        ([egfr(50, "2025-01-01")], Why.TOO_OLD),
        ([egfr(50), egfr(40, "2026-11-02", "mL/min")], Why.UNREADABLE),
        ([egfr(50), egfr(40, None, "mL/min")], Why.UNREADABLE),
        ([{"resourceType": "Observation", "modifierExtension": [{"url": "x"}]}], Why.UNREADABLE),
    ],
)
def test_why_a_value_is_not_known(rows, why: Why) -> None:
    found = fact("egfr", *rows)
    assert (found.value, found.why) == (None, why)


def test_a_value_that_cannot_be_brought_into_the_unit_of_the_fact_is_not_known() -> None:
    terminology = load_terminology()
    record = read_record([{"id": "r0", **egfr(50)}], terminology, ON)
    odd = replace(library().facts["egfr"], unit="furlongs")
    assert compute_facts(record, [odd], terminology, ON)["egfr"].why is Why.UNREADABLE
    record = read_record([{"id": "r0", **egfr(80, "2026-01-01")}, {"id": "r1", **egfr(50)}], terminology, ON)
    odd = replace(library().facts["egfr_fall"], unit="furlongs")
    assert compute_facts(record, [odd], terminology, ON)["egfr_fall"].why is Why.UNREADABLE


def test_an_older_value_in_an_unknown_unit_changes_nothing() -> None:
    assert fact("egfr", egfr(50), egfr(40, "2026-10-01", "mL/min")).value == 50


def test_a_failed_search_makes_every_fact_of_its_type_unknown() -> None:
    person = {**PATIENT, "birthDate": None}
    for each in library().facts.values():
        unread = {"Condition", "Observation", "MedicationRequest", "MedicationStatement", "Encounter", "Procedure"}
        found = fact(each.name, person, unread=unread)
        assert found.value is None and found.why in (Why.NOT_READ, Why.NOT_RECORDED), each.name
        assert found.why is Why.NOT_READ or each.name == "age"


def test_a_condition_is_there_or_not_or_suspected() -> None:
    provisional = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "provisional"}]
    }
    assert fact("heart_failure", condition("84114007", recordedDate="2020-01-01")).value is True
    assert fact("heart_failure", condition("44054006")).value is False
    suspected = fact("heart_failure", condition("84114007", verificationStatus=provisional))
    assert (suspected.value, suspected.why) == (None, Why.SUSPECTED)
    broken = fact("heart_failure", {"resourceType": "Condition", "clinicalStatus": ACTIVE})
    assert (broken.value, broken.why, str(broken.records[0])) == (None, Why.UNREADABLE, "Condition/r0")
    assert fact("heart_failure", condition("84114007"), {"resourceType": "Condition"}).value is True


def test_a_translated_code_counts_where_its_translation_is_safe() -> None:
    icd = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.9"}]}
    assert fact("heart_failure", {**condition("1"), "code": icd}).value is True


def test_the_stage_of_a_condition() -> None:
    stage = [{"summary": {"coding": [{"system": SNOMED, "code": "421704003"}]}}]
    assert fact("nyha_class", condition("84114007", stage=stage)).value == "NYHA II"
    assert fact("nyha_class", condition("84114007")).why is Why.NOT_RECORDED
    assert fact("nyha_class", condition("44054006", stage=stage)).why is Why.NOT_RECORDED
    assert fact("nyha_class", {"resourceType": "Condition"}).why is Why.UNREADABLE


def test_a_medicine_is_taken_or_not_or_nobody_can_tell() -> None:
    assert fact("nsaid", medicine("M01AE01", authoredOn="2026-01-01")).value is True
    assert fact("nsaid", medicine("M01AX05")).value is False
    assert fact("nsaid", medicine("S01BC03")).value is False
    assert fact("nsaid", medicine("M01AE01", doNotPerform=True)).value is False
    assert fact("nsaid", medicine("")).why is Why.NO_CLASS
    assert fact("sglt2_inhibitor", medicine("A10B")).why is Why.NO_CLASS
    assert fact("sglt2_inhibitor", medicine("A10BD35")).why is Why.NO_CLASS
    assert fact("mra", medicine("C03EB01")).why is Why.NO_CLASS
    assert fact("nsaid", medicine("N02AJ09")).why is Why.NO_CLASS
    assert fact("sglt2_inhibitor", medicine("A10BD05")).value is False
    assert fact("nsaid", medicine("M01AE01", status="on-hold")).why is Why.ON_HOLD
    over = {"dispenseRequest": {"validityPeriod": {"end": "2026-01-01"}}}
    assert fact("nsaid", medicine("M01AE01", **over)).why is Why.ON_HOLD
    broken = fact("nsaid", {"resourceType": "MedicationRequest", "status": "active", "intent": "order"})
    assert (broken.why, len(broken.records)) == (Why.UNREADABLE, 1)


def test_days_since_the_newest_substance_was_started() -> None:
    two = [medicine("C09AA05", authoredOn="2025-01-01"), medicine("C09CA01", authoredOn="2026-11-13")]
    repeat = medicine("C09CA01", authoredOn="2026-11-20")
    assert fact("days_since_raas_started", *two, repeat).value == 10
    assert fact("days_since_raas_started", medicine("C09AA05", authoredOn="2026-11-24")).value == 0  # for tomorrow
    assert fact("days_since_raas_started", *two, medicine("C09AA01")).why is Why.NOT_RECORDED
    assert fact("days_since_raas_started").why is Why.NOT_RECORDED
    assert fact("days_since_raas_started", {"resourceType": "MedicationRequest"}).why is Why.UNREADABLE
    assert fact("days_since_raas_started", medicine("C09AA05", authoredOn="2026")).value == Between(
        Decimal(0), Decimal(326)
    )


def test_medicines_are_counted_each_once_and_paused_ones_may_be_more() -> None:
    taken = [medicine("M01AE01"), medicine("M01AE01"), medicine("")]
    assert fact("medicine_count", *taken).value == 2
    assert fact("medicine_count", *taken, medicine("N06AB06", status="on-hold")).value == Between(
        Decimal(2), Decimal(3)
    )
    assert fact("medicine_count", {"resourceType": "MedicationRequest"}).why is Why.UNREADABLE


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ([egfr(80, "2026-01-01"), egfr(60)], Decimal(25)),
        ([egfr(60, "2026-01-01"), egfr(80)], Decimal(0)),
        ([egfr(80, "2025-10-01"), egfr(60)], None),
        ([egfr(80, "2026-01-01", comparator=">"), egfr(60)], None),
        ([egfr(0, "2026-01-01"), egfr(0)], None),
        ([egfr(60)], None),
        ([], None),
    ],
)
def test_a_fall_in_percent_of_the_highest_of_a_year(rows, value) -> None:
    assert fact("egfr_fall_percent", *rows).value == value


def test_a_rise_is_counted_from_the_lowest_of_the_days_before() -> None:
    weights = [observation("29463-7", value, "kg", f"2026-11-{day}") for value, day in ((80, 20), (79, 21), (82, 23))]
    assert fact("weight_gain_3_days", *weights).value == 3
    assert fact("egfr_fall", egfr(80, "2026-01-01"), egfr(60)).value == 20


def test_the_answer_to_a_question() -> None:
    def item(value, when: str | None = "2026-11-20"):
        return {**without_value(observation("44260-8", 0, "", when)), "valueInteger": value}

    assert fact("phq9_item_9", item(2), item(0, "2026-11-01")).value == 2
    assert fact("phq9_item_9", item(2, "2026-01-01")).why is Why.TOO_OLD
    assert fact("phq9_item_9", item(2, None)).why is Why.UNREADABLE
    assert fact("phq9_item_9").why is Why.NOT_RECORDED
    words = {**without_value(observation("44260-8", 0)), "valueString": "sometimes"}
    assert fact("phq9_item_9", words).why is Why.UNREADABLE


def test_days_since_something_was_done() -> None:
    assert fact("days_since_egfr", egfr(50, "2026-11-13"), egfr(50, "2026-12-24")).value == 10
    assert fact("days_since_egfr", egfr(50, "2026-11-13", "mL/min")).value == 10
    assert fact("days_since_egfr").value == Between(Decimal(730), None)
    assert fact("days_since_egfr", egfr(50, None)).why is Why.UNREADABLE
    broken = {"resourceType": "Observation", "modifierExtension": [{"url": "x"}]}
    assert fact("days_since_egfr", egfr(50, "2026-11-13"), broken).value == Between(Decimal(0), Decimal(10))
    assert fact("days_since_egfr", egfr(50, "2026-10"), broken).value == Between(Decimal(0), Decimal(53))
    assert fact("days_since_egfr", broken).why is Why.UNREADABLE


def test_a_check_may_be_a_procedure_and_one_that_was_not_read_may_be_later() -> None:
    def examined(when: str | None, status: str = "completed"):
        code = {"coding": [{"system": SNOMED, "code": "401191002"}]}
        dated = {"performedDateTime": when} if when else {}
        return {"resourceType": "Procedure", "status": status, "code": code, **dated}

    assert fact("days_since_foot_check", examined("2026-11-13"), examined("2026-11-20", "not-done")).value == 10
    assert fact("days_since_foot_check", examined(None)).why is Why.UNREADABLE
    assert fact("days_since_foot_check", examined("2026-11-13"), examined(None)).value == Between(
        Decimal(0), Decimal(10)
    )
    assert fact("days_since_foot_check", unread={"Procedure"}).why is Why.NOT_READ
    asked = [observation("72166-2", 1, "1", "2026-11-13")]
    assert fact("days_since_smoking_status", *asked).value == 10
    assert fact("days_since_smoking_status", *asked, unread={"Procedure"}).value == Between(Decimal(0), Decimal(10))
    assert fact("days_since_egfr", egfr(50, "2026-11-13"), unread={"Procedure"}).value == 10


def test_days_since_the_last_contact() -> None:
    def met(**more):
        return {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, **more}

    assert (
        fact("days_since_contact", met(period={"start": "2026-11-13"}), met(period={"start": "2027-01-01"})).value == 10
    )
    assert fact("days_since_contact", met(status="in-progress")).value == 0
    assert fact("days_since_contact", met(status="planned", period={"start": "2026-11-13"})).value == Between(
        Decimal(730), None
    )


def test_the_age_of_somebody_whose_birthday_is_not_known() -> None:
    assert fact("age", PATIENT).value == 76
    assert fact("age", {**PATIENT, "birthDate": "1950"}).value == Between(Decimal(75), Decimal(76))
    assert fact("age", {**PATIENT, "birthDate": None}).why is Why.NOT_RECORDED
    assert fact("age").why is Why.NOT_RECORDED
