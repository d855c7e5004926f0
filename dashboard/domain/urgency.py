"""Why a patient needs attention: named reasons, each with its points; urgency is their sum, and each is shown.

`POINTS` is the whole scale as data: 40 is for today, 20 for this week, 10 for the next contact, 5 for soon, 2 to
remember. All is draft: no clinician has signed a threshold or a number of points. Reasons point at facts; they never
say what to do. A fact that is missing gives no reason here; the overdue check says that it is missing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dashboard.domain.attention import Check, Reason, ReasonKind
from dashboard.domain.checks import CHECK_KEYS, gfr_category
from dashboard.domain.clinical import ConditionKey, Direction, KeyResult, Measure, PlanLine, Result, TaskLine
from dashboard.domain.drug_classes import DrugClass, drug_classes
from dashboard.domain.results import is_abnormal
from dashboard.domain.values import PartialDate


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What is known of one patient at the moment of view, as the rules need it.

    `results` from `key_results`, `checks` from `due_checks`, `tasks` the open ones. `plan_known` and `contacts_known`
    are False where the read failed: "no plan" and "no contact" are then not said.
    """

    conditions: tuple[ConditionKey, ...] = ()
    stages: Mapping[ConditionKey, str] = field(default_factory=dict)
    results: Mapping[Measure, KeyResult] = field(default_factory=dict)
    medicines_atc: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    tasks: tuple[TaskLine, ...] = ()
    plan: PlanLine | None = None
    plan_known: bool = True
    last_contact: PartialDate | None = None
    contacts_known: bool = True
    last_conference: date | None = None
    age: int | None = None
    deceased: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """What a reason counts and where its threshold comes from; "own choice" where no guideline gives one."""

    kind: ReasonKind
    points: int
    source: str


_DANGER, _ABNORMAL, _WORSE = ReasonKind.DANGEROUS_RESULT, ReasonKind.ABNORMAL_RESULT, ReasonKind.WORSENING
_RISK = ReasonKind.MEDICINE_RISK

