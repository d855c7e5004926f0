"""Reasons that a medicine gives, against a condition, a result or another medicine."""

from collections.abc import Callable, Iterator

from dashboard.domain.attention.patient_facts import View, about, above, below, give
from dashboard.domain.attention.reason import Reason
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.drug_classes import DrugClass

_DIURETIC = frozenset({DrugClass.LOOP_DIURETIC, DrugClass.THIAZIDE, DrugClass.OTHER_DIURETIC, DrugClass.MRA})
_HYPOGLYCAEMIC = frozenset({DrugClass.SULFONYLUREA, DrugClass.INSULIN})
# Saxagliptin and alogliptin, alone and in their combinations; the other DPP-4 inhibitors are not meant.
_DPP4_WITH_HF_RISK = ("A10BH03", "A10BD10", "A10BD21", "A10BD25", "A10BH04", "A10BD09", "A10BD13")


def _medicines_in_heart_failure(view: View) -> Iterator[Reason]:
    if not view.hf:
        return
    if DrugClass.PIOGLITAZONE in view.takes:
        yield give("pioglitazone-in-hf")
    if any(atc.startswith(_DPP4_WITH_HF_RISK) for atc in view.facts.medicines_atc):
        yield give("saxagliptin-or-alogliptin-in-hf")
    if DrugClass.TRICYCLIC in view.takes:
        yield give("tricyclic-in-hf")
    ejection = view.facts.results.get(Measure.LVEF)
    if ejection and DrugClass.RATE_LIMITING_CCB in view.takes and not above(ejection, "40"):
        yield about("rate-limiting-ccb-in-hfref", ejection)


def _painkillers(view: View) -> Iterator[Reason]:
    """The gravest of the three that an NSAID may cause, once."""
    if DrugClass.NSAID not in view.takes:
        return
    if view.takes & {DrugClass.ACE_INHIBITOR, DrugClass.ARB} and view.takes & _DIURETIC:
        yield give("triple-whammy")
    elif view.hf:
        yield give("nsaid-in-hf")
    elif view.ckd:
        yield give("nsaid-in-ckd")


def _renin_angiotensin(view: View) -> Iterator[Reason]:
    if DrugClass.ACE_INHIBITOR not in view.takes:
        return
    if DrugClass.ARNI in view.takes:
        yield give("ace-inhibitor-with-arni")
    elif DrugClass.ARB in view.takes:
        yield give("ace-inhibitor-with-arb")


def _glucose_lowering(view: View) -> Iterator[Reason]:
    kidney = view.facts.results.get(Measure.EGFR)
    if kidney is None:
        return
    if DrugClass.METFORMIN in view.takes:
        if below(kidney, "30"):
            yield about("metformin-egfr-below-30", kidney)
        elif below(kidney, "45"):
            yield about("metformin-egfr-below-45", kidney)
    if view.takes & _HYPOGLYCAEMIC and below(kidney, "30"):
        yield about("hypoglycaemia-risk-low-egfr", kidney)


def _other_medicines(view: View) -> Iterator[Reason]:
    if DrugClass.SSRI in view.takes and view.takes & {DrugClass.NSAID, DrugClass.ANTICOAGULANT}:
        yield give("ssri-bleeding-risk")
    count = len({atc for atc in view.facts.medicines_atc if atc})
    if count >= 10:
        yield give("ten-or-more-medicines", count=count)


MEDICINE_RULES: tuple[Callable[[View], Iterator[Reason]], ...] = (
    _medicines_in_heart_failure,
    _painkillers,
    _renin_angiotensin,
    _glucose_lowering,
    _other_medicines,
)
