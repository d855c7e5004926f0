"""Gathers the inputs of one score: what was used, what is missing, and why the score is not valid."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from dashboard.domain.attention.comparisons import YEAR
from dashboard.domain.pilot.counts import full_years
from dashboard.domain.record.condition import Condition, ConditionKey, latest_first
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.risk.facts import RiskFacts
from dashboard.domain.risk.score import Band, InputKey, InputUsed, NotValid, RiskKey, RiskScore
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference

PERCENT: Final = "%"
_INPUTS: Final = {
    Measure.CREATININE: InputKey.CREATININE,
    Measure.EGFR: InputKey.EGFR,
    Measure.UACR: InputKey.UACR,
    Measure.SYSTOLIC: InputKey.SYSTOLIC,
    Measure.CHOLESTEROL: InputKey.CHOLESTEROL,
    Measure.HDL: InputKey.HDL,
    Measure.HBA1C: InputKey.HBA1C,
    Measure.PHQ9: InputKey.PHQ9,
}
Test = Callable[[Condition], bool]


class Gathering:
    """The inputs of one score of a patient. Each question notes what it looked at; where it cannot be answered it notes
    what is missing and returns None.
    """

    def __init__(self, facts: RiskFacts) -> None:
        self.facts = facts
        self.inputs: list[InputUsed] = []
        self.missing: list[InputKey] = []
        self.not_valid: list[NotValid] = []

    def lacks(self, key: InputKey) -> None:
        self.missing.append(key)

    def excludes(self, reason: NotValid) -> None:
        self.not_valid.append(reason)

    def age(self, least: int, too_young: NotValid, most: int = 999, too_old: NotValid | None = None) -> int | None:
        """The years that the patient has certainly lived on the day. A birth date that is only a year or a month may
        leave open whether the score is valid: then it is missing.
        """
        birth, on = self.facts.person.birth, self.facts.on
        if birth is None or birth.start > on:
            self.lacks(InputKey.AGE)
            return None
        person = Reference("Patient", self.facts.person.id)
        self.inputs.append(InputUsed(InputKey.AGE, birth, origin=person))
        years, at_most = full_years(birth.end, on), full_years(birth.start, on)
        if at_most < least:
            self.excludes(too_young)
        elif years > most and too_old is not None:
            self.excludes(too_old)
        elif years < least or at_most > most:
            self.lacks(InputKey.AGE)
        return years

    def female(self) -> bool | None:
        """By the administrative gender: the equations know women and men."""
        gender = self.facts.person.gender
        if gender not in ("female", "male"):
            self.lacks(InputKey.SEX)
            return None
        self.inputs.append(InputUsed(InputKey.SEX, gender, origin=Reference("Patient", self.facts.person.id)))
        return gender == "female"

    def latest(self, measure: Measure) -> KeyResult | None:
        """The latest value of a measure if it is no more than a year old; nothing is missing yet where there is none.
        Where a search failed, or a newer value could not be used, nobody knows the latest.
        """
        known = self.facts.results.get(measure)
        if known is None or "Observation" in self.facts.unread or measure in self.facts.refused:
            return None
        result = known.latest
        self.inputs.append(
            InputUsed(
                _INPUTS[measure],
                result.value,
                result.when,
                result.origin,
                too_old=known.old,
                doubtful=bool(result.value.comparator),
            )
        )
        return None if known.old else known

    def measured(self, measure: Measure) -> Decimal | None:
        """The number of the latest value, in the canonical unit and more than 0: "<3" is none."""
        known = self.latest(measure)
        if known is not None and not known.latest.value.comparator and known.latest.value.value > 0:
            return known.latest.value.value
        self.lacks(_INPUTS[measure])
        return None

    def has(self, key: InputKey, test: Test) -> bool | None:
        """Whether a problem of the patient passes the test; None where that is only suspected, or where the problem
        list could not be read in full and none is known.
        """
        found = [each for each in self.facts.problems if not each.refuted and test(each)]
        sure = [each for each in found if not each.suspected]
        for each in latest_first(sure or found)[:1]:
            self.inputs.append(problem_used(key, each))
        if sure:
            return True
        if found or "Condition" in self.facts.unread:
            self.lacks(key)
            return None
        return False

    def in_group(self, key: InputKey, group: str) -> bool | None:
        """Whether the patient has, or had, a problem of the value set `history-<group>`."""
        return self.has(key, lambda problem: group in self.facts.groups(problem, "history-"))

    def diabetes(self) -> list[Condition]:
        """The problems that are an active type 2 diabetes which nobody doubts; the score is not valid without one."""

        def is_diabetes(problem: Condition) -> bool:
            return problem.active and ConditionKey.T2DM in problem.keys

        if self.has(InputKey.TYPE_2_DIABETES, is_diabetes) is False:
            self.excludes(NotValid.NO_TYPE_2_DIABETES)
        return [each for each in self.facts.problems if each.established and is_diabetes(each)]

    def onset(self, problems: list[Condition]) -> int | None:
        """The age at which the earliest of these problems was diagnosed: the years certainly lived by then."""
        birth, on = self.facts.person.birth, self.facts.on
        dated = [each for each in problems if each.onset is not None and each.onset.start <= on]
        first = min(dated, key=lambda each: each.onset or PartialDate("9999"), default=None)
        if first is None or first.onset is None or birth is None or first.onset.end < birth.start:
            self.lacks(InputKey.DIABETES_ONSET)
            return None
        self.inputs.append(InputUsed(InputKey.DIABETES_ONSET, first.onset, first.onset, first.origin))
        return max(0, full_years(birth.end, first.onset.start))

    def smokes(self) -> bool | None:
        """By the smoking status recorded last, not more than a year ago; two of one moment that differ say nothing."""
        dated = [each for each in self.facts.smoking if each.when is not None and each.when.start <= self.facts.on]
        last = max((each.when.moment for each in dated if each.when), default=None)
        said: set[bool | None] = set()
        for each in dated:
            if each.when is not None and each.when.moment == last and "Observation" not in self.facts.unread:
                old = self.facts.on - each.when.end > YEAR
                names = {name for coding in each.coded for name in self.facts.terminology.value_sets(coding)}
                says = True if "smoking-smoker" in names else False if "smoking-not-smoker" in names else None
                text = next(iter(value.text for value in each.values), "")
                self.inputs.append(
                    InputUsed(InputKey.SMOKING, text, each.when, each.origin, too_old=old, doubtful=says is None)
                )
                said.add(None if old else says)
        if len(said) == 1 and None not in said:
            return said.pop()
        self.lacks(InputKey.SMOKING)
        return None

    def country(self) -> str:
        if self.facts.country:
            self.inputs.append(InputUsed(InputKey.COUNTRY, self.facts.country))
        else:
            self.lacks(InputKey.COUNTRY)
        return self.facts.country

    def is_open(self) -> bool:
        """Whether a value may be computed: nothing is missing, and the score is valid."""
        return not self.missing and not self.not_valid

    def score(self, key: RiskKey, value: Quantity | None = None, band: Band = Band.NONE) -> RiskScore:
        """The score with what was gathered. Where it is certainly not valid nothing is missing any more."""
        return RiskScore(
            key=key,
            value=value if self.is_open() else None,
            band=band if self.is_open() else Band.NONE,
            inputs=tuple(dict.fromkeys(self.inputs)),
            missing=() if self.not_valid else tuple(each for each in InputKey if each in self.missing),
            not_valid=tuple(each for each in NotValid if each in self.not_valid),
        )


def problem_used(key: InputKey, problem: Condition) -> InputUsed:
    return InputUsed(key, problem.text, problem.onset, problem.origin, doubtful=problem.suspected)


def rounded(value: float, decimals: int = 0) -> Decimal:
    """Half up, as laboratories report."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def percent(risk: float) -> Quantity:
    return Quantity(rounded(risk * 100, 1), PERCENT)
