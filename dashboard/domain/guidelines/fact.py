"""A fact that guideline rules ask about: its definition, and its value for one person on one day.

A fact is named once (data/guidelines/facts) and means the same in every rule: `egfr` is the latest eGFR within a year
in mL/min/{1.73_m2}. A value is exact, or lies between two ends ("<15", a birth year), or is unknown, with the reason.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dashboard.domain.pilot.eligibility import Criterion
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import PartialDate, Reference


class FactKind(StrEnum):
    """From what a fact is computed, and of which type its value is."""

    CONDITION = "condition"  # yes or no: is a code of a value set on the problem list
    STAGE = "stage"  # a word: the stage of the problem of the latest onset that has one
    MEDICINE = "medicine"  # yes or no: does the person take a medicine of these classes
    SINCE_STARTED = "since-started"  # days since the newest of such medicines was started
    MEDICINES = "medicines"  # a number: how many medicines the person takes
    MEASURED = "measured"  # a number: the latest result of a key measure
    SCORE = "score"  # a number: the latest answer or score that is no key measure
    FALL = "fall"  # a number: how far the latest result is under the highest of the days before it
    RISE = "rise"  # a number: how far the latest result is above the lowest of the days before it
    SINCE_DONE = "since-done"  # days since one of these measures was taken, or one of these checks done
    SINCE_CONTACT = "since-contact"  # days since the last contact with a professional
    AGE = "age"  # full years
    CRITERION = "criterion"  # yes or no: is a criterion of the pilot met, as the page Screening says it
    REGISTER = "register"  # yes or no: has the person a record in the pilot


OF_THE_PILOT = frozenset({FactKind.CRITERION, FactKind.REGISTER})
"""Kinds of facts that are read for who may enrol somebody, and for nobody else."""
YES_OR_NO = frozenset({FactKind.CONDITION, FactKind.MEDICINE}) | OF_THE_PILOT
DAYS = frozenset({FactKind.SINCE_STARTED, FactKind.SINCE_DONE, FactKind.SINCE_CONTACT})


class Why(StrEnum):
    """Why a fact is not known. None of these means that something is not there."""

    NOT_READ = "not-read"  # the records that it comes from could not be read
    UNREADABLE = "unreadable"  # one of them exists and could not be understood: an unknown unit, no date
    NOT_RECORDED = "not-recorded"  # nobody has recorded it
    TOO_OLD = "too-old"  # what is recorded is older than the fact allows
    SUSPECTED = "suspected"  # a diagnosis that nobody has confirmed
    NO_CLASS = "no-class"  # a medicine whose substance is not known may be one
    ON_HOLD = "on-hold"  # the medicine is paused, or its period is over while it is still called active


@dataclass(frozen=True, slots=True)
class Fact:
    """The definition of a fact. `words` is what a clinician calls it, `missing` what it means that it is not there.

    `unit` is UCUM's, "" of words and of yes or no. `value_sets` are names of data/terminology that hold its codes,
    `atc` families of medicines (`unsure_atc` those whose substances are not known here), `measures` key measures.
    `most_days` is how old a result may be, or over how many days a change is looked for; `percent` says that the change
    is counted in percent of the earlier value, `criterion` which one of the pilot is asked.
    """

    name: str
    words: str
    kind: FactKind
    missing: str
    unit: str = ""
    value_sets: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
    without_atc: tuple[str, ...] = ()
    unsure_atc: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    most_days: int = 0
    percent: bool = False
    criterion: Criterion | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """A number that lies between two ends, of which None is open; an end that is `..._out` is itself not meant.

    `Between(None, Decimal(15), high_out=True)` is "<15".
    """

    low: Decimal | None
    high: Decimal | None
    low_out: bool = False
    high_out: bool = False

    def holds(self, number: Decimal) -> bool:
        above = self.low is None or number > self.low or (number == self.low and not self.low_out)
        below = self.high is None or number < self.high or (number == self.high and not self.high_out)
        return above and below


Value = bool | str | Decimal | Between


@dataclass(frozen=True, slots=True)
class FactValue:
    """What a fact is for one person: its value, or None and `why` it is not known.

    `when` is the date of the newest record that it comes from and `records` all of them, also where the value is not
    known: an eGFR that is too old is named.
    """

    fact: Fact
    value: Value | None
    when: PartialDate | None = None
    records: tuple[Reference, ...] = ()
    why: Why | None = None

    @property
    def exact(self) -> bool:
        """Whether it is known, and one value."""
        return self.value is not None and not isinstance(self.value, Between)
