"""Which recurring checks a patient's conditions ask for, and when each is next due.

`RULES` is the whole of it, as data: a check, the condition that asks for it, how often, and where that is written. All
are drafts: no clinician has signed them. A check that several conditions ask for is one check, at the shortest
interval. A check nobody looked for (its key is missing from `last_done`) is not asked for; a check that was looked for
and never found (None) is due now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.domain.attention.reason import Check
from dashboard.domain.attention.trend import TREND_DAYS
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KeyResult, Measure, Result
from dashboard.domain.values.datatypes import PartialDate
from dashboard.domain.values.drug_classes import DrugClass, drug_classes

YEARLY, HALF_YEARLY = 365, 183

MEASURED_BY: dict[str, tuple[Measure, ...]] = {
    "hba1c": (Measure.HBA1C,),
    "egfr": (Measure.EGFR, Measure.CREATININE),
    "uacr": (Measure.UACR,),
    "potassium": (Measure.POTASSIUM,),
    "blood-pressure": (Measure.SYSTOLIC,),
    "lipids": (Measure.CHOLESTEROL, Measure.LDL),
    "bmi": (Measure.BMI, Measure.WEIGHT),
    "phq9": (Measure.PHQ9,),
}
"""Checks that a measured value fulfils; any of the measures will do. A weight counts where the height is known."""

OTHER_CHECKS = ("hf-review", "smoking", "foot", "eyes")
"""Checks that leave no measured value. Any contact fulfils "hf-review": visits are not coded by what they were for."""

CHECK_KEYS = (*MEASURED_BY, *OTHER_CHECKS)


@dataclass(frozen=True, slots=True)
class CheckRule:
    """`condition` asks for check `key` every `interval_days`, where the patient takes `medicine` (None: always).

    `by_kidney` takes the interval from `KIDNEY_CHECKS_A_YEAR` instead. `mark` says how the source was read: V in the
    source, S in a secondary source, M from memory.
    """

    key: str
    condition: ConditionKey
    interval_days: int
    source: str
    edition: str
    mark: str
    medicine: DrugClass | None = None
    by_kidney: bool = False
    draft: bool = True

    @property
    def cited(self) -> str:
        return f"{self.source}, {self.edition} [{self.mark}]" + (", draft" if self.draft else "")


_T2DM, _HF, _CKD, _DEPRESSION = ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD, ConditionKey.DEPRESSION
_CARE = ("NHS diabetes care processes", "2023", "M")
_NG28 = ("NICE NG28", "2015, amended 2026", "S")
_ADA = ("ADA Standards of Care 11.1", "2024", "V")
_NG106 = ("NICE NG106", "September 2025", "S")
_NG106_M = ("NICE NG106", "September 2025", "M")
_NG203 = ("NICE NG203, table 1", "August 2021", "V/M")
_KDIGO = ("KDIGO CKD", "2024", "M")
_CG91 = ("NICE CG91", "2009", "M")

RULES: tuple[CheckRule, ...] = (
    # Rule 1 says every 3 to 6 months until stable, then every 6: overdue for everybody after 6.
    CheckRule("hba1c", _T2DM, HALF_YEARLY, *_NG28),
    CheckRule("egfr", _T2DM, YEARLY, *_ADA),
    CheckRule("uacr", _T2DM, YEARLY, *_ADA),
    CheckRule("blood-pressure", _T2DM, YEARLY, *_CARE),
    CheckRule("lipids", _T2DM, YEARLY, *_CARE),
    CheckRule("bmi", _T2DM, YEARLY, *_CARE),
    CheckRule("smoking", _T2DM, YEARLY, *_CARE),
    CheckRule("foot", _T2DM, YEARLY, *_CARE),
    CheckRule("eyes", _T2DM, YEARLY, *_CARE),
    CheckRule("hf-review", _HF, HALF_YEARLY, *_NG106),
    CheckRule("egfr", _HF, HALF_YEARLY, *_NG106_M),
    CheckRule("potassium", _HF, HALF_YEARLY, *_NG106_M),
    CheckRule("blood-pressure", _HF, YEARLY, *_NG106_M),
    CheckRule("egfr", _CKD, YEARLY, *_NG203, by_kidney=True),
    CheckRule("uacr", _CKD, YEARLY, *_KDIGO),
    CheckRule("blood-pressure", _CKD, YEARLY, *_KDIGO),
    # Rules 16 and 17 without the weeks after a start or a new dose, which need the day of that step: the long run only.
    CheckRule("potassium", _HF, HALF_YEARLY, *_NG106_M, medicine=DrugClass.MRA),
    CheckRule("potassium", _CKD, HALF_YEARLY, *_NG106_M, medicine=DrugClass.MRA),
    CheckRule("potassium", _CKD, YEARLY, *_NG203, medicine=DrugClass.ACE_INHIBITOR),
    CheckRule("potassium", _CKD, YEARLY, *_NG203, medicine=DrugClass.ARB),
    CheckRule("potassium", _T2DM, YEARLY, *_NG203, medicine=DrugClass.ACE_INHIBITOR),
    CheckRule("potassium", _T2DM, YEARLY, *_NG203, medicine=DrugClass.ARB),
    CheckRule("phq9", _DEPRESSION, YEARLY, *_CG91),
    CheckRule("phq9", _T2DM, YEARLY, *_CG91),
    CheckRule("phq9", _HF, YEARLY, *_CG91),
    CheckRule("phq9", _CKD, YEARLY, *_CG91),
)

KIDNEY_CHECKS_A_YEAR: dict[str, tuple[int, int, int]] = {
    # G category: eGFR checks a year for albuminuria A1, A2, A3. Where NICE gives a range the least is taken, but never
    # none: "1-2" is 1, "0-1" is 1.
    "G1": (1, 1, 1),
    "G2": (1, 1, 1),
    "G3a": (1, 1, 2),
    "G3b": (1, 2, 2),
    "G4": (2, 2, 3),
    "G5": (4, 4, 4),
}
"""NICE NG203 (August 2021), table 1 [V/M]."""

_GFR_STEPS = ((90, "G1"), (60, "G2"), (45, "G3a"), (30, "G3b"), (15, "G4"))


def gfr_category(result: Result | None) -> str:
    """KDIGO's G category of an eGFR, "" without one: `G3b` from 30 to under 45; "<15" is G5, and whatever is less."""
    if result is None:
        return ""
    value, under = result.value.value, result.value.comparator == "<"
    return next((name for least, name in _GFR_STEPS if value > least or (value == least and not under)), "G5")