POINTS: dict[str, Points] = {
    # A result that may be dangerous today.
    "potassium-6-on-raas": Points(_DANGER, 45, "NICE NG203, 1.6: stop RAAS inhibitors at 6.0 mmol/L [S]"),
    "potassium-dangerously-high": Points(_DANGER, 40, "UK Kidney Association 2023: moderate from 6.0 mmol/L [M]"),
    "potassium-dangerously-low": Points(_DANGER, 40, "under 3.0 mmol/L, moderate hypokalaemia [M]"),
    "sodium-dangerously-low": Points(_DANGER, 40, "under 125 mmol/L, profound hyponatraemia (ESE 2014) [M]"),
    "haemoglobin-dangerously-low": Points(_DANGER, 40, "under 70 g/L, NICE NG24 transfusion threshold [M]"),
    "blood-pressure-severe": Points(_DANGER, 30, "180/120 mmHg or more, NICE NG136 [M]"),
    # A result outside what is aimed at.
    "phq9-more-severe": Points(_ABNORMAL, 15, "PHQ-9 of 16 or more, NICE NG222 [V]"),
    "potassium-high": Points(_ABNORMAL, 12, "over 5.5 mmol/L, UK Kidney Association 2023: mild [M]"),
    "egfr-below-15": Points(_ABNORMAL, 12, "G5, KDIGO 2012 [M]"),
    "blood-pressure-low": Points(_ABNORMAL, 12, "systolic under 90 mmHg, ESC 2021 [M]"),
    "hba1c-high": Points(_ABNORMAL, 10, "75 mmol/mol or more, own choice"),
    "uacr-70-or-more": Points(_ABNORMAL, 8, "70 mg/mmol or more, NICE NG203 referral [M]"),
    "ntprobnp-high": Points(_ABNORMAL, 8, "over 2,000 ng/L, NICE NG106: within two weeks [M]"),
    "blood-pressure-high": Points(_ABNORMAL, 8, "160/100 mmHg or more, NICE NG136 stage 2 [M]"),
    "haemoglobin-low-in-ckd": Points(_ABNORMAL, 5, "under 110 g/L, NICE NG203 [M]"),
    "hba1c-above-58": Points(_ABNORMAL, 4, "58 mmol/mol or more: intensify, NICE NG28 [S]"),
    "blood-pressure-above-target": Points(_ABNORMAL, 3, "NICE NG136 and NG203 targets by age and ACR [M]"),
    # A change beyond noise, for the worse.
    "weight-gain-in-days": Points(_WORSE, 25, "over 2 kg in 3 days in heart failure, ESC 2021, NICE NG106 [S]"),
    "egfr-fall-category": Points(_WORSE, 20, "25 % and a category in 12 months, NICE NG203 [M]"),
    "egfr-fall-15": Points(_WORSE, 20, "15 mL/min/1.73 m2 in a year, NICE NG203 [M]"),
    "phq9-rise": Points(_WORSE, 10, "5 points or more, Kroenke [M]"),
    "haemoglobin-fall": Points(_WORSE, 10, "20 g/L or more in a year, own choice"),
    "hba1c-rise": Points(_WORSE, 8, "11 mmol/mol (1 % NGSP) or more in a year, own choice"),
    "ntprobnp-rise": Points(_WORSE, 8, "30 % or more in heart failure, ESC 2021 [M]"),
    # A medicine against a condition, a result or another medicine.
    "potassium-on-mra": Points(_RISK, 25, "over 5.5 mmol/L on an MRA: halve or stop, NICE NG106, ESC 2021 [M]"),
    "potassium-on-raas": Points(_RISK, 20, "over 5.5 mmol/L on an ACE inhibitor or ARB, NICE NG203 [S]"),
    "triple-whammy": Points(_RISK, 20, "NSAID, ACE inhibitor or ARB, and diuretic: NICE NG203, MHRA [S/M]"),
    "metformin-egfr-below-30": Points(_RISK, 20, "stop under 30, NICE NG28, KDIGO 2022 [S]"),
    "pioglitazone-in-hf": Points(_RISK, 20, "contraindicated, NICE NG28, ESC III [S]"),
    "ace-inhibitor-with-arni": Points(_RISK, 20, "angioedema; 36 hours apart, ESC 2021 [M]"),
    "nsaid-in-hf": Points(_RISK, 15, "avoid, ESC III [S/M]"),
    "nsaid-in-ckd": Points(_RISK, 15, "avoid, NICE NG203 [S/M]"),
    "ace-inhibitor-with-arb": Points(_RISK, 15, "do not, NICE NG203 [S]"),
    "rate-limiting-ccb-in-hfref": Points(_RISK, 15, "avoid at LVEF of 40 % or less, NICE NG106, ESC III [S]"),
    "saxagliptin-or-alogliptin-in-hf": Points(_RISK, 10, "avoid, AHA/ACC 2022 [S]"),
    "ssri-and-thiazide-low-sodium": Points(_RISK, 10, "NICE CG91, MHRA [M]"),
    "hypoglycaemia-risk-low-egfr": Points(_RISK, 8, "sulfonylurea or insulin at eGFR under 30 [M]"),
    "tricyclic-in-hf": Points(_RISK, 8, "avoid, NICE CG91 [M]"),
    "metformin-egfr-below-45": Points(_RISK, 6, "review the dose under 45, NICE NG28 [S]"),
    "tight-hba1c-hypoglycaemia-risk": Points(
        _RISK, 6, "under 48 mmol/mol at 75 or over on a sulfonylurea or insulin: relax, NICE NG28 [S]"
    ),
    "ssri-bleeding-risk": Points(_RISK, 5, "SSRI with an NSAID or anticoagulant, NICE CG91 [M]"),
    "ten-or-more-medicines": Points(_RISK, 2, "NICE NG56 [M]"),
    # Work that is late.
    "task-overdue": Points(ReasonKind.TASK_OVERDUE, 4, "2 for each further one to 10, 4 for an urgent one; own choice"),
    "checks-overdue": Points(ReasonKind.CHECK_OVERDUE, 2, "2 for each check to 10; the intervals have their sources"),
    "abnormal-since-contact": Points(ReasonKind.NEW_RESULT, 5, "abnormal, and later than the last contact; own choice"),
    "plan-review-overdue": Points(ReasonKind.PLAN_REVIEW_DUE, 5, "own choice"),
    "no-plan": Points(ReasonKind.NO_PLAN, 4, "own choice"),
    "no-contact": Points(ReasonKind.NO_CONTACT, 4, "183 days, the interval of a heart failure review; own choice"),
    "no-contact-in-window": Points(ReasonKind.NO_CONTACT, 6, "none in the time looked at; own choice"),
}

