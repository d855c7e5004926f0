"""What may be shown of the figures of the pilot: steps, curve, losses, completeness and plans, held back together.

Steps are one table by whole, region and site, and so are the months of the curve by whole and region, each a part of
who is enrolled (`nested_disclosure`). Months of sites are never shown, so that they can be anything that adds up.
Losses are shown of the whole and of the regions (`loss_disclosure`), beside the steps that they were lost after and who
withdrew. Teams are decided after the sites (`team_disclosure`). Numbers
of teams and of conferences say nothing of a person.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import FEW, FEWEST, WITHHELD, Areas, Count, show_counts_of
from dashboard.domain.pilot.enrolment_counts import Datum, EnrolmentCounts, TeamWork
from dashboard.domain.pilot.enrolment_shown import AreaSteps, Complete, Curve, EnrolmentFigures, Work
from dashboard.domain.pilot.funnel import WHOLE, Area, Step
from dashboard.domain.pilot.loss_disclosure import show_losses
from dashboard.domain.pilot.nested_disclosure import show_nested
from dashboard.domain.pilot.nested_table import Cell, Columns
from dashboard.domain.pilot.pace import pace_of, pace_start
from dashboard.domain.pilot.study import Study, StudySite, target_on
from dashboard.domain.pilot.team_disclosure import above_of, key_of, show_teams
from dashboard.domain.values.site_time import site_day

STEPS: Final = {
    Step.ENROLLED: Step.CONSENTED, Step.SCREENED: "", Step.CONSENTED: Step.APPROACHED, Step.ELIGIBLE: Step.SCREENED,
    Step.APPROACHED: Step.ELIGIBLE, Step.ACTIVE: Step.ENROLLED, Step.COMPLETED: Step.ACTIVE,
    Step.WITHDRAWN: Step.CONSENTED,
}  # fmt: skip
"""step -> the one that it is a part of; the most important first, which are shown before the others."""
_APART: Final = ((str(Step.COMPLETED), str(Step.WITHDRAWN), str(Step.CONSENTED)),)
_REST: Final = "?"
MOST_POINTS: Final = 12
"""Of the curve: the columns of its table, beside the day from which the pace is reckoned. Each costs time."""


def may_show(counts: EnrolmentCounts) -> EnrolmentFigures:
    """The figures with every count held back that is small, or from which a small one could be worked out."""
    study, today = counts.study, site_day(counts.fetched)
    if study is None:
        return EnrolmentFigures(
            counts.fetched, others=dict(counts.others), unreadable=counts.unreadable, notices=counts.notices
        )
    table = _Table(counts, today)
    start = study.start.start if study.start else None
    steps = {area: {step: table.shown[key_of(area), str(step)] for step in Step} for area in table.areas}
    areas = [
        _with_target(area, counts, study, steps[area], table.areas, start, today) for area in _ordered(counts, table)
    ]
    curves = {
        area: _curve(area, counts, table, study, start, today)
        for area in table.areas
        if area.level in (Level.ALL, Level.REGION)
    }
    return EnrolmentFigures(
        fetched=counts.fetched,
        study=study.origin.id,
        title=study.title,
        registration=study.registration,
        start=start,
        end=study.end.end if study.end else None,
        areas=(*areas, *_team_areas(counts, table)),
        curves=curves,
        lost=show_losses(counts.losses, counts.funnel, {each.area: each.steps for each in areas}),
        complete=tuple(_complete(counts, steps, [each.area for each in areas])),
        work=tuple(_work(counts, steps, [each.area for each in areas])),
        teams=dict(counts.teams),
        since=counts.since,
        names=dict(counts.names),
        others=dict(counts.others),
        unreadable=counts.unreadable,
        by_status=counts.by_status,
        notices=counts.notices,
    )


class _Table:
    """Steps and months of the whole, the regions and the sites, and what may be shown of them."""

    def __init__(self, counts: EnrolmentCounts, today: date) -> None:
        self.areas = [area for area in counts.funnel if area.level is not Level.TEAM]
        self.steps = _with_rests(counts.funnel)
        self.sites = [area for area in self.steps if area.level is Level.SITE]
        self.counted_by_month = any(people for found in counts.enrolled.values() for people in found.values())
        self.since = pace_start(today) - timedelta(1)
        self.ends = _month_ends(counts, today, self.since)
        self.counts: dict[Cell, int] = {}
        for area in self.steps:
            self._count(area, counts)
        above = {key_of(area): key_of(whole) if (whole := above_of(area)) else "" for area in self.steps}
        steps = {str(step): str(whole) for step, whole in STEPS.items()}
        columns = Columns(steps, _APART)
        closed = [(key_of(area), step) for area in self.steps if area not in counts.funnel for step in steps]
        self.shown = show_nested(above, columns, self._part(self.steps, steps), closed)
        teams = {area: each for area, each in counts.funnel.items() if area.level is Level.TEAM}
        self.teams = show_teams(self.steps, teams, counts.in_care, columns, self.shown)
        self._show_months([area for area in self.steps if area.level is not Level.SITE])

    def _part(self, areas: Iterable[Area], columns: Iterable[str]) -> dict[Cell, int]:
        return {(key_of(area), column): self.counts[key_of(area), column] for area in areas for column in columns}

    def _show_months(self, areas: list[Area]) -> None:
        """Of the whole and the regions, where who is enrolled is shown: months are parts of that."""
        enrolled = str(Step.ENROLLED)
        months, following = {enrolled: ""}, enrolled
        for end in reversed(self.ends):
            months[end.isoformat()] = following
            following = end.isoformat()
        # What the pace is reckoned from comes before the other months.
        first = [name for name in (enrolled, self.since.isoformat()) if name in months]
        ordered = {name: months[name] for name in (*first, *months)}
        shown = [area for area in areas if self.shown[key_of(area), enrolled].value is not None]
        closed = [(key_of(area), name) for area in areas if area not in shown for name in months]
        above = {key_of(area): key_of(whole) if (whole := above_of(area)) else "" for area in areas}
        said = {(key_of(area), enrolled): self.shown[key_of(area), enrolled] for area in shown}
        found = show_nested(above, Columns(ordered), self._part(areas, months), closed, said)
        self.shown |= {cell: count for cell, count in found.items() if cell[1] != enrolled}

    def _count(self, area: Area, counts: EnrolmentCounts) -> None:
        """The columns of a site, or the sums of those of its sites."""
        sites = [each for each in self.sites if area in (each, above_of(each), WHOLE)] or [area]
        for step in Step:
            self.counts[key_of(area), str(step)] = sum(self.steps[each][step] for each in sites)
        for end in self.ends:
            later = sum(people for each in sites for day, people in counts.enrolled.get(each, {}).items() if day > end)
            # Who was enrolled on a day that is not known counts from the beginning.
            self.counts[key_of(area), end.isoformat()] = self.counts[key_of(area), str(Step.ENROLLED)] - later


def _with_rests(funnel: Mapping[Area, Mapping[Step, int]]) -> dict[Area, Mapping[Step, int]]:
    """The steps of the whole, the regions and the sites, with a site of its own for those of a region who are at none,
    and a region of its own for those who are in none: nobody sees these, and they are protected like others.
    """
    found = {area: steps for area, steps in funnel.items() if area.level is not Level.TEAM}
    regions = [area for area in found if area.level is Level.REGION]
    rests = {}
    for region in regions:
        rest = _less(found[region], [steps for area, steps in found.items() if above_of(area) == region])
        rests[Area(Level.SITE, region.region, _REST)] = rest
    none = _less(found[WHOLE], [found[region] for region in regions])
    rests |= {Area(Level.REGION, _REST): none, Area(Level.SITE, _REST, _REST): none}
    return {**found, **{area: rest for area, rest in rests.items() if any(rest.values())}}


def _less(whole: Mapping[Step, int], parts: list[Mapping[Step, int]]) -> Mapping[Step, int]:
    return {step: max(0, whole[step] - sum(part[step] for part in parts)) for step in Step}


def _month_ends(counts: EnrolmentCounts, today: date, since: date) -> list[date]:
    """The last days of months that the curve may have points on: of those before today after which somebody was
    enrolled, until the next, at most `MOST_POINTS`, evenly; and always `since`, from which the pace is reckoned.
    """
    months = sorted({day for found in counts.enrolled.values() for day, people in found.items() if people})
    if not months:
        return []
    ends: list[date] = []
    this = today.replace(day=1)
    while this > months[0]:
        end = this - timedelta(1)
        following = ends[-1] if ends else today
        if end == since or any(end < day <= following for day in months):
            ends.append(end)
        this = end.replace(day=1)
    every = -(-len(ends) // MOST_POINTS)
    return [end for number, end in enumerate(ends) if end == since or number % every == 0][::-1]


def _ordered(counts: EnrolmentCounts, table: _Table) -> list[Area]:
    """The whole, then each region followed by its sites, by name."""

    def place(area: Area) -> tuple[bool, str, str, bool, str, str]:
        names = counts.names
        return (
            area.level is not Level.ALL, names.get(area.region, ""), area.region, area.level is Level.SITE,
            names.get(area.site, ""), area.site,
        )  # fmt: skip

    return sorted(table.areas, key=place)


def _sites_of(area: Area, study: Study, sites: list[Area]) -> Iterator[StudySite]:
    """The sites of the study in an area: of the whole all of them."""
    ids = {each.site for each in sites if area in (each, above_of(each))}
    for each in study.sites:
        if area == WHOLE or (each.site.to is not None and each.site.to.id in ids):
            yield each


def _with_target(
    area: Area, counts: EnrolmentCounts, study: Study, steps: Mapping[Step, Count], areas: list[Area],
    start: date | None, today: date,
) -> AreaSteps:  # fmt: skip
    targets = [each for each in _sites_of(area, study, areas) if each.targets]
    last = [each.targets[-1] for each in targets]
    due = [target_on(each, start or each.targets[0].day.start, today) for each in targets]
    return AreaSteps(
        area,
        counts.names.get(area.site or area.region, ""),
        steps,
        sum(each.people for each in last) if last else None,
        max((each.day.end for each in last), default=None),
        round(sum(each or 0.0 for each in due)) if due else None,
    )


def _curve(area: Area, counts: EnrolmentCounts, table: _Table, study: Study, start: date | None, today: date) -> Curve:
    key, enrolled = key_of(area), table.shown[key_of(area), str(Step.ENROLLED)]
    points = [
        (end, count.value)
        for end in table.ends
        if (count := table.shown[key, end.isoformat()]).value is not None and enrolled.value is not None
    ]
    if enrolled.value is not None:
        points.append((today, enrolled.value))
    targets = [each for each in _sites_of(area, study, table.areas) if each.targets]
    bends = sorted({target.day.end for each in targets for target in each.targets})
    begin = start or (min(bends) if bends else today)
    line = tuple(
        (day, sum(target_on(each, begin, day) or 0.0 for each in targets)) for day in (begin, *bends) if targets
    )
    whole = sum(each.targets[-1].people for each in targets)
    return Curve(area, tuple(points), line, pace_of(enrolled, _recent(area, table), whole, start, today))


def _recent(area: Area, table: _Table) -> Count:
    """How many were enrolled since the pace is reckoned. That they are few is said of the whole alone: of a region it
    would say more of the others than their own numbers do.
    """
    key, since = key_of(area), table.since.isoformat()
    now = table.shown[key, str(Step.ENROLLED)]
    if now.value is None:
        return WITHHELD
    if (key, since) not in table.shown:
        # The first was enrolled later, or nobody's day is known.
        return now if table.counted_by_month else WITHHELD
    then = table.shown[key, since].value
    if then is not None:
        return Count(now.value - then)
    people = now.value - table.counts[key, since]
    return FEW if people < FEWEST and area == WHOLE else WITHHELD


def _team_areas(counts: EnrolmentCounts, table: _Table) -> Iterator[AreaSteps]:
    """The teams, by the names of their regions and their own."""
    names = counts.names

    def place(team: Area) -> tuple[str, ...]:
        return names.get(team.region, ""), team.region, names.get(team.team, ""), team.team

    for team in sorted(table.teams, key=place):
        yield AreaSteps(team, names.get(team.team, ""), table.teams[team])


def _tree(areas: list[Area]) -> Areas:
    return Areas({key_of(area): key_of(whole) if (whole := above_of(area)) else "" for area in areas})


def _complete(
    counts: EnrolmentCounts, steps: Mapping[Area, Mapping[Step, Count]], areas: list[Area]
) -> Iterator[Complete]:
    """Each datum next to who is enrolled, where the server could count it everywhere."""
    everybody = {key_of(area): counts.funnel[area][Step.ENROLLED] for area in areas}
    shown_all = {key_of(area): steps[area][Step.ENROLLED] for area in areas}
    shown: dict[Datum, dict[str, Count]] = {}
    for datum in Datum:
        found = {
            key_of(area): share.having
            for area in areas
            if (share := counts.completeness.get(area, {}).get(datum)) is not None
            and share.of == counts.funnel[area][Step.ENROLLED]
        }
        if len(found) == len(areas) and _adds_up(found, areas):
            shown[datum] = show_counts_of(_tree(areas), found, everybody, shown_all)
    for area in areas if shown else ():
        of = shown_all[key_of(area)]
        yield Complete(area, of, {datum: found[key_of(area)] for datum, found in shown.items()})


def _adds_up(found: Mapping[str, int], areas: list[Area]) -> bool:
    """Whether each area is the sum of its parts: what is held back is worked out from that."""
    for whole in areas:
        parts = [found[key_of(area)] for area in areas if above_of(area) == whole]
        if parts and sum(parts) != found[key_of(whole)]:
            return False
    return True


def _work(counts: EnrolmentCounts, steps: Mapping[Area, Mapping[Step, Count]], areas: list[Area]) -> Iterator[Work]:
    """Of the whole and each region; plans by what of them may be shown next to each other."""
    asked = [area for area in areas if area in counts.work]
    plans = _plans(counts.work, [area for area in asked if area.level is not Level.SITE])
    for area in asked:
        work = counts.work[area]
        yield Work(area, work.teams, work.conferences, *(plans.get((area, name)) for name in _PLANS))


_PLANS: Final = ("plans", "plans_agreed", "plans_reviewed")
"""Each is a part of the one before it."""


def _plans(work: Mapping[Area, TeamWork], areas: list[Area]) -> dict[tuple[Area, str], Count]:
    """Plans that were made, how many of these were agreed to, and of those reviewed since."""
    found: dict[tuple[Area, str], Count] = {}
    values = {area: [getattr(work[area], name) for name in _PLANS] for area in areas}
    if WHOLE not in values:
        return found
    counted = [name for number, name in enumerate(_PLANS) if all(each[number] is not None for each in values.values())]
    if "plans" not in counted:
        return found
    regions = [area for area in areas if area != WHOLE]
    above = {key_of(area): "" if area == WHOLE else key_of(WHOLE) for area in areas}
    table = {(key_of(area), name): getattr(work[area], name) for area in areas for name in counted}
    if any(table[key_of(WHOLE), name] != sum(table[key_of(area), name] for area in regions) for name in counted):
        above, areas = {key_of(WHOLE): ""}, [WHOLE]
        table = {cell: value for cell, value in table.items() if cell[0] == key_of(WHOLE)}
    columns = Columns(dict(zip(counted, ("", *counted), strict=False)))
    shown = show_nested(above, columns, table)
    return {(area, name): shown[key_of(area), name] for area in areas for name in counted}
