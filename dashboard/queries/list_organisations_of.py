"""The organisations that a signed-in person belongs to, for the bound of a provider on whom it may name."""

from typing import Final

from dashboard.audit.audited import unaudited
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound
from dashboard.fhir.mapping.elements import Json, reference
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest

MOST_LEVELS: Final = 6
"""From a ward to its region; a longer way up is a circle or a mistake."""


@unaudited("where the user belongs, asked once a sign-in; nothing about a patient but the user's own organisation")
def list_organisations_of(fhir: FhirServer, who: Reference) -> frozenset[Reference]:
    """Returns the organisations of a Practitioner's roles, or the managing organisation of a Patient (of the patient,
    for a RelatedPerson), each with those that it is part of. None where the person does not exist.

    Raises DashboardError.
    """
    level = {each for each in _direct(fhir, who) if each.type == "Organization"}
    found: set[Reference] = set()
    for _ in range(MOST_LEVELS):
        found |= level
        above = {reference(_read(fhir, each).get("partOf")) for each in level}
        level = {each for each in above if each is not None and each.type == "Organization"} - found
        if not level:
            break
    return frozenset(found)


def _direct(fhir: FhirServer, who: Reference) -> list[Reference]:
    if who.type == "Practitioner":
        answer = fhir.try_all([SearchRequest("PractitionerRole", (("practitioner", str(who)),))])[0]
        if isinstance(answer, DashboardError):
            raise answer
        # A server that does not know the parameter sends the roles of others too.
        own = [
            row for row in answer.rows if reference(row.get("practitioner")) == who and row.get("active") is not False
        ]
        return [each for row in own if (each := reference(row.get("organization"))) is not None]
    person = _read(fhir, who)
    if who.type == "RelatedPerson":
        patient = reference(person.get("patient"))
        person = _read(fhir, patient) if patient is not None and patient.type == "Patient" else {}
    managing = reference(person.get("managingOrganization"))
    return [managing] if managing is not None else []


def _read(fhir: FhirServer, what: Reference) -> Json:
    try:
        resource = fhir.read(what.type, what.id)
    except NotFound:
        return {}
    return resource if origin(resource) == what else {}
