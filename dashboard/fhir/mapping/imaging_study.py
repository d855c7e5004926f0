"""ImagingStudy: pictures that were taken."""

from typing import Any

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.imaging_study import ImagingStudy
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import concept, concepts
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many, named_references, one, text
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json, terminology: Terminology) -> ImagingStudy | Exclusion:
    """Returns the study. Raises CannotRead("no-code") for one that does not say what it is."""
    status = text(resource.get("status"))
    excluded = excluded_by_status("ImagingStudy", status)
    if excluded is not None:
        return excluded
    description, procedure = text(resource.get("description")), concept(resource.get("procedureCode"))
    parts = [part.get(name) for part in many(resource.get("series")) for name in ("modality", "bodySite")]
    series = tuple(dict.fromkeys(filter(None, map(_coding_text, parts))))
    if not (description or procedure.text or series):
        raise CannotRead("no-code")
    return ImagingStudy(
        origin=origin(resource),
        status=status,
        description=description,
        procedure=procedure,
        series=series,
        started=partial_date(resource.get("started")),
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        interpreter=first_named(resource.get("interpreter"), resource.get("referrer")),
    )


def _coding_text(coding: Any) -> str:
    part = one(coding)
    return text(part.get("display")) or text(part.get("code"))