DETAIL_KEYS: tuple[str, ...] = (*POINTS, *(f"{key}-overdue" for key in CHECK_KEYS))
"""Every `Reason.detail` there is: the words for each are in the presenters, and a test proves that none is missing."""

YEAR, HALF_YEAR, QUARTER = timedelta(days=366), timedelta(days=183), timedelta(days=92)
WEIGHT_NEWS = timedelta(days=14)  # a gain of weight in days is news for a fortnight
_RAAS = frozenset({DrugClass.ACE_INHIBITOR, DrugClass.ARB, DrugClass.MRA})
_DIURETIC = frozenset({DrugClass.LOOP_DIURETIC, DrugClass.THIAZIDE, DrugClass.OTHER_DIURETIC, DrugClass.MRA})
_HYPOGLYCAEMIC = frozenset({DrugClass.SULFONYLUREA, DrugClass.INSULIN})
# Saxagliptin and alogliptin, alone and in their combinations; the other DPP-4 inhibitors are not meant.
_DPP4_WITH_HF_RISK = ("A10BH03", "A10BD10", "A10BD21", "A10BD25", "A10BH04", "A10BD09", "A10BD13")
_NEWS = frozenset(
    {Measure.HBA1C, Measure.EGFR, Measure.UACR, Measure.POTASSIUM, Measure.SODIUM, Measure.NTPROBNP, Measure.PHQ9}
    | {Measure.HAEMOGLOBIN}
)
"""Measures whose abnormal result is news to the team when it is later than the last contact."""


def reasons(facts: PatientFacts, as_of: date) -> tuple[Reason, ...]:
    """All reasons, most points first, then in the order of `ReasonKind` and of `POINTS`; none for the deceased."""
    if facts.deceased:
        return ()
    view = _View(facts, as_of)
    found = [reason for rule in _RULES for reason in rule(view)]
    found += _new_results(view, {reason.measure for reason in found if reason.result})
    kinds, details = list(ReasonKind), {detail: place for place, detail in enumerate(DETAIL_KEYS)}
    return tuple(sorted(found, key=lambda each: (-each.points, kinds.index(each.kind), details[each.detail])))


def urgency(found: Iterable[Reason]) -> int:
    """The sum of the reasons' points."""
    return sum(reason.points for reason in found)


def _reason(detail: str, **facts: Any) -> Reason:
    rule = POINTS[detail]
    told: dict[str, Any] = {"points": rule.points, "detail": detail, "source": f"{rule.source}, draft"} | facts
    return Reason(kind=rule.kind, **told)


class _View:
    """The facts as the rules ask for them: values that are recent enough, drug classes, conditions."""

    def __init__(self, facts: PatientFacts, as_of: date) -> None:
        self.facts = facts
        self.as_of = as_of
        self.takes = frozenset(each for atc in facts.medicines_atc for each in drug_classes(atc))
        self.t2dm, self.hf, self.ckd = (
            key in facts.conditions for key in (ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD)
        )

    def recent(self, measure: Measure, within: timedelta = YEAR) -> KeyResult | None:
        """The key result if its latest value is at most this old; older ones are the overdue check's business."""
        found = self.facts.results.get(measure)
        return found if found and self.as_of - found.latest.when.end <= within else None


def _at_least(found: KeyResult | None, limit: str) -> bool:
    """Whether the latest value is certainly the limit or more; "<6" is not."""
    if found is None or found.latest.value.comparator.startswith("<"):
        return False
    return found.latest.value.value >= Decimal(limit)


