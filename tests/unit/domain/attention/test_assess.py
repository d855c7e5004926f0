"""What the assessment takes from a record that is incomplete, and what it leaves out."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from dashboard.domain.attention.assess import Assessment, assess, checks_of
from dashboard.domain.attention.comparisons import a_year_before, above, at_least, below
from dashboard.domain.attention.patient_facts import PatientFacts, age
from dashboard.domain.attention.trend import is_news, key_results
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KeyResult, Measure, Result
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.units import CANONICAL_UNIT

ON = date(2026, 11, 23)


def course(*values: tuple[Measure, str, str]) -> dict[Measure, KeyResult]:
    """Key results of (measure, value with comparator, date)."""
    results = []
    for number, (measure, text, when) in enumerate(values):
        comparator = text[0] if text[0] in "<>" else ""
        quantity = Quantity(Decimal(text.lstrip("<>")), CANONICAL_UNIT[measure], comparator)
        origin = Reference("Observation", f"o{number}")
        results.append(Result(measure, quantity, PartialDate(when), quantity, False, origin))
    return key_results(results, ON)


def key(*texts_and_dates: tuple[str, str], measure: Measure = Measure.EGFR) -> KeyResult:
    return course(*((measure, text, when) for text, when in texts_and_dates))[measure]


def test_nobody_who_has_died_has_reasons_or_checks() -> None:
    facts = PatientFacts(conditions=(ConditionKey.T2DM,), deceased=True)
    assert assess(facts, ON) == Assessment()


def test_a_check_without_a_value_counts_from_the_day_it_was_done() -> None:
    done = {"foot": PartialDate("2026-03-01"), "hba1c": PartialDate("2026-10-01")}
    facts = PatientFacts(conditions=(ConditionKey.T2DM,), checks_done=done)
    checks = {check.key: check for check in checks_of(facts, ON)}
    assert checks["foot"].last == PartialDate("2026-03-01") and checks["foot"].due == date(2027, 3, 1)
    assert checks["hba1c"].last == PartialDate("2026-10-01"), "a check recorded without its value was done all the same"
    assert "eyes" not in checks, "nobody looked for eye screening, so its absence says nothing"


@pytest.mark.parametrize("contact", [PartialDate("2026-10-01"), None], ids=str)
def test_a_heart_failure_review_counts_from_the_last_contact(contact: PartialDate | None) -> None:
    facts = PatientFacts(conditions=(ConditionKey.HF,), last_contact=contact)
    (review,) = [check for check in checks_of(facts, ON) if check.key == "hf-review"]
    assert (review.last, review.due) == (contact, ON if contact is None else date(2026, 10, 1) + timedelta(days=183))


def test_the_latest_egfr_and_uacr_say_how_often_the_kidneys_are_checked() -> None:
    results = course((Measure.EGFR, "25", "2026-11-01"), (Measure.UACR, "50", "2026-11-01"))
    facts = PatientFacts(conditions=(ConditionKey.CKD,), results=results)
    intervals = {check.key: check.interval_days for check in checks_of(facts, ON)}
    assert (intervals["egfr"], intervals["uacr"]) == (122, 365)


def test_of_a_check_and_a_value_the_later_day_counts() -> None:
    measured = course((Measure.HBA1C, "50", "2026-09-01"))
    for recorded, expected in (("2026-10-01", "2026-10-01"), ("2026-08-01", "2026-09-01")):
        facts = PatientFacts(
            conditions=(ConditionKey.T2DM,), results=measured, checks_done={"hba1c": PartialDate(recorded)}
        )
        (check,) = [each for each in checks_of(facts, ON) if each.key == "hba1c"]
        assert check.last == PartialDate(expected)


def test_what_could_not_be_read_is_not_held_against_the_patient() -> None:
    facts = PatientFacts(conditions=tuple(ConditionKey)[:4])
    assert {reason.detail for reason in assess(facts, ON).reasons} >= {"no-plan", "no-contact-in-window"}
    blind = replace(facts, unread=frozenset({"Observation", "Encounter", "CarePlan"}))
    assert assess(blind, ON) == Assessment()
    without_contacts = replace(facts, unread=frozenset({"Encounter"}))
    assert "hf-review" not in {check.key for check in checks_of(without_contacts, ON)}


def test_several_new_abnormal_results_are_one_reason_with_their_number() -> None:
    results = course((Measure.SODIUM, "148", "2026-11-20"), (Measure.UACR, "5", "2026-11-21"))
    facts = PatientFacts(results=results, last_contact=PartialDate("2026-11-01"), unread=frozenset({"CarePlan"}))
    (reason,) = assess(facts, ON).reasons
    assert (reason.detail, reason.count, reason.since) == ("abnormal-since-contact", 2, PartialDate("2026-11-20"))


@pytest.mark.parametrize(
    ("text", "limit", "answers"),
    [
        ("60", "60", (True, False, False)),
        ("60.1", "60", (True, True, False)),
        ("59.9", "60", (False, False, True)),
        (">60", "60", (True, True, False)),
        (">59", "60", (False, False, False)),
        ("<60", "60", (False, False, True)),
        ("<61", "60", (False, False, False)),
    ],
)
def test_a_comparison_is_true_only_where_it_is_certain(text: str, limit: str, answers: tuple[bool, bool, bool]) -> None:
    result = key((text, "2026-11-20"))
    assert (at_least(result, limit), above(result, limit), below(result, limit)) == answers
    assert (at_least(None, limit), above(None, limit), below(None, limit)) == (False, False, False)


def test_the_value_a_year_before_is_the_oldest_plain_one_of_twelve_months() -> None:
    series = (("90", "2025-11-18"), ("<80", "2025-12-01"), ("70", "2026-01-01"), ("60", "2026-11-20"))
    before = a_year_before(key(*series))
    assert before is not None and before.when == PartialDate("2026-01-01")
    on_the_limit = a_year_before(key(("90", "2025-11-19"), ("60", "2026-11-20")))
    assert on_the_limit is not None, "366 days before is within the year"
    assert a_year_before(key(("90", "2026-01-01"), ("<15", "2026-11-20"))) is None, "nothing is less than a comparator"
    assert a_year_before(key(("90", "2026-11-20"), ("60", "2026-11-20"))) is None, "the same day is no earlier value"


def test_a_result_is_news_only_after_a_known_contact() -> None:
    result = key(("50", "2026-11-20"))
    assert is_news(result, PartialDate("2026-11-19"))
    assert not is_news(result, PartialDate("2026-11-20"))
    assert not is_news(result, None)


@pytest.mark.parametrize(
    ("birth", "years"), [("1946-11-23", 80), ("1946-11-24", 79), ("1946", 79), ("1946-10", 80), ("1946-11", 79)]
)
def test_age_counts_the_years_that_are_certain(birth: str, years: int) -> None:
    person = Person(id="p1", name=HumanName(), birth=PartialDate(birth))
    assert age(person, ON) == years
    assert age(replace(person, birth=None), ON) is None


def test_an_overdue_check_is_overdue_the_day_after_it_was_due() -> None:
    last = ON - timedelta(days=183)
    facts = PatientFacts(conditions=(ConditionKey.T2DM,), results=course((Measure.HBA1C, "50", last.isoformat())))
    due_today = {check.key for check in assess(facts, ON).overdue}
    assert "hba1c" not in due_today
    assert "hba1c" in {check.key for check in assess(facts, ON + timedelta(days=1)).overdue}
