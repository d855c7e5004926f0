"""What a manager is shown of the figures of the pilot: no small number can be worked out from all of it together."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import FEW, FEWEST, WITHHELD, Count
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_counts import Datum, EnrolmentCounts, TeamWork
from dashboard.domain.pilot.enrolment_disclosure import MOST_POINTS, STEPS, may_show
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import WAY, WHOLE, Area, Loss, Step
from dashboard.domain.pilot.pace import Forecast
from tests.unit.enrolment_of_the_pilot import AT, enrolment_counts

pytestmark = pytest.mark.slow  # it solves some hundred equations for each way in which the counts may be made up

Unknown = tuple[Any, ...]
WITHDRAWING = (Step.CONSENTED, Step.ENROLLED, Step.ACTIVE)
PLANS = ("plans", "plans_agreed", "plans_reviewed")
Equation = dict[Unknown, int]
"""A sum of unknown numbers, each with its sign."""


class Reader:
    """Somebody who knows every number that is shown and everything that adds up, and solves the equations."""

    def __init__(self, counts: EnrolmentCounts, figures: EnrolmentFigures) -> None:
        self.counts, self.figures = counts, figures
        self.sites = [area for area in counts.funnel if area.level is Level.SITE]
        self.teams = [area for area in counts.funnel if area.level is Level.TEAM]
        self.regions = [area for area in counts.funnel if area.level is Level.REGION]
        self.known = [equation for equation, count in self.shown() if count is not None and count.value is not None]
        self.names = sorted({name for equation in [*self.known, *self.wanted()] for name in equation}, key=repr)
        self.free = self._unchanging()

    def inside(self, area: Area) -> list[Area]:
        return [site for site in self.sites if area in (site, Area(Level.REGION, site.region), WHOLE)]

    def total(self, area: Area, what: Any) -> Equation:
        """Of steps: the people of each site in the care of each team, of whom the reader knows where there are some."""
        if area.level is Level.TEAM:
            pairs = [pair for pair in self.counts.in_care if pair[1] == area.team]
            return {(pair, what): 1 for pair in pairs or [("", area.team)]}
        if not isinstance(what, Step):
            return {(site, what): 1 for site in self.inside(area)}
        inside = {site.site for site in self.inside(area)}
        return {(pair, what): 1 for pair in self.counts.in_care if pair[0] in inside}

    def loss(self, area: Area, step: Step | None, state: EnrolmentState | None = None, reason: str = "") -> Equation:
        """By region, last step, way and reason. Which reasons nobody has is not known: they are one more."""
        regions = self.regions if area == WHOLE else [area]
        every: list[Any] = [each for each in ways(self.counts) if each.step is step]
        if state is not None:
            every = [each for each in every if (each.state, each.reason) == (state, reason)]
        elif step is not Step.COMPLETED:
            every += [("another", step), *([("withdrew", step)] if step in WITHDRAWING else [])]
        return {(region, way): 1 for region in regions for way in every}

    def waiting(self, area: Area, step: Step) -> Equation:
        """Who has reached a step, is not lost, and has not gone on."""
        following = dict(pairwise(WAY)).get(step)
        gone_on = self.total(area, following) if following is not None else {}
        return less(less(self.total(area, step), gone_on), self.loss(area, step))

    def withdrew(self, area: Area) -> Equation:
        regions = self.regions if area == WHOLE else [area]
        every: list[Any] = [each for each in ways(self.counts) if each.state is EnrolmentState.WITHDRAWN]
        every += [("withdrew", step) for step in WITHDRAWING]
        return {(region, way): 1 for region in regions for way in every}

    def month(self, area: Area, day: date) -> Equation:
        """Months of regions are unknown by themselves; the sum of what is enrolled after the last is the rest."""
        regions = self.regions if area == WHOLE else [area]
        return {(region, day): 1 for region in regions}

    def shown(self) -> Iterator[tuple[Equation, Count | None]]:
        for each in self.figures.areas:
            for step, count in each.steps.items():
                yield self.total(each.area, step), count
        for area, curve in (self.figures.curves or {}).items():
            for day, people in curve.points[:-1]:
                yield self.month(area, day), Count(people)
        for area, losses in (self.figures.lost or {}).items():
            for lost in losses:
                yield self.loss(area, lost.step), lost.people
                for state, reason, count in lost.reasons:
                    yield self.loss(area, lost.step, state, reason), count
            yield less(self.withdrew(area), self.total(area, Step.WITHDRAWN)), Count(0)
        for complete in self.figures.complete:
            for datum, count in complete.having.items():
                yield self.total(complete.area, datum), count
        for work in self.figures.work:
            for name in PLANS:
                regions = self.regions if work.area == WHOLE else [work.area]
                yield {(region, name): 1 for region in regions}, getattr(work, name)

    def small(self) -> Iterator[tuple[str, Equation]]:
        """Every number that nobody may know."""
        for area in (WHOLE, *self.regions, *self.sites, *self.teams):
            steps = self.counts.funnel[area]
            for step, whole in STEPS.items():
                if steps[step] < FEWEST:
                    yield f"{area} {step}", self.total(area, step)
                elif whole and abs(steps[Step(whole)] - steps[step]) < FEWEST:
                    yield f"{area} {whole} less {step}", less(self.total(area, Step(whole)), self.total(area, step))
            for datum, share in self.counts.completeness.get(area, {}).items():
                if share.having < FEWEST:
                    yield f"{area} {datum}", self.total(area, datum)
                elif share.of - share.having < FEWEST:
                    yield f"{area} {datum} lacking", less(self.total(area, Step.ENROLLED), self.total(area, datum))
        yield from self._small_months()
        yield from self._small_losses()
        yield from self._small_plans()

    def _small_losses(self) -> Iterator[tuple[str, Equation]]:
        for area in (WHOLE, *self.regions):
            losses = ways(self.counts, area)
            for loss in ways(self.counts):
                if losses[loss] < FEWEST:
                    yield f"{area} {loss}", self.loss(area, loss.step, loss.state, loss.reason)
            for step in (None, *WAY[:-1]):
                lost = sum(people for loss, people in losses.items() if loss.step is step)
                if lost < FEWEST:
                    yield f"{area} lost after {step}", self.loss(area, step)
                if step is not None and self._last(area, step) >= FEWEST > self._last(area, step) - lost:
                    yield f"{area} waiting at {step}", self.waiting(area, step)

    def _last(self, area: Area, step: Step) -> int:
        following = dict(pairwise(WAY)).get(step)
        return self.counts.funnel[area][step] - (self.counts.funnel[area][following] if following is not None else 0)

    def _small_plans(self) -> Iterator[tuple[str, Equation]]:
        for area in (WHOLE, *self.regions):
            work = self.counts.work[area]
            within: Equation = {}
            for name, before in zip(PLANS, ("", *PLANS), strict=False):
                regions = self.regions if area == WHOLE else [area]
                number, equation = getattr(work, name), {(region, name): 1 for region in regions}
                if number < FEWEST:
                    yield f"{area} {name}", equation
                elif before and getattr(work, before) - number < FEWEST:
                    yield f"{area} {before} less {name}", less(within, equation)
                within = equation

    def _small_months(self) -> Iterator[tuple[str, Equation]]:
        days = sorted({day for curve in (self.figures.curves or {}).values() for day, _ in curve.points[:-1]})
        for area in (WHOLE, *self.regions):
            people = {
                day: self.counts.funnel[area][Step.ENROLLED]
                - sum(n for month, n in self.counts.enrolled[area].items() if month > day)
                for day in days
            }
            for number, day in enumerate(days):
                before = people[days[number - 1]] if number else 0
                if people[day] - before < FEWEST:
                    earlier = self.month(area, days[number - 1]) if number else {}
                    yield f"{area} until {day}", less(self.month(area, day), earlier)
                if self.counts.funnel[area][Step.ENROLLED] - people[day] < FEWEST:
                    yield f"{area} since {day}", less(self.total(area, Step.ENROLLED), self.month(area, day))

    def wanted(self) -> list[Equation]:
        return [equation for _, equation in self.small()]

    def works_out(self) -> list[str]:
        """The small numbers that follow from what is shown: those that no change that leaves it alone changes."""
        return [name for name, equation in self.small() if np.abs(self._rows([equation]) @ self.free).max() < 1e-6]

    def _rows(self, equations: Iterable[Equation]) -> Any:
        rows = np.zeros((0, len(self.names)))
        found = [[float(equation.get(name, 0)) for name in self.names] for equation in equations]
        return np.array(found) if found else rows

    def _unchanging(self) -> Any:
        """Every change of the unknown numbers that changes nothing that is shown, as columns."""
        known = self._rows(self.known)
        if not len(known):
            return np.eye(len(self.names))
        _, sizes, directions = np.linalg.svd(known)
        return directions[int((sizes > 1e-9).sum()) :].T


def less(one: Equation, other: Equation) -> Equation:
    return one | {name: one.get(name, 0) - value for name, value in other.items()}


def ways(counts: EnrolmentCounts, area: Area = WHOLE) -> Counter[Loss]:
    return Counter(counts.losses.get(area, {}))


@pytest.mark.parametrize("people", [8, 25, 90])
@pytest.mark.parametrize("sites", [(3, 3, 2), (1, 2, 1), (2,)])
def test_nothing_small_follows_from_everything_that_is_shown(people: int, sites: tuple[int, ...]) -> None:
    counts = enrolment_counts(people + len(sites), people, sites)
    assert Reader(counts, may_show(counts)).works_out() == []


def test_the_reader_finds_a_number_where_nothing_is_held_back() -> None:
    """The test can fail."""
    counts = enrolment_counts(2, 20)
    figures = may_show(counts)
    areas = tuple(
        replace(each, steps={step: Count(counts.funnel[each.area][step]) for step in Step}) for each in figures.areas
    )
    assert len(Reader(counts, replace(figures, areas=areas)).works_out()) > 10


def test_nothing_that_is_shown_is_small_and_nothing_is_wrong() -> None:
    for seed in range(2):
        counts = enrolment_counts(seed, 30)
        figures = may_show(counts)
        for each in figures.areas:
            for step, count in each.steps.items():
                assert count.value in (None, counts.funnel[each.area][step])
                assert count.value is None or count.value >= FEWEST
        for curve in (figures.curves or {}).values():
            people = [0, *(point[1] for point in curve.points)]
            assert all(later - earlier >= FEWEST for earlier, later in pairwise(people))


def test_at_the_size_of_the_pilot_totals_stay_and_most_of_what_matters_at_sites() -> None:
    counts = enrolment_counts(1, 90)
    figures = may_show(counts)
    assert all(figures.whole.steps[step].value == counts.funnel[WHOLE][step] for step in Step)
    sites = [each for each in figures.areas if each.area.level is Level.SITE]
    assert all(each.enrolled.value is not None and each.steps[Step.SCREENED].value is not None for each in sites)


def test_no_study_is_no_figure() -> None:
    figures = may_show(EnrolmentCounts(None, AT, others={"x": "Another"}))
    assert (figures.study, figures.areas, figures.others) == ("", (), {"x": "Another"})


def test_targets_of_regions_and_of_the_whole_are_the_sums_of_those_of_their_sites() -> None:
    figures = may_show(enrolment_counts(1, 90, (3, 1)))
    whole, region, *_ = figures.areas
    assert (whole.target, region.target, whole.target_day) == (300, 225, date(2027, 6, 30))
    assert whole.due == round(4 * 40 * 357 / 395)
    assert figures.curves is not None
    assert figures.curves[WHOLE].line == ((date(2025, 12, 1), 0), (date(2026, 12, 31), 160), (date(2027, 6, 30), 300))


def test_without_targets_nothing_is_behind() -> None:
    counts = enrolment_counts()
    assert counts.study is not None
    bare = replace(counts.study, sites=tuple(replace(each, targets=()) for each in counts.study.sites), start=None)
    figures = may_show(replace(counts, study=replace(bare, end=None)))
    assert (figures.whole.target, figures.whole.due, figures.whole.target_day, figures.end) == (None,) * 4
    assert figures.curves is not None and figures.curves[WHOLE].line == ()
    assert figures.curves[WHOLE].pace.forecast is Forecast.NO_TARGET


def test_nobody_enrolled_is_few_and_has_no_curve() -> None:
    counts = enrolment_counts(people=1, sites=(1,))
    figures = may_show(replace(counts, enrolled={}))
    assert figures.whole.enrolled in (FEW, WITHHELD)
    assert figures.curves is not None and figures.curves[WHOLE].points == ()


def test_a_pilot_that_has_just_begun_has_its_pace_from_the_first_day() -> None:
    counts = enrolment_counts()
    enrolled = {area: {date(2026, 11, 1): counts.funnel[area][Step.ENROLLED]} for area in counts.enrolled}
    curves = may_show(replace(counts, enrolled=enrolled)).curves
    assert curves is not None and curves[WHOLE].pace.people == Count(counts.funnel[WHOLE][Step.ENROLLED])
    unknown = may_show(replace(counts, enrolled={})).curves
    assert unknown is not None and unknown[WHOLE].pace.forecast is Forecast.NOT_SHOWN


def test_where_nobody_was_enrolled_for_years_the_curve_has_no_points_in_between() -> None:
    counts = enrolment_counts()
    old = {area: {date(2019, 5, 1): counts.funnel[area][Step.ENROLLED]} for area in counts.enrolled}
    figures = may_show(replace(counts, enrolled=old))
    assert figures.curves is not None
    assert len(figures.curves[WHOLE].points) == 1
    assert figures.curves[WHOLE].pace.forecast is Forecast.NOT_AT_THIS_PACE


def test_a_long_curve_has_a_point_every_few_months() -> None:
    counts = enrolment_counts(people=200)
    months = [date(2023 + number // 12, number % 12 + 1, 1) for number in range(46)]
    enrolled = {}
    for area in counts.enrolled:
        people = counts.funnel[area][Step.ENROLLED]
        enrolled[area] = {month: people // 46 + (place < people % 46) for place, month in enumerate(months)}
    curves = may_show(replace(counts, enrolled=enrolled)).curves
    assert curves is not None and 6 < len(curves[WHOLE].points) <= MOST_POINTS + 2


def test_who_is_in_two_teams_makes_no_count_of_teams() -> None:
    """More people of a site are in the care of teams than there are."""
    counts = enrolment_counts(sites=(1,))
    [pair, *_] = counts.in_care
    wrong = counts.in_care | {pair: {step: n + 40 for step, n in counts.in_care[pair].items()}}
    figures = may_show(replace(counts, in_care=wrong))
    teams = [each for each in figures.areas if each.area.level is Level.TEAM]
    assert teams and {count for each in teams for count in each.steps.values()} == {WITHHELD}


def test_who_is_in_no_team_is_protected_too() -> None:
    counts = enrolment_counts(sites=(1,))
    assert all(each.enrolled.value for each in may_show(counts).areas)
    pair = next(each for each in counts.in_care if each[1].endswith("b"))
    less = {step: max(0, n - 1) for step, n in counts.in_care[pair].items()}
    team = next(area for area in counts.funnel if area.team == pair[1])
    figures = may_show(replace(counts, funnel={**counts.funnel, team: less}, in_care={**counts.in_care, pair: less}))
    assert [each.enrolled.value is None for each in figures.areas if each.area.level is Level.TEAM] == [True, True]


def test_a_team_that_cares_for_one_site_shows_nothing_that_is_held_back_there() -> None:
    counts = enrolment_counts(4, 30, (3, 3))
    teams = {area: Area(Level.TEAM, area.region, team=area.site) for area in counts.funnel if area.level is Level.SITE}
    funnel = {area: steps for area, steps in counts.funnel.items() if area.level is not Level.TEAM}
    funnel |= {team: funnel[site] for site, team in teams.items()}
    in_care = {(site.site, site.site): funnel[site] for site in teams}
    figures = may_show(replace(counts, funnel=funnel, in_care=in_care))
    held = [(site, step) for site in teams for step in Step if figures.steps(site)[step].value is None]
    assert len(held) > 10
    assert [(site, step) for site, step in held if figures.steps(teams[site])[step].value is not None] == []


def test_at_the_size_of_the_pilot_most_of_what_matters_is_shown_of_teams() -> None:
    counts = enrolment_counts(1, 90)
    teams = [each for each in may_show(counts).areas if each.area.level is Level.TEAM]
    for step in (Step.SCREENED, Step.ENROLLED):
        assert sum(each.steps[step].value is not None for each in teams) >= 12 <= len(teams)


def test_where_others_are_lost_so_than_withdrew_their_reasons_are_not_shown() -> None:
    counts = enrolment_counts()
    losses = {WHOLE: {Loss(Step.CONSENTED, EnrolmentState.WITHDRAWN, "too-ill"): 7}}
    lost = {each.step: each for each in (may_show(replace(counts, losses=losses)).lost or {})[WHOLE]}
    assert lost[Step.CONSENTED].people == Count(7) and lost[Step.CONSENTED].reasons == ()


def test_where_more_are_lost_than_have_not_gone_on_nothing_is_said_of_them() -> None:
    counts = enrolment_counts()
    assert may_show(replace(counts, losses={WHOLE: {Loss(Step.ENROLLED, EnrolmentState.LEFT, "died"): 900}})).lost == {}
    regions = {area: found for area, found in counts.losses.items() if area == WHOLE}
    assert set(may_show(replace(counts, losses=regions)).lost or {}) == {WHOLE}


def test_the_whole_says_who_is_lost_after_a_step_where_enough_wait_there() -> None:
    counts = enrolment_counts()
    lost = {each.step: each for each in (may_show(counts).lost or {})[WHOLE]}
    declined = [n for loss, n in counts.losses[WHOLE].items() if loss.step is Step.APPROACHED]
    assert lost[Step.APPROACHED].people == Count(sum(declined)) and lost[Step.APPROACHED].reasons
    # Everybody who is not eligible is lost: how many wait at the first step is none, and would follow.
    assert lost[Step.SCREENED].people == WITHHELD and lost[Step.SCREENED].reasons


def test_who_is_at_no_site_is_counted_in_the_whole_and_protected() -> None:
    """Two people of whom another system says a status alone."""
    counts = enrolment_counts()
    funnel = dict(counts.funnel)
    funnel[WHOLE] = {step: n + 2 for step, n in funnel[WHOLE].items()}
    region = Area(Level.REGION, "r0")
    funnel[region] = {step: n + 1 for step, n in funnel[region].items()}
    figures = may_show(replace(counts, funnel=funnel))
    assert figures.whole.enrolled == Count(funnel[WHOLE][Step.ENROLLED])
    assert len(figures.areas) == len(may_show(counts).areas)
    shown = [each.steps[Step.SCREENED].value for each in figures.areas if each.area.level is Level.REGION]
    assert None in shown


def test_completeness_that_does_not_add_up_or_is_missing_is_left_out() -> None:
    counts = enrolment_counts()
    wrong = {
        area: {datum: share for datum, share in found.items() if datum is not Datum.PHQ9 or area != WHOLE}
        for area, found in counts.completeness.items()
    }
    wrong[WHOLE][Datum.EGFR] = replace(wrong[WHOLE][Datum.EGFR], having=wrong[WHOLE][Datum.EGFR].having - 1)
    [whole, *_] = may_show(replace(counts, completeness=wrong)).complete
    assert Datum.PHQ9 not in whole.having and Datum.EGFR not in whole.having and Datum.HBA1C in whole.having
    assert may_show(replace(counts, completeness={})).complete == ()


def test_plans_that_could_not_be_counted_or_do_not_add_up() -> None:
    counts = enrolment_counts()
    regions = [area for area in counts.work if area != WHOLE]
    assert [each.plans for each in may_show(replace(counts, work={WHOLE: TeamWork(plans=None)})).work] == [None]
    assert may_show(replace(counts, work={regions[0]: TeamWork(3, 4, 20, 10, 5)})).work[0].plans is None
    alone = {WHOLE: TeamWork(1, 1, 90, 70, 50), **{area: TeamWork(1, 1, 50, 30, 20) for area in regions}}
    shown = may_show(replace(counts, work=alone)).work
    assert shown[0].plans == Count(90) and shown[1].plans is None
    some = {WHOLE: TeamWork(1, 1, 90, None, 3)}
    [only] = may_show(replace(counts, work=some)).work
    assert (only.plans, only.plans_agreed, only.plans_reviewed) == (Count(90), None, FEW)


@pytest.mark.parametrize("seed", range(12))
def test_no_plans_that_few_lack_a_review_or_an_agreement_follow_from_the_rest(seed: int) -> None:
    chance = random.Random(seed)
    counts = enrolment_counts(seed, 90, (3, 3, 2))
    regions = [area for area in counts.work if area != WHOLE]
    work = {}
    for area in regions:
        plans = chance.choice((3, 12, 40))
        agreed = max(0, plans - chance.choice((0, 2, 9)))
        work[area] = TeamWork(1, 1, plans, agreed, max(0, agreed - chance.choice((0, 1, 3, 8))))
    total = [sum(getattr(each, name) for each in work.values()) for name in PLANS]
    counts = replace(counts, work={WHOLE: TeamWork(3, 3, *total), **work})
    assert Reader(counts, may_show(counts)).works_out() == []


def test_areas_are_found_by_region() -> None:
    figures = may_show(enrolment_counts())
    assert {each.area.region for each in figures.under("r1")} == {"r1"}
    assert len(figures.under("")) == len(figures.areas) - 1
    assert figures.steps(Area(Level.REGION, "nowhere"))[Step.ENROLLED] == WITHHELD