def _above(found: KeyResult | None, limit: str) -> bool:
    if not _at_least(found, limit) or found is None:
        return False
    return found.latest.value.value > Decimal(limit) or found.latest.value.comparator == ">"


def _below(found: KeyResult | None, limit: str) -> bool:
    """Whether the latest value is certainly under the limit; ">10" is not, "<15" is where the limit is 15."""
    if found is None or found.latest.value.comparator.startswith(">"):
        return False
    value = found.latest.value
    return value.value < Decimal(limit) or (value.comparator == "<" and value.value == Decimal(limit))


def _of(detail: str, found: KeyResult, previous: Result | None = None) -> Reason:
    """A reason about the latest value of a measure, with the value it is compared with."""
    return _reason(
        detail,
        measure=found.measure,
        result=found.latest,
        previous=previous or found.previous,
        since=found.latest.when,
        origin=found.latest.origin,
    )


def _a_year_before(found: KeyResult) -> Result | None:
    """The oldest value of the 12 months before the latest, of an earlier day, that is a plain number."""
    day = found.latest.when.start
    if found.latest.value.comparator:
        return None
    return next(
        (
            each
            for each in found.series
            if each.when.start < day and day - each.when.start <= YEAR and not each.value.comparator
        ),
        None,
    )


def _potassium(view: _View) -> Iterator[Reason]:
    found = view.recent(Measure.POTASSIUM)
    if found is None:
        return
    if _at_least(found, "6.0"):
        yield _of("potassium-6-on-raas" if view.takes & _RAAS else "potassium-dangerously-high", found)
    elif _above(found, "5.5"):
        if DrugClass.MRA in view.takes:
            yield _of("potassium-on-mra", found)
        else:
            yield _of("potassium-on-raas" if view.takes & _RAAS else "potassium-high", found)
    elif _below(found, "3.0"):
        yield _of("potassium-dangerously-low", found)


def _sodium(view: _View) -> Iterator[Reason]:
    found = view.recent(Measure.SODIUM)
    if found is None:
        return
    if _below(found, "125"):
        yield _of("sodium-dangerously-low", found)
    elif _below(found, "133") and {DrugClass.SSRI, DrugClass.THIAZIDE} <= view.takes:
        yield _of("ssri-and-thiazide-low-sodium", found)


def _haemoglobin(view: _View) -> Iterator[Reason]:
    found = view.recent(Measure.HAEMOGLOBIN)
    if found is None:
        return
    if _below(found, "70"):
        yield _of("haemoglobin-dangerously-low", found)
        return
    before = _a_year_before(found)
    if before and before.value.value - found.latest.value.value >= 20:
        yield _of("haemoglobin-fall", found, before)
    elif view.ckd and _below(found, "110"):
        yield _of("haemoglobin-low-in-ckd", found)


def _blood_pressure(view: _View) -> Iterator[Reason]:
    systolic, diastolic = view.recent(Measure.SYSTOLIC), view.recent(Measure.DIASTOLIC)
    newest = max((each.latest.when.end for each in (systolic, diastolic) if each), default=None)
    if newest is None:
        return
    limits = [("blood-pressure-high", "160", "100"), ("blood-pressure-above-target", *_pressure_target(view))]
    if view.as_of - newest <= QUARTER:
        limits.insert(0, ("blood-pressure-severe", "180", "120"))
    for detail, high, low in limits:
        for found, limit in ((systolic, high), (diastolic, low)):
            if found and _at_least(found, limit):
                yield _of(detail, found)
                return
    if systolic and _below(systolic, "90"):
        yield _of("blood-pressure-low", systolic)


def _pressure_target(view: _View) -> tuple[str, str]:
    """Clinic targets: 130/80 with an ACR of 70 or more, 150/90 from 80 years, else 140/90 (rule 18)."""
    if _at_least(view.facts.results.get(Measure.UACR), "70"):
        return "130", "80"
    return ("150", "90") if view.facts.age is not None and view.facts.age >= 80 else ("140", "90")


