"""The categories of kidney disease at their limits, and the days that checks are counted from."""

from decimal import Decimal

import pytest

from dashboard.domain.attention.checks import (
    CHECK_KEYS,
    MEASURED_BY,
    albuminuria_category,
    due_checks,
    gfr_category,
    kidney_interval,
    last_measured,
)
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.units import CANONICAL_UNIT
from tests.unit.domain.attention.test_assess import ON, course


def result(measure: Measure, text: str) -> Result:
    quantity = Quantity(Decimal(text.lstrip("<>=")), CANONICAL_UNIT[measure], text.rstrip("0123456789."))
    return Result(measure, quantity, PartialDate("2026-11-01"), quantity, False, Reference("Observation", "o"))


@pytest.mark.parametrize(
    ("egfr", "category"),
    [
        ("90", "G1"),
        (">90", "G1"),
        ("<90", "G2"),
        ("89.9", "G2"),
        ("60", "G2"),
        ("59.9", "G3a"),
        ("45", "G3a"),
        ("44.9", "G3b"),
        ("30", "G3b"),
        ("29.9", "G4"),
        ("15", "G4"),
        (">15", "G4"),
        ("<15", "G5"),
        ("14.9", "G5"),
        ("0", "G5"),
        ("<0", "G5"),
    ],
)
def test_each_g_category_begins_at_its_least_egfr(egfr: str, category: str) -> None:
    assert gfr_category(result(Measure.EGFR, egfr)) == category


@pytest.mark.parametrize(
    ("uacr", "category"),
    [
        ("2.9", "A1"),
        ("<3", "A1"),
        ("3", "A2"),
        (">3", "A2"),
        ("<4", "A2"),
        ("3.5", "A2"),
        ("30", "A2"),
        ("<30", "A2"),
        (">29", "A2"),
        (">30", "A3"),
        ("30.1", "A3"),
        (">31", "A3"),
    ],
)
def test_a2_is_from_3_to_30(uacr: str, category: str) -> None:
    assert albuminuria_category(result(Measure.UACR, uacr)) == category


def test_without_a_result_there_is_no_category() -> None:
    assert (gfr_category(None), albuminuria_category(None)) == ("", "")


@pytest.mark.parametrize(
    ("stage", "egfr", "days"),
    [("", "", 365), ("", "20", 183), ("G4", "", 183), ("G4", "50", 183), ("G2", "20", 183), ("G5", "50", 91)],
)
def test_the_kidneys_are_checked_as_often_as_the_worse_of_stage_and_egfr_asks(stage: str, egfr: str, days: int) -> None:
    assert kidney_interval(stage, course((Measure.EGFR, egfr, "2026-11-01")) if egfr else {}) == days


@pytest.mark.parametrize(
    ("egfr", "days"),
    [
        ("90", (365, 365, 365)),
        ("60", (365, 365, 365)),
        ("45", (365, 365, 183)),
        ("30", (365, 183, 183)),
        ("15", (183, 183, 122)),
        ("10", (91, 91, 91)),
    ],
)
def test_the_kidneys_are_checked_as_often_as_the_table_of_nice_says(egfr: str, days: tuple[int, int, int]) -> None:
    known = (Measure.EGFR, egfr, "2026-11-01")
    uacr = [course(known, (Measure.UACR, text, "2026-11-01")) for text in ("2", "10", "50")]
    assert tuple(kidney_interval("", results) for results in uacr) == days
    assert kidney_interval("", course(known)) == days[0], "without a uACR the first column counts"


@pytest.mark.parametrize(
    ("stages", "days"),
    [({ConditionKey.CKD: "G4"}, 183), ({ConditionKey.HF: "G4"}, 365), ({}, 365)],
)
def test_only_the_stage_of_the_kidney_disease_counts_for_the_kidneys(
    stages: dict[ConditionKey, str], days: int
) -> None:
    (check,) = due_checks([ConditionKey.CKD], stages, {"egfr": None}, [], ON)
    assert check.interval_days == days


@pytest.mark.parametrize(
    ("medicines", "days"),
    [([], []), (["A10BA02"], []), (["C09AA05"], [365]), (["C09CA01"], [365]), (["C09AA05", "C03DA01"], [183])],
)
def test_a_check_for_a_medicine_is_asked_for_where_the_patient_takes_it(medicines: list[str], days: list[int]) -> None:
    checks = due_checks([ConditionKey.CKD], {}, {"potassium": None}, medicines, ON)
    assert [check.interval_days for check in checks] == days


@pytest.mark.parametrize(("stage", "days"), [("", 365), ("G3", 183), ("G3a", 183), ("G3b", 183), ("G4", 122)])
def test_a_stage_3_without_a_or_b_is_read_as_3a(stage: str, days: int) -> None:
    assert kidney_interval(stage, course((Measure.UACR, "50", "2026-11-01"))) == days


def test_each_measured_check_was_last_done_on_the_latest_day_of_any_of_its_measures() -> None:
    results = course((Measure.EGFR, "50", "2026-01-01"), (Measure.CREATININE, "90", "2026-03-01"))
    assert last_measured(results) == {**dict.fromkeys(MEASURED_BY), "egfr": PartialDate("2026-03-01")}


def test_checks_are_in_the_order_of_their_days_those_never_done_first_in_the_order_of_the_keys() -> None:
    done = {
        "foot": PartialDate("2026-03-01"),
        "hba1c": PartialDate("2026-10-01"),
        "eyes": PartialDate("2026-03-01"),
        "bmi": None,
        "uacr": None,
    }
    checks = due_checks([ConditionKey.T2DM], {}, done, [], ON)
    assert [check.key for check in checks] == ["uacr", "bmi", "foot", "eyes", "hba1c"]
    assert CHECK_KEYS.index("uacr") < CHECK_KEYS.index("bmi")


def test_of_two_conditions_with_the_same_interval_the_first_rule_is_cited() -> None:
    conditions = [ConditionKey.CKD, ConditionKey.T2DM]
    (check,) = due_checks(conditions, {}, {"uacr": None}, [], ON)
    assert (check.condition, check.source) == (ConditionKey.T2DM, "ADA Standards of Care 11.1, 2024 [V], draft")


def test_the_condition_with_the_shorter_interval_is_cited() -> None:
    (check,) = due_checks([ConditionKey.T2DM, ConditionKey.HF], {}, {"egfr": None}, [], ON)
    assert (check.condition, check.interval_days) == (ConditionKey.HF, 183)


def test_a_check_of_the_future_counts_from_today() -> None:
    (check,) = due_checks([ConditionKey.T2DM], {}, {"foot": PartialDate("2027")}, [], ON)
    assert (check.due - ON).days == 365
