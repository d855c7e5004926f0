"""DiagnosticReport: a report on results."""

from dashboard.domain.record.diagnostic_report import DiagnosticReport
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import concept_text, named_concept
from dashboard.fhir.mapping.dates import partial_date, timed
from dashboard.fhir.mapping.elements import Json, first_named, references, text
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json, terminology: Terminology) -> DiagnosticReport | Exclusion:
    """Returns the report. Raises CannotRead."""
    status = text(resource.get("status"))
    excluded = excluded_by_status("DiagnosticReport", status)
    if excluded is not None:
        return excluded
    code = named_concept(resource.get("code"))
    start, end, _ = timed(resource, "effective")
    return DiagnosticReport(
        origin=origin(resource),
        code=code,
        status=status,
        start=start,
        end=end,
        issued=partial_date(resource.get("issued")),
        conclusion=text(resource.get("conclusion")) or concept_text(resource.get("conclusionCode")),
        results=references(resource.get("result")),
        performer=first_named(resource.get("performer"), resource.get("resultsInterpreter")),
    )
