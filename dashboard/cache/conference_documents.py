"""The documents of a conference: what of its minutes is filed in the records of its patients, found by its number."""

from collections.abc import Sequence

from dashboard.access.request_context import RequestContext, result_or_raise
from dashboard.cache.conference_records import number_of
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.document import ConferenceDocument
from dashboard.domain.values.code_systems import CONFERENCE_NUMBER
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.conference_document import LISTED, from_fhir, listed
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest, escape


def read_documents(
    context: RequestContext, conference: Conference, patients: Sequence[Reference]
) -> dict[Reference, ConferenceDocument]:
    """The documents of these patients without their sheets, by patient: one search. Raises DashboardError."""
    if not patients:
        return {}
    rows = _rows(context, conference, patients, ("_elements", LISTED))
    return {each.patient: each for each in reversed(read_each(rows, listed).values)}


def read_document(context: RequestContext, conference: Conference, patient: Reference) -> ConferenceDocument | None:
    """The document of one patient with its sheet; None where nothing is filed. Raises DashboardError."""
    found = read_each(_rows(context, conference, [patient]), from_fhir).values
    return found[0] if found else None


def _rows(
    context: RequestContext, conference: Conference, patients: Sequence[Reference], *more: tuple[str, str]
) -> list[Json]:
    """Of each patient the first that was made, where two people filed one at the same moment."""
    numbers = ",".join(f"{CONFERENCE_NUMBER}|{escape(number_of(conference, each))}" for each in patients)
    ids = tuple(each.id for each in patients)
    request = SearchRequest("DocumentReference", (("identifier", numbers), *more), ids, fresh=True)
    rows = result_or_raise(context.fhir.try_all([request])[0]).rows
    return sorted(rows, key=lambda row: str(row.get("id")))
