"""Which facts of a record the rules of attention are given."""

from datetime import date

import pytest

from dashboard.domain.attention.patient_facts import PatientFacts, conditions_of, patient_facts
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import PartialDate, Reference
from tests.unit.domain.attention.test_assess import course

ON = date(2026, 11, 23)
PERSON = Person(id="p1", name=HumanName(), birth=PartialDate("1946-11-23"))


def problem(*keys: ConditionKey) -> Condition:
    return Condition(Reference("Condition", "c"), (), "", keys, None, None, "active", "confirmed")


def medicine(atc: str, status: str = "active") -> Medicine:
    return Medicine(Reference("MedicationRequest", "m"), "", (), atc, "", status, None, None)


def test_the_facts_are_those_of_the_record_with_the_age_on_the_day() -> None:
    results = course((Measure.HBA1C, "50", "2026-09-01"))
    done = {"foot": PartialDate("2026-03-01")}
    task = Task(Reference("Task", "t"), "1", "Ring", None, "requested", "routine", None, "", "", None, None)
    plan = CarePlanSummary(Reference("CarePlan", "c"), "1", "Shared plan", "active", "", None, None)
    contact, stages = PartialDate("2026-11-01"), {ConditionKey.CKD: "G3b"}
    made = patient_facts(
        PERSON,
        [problem(ConditionKey.CKD)],
        [medicine("A10BA02")],
        results,
        done,
        [task],
        plan,
        contact,
        stages,
        ON,
        {"Encounter"},
    )
    assert made == PatientFacts(
        conditions=(ConditionKey.CKD,),
        stages=stages,
        results=results,
        medicines_atc=("A10BA02",),
        checks_done=done,
        tasks=(task,),
        plan=plan,
        last_contact=contact,
        age=80,
        deceased=False,
        unread=frozenset({"Encounter"}),
    )


def facts_of(person: Person = PERSON, *medicines: Medicine) -> PatientFacts:
    return patient_facts(person, [], medicines, {}, {}, [], None, None, {}, ON)


def test_everything_was_read_unless_something_is_named() -> None:
    assert facts_of().unread == frozenset()


def test_only_active_medicines_of_a_known_class_count() -> None:
    assert facts_of(PERSON, medicine("A10BA02"), medicine(""), medicine("C09AA05", "stopped")).medicines_atc == (
        "A10BA02",
    )


@pytest.mark.parametrize(
    ("deceased", "expected"), [(False, False), (True, True), (PartialDate("2026-01-01"), True)], ids=str
)
def test_a_person_has_died_whether_or_not_the_day_is_known(deceased: PartialDate | bool, expected: bool) -> None:
    assert facts_of(Person(id="p1", name=HumanName(), deceased=deceased)).deceased is expected


def test_the_conditions_of_the_programme_are_each_listed_once_in_its_order() -> None:
    problems = [
        problem(ConditionKey.CKD, ConditionKey.OTHER),
        problem(ConditionKey.T2DM),
        problem(ConditionKey.CKD),
        problem(),
    ]
    assert conditions_of(problems) == (ConditionKey.T2DM, ConditionKey.CKD)
