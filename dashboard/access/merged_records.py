"""Asks the server which Patients say that they replace others: a merge may be written down on the survivor alone."""

from collections.abc import Iterable
from typing import Final

from dashboard.access.request_context import RequestContext
from dashboard.domain.record.people import Person
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest

MOST: Final = 50


def survivors_search(context: RequestContext, patients: Iterable[str]) -> SearchRequest | None:
    """The search for Patients with a link to one of these; None where the server does not say that it can do it, since
    one that ignores the parameter would send everybody.
    """
    if context.fhir.capabilities.searches_by("Patient", "link") is not True:
        return None
    links = ",".join(f"Patient/{ident}" for ident in sorted(patients))
    return SearchRequest("Patient", (("link", links),), max_rows=MOST, fresh=True)


def people_of(context: RequestContext, rows: Iterable[Json]) -> list[Person]:
    """Returns the persons of these rows; nothing but their links is used of them."""
    on = site_day(context.as_of)
    return read_each(rows, lambda row: patient(row, on)).values
