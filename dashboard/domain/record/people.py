"""People and teams: patients, professionals, organisations, the user."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from dashboard.domain.access.permissions import Role
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


@dataclass(frozen=True, slots=True)
class Organisation:
    """An Organization. `kind` is the code of its type: "govt" (region), "prov" (site), "team" (MDT) or "" unknown."""

    id: str
    name: str
    kind: str = ""
    part_of: Reference | None = None


@dataclass(frozen=True, slots=True)
class User:
    """The user. `practitioner` is None for users without a clinical identity.

    `roles` say what the user may do here, `role` what the user is in the clinic. `subject` is "issuer|sub" of the
    sign-in and `fhir_user` whom it names on the FHIR server: a Practitioner, a Patient or a RelatedPerson.
    `organizations` are those the user works for, as the FHIR server knows them.
    """

    practitioner: Reference | None
    name: str
    role: Coding | None = None
    role_label: str = ""
    organization: str = ""
    roles: tuple[Role, ...] = (Role.CLINICIAN,)
    subject: str = ""
    issuer: str = ""
    fhir_user: Reference | None = None
    session_id: str = ""
    organizations: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessScope:
    """The key under which anything read may be cached: never shared between two different scopes.

    `subject` is the practitioner's reference; `server` the FHIR base URL; `grant` what else limits the view (a token's
    subject and scopes, from part 2 on).
    """

    server: str
    subject: str
    grant: str = ""


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
