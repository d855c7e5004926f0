"""DocumentReference: a letter or another document."""

from dashboard.domain.record.document_reference import DocumentReference
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import concept
from dashboard.fhir.mapping.dates import partial_date, period
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many, one, references, text
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json, terminology: Terminology) -> DocumentReference | Exclusion:
    """Returns the document. Raises CannotRead("no-code") for one that does not say what it is."""
    status, doc_status = text(resource.get("status")), text(resource.get("docStatus"))
    excluded = excluded_by_status("DocumentReference", status)
    if doc_status == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    if excluded is not None:
        return excluded
    kind = concept(resource.get("type") or resource.get("category"))
    description = text(resource.get("description"))
    titles = [text(one(part.get("attachment")).get("title")) for part in many(resource.get("content"))]
    if not (kind.text or description or any(titles)):
        raise CannotRead("no-code")
    context = one(resource.get("context"))
    start, end = period(context.get("period"))
    return DocumentReference(
        origin=origin(resource),
        type=kind,
        status=status,
        doc_status=doc_status,
        description=description,
        titles=tuple(filter(None, titles)),
        start=start,
        end=end,
        written=partial_date(resource.get("date")),
        related=references(context.get("related")),
        author=first_named(resource.get("author"), resource.get("authenticator"), resource.get("custodian")),
    )
