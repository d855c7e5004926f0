"""Study: the pilot itself, with its sites, its arms and how many people each site is to enrol by when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, Final

from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference

PILOT: Final = "NCT03834207"
"""The number of the pilot in the register of trials: C3-Cloud's, whose criteria of eligibility are used."""


@dataclass(frozen=True, slots=True)
class Target:
    """How many people a site is to have enrolled by the end of a day."""

    day: PartialDate
    people: int


@dataclass(frozen=True, slots=True)
class StudySite:
    """A site of the study (an Organization) with its targets, the earliest first."""

    site: NamedReference
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyArm:
    """A group that is compared: `name` is what ResearchSubject.assignedArm holds."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """A FHIR ResearchStudy. `registration` is its number in the register of trials (NCT...).
    `source` is the resource it was read from, {} of a new one.
    """

    origin: Reference
    version: str
    title: str
    status: str
    registration: str = ""
    start: PartialDate | None = None
    end: PartialDate | None = None
    arms: tuple[StudyArm, ...] = ()
    sites: tuple[StudySite, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def site(self, ident: str) -> StudySite | None:
        """The site of the Organization with that id, None where it is none of the study."""
        return next((each for each in self.sites if each.site.to is not None and each.site.to.id == ident), None)


def pilot_of(studies: Iterable[Study]) -> Study | None:
    """The pilot among studies; of several, one that is active, and then always the same."""
    found = [each for each in studies if each.registration == PILOT]
    return min(found, key=lambda each: (each.status != "active", each.origin.id), default=None)


def line_on(line: Sequence[tuple[date, float]], day: date) -> float | None:
    """Where a line of (day, people) is on a day: level before its first and after its last bend, None for no line."""
    for (first, low), (last, high) in pairwise(line):
        if first <= day <= last:
            return low + (high - low) * ((day - first).days / max(1, (last - first).days))
    if not line:
        return None
    return line[0][1] if day < line[0][0] else line[-1][1]


def target_on(site: StudySite, start: date, day: date) -> float | None:
    """The target line of a site on a day: straight from nobody at the `start` to each target, level after the last.

    None where the site has no target.
    """
    if not site.targets:
        return None
    before, people = start, 0
    for each in sorted(site.targets, key=lambda target: target.day):
        due = each.day.end
        if day <= due:
            whole = (due - before).days
            share = (day - before).days / whole if whole > 0 else 1
            return people + (each.people - people) * max(0.0, share)
        before, people = due, each.people
    return people
