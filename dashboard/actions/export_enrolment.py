"""Hands out the figures of the pilot as a file; that somebody took it is on record before there is one."""

from collections.abc import Callable
from datetime import datetime

from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.enrolment_figures import FIGURES_CACHE
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.values.terminology import Terminology
from dashboard.evaluation.enrolment_counts import read_enrolment
from dashboard.fhir.port import FhirServer


@audited(AuditKind.EXPORT, lambda asked, made: AuditSubject(query=f"enrolment.{asked['form']}"))
def export_enrolment(
    fhir: FhirServer,
    actor: User,
    terminology: Terminology,
    study_id: str,
    form: str,
    make: Callable[[EnrolmentFigures], bytes],
    *,
    at: datetime,
) -> bytes:
    """The file that `make` makes of what `get_enrolment` shows, read anew; `form` says which file it is. Raises
    NotPermitted, and AuditUnavailable: then there is no file.
    """
    require(actor.roles, Action.VIEW_COUNTS)
    require(actor.roles, Action.EXPORT)
    return make(FIGURES_CACHE.figures(read_enrolment(fhir, study_id, terminology, at)))
