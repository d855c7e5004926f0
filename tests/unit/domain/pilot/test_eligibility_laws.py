"""Laws of the pilot's eligibility, against a slow version that tries everything that the unknown may turn out to be."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.attention.trend import key_results
from dashboard.domain.pilot.eligibility import CriterionResult, Outcome, Verdict, eligibility
from dashboard.domain.pilot.screening_answer import ScreeningAnswer, ScreeningQuestion
from dashboard.domain.pilot.screening_facts import FactKey, ScreeningFacts
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Quantity, Reference
from tests.laws import examples
from tests.spec.screening import CARER, problem
from tests.spec.words import AS_OF

World = dict[FactKey, bool]


@dataclass(frozen=True)
class Case:
    """A patient in the test's own words. A diagnosis is "", "?" (suspected) or "!"; an answer is None, "?" (not
    understood), "yes" or "no"; a value has a comparator, a number and how many days old it is.
    """

    born: str
    t2dm: str
    ckd: str
    hf: str
    depression: str
    read: bool
    nyha: str
    severity: str
    egfr: tuple[str, int, int] | None
    phq9: tuple[str, int, int] | None
    home: str | None
    ict: str | None
    carer: str | None
    has_carer: bool


diagnosis = st.sampled_from(["", "?", "!", "!"])
answer = st.sampled_from([None, "?", "yes", "yes", "no"])
age_in_days = st.sampled_from([0, 5, 366, 367, 500])
cases = st.builds(
    Case,
    born=st.sampled_from(["", "1950", "1971", "1971-11", "1971-11-23", "1971-11-24", "1972-02-29", "1971-10", "1990"]),
    t2dm=diagnosis,
    ckd=diagnosis,
    hf=diagnosis,
    depression=diagnosis,
    read=st.sampled_from([True, True, False]),
    nyha=st.sampled_from(["", "NYHA I", "NYHA II", "NYHA III", "stage C"]),
    severity=st.sampled_from(["", "mild", "moderate", "severe"]),
    egfr=st.none()
    | st.tuples(
        st.sampled_from(["", "", "<", "<=", ">", ">="]), st.sampled_from([15, 29, 30, 45, 59, 60, 90]), age_in_days
    ),
    phq9=st.none() | st.tuples(st.just(""), st.integers(0, 27), age_in_days),
    home=answer,
    ict=answer,
    carer=answer,
    has_carer=st.booleans(),
)


def facts_of(case: Case) -> ScreeningFacts:
    said = [("T2DM", case.t2dm, ""), ("CKD", case.ckd, ""), ("HF", case.hf, case.nyha)]
    said.append(("depression", case.depression, case.severity))
    problems = [
        problem(f"{sure.strip('!')}{name} {stage}".strip(), number)
        for number, (name, sure, stage) in enumerate(said)
        if sure
    ]
    results = [
        result
        for measure, value in ((Measure.EGFR, case.egfr), (Measure.PHQ9, case.phq9))
        if value is not None
        for result in [measured(measure, *value)]
    ]
    asked = [(ScreeningQuestion.LIVING_SITUATION, case.home, None), (ScreeningQuestion.ICT_SELF_CHECK, case.ict, None)]
    asked.append((ScreeningQuestion.ICT_SELF_CHECK, case.carer, CARER))
    return ScreeningFacts(
        person=Person("p1", HumanName(), PartialDate(case.born) if case.born else None),
        problems=problems,
        results=key_results(results, AS_OF),
        answers=[answered(*each) for each in asked if each[1] is not None],
        carers=frozenset({CARER} if case.has_carer else ()),
        unread=frozenset() if case.read else frozenset({"Condition"}),
    )


def measured(measure: Measure, comparator: str, value: int, days: int) -> Result:
    quantity = Quantity(Decimal(value), "1", comparator)
    when = PartialDate((AS_OF - timedelta(days=days)).isoformat())
    return Result(measure, quantity, when, quantity, False, Reference("Observation", f"o-{measure}"))


def answered(question: ScreeningQuestion, says: str | None, by: Reference | None) -> ScreeningAnswer:
    holds = {"yes": True, "no": False}.get(says or "")
    who = NamedReference(by) if by else NOBODY
    return ScreeningAnswer(Reference("Observation", "a"), question, holds, "", PartialDate("2026-11-01"), who)


# The slow version.


def possible(case: Case) -> dict[FactKey, set[bool]]:
    """What each fact may turn out to be."""
    egfr = {30 <= value < 60 for value in values(case.egfr, 150)}
    phq9 = {5 <= value < 15 for value in values(case.phq9, 27)}
    low = case.egfr is not None and case.egfr[2] <= 366 and True in egfr
    severity = (
        {case.severity != "severe"} if case.severity and case.depression else phq9 if case.read else {True, False}
    )
    staged = case.nyha.startswith("NYHA") and case.hf
    carers = {case.carer == "yes"} if case.carer in ("yes", "no") else {True, False}
    return {
        FactKey.AGE: set(ages(case.born)),
        FactKey.TYPE_2_DIABETES: had(case.t2dm, case.read),
        FactKey.KIDNEY_DISEASE: had(case.ckd, case.read and not low),
        FactKey.EGFR: egfr,
        FactKey.HEART_FAILURE: had(case.hf, case.read),
        FactKey.NYHA_CLASS: {case.nyha in ("NYHA I", "NYHA II")} if staged else {True, False},
        FactKey.DEPRESSION: had(case.depression, case.read),
        FactKey.DEPRESSION_SEVERITY: severity,
        FactKey.LIVING_SITUATION: {case.home == "yes"} if case.home in ("yes", "no") else {True, False},
        FactKey.ICT_SELF_CHECK: {case.ict == "yes"} if case.ict in ("yes", "no") else {True, False},
        FactKey.CARER_ICT_SELF_CHECK: carers if case.has_carer or case.carer else {False},
    }


def had(sure: str, complete: bool) -> set[bool]:
    return {True} if sure == "!" else {True, False} if sure == "?" or not complete else {False}


def values(value: tuple[str, int, int] | None, most: int) -> Iterable[int]:
    if value is None or value[2] > 366:
        return range(most + 1)
    comparator, number, _ = value
    compared = {"": number.__eq__, "<": number.__gt__, "<=": number.__ge__, ">": number.__lt__, ">=": number.__le__}
    return [each for each in range(most + 1) if compared[comparator](each)]


@cache
def ages(born: str) -> frozenset[bool]:
    """Whether 55 years may have been lived, for each day that a birth date may mean."""
    days = (date(1950, 1, 1) + timedelta(days=number) for number in range(15_000))
    return frozenset(lived_55_years(day) for day in days if day.isoformat().startswith(born))


def lived_55_years(born: date) -> bool:
    try:
        return born.replace(year=born.year + 55) <= AS_OF
    except ValueError:
        return date(born.year + 55, 3, 1) <= AS_OF


def is_eligible(world: World) -> bool:
    conditions = [
        world[FactKey.TYPE_2_DIABETES],
        world[FactKey.KIDNEY_DISEASE] and world[FactKey.EGFR],
        world[FactKey.HEART_FAILURE] and world[FactKey.NYHA_CLASS],
        world[FactKey.DEPRESSION] and world[FactKey.DEPRESSION_SEVERITY],
    ]
    check = world[FactKey.ICT_SELF_CHECK] or world[FactKey.CARER_ICT_SELF_CHECK]
    return bool(world[FactKey.AGE] and conditions.count(True) >= 2 and world[FactKey.LIVING_SITUATION] and check)


def worlds(case: Case) -> list[World]:
    may_be = possible(case)
    return [dict(zip(may_be, each, strict=True)) for each in product(*may_be.values())]


@settings(max_examples=examples(300))
@given(cases)
def test_the_outcome_is_what_every_completion_of_the_unknown_says(case: Case) -> None:
    said = {is_eligible(world) for world in worlds(case)}
    expected = Outcome.ELIGIBLE if said == {True} else Outcome.NOT_ELIGIBLE if said == {False} else Outcome.NOT_KNOWN
    assert eligibility(facts_of(case), AS_OF).outcome is expected


@settings(max_examples=examples(200))
@given(cases)
def test_the_missing_facts_are_exactly_those_that_could_change_the_outcome(case: Case) -> None:
    every = worlds(case)
    eligible = {tuple(world.values()) for world in every if is_eligible(world)}
    could = {
        key
        for key, may_be in possible(case).items()
        if len(may_be) == 2
        and any((tuple({**world, key: not world[key]}.values()) in eligible) != is_eligible(world) for world in every)
    }
    assert set(eligibility(facts_of(case), AS_OF).missing) == could


@settings(max_examples=examples(200))
@given(cases, st.sampled_from(["yes", "no"]))
def test_an_answer_to_what_is_missing_never_undoes_a_decision(case: Case, said: str) -> None:
    before = eligibility(facts_of(case), AS_OF).outcome
    more = replace(case, home=said if case.home in (None, "?") else case.home)
    if before is not Outcome.NOT_KNOWN:
        assert eligibility(facts_of(more), AS_OF).outcome is before


@settings(max_examples=examples(200))
@given(cases)
def test_a_criterion_names_missing_facts_where_it_cannot_say_and_only_there(case: Case) -> None:
    def consistent(result: CriterionResult) -> bool:
        return bool(result.missing) is (result.verdict is Verdict.CANNOT_SAY)

    assert all(map(consistent, eligibility(facts_of(case), AS_OF).results))
