"""The patients whom the user has opened in an emergency, while that holds."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.access.relationship import rows_or_raise
from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import unaudited
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.people import Person
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.emergency_access import EMERGENCY_ACCESS, TASKS, emergency_access
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology


@dataclass(frozen=True, slots=True)
class OpenedInEmergency:
    """One emergency access that holds, and whom it opens."""

    access: EmergencyAccess
    person: Person


@unaudited("shows the user nothing but the own emergency accesses, each of which is on record by its start")
def list_emergency_accesses(
    fhir: FhirServer, user: User, scope: AccessScope, as_of: datetime
) -> tuple[OpenedInEmergency, ...]:
    """Returns the accesses that hold now, that which ends first before the others; of two to one patient the longer.

    Raises NotPermitted for other roles, DashboardError where the server cannot be asked. A server that cannot search
    for them gives none: it grants none either.
    """
    context = request_context(fhir, user, scope, load_terminology(), as_of, Action.FIND_PATIENT)
    params = (("requester", str(context.me)), ("code", f"{TASKS}|{EMERGENCY_ACCESS}"))
    answer = fhir.try_all([SearchRequest("Task", params, fresh=True)])[0]
    if isinstance(answer, DashboardError):
        raise answer
    grants = [
        grant
        for grant in read_each(answer.rows, emergency_access).values
        if grant.holds(grant.patient.id, context.me, as_of)
    ]
    longest = {grant.patient.id: grant for grant in sorted(grants, key=lambda grant: grant.until)}
    people = _people(context, sorted(longest))
    found = [OpenedInEmergency(grant, people[ident]) for ident, grant in longest.items() if ident in people]
    return tuple(sorted(found, key=lambda each: each.access.until))


def _people(context: RequestContext, idents: list[str]) -> dict[str, Person]:
    if not idents:
        return {}
    rows = rows_or_raise(context.fhir.try_all([SearchRequest("Patient", patients=tuple(idents), fresh=True)])[0])
    read = read_each(rows, lambda row: patient(row, site_day(context.as_of))).values
    return {person.id: person for person in read}
