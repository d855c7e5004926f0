"""Reads a User from the claims of an identity provider; what cannot be checked is refused.

Claims come from outside: any may be missing, of another type, or a megabyte long.
"""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted

# OpenID Connect Core 1.0, section 2: a subject has at most 255 characters. Issuers are addresses.
MOST_CHARACTERS = 255
MOST_ROLES = 200
LONGEST_REFERENCE = 2000

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# The resource type that `fhirUser` must name for a role to count; the other roles need none.
NEEDS_FHIR_USER: dict[Role, tuple[str, ...]] = {
    Role.CLINICIAN: ("Practitioner",),
    Role.COORDINATOR: ("Practitioner",),
    Role.PATIENT: ("Patient",),
    Role.CARER: ("RelatedPerson",),
}


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """The names of a provider's claims. A name with dots is a path: `realm_access.roles`.

    `values` maps values of the roles claim to our roles; other values give no role. `people` and `organisations` bound
    whom the provider may name as `fhirUser`: these people, and those of these organisations; None: anybody.
    """

    roles: str = "roles"
    organisation: str = "organisation"
    fhir_user: str = "fhirUser"
    name: str = "name"
    values: Mapping[str, Role] = field(default_factory=lambda: {role.value: role for role in Role})
    people: frozenset[Reference] | None = None
    organisations: frozenset[Reference] = frozenset()

    def may_name(self, who: Reference | None, belongs_to: Collection[Reference]) -> bool:
        """Whether the provider may name this person, who belongs to these organisations of the FHIR server."""
        return self.people is None or who is None or who in self.people or not self.organisations.isdisjoint(belongs_to)

    def needs_organisation_of(self, who: Reference | None) -> bool:
        """Whether the answer to `may_name` depends on where the person belongs."""
        return bool(self.organisations) and not self.may_name(who, ())


def read_user(claims: Mapping[str, Any], names: ClaimNames, fhir_base_url: str, session_id: str = "") -> User:
    """The user of a sign-in. Raises NotPermitted where subject, role or the person on the FHIR server are missing."""
    issuer, subject = _identifier(claims.get("iss")), _identifier(claims.get("sub"))
    # Issuer and subject are joined with a bar; an issuer with a bar could make two people the same.
    if not issuer or not subject or "|" in issuer:
        raise NotPermitted("sign-in-without-identity")
    held = _roles(_claim(claims, names.roles), names.values)
    if not held:
        raise NotPermitted("sign-in-without-role")
    fhir_user = _reference(_claim(claims, names.fhir_user), fhir_base_url)
    kind = fhir_user.type if fhir_user else ""
    backed = tuple(role for role in held if role not in NEEDS_FHIR_USER or kind in NEEDS_FHIR_USER[role])
    if not backed:
        raise NotPermitted("sign-in-without-fhir-user")
    return User(
        practitioner=fhir_user if fhir_user and kind == "Practitioner" else None,
        name=_text(_claim(claims, names.name)) or _text(claims.get("preferred_username")) or subject,
        organization=_text(_claim(claims, names.organisation)),
        roles=backed,
        subject=f"{issuer}|{subject}",
        issuer=issuer,
        fhir_user=fhir_user,
        session_id=session_id,
    )


def sign_in_ends(claims: Mapping[str, Any]) -> float:
    """Returns when the sign-in ends, in seconds since 1970. Raises NotPermitted where the claim `exp` is missing."""
    ends = claims.get("exp")
    if isinstance(ends, bool) or not isinstance(ends, int | float) or not math.isfinite(ends):
        raise NotPermitted("sign-in-without-end")
    return float(ends)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Returns the claim of exactly that name, else what the path leads to, else None."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _roles(claim: Any, values: Mapping[str, Role]) -> tuple[Role, ...]:
    """Returns the roles in the order of `Role`. A text is read as a list separated by spaces, as scopes are."""
    names = claim.split() if isinstance(claim, str) and len(claim) <= MOST_ROLES * MOST_CHARACTERS else claim
    # The whole text too: some providers give one role, with spaces in its name.
    names = [*names, claim] if isinstance(claim, str) and isinstance(names, list) else names
    if not isinstance(names, list | tuple):
        return ()
    held = {values[name] for name in names[:MOST_ROLES] if isinstance(name, str) and name in values}
    return tuple(role for role in Role if role in held)


def _reference(claim: Any, fhir_base_url: str) -> Reference | None:
    """Reads `Practitioner/p1` or its whole address on our server; an address on another server gives None."""
    if not isinstance(claim, str) or len(claim) > LONGEST_REFERENCE:
        return None
    kind, _, identity = claim.removeprefix(f"{fhir_base_url.rstrip('/')}/").partition("/")
    if kind not in {each for kinds in NEEDS_FHIR_USER.values() for each in kinds}:
        return None
    try:
        return Reference(kind, identity)
    except ValueError:
        return None


def _identifier(claim: Any) -> str:
    """Returns the text only if cleaning would not change it: a cleaned subject could be another person's."""
    return claim if isinstance(claim, str) and claim == _text(claim) else ""


def _text(claim: Any) -> str:
    """Returns the text without invisible characters; "" for anything but a text, and for one that is too long."""
    if not isinstance(claim, str) or len(claim) > MOST_CHARACTERS:
        return ""
    return _UNSEEN.sub("", claim).strip()
