"""Patients, professionals and their teams."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import Coding, PartialDate, Reference


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
class Person:
    """A patient as the banner needs it. `gender` is FHIR's administrative gender, "" where not recorded."""

    id: str
    name: HumanName
    birth: PartialDate | None = None
    gender: str = ""
    deceased: PartialDate | bool = False
    identifiers: tuple[Identifier, ...] = ()
    site: Reference | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A professional. `role` is the code of PractitionerRole or of the care team participation."""

    id: str
    name: HumanName
    role: Coding | None = None
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Team:
    """A multidisciplinary team: the Organization (type team) that manages CareTeams, and where it belongs."""

    id: str
    name: str
    site_id: str = ""
    site: str = ""
    region_id: str = ""
    region: str = ""
