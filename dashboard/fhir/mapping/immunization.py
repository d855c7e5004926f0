"""Immunization: a vaccine given, or refused."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.immunization import Immunization
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import concept_text, concepts, named_concept
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import Json, first_named, many, named_references, text
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json, terminology: Terminology) -> Immunization | Exclusion:
    """Returns the immunisation. Raises CannotRead."""
    status = text(resource.get("status"))
    excluded = excluded_by_status("Immunization", status)
    if excluded is not None:
        return excluded
    return Immunization(
        origin=origin(resource),
        vaccine=named_concept(resource.get("vaccineCode")),
        status=status,
        when=partial_date(resource.get("occurrenceDateTime")),
        time_text=text(resource.get("occurrenceString")),
        recorded=partial_date(resource.get("recorded")),
        status_reason=concept_text(resource.get("statusReason")),
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        performer=first_named([part.get("actor") for part in many(resource.get("performer"))]),
    )
