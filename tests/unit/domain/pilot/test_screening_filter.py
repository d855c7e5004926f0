"""Which lines of a screening list are wanted: the counts of the filters, the order, the marks, on random lists."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.pilot.eligibility import Eligibility, Outcome
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.funnel import Area, Step, areas_of, count_funnel, count_losses
from dashboard.domain.pilot.screening_facts import FactKey
from dashboard.domain.pilot.screening_filter import (
    NO_FILTER,
    NONE,
    ScreeningFilter,
    count_lines,
    is_wanted,
)
from dashboard.domain.pilot.screening_list import Mark, ScreenedPatient, Unlisted, in_order
from dashboard.domain.pilot.study import PILOT, Study, pilot_of
from dashboard.domain.pilot.subject import Subject, last_changed
from dashboard.domain.record.people import HumanName, PatientLink, Person
from dashboard.domain.values.datatypes import Reference
from tests.laws import examples
from tests.unit.domain.pilot.test_enrolment import WAY as WAYS
from tests.unit.domain.pilot.test_enrolment import S, way
from tests.unit.domain.pilot.test_funnel import REGIONS, SITES, random_subject

NAMES = ("Aldous", "Berg", "Costa", "Diaz")


def found(outcome: Outcome, *missing: FactKey) -> Eligibility:
    return Eligibility(outcome, (), missing=missing)


ELIGIBLE, NOT = found(Outcome.ELIGIBLE), found(Outcome.NOT_ELIGIBLE)


def line(
    number: int = 1,
    subject: Subject | None = None,
    rule: Eligibility = ELIGIBLE,
    known: bool = True,
    name: str = "Berg",
) -> ScreenedPatient:
    person = Person(id=f"p{number}", name=HumanName(family=name))
    return ScreenedPatient(person, rule, site_id="org-1", subject=subject, known=known)


def random_lines(chance: random.Random, size: int) -> list[ScreenedPatient]:
    made = []
    for number in range(size):
        missing = tuple(key for key in FactKey if chance.random() < 0.2)
        rule = chance.choice((ELIGIBLE, NOT, found(Outcome.NOT_KNOWN, *(missing or (FactKey.AGE,)))))
        subject = random_subject(chance, number, size) if chance.random() < 0.8 else None
        made_line = line(number, subject, rule, chance.random() < 0.95 or subject is not None, chance.choice(NAMES))
        elsewhere = (way(*WAYS[chance.choice(list(S))]),) if chance.random() < 0.2 else ()
        made.append(replace(made_line, elsewhere=elsewhere, site_id=chance.choice(("", "org-1", "org-2"))))
    return made


def random_filter(chance: random.Random) -> ScreeningFilter:
    def some(values: list[str]) -> frozenset[str]:
        return frozenset(chance.sample(values, 2)) if chance.random() < 0.3 else frozenset()

    def one(values: list[str]) -> str:
        return chance.choice(values) if chance.random() < 0.3 else ""

    return ScreeningFilter(
        state=some([*Unlisted, *EnrolmentState]),
        step=one(list(Step)),
        rule=some(list(Outcome)),
        mark=some(list(Mark)),
        missing=one(list(FactKey)),
        site=one(["org-1", "org-2", "org-3"]),
        last=one([NONE, *Step]) if chance.random() < 0.3 else "",
        to_approach=chance.random() < 0.1,
    )


@given(st.integers(0, 10**9), st.integers(0, 25))
@settings(max_examples=examples(150), deadline=None)
def test_a_count_is_the_number_of_lines_that_its_press_shows(seed: int, size: int) -> None:
    chance = random.Random(seed)
    lines, wanted = random_lines(chance, size), random_filter(chance)
    counts = count_lines(lines, wanted)

    def shown(**other: object) -> int:
        return sum(is_wanted(each, replace(wanted, **other)) for each in lines)  # type: ignore[arg-type]

    for state in (*Unlisted, *EnrolmentState):
        assert counts.state[state] == shown(state=frozenset({state}))
    for outcome in Outcome:
        assert counts.rule[outcome] == shown(rule=frozenset({outcome}))
    for mark in Mark:
        assert counts.mark[mark] == shown(mark=frozenset({mark}))
    for fact in FactKey:
        assert counts.missing[fact] == shown(missing=fact)
    for step in Step:
        assert counts.step[step] == shown(step=step)
    for site in SITES:
        assert site.to is not None and counts.site[site.to.id] == shown(site=site.to.id)
    assert counts.to_approach == shown(to_approach=True)
    assert wanted.filtered == (wanted != NO_FILTER)


@given(st.integers(0, 10**9), st.integers(0, 25))
@settings(max_examples=examples(100), deadline=None)
def test_the_lists_are_as_long_as_the_funnel_and_the_losses_say(seed: int, size: int) -> None:
    """Every number of the funnel opens the list behind it."""
    chance = random.Random(seed)
    subjects = [random_subject(chance, number, 10**6) for number in range(size)]
    lines = [line(number, subject) for number, subject in enumerate(subjects)]

    def length(**wanted: object) -> int:
        return sum(is_wanted(each, ScreeningFilter(**wanted)) for each in lines)  # type: ignore[arg-type]

    for area, steps in count_funnel(subjects, REGIONS).items():
        if area.level != "region":
            assert {step: length(step=step, site=area.site) for step in Step} == steps
    for area, losses in count_losses(subjects, REGIONS).items():
        if area.level != "region":
            for loss, people in losses.items():
                wanted = {"state": frozenset({loss.state}), "last": loss.step or NONE, "site": area.site}
                assert length(**wanted, reason=loss.reason or NONE) == people


@given(st.integers(0, 10**9))
@settings(max_examples=examples(100), deadline=None)
def test_the_eligible_come_first_then_the_fewest_missing_facts(seed: int) -> None:
    lines = in_order(random_lines(random.Random(seed), 20))
    first = [each.to_approach for each in lines]
    assert first == sorted(first, reverse=True)
    rest = [each for each in lines if not each.to_approach]
    before = (*Unlisted, S.LISTED, S.SCREENING, S.ELIGIBLE, S.INELIGIBLE)
    missing = [each.eligibility.outcome is Outcome.NOT_KNOWN and each.state in before for each in rest]
    assert missing == sorted(missing, reverse=True)
    numbers = [len(each.eligibility.missing) for each, waits in zip(rest, missing, strict=True) if waits]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("state", list(EnrolmentState))
def test_the_marks(state: EnrolmentState) -> None:
    subject = way(*WAYS[state])
    assert subject.state is state
    enrolled = state in (S.ENROLLED, S.ACTIVE, S.FOLLOW_UP)
    held = enrolled or state in (S.ELIGIBLE, S.APPROACHED, S.CONSENTED)
    assert (Mark.NO_LONGER_ELIGIBLE in line(1, subject, NOT).marks) is held
    assert not line(1, subject, ELIGIBLE).marks and not line(1, subject, found(Outcome.NOT_KNOWN, FactKey.AGE)).marks
    elsewhere = replace(line(), elsewhere=(subject,))
    assert (Mark.OTHER_STUDY in elsewhere.marks) is (enrolled or state is S.CONSENTED)
    assert elsewhere.to_approach is not (Mark.OTHER_STUDY in elsewhere.marks)
    assert line(1, subject).to_approach is (state in (S.LISTED, S.SCREENING, S.ELIGIBLE, S.INELIGIBLE))
    if state is S.INELIGIBLE:
        for reason, waits in (("other-study", False), ("other-exclusion", False), ("under-55", True)):
            found_so = replace(subject, changes=(*subject.changes[:-1], replace(subject.changes[-1], reason=reason)))
            assert line(1, found_so).to_approach is waits
            assert (Mark.OTHER_STUDY in line(1, found_so).marks) is (reason == "other-study")
        assert not line(1, replace(subject, changes=())).to_approach
    assert line(1, subject).last_change == subject.changes[-1]


def test_nobody_is_approached_of_whom_that_cannot_be_said() -> None:
    assert line().to_approach and line().state is Unlisted.NOT_LISTED and line().last_change is None
    unknown = line(known=False)
    assert not unknown.to_approach and unknown.state is Unlisted.NOT_KNOWN
    assert not line(rule=NOT).to_approach
    link = PatientLink("replaced-by", Reference("Patient", "p2"))
    for person in (replace(line().person, deceased=True), replace(line().person, links=(link,))):
        assert not replace(line(), person=person).to_approach


def test_a_line_counts_at_the_site_of_the_pilot_before_its_own() -> None:
    assert line().present_site == "org-1"
    moved = replace(way(), site=SITES[2])
    assert line(1, moved).present_site == "org-3"
    assert areas_of(SITES[2], REGIONS)[2] == Area("site", "south", "org-3")  # type: ignore[arg-type]
    # An address may ask for a step of somebody who has no record, and for no step there is.
    assert not is_wanted(line(), ScreeningFilter(step=Step.SCREENED, site="org-1"))


def test_the_pilot_is_the_study_with_its_number() -> None:
    def study(ident: str, status: str = "active", registration: str = PILOT) -> Study:
        return Study(Reference("ResearchStudy", ident), "1", ident, status, registration)

    assert pilot_of([]) is None and pilot_of([study("x", registration="NCT1")]) is None
    several = [study("b"), study("a", "completed"), study("c")]
    chosen = pilot_of(several)
    assert chosen is not None and chosen.origin.id == "b" and pilot_of(several[::-1]) == chosen


def test_of_several_records_the_one_changed_last_counts() -> None:
    old, new = way(), way(*WAYS[S.APPROACHED])
    later = replace(new.changes[-1], recorded=replace(new.changes[-1].recorded, text="2026-11-20T15:00:00+00:00"))
    new = replace(new, origin=Reference("ResearchSubject", "s0"), changes=(*new.changes[:-1], later))
    assert last_changed([old, new]) == new == last_changed([new, old]) and last_changed([]) is None
    bare = replace(old, changes=())
    assert last_changed([bare]) == bare
