"""Observation: the key measures, their results, and the course of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import (
    NOBODY,
    CodeableConcept,
    Coding,
    NamedReference,
    PartialDate,
    Quantity,
    Reference,
)


class Measure(StrEnum):
    """The key measures; the canonical unit of each is in `dashboard.domain.values.units.CANONICAL_UNIT`."""

    HBA1C = "HBA1C"  # mmol/mol
    EGFR = "EGFR"  # mL/min/{1.73_m2}
    UACR = "UACR"  # mg/mmol
    POTASSIUM = "POTASSIUM"  # mmol/L
    SODIUM = "SODIUM"  # mmol/L
    CREATININE = "CREATININE"  # umol/L
    SYSTOLIC = "SYSTOLIC"  # mm[Hg]
    DIASTOLIC = "DIASTOLIC"  # mm[Hg]
    WEIGHT = "WEIGHT"  # kg
    HEIGHT = "HEIGHT"  # cm
    BMI = "BMI"  # kg/m2
    LVEF = "LVEF"  # %
    NTPROBNP = "NTPROBNP"  # ng/L
    PHQ9 = "PHQ9"  # {score}
    LDL = "LDL"  # mmol/L
    CHOLESTEROL = "CHOLESTEROL"  # mmol/L
    HDL = "HDL"  # mmol/L
    HAEMOGLOBIN = "HAEMOGLOBIN"  # g/L


KEY_MEASURES: dict[ConditionKey, tuple[Measure, ...]] = {
    ConditionKey.T2DM: (Measure.HBA1C, Measure.BMI, Measure.LDL, Measure.SYSTOLIC, Measure.DIASTOLIC),
    ConditionKey.HF: (
        Measure.LVEF,
        Measure.NTPROBNP,
        Measure.WEIGHT,
        Measure.SYSTOLIC,
        Measure.DIASTOLIC,
        Measure.SODIUM,
    ),
    ConditionKey.CKD: (
        Measure.EGFR,
        Measure.UACR,
        Measure.POTASSIUM,
        Measure.SYSTOLIC,
        Measure.DIASTOLIC,
        Measure.CREATININE,
        Measure.HAEMOGLOBIN,
    ),
    ConditionKey.DEPRESSION: (Measure.PHQ9,),
}
"""The measures by which each condition is followed, the most telling first; one measure may tell of several conditions.

After the processes of care that `dashboard.domain.attention.checks` cites; the order is our own choice, and a draft.
"""


PRESSURE_PANELS = ("85354-9", "55284-4")
"""LOINC's blood pressure panels (the second is the one before 2015): the measures are in their components."""
PRELIMINARY = frozenset({"preliminary", "registered"})
"""Statuses of a result that may still change: https://hl7.org/fhir/R4/valueset-observation-status.html. A registered
Observation has no result yet; one that has a value all the same is taken for preliminary, so that it is not missed.

One rule for every page: a preliminary result counts as any other and is marked; a final one of the same moment
replaces it (`dashboard.domain.attention.trend.key_results`)."""


def home_conditions(measures: Iterable[Measure], conditions: Iterable[ConditionKey]) -> dict[Measure, ConditionKey]:
    """Under which one of a patient's conditions each measure is listed: the one that it tells most of, which is the one
    in whose list it stands first; of several the first in the enum's order. What tells of none of them is not in it.
    """
    had = set(conditions)
    found: dict[Measure, ConditionKey] = {}
    for measure in measures:
        places = [(KEY_MEASURES[key].index(measure), key) for key in conditions_of(measure) if key in had]
        if places:
            found[measure] = min(places, key=lambda place: place[0])[1]
    return found


