"""Whose record an identifier is, for administrators: the id alone, no name."""

import re
from datetime import datetime
from typing import Final

from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.errors import DashboardError, NotFound, UserFacingError
from dashboard.fhir.mapping.elements import many, text
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, escape

FEWEST_SIGNS: Final = 4
MOST_SIGNS: Final = 64


@audited(
    AuditKind.QUERY,
    lambda arguments, answer: AuditSubject(
        patients=(answer,) if answer else (), query=f"Patient?identifier={arguments['identifier']}"[:200]
    ),
)
def find_patient_id(fhir: FhirServer, user: User, identifier: str, as_of: datetime) -> str:
    """Returns the id of the one Patient with exactly this identifier, as typed or without its spaces and hyphens.

    Raises NotPermitted for everybody but administrators, UserFacingError for what is no identifier and for one of
    several patients, NotFound.
    """
    require(user.roles, Action.VIEW_AUDIT)
    typed = identifier.strip()
    forms = dict.fromkeys((typed, re.sub(r"[\s-]", "", typed)))
    if not FEWEST_SIGNS <= len(typed) <= MOST_SIGNS or not typed.isprintable():
        raise UserFacingError("identifier-incomplete")
    params = (("identifier", ",".join(map(escape, forms))), ("_elements", "identifier"))
    answer = fhir.try_all([SearchRequest("Patient", params, max_rows=20, fresh=True)])[0]
    if isinstance(answer, DashboardError):
        raise answer
    # The server may match more loosely than exactly.
    exact = [
        row for row in answer.rows if any(text(part.get("value")) in forms for part in many(row.get("identifier")))
    ]
    if len(exact) > 1:
        raise UserFacingError("identifier-ambiguous")
    if not exact or origin(exact[0]).type != "Patient":
        raise NotFound("identifier-not-found")
    return origin(exact[0]).id
