"""The professionals: who works in which team, and their Organization, Practitioner and PractitionerRole resources."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from dashboard.demo.chance import chance, pick
from dashboard.demo.fhir import Json, coded, ref, resource, snomed
from dashboard.demo.files import words
from dashboard.demo.places import Region, Site, Team, regions, teams_for

_ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
_TYPE_DISPLAY = {"govt": "Government", "prov": "Healthcare Provider", "team": "Organizational team"}


@dataclass(frozen=True, slots=True)
class Professional:
    """Somebody who works in a team; `role` is an id of roles.yaml."""

    id: str
    role: str
    name: str
    family: str
    given: str
    prefix: str
    female: bool
    employer: Site
    region: Region

    def role_concept(self) -> Json:
        given = _roles()[self.role]
        return snomed(given["code"], given["display"], given["text"])

    def reference(self) -> Json:
        return ref("Practitioner", self.id, self.name)


@cache
def _roles() -> dict[str, dict[str, Any]]:
    return {role["id"]: role for role in words("roles")}


def _professional(id_: str, role: str, employer: Site, region: Region) -> Professional:
    # No seed: the people are the same in every cohort, so that links and bookmarks to them last.
    source = chance("professional", id_)
    female = source.random() < 0.58
    names = words("names")[region.language]
    given = pick(source, names["younger_f" if female else "younger_m"])
    family = pick(source, names["family"])
    prefix = _roles()[role].get("prefix", {}).get(region.language, "")
    if region.language == "es" and prefix and female:
        prefix = "Dra."
    return Professional(
        id_, role, f"{prefix} {given} {family}".strip(), family, given, prefix, female, employer, region
    )


@cache
def members(team: Team) -> tuple[Professional, ...]:
    """The people of a team: its own, and the hospital's specialists, whom the first teams of a region share."""
    people = []
    for role, given in _roles().items():
        for number in range(1, given["count"] + 1):
            shared = given["per"] == "hospital"
            employer = (
                team.region.hospital if shared or role in ("pharmacist", "dietitian", "social") else team.sites[0]
            )
            if role == "gp":
                employer = team.sites[(number - 1) % len(team.sites)]
            people.append(_professional(_id(team, role, number, given["count"], shared), role, employer, team.region))
    return tuple(people)


def _id(team: Team, role: str, number: int, count: int, shared: bool) -> str:
    """`prac-sw-gp-1`: counted over the first teams of the region; later teams' people carry their team in the id."""
    if team.number > 1:
        return f"prac-{team.id.removeprefix('team-')}-{role}-{number}"
    if shared:
        return f"prac-{team.region.id}-{role}-{number}"
    firsts = [first for first in teams_for(0) if first.region.id == team.region.id]
    before = next(place for place, first in enumerate(firsts) if first.id == team.id)
    return f"prac-{team.region.id}-{role}-{before * count + number}"


def member(team: Team, role: str, ordinal: int = 0) -> Professional:
    """The team's person for a role; with several, the patient's ordinal decides."""
    candidates = [one for one in members(team) if one.role == role]
    return candidates[ordinal % len(candidates)]


def _organization(id_: str, name: str, kind: str, country: str, part_of: Json | None, city: str = "") -> Json:
    address = [{"city": city, "country": country}] if city else None
    return resource(
        "Organization",
        id_,
        active=True,
        type_=[coded(_ORGANIZATION_TYPE, kind, _TYPE_DISPLAY[kind])],
        name=name,
        address=address,
        partOf=part_of,
    )


def organizations(teams: tuple[Team, ...]) -> list[Json]:
    """Regions, their hospitals and sites, and the teams; each after what it is part of."""
    made: list[Json] = []
    for region in regions():
        parent = ref("Organization", region.organization, region.name)
        made.append(_organization(region.organization, region.name, "govt", region.country, None))
        sites: set[str] = set()
        for site in (region.hospital, *region.sites):
            if site.id not in sites:
                sites.add(site.id)
                made.append(_organization(site.id, site.name, "prov", region.country, parent, site.city))
    for team in teams:
        home = ref("Organization", team.home.id, team.home.name)
        made.append(_organization(team.id, team.name, "team", team.region.country, home))
    return made


def practitioners(teams: tuple[Team, ...]) -> list[Json]:
    """One Practitioner and one PractitionerRole a person."""
    people = {one.id: one for team in teams for one in members(team)}
    made: list[Json] = []
    for one in people.values():
        name = {
            "family": one.family,
            "given": [one.given],
            "prefix": [one.prefix] if one.prefix else None,
            "text": one.name,
        }
        made.append(
            resource(
                "Practitioner",
                one.id,
                active=True,
                name=[{key: value for key, value in name.items() if value}],
                gender="female" if one.female else "male",
            )
        )
    made.extend(
        resource(
            "PractitionerRole",
            f"role-{one.id.removeprefix('prac-')}",
            active=True,
            practitioner=one.reference(),
            organization=ref("Organization", one.employer.id, one.employer.name),
            code=[one.role_concept()],
        )
        for one in people.values()
    )
    return made
