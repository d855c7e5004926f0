"""Who a patient is and how ill: drawn once from the seed and the index, or set by the script of a story.

Eligible as in the pilot (NCT03834207): 55 or over, two to four of type 2 diabetes, heart failure, chronic kidney
disease and depression. `situation` is what makes somebody stand out on the day of view; most have none.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from dashboard.demo.chance import Chance, between, chance, pick, weigh
from dashboard.demo.files import stories, words
from dashboard.demo.places import Place, place_of

PROGRAMME: Final = ("t2dm", "hf", "ckd", "depression")

_COMBINATIONS: Final = {
    ("t2dm", "ckd"): 27,
    ("t2dm", "hf"): 12,
    ("t2dm", "depression"): 14,
    ("hf", "ckd"): 13,
    ("ckd", "depression"): 9,
    ("hf", "depression"): 6,
    ("t2dm", "hf", "ckd"): 9,
    ("t2dm", "ckd", "depression"): 6,
    ("t2dm", "hf", "depression"): 2,
    ("t2dm", "hf", "ckd", "depression"): 2,
}

# Of 100 patients: what is going on now. "" is nothing that stands out, "unseen" has had no contact for long.
_SITUATIONS: Final = {
    "": 61,
    "potassium": 5,
    "falling-egfr": 4,
    "glycaemia": 7,
    "congestion": 5,
    "low-mood": 4,
    "pressure": 5,
    "unseen": 9,
}
_NEEDS: Final = {
    "potassium": ("hf", "ckd"),
    "falling-egfr": ("ckd",),
    "glycaemia": ("t2dm",),
    "congestion": ("hf",),
    "low-mood": ("depression",),
}
YEAR: Final = 365.25


@dataclass(slots=True)
class Profile:
    """A patient before any record: days are proleptic day numbers. `script` holds what a story or an oddity sets."""

    index: int
    seed: int
    place: Place
    as_of: int
    id: str
    female: bool
    birth: int
    family: str
    given: str
    prefix: str
    onset: dict[str, int]
    start: int
    last_visit: int
    egfr: float
    slope: float
    lvef: float
    uacr: float
    weight: float
    height: float
    pressure: float
    phq: float
    response: float
    arb: bool
    situation: str
    oddity: str = ""
    script: dict[str, Any] = field(default_factory=dict)
    stages: list[tuple[str, int]] | None = field(default=None, repr=False, compare=False)  # filled by demo.staging

    def chance(self, aspect: str) -> Chance:
        """A source of chance for one aspect of this patient."""
        return chance(self.seed, self.index, aspect)

    def age(self, on: int) -> float:
        return (on - self.birth) / YEAR

    def true_egfr(self, day: int) -> float:
        """The kidneys' real course: a line, and for some a fall of a dozen over the last half year on top of it."""
        level = self.egfr + self.slope * (self.as_of - day) / YEAR
        if self.situation == "falling-egfr":
            level += 13 * min(1.0, (self.as_of - day) / 200)
        return max(7.0, min(96.0, level))

    def has(self, condition: str, on: int | None = None) -> bool:
        """Whether the condition has begun (by a day; by default the day of view)."""
        began = self.onset.get(condition)
        return began is not None and began <= (self.as_of if on is None else on)


def _script_of(place: Place) -> dict[str, Any]:
    """What a story or the list of oddities says about the patient of this place."""
    if place.team.number > 1:
        return {}
    for given in (*stories(), *words("awkward")):
        if given["team"] == place.team.id and given["place"] == place.ordinal:
            return dict(given)
    return {}


