"""Writes which recommendations somebody has seen: a GuidanceResponse for each that nobody has seen on these facts."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.actions.guidance_records import make_all_once
from dashboard.actions.may_change import context_of, require_patient
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.port import FhirServer


def _about(asked: Arguments, answer: tuple[Reference, ...] | None) -> AuditSubject:
    return AuditSubject((asked["patient_id"],), answer or ())


@audited(AuditKind.CREATE, _about)
def note_recommendations_seen(
    fhir: FhirServer, actor: User, patient_id: str, shown: Sequence[Guidance], *, at: datetime
) -> tuple[Reference, ...]:
    """The records that were made; one that is there already stays as it is. Each is a note of the dashboard about what
    it showed, so it has no reason and no Provenance.

    They are written in one transaction where the server can (`create_all_once`). Raises NotPermitted by role, NotFound
    for a patient whom the actor may not see, and what writing raises: what is not written then is the next time that it
    is seen.
    """
    context = context_of(fhir, actor, at, Action.VIEW_PATIENT, Relation.TEAM)
    patient = require_patient(context, actor, patient_id, Action.VIEW_PATIENT)
    ours = [each for each in shown if each.patient == patient and each.source == {}]
    return tuple(stored.origin for stored, new in make_all_once(context, ours, actor) if new)
