"""Procedure: what was done, or was not."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.procedure import Procedure
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import concept_text, concepts, named_concept
from dashboard.fhir.mapping.dates import timed
from dashboard.fhir.mapping.elements import Json, first_named, many, named_references, text
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json, terminology: Terminology) -> Procedure | Exclusion:
    """Returns the procedure. Raises CannotRead."""
    status = text(resource.get("status"))
    excluded = excluded_by_status("Procedure", status)
    if excluded is not None:
        return excluded
    code = named_concept(resource.get("code"))
    start, end, time_text = timed(resource, "performed")
    actors = [part.get("actor") for part in many(resource.get("performer"))]
    return Procedure(
        origin=origin(resource),
        code=code,
        status=status,
        start=start,
        end=end,
        time_text=time_text,
        outcome=concept_text(resource.get("outcome")),
        status_reason=concept_text(resource.get("statusReason")),
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        performer=first_named(actors, resource.get("asserter")),
    )
