"""Drug classes by ATC code: `drug_classes("A10BD05")` holds metformin and pioglitazone, both in that tablet.

ATC is a hierarchy written into its codes, so a class is a list of families (A10BK and all under it). A combination
belongs to every class whose substance it holds, wherever ATC lists it (C10BX06 holds a statin, aspirin and an ACE
inhibitor). Families after the ATC index of the WHO Collaborating Centre as read in April 2026, unsigned: draft. A test
holds them against data/terminology/hierarchy/atc.csv; value sets of the same families are in data/terminology.
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
            "A10BD18 A10BD20 A10BD22 A10BD23 A10BD25 A10BD26 A10BD27 A10BD28 A10BD31 A10BD34"
        ),
        (_T2DM,),
    ),
    DrugClass.SGLT2_INHIBITOR: ClassRule(
        "SGLT2 inhibitors",
        _atc(
            "A10BK A10BD15 A10BD16 A10BD19 A10BD20 A10BD21 A10BD23 A10BD24 A10BD25 A10BD27 A10BD29 A10BD30 A10BD31 "
            "A10BD32 A10BD33 A10BD34 C03DA54"
        ),
        (_T2DM, _HF, _CKD),
    ),
    DrugClass.GLP1_AGONIST: ClassRule("GLP-1 receptor agonists", _atc("A10BJ A10AE54 A10AE56 A10AE57"), (_T2DM,)),
    DrugClass.DPP4_INHIBITOR: ClassRule(
        "DPP-4 inhibitors",
        _atc(
            "A10BH A10BD07 A10BD08 A10BD09 A10BD10 A10BD11 A10BD12 A10BD13 A10BD18 A10BD19 A10BD21 A10BD22 A10BD24 "
            "A10BD25 A10BD27 A10BD28 A10BD29 A10BD30 A10BD31"
        ),
        (_T2DM,),
    ),
    DrugClass.SULFONYLUREA: ClassRule("Sulfonylureas", _atc("A10BB A10BD01 A10BD02 A10BD04 A10BD06 A10BD32"), (_T2DM,)),
    DrugClass.PIOGLITAZONE: ClassRule(
        "Pioglitazone", _atc("A10BG03 A10BD05 A10BD06 A10BD09 A10BD12 A10BD33"), (_T2DM,)
    ),
    DrugClass.INSULIN: ClassRule("Insulins", _atc("A10A"), (_T2DM,)),
    DrugClass.OTHER_GLUCOSE_LOWERING: ClassRule(
        "Other glucose-lowering medicines",
        _atc("A10BF A10BX A10X A10BC A10BA01 A10BA03 A10BG01 A10BG02 A10BG04"),
        (_T2DM,),
    ),
    DrugClass.ARNI: ClassRule("Sacubitril with valsartan", _atc("C09DX04"), (_HF,)),
    DrugClass.ACE_INHIBITOR: ClassRule(
        "ACE inhibitors",
        _atc(
            "C09A C09B C10BX04 C10BX06 C10BX07 C10BX11 C10BX12 C10BX13 C10BX14 C10BX15 C10BX17 C10BX18 C10BX21 C10BX23"
        ),
        (_HF, _CKD),
    ),
    DrugClass.ARB: ClassRule(
        "Angiotensin receptor blockers", _atc("C09C C09D C10BX10 C10BX16 C10BX19 C10BX20 C10BX24"), (_HF, _CKD)
    ),
    DrugClass.BETA_BLOCKER: ClassRule(
        "Beta blockers", _atc("C07 C09BX02 C09BX04 C09BX05 C09BX06 C09BX07 C09DX05 C10BX22"), (_HF,)
    ),
    DrugClass.MRA: ClassRule("Mineralocorticoid receptor antagonists", _atc("C03DA"), (_HF, _CKD)),
    DrugClass.LOOP_DIURETIC: ClassRule("Loop diuretics", _atc("C03C C03EB"), (_HF, _CKD)),
    DrugClass.THIAZIDE: ClassRule(
        "Thiazides and related diuretics",
        _atc(
            "C02L C03A C03B C03EA C07B C07C C07D C08GA C09BA C09BX01 C09BX03 C09BX06 C09DA C09DX01 C09DX03 C09DX06 "
            "C09DX07 C09DX08 C09DX09 C09XA52 C09XA54 C10BX13"
        ),
    ),
    DrugClass.OTHER_DIURETIC: ClassRule("Other diuretics", _atc("C03DB C03X")),
    DrugClass.RATE_LIMITING_CCB: ClassRule("Verapamil and diltiazem", _atc("C08D C09BB10")),
    DrugClass.OTHER_CCB: ClassRule("Other calcium channel blockers", _atc("C08C C08E C08G C09DB"), (), ()),
    DrugClass.NITRATE: ClassRule("Nitrates", _atc("C01DA")),
    DrugClass.DIGOXIN: ClassRule("Digoxin", _atc("C01AA"), (_HF,)),
    DrugClass.IVABRADINE: ClassRule("Ivabradine", _atc("C01EB17 C07FX05 C07FX06"), (_HF,)),
    DrugClass.STATIN: ClassRule("Statins", _atc("C10AA C10BA C10BX A10BH51 A10BH52"), (_T2DM, _CKD), _atc("C10BA10")),
    DrugClass.OTHER_LIPID_LOWERING: ClassRule(
        "Other lipid-lowering medicines", _atc("C10AB C10AC C10AD C10AX C10BA10")
    ),
    DrugClass.ANTIPLATELET: ClassRule(
        "Antiplatelets",
        _atc("B01AC B01AF51 C07FX02 C07FX03 C07FX04 C10BX01 C10BX02 C10BX04 C10BX05 C10BX06 C10BX08 C10BX12"),
    ),
    DrugClass.ANTICOAGULANT: ClassRule("Anticoagulants", _atc("B01AA B01AB B01AE B01AF B01AX")),
    DrugClass.SSRI: ClassRule("SSRIs", _atc("N06AB N06CA03"), (_DEPRESSION,)),
    DrugClass.TRICYCLIC: ClassRule("Tricyclic antidepressants", _atc("N06AA N06CA01 N06CA02"), (_DEPRESSION,)),
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
        "NSAIDs and COX-2 inhibitors",
        _atc("M01A M01B C08CA51 L01XX33 N02AJ08 N02AJ14 N02AJ16 N02AJ19 N02AJ23 N02CC51"),
        (),
        _atc("M01AX05 M01AX12 M01AX21 M01AX24 M01AX25 M01AX26"),
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
