"""What may be shown of the steps of teams, beside what is shown of the whole, the regions and the sites.

Teams and sites divide the same people in two ways, and a team often cares for nearly everybody of its sites, so that a
count of one says something of the other. So both are one table (`nested_disclosure`), whose smallest areas are the
people of one site in the care of one team. What is shown of sites was decided before and stays; of a team is shown what
leaves each small number of the teams and of the sites open. How many people of a site are in the care of which team is
shown nowhere, and what a team has more or fewer than its sites is those who were in the care of another.
"""

from collections.abc import Iterator, Mapping

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import WITHHELD, Count
from dashboard.domain.pilot.funnel import WHOLE, Area, Step
from dashboard.domain.pilot.nested_disclosure import show_nested
from dashboard.domain.pilot.nested_table import Cell, Columns

Steps = Mapping[Step, int]


def key_of(area: Area) -> str:
    """The name of an area in the tables of what may be shown."""
    return "/".join((area.level, area.region, area.site, area.team))


def above_of(area: Area) -> Area | None:
    """The area that an area is a part of; of the whole and of teams none."""
    if area.level is Level.SITE:
        return Area(Level.REGION, area.region)
    return WHOLE if area.level is Level.REGION else None


def show_teams(
    steps: Mapping[Area, Steps],
    teams: Mapping[Area, Steps],
    in_care: Mapping[tuple[str, str], Steps],
    columns: Columns,
    shown: Mapping[Cell, Count],
) -> dict[Area, dict[Step, Count]]:
    """The steps of each team as they may be shown. `steps` and `shown` are of the whole, the regions and the sites,
    `in_care` of the people of a site who are in the care of a team, by the ids of both. Where these do not add up,
    nothing is shown of teams.
    """
    smallest = dict(_smallest(steps, teams, in_care))
    if not teams or any(number < 0 for each in smallest.values() for number in each.values()):
        return {team: dict.fromkeys(Step, WITHHELD) for team in teams}
    above: dict[str, str | tuple[str, ...]] = {
        key_of(area): key_of(whole) if (whole := above_of(area)) else "" for area in steps
    }
    above |= dict.fromkeys(map(key_of, teams), ())
    above |= {_within(*areas): tuple(map(key_of, areas)) for areas in smallest}
    table = {(key_of(area), str(step)): number for area, each in (*steps.items(), *teams.items())
             for step, number in each.items()}  # fmt: skip
    inside = {(_within(*areas), str(step)): number for areas, each in smallest.items() for step, number in each.items()}
    said = {cell: shown[cell] for cell in table if cell in shown}
    unsaid = {_within(*areas) for areas in smallest}
    found = show_nested(above, columns, {**table, **inside}, inside, said, unsaid)
    return {team: {step: found[key_of(team), str(step)] for step in Step} for team in teams}


def _within(*areas: Area) -> str:
    return " and ".join(map(key_of, areas))


def _smallest(
    steps: Mapping[Area, Steps], teams: Mapping[Area, Steps], in_care: Mapping[tuple[str, str], Steps]
) -> Iterator[tuple[tuple[Area, ...], Steps]]:
    """The people of each site in the care of each team, those in the care of no team that is counted, and those in the
    care of a team at no site of its region; without those who are nobody.
    """
    sites = [area for area in steps if area.level is Level.SITE]
    pairs = {
        (site, team): in_care[site.site, team.team]
        for site in sites
        for team in teams
        if any(in_care.get((site.site, team.team), {}).values())
    }
    yield from pairs.items()
    for number, areas in enumerate((sites, teams)):
        for area in areas:
            within = [found for pair, found in pairs.items() if pair[number] == area]
            whole = steps[area] if number == 0 else teams[area]
            rest = {step: whole[step] - sum(found[step] for found in within) for step in Step}
            if within and any(rest.values()):
                yield (area,), rest
