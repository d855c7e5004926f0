"""The professionals a demo sign-in can choose from."""

from dataclasses import replace
from datetime import date

from dashboard.audit.audited import unaudited
from dashboard.domain.record.people import HumanName, User
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.patient import human_name
from dashboard.fhir.mapping.practitioner_role import practitioner_role
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult

_TIMELESS = date(2000, 1, 1)


@unaudited("names of professionals for the demo's choice of a user; nothing about patients")
def list_users(fhir: FhirServer) -> tuple[User, ...]:
    """One user a practitioner, by organisation and name. The first role counts; the organisations of all do.

    Raises DashboardError.
    """
    request = SearchRequest("PractitionerRole", include=("PractitionerRole:practitioner",))
    answer = fhir.try_all([request])[0]
    if isinstance(answer, DashboardError):
        raise answer
    found: dict[str, User] = {}
    for row in answer.rows:
        user = read_one(row, lambda resource: practitioner_role(resource, _name(resource, answer)))
        if isinstance(user, User) and user.name:
            known = found.setdefault(str(user.practitioner), user)
            all_of_them = tuple(dict.fromkeys((*known.organizations, *user.organizations)))
            found[str(user.practitioner)] = replace(known, organizations=all_of_them)
    return tuple(sorted(found.values(), key=lambda user: (user.organization, user.name)))


def _name(resource: dict[str, object], answer: SearchResult) -> HumanName | None:
    """The name of the Practitioner that came beside the role."""
    pointer = resource.get("practitioner")
    literal = pointer.get("reference") if isinstance(pointer, dict) else None
    person = answer.included.get(str(literal))
    return human_name(person.get("name"), _TIMELESS) if person else None
