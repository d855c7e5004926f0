"""Heart failure and blood pressure: what the pressure would be untreated, what each medicine takes off, NT-proBNP."""

from typing import Final

# Fall of systolic pressure in mmHg of each dose step.
_EFFECT: Final[dict[str, tuple[float, ...]]] = {
    "ramipril": (5.0, 8.0, 11.0),
    "losartan": (5.0, 8.0, 10.0),
    "sacubitril": (9.0, 13.0),
    "amlodipine": (8.0, 12.0),
    "indapamide": (8.0,),
    "bisoprolol": (3.0, 5.0, 7.0, 9.0),
    "spironolactone": (4.0, 7.0),
    "eplerenone": (5.0,),
    "furosemide": (1.0, 3.0, 5.0),
    "dapagliflozin": (3.0,),
    "empagliflozin": (3.0,),
}


def systolic(untreated: float, on: dict[str, int]) -> float:
    """Expected systolic pressure in mmHg; a fourth medicine adds less than the first, so the fall levels off."""
    fall = sum(_EFFECT[key][step] for key, step in on.items() if key in _EFFECT)
    return untreated - fall * (1 - min(fall, 60.0) / 150)


def diastolic(systolic_now: float, age: float) -> float:
    """Expected diastolic pressure: about half, and lower with age as the arteries stiffen."""
    return 0.47 * systolic_now + 14 - 0.15 * max(0.0, age - 55)


def ntprobnp(lvef: float, egfr: float, on: dict[str, int]) -> float:
    """Expected NT-proBNP in ng/L: higher with weak heart and kidneys, a quarter off for each pillar of treatment."""
    level = 2600 * (35 / lvef) ** 1.5 * (60 / max(egfr, 15)) ** 0.6
    pillars = (
        bool(on.keys() & {"ramipril", "losartan", "sacubitril"}),
        "bisoprolol" in on,
        bool(on.keys() & {"spironolactone", "eplerenone"}),
        bool(on.keys() & {"dapagliflozin", "empagliflozin"}),
    )
    return float(level * 0.75 ** sum(pillars))


def next_pressure_step(on: dict[str, int], heart_failure: bool, arb: bool) -> tuple[str, int] | None:
    """What to add or raise when the pressure is above target; with heart failure no amlodipine is needed first."""
    raas = "losartan" if arb else "ramipril"
    if "sacubitril" not in on and on.get(raas, -1) < 2:
        return raas, on.get(raas, -1) + 1
    if not heart_failure and on.get("amlodipine", -1) < 1:
        return "amlodipine", on.get("amlodipine", -1) + 1
    if not heart_failure and "indapamide" not in on:
        return "indapamide", 0
    return None


def next_failure_step(
    on: dict[str, int], lvef: float, potassium: float, arb: bool, year: int
) -> tuple[str, int] | None:
    """The next of the four pillars (and a loop diuretic first), in the order they came into use."""
    if "furosemide" not in on:
        return "furosemide", 0
    raas = "losartan" if arb else "ramipril"
    if "sacubitril" not in on and raas not in on:
        return raas, 0
    if on.get("bisoprolol", -1) < 2 and lvef <= 49:
        return "bisoprolol", on.get("bisoprolol", -1) + 1
    if on.get(raas, 2) < 1:
        return raas, on[raas] + 1
    if lvef <= 40 and potassium < 5.0 and not on.keys() & {"spironolactone", "eplerenone"}:
        return "spironolactone", 0
    if year >= 2022 and not on.keys() & {"dapagliflozin", "empagliflozin"}:
        return "dapagliflozin", 0
    return None
