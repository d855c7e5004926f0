"""The user of the dashboard, and the scope under which what the user may see is cached."""

from dataclasses import dataclass

from dashboard.domain.access.permissions import Role
from dashboard.domain.values.datatypes import Coding, Reference


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

    @property
    def identity(self) -> str:
        """What tells this user from all others: the subject of the sign-in, and who it is where nobody signs in."""
        return self.subject or str(self.practitioner or self.fhir_user or self.name)


@dataclass(frozen=True, slots=True)
class OwnRole:
    """What the FHIR server says of a professional's roles in force on a day: the user that they make, None where there
    is none. `seen`: it has said at some time that the person has, or had, a role.
    """

    user: User | None
    seen: bool

    @property
    def ended(self) -> bool:
        """Whether there were roles and none is in force any more. Who never had one is known by the sign-in alone."""
        return self.seen and self.user is None


@dataclass(frozen=True, slots=True)
class AccessScope:
    """The key under which anything read may be cached: never shared between two different scopes.

    `subject` is the practitioner's reference; `server` the FHIR base URL; `grant` what else limits the view (a token's
    subject and scopes, from part 2 on).
    """

    server: str
    subject: str
    grant: str = ""
