"""English for the classes of medicines (`dashboard.domain.values.drug_classes.DrugClass`). Complete by test."""

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
_ORDER = {each: place for place, each in enumerate(DrugClass)}


def class_name(atc: str) -> str:
    """ "ACE inhibitor" for C09AA05; "Class not known" where the record gave no code that tells it."""
    return t(CLASSES[drug_class(atc)]) if atc else t("Class not known")


def class_order(atc: str) -> int:
    """The place of the medicine's class in a list; unknown classes last."""
    return _ORDER[drug_class(atc)] if atc else len(_ORDER)
