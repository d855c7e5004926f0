"""Which three or four measurements a room looks at: urgent, then missing the goal, then outside the usual range, then
changed beyond noise; what is more than a year old comes last. The day of view is 23 November 2026.
"""

# The tables are wider than code may be.
# ruff: noqa: E501

from dataclasses import replace

import pytest

from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.curves import LEAST_CURVES, MOST_CURVES, Weight, curves_that_matter
from tests.spec.test_severity import target_of
from tests.spec.words import Line, lines, results

CURVES = """
    results                                                                                                                              | targets                                          | urgent    | shown                                                             | others                       | because
    potassium 5.9 mmol/L 2026-11-22; HbA1c 62 mmol/mol 2026-11-11; eGFR 38 mL/min/{1.73_m2} 2026-11-22; LVEF 55 % 2026-04-01               | HbA1c < 53 mmol/mol                              | POTASSIUM | URGENT POTASSIUM; MISSES_GOAL HBA1C; OUTSIDE EGFR                 | STEADY LVEF                  | the order of the marks, and nothing else matters
    sodium 139 mmol/L 2026-11-01; HbA1c 62 mmol/mol 2026-11-11                                                                           |                                                  |           | OUTSIDE HBA1C; STEADY SODIUM                                      |                              | two measurements are known: two curves
    sodium 139 mmol/L 2026-11-01; potassium 4.1 mmol/L 2026-11-02; HbA1c 44 mmol/mol 2026-10-01; LVEF 60 % 2026-01-01                      |                                                  |           | STEADY POTASSIUM; STEADY SODIUM; STEADY HBA1C                     | STEADY LVEF                  | that all is steady is worth knowing: the newest three
    HbA1c 62 mmol/mol 2026-11-11; eGFR 38 mL/min/{1.73_m2} 2026-11-22; BMI 33 kg/m2 2026-11-20; potassium 5.6 mmol/L 2026-11-21; PHQ-9 12 {score} 2026-11-19 |                                  |           | OUTSIDE EGFR; OUTSIDE POTASSIUM; OUTSIDE BMI; OUTSIDE PHQ9        | OUTSIDE HBA1C                | at most four, of equal weight the newest
    HbA1c 62 mmol/mol 2024-11-11; uACR 26 mg/mmol 2024-12-05; sodium 139 mmol/L 2026-11-01; potassium 4.1 mmol/L 2026-11-02; LVEF 60 % 2026-01-01 | HbA1c < 53 mmol/mol                     |           | STEADY POTASSIUM; STEADY SODIUM; STEADY LVEF                      | MISSES_GOAL HBA1C; OUTSIDE UACR | more than a year old says little of today
    HbA1c 62 mmol/mol 2024-11-11; uACR 26 mg/mmol 2024-12-05                                                                             | HbA1c < 53 mmol/mol                              |           | MISSES_GOAL HBA1C; OUTSIDE UACR                                   |                              | and is shown where there is nothing else
    systolic 148 mm[Hg] 2026-11-11; diastolic 82 mm[Hg] 2026-11-11; sodium 139 mmol/L 2026-11-01                                         | systolic < 140 mm[Hg]                            |           | MISSES_GOAL SYSTOLIC+DIASTOLIC; STEADY SODIUM                     |                              | two pressures of one reading are one curve, with the weight of the graver
    systolic 128 mm[Hg] 2026-11-11; diastolic 95 mm[Hg] 2026-11-11                                                                       |                                                  |           | OUTSIDE SYSTOLIC+DIASTOLIC                                        |                              | whichever it is
    systolic 128 mm[Hg] 2026-11-11; diastolic 95 mm[Hg] 2026-10-11                                                                       |                                                  |           | OUTSIDE DIASTOLIC; STEADY SYSTOLIC                                |                              | of two days they are two
    potassium 4.0 mmol/L 2026-05-01; potassium 4.8 mmol/L 2026-11-01; HbA1c 62 mmol/mol 2026-10-01; sodium 139 mmol/L 2026-11-20          |                                                  |           | OUTSIDE HBA1C; CHANGED POTASSIUM; STEADY SODIUM                   |                              | changed comes after outside the usual range
    creatinine 90 umol/L 2026-05-01; creatinine 130 umol/L 2026-11-01; sodium 139 mmol/L 2026-10-01; LVEF 60 % 2026-01-01; potassium 4.1 mmol/L 2026-11-02 |               |           | STEADY POTASSIUM; STEADY SODIUM; STEADY LVEF                      | CHANGED CREATININE           | eGFR conveys what creatinine does
    creatinine 130 umol/L 2026-11-01; sodium 139 mmol/L 2026-10-01                                                                       | creatinine < 110 umol/L                          |           | MISSES_GOAL CREATININE; STEADY SODIUM                             |                              | unless it has a mark
"""


def words(curves: object) -> list[str]:
    return [f"{each.weight.name} {'+'.join(each.measures)}" for each in curves]  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", lines(CURVES), ids=lambda line: f"{line.results}: {line.because}")
def test_the_curves_that_matter(line: Line) -> None:
    targets = [target_of(part) for part in line.parts("targets")]
    known = results(line)
    known |= {target.measure: replace(known[target.measure], target=target) for target in targets}
    found = curves_that_matter(known, {Measure(name) for name in line.parts("urgent")})
    assert words(found.shown) == line.parts("shown")
    assert words(found.others) == line.parts("others")


def test_every_result_is_in_one_curve_shown_or_not() -> None:
    for line in lines(CURVES):
        known = results(line)
        found = curves_that_matter(known, frozenset())
        named = [measure for curve in (*found.shown, *found.others) for measure in curve.measures]
        assert len(named) == len(set(named))
        assert set(named) == set(known)
        assert len(found.shown) <= MOST_CURVES and (len(found.shown) >= LEAST_CURVES or not found.others)


def test_nothing_known_is_no_curve() -> None:
    found = curves_that_matter({}, frozenset())
    assert (found.shown, found.others) == ((), ())
    assert list(Weight) == sorted(Weight)
