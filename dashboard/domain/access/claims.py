"""From what an identity provider says of somebody to our User; what cannot be checked is refused, with a sentence.

Claims come from outside: any may be missing, of another type, or a megabyte long.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.domain.access.permissions import Role
from dashboard.domain.record.people import User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted

# OpenID Connect Core 1.0, section 2: a subject has at most 255 characters. Issuers are addresses.
MOST_CHARACTERS = 255
MOST_ROLES = 200
LONGEST_REFERENCE = 2000

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# Whom the provider must name on the FHIR server for a role to mean anything. The others need nobody there.
NEEDS_FHIR_USER: dict[Role, tuple[str, ...]] = {
    Role.CLINICIAN: ("Practitioner",),
    Role.COORDINATOR: ("Practitioner",),
    Role.PATIENT: ("Patient",),
    Role.CARER: ("RelatedPerson",),
}


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Which claims of a provider say what. A name with dots is a path: `realm_access.roles`.

    `values` gives our role for each value of the roles claim; values that are not in it give none.
    """

    roles: str = "roles"
    organisation: str = "organisation"
    fhir_user: str = "fhirUser"
    name: str = "name"
    values: Mapping[str, Role] = field(default_factory=lambda: {role.value: role for role in Role})


def read_user(claims: Mapping[str, Any], names: ClaimNames, fhir_base_url: str, session_id: str = "") -> User:
    """The user of a sign-in. Raises NotPermitted where subject, role or the person on the FHIR server are missing."""
    issuer, subject = _identifier(claims.get("iss")), _identifier(claims.get("sub"))
    # The two are joined with a bar, so that no issuer may have one: no two people may become the same.
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
    """When the sign-in ends, in seconds since 1970. Raises NotPermitted where it does not say."""
    ends = claims.get("exp")
    if isinstance(ends, bool) or not isinstance(ends, int | float) or not math.isfinite(ends):
        raise NotPermitted("sign-in-without-end")
    return float(ends)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of that very name, else what the path leads to; None where there is neither."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def _roles(said: Any, values: Mapping[str, Role]) -> tuple[Role, ...]:
    """In the order of Role. A text is a list with spaces between, as scopes are."""
    told = said.split() if isinstance(said, str) and len(said) <= MOST_ROLES * MOST_CHARACTERS else said
    # The whole text too: some providers give one role, with spaces in its name.
    told = [*told, said] if isinstance(said, str) and isinstance(told, list) else told
    if not isinstance(told, list | tuple):
        return ()
    held = {values[each] for each in told[:MOST_ROLES] if isinstance(each, str) and each in values}
    return tuple(role for role in Role if role in held)


def _reference(said: Any, fhir_base_url: str) -> Reference | None:
    """`Practitioner/p1`, or its whole address on our server; of another server nobody is ours."""
    if not isinstance(said, str) or len(said) > LONGEST_REFERENCE:
        return None
    kind, _, identity = said.removeprefix(f"{fhir_base_url.rstrip('/')}/").partition("/")
    if kind not in {each for kinds in NEEDS_FHIR_USER.values() for each in kinds}:
        return None
    try:
        return Reference(kind, identity)
    except ValueError:
        return None


def _identifier(said: Any) -> str:
    """As it stands or not at all: whoever is tidied up may become somebody else."""
    return said if isinstance(said, str) and said == _text(said) else ""


def _text(said: Any) -> str:
    """The text without characters that nobody sees, "" for anything else and for what is too long to be one."""
    if not isinstance(said, str) or len(said) > MOST_CHARACTERS:
        return ""
    return _UNSEEN.sub("", said).strip()
