"""Asks the server which Patients say that they replace others: a merge may be written down on the survivor alone."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from dashboard.access.request_context import RequestContext, result_or_raise
from dashboard.domain.record.people import Person, merged_into
from dashboard.domain.values.site_time import site_day
from dashboard.errors import UnexpectedAnswer
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest

MOST: Final = 50
_MERGES: Final = 5
"""So many times in a row one record was merged into the next, of which is asked. Own choice."""
_MOST_LINKED: Final = 1000


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


def older_records(context: RequestContext, people: Iterable[Person]) -> dict[str, tuple[str, ...]]:
    """Of these people, those into whose records others were merged, with the ids of those others.

    Costs one search for all of them, and one more for what that has found. On a server that does not say that it can
    look for links only what these records say themselves is known. Raises DashboardError.
    """
    given = {person.id: person for person in people}
    known, asked = dict(given), set[str]()
    for _ in range(_MERGES):
        into = merged_into(known.values())
        waiting = (given.keys() | into.keys()) - asked
        request = survivors_search(context, waiting) if waiting else None
        if request is None:
            break
        asked |= waiting
        answer = result_or_raise(context.fhir.try_all([replace(request, max_rows=_MOST_LINKED)])[0])
        if answer.truncated:  # nobody knows whose is missing
            raise UnexpectedAnswer("answer-too-large", reference="Patient?link")
        found = people_of(context, answer.rows)
        known = {person.id: person for person in found} | known
    into = merged_into(known.values())
    return {
        ident: tuple(sorted(old for old, new in into.items() if new == ident)) for ident in given.keys() & into.values()
    }
