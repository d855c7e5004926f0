"""Asks the server what decides about emergency access: who has an identifier, and that patient's teams and consents."""

import re
from typing import Final

from dashboard.access.merged_records import people_of, survivors_search
from dashboard.access.relationship import Consents, read_consents, rows_or_raise
from dashboard.access.request_context import RequestContext, serves_consents
from dashboard.domain.access.emergency_access import IdentifiedPatient
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.people import Person, with_survivors
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, UserFacingError
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.elements import Json, display, many, reference, text
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import origin, read_each, read_one
from dashboard.fhir.search.request import SearchRequest, SearchResult, escape

FEWEST_LETTERS: Final = 4
"""Of an identifier: shorter ones are guesses."""


def find_by_identifier(context: RequestContext, identifier: str) -> IdentifiedPatient:
    """Returns the one Patient with the identifier as typed, or without its spaces and hyphens.

    Raises UserFacingError for what is no identifier and for one of several patients, NotFound.
    """
    typed = identifier.strip()
    forms = dict.fromkeys((typed, re.sub(r"[\s-]", "", typed)))
    if len(re.sub(r"[\W_]", "", typed)) < FEWEST_LETTERS or len(typed) > 64 or not typed.isprintable():
        raise UserFacingError("identifier-incomplete")
    request = SearchRequest("Patient", (("identifier", ",".join(map(escape, forms))),), max_rows=20, fresh=True)
    rows = rows_or_raise(context.fhir.try_all([request])[0])
    # The server may match more loosely than exactly.
    exact = [row for row in rows if any(text(part.get("value")) in forms for part in many(row.get("identifier")))]
    exact = _in_use(context, exact)
    if len(exact) > 1:
        raise UserFacingError("identifier-ambiguous")
    if not exact or origin(exact[0]).type != "Patient":
        raise NotFound("identifier-not-found")
    site = exact[0].get("managingOrganization")
    return IdentifiedPatient(origin(exact[0]), reference(site), display(site))


def _in_use(context: RequestContext, rows: list[Json]) -> list[Json]:
    """Returns the records in use among these. Where there is none, those that replace them, or else the rows
    themselves: an emergency may need a record that is marked as no longer in use.
    """
    on = site_day(context.as_of)
    read = [read_one(row, lambda resource: patient(resource, on)) for row in rows]
    known = {person.id: person for person in read if isinstance(person, Person)}
    others = survivors_search(context, known) if known else None
    answer = context.fhir.try_all([others])[0] if others is not None else None
    said = people_of(context, answer.rows) if isinstance(answer, SearchResult) else ()
    known |= with_survivors(known, said)
    people = [known.get(person.id, person) if isinstance(person, Person) else person for person in read]
    used = [row for row, person in zip(rows, people, strict=True) if isinstance(person, Person) and person.in_use]
    if used:
        return used
    survivors = sorted({each for person in people if isinstance(person, Person) for each in person.survivors})
    if not survivors:
        return rows
    request = SearchRequest("Patient", patients=tuple(survivors), fresh=True)
    return rows_or_raise(context.fhir.try_all([request])[0]) or rows


def teams_and_consents(context: RequestContext, patient_id: str) -> tuple[list[CareTeam], Consents]:
    """Returns the patient's care teams and every consent, in two searches at the same time; never from a cache."""
    requests = [SearchRequest("CareTeam", patients=(patient_id,), fresh=True)]
    if serves_consents(context.fhir):
        requests.append(SearchRequest("Consent", patients=(patient_id,), fresh=True))
    teams, *consents = context.fhir.try_all(requests)
    return read_each(rows_or_raise(teams), care_team).values, read_consents(
        rows_or_raise(consents[0])
    ) if consents else []
