"""What the screening for the pilot asked: where the patient lives, and whether the ICT self-check was passed.

It was asked when the patient joined, or again at a contact within a year. All of it is synthetic: no share says
anything about the real pilot.
"""

from typing import Final

from dashboard.demo.chance import Chance
from dashboard.demo.fhir import Json, coded, hl7, moment, resource, snomed, to
from dashboard.demo.patients import joined
from dashboard.demo.records import Writer
from dashboard.domain.values.code_systems import LOINC, OWN

_AT_HOME: Final = (("105529008", "Lives alone"), ("447051007", "Lives with spouse"), ("224133007", "Lives with family"))
_IN_A_HOME: Final = ("160734000", "Lives in nursing home")
_CODES: Final = OWN + "screening"
_ASKED_WITHIN: Final = 360  # days: large cohorts keep a year of history
# Shares of the patients: in a nursing home, not asked where they live, not asked for the self-check; of those asked,
# who passes it, and of the carers of those who do not.
_INSTITUTION, _UNASKED, _UNCHECKED, _PASSES, _CARER_PASSES = 0.05, 0.08, 0.12, 0.6, 0.75


def screening(w: Writer, carer_: Json | None, source: Chance) -> list[Json]:
    """The Observations of one patient; whoever was not asked has none."""
    where, place, checked, passes, helped = (source.random() for _ in range(5))
    made: list[Json] = []
    if asked_on(w) < w.since:
        return made
    if where > _UNASKED:
        home = where > _UNASKED + _INSTITUTION
        lives = _AT_HOME[int(place * len(_AT_HOME))] if home else _IN_A_HOME
        residence = coded(LOINC, "75274-1", "Characteristics of residence", "Living situation")
        made.append(_asked(w, "living", "social-history", residence, snomed(*lives), w.subject))
    if checked > _UNCHECKED:
        made.append(_checked(w, "ict", w.subject, passes < _PASSES))
        if passes >= _PASSES and carer_ is not None:
            made.append(_checked(w, "ict-carer", to(carer_, carer_["name"][0]["text"]), helped < _CARER_PASSES))
    return made


def _checked(w: Writer, name: str, who: Json, passed: bool) -> Json:
    said = coded(_CODES, "passed", "Passed") if passed else coded(_CODES, "not-passed", "Not passed")
    return _asked(w, name, "survey", coded(_CODES, "ict-self-check", "ICT self-check"), said, who)


def _asked(w: Writer, name: str, category: str, code: Json, value: Json, who: Json) -> Json:
    return resource(
        "Observation",
        w.id("obs", name),
        status="final",
        category=[hl7("observation-category", category)],
        code=code,
        subject=w.subject,
        effectiveDateTime=moment(asked_on(w), w.offset, 615),
        performer=[who],
        valueCodeableConcept=value,
    )


def asked_on(w: Writer) -> int:
    """The day number on which the questions were asked: never after the last contact."""
    return max(joined(w.who), min(w.who.as_of - _ASKED_WITHIN, w.who.last_visit))
