"""Why a patient needs attention: for each reason a line where it applies, one where not, one with data missing.

The day of view is 23 November 2026. `other` is age, last contact, plan, tasks or checks; a patient of whom it says
nothing has a current plan, a contact three days ago and no task. The thresholds, points and sources are in
`dashboard/domain/attention/points.py`. All are drafts.
"""

# The tables are wider than code may be.
# ruff: noqa: E501

from dataclasses import replace
from datetime import date

import pytest

from dashboard.domain.attention.assess import assess, urgency
from dashboard.domain.attention.checks import CHECK_KEYS
from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.domain.attention.points import DETAIL_KEYS, POINTS
from dashboard.domain.attention.reason import Reason, ReasonKind
from tests.spec.words import AS_OF, OUTCOMES, Line, facts, lines


def reasons_on(patient: PatientFacts, day: date) -> tuple[Reason, ...]:
    return assess(patient, day).reasons


SPEC = {
    "potassium-6-on-raas": """
        outcome  | conditions | medicines      | results                          | other | because
        applies  | HF         | spironolactone | potassium 6.0 mmol/L 2026-11-20  |       | 6.0 on an MRA
        applies  | CKD        | ramipril       | potassium 6.4 mmol/L 2026-11-20  |       | on an ACE inhibitor
        does not | HF         | spironolactone | potassium 5.9 mmol/L 2026-11-20  |       | under 6.0
        does not | HF         | bisoprolol     | potassium 6.4 mmol/L 2026-11-20  |       | no RAAS inhibitor
        does not | HF         | spironolactone | potassium <6.0 mmol/L 2026-11-20 |       | not certainly 6.0
        missing  | HF         | spironolactone |                                  |       | no potassium
        """,
    "potassium-dangerously-high": """
        outcome  | conditions | medicines  | results                         | other | because
        applies  | CKD        | bisoprolol | potassium 6.2 meq/L 2026-11-20  |       | 6.0 or more
        applies  | CKD        | bisoprolol | potassium 6.0 mmol/L 2025-11-22 |       | 366 days old: as recent as counts
        does not | CKD        | bisoprolol | potassium 5.9 mmol/L 2026-11-20 |       | under 6.0
        does not | CKD        | bisoprolol | potassium 6.2 mmol/L 2025-10-01 |       | older than a year: the overdue check says it
        does not | CKD        | bisoprolol | potassium 6.0 mmol/L 2025-11-21 |       | 367 days old
        missing  | CKD        | bisoprolol |                                 |       | no potassium
        """,
    "potassium-dangerously-low": """
        outcome  | conditions | medicines  | results                         | other | because
        applies  | HF         | furosemide | potassium 2.9 mmol/L 2026-11-20 |       | under 3.0
        does not | HF         | furosemide | potassium 3.0 mmol/L 2026-11-20 |       | not under 3.0
        missing  | HF         | furosemide |                                 |       | no potassium
        """,
    "sodium-dangerously-low": """
        outcome  | conditions | medicines  | results                      | other | because
        applies  | depression | sertraline | sodium 124 mmol/L 2026-11-20 |       | under 125
        does not | depression | sertraline | sodium 125 mmol/L 2026-11-20 |       | not under 125
        does not | depression | sertraline | sodium 120 mmol/L 2025-10-01 |       | older than a year
        missing  | depression | sertraline |                              |       | no sodium
        """,
    "haemoglobin-dangerously-low": """
        outcome  | conditions | medicines | results                         | other | because
        applies  | CKD        |           | haemoglobin 6.9 g/dL 2026-11-20 |       | under 70 g/L
        does not | CKD        |           | haemoglobin 70 g/L 2026-11-20   |       | not under 70
        missing  | CKD        |           |                                 |       | no haemoglobin
        """,
    "blood-pressure-severe": """
        outcome  | conditions | medicines | results                                                         | other | because
        applies  | T2DM       |           | systolic 180 mm[Hg] 2026-11-20; diastolic 90 mm[Hg] 2026-11-20  |       | systolic
        applies  | T2DM       |           | systolic 150 mm[Hg] 2026-11-20; diastolic 120 mm[Hg] 2026-11-20 |       | diastolic
        applies  | T2DM       |           | systolic 190 mm[Hg] 2026-08-23                                  |       | 92 days old
        does not | T2DM       |           | systolic 179 mm[Hg] 2026-11-20; diastolic 119 mm[Hg] 2026-11-20 |       | under both
        does not | T2DM       |           | systolic 190 mm[Hg] 2026-05-01                                  |       | half a year old
        does not | T2DM       |           | systolic 190 mm[Hg] 2026-08-22                                  |       | 93 days old
        missing  | T2DM       |           |                                                                 |       | no blood pressure
        """,
    "phq9-more-severe": """
        outcome  | conditions | medicines | results                     | other | because
        applies  | depression |           | PHQ-9 16 {score} 2026-11-01 |       | 16 or more
        does not | depression |           | PHQ-9 15 {score} 2026-11-01 |       | less severe
        missing  | depression |           |                             |       | never asked
        """,
    "potassium-high": """
        outcome  | conditions | medicines      | results                         | other | because
        applies  | CKD        | bisoprolol     | potassium 5.6 mmol/L 2026-11-20 |       | over 5.5
        does not | CKD        | bisoprolol     | potassium 5.5 mmol/L 2026-11-20 |       | not over 5.5
        does not | CKD        | spironolactone | potassium 5.6 mmol/L 2026-11-20 |       | said as a risk of the MRA
        missing  | CKD        | bisoprolol     |                                 |       | no potassium
        """,
    "egfr-below-15": """
        outcome  | conditions | medicines | results                              | other | because
        applies  | CKD G5     |           | eGFR 12 mL/min/{1.73_m2} 2026-11-20  |       | under 15
        applies  | CKD G5     |           | eGFR <15 mL/min/{1.73_m2} 2026-11-20 |       | certainly under 15
        does not | CKD G4     |           | eGFR 15 mL/min/{1.73_m2} 2026-11-20  |       | G4
        missing  | CKD        |           |                                      |       | no eGFR
        """,
    "blood-pressure-low": """
        outcome  | conditions | medicines | results                        | other | because
        applies  | HF         |           | systolic 89 mm[Hg] 2026-11-20  |       | under 90
        does not | HF         |           | systolic 90 mm[Hg] 2026-11-20  |       | not under 90
        missing  | HF         |           | diastolic 60 mm[Hg] 2026-11-20 |       | no systolic pressure
        """,
    "hba1c-high": """
        outcome  | conditions | medicines | results                      | other | because
        applies  | T2DM       |           | HbA1c 75 mmol/mol 2026-09-01 |       | 75 or more
        applies  | T2DM       |           | HbA1c 9.1 % 2026-09-01       |       | 76 mmol/mol
        does not | T2DM       |           | HbA1c 8.9 % 2026-09-01       |       | 74 mmol/mol
        does not | HF         |           | HbA1c 80 mmol/mol 2026-09-01 |       | no diabetes recorded
        missing  | T2DM       |           |                              |       | no HbA1c
        """,
    "uacr-70-or-more": """
        outcome  | conditions | medicines | results                      | other | because
        applies  | CKD        |           | uACR 70 mg/mmol 2026-09-01   |       | 70 or more
        applies  | CKD        |           | uACR 700 mg/g 2026-09-01     |       | 79 mg/mmol
        does not | CKD        |           | uACR 69.9 mg/mmol 2026-09-01 |       | under 70
        missing  | CKD        |           |                              |       | no uACR
        """,
    "ntprobnp-high": """
        outcome  | conditions | medicines | results                         | other | because
        applies  | HF         |           | NT-proBNP 2001 pg/mL 2026-11-01 |       | over 2,000
        does not | HF         |           | NT-proBNP 2000 ng/L 2026-11-01  |       | not over
        does not | CKD        |           | NT-proBNP 2500 ng/L 2026-11-01  |       | no heart failure recorded
        missing  | HF         |           |                                 |       | no NT-proBNP
        """,
    "blood-pressure-high": """
        outcome  | conditions | medicines | results                                                         | other | because
        applies  | T2DM       |           | systolic 160 mm[Hg] 2026-11-01; diastolic 80 mm[Hg] 2026-11-01  |       | systolic
        applies  | T2DM       |           | systolic 130 mm[Hg] 2026-11-01; diastolic 100 mm[Hg] 2026-11-01 |       | diastolic
        applies  | T2DM       |           | systolic 190 mm[Hg] 2026-08-22                                  |       | severe, but too old to be called so
        does not | T2DM       |           | systolic 159 mm[Hg] 2026-11-01; diastolic 99 mm[Hg] 2026-11-01  |       | under both
        missing  | T2DM       |           |                                                                 |       | no blood pressure
        """,
    "haemoglobin-low-in-ckd": """
        outcome  | conditions | medicines | results                          | other | because
        applies  | CKD G4     |           | haemoglobin 10.4 g/dL 2026-09-01 |       | 104 g/L
        does not | CKD G4     |           | haemoglobin 110 g/L 2026-09-01   |       | not under 110
        does not | HF         |           | haemoglobin 104 g/L 2026-09-01   |       | no kidney disease recorded
        missing  | CKD G4     |           |                                  |       | no haemoglobin
        """,
    "hba1c-above-58": """
        outcome  | conditions | medicines | results                      | other | because
        applies  | T2DM       |           | HbA1c 58 mmol/mol 2026-09-01 |       | intensify at 58
        does not | T2DM       |           | HbA1c 57 mmol/mol 2026-09-01 |       | under 58
        does not | T2DM       |           | HbA1c 80 mmol/mol 2026-09-01 |       | said as high
        missing  | T2DM       |           |                              |       | no HbA1c
        """,
    "blood-pressure-above-target": """
        outcome  | conditions | medicines | results                                                                                    | other  | because
        applies  | T2DM       |           | systolic 140 mm[Hg] 2026-11-01                                                             | age 70 | 140/90 under 80 years
        applies  | T2DM       |           | systolic 152 mm[Hg] 2026-11-01                                                             | age 82 | 150/90 from 80 years
        applies  | CKD        |           | systolic 132 mm[Hg] 2026-11-01; uACR 75 mg/mmol 2026-09-01                                 | age 70 | 130/80 with ACR 70 or more
        applies  | T2DM       |           | systolic 130 mm[Hg] 2026-11-01; diastolic 90 mm[Hg] 2026-11-01                             | age 70 | diastolic under 80 years
        applies  | T2DM       |           | systolic 140 mm[Hg] 2026-11-01; diastolic 90 mm[Hg] 2026-11-01                             | age 82 | diastolic from 80 years
        applies  | CKD        |           | systolic 120 mm[Hg] 2026-11-01; diastolic 80 mm[Hg] 2026-11-01; uACR 70 mg/mmol 2026-09-01 | age 82 | diastolic with ACR 70 or more, at any age
        applies  | T2DM       |           | systolic 149 mm[Hg] 2026-11-01                                                             | age 79 | not yet 80 years
        applies  | T2DM       |           | systolic 140 mm[Hg] 2026-11-01                                                             |        | age not known: 140/90
        applies  | T2DM       |           | systolic 150 mm[Hg] 2026-11-01                                                             | age 80 | 150 from 80 years
        does not | T2DM       |           | systolic 145 mm[Hg] 2026-11-01                                                             | age 82 | under 150
        does not | T2DM       |           | systolic 139 mm[Hg] 2026-11-01                                                             | age 70 | under 140
        does not | T2DM       |           | systolic 149 mm[Hg] 2026-11-01; diastolic 89 mm[Hg] 2026-11-01                             | age 80 | under 150/90
        does not | CKD        |           | systolic 129 mm[Hg] 2026-11-01; diastolic 79 mm[Hg] 2026-11-01; uACR 75 mg/mmol 2026-09-01 | age 70 | under 130/80
        does not | CKD        |           | systolic 132 mm[Hg] 2026-11-01; uACR 69 mg/mmol 2026-09-01                                 | age 70 | ACR under 70
        missing  | T2DM       |           |                                                                                            | age 70 | no blood pressure
        """,
    "weight-gain-in-days": """
        outcome  | conditions | medicines  | results                                                                       | other | because
        applies  | HF         | furosemide | weight 80 kg 2026-11-18; weight 82.1 kg 2026-11-20                            |       | 2.1 kg in two days
        applies  | HF         | furosemide | weight 80000 g 2026-11-18; weight 182 [lb_av] 2026-11-20                      |       | 2.6 kg, other units
        applies  | HF         | furosemide | weight 80 kg 2026-11-19; weight 82.1 kg 2026-11-20                            |       | in one day
        applies  | HF         | furosemide | weight 80 kg 2026-11-17; weight 82.1 kg 2026-11-20                            |       | in three days
        applies  | HF         | furosemide | weight 81.5 kg 2026-11-18; weight 80 kg 2026-11-19; weight 82.1 kg 2026-11-20 |       | over the lowest of three days
        applies  | HF         | furosemide | weight 80 kg 2026-11-18T07:30:00Z; weight 82.1 kg 2026-11-20T07:30:00Z        |       | weighed at a recorded time
        applies  | HF         | furosemide | weight 80 kg 2026-11-07; weight 82.1 kg 2026-11-09                            |       | 14 days ago
        does not | HF         | furosemide | weight 80 kg 2026-11-18; weight 82 kg 2026-11-20                              |       | not over 2 kg
        does not | HF         | furosemide | weight 80 kg 2026-10-18; weight 85 kg 2026-11-20                              |       | a month apart
        does not | T2DM       |            | weight 80 kg 2026-11-18; weight 84 kg 2026-11-20                              |       | no heart failure recorded
        does not | HF         | furosemide | weight 80 kg 2026-11-06; weight 82.1 kg 2026-11-08                            |       | 15 days ago
        does not | HF         | furosemide | weight 80 kg 2026-11-16; weight 82.1 kg 2026-11-20                            |       | in four days
        does not | HF         | furosemide | weight 80 kg 2026-11-20T07:30:00Z; weight 82.1 kg 2026-11-20T19:30:00Z        |       | on one day
        missing  | HF         | furosemide | weight 84 kg 2026-11-20                                                       |       | nothing to compare with
        """,
    "egfr-fall-category": """
        outcome  | conditions | medicines | results                                                                    | other | because
        applies  | CKD        |           | eGFR 62 mL/min/{1.73_m2} 2026-01-10; eGFR 44 mL/min/{1.73_m2} 2026-11-10   |       | 29 %, G2 to G3b
        applies  | CKD        |           | eGFR 48 mL/min/{1.73_m2} 2026-01-10; eGFR 36 mL/min/{1.73_m2} 2026-11-10   |       | exactly 25 %, G3a to G3b
        does not | CKD        |           | eGFR 62 mL/min/{1.73_m2} 2026-01-10; eGFR 50 mL/min/{1.73_m2} 2026-11-10   |       | 19 %
        does not | CKD        |           | eGFR 62 mL/min/{1.73_m2} 2024-01-10; eGFR 44 mL/min/{1.73_m2} 2026-11-10   |       | over more than a year
        does not | CKD        |           | eGFR 48 mL/min/{1.73_m2} 2026-01-10; eGFR 36.1 mL/min/{1.73_m2} 2026-11-10 |       | just under 25 %
        does not | CKD        |           | eGFR 28 mL/min/{1.73_m2} 2026-01-10; eGFR 20 mL/min/{1.73_m2} 2026-11-10   |       | 29 %, G4 before and after
        does not | CKD        |           | eGFR 36 mL/min/{1.73_m2} 2026-01-10; eGFR 48 mL/min/{1.73_m2} 2026-11-10   |       | a rise
        missing  | CKD        |           | eGFR 44 mL/min/{1.73_m2} 2026-11-10                                        |       | nothing to compare with
        """,
    "egfr-fall-15": """
        outcome  | conditions | medicines | results                                                                   | other | because
        applies  | CKD        |           | eGFR 100 mL/min/{1.73_m2} 2026-01-10; eGFR 84 mL/min/{1.73_m2} 2026-11-10 |       | 16 in ten months
        applies  | CKD        |           | eGFR 100 mL/min/{1.73_m2} 2026-01-10; eGFR 85 mL/min/{1.73_m2} 2026-11-10 |       | exactly 15
        does not | CKD        |           | eGFR 100 mL/min/{1.73_m2} 2026-01-10; eGFR 86 mL/min/{1.73_m2} 2026-11-10 |       | 14
        does not | CKD        |           | eGFR 84 mL/min/{1.73_m2} 2026-01-10; eGFR 100 mL/min/{1.73_m2} 2026-11-10 |       | a rise
        does not | CKD        |           | eGFR 62 mL/min/{1.73_m2} 2026-01-10; eGFR 44 mL/min/{1.73_m2} 2026-11-10  |       | reported as a fall of a category
        missing  | CKD        |           | eGFR 84 mL/min/{1.73_m2} 2026-11-10                                       |       | nothing to compare with
        """,
    "phq9-rise": """
        outcome  | conditions | medicines | results                                                 | other | because
        applies  | depression |           | PHQ-9 6 {score} 2026-05-01; PHQ-9 11 {score} 2026-11-01 |       | five points
        applies  | depression |           | PHQ-9 6 {score} 2025-10-31; PHQ-9 11 {score} 2026-11-01 |       | 366 days apart
        does not | depression |           | PHQ-9 6 {score} 2026-05-01; PHQ-9 10 {score} 2026-11-01 |       | four points
        does not | depression |           | PHQ-9 6 {score} 2025-05-01; PHQ-9 11 {score} 2026-11-01 |       | over more than a year
        does not | depression |           | PHQ-9 6 {score} 2025-10-30; PHQ-9 11 {score} 2026-11-01 |       | 367 days apart
        does not | depression |           | PHQ-9 11 {score} 2026-05-01; PHQ-9 6 {score} 2026-11-01 |       | a fall
        missing  | depression |           | PHQ-9 11 {score} 2026-11-01                             |       | nothing to compare with
        """,
    "haemoglobin-fall": """
        outcome  | conditions | medicines | results                                                        | other | because
        applies  | HF         | apixaban  | haemoglobin 140 g/L 2026-02-01; haemoglobin 120 g/L 2026-11-01 |       | 20 g/L
        does not | HF         | apixaban  | haemoglobin 140 g/L 2026-02-01; haemoglobin 121 g/L 2026-11-01 |       | 19 g/L
        missing  | HF         | apixaban  | haemoglobin 120 g/L 2026-11-01                                 |       | nothing to compare with
        """,
    "hba1c-rise": """
        outcome  | conditions | medicines | results                                                    | other | because
        applies  | T2DM       |           | HbA1c 50 mmol/mol 2026-03-01; HbA1c 61 mmol/mol 2026-11-01 |       | 11 mmol/mol
        applies  | T2DM       |           | HbA1c 6.7 % 2026-03-01; HbA1c 61 mmol/mol 2026-11-01       |       | 50 to 61, two units
        does not | T2DM       |           | HbA1c 50 mmol/mol 2026-03-01; HbA1c 60 mmol/mol 2026-11-01 |       | 10 mmol/mol
        missing  | T2DM       |           | HbA1c 61 mmol/mol 2026-11-01                               |       | nothing to compare with
        """,
    "ntprobnp-rise": """
        outcome  | conditions | medicines | results                                                        | other | because
        applies  | HF         |           | NT-proBNP 1000 ng/L 2026-05-01; NT-proBNP 1300 ng/L 2026-11-01 |       | 30 %
        does not | HF         |           | NT-proBNP 1000 ng/L 2026-05-01; NT-proBNP 1290 ng/L 2026-11-01 |       | under 30 %
        missing  | HF         |           | NT-proBNP 1300 ng/L 2026-11-01                                 |       | nothing to compare with
        """,
    "potassium-on-mra": """
        outcome  | conditions | medicines                | results                         | other | because
        applies  | HF         | spironolactone; ramipril | potassium 5.8 mmol/L 2026-11-20 |       | over 5.5 on an MRA
        does not | HF         | spironolactone           | potassium 5.5 mmol/L 2026-11-20 |       | not over 5.5
        does not | HF         | ramipril                 | potassium 5.8 mmol/L 2026-11-20 |       | no MRA
        missing  | HF         | spironolactone           |                                 |       | no potassium
        """,
    "potassium-on-raas": """
        outcome  | conditions | medicines         | results                         | other | because
        applies  | CKD        | losartan          | potassium 5.6 mmol/L 2026-11-20 |       | over 5.5 on an ARB
        does not | CKD        | losartan          | potassium 5.5 mmol/L 2026-11-20 |       | not over 5.5
        missing  | CKD        | losartan          |                                 |       | no potassium
        missing  | CKD        | no medicine known | potassium 5.6 mmol/L 2026-11-20 |       | medicine not known
        """,
    "triple-whammy": """
        outcome  | conditions | medicines                               | results | other | because
        applies  | CKD        | naproxen; ramipril; furosemide          |         |       | all three
        applies  | T2DM       | naproxen; losartan; bendroflumethiazide |         |       | with an ARB and a thiazide
        does not | CKD        | paracetamol; ramipril; furosemide       |         |       | no NSAID
        does not | CKD        | glucosamine; ramipril; furosemide       |         |       | M01A, but no NSAID
        does not | CKD        | naproxen; ramipril                      |         |       | no diuretic
        does not | CKD        | naproxen; bisoprolol; furosemide        |         |       | neither ACE inhibitor nor ARB
        missing  | CKD        | no medicine known; ramipril; furosemide |         |       | medicine not known
        """,
    "metformin-egfr-below-30": """
        outcome  | conditions | medicines                   | results                             | other | because
        applies  | T2DM       | metformin                   | eGFR 29 mL/min/{1.73_m2} 2026-11-01 |       | under 30
        applies  | T2DM       | pioglitazone with metformin | eGFR 29 mL/min/{1.73_m2} 2026-11-01 |       | in a combination
        does not | T2DM       | metformin                   | eGFR 30 mL/min/{1.73_m2} 2026-11-01 |       | not under 30
        does not | T2DM       | sitagliptin                 | eGFR 29 mL/min/{1.73_m2} 2026-11-01 |       | no metformin
        missing  | T2DM       | metformin                   |                                     |       | no eGFR
        """,
    "pioglitazone-in-hf": """
        outcome  | conditions | medicines                   | results | other | because
        applies  | T2DM; HF   | pioglitazone                |         |       | contraindicated
        applies  | T2DM; HF   | pioglitazone with metformin |         |       | in a combination
        does not | T2DM       | pioglitazone                |         |       | no heart failure recorded
        missing  | T2DM; HF   | no medicine known           |         |       | medicine not known
        """,
    "ace-inhibitor-with-arni": """
        outcome  | conditions | medicines                           | results | other | because
        applies  | HF         | ramipril; sacubitril with valsartan |         |       | both
        does not | HF         | sacubitril with valsartan           |         |       | one
        missing  | HF         | ramipril; no medicine known         |         |       | medicine not known
        """,
    "nsaid-in-hf": """
        outcome  | conditions | medicines                      | results | other | because
        applies  | HF; CKD    | naproxen                       |         |       | heart failure before kidney disease
        does not | T2DM       | naproxen                       |         |       | no heart failure recorded
        does not | HF         | paracetamol                    |         |       | no NSAID
        does not | HF         | naproxen; ramipril; furosemide |         |       | reported as all three
        missing  | HF         | no medicine known              |         |       | medicine not known
        """,
    "nsaid-in-ckd": """
        outcome  | conditions | medicines         | results | other | because
        applies  | CKD G3a    | naproxen          |         |       | kidney disease
        does not | T2DM       | naproxen          |         |       | no kidney disease recorded
        missing  | CKD G3a    | no medicine known |         |       | medicine not known
        """,
    "ace-inhibitor-with-arb": """
        outcome  | conditions | medicines                                     | results | other | because
        applies  | CKD        | ramipril; losartan                            |         |       | both
        does not | CKD        | ramipril; amlodipine                          |         |       | no ARB
        does not | HF         | ramipril; losartan; sacubitril with valsartan |         |       | reported as with an ARNI
        missing  | CKD        | ramipril; no medicine known                   |         |       | medicine not known
        """,
    "rate-limiting-ccb-in-hfref": """
        outcome  | conditions | medicines  | results              | other | because
        applies  | HF         | diltiazem  | LVEF 40 % 2023-03-01 |       | 40 or less, however old
        does not | HF         | diltiazem  | LVEF 41 % 2026-03-01 |       | over 40
        does not | HF         | amlodipine | LVEF 30 % 2026-03-01 |       | amlodipine does not slow the heart
        missing  | HF         | diltiazem  |                      |       | ejection fraction not known
        """,
    "saxagliptin-or-alogliptin-in-hf": """
        outcome  | conditions | medicines         | results | other | because
        applies  | T2DM; HF   | saxagliptin       |         |       | heart failure
        does not | T2DM; HF   | sitagliptin       |         |       | another DPP-4 inhibitor
        does not | T2DM       | saxagliptin       |         |       | no heart failure recorded
        missing  | T2DM; HF   | no medicine known |         |       | medicine not known
        """,
    "ssri-and-thiazide-low-sodium": """
        outcome  | conditions | medicines                       | results                      | other | because
        applies  | depression | sertraline; bendroflumethiazide | sodium 131 mmol/L 2026-11-01 |       | both, sodium under 133
        does not | depression | sertraline; bendroflumethiazide | sodium 133 mmol/L 2026-11-01 |       | not under 133
        does not | depression | sertraline; amlodipine          | sodium 131 mmol/L 2026-11-01 |       | no thiazide
        missing  | depression | sertraline; bendroflumethiazide |                              |       | no sodium
        """,
    "hypoglycaemia-risk-low-egfr": """
        outcome  | conditions | medicines        | results                             | other | because
        applies  | T2DM; CKD  | gliclazide       | eGFR 28 mL/min/{1.73_m2} 2026-11-01 |       | sulfonylurea under 30
        applies  | T2DM; CKD  | insulin glargine | eGFR 28 mL/min/{1.73_m2} 2026-11-01 |       | insulin under 30
        applies  | T2DM; CKD  | gliclazide       | eGFR 29 mL/min/{1.73_m2} 2026-11-01 |       | just under 30
        does not | T2DM; CKD  | sitagliptin      | eGFR 28 mL/min/{1.73_m2} 2026-11-01 |       | neither
        does not | T2DM; CKD  | gliclazide       | eGFR 30 mL/min/{1.73_m2} 2026-11-01 |       | not under 30
        missing  | T2DM; CKD  | gliclazide       |                                     |       | no eGFR
        """,
    "tricyclic-in-hf": """
        outcome  | conditions     | medicines         | results | other | because
        applies  | HF; depression | amitriptyline     |         |       | heart failure
        does not | depression     | amitriptyline     |         |       | no heart failure recorded
        does not | HF; depression | mirtazapine       |         |       | no tricyclic
        missing  | HF; depression | no medicine known |         |       | medicine not known
        """,
    "metformin-egfr-below-45": """
        outcome  | conditions | medicines   | results                             | other | because
        applies  | T2DM       | metformin   | eGFR 44 mL/min/{1.73_m2} 2026-11-01 |       | under 45
        does not | T2DM       | metformin   | eGFR 45 mL/min/{1.73_m2} 2026-11-01 |       | not under 45
        does not | T2DM       | metformin   | eGFR 29 mL/min/{1.73_m2} 2026-11-01 |       | said as under 30
        does not | T2DM       | sitagliptin | eGFR 44 mL/min/{1.73_m2} 2026-11-01 |       | no metformin
        missing  | T2DM       | metformin   |                                     |       | no eGFR
        """,
    "tight-hba1c-hypoglycaemia-risk": """
        outcome  | conditions | medicines        | results                      | other  | because
        applies  | T2DM       | gliclazide       | HbA1c 44 mmol/mol 2026-10-01 | age 81 | tight, old, on a sulfonylurea
        applies  | T2DM       | insulin glargine | HbA1c 47 mmol/mol 2026-10-01 | age 75 | 75 years, on insulin
        does not | T2DM       | gliclazide       | HbA1c 48 mmol/mol 2026-10-01 | age 81 | not under 48
        does not | T2DM       | metformin        | HbA1c 44 mmol/mol 2026-10-01 | age 81 | metformin does not cause it
        does not | T2DM       | gliclazide       | HbA1c 44 mmol/mol 2026-10-01 | age 60 | under 75 years
        does not | T2DM       | gliclazide       | HbA1c 44 mmol/mol 2026-10-01 | age 74 | not yet 75 years
        missing  | T2DM       | gliclazide       | HbA1c 44 mmol/mol 2026-10-01 |        | age not known
        """,
    "ssri-bleeding-risk": """
        outcome  | conditions | medicines                     | results | other | because
        applies  | depression | sertraline; apixaban          |         |       | with an anticoagulant
        applies  | depression | sertraline; naproxen          |         |       | with an NSAID
        does not | depression | mirtazapine; apixaban         |         |       | no SSRI
        does not | depression | sertraline; paracetamol       |         |       | neither
        missing  | depression | sertraline; no medicine known |         |       | medicine not known
        """,
    "ten-or-more-medicines": """
        outcome  | conditions | medicines                                                                                                           | results | other | because
        applies  | HF         | metformin; gliclazide; ramipril; furosemide; bisoprolol; atorvastatin; aspirin; omeprazole; sertraline; paracetamol |         |       | ten
        does not | HF         | metformin; metformin; ramipril; furosemide; bisoprolol; atorvastatin; aspirin; omeprazole; sertraline; paracetamol  |         |       | nine, one of them twice
        missing  | HF         | no medicine known; no medicine known                                                                                |         |       | medicines not known
        """,
    "task-overdue": """
        outcome  | conditions | medicines | results | other                       | because
        applies  | T2DM       |           |         | tasks 2026-11-22            | due yesterday
        applies  | T2DM       |           |         | tasks 2026-10 undated       | due last month
        does not | T2DM       |           |         | tasks 2026-11-23 2026-12-01 | due today and later
        missing  | T2DM       |           |         | tasks undated               | no due date
        """,
    "checks-overdue": """
        outcome  | conditions   | medicines | results | other      | because
        applies  | T2DM         |           |         | checks yes | several, never done
        does not | hypertension |           |         | checks yes | no programme condition
        missing  | T2DM         |           |         |            | results could not be read
        """,
    "abnormal-since-contact": """
        outcome  | conditions | medicines | results                    | other              | because
        applies  | CKD        |           | uACR 20 mg/mmol 2026-11-10 | contact 2026-11-01 | abnormal, later than the contact
        does not | CKD        |           | uACR 20 mg/mmol 2026-11-10 | contact 2026-11-10 | the same day
        does not | CKD        |           | uACR 2 mg/mmol 2026-11-10  | contact 2026-11-01 | not abnormal
        does not | CKD        |           | uACR 75 mg/mmol 2026-11-10 | contact 2026-11-01 | told already as 70 or more
        missing  | CKD        |           | uACR 20 mg/mmol 2026-11-10 | contact never      | no contact to compare with
        """,
    "plan-review-overdue": """
        outcome  | conditions | medicines | results | other                          | because
        applies  | T2DM       |           |         | plan 2026-11-22                | due yesterday
        applies  | T2DM       |           |         | plan due 2026-11-22, draft     | a draft is to be gone through by its day too
        does not | T2DM       |           |         | plan 2026-11-23                | due today
        does not | T2DM       |           |         | plan due 2026-11-22, completed | it is over
        missing  | T2DM       |           |         | plan current                   | no date of review
        """,
    "plan-unreviewed": """
        outcome  | conditions | medicines | results | other                                          | because
        applies  | T2DM       |           |         | plan agreed 2026-05-23                         | 184 days ago
        applies  | T2DM       |           |         | plan agreed 2025-01-10, changed 2026-05-01     | changed once since, long ago
        applies  | T2DM       |           |         | plan agreed 2025-01-10, on-hold                | on hold is to be looked at too
        applies  | T2DM       |           |         | plan agreed 2025-01-10, due 2027-01-10         | a later date of review takes nothing away
        applies  | T2DM       |           |         | plan changed 2026-05-01                        | when it was agreed is not known
        does not | T2DM       |           |         | plan agreed 2026-05-24                         | 183 days ago
        does not | T2DM       |           |         | plan agreed 2025-01-10, changed 2026-05-24     | changed 183 days ago
        does not | T2DM       |           |         | plan agreed 2026-05                            | may have been on 31 May
        does not | T2DM       |           |         | plan agreed 2026                               | may have been yesterday
        does not | T2DM       |           |         | plan agreed 2025-01-10, draft                  | nobody has agreed to it
        does not | T2DM       |           |         | plan agreed 2025-01-10, completed              | it is over
        does not | T2DM       |           |         | plan agreed 2025-01-10, due 2026-11-01         | the overdue review says it
        missing  | T2DM       |           |         | plan current                                   | neither day is known
        """,
    "no-plan": """
        outcome  | conditions | medicines | results | other        | because
        applies  | T2DM       |           |         | plan none    | there is none
        does not | T2DM       |           |         | plan current | there is one
        missing  | T2DM       |           |         | plan unread  | plans could not be read
        """,
    "no-contact": """
        outcome  | conditions | medicines | results | other              | because
        applies  | HF         |           |         | contact 2026-05-01 | more than 183 days ago
        applies  | HF         |           |         | contact 2026-05-23 | 184 days ago
        does not | HF         |           |         | contact 2026-06-01 | less
        does not | HF         |           |         | contact 2026-05    | may have been on 31 May
        does not | HF         |           |         | contact 2026-05-24 | 183 days ago
        missing  | HF         |           |         | contact unread     | contacts could not be read
        """,
    "no-contact-in-window": """
        outcome  | conditions | medicines | results | other              | because
        applies  | HF         |           |         | contact never      | none in the time looked at
        does not | HF         |           |         | contact 2025-01-01 | one, long ago
        missing  | HF         |           |         | contact unread     | contacts could not be read
        """,
}
CASES = [
    pytest.param(detail, line, id=f"{detail}: {line.outcome}, {line.because}")
    for detail, table in SPEC.items()
    for line in lines(table)
]


