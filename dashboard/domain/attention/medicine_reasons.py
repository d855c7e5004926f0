"""Reasons that a medicine gives, against a condition, a result or another medicine."""

from collections.abc import Iterator

from dashboard.domain.attention.comparisons import above, below
from dashboard.domain.attention.reason import Reason
from dashboard.domain.attention.rule_input import Rule, RuleInput, reason_about, reason_for
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.drug_classes import DrugClass

_DIURETIC = frozenset({DrugClass.LOOP_DIURETIC, DrugClass.THIAZIDE, DrugClass.OTHER_DIURETIC, DrugClass.MRA})
_HYPOGLYCAEMIC = frozenset({DrugClass.SULFONYLUREA, DrugClass.INSULIN})
# Saxagliptin and alogliptin, alone and in their combinations; the other DPP-4 inhibitors are not meant.
_DPP4_WITH_HF_RISK = ("A10BH03", "A10BD10", "A10BD21", "A10BD25", "A10BH04", "A10BD09", "A10BD13")


def _medicines_in_heart_failure(given: RuleInput) -> Iterator[Reason]:
    if not given.hf:
        return
    if DrugClass.PIOGLITAZONE in given.takes:
        yield reason_for("pioglitazone-in-hf")
    if any(atc.startswith(_DPP4_WITH_HF_RISK) for atc in given.facts.medicines_atc):
        yield reason_for("saxagliptin-or-alogliptin-in-hf")
    if DrugClass.TRICYCLIC in given.takes:
        yield reason_for("tricyclic-in-hf")
    ejection = given.facts.results.get(Measure.LVEF)
    if ejection and DrugClass.RATE_LIMITING_CCB in given.takes and not above(ejection, "40"):
        yield reason_about("rate-limiting-ccb-in-hfref", ejection)


def _painkillers(given: RuleInput) -> Iterator[Reason]:
    """The gravest of the three that an NSAID may cause, once."""
    if DrugClass.NSAID not in given.takes:
        return
    if given.takes & {DrugClass.ACE_INHIBITOR, DrugClass.ARB} and given.takes & _DIURETIC:
        yield reason_for("triple-whammy")
    elif given.hf:
        yield reason_for("nsaid-in-hf")
    elif given.ckd:
        yield reason_for("nsaid-in-ckd")


def _renin_angiotensin(given: RuleInput) -> Iterator[Reason]:
    if DrugClass.ACE_INHIBITOR not in given.takes:
        return
    if DrugClass.ARNI in given.takes:
        yield reason_for("ace-inhibitor-with-arni")
    elif DrugClass.ARB in given.takes:
        yield reason_for("ace-inhibitor-with-arb")


def _glucose_lowering(given: RuleInput) -> Iterator[Reason]:
    kidney = given.facts.results.get(Measure.EGFR)
    if kidney is None:
        return
    if DrugClass.METFORMIN in given.takes:
        if below(kidney, "30"):
            yield reason_about("metformin-egfr-below-30", kidney)
        elif below(kidney, "45"):
            yield reason_about("metformin-egfr-below-45", kidney)
    if given.takes & _HYPOGLYCAEMIC and below(kidney, "30"):
        yield reason_about("hypoglycaemia-risk-low-egfr", kidney)


def _other_medicines(given: RuleInput) -> Iterator[Reason]:
    if DrugClass.SSRI in given.takes and given.takes & {DrugClass.NSAID, DrugClass.ANTICOAGULANT}:
        yield reason_for("ssri-bleeding-risk")
    count = len({atc for atc in given.facts.medicines_atc if atc})
    if count >= 10:
        yield reason_for("ten-or-more-medicines", count=count)


MEDICINE_RULES: tuple[Rule, ...] = (
    _medicines_in_heart_failure,
    _painkillers,
    _renin_angiotensin,
    _glucose_lowering,
    _other_medicines,
)
