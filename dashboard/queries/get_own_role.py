"""The roles of a professional now: whether there is one, and where."""

from datetime import date

from dashboard.audit.audited import unaudited
from dashboard.domain.access.user import OwnRole
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.dates import in_period
from dashboard.fhir.mapping.elements import reference
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.queries.list_users import users_of


@unaudited("the user's own roles; nothing about patients")
def get_own_role(fhir: FhirServer, who: Reference, on: date, seen: bool = False) -> OwnRole:
    """Returns what makes a professional a user on a day: the roles that are active and whose period holds the day.

    A role of which that cannot be read is not in force. `seen`: there was one before. Raises DashboardError.
    """
    request = SearchRequest(
        "PractitionerRole", (("practitioner", str(who)),), include=("PractitionerRole:practitioner",), fresh=True
    )
    answer = fhir.try_all([request])[0]
    if isinstance(answer, DashboardError):
        raise answer
    own = [row for row in answer.rows if reference(row.get("practitioner")) == who]
    in_force = [row for row in own if row.get("active", True) is True and in_period(row, on)]
    return OwnRole(users_of(in_force, answer).get(str(who)), seen or bool(own))
