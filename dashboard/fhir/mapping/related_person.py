"""RelatedPerson: an informal carer."""

from datetime import date

from dashboard.domain.record.care_team import Carer
from dashboard.fhir.mapping.concepts import concept_text
from dashboard.fhir.mapping.dates import in_period
from dashboard.fhir.mapping.elements import CannotRead, Json, many, text
from dashboard.fhir.mapping.patient import human_name
from dashboard.fhir.mapping.practitioner_role import spoken
from dashboard.fhir.mapping.reading import origin


def related_person(resource: Json, on: date) -> Carer | None:
    """The carer; None for one who is no longer."""
    if resource.get("active") is False or not in_period(resource, on):
        return None
    name = spoken(human_name(resource.get("name"), on))
    if not name:
        raise CannotRead("no-name")
    phones = [text(p.get("value")) for p in many(resource.get("telecom")) if p.get("system") == "phone"]
    return Carer(origin(resource), name, concept_text(resource.get("relationship")), next(filter(None, phones), ""))
