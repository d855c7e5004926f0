"""The funnel, the losses and the curve of the pilot: of a few from their history, of others from what was counted."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment_tags import LOSSES, loss_tag, month_tag, step_tag, team_tag
from dashboard.domain.pilot.funnel import (
    LOST,
    WHOLE,
    Area,
    Loss,
    Step,
    areas_of,
    count_funnel,
    count_losses,
    loss_of,
    steps_of,
)
from dashboard.domain.pilot.subject import Subject
from dashboard.domain.values.datatypes import Reference
from dashboard.evaluation.enrolment_questions import Answers, Places

T = TypeVar("T")


class CountedFigures:
    """The figures by area: those of the few by their history, to which what tags and statuses say is added."""

    def __init__(self, study: str, places: Places, months: list[date], few: list[Subject]) -> None:
        self._study, self._places, self._months = study, places, months
        self._pairs = frozenset(places.pairs)
        self._steps: dict[Area, Counter[Step]] = {}
        self.losses: dict[Area, Counter[Loss]] = {WHOLE: Counter()}
        self.enrolled: dict[Area, Counter[date]] = {WHOLE: Counter()}
        self.in_care: dict[tuple[str, str], Counter[Step]] = {}
        for area, steps in count_funnel(few, places.regions).items():
            if not area.team or area.team in places.teams:  # of others there are more people than these
                self._steps[area] = Counter(steps)
        for area, losses in count_losses(few, places.regions).items():
            if area.level is not Level.SITE:
                self.losses[area] = Counter(losses)
        for each in few:
            for step, at in steps_of(each).items():
                if at.site.to is not None and at.team.to is not None:
                    self._add_in_care(at.site.to.id, at.team.to.id, step, 1)
            reached = steps_of(each).get(Step.ENROLLED)
            if reached is not None and reached.day is not None:
                for area in areas_of(reached.site, places.regions):
                    _add(self.enrolled, area, reached.day.replace(day=1), 1)

    def add_tagged(self, answers: Answers, few: Sequence[frozenset[str]]) -> None:
        """Adds what the tags count, without the few, whose tags these are."""
        elsewhere: dict[str, set[int]] = defaultdict(set)
        for place, tags in enumerate(few):
            for code in tags:
                elsewhere[code].add(place)

        def number(code: str) -> int:
            return max(0, answers.tagged(code) - len(elsewhere[code]))

        study, places = self._study, self._places
        for step in Step:
            self._spread(self._steps, step, {each: number(step_tag(study, step, each)) for each in ("", *places.sites)})
            for team in places.teams:
                area = Area(Level.TEAM, places.regions.get(team, ""), team=team)
                _add(self._steps, area, step, number(team_tag(study, step, team)))
            for site, team in places.pairs:
                known = elsewhere[step_tag(study, step, site)] & elsewhere[team_tag(study, step, team)]
                self._add_in_care(site, team, step, max(0, answers.number("in-care", step, site, team) - len(known)))
        for first in self._months:
            month = first.isoformat()[:7]
            counted = {each: number(month_tag(study, month, each)) for each in ("", *places.sites)}
            self._spread(self.enrolled, first, counted)
        for loss in LOSSES:
            left = number(loss_tag(study, loss))
            _add(self.losses, WHOLE, loss, left)
            for region in places.of_sites:
                sites = places.in_region(region, places.sites)
                there = answers.number("lost", loss_tag(study, loss), region)
                there -= sum(len(elsewhere[loss_tag(study, loss, site)]) for site in sites)
                _add(self.losses, Area(Level.REGION, region), loss, max(0, there))
                left -= max(0, there)
            _add(self.losses, Area(Level.REGION), loss, max(0, left))

    def _add_in_care(self, site: str, team: str, step: Step, people: int) -> None:
        """Adds people of a site in the care of a team, where both are in one region."""
        if people and (site, team) in self._pairs:
            self.in_care.setdefault((site, team), Counter())[step] += people

    def _spread(self, to: dict[Area, Counter[T]], what: T, counted: Mapping[str, int]) -> None:
        """Adds the count of everybody ("") and of each site, and to the unknown site whoever is left."""
        _add(to, WHOLE, what, counted[""])
        left = counted[""]
        for site, number in counted.items():
            if site:
                region = self._places.regions.get(site, "")
                _add(to, Area(Level.REGION, region), what, number)
                _add(to, Area(Level.SITE, region, site), what, number)
                left -= number
        _add(to, Area(Level.REGION), what, max(0, left))
        _add(to, Area(Level.SITE), what, max(0, left))

    def add_by_status(self, numbers: Mapping[str, int], study: Reference) -> None:
        """Adds people of whom the status alone is known."""
        for status, number in numbers.items():
            somebody = Subject(Reference("ResearchSubject", "x"), "", Reference("Patient", "x"), study, status)
            for step in steps_of(somebody):
                self._spread(self._steps, step, {"": number})
            if somebody.state in LOST:
                for area in (WHOLE, Area(Level.REGION)):
                    _add(self.losses, area, loss_of(somebody), number)

    def funnel(self) -> dict[Area, dict[Step, int]]:
        """Every area with every step."""
        areas = {WHOLE, *self._steps}
        for site in self._places.sites:
            areas |= {Area(Level.REGION, self._places.regions.get(site, ""))}
            areas |= {Area(Level.SITE, self._places.regions.get(site, ""), site)}
        return {area: {step: self._steps.get(area, Counter())[step] for step in Step} for area in sorted(areas)}


def _add(to: dict[Area, Counter[T]], area: Area, what: T, number: int) -> None:
    if number:
        to.setdefault(area, Counter())[what] += number