def profile(index: int, seed: int, as_of: date) -> Profile:
    """The patient of an index; the same for a seed whatever the size of the cohort."""
    place = place_of(index)
    script = _script_of(place)
    source = chance(seed, index, "profile")
    today = as_of.toordinal()
    region = place.team.region
    female = source.random() < 0.5
    age = min(96.0, max(55.3, source.gauss(74, 8.5)))
    years = between(source, 5.0, 10.0)
    conditions: tuple[str, ...] = weigh(source, _COMBINATIONS)
    wanted = weigh(source, _SITUATIONS)
    if "gender" in script:
        female = script["gender"] == "female"
    birth = today - int(age * YEAR)
    if "birth" in script:
        birth = date.fromisoformat(script["birth"]).toordinal()
    elif "age" in script:
        birth = today - int(script["age"] * YEAR) - 40
    if "conditions" in script:
        conditions = tuple(script["conditions"])
    if "situation" in script:
        wanted = script["situation"]
    elif wanted in _NEEDS and not set(_NEEDS[wanted]) & set(conditions):
        wanted = ""
    start = today - int(script.get("years", years) * YEAR)
    given_names = words("names")[region.language]
    family = pick(source, given_names["family"])
    if region.language == "es":
        family = f"{family} {pick(source, given_names['family'])}"
    made = Profile(
        index=index,
        seed=seed,
        place=place,
        as_of=today,
        id=script.get("id") or f"pat-{index + 1:05d}",
        female=female,
        birth=birth,
        family=script.get("family") or family,
        given=script.get("given") or pick(source, given_names["elder_f" if female else "elder_m"]),
        prefix=script.get("prefix") or _prefix(region.language, female, source),
        onset=_onsets(source, conditions, start, today, script),
        start=start,
        last_visit=today - _gap(source, wanted),
        egfr=script.get("egfr") or _egfr(source, "ckd" in conditions),
        slope=between(source, 0.6, 1.2),
        lvef=script.get("lvef") or (between(source, 26, 40) if source.random() < 0.6 else between(source, 42, 60)),
        uacr=script.get("uacr") or min(180.0, source.lognormvariate(1.1 if "ckd" not in conditions else 2.0, 1.1)),
        weight=script.get("weight") or source.gauss(76 if female else 86, 13),
        height=source.gauss(161 if female else 174, 6),
        pressure=source.gauss(160, 9),
        phq=script.get("phq") or between(source, 11, 18),
        response=between(source, 0.35, 0.75),
        arb=source.random() < 0.3,
        situation=wanted,
        oddity=script.get("kind", ""),
        script=script,
    )
    _kidney_course(made)
    if "last_contact_days" in script:
        made.last_visit = today - int(script["last_contact_days"])
    return made


def _kidney_course(who: Profile) -> None:
    """A lower eGFR today ends a steeper course, albuminuria steepens it; the disease began where it crossed 60."""
    script = who.script
    who.slope = script.get("slope") or who.slope + max(0.0, 60 - who.egfr) / 22 + (0.7 if who.uacr > 30 else 0.0)
    if "ckd" not in who.onset:
        return
    if "ckd" in script.get("since", {}):
        years = (who.as_of - who.onset["ckd"]) / YEAR
        who.slope = script.get("slope") or max(0.5, (59 - who.egfr) / max(0.5, years))
        return
    # Found when a blood test shows it: at the first month below 60, in the last twelve years.
    months = (who.as_of - 30 * back for back in range(146, 6, -1))
    who.onset["ckd"] = next((day for day in months if who.true_egfr(day) < 60), who.as_of - 200)


def _prefix(language: str, female: bool, source: Chance) -> str:
    married = source.random() < 0.8
    if language != "en":
        return ""
    return ("Mrs" if married else "Ms") if female else "Mr"


def _egfr(source: Chance, kidney: bool) -> float:
    """eGFR on the day of view: with kidney disease mostly stage 3, as the pilot's patients were."""
    return min(59.0, max(17.0, source.gauss(43, 9))) if kidney else min(98.0, max(62.0, source.gauss(75, 8)))


def _gap(source: Chance, situation: str) -> int:
    """Days since the last contact: for most it was within three months."""
    ordinary, long = source.random(), source.random()
    if situation == "unseen":
        return int(240 + 220 * long)
    if situation == "potassium":
        # Such a result is not left alone for weeks: it came in within the last days.
        return int(1 + 5 * ordinary)
    return int(2 + 26 * ordinary) if situation else int(3 + 105 * ordinary**1.4)


def _onsets(
    source: Chance, conditions: tuple[str, ...], start: int, today: int, script: dict[str, Any]
) -> dict[str, int]:
    """When each condition began: high pressure and diabetes first, the heart and kidneys after, low mood last."""
    earliest = {"t2dm": 14.0, "ckd": 6.0, "hf": 5.0, "depression": 3.5}
    onsets: dict[str, int] = {}
    draws = {name: source.random() for name in (*PROGRAMME, "hypertension", "others")}
    for name in conditions:
        onsets[name] = today - int((0.6 + earliest[name] * draws[name]) * YEAR)
    for name, when in script.get("since", {}).items():
        onsets[name] = date.fromisoformat(str(when)).toordinal()
    if draws["hypertension"] < 0.8 or "ckd" in conditions:
        onsets.setdefault("hypertension", start - int((0.5 + 9 * draws["others"]) * YEAR))
    for name, likely in (("heart-disease", 0.22), ("atrial-fibrillation", 0.13), ("knee", 0.3), ("stroke", 0.05)):
        chance_now, when = source.random(), source.random()
        if chance_now < likely * (2 if name != "knee" and "hf" in conditions else 1):
            onsets.setdefault(name, today - int((0.4 + 8 * when) * YEAR))
    return onsets