def albuminuria_category(result: Result | None) -> str:
    """KDIGO's A category of a uACR in mg/mmol, "" without one: A1 under 3, A2 to 30, A3 above; "<3" is A1."""
    if result is None:
        return ""
    value, comparator = result.value.value, result.value.comparator
    if value < 3 or (value == 3 and comparator == "<"):
        return "A1"
    return "A3" if value > 30 or (value == 30 and comparator == ">") else "A2"


def kidney_interval(stage: str, results: Mapping[Measure, KeyResult]) -> int:
    """Days between eGFR checks in CKD, by the worse of the recorded stage and the latest eGFR, and by the latest uACR.

    Without a uACR the A1 column counts; without either stage or eGFR once a year. G3 without a or b is read as G3a.
    """
    egfr, uacr = (results[measure].latest if measure in results else None for measure in (Measure.EGFR, Measure.UACR))
    known = ("G3a" if stage == "G3" else stage, gfr_category(egfr))
    worst = max((each for each in known if each in KIDNEY_CHECKS_A_YEAR), default="G1")
    column = {"A2": 1, "A3": 2}.get(albuminuria_category(uacr), 0)
    times = KIDNEY_CHECKS_A_YEAR[worst][column]
    return {1: YEARLY, 2: HALF_YEARLY, 3: 122, 4: 91}[times]


def last_measured(results: Mapping[Measure, KeyResult]) -> dict[str, PartialDate | None]:
    """When each measured check was last done, for `due_checks`; None: looked for in the results and not found."""
    return {
        key: max((results[measure].latest.when for measure in measures if measure in results), default=None)
        for key, measures in MEASURED_BY.items()
    }


def due_checks(
    conditions: Iterable[ConditionKey],
    stages: Mapping[ConditionKey, str],
    last_done: Mapping[str, PartialDate | None],
    medicines_atc: Iterable[str],
    as_of: date,
    *,
    results: Mapping[Measure, KeyResult] | None = None,
) -> tuple[Check, ...]:
    """The checks asked for, soonest due first, those not done in the last two years before all others.

    `last_done` by check key: `last_measured(results)`, and "hf-review", "smoking", "foot", "eyes" only where they were
    looked for. `results` of the last two years refine how often the kidneys are checked.
    """
    results = {measure: each for measure, each in (results or {}).items() if in_sight(each.latest.when, as_of)}
    has = set(conditions)
    takes = {each for atc in medicines_atc for each in drug_classes(atc)}
    chosen: dict[str, tuple[int, CheckRule]] = {}
    for rule in RULES:
        if rule.condition not in has or rule.key not in last_done or (rule.medicine and rule.medicine not in takes):
            continue
        days = kidney_interval(stages.get(_CKD, ""), results) if rule.by_kidney else rule.interval_days
        if rule.key not in chosen or days < chosen[rule.key][0]:
            chosen[rule.key] = (days, rule)
    checks = [_check(rule, days, last_done[key], as_of) for key, (days, rule) in chosen.items()]
    return tuple(sorted(checks, key=lambda check: (*soonest(check, as_of), CHECK_KEYS.index(check.key))))


def in_sight(last: PartialDate | None, as_of: date) -> bool:
    """Whether a check was last done within the two years that every page reads. Of an earlier one only some pages know:
    it counts everywhere as one of which there is none in the last two years.
    """
    return last is not None and last.start >= as_of - timedelta(days=TREND_DAYS)


def soonest(check: Check, as_of: date) -> tuple[bool, date]:
    """Sort key: those not done in the last two years before all others, which are by their due date."""
    known = in_sight(check.last, as_of)
    return known, check.due if known else as_of


def _check(rule: CheckRule, days: int, last: PartialDate | None, as_of: date) -> Check:
    due = min(last.end, as_of) + timedelta(days=days) if last else as_of
    measures = MEASURED_BY.get(rule.key, ())
    return Check(measures[0] if measures else None, rule.key, rule.condition, last, due, days, rule.cited)
