"""To whom a task about a patient can be given."""

from datetime import datetime

from dashboard.access.request_context import request_context
from dashboard.access.who_may_open import who_may_open
from dashboard.audit.audited import AuditSubject, audited
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.care_team import TeamMember
from dashboard.errors import NotFound
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology


@audited(
    AuditKind.PATIENT_QUERY,
    lambda arguments, answer: AuditSubject(
        patients=(arguments["patient_id"],), query=f"CareTeam?patient={arguments['patient_id']}"
    ),
)
def list_task_owners(
    fhir: FhirServer, user: User, scope: AccessScope, patient_id: str, as_of: datetime
) -> tuple[TeamMember, ...]:
    """Returns the professionals of the patient's care teams who may open the record today, in the teams' order.

    Raises NotFound for a patient whom the user may not open either, DashboardError where the server does not answer.
    """
    context = request_context(fhir, user, scope, load_terminology(), as_of, Action.CHANGE_TASK)
    people = who_may_open(context, patient_id).people
    if not any(each.member == context.me for each in people):
        raise NotFound("patient-not-found")
    return people
