"""The pilot in counts and pseudonyms: how many patients by region, site and condition, and nobody's name."""

from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.counts import PilotCounts
from dashboard.domain.values.terminology import Terminology
from dashboard.evaluation.pilot_counts import read_counts
from dashboard.fhir.port import FhirServer


@audited(AuditKind.QUERY, lambda arguments, answer: AuditSubject(query="CareTeam?status=active&_summary=count"))
def get_counts(fhir: FhirServer, user: User, terminology: Terminology, key: str, as_of: datetime) -> PilotCounts:
    """The patients whom a team cares for on the day, counted, and a row with a pseudonym each; small counts are held
    back (`dashboard.domain.pilot.disclosure`). `key` makes the pseudonyms.

    Raises NotPermitted for everybody but pilot managers, DashboardError when anything could not be read: a count of
    half the patients is a wrong count.
    """
    require(user.roles, Action.VIEW_COUNTS)
    return read_counts(fhir, user, terminology, key, as_of)
