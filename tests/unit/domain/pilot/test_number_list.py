"""A list behind one number holds the people of that number, under names that are in no other list."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_disclosure import may_show
from dashboard.domain.pilot.enrolment_rows import Listed, enrolment_rows
from dashboard.domain.pilot.enrolment_shown import AreaSteps, EnrolmentFigures
from dashboard.domain.pilot.funnel import WAY, WHOLE, Area, Step, count_funnel, count_losses, one_per_person
from dashboard.domain.pilot.number_list import Number, after_of, number_rows
from tests.laws import examples
from tests.subjects import RandomPilot
from tests.unit.enrolment_of_the_pilot import enrolment_counts
from tests.unit.people_of_the_pilot import KEY

TODAY = date(2026, 11, 20)


def people_of(number: Number, pilot: RandomPilot) -> int:
    return sum(number.counts(each, pilot.regions) for each in one_per_person(pilot.read(), pilot.survivors))


@settings(max_examples=examples(20), deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_each_number_counts_whom_a_slow_count_of_all_histories_counts(seed: int, people: int) -> None:
    pilot = RandomPilot("r", seed, people)
    for area, steps in count_funnel(pilot.read(), pilot.regions, pilot.survivors).items():
        for step, counted in steps.items():
            assert people_of(Number(area, step), pilot) == counted, (area, step)
    losses = count_losses(pilot.read(), pilot.regions, pilot.survivors)
    for area, found in losses.items():
        for step in (None, *WAY):
            lost = sum(counted for loss, counted in found.items() if loss.step is step)
            assert people_of(Number(area, after=after_of(step)), pilot) == lost, (area, step)
        for loss, counted in found.items():
            number = Number(area, after=after_of(loss.step), lost=loss.state, reason=loss.reason)
            assert people_of(number, pilot) == counted, (area, loss)
    days = [date(2026, month, 1) for month in (7, 8, 9, 10)]
    for area in (WHOLE, Area(Level.REGION, "r-north")):
        until = [people_of(Number(area, Step.ENROLLED, until=day), pilot) for day in days]
        within = [people_of(Number(area, Step.ENROLLED, days[n], days[n + 1]), pilot) for n in range(3)]
        assert [later - earlier for earlier, later in pairwise(until)] == within


def figures_of(pilot: RandomPilot, **steps: int) -> EnrolmentFigures:
    shown = {step: Count(steps.get(step, 0)) for step in Step}
    return replace(may_show(enrolment_counts(sites=(1,))), areas=(AreaSteps(WHOLE, "", shown),))


def test_a_list_has_a_name_for_each_person_which_is_in_no_other_list() -> None:
    pilot = RandomPilot("r", 12, 40, odd=False)
    counted = count_funnel(pilot.read(), pilot.regions)[WHOLE]
    figures = figures_of(pilot, **{str(step): n for step, n in counted.items()})
    lists = [
        number_rows(Number(WHOLE, step), pilot.read(), pilot.regions, {}, figures, KEY, day)
        for step in (Step.SCREENED, Step.ELIGIBLE)
        for day in (TODAY, date(2026, 11, 21))
    ]
    assert [len(each) for each in lists] == [counted[step] for step in (Step.SCREENED, Step.ELIGIBLE) for _ in range(2)]
    people = [Listed(each.patient.id, WHOLE, frozenset({Step.SCREENED})) for each in pilot.read()]
    usual = {row.pseudonym for row in enrolment_rows(people[: counted[Step.SCREENED]], figures, KEY)}
    every = [*usual, *(name for each in lists for name in each)]
    assert usual and len(every) == len(set(every))
    assert lists[0] == number_rows(Number(WHOLE, Step.SCREENED), pilot.read(), pilot.regions, {}, figures, KEY, TODAY)


def test_other_people_than_were_counted_are_no_list() -> None:
    pilot = RandomPilot("r", 12, 40, odd=False)
    figures = figures_of(pilot, screened=39)
    assert number_rows(Number(WHOLE, Step.SCREENED), pilot.read()[:9], pilot.regions, {}, figures, KEY, TODAY) == ()


def test_a_number_is_that_of_the_figures_and_none_where_it_is_not_shown() -> None:
    figures = may_show(enrolment_counts())
    assert figures.curves is not None and figures.lost is not None
    (first, some), (second, more), *_ = figures.curves[WHOLE].points
    assert Number(WHOLE, Step.ENROLLED, until=second).value(figures) == more
    assert Number(WHOLE, Step.ENROLLED, first, second).value(figures) == more - some
    assert Number(WHOLE, Step.WITHDRAWN).value(figures) == figures.whole.steps[Step.WITHDRAWN].value
    approached = next(each for each in figures.lost[WHOLE] if each.step is Step.APPROACHED)
    assert Number(WHOLE, after="approached").value(figures) == approached.people.value
    [(state, reason, count), *_] = approached.reasons
    assert Number(WHOLE, after="approached", lost=state, reason=reason).value(figures) == count.value


@pytest.mark.parametrize(
    "number",
    [
        Number(WHOLE),
        Number(WHOLE, Step.ENROLLED, until=date(2020, 1, 1)),
        Number(WHOLE, Step.ENROLLED, date(2020, 1, 1), date(2026, 11, 23)),
        Number(WHOLE, Step.SCREENED, until=date(2026, 11, 23)),
        Number(Area(Level.SITE, "r0", "r0-s0"), Step.ENROLLED, until=date(2026, 11, 23)),
        Number(WHOLE, after="completed"),
        Number(WHOLE, after="screened"),
        Number(WHOLE, after="approached", lost=EnrolmentState.DECLINED, reason="nothing"),
        Number(WHOLE, after="approached", lost=EnrolmentState.DECLINED),
        Number(Area(Level.SITE, "r0", "r0-s0"), after="approached"),
    ],
)
def test_what_is_no_number_of_the_figures_has_none(number: Number) -> None:
    figures = may_show(enrolment_counts())
    assert number.value(figures) is None
    nobody = enrolment_counts(people=0, sites=(1,))
    assert Number(WHOLE, after="active").value(replace(may_show(nobody), lost=None, curves=None)) is None
    pilot = RandomPilot("r", 12, 9, odd=False)
    assert number_rows(number, pilot.read(), pilot.regions, {}, figures, KEY, TODAY) == ()
