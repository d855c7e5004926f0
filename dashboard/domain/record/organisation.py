"""Organization: regions, sites and teams, and what each is part of."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class Organisation:
    """An Organization. `kind` is the code of its type: "govt" (region), "prov" (site), "team" (MDT) or "" unknown."""

    id: str
    name: str
    kind: str = ""
    part_of: Reference | None = None


ParentOrganisations = Mapping[str, Set[str]]
"""Organization reference as text -> the references of the organisations it is part of."""


def parents_of(organisations: Iterable[Organisation]) -> ParentOrganisations:
    """What each of these is part of."""
    return {f"Organization/{found.id}": {str(found.part_of)} if found.part_of else set() for found in organisations}


def region_of(site: Organisation | None, known: Mapping[str, Organisation]) -> Organisation | None:
    """The region a site is part of, however many steps up."""
    seen: set[str] = set()
    while site is not None and site.id not in seen:
        if site.kind == "govt":
            return site
        seen.add(site.id)
        site = known.get(site.part_of.id) if site.part_of is not None else None
    return None
