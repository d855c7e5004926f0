"""Drug classes by ATC code: `drug_classes("A10BD05")` holds metformin and pioglitazone, both in that tablet.

ATC is a hierarchy written into its codes, so a class is a list of families (A10BK and all under it). A combination
belongs to every class whose substance it holds. Families after the ATC index 2025 of the WHO Collaborating Centre,
from memory, unsigned: draft. The same families are published as value sets in data/terminology/drug-classes.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from dashboard.domain.record.condition import ConditionKey

_ATC = re.compile(r"[A-Z](?:[0-9]{2}(?:[A-Z](?:[A-Z](?:[0-9]{2})?)?)?)?\Z")
_T2DM, _HF, _CKD, _DEPRESSION = ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD, ConditionKey.DEPRESSION


class DrugClass(StrEnum):
    """The classes in which medicines are grouped and looked at by rules, in the order of a medicines list."""

    METFORMIN = "metformin"
    SGLT2_INHIBITOR = "sglt2-inhibitor"
    GLP1_AGONIST = "glp1-agonist"
    DPP4_INHIBITOR = "dpp4-inhibitor"
    SULFONYLUREA = "sulfonylurea"
    PIOGLITAZONE = "pioglitazone"
    INSULIN = "insulin"
    OTHER_GLUCOSE_LOWERING = "other-glucose-lowering"
    ARNI = "arni"
    ACE_INHIBITOR = "ace-inhibitor"
    ARB = "arb"
    BETA_BLOCKER = "beta-blocker"
    MRA = "mra"
    LOOP_DIURETIC = "loop-diuretic"
    THIAZIDE = "thiazide"
    OTHER_DIURETIC = "other-diuretic"
    RATE_LIMITING_CCB = "rate-limiting-ccb"
    OTHER_CCB = "other-ccb"
    NITRATE = "nitrate"
    DIGOXIN = "digoxin"
    IVABRADINE = "ivabradine"
    STATIN = "statin"
    OTHER_LIPID_LOWERING = "other-lipid-lowering"
    ANTIPLATELET = "antiplatelet"
    ANTICOAGULANT = "anticoagulant"
    SSRI = "ssri"
    TRICYCLIC = "tricyclic"
    OTHER_ANTIDEPRESSANT = "other-antidepressant"
    LITHIUM = "lithium"
    ERYTHROPOIETIN = "erythropoietin"
    PHOSPHATE_BINDER = "phosphate-binder"
    POTASSIUM_BINDER = "potassium-binder"
    POTASSIUM = "potassium"
    IRON = "iron"
    NSAID = "nsaid"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ClassRule:
    """The ATC families of a class, those inside them that do not belong, and the conditions the class serves."""

    title: str
    families: tuple[str, ...]
    serves: tuple[ConditionKey, ...] = ()
    excluded: tuple[str, ...] = ()


def _atc(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CLASSES: dict[DrugClass, ClassRule] = {
    DrugClass.METFORMIN: ClassRule(
        "Metformin",
        _atc(
            "A10BA02 A10BD02 A10BD03 A10BD05 A10BD07 A10BD08 A10BD10 A10BD11 A10BD13 A10BD14 A10BD15 A10BD16 A10BD17 "
            "A10BD18 A10BD20 A10BD22 A10BD23 A10BD25 A10BD26 A10BD27"
        ),
        (_T2DM,),
    ),
    DrugClass.SGLT2_INHIBITOR: ClassRule(
        "SGLT2 inhibitors",
        _atc("A10BK A10BD15 A10BD16 A10BD19 A10BD20 A10BD21 A10BD23 A10BD24 A10BD25 A10BD27"),
        (_T2DM, _HF, _CKD),
    ),
    DrugClass.GLP1_AGONIST: ClassRule("GLP-1 receptor agonists", _atc("A10BJ A10AE54 A10AE56"), (_T2DM,)),
    DrugClass.DPP4_INHIBITOR: ClassRule(
        "DPP-4 inhibitors",
        _atc(
            "A10BH A10BD07 A10BD08 A10BD09 A10BD10 A10BD11 A10BD12 A10BD13 A10BD18 A10BD19 A10BD21 A10BD22 A10BD24 "
            "A10BD25 A10BD27"
        ),
        (_T2DM,),
    ),
    DrugClass.SULFONYLUREA: ClassRule("Sulfonylureas", _atc("A10BB A10BD01 A10BD02 A10BD04 A10BD06"), (_T2DM,)),
    DrugClass.PIOGLITAZONE: ClassRule("Pioglitazone", _atc("A10BG03 A10BD05 A10BD06 A10BD09 A10BD12"), (_T2DM,)),
    DrugClass.INSULIN: ClassRule("Insulins", _atc("A10A"), (_T2DM,)),
    DrugClass.OTHER_GLUCOSE_LOWERING: ClassRule(
        "Other glucose-lowering medicines",
        _atc("A10BF A10BX A10X A10BC A10BA01 A10BA03 A10BG01 A10BG02 A10BG04"),
        (_T2DM,),
    ),
    DrugClass.ARNI: ClassRule("Sacubitril with valsartan", _atc("C09DX04"), (_HF,)),
    DrugClass.ACE_INHIBITOR: ClassRule("ACE inhibitors", _atc("C09A C09B"), (_HF, _CKD)),
    DrugClass.ARB: ClassRule("Angiotensin receptor blockers", _atc("C09C C09D"), (_HF, _CKD)),
    DrugClass.BETA_BLOCKER: ClassRule("Beta blockers", _atc("C07 C09BX02 C09BX04 C09BX05"), (_HF,)),
    DrugClass.MRA: ClassRule("Mineralocorticoid receptor antagonists", _atc("C03DA"), (_HF, _CKD)),
    DrugClass.LOOP_DIURETIC: ClassRule("Loop diuretics", _atc("C03C C03EB"), (_HF, _CKD)),
    DrugClass.THIAZIDE: ClassRule(
        "Thiazides and related diuretics",
        _atc("C03A C03B C03EA C07B C07C C07D C08GA C09BA C09BX01 C09BX03 C09DA C09DX01 C09DX03 C09XA52 C09XA54"),
    ),
    DrugClass.OTHER_DIURETIC: ClassRule("Other diuretics", _atc("C03DB C03X")),
    DrugClass.RATE_LIMITING_CCB: ClassRule("Verapamil and diltiazem", _atc("C08D C09BB10")),
    DrugClass.OTHER_CCB: ClassRule("Other calcium channel blockers", _atc("C08C C08E C08G C09DB"), (), ()),
    DrugClass.NITRATE: ClassRule("Nitrates", _atc("C01DA")),
    DrugClass.DIGOXIN: ClassRule("Digoxin", _atc("C01AA"), (_HF,)),
    DrugClass.IVABRADINE: ClassRule("Ivabradine", _atc("C01EB17"), (_HF,)),
    DrugClass.STATIN: ClassRule("Statins", _atc("C10AA C10BA C10BX"), (_T2DM, _CKD)),
    DrugClass.OTHER_LIPID_LOWERING: ClassRule("Other lipid-lowering medicines", _atc("C10AB C10AC C10AD C10AX")),
    DrugClass.ANTIPLATELET: ClassRule("Antiplatelets", _atc("B01AC")),
    DrugClass.ANTICOAGULANT: ClassRule("Anticoagulants", _atc("B01AA B01AB B01AE B01AF B01AX")),
    DrugClass.SSRI: ClassRule("SSRIs", _atc("N06AB"), (_DEPRESSION,)),
    DrugClass.TRICYCLIC: ClassRule("Tricyclic antidepressants", _atc("N06AA"), (_DEPRESSION,)),
    DrugClass.OTHER_ANTIDEPRESSANT: ClassRule("Other antidepressants", _atc("N06AF N06AG N06AX"), (_DEPRESSION,)),
    DrugClass.LITHIUM: ClassRule("Lithium", _atc("N05AN"), (_DEPRESSION,)),
    DrugClass.ERYTHROPOIETIN: ClassRule("Erythropoietins", _atc("B03XA"), (_CKD,)),
    DrugClass.PHOSPHATE_BINDER: ClassRule(
        "Phosphate binders", _atc("V03AE02 V03AE03 V03AE04 V03AE05 V03AE06 V03AE07 V03AE08"), (_CKD,)
    ),
    DrugClass.POTASSIUM_BINDER: ClassRule("Potassium binders", _atc("V03AE01 V03AE09 V03AE10"), (_CKD,)),
    DrugClass.POTASSIUM: ClassRule("Potassium supplements", _atc("A12BA")),
    DrugClass.IRON: ClassRule("Iron", _atc("B03A")),
    # Glucosamine, chondroitin and the like are in M01AX but do not act on the kidney or the heart as NSAIDs do.
    DrugClass.NSAID: ClassRule(
        "NSAIDs and COX-2 inhibitors", _atc("M01A"), (), _atc("M01AX05 M01AX12 M01AX21 M01AX24 M01AX25 M01AX26")
    ),
}
"""Every class but OTHER."""


def is_atc(code: str) -> bool:
    """Whether the text is shaped like an ATC code of any of the five levels, e.g. A10BA02."""
    return bool(_ATC.match(code))


def _belongs(atc: str, rule: ClassRule) -> bool:
    return atc.startswith(rule.families) and not (rule.excluded and atc.startswith(rule.excluded))


@lru_cache(maxsize=4096)
def drug_classes(atc: str) -> frozenset[DrugClass]:
    """All classes whose substance the medicine holds; empty for "" and for what belongs to none."""
    return frozenset(name for name, rule in CLASSES.items() if atc and _belongs(atc, rule))


@lru_cache(maxsize=4096)
def drug_class(atc: str) -> DrugClass:
    """The one class under which a medicine is listed: the first of its classes in the order of `DrugClass`."""
    return next((name for name, rule in CLASSES.items() if atc and _belongs(atc, rule)), DrugClass.OTHER)
