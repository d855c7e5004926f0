"""The list behind the figures of the pilot: a row with a pseudonym for each person who was screened.

Nobody's row says more than the figures do. A site is named, with the last step that is shown there, only where its rows
add up to every figure of it; else the region is, without a step; else neither. The month of enrolment is in no row:
with a place or a step it would be small nearly everywhere, and the curve has it. Nor is who withdrew.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import WAY, WHOLE, Area, Step, areas_of, one_per_person, steps_of
from dashboard.domain.pilot.pseudonyms import pseudonym
from dashboard.domain.pilot.subject import Subject


class Listed(NamedTuple):
    """The site at which somebody was screened, with its region, and the steps that were reached there."""

    ident: str
    site: Area
    steps: frozenset[Step]


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """One person: region and site by their ids ("" where they are left out), and the last step of those shown there
    that was reached, None where it is left out.
    """

    pseudonym: str
    region: str = ""
    site: str = ""
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentList:
    """The rows, by pseudonym, and the figures that they belong to; or of one number alone (`number_list`) the
    pseudonyms of its people or plans, or the conferences that were `held`, each with its day and the name of the team.
    """

    figures: EnrolmentFigures
    rows: tuple[EnrolmentRow, ...]
    alone: tuple[str, ...] = ()
    held: tuple[tuple[date | None, str], ...] = ()

    def of(self, step: Step, region: str = "", site: str = "") -> tuple[EnrolmentRow, ...]:
        """The rows of those who have surely reached a step, in a region or site or anywhere."""
        place = WAY.index(step) if step in WAY else len(WAY)
        return tuple(
            row
            for row in self.rows
            if row.step is not None and WAY.index(row.step) >= place
            if region in ("", row.region) and site in ("", row.site)
        )


def listed(subjects: Iterable[Subject], regions: Mapping[str, str], survivors: Mapping[str, str]) -> list[Listed]:
    """Everybody who was screened, each person once. `regions` leads from a site to its region, `survivors` from a
    merged record to the one in use.
    """
    found = []
    for subject in one_per_person(subjects, survivors):
        reached = steps_of(subject)
        if Step.SCREENED in reached:
            place = areas_of(reached[Step.SCREENED].site, regions)[-1]
            here = frozenset(step for step, at in reached.items() if areas_of(at.site, regions)[-1] == place)
            found.append(Listed(survivors.get(subject.patient.id, subject.patient.id), place, here))
    return found


def enrolment_rows(people: Sequence[Listed], figures: EnrolmentFigures, key: str) -> tuple[EnrolmentRow, ...]:
    """A row for each person, as far as the figures say as much; none where not even the whole is shown."""
    if figures.steps(WHOLE)[Step.SCREENED].value != len(people):
        return ()
    by_site: dict[Area, list[Listed]] = defaultdict(list)
    by_region: Counter[Area] = Counter()
    for each in people:
        by_site[each.site].append(each)
        by_region[Area(Level.REGION, each.site.region)] += 1
    named = {site for site, those in by_site.items() if _adds_up(site, those, figures)}
    regions = {region for region, count in by_region.items() if figures.steps(region)[Step.SCREENED].value == count}
    rows = [_row(each, named, regions, figures, key) for each in people]
    return tuple(sorted(rows, key=lambda row: row.pseudonym))


def _adds_up(site: Area, those: Sequence[Listed], figures: EnrolmentFigures) -> bool:
    """Whether as many rows have each step as the figures say; a step that is not shown is none of theirs."""
    shown = figures.steps(site)
    if shown[Step.SCREENED].value is None:
        return False
    return all(
        count.value is None or count.value == sum(step in each.steps for each in those)
        for step, count in shown.items()
        if step in WAY
    )


def _row(each: Listed, named: set[Area], regions: set[Area], figures: EnrolmentFigures, key: str) -> EnrolmentRow:
    name = pseudonym(key, each.ident)
    if each.site in named:
        shown = figures.steps(each.site)
        reached = [step for step in WAY if step in each.steps and shown[step].value is not None]
        return EnrolmentRow(name, each.site.region, each.site.site, reached[-1])
    if Area(Level.REGION, each.site.region) in regions:
        return EnrolmentRow(name, each.site.region)
    return EnrolmentRow(name)
