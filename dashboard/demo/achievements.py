"""How the goals go, as their results say: the plan's words and the patient's course agree.

The rule is the pages' own: the targets' ends (`Target.missed_by`) and the trend of the latest results (`key_results`).
"""

from datetime import date, timedelta
from typing import Final

from dashboard.demo.fhir import Json, hl7
from dashboard.demo.records import Writer
from dashboard.domain.attention.trend import TREND_DAYS, key_results
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Observation, Target
from dashboard.fhir.mapping import goal as goals
from dashboard.fhir.mapping import observation as observations
from dashboard.fhir.terminology_files import load_terminology

JUDGED: Final = frozenset({"not-attainable"})
"""What only a clinician can say of a goal that is missed; a story may say so."""


def note_achievements(w: Writer, made: list[Json]) -> list[Json]:
    """The record with the achievement of each goal that is pursued and measured, noted on the day of its latest result.

    Goals in the patient's own words, and those that are over, stay as they are.
    """
    latest = _latest(w, made)
    for one in made:
        if one["resourceType"] == "Goal" and one["lifecycleStatus"] == "active" and one.get("target"):
            _note(w, one, latest)
    return made


def _note(w: Writer, one: Json, latest: dict[Measure, KeyResult]) -> None:
    targets = goals.from_fhir(one, load_terminology()).targets
    pairs = [(target, latest[target.measure]) for target in targets if target.measure in latest]
    now = achievement(pairs)
    said = w.who.script.get("doing", {}).get(one["description"]["text"])
    if said in JUDGED and any(target.missed_by(result.latest.value) for target, result in pairs):
        now = said
    one["achievementStatus"] = hl7("goal-achievement", now)
    noted = max((result.latest.when.start for _, result in pairs), default=date.fromisoformat(one["startDate"]))
    one["statusDate"] = noted.isoformat()


def achievement(pairs: list[tuple[Target, KeyResult]]) -> str:
    """FHIR's code for how a goal goes, of its targets with their latest results: met now ("achieved") and at the value
    before too ("sustaining"); else whether the results that miss come nearer.
    """
    missed = [(target, result) for target, result in pairs if target.missed_by(result.latest.value)]
    if not pairs or any(result.old for _, result in pairs):
        return "in-progress"
    if not missed:
        before = [(target, result.series[-2].value) for target, result in pairs if len(result.series) > 1]
        kept = len(before) == len(pairs) and not any(target.missed_by(value) for target, value in before)
        return "sustaining" if kept else "achieved"
    courses = {_course(target, result) for target, result in missed}
    return next(course for course in ("worsening", "no-change", "improving", "in-progress") if course in courses)


def _course(target: Target, result: KeyResult) -> str:
    """Whether a result that misses its target comes nearer to it."""
    too_high = target.high is not None and result.latest.value.value >= target.high.value
    match result.direction:
        case Direction.UP:
            return "worsening" if too_high else "improving"
        case Direction.DOWN:
            return "improving" if too_high else "worsening"
        case Direction.STEADY:
            return "no-change"
    return "in-progress"


def _latest(w: Writer, made: list[Json]) -> dict[Measure, KeyResult]:
    since = (date.fromordinal(w.who.as_of) - timedelta(days=TREND_DAYS)).isoformat()
    read = [
        observations.from_fhir(one, load_terminology())
        for one in made
        if one["resourceType"] == "Observation" and one["effectiveDateTime"] >= since
    ]
    results = [result for one in read if isinstance(one, Observation) for result in one.results]
    return key_results(results, date.fromordinal(w.who.as_of))
