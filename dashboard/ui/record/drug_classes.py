"""English for the classes of medicines (`dashboard.domain.values.drug_classes.DrugClass`). Complete by test."""

from collections.abc import Iterable

from dashboard.domain.values.drug_classes import DrugClass, drug_class
from dashboard.ui.shared.wording import mark, t

CLASSES = {
    DrugClass.METFORMIN: mark("Metformin"),
    DrugClass.SGLT2_INHIBITOR: mark("SGLT2 inhibitor"),
    DrugClass.GLP1_AGONIST: mark("GLP-1 agonist"),
    DrugClass.DPP4_INHIBITOR: mark("DPP-4 inhibitor"),
    DrugClass.SULFONYLUREA: mark("Sulfonylurea"),
    DrugClass.PIOGLITAZONE: mark("Pioglitazone"),
    DrugClass.INSULIN: mark("Insulin"),
    DrugClass.OTHER_GLUCOSE_LOWERING: mark("Other glucose lowering"),
    DrugClass.ARNI: mark("ARNI"),
    DrugClass.ACE_INHIBITOR: mark("ACE inhibitor"),
    DrugClass.ARB: mark("ARB"),
    DrugClass.BETA_BLOCKER: mark("Beta blocker"),
    DrugClass.MRA: mark("MRA"),
    DrugClass.LOOP_DIURETIC: mark("Loop diuretic"),
    DrugClass.THIAZIDE: mark("Thiazide"),
    DrugClass.OTHER_DIURETIC: mark("Other diuretic"),
    DrugClass.RATE_LIMITING_CCB: mark("Rate-limiting calcium channel blocker"),
    DrugClass.OTHER_CCB: mark("Calcium channel blocker"),
    DrugClass.NITRATE: mark("Nitrate"),
    DrugClass.DIGOXIN: mark("Digoxin"),
    DrugClass.IVABRADINE: mark("Ivabradine"),
    DrugClass.STATIN: mark("Statin"),
    DrugClass.OTHER_LIPID_LOWERING: mark("Other lipid lowering"),
    DrugClass.ANTIPLATELET: mark("Antiplatelet"),
    DrugClass.ANTICOAGULANT: mark("Anticoagulant"),
    DrugClass.SSRI: mark("SSRI"),
    DrugClass.TRICYCLIC: mark("Tricyclic"),
    DrugClass.OTHER_ANTIDEPRESSANT: mark("Other antidepressant"),
    DrugClass.LITHIUM: mark("Lithium"),
    DrugClass.ERYTHROPOIETIN: mark("Erythropoietin"),
    DrugClass.PHOSPHATE_BINDER: mark("Phosphate binder"),
    DrugClass.POTASSIUM_BINDER: mark("Potassium binder"),
    DrugClass.POTASSIUM: mark("Potassium"),
    DrugClass.IRON: mark("Iron"),
    DrugClass.NSAID: mark("NSAID"),
    DrugClass.OTHER: mark("Other class"),
}
EXAMPLES = {
    DrugClass.SGLT2_INHIBITOR: mark("empagliflozin, dapagliflozin, canagliflozin"),
    DrugClass.GLP1_AGONIST: mark("semaglutide, dulaglutide, liraglutide"),
    DrugClass.DPP4_INHIBITOR: mark("sitagliptin, linagliptin, alogliptin"),
    DrugClass.SULFONYLUREA: mark("gliclazide, glimepiride, glipizide"),
    DrugClass.ACE_INHIBITOR: mark("ramipril, lisinopril, perindopril, enalapril"),
    DrugClass.ARB: mark("losartan, candesartan, valsartan"),
    DrugClass.BETA_BLOCKER: mark("bisoprolol, carvedilol, metoprolol"),
    DrugClass.MRA: mark("spironolactone, eplerenone, finerenone"),
    DrugClass.LOOP_DIURETIC: mark("furosemide, bumetanide, torasemide"),
    DrugClass.THIAZIDE: mark("bendroflumethiazide, indapamide, hydrochlorothiazide"),
    DrugClass.OTHER_CCB: mark("amlodipine, felodipine, nifedipine"),
    DrugClass.STATIN: mark("atorvastatin, simvastatin, rosuvastatin"),
    DrugClass.ANTIPLATELET: mark("clopidogrel, acetylsalicylic acid, ticagrelor"),
    DrugClass.ANTICOAGULANT: mark("apixaban, rivaroxaban, warfarin"),
    DrugClass.SSRI: mark("sertraline, citalopram, fluoxetine"),
    DrugClass.TRICYCLIC: mark("amitriptyline, nortriptyline, clomipramine"),
    DrugClass.OTHER_ANTIDEPRESSANT: mark("mirtazapine, venlafaxine, duloxetine"),
    DrugClass.NSAID: mark("ibuprofen, naproxen, diclofenac, celecoxib"),
}
"""Some substances of a class, so that somebody who thinks of one finds the class. A test holds them against ATC."""
_WHOLE_SUBSTANCE = 7
"""Characters of an ATC code that is one substance; shorter ones are families."""
_ORDER = {each: place for place, each in enumerate(DrugClass)}


def class_name(atc: str) -> str:
    """ "ACE inhibitor" for C09AA05; "Class not known" where the record gave no code that tells it."""
    return t(CLASSES[drug_class(atc)]) if atc else t("Class not known")


def class_order(atc: str) -> int:
    """The place of the medicine's class in a list; unknown classes last."""
    return _ORDER[drug_class(atc)] if atc else len(_ORDER)


def class_examples(families: Iterable[str]) -> str:
    """Substances of the classes that these ATC families make up; "" of single substances and of classes without."""
    classes = dict.fromkeys(drug_class(each) for each in families if len(each) < _WHOLE_SUBSTANCE)
    return ", ".join(t(EXAMPLES[each]) for each in classes if each in EXAMPLES)
