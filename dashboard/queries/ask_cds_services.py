"""What CDS Hooks services of others say about a patient whose recommendations were opened."""

import threading
from collections.abc import Callable
from datetime import datetime

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.foreign_card import ForeignAnswer
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, NotFound, NotPermitted
from dashboard.fhir.cds_hooks.ask import CdsServices, Prefetch
from dashboard.fhir.cds_hooks.prefetch import PATIENT_TEMPLATE, bundle_of, person_of, search_of
from dashboard.fhir.port import FhirServer


def _nobody(answer: ForeignAnswer) -> None:
    """Is told nothing."""


def _about(arguments: Arguments, answers: tuple[ForeignAnswer, ...] | None) -> AuditSubject:
    names = ",".join(each.name for each in arguments["services"].services)
    return AuditSubject(patients=(arguments["patient_id"],), query=f"cds-services={names}")


@audited(AuditKind.EXPORT, _about)
def ask_cds_services(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    services: CdsServices,
    patient_id: str,
    as_of: datetime,
    answered: Callable[[ForeignAnswer], None] = _nobody,
    team_cache: TeamCache = TEAM_CACHE,
) -> tuple[ForeignAnswer, ...]:
    """Returns what each service of the settings says, in their order; `answered` is told each answer as it comes.

    What a service asks for of this patient is sent to it, without name, address and narrative; that is put on record
    before anything is sent. Raises NotFound for whom the user may not see, whether there is such a patient or not, and
    NotPermitted during emergency access, which is for reading.
    """
    try:
        patient = Reference("Patient", patient_id)
    except ValueError as error:
        raise NotFound("patient-not-found") from error
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    relationship, _ = team_cache.access.relationship(context, user, patient_id, ask=True)
    if relationship.emergency_access is not None:
        raise NotPermitted("patient-not-permitted")
    records = _Records(context, patient)
    return services.ask(patient, user.practitioner or user.fhir_user, records.fetch, answered)


class _Records:
    """Reads what prefetch templates ask for, each once for all services."""

    def __init__(self, context: RequestContext, patient: Reference) -> None:
        self._context, self._patient = context, patient
        self._lock = threading.Lock()
        self._known: Prefetch = {}
        self._left_out: dict[str, str] = {}

    def fetch(self, templates: frozenset[str]) -> tuple[Prefetch, tuple[str, ...]]:
        """What is sent for each template, and the resource types of those for which nothing is."""
        with self._lock:
            self._read(sorted(templates - self._known.keys() - self._left_out.keys()))
            sent = {template: self._known[template] for template in templates if template in self._known}
            unread = {self._left_out[template] for template in templates if template in self._left_out}
        return sent, tuple(sorted(unread))

    def _read(self, templates: list[str]) -> None:
        wanted = {template: search_of(template, self._patient.id) for template in templates}
        searches = {template: search for template, search in wanted.items() if search is not None}
        answers = self._context.fhir.try_all(list(searches.values())) if searches else []
        for (template, search), answer in zip(searches.items(), answers, strict=True):
            try:
                if isinstance(answer, DashboardError):
                    raise answer
                self._known[template] = bundle_of(answer, template)
            except (DashboardError, ValueError):
                self._left_out[template] = search.type
        for template in wanted.keys() - searches.keys():
            if template == PATIENT_TEMPLATE:
                self._read_person()
            else:
                self._left_out[template] = _type_of(template)

    def _read_person(self) -> None:
        try:
            self._known[PATIENT_TEMPLATE] = person_of(self._context.fhir.read("Patient", self._patient.id))
        except DashboardError:
            self._left_out[PATIENT_TEMPLATE] = "Patient"


def _type_of(template: str) -> str:
    """The resource type that a template names, "" where it names none."""
    kind = template.partition("?")[0].partition("/")[0]
    return kind if kind.isascii() and kind.isalpha() and len(kind) <= 40 else ""
