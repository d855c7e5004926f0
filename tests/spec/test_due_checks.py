"""Which checks are due: for each rule a line where it applies, one where it does not, one where data are missing.

The day of view is 23 November 2026. `check` is the check looked at, `expected` when it is due, or "not asked for";
"overdue" beside it means that it is late on that day. The sources are in `dashboard/domain/attention/checks.py`. All are drafts.
"""

# The tables are wider than code may be.
# ruff: noqa: E501

import pytest

from dashboard.domain.attention.checks import CHECK_KEYS, RULES, due_checks, last_measured
from dashboard.domain.values.datatypes import PartialDate
from tests.spec.words import AS_OF, Line, conditions, lines, medicines, results

SPEC = {
    "HbA1c is measured at least every six months in type 2 diabetes (NICE NG28)": """
        outcome  | conditions | medicines | results                      | check | expected
        applies  | T2DM       |           | HbA1c 7.1 % 2026-05-01       | hba1c | 2026-10-31 overdue
        does not | T2DM       |           | HbA1c 54 mmol/mol 2026-06-01 | hba1c | 2026-12-01
        does not | CKD        |           | HbA1c 54 mmol/mol 2020-06-01 | hba1c | not asked for
        missing  | T2DM       |           |                              | hba1c | 2026-11-23 overdue
        """,
    "eGFR or creatinine is measured yearly in type 2 diabetes (ADA 11.1)": """
        outcome  | conditions | medicines | results                             | check | expected
        applies  | T2DM       |           | eGFR 70 mL/min/{1.73_m2} 2025-11-01 | egfr  | 2026-11-01 overdue
        does not | T2DM       |           | eGFR 70 mL/min/{1.73_m2} 2025-12-01 | egfr  | 2026-12-01
        does not | T2DM       |           | creatinine 80 umol/L 2026-06-01     | egfr  | 2027-06-01
        missing  | T2DM       |           |                                     | egfr  | 2026-11-23 overdue
        """,
    "Urine albumin is measured yearly in type 2 diabetes (ADA 11.1) and in chronic kidney disease (KDIGO)": """
        outcome  | conditions | medicines | results                     | check | expected
        applies  | T2DM       |           | uACR 2.0 mg/mmol 2025-10-01 | uacr  | 2026-10-01 overdue
        applies  | CKD        |           | uACR 30 mg/g 2025-10-01     | uacr  | 2026-10-01 overdue
        does not | T2DM       |           | uACR 2.0 mg/mmol 2026-10-01 | uacr  | 2027-10-01
        does not | HF         |           |                             | uacr  | not asked for
        missing  | CKD        |           |                             | uacr  | 2026-11-23 overdue
        """,
    "Blood pressure is measured yearly in type 2 diabetes, heart failure and chronic kidney disease": """
        outcome  | conditions | medicines | results                                                        | check          | expected
        applies  | T2DM       |           | systolic 140 mm[Hg] 2025-10-01; diastolic 80 mm[Hg] 2025-10-01 | blood-pressure | 2026-10-01 overdue
        applies  | HF         |           | systolic 140 mm[Hg] 2025-10-01                                 | blood-pressure | 2026-10-01 overdue
        applies  | CKD        |           | systolic 140 mm[Hg] 2025-10-01                                 | blood-pressure | 2026-10-01 overdue
        does not | CKD        |           | systolic 140 mm[Hg] 2026-10-01                                 | blood-pressure | 2027-10-01
        does not | depression |           |                                                                | blood-pressure | not asked for
        missing  | HF         |           |                                                                | blood-pressure | 2026-11-23 overdue
        """,
    "Lipids and body mass index are measured yearly in type 2 diabetes (NHS care processes)": """
        outcome  | conditions | medicines | results                           | check  | expected
        applies  | T2DM       |           | cholesterol 4.0 mmol/L 2025-10-01 | lipids | 2026-10-01 overdue
        does not | T2DM       |           | LDL 77 mg/dL 2026-10-01           | lipids | 2027-10-01
        missing  | T2DM       |           |                                   | lipids | 2026-11-23 overdue
        applies  | T2DM       |           | BMI 31 kg/m2 2025-10-01           | bmi    | 2026-10-01 overdue
        does not | T2DM       |           | weight 90 kg 2026-10-01           | bmi    | 2027-10-01
        missing  | T2DM       |           |                                   | bmi    | 2026-11-23 overdue
        """,
    "Foot, eyes and smoking are looked at yearly in type 2 diabetes, where anybody looked for them": """
        outcome  | conditions | medicines | results | done            | check   | expected
        applies  | T2DM       |           |         | foot 2025-10-01 | foot    | 2026-10-01 overdue
        does not | T2DM       |           |         | foot 2026-10-01 | foot    | 2027-10-01
        missing  | T2DM       |           |         | foot never      | foot    | 2026-11-23 overdue
        missing  | T2DM       |           |         |                 | foot    | not asked for
        applies  | T2DM       |           |         | eyes 2025-10-01 | eyes    | 2026-10-01 overdue
        does not | HF         |           |         | eyes 2025-10-01 | eyes    | not asked for
        missing  | T2DM       |           |         |                 | eyes    | not asked for
        applies  | T2DM       |           |         | smoking 2025    | smoking | 2026-12-31
        does not | CKD        |           |         | smoking 2025    | smoking | not asked for
        missing  | T2DM       |           |         | smoking never   | smoking | 2026-11-23 overdue
        """,
    "Heart failure is reviewed, and kidneys and potassium are checked, every six months (NICE NG106)": """
        outcome  | conditions | medicines | results                             | done                 | check     | expected
        applies  | HF         |           |                                     | hf-review 2026-05-01 | hf-review | 2026-10-31 overdue
        does not | HF         |           |                                     | hf-review 2026-10-01 | hf-review | 2027-04-02
        missing  | HF         |           |                                     | hf-review never      | hf-review | 2026-11-23 overdue
        applies  | HF         |           | eGFR 70 mL/min/{1.73_m2} 2026-05-01 |                      | egfr      | 2026-10-31 overdue
        does not | HF         |           | eGFR 70 mL/min/{1.73_m2} 2026-10-01 |                      | egfr      | 2027-04-02
        missing  | HF         |           |                                     |                      | egfr      | 2026-11-23 overdue
        applies  | HF         |           | potassium 4.4 mmol/L 2026-05-01     |                      | potassium | 2026-10-31 overdue
        does not | T2DM       |           | potassium 4.4 mmol/L 2026-05-01     |                      | potassium | not asked for
        missing  | HF         |           |                                     |                      | potassium | 2026-11-23 overdue
        """,
    "In chronic kidney disease the eGFR is checked as often as its G and A category ask (NICE NG203, table 1)": """
        outcome  | conditions | medicines | results                                                           | check | expected
        applies  | CKD G2     |           | eGFR 75 mL/min/{1.73_m2} 2026-01-01; uACR 2 mg/mmol 2026-01-01    | egfr  | 2027-01-01
        applies  | CKD G3a    |           | eGFR 50 mL/min/{1.73_m2} 2026-01-01; uACR 2 mg/mmol 2026-01-01    | egfr  | 2027-01-01
        applies  | CKD G3a    |           | eGFR 50 mL/min/{1.73_m2} 2026-01-01; uACR 45 mg/mmol 2026-01-01   | egfr  | 2026-07-03 overdue
        applies  | CKD G3b    |           | eGFR 40 mL/min/{1.73_m2} 2026-01-01; uACR 10 mg/mmol 2026-01-01   | egfr  | 2026-07-03 overdue
        applies  | CKD G4     |           | eGFR 20 mL/min/{1.73_m2} 2026-01-01; uACR 2 mg/mmol 2026-01-01    | egfr  | 2026-07-03 overdue
        applies  | CKD G4     |           | eGFR 20 mL/min/{1.73_m2} 2026-01-01; uACR 80 mg/mmol 2026-01-01   | egfr  | 2026-05-03 overdue
        applies  | CKD G5     |           | eGFR 10 mL/min/{1.73_m2} 2026-10-01; uACR 2 mg/mmol 2026-01-01    | egfr  | 2026-12-31
        applies  | CKD G3a    |           | eGFR 25 mL/min/{1.73_m2} 2026-01-01; uACR 2 mg/mmol 2026-01-01    | egfr  | 2026-07-03 overdue
        applies  | CKD G3a    |           | eGFR 50 mL/min/{1.73_m2} 2026-01-01; uACR 30 mg/mmol 2026-01-01   | egfr  | 2027-01-01
        applies  | CKD G3a    |           | eGFR 50 mL/min/{1.73_m2} 2026-01-01; uACR 30.1 mg/mmol 2026-01-01 | egfr  | 2026-07-03 overdue
        applies  | CKD G3a    |           | eGFR 50 mL/min/{1.73_m2} 2026-01-01; uACR >30 mg/mmol 2026-01-01  | egfr  | 2026-07-03 overdue
        applies  | CKD G3a    |           | eGFR 50 mL/min/{1.73_m2} 2026-01-01; uACR >29 mg/mmol 2026-01-01  | egfr  | 2027-01-01
        applies  | CKD G3b    |           | eGFR 40 mL/min/{1.73_m2} 2026-01-01; uACR 2.9 mg/mmol 2026-01-01  | egfr  | 2027-01-01
        applies  | CKD G3b    |           | eGFR 40 mL/min/{1.73_m2} 2026-01-01; uACR 3 mg/mmol 2026-01-01    | egfr  | 2026-07-03 overdue
        applies  | CKD G3b    |           | eGFR 40 mL/min/{1.73_m2} 2026-01-01; uACR <3 mg/mmol 2026-01-01   | egfr  | 2027-01-01
        applies  | CKD G3b    |           | eGFR 40 mL/min/{1.73_m2} 2026-01-01; uACR <4 mg/mmol 2026-01-01   | egfr  | 2026-07-03 overdue
        applies  | CKD G4     |           | eGFR 20 mL/min/{1.73_m2} 2026-01-01; uACR 10 mg/mmol 2026-01-01   | egfr  | 2026-07-03 overdue
        applies  | CKD G4     |           | eGFR 50 mL/min/{1.73_m2} 2026-01-01; uACR 2 mg/mmol 2026-01-01    | egfr  | 2026-07-03 overdue
        applies  | CKD G3     |           | eGFR 95 mL/min/{1.73_m2} 2026-01-01; uACR 45 mg/mmol 2026-01-01   | egfr  | 2026-07-03 overdue
        does not | CKD G3b    |           | eGFR 40 mL/min/{1.73_m2} 2026-10-01; uACR 10 mg/mmol 2026-01-01   | egfr  | 2027-04-02
        missing  | CKD G3b    |           | eGFR 40 mL/min/{1.73_m2} 2026-01-01                               | egfr  | 2027-01-01
        missing  | CKD        |           | creatinine 90 umol/L 2026-01-01                                   | egfr  | 2027-01-01
        missing  | CKD G4     |           |                                                                   | egfr  | 2026-11-23 overdue
        """,
    "Potassium is checked every six months on an MRA and yearly on an ACE inhibitor or ARB (NICE NG106, NG203)": """
        outcome  | conditions | medicines         | results                         | check     | expected
        applies  | CKD        | spironolactone    | potassium 4.4 mmol/L 2026-05-01 | potassium | 2026-10-31 overdue
        applies  | HF         | spironolactone    | potassium 4.4 mmol/L 2026-05-01 | potassium | 2026-10-31 overdue
        applies  | CKD        | ramipril          | potassium 4.4 mmol/L 2025-10-01 | potassium | 2026-10-01 overdue
        applies  | T2DM       | losartan          | potassium 4.4 mmol/L 2025-10-01 | potassium | 2026-10-01 overdue
        does not | CKD        | losartan          | potassium 4.4 mmol/L 2026-10-01 | potassium | 2027-10-01
        does not | T2DM       | ramipril          | potassium 4.4 mmol/L 2026-10-01 | potassium | 2027-10-01
        does not | CKD        | bisoprolol        | potassium 4.4 mmol/L 2025-10-01 | potassium | not asked for
        missing  | CKD        | ramipril          |                                 | potassium | 2026-11-23 overdue
        missing  | CKD        | no medicine known |                                 | potassium | not asked for
        """,
    "Depression is asked after yearly in every long-term condition (NICE CG91)": """
        outcome  | conditions   | medicines | results                     | check | expected
        applies  | depression   |           | PHQ-9 12 {score} 2025-10-01 | phq9  | 2026-10-01 overdue
        applies  | T2DM         |           | PHQ-9 4 {score} 2025-10-01  | phq9  | 2026-10-01 overdue
        applies  | HF           |           | PHQ-9 4 {score} 2025-10-01  | phq9  | 2026-10-01 overdue
        applies  | CKD          |           | PHQ-9 4 {score} 2025-10-01  | phq9  | 2026-10-01 overdue
        does not | depression   |           | PHQ-9 12 {score} 2026-10-01 | phq9  | 2027-10-01
        does not | hypertension |           |                             | phq9  | not asked for
        missing  | depression   |           |                             | phq9  | 2026-11-23 overdue
        """,
    "A check that two conditions ask for is one check, at the shorter interval": """
        outcome  | conditions | medicines | results                             | check | expected
        applies  | T2DM; HF   |           | eGFR 70 mL/min/{1.73_m2} 2026-05-01 | egfr  | 2026-10-31 overdue
        does not | T2DM; CKD  |           | eGFR 70 mL/min/{1.73_m2} 2026-05-01 | egfr  | 2027-05-01
        missing  | T2DM; HF   |           |                                     | egfr  | 2026-11-23 overdue
        """,
}
CASES = [
    pytest.param(line, id=f"{title}: {number}")
    for title, table in SPEC.items()
    for number, line in enumerate(lines(table), 1)
]


