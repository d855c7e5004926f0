"""English for the classes of medicines, by ATC code; the longest prefix that is listed names the class.

WHO ATC/DDD index: https://atcddd.fhi.no/atc_ddd_index/. Groups the dashboard's conditions ask about are split finer.
"""

from dashboard.ui.wording import mark, t

CLASSES = {
    "A02BC": mark("Proton pump inhibitor"),
    "A10A": mark("Insulin"),
    "A10BA": mark("Biguanide"),
    "A10BB": mark("Sulfonylurea"),
    "A10BD": mark("Diabetes combination"),
    "A10BG": mark("Glitazone"),
    "A10BH": mark("DPP-4 inhibitor"),
    "A10BJ": mark("GLP-1 receptor agonist"),
    "A10BK": mark("SGLT2 inhibitor"),
    "A11": mark("Vitamins"),
    "B01AA": mark("Anticoagulant"),
    "B01AC": mark("Antiplatelet"),
    "B01AE": mark("Anticoagulant"),
    "B01AF": mark("Anticoagulant"),
    "B03": mark("Antianaemic"),
    "C01A": mark("Cardiac glycoside"),
    "C01D": mark("Nitrate"),
    "C01EB17": mark("If-channel inhibitor"),
    "C03A": mark("Thiazide diuretic"),
    "C03B": mark("Thiazide-like diuretic"),
    "C03C": mark("Loop diuretic"),
    "C03DA": mark("MRA"),
    "C07": mark("Beta blocker"),
    "C08C": mark("Calcium channel blocker"),
    "C08D": mark("Calcium channel blocker, rate limiting"),
    "C09A": mark("ACE inhibitor"),
    "C09B": mark("ACE inhibitor combination"),
    "C09C": mark("ARB"),
    "C09D": mark("ARB combination"),
    "C09DX04": mark("ARNI"),
    "C10AA": mark("Statin"),
    "H03": mark("Thyroid"),
    "J07": mark("Vaccine"),
    "M01A": mark("NSAID"),
    "M04": mark("Gout"),
    "N02A": mark("Opioid"),
    "N02B": mark("Analgesic"),
    "N05": mark("Psycholeptic"),
    "N06AA": mark("Tricyclic antidepressant"),
    "N06AB": mark("SSRI"),
    "N06AX": mark("Other antidepressant"),
    "R03": mark("Airways"),
}


def class_name(atc: str) -> str:
    """ "ACE inhibitor" for C09AA05; "Class not known" where the code is missing or outside the list."""
    for length in range(len(atc), 2, -1):
        if atc[:length] in CLASSES:
            return t(CLASSES[atc[:length]])
    return t("Other class") if atc else t("Class not known")
