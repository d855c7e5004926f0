"""The professionals a demo sign-in can choose from."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from dashboard.audit.audited import unaudited
from dashboard.domain.access.user import User
from dashboard.domain.record.people import HumanName
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.patient import human_name
from dashboard.fhir.mapping.practitioner_role import practitioner_role
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult

_TIMELESS = date(2000, 1, 1)


@unaudited("names of professionals for the demo's choice of a user; nothing about patients")
def list_users(fhir: FhirServer) -> tuple[User, ...]:
    """Returns one user for each practitioner, ordered by organisation and name.

    Of several roles the first gives the user's role; the organisations of all are the user's.

    Raises DashboardError.
    """
    request = SearchRequest("PractitionerRole", include=("PractitionerRole:practitioner",))
    answer = fhir.try_all([request])[0]
    if isinstance(answer, DashboardError):
        raise answer
    found = users_of(answer.rows, answer)
    return tuple(sorted(found.values(), key=lambda user: (user.organization, user.name)))


def users_of(rows: Iterable[Json], answer: SearchResult) -> dict[str, User]:
    """Returns the users that these roles make, by the practitioner's reference."""
    users: dict[str, User] = {}
    for row in rows:
        user = read_one(row, lambda resource: practitioner_role(resource, _name(resource, answer)))
        if isinstance(user, User) and user.name:
            known = users.setdefault(str(user.practitioner), user)
            organisations = tuple(dict.fromkeys((*known.organizations, *user.organizations)))
            users[str(user.practitioner)] = replace(known, organizations=organisations)
    return users


def _name(resource: dict[str, object], answer: SearchResult) -> HumanName | None:
    """Returns the name of the Practitioner that was included with the role."""
    pointer = resource.get("practitioner")
    literal = pointer.get("reference") if isinstance(pointer, dict) else None
    person = answer.included.get(str(literal))
    return human_name(person.get("name"), _TIMELESS) if person else None