@pytest.mark.parametrize(("detail", "line"), CASES)
def test_the_reason_is_given_when_the_table_says(detail: str, line: Line) -> None:
    given = {reason.detail for reason in reasons_on(facts(line), AS_OF)}
    assert (detail in given) == (line.outcome == "applies"), sorted(given)


@pytest.mark.parametrize("detail", POINTS)
def test_every_reason_has_a_case_where_it_applies_one_where_not_and_one_with_data_missing(detail: str) -> None:
    assert {line.outcome for line in lines(SPEC[detail])} == set(OUTCOMES)


def test_every_reason_there_is_has_a_known_key_and_the_points_of_its_table() -> None:
    for detail, table in SPEC.items():
        for line in lines(table):
            found = reasons_on(facts(line), AS_OF)
            assert all(reason.detail in DETAIL_KEYS for reason in found), detail
            for reason in found:
                if reason.detail in POINTS and reason.detail not in ("task-overdue", "checks-overdue"):
                    assert (reason.kind, reason.points) == (POINTS[reason.detail].kind, POINTS[reason.detail].points)
                assert reason.source.endswith("draft")


def test_urgency_is_the_sum_of_the_points_shown_most_first() -> None:
    line = Line(
        {"conditions": "T2DM; HF", "medicines": "pioglitazone; naproxen", "results": "HbA1c 80 mmol/mol 2026-11-01"}
    )
    found = reasons_on(facts(line), AS_OF)
    assert {reason.detail: reason.points for reason in found} == {
        "pioglitazone-in-hf": 20,
        "nsaid-in-hf": 15,
        "hba1c-high": 10,
    }
    assert [reason.points for reason in found] == [20, 15, 10]
    assert urgency(found) == 45


