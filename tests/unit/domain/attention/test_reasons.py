"""The facts that a reason carries: which result, compared with which, since when, how many, and from which record."""

from dataclasses import replace
from datetime import date

import pytest

from dashboard.domain.attention.assess import assess, checks_of, reasons_of
from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.domain.attention.reason import Check, Reason, ReasonKind
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import PartialDate, Reference
from tests.unit.domain.attention.test_assess import course

ON = date(2026, 11, 23)
NOTHING_READ = frozenset({"Observation", "Encounter", "CarePlan"})


def reasons(facts: PatientFacts) -> dict[str, Reason]:
    return {reason.detail: reason for reason in assess(facts, ON).reasons}


def task(name: str, due: str, priority: str = "routine") -> Task:
    return Task(Reference("Task", name), "1", "Ring", None, "requested", priority, None, "", "", None, PartialDate(due))


def late_tasks(*tasks: Task) -> Reason:
    return reasons(PatientFacts(tasks=tasks, unread=NOTHING_READ))["task-overdue"]


def test_a_reason_about_a_result_carries_it_the_one_before_its_day_and_its_record() -> None:
    results = course((Measure.POTASSIUM, "4.5", "2026-10-01"), (Measure.POTASSIUM, "6.1", "2026-11-20"))
    given = reasons(PatientFacts(results=results, unread=NOTHING_READ))
    assert given["potassium-dangerously-high"] == Reason(
        ReasonKind.DANGEROUS_RESULT,
        100,
        "potassium-dangerously-high",
        measure=Measure.POTASSIUM,
        result=results[Measure.POTASSIUM].latest,
        baseline=results[Measure.POTASSIUM].baseline,
        direction=results[Measure.POTASSIUM].direction,
        since=PartialDate("2026-11-20"),
        origin=Reference("Observation", "o1"),
        source="UK Kidney Association 2023: moderate from 6.0 mmol/L [M], draft",
    )


@pytest.mark.parametrize(
    ("detail", "measure", "values", "compared_with"),
    [
        ("egfr-fall-category", Measure.EGFR, ("62", "50", "44"), "62"),
        ("egfr-fall-15", Measure.EGFR, ("100", "90", "84"), "100"),
        ("haemoglobin-fall", Measure.HAEMOGLOBIN, ("140", "130", "119"), "140"),
        ("hba1c-rise", Measure.HBA1C, ("50", "56", "61"), "50"),
        ("phq9-rise", Measure.PHQ9, ("4", "6", "11"), "6"),
        ("ntprobnp-rise", Measure.NTPROBNP, ("900", "1000", "1300"), "1000"),
    ],
)
def test_a_change_in_a_year_is_reported_with_the_value_it_is_measured_from(
    detail: str, measure: Measure, values: tuple[str, str, str], compared_with: str
) -> None:
    days = ("2026-01-10", "2026-05-10", "2026-11-10")
    results = course(*((measure, value, day) for value, day in zip(values, days, strict=True)))
    facts = PatientFacts(conditions=tuple(ConditionKey), results=results, unread=NOTHING_READ)
    reason = reasons(facts)[detail]
    assert reason.baseline is not None and reason.result is not None
    assert (str(reason.baseline.value.value), str(reason.result.value.value)) == (compared_with, values[-1])


def test_a_gain_of_weight_is_reported_with_the_lowest_weight_of_the_three_days() -> None:
    weights = [(Measure.WEIGHT, value, f"2026-11-{day}") for value, day in (("81.5", 17), ("80", 18), ("81", 19))]
    results = course(*weights, (Measure.WEIGHT, "82.5", "2026-11-20"))
    reason = reasons(PatientFacts(conditions=(ConditionKey.HF,), results=results, unread=NOTHING_READ))
    previous = reason["weight-gain-in-days"].baseline
    assert previous is not None and str(previous.value.value) == "80"


