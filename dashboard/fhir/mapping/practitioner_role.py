"""PractitionerRole: a professional as a user, with role and organisation."""

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.record.care_team import is_coordinator
from dashboard.domain.record.people import HumanName
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.concepts import codings, concept_text
from dashboard.fhir.mapping.elements import CannotRead, Json, display, many, reference, text
from dashboard.fhir.mapping.reading import origin


def practitioner_role(resource: Json, name: HumanName | None) -> User | None:
    """The user that plays the role; None for a role that has ended. `name` comes from the Practitioner where read."""
    if resource.get("active") is False:
        return None
    who = reference(resource.get("practitioner"))
    if who is None:
        raise CannotRead("no-name")
    roles = codings(resource.get("code"))
    works_for = reference(resource.get("organization"))
    return User(
        practitioner=who,
        name=spoken(name) if name else display(resource.get("practitioner")),
        role=roles[0] if roles else None,
        role_label=concept_text(resource.get("code")),
        organization=display(resource.get("organization")),
        roles=(Role.COORDINATOR,) if is_coordinator(roles) else (Role.CLINICIAN,),
        fhir_user=who,
        organizations=(works_for,) if works_for is not None else (),
    )


def spoken(name: HumanName) -> str:
    """The name in one line, as one says it: "Dr Anna Svensson"; its text where the parts are missing."""
    return " ".join(filter(None, (name.prefix, name.given, name.family))) or name.text


def phone_at_work(resource: Json) -> tuple[Reference | None, str]:
    """Who is meant by a PractitionerRole in force, or a Practitioner, and the telephone number there; "" for none, and
    for a number of the home or one that is old.
    """
    kind = text(resource.get("resourceType"))
    who = origin(resource) if kind == "Practitioner" else reference(resource.get("practitioner"))
    if kind not in ("Practitioner", "PractitionerRole") or resource.get("active") is False:
        return None, ""
    numbers = [
        text(each.get("value"))
        for each in many(resource.get("telecom"))
        if text(each.get("system")) == "phone" and text(each.get("use")) not in ("home", "old", "temp")
    ]
    return who, next(filter(None, numbers), "")
