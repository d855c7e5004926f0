"""What laboratories and devices write instead of a UCUM code, for the units of the key measures.

UCUM (https://ucum.org/ucum, version 2.1) is case-sensitive, and so are its codes here wherever case decides: `mg` and
`Mg` are a milligram and a megagram. But a report in capitals (`MG/DL`, `MEQ/L`, `Kg`) has one meaning among the units
in which a measure is known, and is understood: no two units of one measure differ by case alone, which a test holds.

The spellings were met in public laboratory reports, HL7 v2 messages and example files of FHIR tools; each can mean
nothing else for the measures it is used for. An absolute clearance (`mL/min`) is no spelling of the eGFR.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from dashboard.domain.record.observation import Measure

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "%": ("percent", "pct", "per cent"),
    "mm[Hg]": ("mmHg", "mm Hg", "mm(Hg)", "mm of Hg", "millimeter of mercury", "millimetres of mercury"),
    "kPa": (),
    "meq/L": ("mEq/L", "meq per litre", "mval/L"),
    "mmol/L": ("mmol per litre", "mM"),
    "mg/dL": ("mg%", "mg/100mL", "mg per dL"),
    "umol/L": ("micromol/L", "mcmol/L", "umol per litre"),
    "g/dL": ("gm/dL", "g%", "gm%", "g/100mL", "gms/dL"),
    "g/L": ("gm/L",),
    "kg": ("kgs", "kilo", "kilos", "kilogram", "kilograms"),
    "g": ("gm", "gram", "grams"),
    "[lb_av]": ("lb", "lbs", "pound", "pounds"),
    "cm": ("cms", "centimeter", "centimeters", "centimetre", "centimetres"),
    "m": ("meter", "meters", "metre", "metres"),
    "[in_i]": ("in", "inch", "inches"),
    "kg/m2": ("kg/m^2", "kg/m**2", "kg/sqm", "kg/sq m", "kg/sq. m", "kg per m2"),
    "ng/L": (),
    "pg/mL": ("pg per mL",),
    "pmol/L": (),
    "mg/mmol": ("mg/mMol",),
    "mg/g": ("mg/gm", "mg per g"),
    "ug/mg": ("mcg/mg",),
    "g/mol": (),
    "mmol/mol": ("mmol per mol",),
    "{score}": ("1", "score", "scores", "points", "point", "pts", "/27", "[score]", "puntos", "puntuak", "poäng"),
}
"""By UCUM code; compared without case and without spaces."""
_HAEMOGLOBIN: Final = (
    "of total hgb",
    "of total hb",
    "of total hemoglobin",
    "of total haemoglobin",
    "total hgb",
    "total hb",
    "hgb",
    "hb",
    "hba1c",
    "a1c",
    "hemoglobin",
    "haemoglobin",
)
_CREATININE: Final = (
    "creatinine",
    "creat",
    "creat.",
    "crea",
    "crt",
    "cr",
    "creatinina",
    "kreatinin",
    "krea",
    "of creatinine",
)
NOTES: Final[dict[tuple[Measure, str], tuple[str, ...]]] = {
    # A percentage "IFCC" or "Mono-S" is on another scale than NGSP's, and is not understood.
    (Measure.HBA1C, "%"): (*_HAEMOGLOBIN, "ngsp", "dcct", "(ngsp)", "(dcct)"),
    (Measure.HBA1C, "mmol/mol"): (*_HAEMOGLOBIN, "ifcc", "(ifcc)"),
    **{(Measure.UACR, unit): _CREATININE for unit in ("mg/mmol", "mg/g", "ug/mg", "g/mol")},
    (Measure.LVEF, "%"): ("ef", "lvef"),
}
"""What is written behind the unit to say of what it is: UCUM would put it in braces."""
_AREA: Final = re.compile(
    r"(m?l/(?:min|s))(?:/|per)[({\[]?1[.,]73[_.*]?(?:m(?:\^|\*\*)?2|m²|sq\.?m|msq|)[)}\]]?\Z", re.IGNORECASE
)
"""The body surface area of an eGFR, however it is written: `mL/min/1.73 sq M`, `ml/min per 1,73 m2`."""
_SECONDS: Final = {"ml/s": "mL/s/{1.73_m2}", "ml/min": "mL/min/{1.73_m2}"}


@lru_cache(maxsize=4096)
def unit_meant(measure: Measure, unit: str, known: tuple[str, ...]) -> str | None:
    """The one of a measure's `known` UCUM codes that a sender's unit means; None where it means none of them."""
    plain = _plain(unit)
    if found := _AREA.match(plain):
        code = _SECONDS.get(found[1].casefold(), "")
        return code if code in known else None
    for code in known:
        spelled = {_plain(each) for each in spellings(code)}
        notes = ("", *map(_plain, NOTES.get((measure, code), ())))
        if any(plain.removesuffix(note) in spelled for note in notes if plain.endswith(note)):
            return code
    return None


def spellings(code: str) -> Iterable[str]:
    """The code itself and its aliases."""
    return (code, *ALIASES.get(code, ()))


def _plain(unit: str) -> str:
    return unit.casefold().replace(" ", "").replace("µ", "u").replace("μ", "u").replace("²", "2")
