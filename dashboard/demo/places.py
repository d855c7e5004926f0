"""Where the patients live: regions, sites, teams, and which team the patient of an index belongs to.

The index alone decides, not the number of patients: of every 30 patients each team gets its weight, and a team that
has 200 hands over to its next ("Warwick MDT 2"). So patient 17 is the same in a cohort of 60 and of 10,000.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from dashboard.demo.files import words

TEAM_SIZE: Final = 200
ROUND: Final = 30
# The default user's team does not get a patient in the first two places, so that 602 patients give it exactly 200.
_LATE_FIRST: Final = 2


@dataclass(frozen=True, slots=True)
class Site:
    """A GP practice, health centre, OSI or hospital. `coding` is its column in codes.yaml."""

    id: str
    name: str
    city: str
    postcode: str = ""
    coding: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A pilot region; `offset` from UTC is winter's all year, which is enough for invented times."""

    id: str
    organization: str
    name: str
    country: str
    language: str
    coding: str
    identifier: str
    offset: str
    hospital: Site
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """A multidisciplinary team; `number` is 1 for the first of its name, 2 for the one that takes over at 200."""

    id: str
    name: str
    region: Region
    home: Site
    sites: tuple[Site, ...]
    number: int = 1
    base: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one patient belongs; `ordinal` counts the patients of the team's name from 0."""

    team: Team
    site: Site
    ordinal: int


def _site(given: dict[str, Any], coding: str) -> Site:
    return Site(given["id"], given["name"], given["city"], given.get("postcode", ""), given.get("coding", coding))


@cache
def regions() -> tuple[Region, ...]:
    """The three regions in the file's order."""
    return tuple(
        Region(
            id=given["id"],
            organization=given["organization"],
            name=given["name"],
            country=given["country"],
            language=given["language"],
            coding=given["coding"],
            identifier=given["identifier"],
            offset="+00:00" if given["country"] == "GB" else "+01:00",
            hospital=_site(given["hospital"], given["coding"]),
            sites=tuple(_site(site, given["coding"]) for site in given["sites"]),
        )
        for given in words("regions")
    )


@cache
def _base_teams() -> dict[str, tuple[Team, int]]:
    """Each team of the file with its weight."""
    teams: dict[str, tuple[Team, int]] = {}
    for region, given in zip(regions(), words("regions"), strict=True):
        by_id = {site.id: site for site in (region.hospital, *region.sites)}
        for team in given["teams"]:
            made = Team(
                team["id"],
                team["name"],
                region,
                by_id[team["site"]],
                tuple(by_id[site] for site in team["sites"]),
                base=team["id"],
            )
            teams[made.id] = (made, team["weight"])
    return teams


def weight_of(base: Team) -> int:
    """How many of every `ROUND` patients a team of the file gets."""
    return _base_teams()[base.id][1]


@cache
def _slots() -> tuple[tuple[str, int], ...]:
    """Of each round of 30: the team of every place and how many of the team came before it in the round."""
    teams = _base_teams()
    # Spread evenly: the k-th of a team's w places lies near (k + 1/2) / w of the round.
    order = sorted(
        ((k + 0.5) / weight, number, id_)
        for number, (id_, (_, weight)) in enumerate(teams.items())
        for k in range(weight)
    )
    ids = [id_ for _, _, id_ in order]
    first = next(iter(teams))
    late = [id_ for id_ in ids if id_ != first][:_LATE_FIRST]
    for id_ in late:
        ids.remove(id_)
    ids = late + ids
    counts: dict[str, int] = {}
    slots = []
    for id_ in ids:
        slots.append((id_, counts.get(id_, 0)))
        counts[id_] = counts.get(id_, 0) + 1
    return tuple(slots)


@cache
def team(base: str, number: int) -> Team:
    """The n-th team of a name; the first is the one in the file."""
    first = _base_teams()[base][0]
    if number == 1:
        return first
    return Team(f"{base}-{number}", f"{first.name} {number}", first.region, first.home, first.sites, number, base)


def place_of(index: int) -> Place:
    """The team and site of the patient of an index (from 0)."""
    rounds, slot = divmod(index, ROUND)
    base, before = _slots()[slot]
    ordinal = rounds * _base_teams()[base][1] + before
    own = team(base, ordinal // TEAM_SIZE + 1)
    return Place(own, own.sites[ordinal % len(own.sites)], ordinal)


def index_of(base: str, ordinal: int) -> int:
    """The index of the n-th patient (from 0) of a team's name: the inverse of `place_of`."""
    rounds, before = divmod(ordinal, _base_teams()[base][1])
    return rounds * ROUND + _slots().index((base, before))


def teams_for(patients: int) -> tuple[Team, ...]:
    """Every team that a cohort of this size has patients in, and always the first of each name."""
    teams = {id_: team for id_, (team, _) in _base_teams().items()}
    for base, (_, weight) in _base_teams().items():
        slots = [slot for slot, (id_, _) in enumerate(_slots()) if id_ == base]
        count = patients // ROUND * weight + sum(slot < patients % ROUND for slot in slots)
        for number in range(2, (count - 1) // TEAM_SIZE + 2):
            made = team(base, number)
            teams[made.id] = made
    return tuple(teams.values())


def region_of(id_: str) -> Region:
    """The region of an id such as "sw"."""
    return next(region for region in regions() if region.id == id_)