def _egfr(view: _View) -> Iterator[Reason]:
    found = view.recent(Measure.EGFR)
    if found is None:
        return
    before = _a_year_before(found)
    if before:
        fall = before.value.value - found.latest.value.value
        moved = gfr_category(found.latest) != gfr_category(before)
        if fall > 0 and fall >= before.value.value / 4 and moved:
            yield _of("egfr-fall-category", found, before)
        elif fall >= 15:
            yield _of("egfr-fall-15", found, before)
    if _below(found, "15"):
        yield _of("egfr-below-15", found)


def _albuminuria(view: _View) -> Iterator[Reason]:
    found = view.recent(Measure.UACR)
    if found and _at_least(found, "70"):
        yield _of("uacr-70-or-more", found)


def _hba1c(view: _View) -> Iterator[Reason]:
    found = view.recent(Measure.HBA1C)
    if found is None or not view.t2dm:
        return
    if _at_least(found, "75"):
        yield _of("hba1c-high", found)
    elif _at_least(found, "58"):
        yield _of("hba1c-above-58", found)
    before = _a_year_before(found)
    if before and found.latest.value.value - before.value.value >= 11:
        yield _of("hba1c-rise", found, before)
    old = view.facts.age is not None and view.facts.age >= 75
    if old and _below(found, "48") and view.takes & _HYPOGLYCAEMIC:
        yield _of("tight-hba1c-hypoglycaemia-risk", found)


def _depression(view: _View) -> Iterator[Reason]:
    found = view.recent(Measure.PHQ9)
    if found is None:
        return
    if _at_least(found, "16"):
        yield _of("phq9-more-severe", found)
    previous = found.previous
    if previous and found.latest.when.start - previous.when.start <= YEAR and found.direction is Direction.UP:
        yield _of("phq9-rise", found)


def _heart(view: _View) -> Iterator[Reason]:
    if not view.hf:
        return
    peptide = view.recent(Measure.NTPROBNP)
    if peptide and _above(peptide, "2000"):
        yield _of("ntprobnp-high", peptide)
    if peptide and peptide.direction is Direction.UP:
        yield _of("ntprobnp-rise", peptide)
    weight = view.recent(Measure.WEIGHT, WEIGHT_NEWS)
    lowest = _lowest_of_three_days(weight) if weight else None
    if weight and lowest and weight.latest.value.value - lowest.value.value > 2:
        yield _of("weight-gain-in-days", weight, lowest)


def _lowest_of_three_days(weight: KeyResult) -> Result | None:
    day = weight.latest.when.start
    near = [
        each
        for each in weight.series
        if each.when.precision in ("day", "time") and timedelta(0) < day - each.when.start <= timedelta(days=3)
    ]
    return min(near, key=lambda each: each.value.value, default=None)


def _medicines_in_heart_failure(view: _View) -> Iterator[Reason]:
    if not view.hf:
        return
    if DrugClass.PIOGLITAZONE in view.takes:
        yield _reason("pioglitazone-in-hf")
    if any(atc.startswith(_DPP4_WITH_HF_RISK) for atc in view.facts.medicines_atc):
        yield _reason("saxagliptin-or-alogliptin-in-hf")
    if DrugClass.TRICYCLIC in view.takes:
        yield _reason("tricyclic-in-hf")
    ejection = view.facts.results.get(Measure.LVEF)
    if ejection and DrugClass.RATE_LIMITING_CCB in view.takes and not _above(ejection, "40"):
        yield _of("rate-limiting-ccb-in-hfref", ejection)


def _painkillers(view: _View) -> Iterator[Reason]:
    """The gravest of the three that an NSAID may cause, once."""
    if DrugClass.NSAID not in view.takes:
        return
    if view.takes & {DrugClass.ACE_INHIBITOR, DrugClass.ARB} and view.takes & _DIURETIC:
        yield _reason("triple-whammy")
    elif view.hf:
        yield _reason("nsaid-in-hf")
    elif view.ckd:
        yield _reason("nsaid-in-ckd")


def _renin_angiotensin(view: _View) -> Iterator[Reason]:
    if DrugClass.ACE_INHIBITOR not in view.takes:
        return
    if DrugClass.ARNI in view.takes:
        yield _reason("ace-inhibitor-with-arni")
    elif DrugClass.ARB in view.takes:
        yield _reason("ace-inhibitor-with-arb")