def conditions_of(measure: Measure) -> tuple[ConditionKey, ...]:
    """The conditions of which a measure tells, in the enum's order."""
    return tuple(key for key in ConditionKey if measure in KEY_MEASURES.get(key, ()))


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """One measured value in its canonical unit; `recorded` is as the source sent it, `converted` says they differ.

    `origin` is the Observation. A panel (blood pressure) yields one Result a component. `flagged`: its source calls it
    abnormal. `preliminary`: it may still change.
    """

    measure: Measure
    value: Quantity
    when: PartialDate
    recorded: Quantity
    converted: bool
    origin: Reference
    flagged: bool = False
    preliminary: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What a Goal aims at for one measure, in the canonical unit; one of the ends may be open.

    The comparator of an end says whether the end itself is still right: "<=" and ">=" where it is, "<" and ">" where it
    is not. A bare number is both ends, without comparator.
    """

    measure: Measure
    low: Quantity | None
    high: Quantity | None

    @property
    def bare(self) -> bool:
        """Whether it is a number of which nobody said whether more or less of it is meant."""
        return self.low is not None and self.low == self.high and not self.low.comparator

    def missed_by(self, value: Quantity) -> bool:
        """Whether a value is certainly beyond an end: "<60" is not certainly under 60 or more of 50. A bare number is
        missed by none: nobody said which side is wrong.
        """
        if self.bare:
            return False
        return _is_beyond(value, self.high, ">") or _is_beyond(value, self.low, "<")


def _is_beyond(value: Quantity, end: Quantity | None, side: str) -> bool:
    """Whether the value is certainly above (">") or below ("<") an end."""
    if end is None or (value.comparator and not value.comparator.startswith(side)):
        return False
    if value.value == end.value:
        return value.comparator == side or end.comparator in ("<", ">")
    return (value.value > end.value) == (side == ">")


def time_order(result: Result) -> tuple[datetime, int, bool, str, str]:
    """Sort key of a course, the same on every page and for every server: by the moment, the less precise first; of one
    moment (a sample reported in two units, say) those that had to be converted first, then by the Observation's id.
    """
    return result.when.moment, len(result.when.text), not result.converted, result.origin.id, result.origin.type


def without_replaced(course: list[Result]) -> list[Result]:
    """Returns the results of one measure without the preliminary ones that a final one of the same moment replaces:
    a laboratory may send the final value as a record of its own.
    """
    if not any(each.preliminary for each in course):
        return course
    final = {each.when.moment for each in course if not each.preliminary}
    return [each for each in course if not each.preliminary or each.when.moment not in final]


@dataclass(frozen=True, slots=True)
class ObservedValue:
    """value[x] of an Observation (`component` False) or of one of its components, under the code it is a value of.

    `result` is there where it is a value of a key measure; else `text` is the value as recorded, or why there is none.
    `unreadable` is the code of why a value of a key measure could not be used. `abnormal`: its source says so.
    """

    code: CodeableConcept
    component: bool = False
    measure: Measure | None = None
    result: Result | None = None
    text: str = ""
    unreadable: str = ""
    abnormal: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """An Observation: a measured value, a panel of values, or a finding.

    `start` and `end` are its effective period, `start` the time of issue where it has none; `time_text` words instead
    of a date. `when` is when its values were true of the patient: the end of the period. `check` is the recurring check
    that it fulfils without a value ("foot"), `coded` the codes of the value of such a check, `stage` the stage that a
    coded value stands for, `abnormal` whether its source says so. `unreadable` are its parts that could not be read.
    """

    origin: Reference
    code: CodeableConcept
    status: str
    start: PartialDate | None = None
    end: PartialDate | None = None
    time_text: str = ""
    when: PartialDate | None = None
    issued: PartialDate | None = None
    values: tuple[ObservedValue, ...] = ()
    check: str = ""
    coded: tuple[Coding, ...] = ()
    stage: str = ""
    abnormal: bool = False
    performer: NamedReference = NOBODY
    derived_from: tuple[Reference, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def preliminary(self) -> bool:
        """Whether it may still change."""
        return self.status in PRELIMINARY

    @property
    def results(self) -> tuple[Result, ...]:
        """The values of key measures."""
        return tuple([value.result for value in self.values if value.result is not None])


@dataclass(frozen=True, slots=True)
class KeyResult:
    """The latest value of a measure, where it came from, and its course (oldest first, latest last).

    `baseline` is the value that it is compared with, `direction` where it went from there. `abnormal`: it is outside
    the usual range. `old`: it is more than a year old. `target` is that of the goal that counts.
    """

    measure: Measure
    latest: Result
    baseline: Result | None
    direction: Direction
    series: tuple[Result, ...]
    abnormal: bool = False
    old: bool = False
    target: Target | None = None

    @property
    def misses_goal(self) -> bool:
        """Whether the latest value is certainly beyond the target of this person's goal."""
        return self.target is not None and self.target.missed_by(self.latest.value)