def test_a_single_overdue_check_is_named_and_several_are_counted() -> None:
    measured = "HbA1c 50 mmol/mol 2026-05-01; eGFR 80 mL/min/{1.73_m2} 2026-10-01; uACR 1 mg/mmol 2026-10-01; systolic 130 mm[Hg] 2026-10-01; cholesterol 4 mmol/L 2026-10-01; BMI 27 kg/m2 2026-10-01; PHQ-9 3 {score} 2026-10-01"
    one = facts(Line({"conditions": "T2DM", "results": measured, "other": "checks yes"}))
    assert [(r.kind, r.detail, r.count, r.points) for r in reasons_on(one, AS_OF)] == [
        (ReasonKind.CHECK_OVERDUE, "hba1c-overdue", 1, 2)
    ]
    several = facts(Line({"conditions": "T2DM", "other": "checks yes"}))
    assert [(r.detail, r.count, r.points) for r in reasons_on(several, AS_OF)] == [("checks-overdue", 7, 10)]


def test_overdue_tasks_count_once_with_more_points_for_more_and_for_urgent_ones() -> None:
    def points(tasks: str) -> list[tuple[int, int]]:
        found = reasons_on(facts(Line({"conditions": "T2DM", "other": f"tasks {tasks}"})), AS_OF)
        return [(reason.count, reason.points) for reason in found]

    assert points("2026-11-01") == [(1, 4)]
    assert points("2026-11-01 2026-11-02") == [(2, 6)]
    assert points("2026-11-01 2026-11-02!") == [(2, 10)]
    assert points(" ".join(["2026-11-01"] * 9)) == [(9, 10)]


def test_nobody_asks_for_the_attention_of_the_deceased() -> None:
    line = Line({"conditions": "CKD", "results": "potassium 6.9 mmol/L 2026-11-20"})
    assert reasons_on(facts(line), AS_OF)
    assert reasons_on(replace(facts(line), deceased=True), AS_OF) == ()


def test_every_check_has_a_detail_of_its_own() -> None:
    assert {f"{key}-overdue" for key in CHECK_KEYS} <= set(DETAIL_KEYS)
    assert len(DETAIL_KEYS) == len(set(DETAIL_KEYS))