def _glucose_lowering(view: _View) -> Iterator[Reason]:
    kidney = view.facts.results.get(Measure.EGFR)
    if kidney is None:
        return
    if DrugClass.METFORMIN in view.takes:
        if _below(kidney, "30"):
            yield _of("metformin-egfr-below-30", kidney)
        elif _below(kidney, "45"):
            yield _of("metformin-egfr-below-45", kidney)
    if view.takes & _HYPOGLYCAEMIC and _below(kidney, "30"):
        yield _of("hypoglycaemia-risk-low-egfr", kidney)


def _other_medicines(view: _View) -> Iterator[Reason]:
    if DrugClass.SSRI in view.takes and view.takes & {DrugClass.NSAID, DrugClass.ANTICOAGULANT}:
        yield _reason("ssri-bleeding-risk")
    count = len({atc for atc in view.facts.medicines_atc if atc})
    if count >= 10:
        yield _reason("ten-or-more-medicines", count=count)


def _tasks(view: _View) -> Iterator[Reason]:
    late = [task for task in view.facts.tasks if task.due and task.due.end < view.as_of]
    if not late:
        return
    urgent = any(task.priority in ("urgent", "asap", "stat") for task in late)
    first = min(late, key=lambda task: task.due.end if task.due else view.as_of)
    points = min(POINTS["task-overdue"].points + 2 * (len(late) - 1), 10) + (4 if urgent else 0)
    yield _reason(
        "task-overdue",
        points=points,
        count=len(late),
        due=first.due.end if first.due else None,
        origin=first.origin if len(late) == 1 else None,
    )


def _checks(view: _View) -> Iterator[Reason]:
    """One reason for all; its detail names the check where it is a single one."""
    late = [check for check in view.facts.checks if check.overdue(view.as_of)]
    if not late:
        return
    first = min(late, key=lambda check: (check.last is not None, check.due))
    alone = len(late) == 1
    told = _reason(
        "checks-overdue",
        points=min(POINTS["checks-overdue"].points * len(late), 10),
        count=len(late),
        due=first.due if first.last else None,
    )
    if alone:
        told = replace(
            told, detail=f"{first.key}-overdue", measure=first.measure, since=first.last, source=first.source
        )
    yield told


def _plan(view: _View) -> Iterator[Reason]:
    plan = view.facts.plan
    if plan is None:
        if view.facts.plan_known:
            yield _reason("no-plan")
    elif plan.review_due and plan.review_due < view.as_of:
        yield _reason("plan-review-overdue", due=plan.review_due, origin=plan.origin)


def _contact(view: _View) -> Iterator[Reason]:
    last = view.facts.last_contact
    if last is None:
        if view.facts.contacts_known:
            yield _reason("no-contact-in-window")
    elif view.as_of - last.end > HALF_YEAR:
        yield _reason("no-contact", since=last)


def _new_results(view: _View, told: set[Measure | None]) -> Iterator[Reason]:
    """Abnormal results that came after the last contact and that no other reason has told already."""
    seen = view.facts.last_contact
    if seen is None:
        return
    new = [
        found
        for measure, found in view.facts.results.items()
        if measure in _NEWS
        and measure not in told
        and found.latest.when.start > seen.end
        and is_abnormal(measure, found.latest.value)
    ]
    if len(new) == 1:
        yield _of("abnormal-since-contact", new[0])
    elif new:
        yield _reason("abnormal-since-contact", count=len(new), since=min(found.latest.when for found in new))


_RULES: tuple[Callable[[_View], Iterator[Reason]], ...] = (
    _potassium,
    _sodium,
    _haemoglobin,
    _blood_pressure,
    _egfr,
    _albuminuria,
    _hba1c,
    _depression,
    _heart,
    _medicines_in_heart_failure,
    _painkillers,
    _renin_angiotensin,
    _glucose_lowering,
    _other_medicines,
    _tasks,
    _checks,
    _plan,
    _contact,
)