def found(line: Line) -> str:
    keys, stages = conditions(line)
    measured = results(line)
    done = last_measured(measured)
    for part in line.parts("done"):
        key, when = part.split()
        done[key] = None if when == "never" else PartialDate(when)
    checks = due_checks(keys, stages, done, medicines(line), AS_OF, results=measured)
    asked = [check for check in checks if check.key == line.check]
    if not asked:
        return "not asked for"
    (check,) = asked
    return f"{check.due} overdue" if check.overdue(AS_OF) else str(check.due)


@pytest.mark.parametrize("line", CASES)
def test_the_check_is_due_when_the_table_says(line: Line) -> None:
    assert found(line) == line.expected


@pytest.mark.parametrize("title", SPEC)
def test_each_table_has_a_case_where_it_applies_one_where_not_and_one_with_data_missing(title: str) -> None:
    assert {line.outcome for line in lines(SPEC[title])} == {"applies", "does not", "missing"}


def test_every_check_and_every_rule_of_it_has_a_case() -> None:
    told = {(line.check, key) for table in SPEC.values() for line in lines(table) for key in conditions(line)[0]}
    assert {check for check, _ in told} == set(CHECK_KEYS)
    assert {(rule.key, rule.condition) for rule in RULES} <= told


def test_every_rule_is_a_draft_with_its_source() -> None:
    assert all(rule.draft and rule.source and rule.edition and rule.mark in ("V", "S", "M", "V/M") for rule in RULES)
    assert all(rule.cited.endswith("draft") for rule in RULES)
