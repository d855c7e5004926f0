"""Patients, professionals and their teams."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class HumanName:
    """A name as the record has it; empty parts are "" and never guessed."""

    family: str = ""
    given: str = ""
    prefix: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier: `label` is "NHS No.", "Personnummer", "CIC" ... where the system is known, else ""."""

    system: str
    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class PatientLink:
    """Another record of the same person: `type` is FHIR's link type, "replaced-by", "replaces", "refer", "seealso".
    `inferred`: the other record says it, not this one.
    """

    type: str
    to: NamedReference
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A patient as the banner needs it. `gender` is FHIR's administrative gender, "" where not recorded. A record that
    is not `active`, or is replaced by another, is no longer to be used. `unreadable` names it where one of its dates is
    none; the rest of it is here. `phones` are the numbers in use, the preferred one first. `country` is where the
    patient lives, ISO 3166-1 in two letters, "" where not known.
    """

    id: str
    name: HumanName
    birth: PartialDate | None = None
    gender: str = ""
    deceased: PartialDate | bool = False
    identifiers: tuple[Identifier, ...] = ()
    site: Reference | None = None
    language: str = ""
    active: bool = True
    links: tuple[PatientLink, ...] = ()
    phones: tuple[str, ...] = ()
    country: str = ""
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def replaced(self) -> bool:
        """Whether the record was merged into another one."""
        return any(link.type == "replaced-by" for link in self.links)

    @property
    def in_use(self) -> bool:
        return self.active and not self.replaced

    @property
    def survivors(self) -> tuple[str, ...]:
        """The ids of the Patients on this server that replace this one."""
        targets = (link.to.to for link in self.links if link.type == "replaced-by")
        return tuple(to.id for to in targets if to is not None and to.type == "Patient" and to.id != self.id)


def with_survivors(people: Mapping[str, Person], others: Iterable[Person] = ()) -> dict[str, Person]:
    """Returns those of the people who change: a record that another one says it replaces is as replaced as one that
    says so itself. `others` are records from elsewhere that may say it. Two that each say that they replace the other
    contradict each other: then neither is replaced.
    """
    found: dict[str, set[str]] = {ident: set() for ident, person in people.items() if _inferred(person)}
    for survivor in (*people.values(), *others):
        for old in _replaces(survivor):
            if old in people and old != survivor.id and survivor.id not in _replaces(people[old]):
                found.setdefault(old, set()).add(survivor.id)
    changed = {}
    for old, survivors in found.items():
        own = tuple(link for link in people[old].links if not link.inferred)
        known = set(replace(people[old], links=own).survivors)
        added = (NamedReference(Reference("Patient", ident)) for ident in sorted(survivors - known))
        links = (*own, *(PatientLink("replaced-by", to, inferred=True) for to in added))
        if links != people[old].links:
            changed[old] = replace(people[old], links=links)
    return changed


def _replaces(person: Person) -> set[str]:
    """The ids of the Patients on this server that a record says it replaces."""
    targets = (link.to.to for link in person.links if link.type == "replaces")
    return {to.id for to in targets if to is not None and to.type == "Patient"}


def _inferred(person: Person) -> bool:
    return any(link.inferred for link in person.links)


def survivors_in(people: Mapping[str, Person], patient_id: str) -> list[str]:
    """Returns the ids of the records in use to which a patient's record leads, by whatever number of merges: the
    patient's own where it is in use. Records that are not among the people lead no further.
    """
    found: list[str] = []
    waiting, seen = [patient_id], {patient_id}
    for ident in waiting:  # which grows meanwhile
        person = people.get(ident)
        if person is None:
            continue
        if person.in_use:
            found.append(ident)
        further = [each for each in person.survivors if each not in seen] if person.replaced else []
        waiting += further
        seen |= set(further)
    return found


def merged_into(people: Iterable[Person]) -> dict[str, str]:
    """The id of each Patient that was merged into another, by what either of both says -> that of the record in use, by
    whatever number of merges. Two that each say that they replace the other contradict each other: then neither is.
    """
    pairs: set[tuple[str, str]] = set()
    for person in people:
        pairs |= {(old, person.id) for old in _replaces(person)} | {(person.id, new) for new in person.survivors}
    into = {old: new for old, new in sorted(pairs) if old != new and (new, old) not in pairs}
    return {old: _end_of(into, old) for old in into}


def _end_of(into: Mapping[str, str], ident: str) -> str:
    seen = {ident}
    while (following := into.get(ident)) is not None and following not in seen:
        seen.add(ident := following)
    return ident


@dataclass(frozen=True, slots=True)
class Team:
    """A multidisciplinary team: the Organization (type team) that manages CareTeams, and where it belongs."""

    id: str
    name: str
    site_id: str = ""
    site: str = ""
    region_id: str = ""
    region: str = ""
