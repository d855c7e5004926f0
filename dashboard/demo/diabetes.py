"""Type 2 diabetes: HbA1c drifts up, each new medicine brings it down over some three months."""

import math
from typing import Final

# Fall of HbA1c in mmol/mol at full effect, of each dose step.
EFFECT: Final[dict[str, tuple[float, ...]]] = {
    "metformin": (7.0, 11.0),
    "dapagliflozin": (6.0,),
    "empagliflozin": (6.0,),
    "gliclazide": (6.0, 11.0),
    "linagliptin": (6.0,),
    "semaglutide": (4.0, 9.0, 13.0),
    "glargine": (8.0, 14.0, 19.0),
}
# Half the fall is there after five weeks: HbA1c shows the sugar of the red cells' two to three months.
HALF_LIFE_DAYS: Final = 35.0
INTENSIFY_AT: Final = 58.0  # mmol/mol, NICE NG28


def settled(days: float) -> float:
    """How much of a medicine's effect HbA1c shows after so many days, 0 to 1."""
    return 1 - math.exp(-max(0.0, days) * math.log(2) / HALF_LIFE_DAYS)


def next_step(on: dict[str, int], egfr: float, heart_or_kidney: bool, year: int) -> tuple[str, int] | None:
    """The medicine and dose step a clinician of that year would add, None when nothing is left."""
    metformin = on.get("metformin")
    if metformin is None and egfr >= 45:
        return "metformin", 0
    if metformin == 0 and egfr >= 45:
        return "metformin", 1
    flozin = on.keys() & {"dapagliflozin", "empagliflozin"}
    if not flozin and egfr >= 25 and (year >= 2022 or (heart_or_kidney and year >= 2020)):
        return "empagliflozin", 0
    if "gliclazide" not in on and "glargine" not in on and egfr >= 30:
        return "gliclazide", 0
    if "linagliptin" not in on and "semaglutide" not in on:
        return "linagliptin", 0
    if "glargine" not in on:
        return "glargine", 0
    return ("glargine", on["glargine"] + 1) if on["glargine"] < 2 else None