def test_a_blood_pressure_is_reported_once_by_the_value_that_is_over_its_limit() -> None:
    results = course((Measure.SYSTOLIC, "150", "2026-11-20"), (Measure.DIASTOLIC, "121", "2026-11-20"))
    given = reasons(PatientFacts(results=results, unread=NOTHING_READ))
    assert set(given) == {"blood-pressure-severe"}
    assert given["blood-pressure-severe"].measure is Measure.DIASTOLIC


@pytest.mark.parametrize(("systolic_on", "diastolic_on"), [("2026-11-20", "2026-01-20"), ("2026-01-20", "2026-11-20")])
def test_a_blood_pressure_is_as_recent_as_its_newest_value(systolic_on: str, diastolic_on: str) -> None:
    results = course((Measure.SYSTOLIC, "190", systolic_on), (Measure.DIASTOLIC, "80", diastolic_on))
    assert "blood-pressure-severe" in reasons(PatientFacts(results=results, unread=NOTHING_READ))


def test_a_low_haemoglobin_that_also_fell_is_reported_as_the_fall() -> None:
    results = course((Measure.HAEMOGLOBIN, "125", "2026-02-01"), (Measure.HAEMOGLOBIN, "100", "2026-11-01"))
    given = reasons(PatientFacts(conditions=(ConditionKey.CKD,), results=results, unread=NOTHING_READ))
    assert set(given) == {"haemoglobin-fall"}


def test_a_dangerously_low_haemoglobin_is_not_reported_as_a_fall_too() -> None:
    results = course((Measure.HAEMOGLOBIN, "125", "2026-02-01"), (Measure.HAEMOGLOBIN, "69", "2026-11-01"))
    given = reasons(PatientFacts(conditions=(ConditionKey.CKD,), results=results, unread=NOTHING_READ))
    assert set(given) == {"haemoglobin-dangerously-low"}


def test_a_calcium_channel_blocker_is_reported_with_the_ejection_fraction_and_many_medicines_with_their_number() -> (
    None
):
    medicines = ("C08DB01", *(f"N02BE{number:02d}" for number in range(1, 11)), "N02BE01", "")
    results = course((Measure.LVEF, "35", "2023-03-01"))
    facts = PatientFacts((ConditionKey.HF,), results=results, medicines_atc=medicines, unread=NOTHING_READ)
    given = reasons(facts)
    assert given["rate-limiting-ccb-in-hfref"].result == results[Measure.LVEF].latest
    assert given["ten-or-more-medicines"].count == 11


def test_a_single_late_task_is_reported_with_its_record() -> None:
    reason = late_tasks(task("t1", "2026-11-01"), task("t2", "2026-11-23"))
    assert (reason.count, reason.points) == (1, 4)
    assert (reason.due, reason.origin) == (date(2026, 11, 1), Reference("Task", "t1"))


def test_several_late_tasks_are_reported_with_the_earliest_due_date_and_no_single_record() -> None:
    reason = late_tasks(task("t1", "2026-11-01"), task("t2", "2026-10"), task("t3", "2026-11-02"))
    assert (reason.count, reason.points) == (3, 8)
    assert (reason.due, reason.origin) == (date(2026, 10, 31), None)


@pytest.mark.parametrize(("count", "points"), [(1, 4), (2, 6), (3, 8), (4, 10), (5, 10)])
def test_each_further_late_task_counts_two_points_up_to_ten(count: int, points: int) -> None:
    assert late_tasks(*(task(f"t{n}", "2026-11-01") for n in range(count))).points == points


@pytest.mark.parametrize(("priority", "points"), [("routine", 4), ("urgent", 8), ("asap", 8), ("stat", 8)])
def test_an_urgent_late_task_counts_four_more(priority: str, points: int) -> None:
    assert late_tasks(task("t1", "2026-11-01", priority)).points == points
    assert late_tasks(task("t1", "2026-11-01"), task("t2", "2026-12-01", priority)).points == 4, "not late yet"


def test_urgent_points_come_on_top_of_the_most_that_late_tasks_count() -> None:
    assert late_tasks(*(task(f"t{n}", "2026-11-01", "urgent") for n in range(6))).points == 14


