"""What single FHIR resources say: status, date, stage, value in its unit; written a second time, plainly."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from dashboard.domain.values.datatypes import PartialDate
from tests.spec.guidelines_by_hand.answers import Number
from tests.spec.guidelines_by_hand.codes import MAPS, belongs, plain

# By UCUM code: how a value becomes one of the unit that the facts use, and to how many decimals.
UNITS = {
    "HBA1C": {"mmol/mol": (1, 0, None), "%": ("10.93", "-23.50", 0)},
    "EGFR": {"mL/min/{1.73_m2}": (1, 0, None), "mL/s/{1.73_m2}": (60, 0, 0)},
    "UACR": {"mg/mmol": (1, 0, None), "g/mol": (1, 0, None), "mg/g": ("0.11312", 0, 1), "ug/mg": ("0.11312", 0, 1)},
    "POTASSIUM": {"mmol/L": (1, 0, None), "meq/L": (1, 0, None)},
    "CREATININE": {"umol/L": (1, 0, None), "mg/dL": ("88.40", 0, 0), "mmol/L": (1000, 0, 0)},
    "SYSTOLIC": {"mm[Hg]": (1, 0, None), "kPa": ("7.50062", 0, 0)},
    "DIASTOLIC": {"mm[Hg]": (1, 0, None), "kPa": ("7.50062", 0, 0)},
    "WEIGHT": {"kg": (1, 0, None), "g": ("0.001", 0, 1), "[lb_av]": ("0.45359237", 0, 1)},
    "LVEF": {"%": (1, 0, None)},
    "PHQ9": {"{score}": (1, 0, None), "1": (1, 0, None)},
}


def read_date(text) -> PartialDate | None:
    try:
        return PartialDate(text) if text else None
    except ValueError:
        return None


def is_in(code: str, families: Iterable[str], without: Iterable[str]) -> bool:
    return any(code.startswith(each) for each in families) and not any(code.startswith(each) for each in without)


def first_code(concept) -> str:
    return next((coding.get("code", "") for coding in (concept or {}).get("coding", ())), "")


def is_broken(row) -> bool:
    """A modifier that nobody here knows: FHIR forbids to read on."""
    lists = [value for value in row.values() if isinstance(value, list)]
    parts = [part for value in lists for part in value if isinstance(part, dict)]
    return bool(row.get("modifierExtension") or any(part.get("modifierExtension") for part in parts))


def is_left_out(row) -> bool:
    status = row.get("status")
    return status in ("entered-in-error", "cancelled") or (status == "registered" and not has_value(row, deep=True))


def has_value(row, deep: bool = False) -> bool:
    holders = [row, *row.get("component", [])] if deep else [row]
    return any(name.startswith("value") for holder in holders for name in holder)


def is_active(row, verification: str) -> bool:
    if verification == "refuted":
        return False
    status = first_code(row.get("clinicalStatus"))
    if status in ("inactive", "remission", "resolved"):
        return False
    return status in ("active", "recurrence", "relapse") or not any(name.startswith("abatement") for name in row)


def stage_of(row) -> str:
    """The stage of the codes of the stage, of the problem and of its severity; else the words of the stage."""
    summaries = [stage.get("summary", {}) for stage in row.get("stage", ())]
    concepts = [*summaries, row["code"], row.get("severity", {})]
    for coding in [coding for concept in concepts for coding in concept.get("coding", ())]:
        system = coding.get("system", "")
        for _, _, display, _ in MAPS.get(("stage", system, plain(system, coding.get("code", ""))), ()):
            return display
    return next((each["text"] for each in summaries if each.get("text")), "")


def periods(row, bounds: bool = True):
    """The periods that say until when a medicine is taken, the first that has an end counts."""
    found = [row.get("effectivePeriod", {})]
    if bounds:
        lines = [*row.get("dosageInstruction", ()), *row.get("dosage", ())]
        ends = [line.get("timing", {}).get("repeat", {}).get("boundsPeriod", {}) for line in lines]
        if ends and all(end.get("end") for end in ends):
            found.append(max(ends, key=lambda end: end["end"]))
    return [*found, row.get("dispenseRequest", {}).get("validityPeriod", {})]


def when_of(row) -> PartialDate | None:
    """When the values were true: the day, else the end of the period, else when it was issued."""
    period = row.get("effectivePeriod", {})
    stated = row.get("effectiveDateTime") or row.get("effectiveInstant") or period.get("end") or period.get("start")
    return read_date(stated or row.get("issued"))


def performed(row) -> PartialDate | None:
    """When a Procedure ended, or was done."""
    period = row.get("performedPeriod", {})
    return read_date(row.get("performedDateTime") or period.get("end") or period.get("start"))


def first_measure(concept) -> str:
    """The measure of a code: the first of the project's list that it belongs to."""
    return measure_of(
        tuple((each.get("system", ""), each.get("code", "")) for each in (concept or {}).get("coding", ()))
    )


@cache
def measure_of(codes) -> str:
    concept = {"coding": [{"system": system, "code": code} for system, code in codes]}
    return next((name for name in ORDER if belongs(f"measure-{name}", concept)), "")


ORDER = (
    "HBA1C", "EGFR", "UACR", "POTASSIUM", "SODIUM", "CREATININE", "SYSTOLIC", "DIASTOLIC", "WEIGHT", "HEIGHT", "BMI",
    "LVEF", "NTPROBNP", "PHQ9", "LDL", "CHOLESTEROL", "HAEMOGLOBIN",
)  # fmt: skip


def in_unit(measure: str, holder):
    """The number in the unit of the fact, its unit, whether it is as recorded; "broken", or "absent" with a reason."""
    quantity = holder.get("valueQuantity")
    if quantity is None and "valueInteger" in holder and measure == "PHQ9":
        quantity = {"value": holder["valueInteger"], "unit": "{score}"}
    if quantity is None:
        return "absent" if holder.get("dataAbsentReason") and not has_value(holder) else "broken"
    unit = (quantity.get("code") or quantity.get("unit") or ("{score}" if measure == "PHQ9" else "")).replace(
        "mEq", "meq"
    )
    if "value" not in quantity or unit not in UNITS.get(measure, {}):
        return "broken"
    slope, intercept, decimals = UNITS[measure][unit]
    recorded = Decimal(str(quantity["value"]))
    number = Decimal(slope) * recorded + Decimal(intercept)
    if decimals is not None:
        number = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    as_recorded = number == recorded
    sign = quantity.get("comparator", "")
    if sign.startswith("<"):
        return Number(None, number, high_out=sign == "<"), unit, as_recorded
    if sign.startswith(">"):
        return Number(number, None, low_out=sign == ">"), unit, as_recorded
    return Number(number, number), unit, as_recorded


def is_conference(row) -> bool:
    codes = {coding.get("code") for kind in row.get("type", ()) for coding in kind.get("coding", ())}
    return "mdt-conference" in codes or ("312384001" in codes and bool(row.get("appointment")))
