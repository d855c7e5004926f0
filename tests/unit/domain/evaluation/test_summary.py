"""The summary of a few people whose numbers can be worked out in one's head."""

from datetime import date, timedelta

import pytest

from dashboard.domain.evaluation.facts import Participant
from dashboard.domain.evaluation.intervals import Estimate
from dashboard.domain.evaluation.measure import BEFORE, EvaluationMeasure, Statistic, Window
from dashboard.domain.evaluation.measure_patient import Missing, PatientMeasure, slope_of
from dashboard.domain.evaluation.strata import StratumKind, arm_of, condition_stratum, pairs
from dashboard.domain.evaluation.summary import Evaluated, SummaryRow, rounded, summarise
from dashboard.domain.pilot.enrolment import Arm
from dashboard.domain.record.condition import ConditionKey

HALF = Window("6 months", 121, 243, 182)


def measure(statistic: Statistic) -> EvaluationMeasure:
    return EvaluationMeasure(
        "m", "M", statistic, "n", "d", "1", Window(BEFORE, -183, 0), (HALF,), "source", "edition"
    )  # fmt: skip


def person(number: int, before: float | None, after: float | None, arm: str = "intervention") -> Evaluated:
    who = Participant((f"p{number}",), arm, 4, f"s{number % 2}", date(2025, 1, 1))
    made = tuple(
        PatientMeasure("m", name, value, Missing.NO_RECORD if value is None else Missing.NONE, int(value or 0), 1.0)
        for name, value in ((BEFORE, before), (HALF.name, after))
    )
    keys = frozenset({ConditionKey.T2DM, ConditionKey.CKD if number % 2 else ConditionKey.HF})
    return Evaluated(who, keys, made)


def whole(rows: list[SummaryRow], arm: Arm = Arm.INTERVENTION) -> SummaryRow:
    [found] = [each for each in rows if each.kind is StratumKind.ALL and each.arm is arm]
    return found


def test_the_change_is_the_mean_of_the_paired_differences() -> None:
    people = [person(n, 60 + n, 55 + n) for n in range(20)] + [person(50 + n, 90, None) for n in range(10)]
    rows = summarise(people, [measure(Statistic.VALUE)])
    found = whole(rows)
    assert (found.people.value, found.both.value, found.missing.value) == (30, 20, 10)
    assert (found.mean_before, found.mean_after) == (69.5, 64.5)
    assert found.change == Estimate(-5, -5, -5)
    assert {(each.kind, each.stratum) for each in rows} == {
        (StratumKind.ALL, ""), (StratumKind.SITE, "s0"), (StratumKind.SITE, "s1"),
        (StratumKind.CONDITIONS, "T2DM+CKD"), (StratumKind.CONDITIONS, "T2DM+HF"),
    }  # fmt: skip


def test_the_comparison_arm_stands_apart() -> None:
    people = [person(n, 60, 50) for n in range(20)] + [person(n, 60, 61, "comparison") for n in range(20)]
    rows = summarise(people, [measure(Statistic.VALUE)])
    assert whole(rows).change == Estimate(-10, -10, -10)
    assert whole(rows, Arm.COMPARISON).change == Estimate(1, 1, 1)
    assert arm_of("") is arm_of("anything") is Arm.INTERVENTION


def test_a_rate_has_a_ratio() -> None:
    people = [person(n, 2 if n < 10 else 0, 1 if n < 10 else 0) for n in range(20)]
    found = whole(summarise(people, [measure(Statistic.RATE)]))
    assert (found.mean_before, found.mean_after) == (1, 0.5)
    assert found.change is not None and found.change.value == 0.5
    assert rounded(found, measure(Statistic.RATE)).change is not None


def test_fewer_than_five_are_held_back() -> None:
    found = whole(summarise([person(n, 60, 50) for n in range(4)], [measure(Statistic.VALUE)]))
    assert found.held_back and found.change is None and found.mean_before is None and found.both.value is None
    empty = whole(summarise([person(n, None, None) for n in range(20)], [measure(Statistic.VALUE)]))
    assert empty.change is None and rounded(empty, measure(Statistic.VALUE)) == empty


def test_a_number_is_rounded_as_it_is_shown() -> None:
    people = [person(n, 60 + n / 3, 60) for n in range(20)]
    shown = rounded(whole(summarise(people, [measure(Statistic.VALUE)])), measure(Statistic.VALUE))
    assert shown.mean_before == 63.2 and shown.change is not None and shown.change.value == -3.2


def test_every_person_is_in_one_condition_stratum() -> None:
    assert condition_stratum([ConditionKey.DEPRESSION, ConditionKey.T2DM]) == "T2DM+DEPRESSION"
    assert condition_stratum([ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD]) == "3+"
    assert condition_stratum([]) == condition_stratum([ConditionKey.HF, ConditionKey.OTHER]) == "0-1"
    assert len(pairs()) == len(set(pairs())) == 8


def test_a_window_has_days() -> None:
    day = date(2025, 1, 1)
    assert HALF.days(day) == (day + timedelta(121), day + timedelta(243))
    assert slope_of([(0, 50), (1, 48), (2, 46)]) == pytest.approx(-2)