def with_checks(**last_done: str) -> dict[str, Reason]:
    """The reasons for a heart failure patient whose blood pressure, kidneys, potassium and PHQ-9 are checked."""
    days = {"blood_pressure": "2026-11-01", "egfr": "2026-11-01", "potassium": "2026-11-01", "phq9": "2026-11-01"}
    done = {key.replace("_", "-"): PartialDate(day) for key, day in {**days, **last_done}.items() if day != "never"}
    facts = PatientFacts(conditions=(ConditionKey.HF,), checks_done=done, unread=frozenset({"Encounter", "CarePlan"}))
    return reasons(facts)


def test_a_single_overdue_check_is_reported_with_its_measure_when_it_was_last_done_and_its_source() -> None:
    (reason,) = with_checks(potassium="2026-05-01").values()
    assert reason == Reason(
        ReasonKind.CHECK_OVERDUE,
        2,
        "potassium-overdue",
        measure=Measure.POTASSIUM,
        since=PartialDate("2026-05-01"),
        due=date(2026, 10, 31),
        source="NICE NG106, September 2025 [M], draft",
    )


def test_a_single_check_that_was_never_done_has_no_due_date() -> None:
    (reason,) = with_checks(potassium="never").values()
    assert (reason.detail, reason.since, reason.due) == ("potassium-overdue", None, None)


def test_several_overdue_checks_are_reported_with_the_earliest_due_date() -> None:
    (reason,) = with_checks(potassium="2026-05-01", egfr="2026-04-01", phq9="2025-11-01").values()
    assert (reason.detail, reason.count, reason.points, reason.due) == ("checks-overdue", 3, 6, date(2026, 10, 1))
    assert (reason.measure, reason.since) == (None, None)
    assert reason.source == "2 for each check to 10; the intervals have their sources, draft"


def test_of_several_overdue_checks_one_that_was_never_done_comes_first() -> None:
    (reason,) = with_checks(potassium="2026-05-01", egfr="never").values()
    assert (reason.detail, reason.count, reason.points, reason.due) == ("checks-overdue", 2, 4, None)


def test_the_earliest_of_several_overdue_checks_is_reported_in_whatever_order_they_are_given() -> None:
    results = course((Measure.HBA1C, "50", "2026-05-01"), (Measure.EGFR, "80", "2025-10-01"))
    facts = PatientFacts((ConditionKey.T2DM,), results=results, unread=NOTHING_READ)
    known = checks_of(replace(facts, unread=frozenset()), ON)
    done = [check for check in known if check.last is not None]
    for checks, due in ((done, date(2026, 10, 1)), (known, None)):
        for order in (checks, checks[::-1]):
            (reason,) = [each for each in reasons_of(facts, ON, tuple(order)) if each.detail == "checks-overdue"]
            assert reason.due == due


def test_overdue_checks_count_ten_points_at_most() -> None:
    facts = PatientFacts(conditions=(ConditionKey.T2DM,), unread=frozenset({"Encounter", "CarePlan"}))
    (reason,) = reasons(facts).values()
    assert (reason.count, reason.points) == (7, 10)


def test_the_review_of_a_plan_is_reported_with_its_day_and_the_plan() -> None:
    plan = CarePlanSummary(Reference("CarePlan", "c1"), "1", "Shared plan", "active", "", None, date(2026, 11, 22))
    reason = reasons(PatientFacts(plan=plan, unread=NOTHING_READ))["plan-review-overdue"]
    assert (reason.due, reason.origin) == (date(2026, 11, 22), Reference("CarePlan", "c1"))


def test_a_missing_contact_is_reported_with_the_last_one() -> None:
    last = PartialDate("2026-05-01")
    assert reasons(PatientFacts(last_contact=last, unread=NOTHING_READ))["no-contact"].since == last


def new_since(contact: str, *values: tuple[Measure, str, str]) -> dict[str, Reason]:
    return reasons(PatientFacts(results=course(*values), last_contact=PartialDate(contact), unread=NOTHING_READ))


def test_a_new_abnormal_result_is_reported_with_itself() -> None:
    (reason,) = new_since("2026-11-01", (Measure.SODIUM, "148", "2026-11-20")).values()
    assert (reason.detail, reason.count, reason.measure) == ("abnormal-since-contact", 1, Measure.SODIUM)
    assert (reason.since, reason.origin) == (PartialDate("2026-11-20"), Reference("Observation", "o0"))


def test_of_several_new_abnormal_results_the_first_day_is_reported() -> None:
    values = (
        (Measure.SODIUM, "148", "2026-11-21"),
        (Measure.UACR, "5", "2026-11-20"),
        (Measure.EGFR, "50", "2026-10-31"),
        (Measure.LDL, "9", "2026-11-20"),
        (Measure.POTASSIUM, "4.5", "2026-11-20"),
        (Measure.HAEMOGLOBIN, "60", "2026-11-20"),
    )
    given = new_since("2026-11-01", *values)
    assert set(given) == {"haemoglobin-dangerously-low", "abnormal-since-contact"}
    reason = given["abnormal-since-contact"]
    assert (reason.count, reason.since, reason.measure) == (2, PartialDate("2026-11-20"), None)


def test_reasons_of_equal_points_are_in_the_order_of_kinds_then_of_the_scale() -> None:
    results = course(
        (Measure.POTASSIUM, "2.9", "2026-11-20"),
        (Measure.SODIUM, "120", "2026-11-20"),
        (Measure.HAEMOGLOBIN, "60", "2026-11-20"),
        (Measure.SYSTOLIC, "200", "2026-11-20"),
    )
    facts = PatientFacts((ConditionKey.HF,), results=results, medicines_atc=("A10BG03", "C09AA05", "C09DX04"))
    assert [reason.detail for reason in assess(facts, ON).reasons if reason.points >= 20] == [
        "potassium-dangerously-low",
        "sodium-dangerously-low",
        "haemoglobin-dangerously-low",
        "blood-pressure-severe",
        "pioglitazone-in-hf",
        "ace-inhibitor-with-arni",
    ]


def test_an_assessment_holds_all_checks_and_the_overdue_ones_in_the_same_order() -> None:
    results = course((Measure.HBA1C, "50", "2026-05-01"), (Measure.EGFR, "80", "2026-10-01"))
    facts = PatientFacts((ConditionKey.T2DM,), results=results, last_contact=PartialDate("2026-11-20"))
    made = assess(facts, ON)
    assert [check.key for check in made.checks] == [
        "uacr",
        "blood-pressure",
        "lipids",
        "bmi",
        "phq9",
        "hba1c",
        "egfr",
    ]
    assert made.overdue == made.checks[:6]
    assert made.urgency == sum(reason.points for reason in made.reasons) == 14


def test_a_check_carries_its_measure_condition_dates_interval_and_source() -> None:
    facts = PatientFacts(
        (ConditionKey.T2DM,),
        results=course((Measure.HBA1C, "50", "2026-05-01")),
        checks_done={"foot": PartialDate("2026-03-01")},
    )
    checks = {check.key: check for check in assess(facts, ON).checks}
    assert checks["hba1c"] == Check(
        Measure.HBA1C,
        "hba1c",
        ConditionKey.T2DM,
        PartialDate("2026-05-01"),
        date(2026, 10, 31),
        183,
        "NICE NG28, 2015, amended 2026 [S], draft",
    )
    assert checks["foot"] == Check(
        None,
        "foot",
        ConditionKey.T2DM,
        PartialDate("2026-03-01"),
        date(2027, 3, 1),
        365,
        "NHS diabetes care processes, 2023 [M], draft",
    )


def test_a_check_recorded_for_a_later_day_counts_from_today() -> None:
    facts = PatientFacts((ConditionKey.T2DM,), checks_done={"foot": PartialDate("2026")})
    (foot,) = [check for check in assess(facts, ON).checks if check.key == "foot"]
    assert foot.due == date(2027, 11, 23)
