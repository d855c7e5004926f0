"""Every version of the items of a patient's plans: what each said, who made it, when and why."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.open_patient import reason_given
from dashboard.cache.shared_plans import all_changes, makers_of, stored_at
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.care_plan.history import ItemVersion
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import EDITED_HERE, item_of
from dashboard.domain.care_plan.views import PlanHistory
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import CannotBeUsedNow, Failure, NotFound, ServerUnavailable, Unsupported
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.plan_part import plan_part
from dashboard.fhir.mapping.reading import patient_of, read_one, version
from dashboard.fhir.port import FhirServer


def _about(arguments: Arguments, found: PlanHistory | None) -> AuditSubject:
    why = reason_given(found.emergency_access if found is not None else None)
    return AuditSubject((arguments["patient_id"],), tuple(arguments["origins"]), why=why)


@audited(AuditKind.PATIENT_READ, _about)
def get_plan_history(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    patient_id: str,
    origins: Sequence[Reference],
    as_of: datetime,
    team_cache: TeamCache = TEAM_CACHE,
) -> PlanHistory:
    """Returns the versions of these items, of which none that is about somebody else.

    Whether the user may see the patient is asked of the server, and again where reading took long. Raises NotFound for
    any other patient. An item whose versions could not be read is in `failed`; after one that the server did not answer
    it is not asked for the others.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    try:
        patient = Reference("Patient", patient_id)
    except ValueError:
        raise NotFound("patient-not-found") from None
    team_cache.access.relationship(context, user, patient_id, ask=True)
    versions: dict[Reference, tuple[ItemVersion, ...]] = {}
    failed: dict[Reference, Failure] = {}
    complete = True
    away: Failure | None = None
    for origin in dict.fromkeys(origins):
        if origin.type not in EDITED_HERE:
            continue
        if away is not None:
            failed[origin] = away
            continue
        try:
            rows, all_there = _rows(fhir, origin)
            mine = [row for row in rows if patient_of(row) == patient]
            if not mine:
                failed[origin] = NotFound("record-not-found").failure
                continue
            versions[origin] = _versions(context, origin, mine, all_there)
            complete = complete and all_there
        except (CannotBeUsedNow, NotFound) as error:
            failed[origin] = error.failure
            away = error.failure if isinstance(error, ServerUnavailable) else None
    relationship, _ = team_cache.access.relationship(context, user, patient_id)
    return PlanHistory(versions, complete, failed, relationship.emergency_access)


def _rows(fhir: FhirServer, origin: Reference) -> tuple[list[Json], bool]:
    """The versions of a record, newest first, and whether they are all: else it is the present one alone."""
    try:
        return fhir.history(origin.type, origin.id), True
    except Unsupported:
        return [fhir.read(origin.type, origin.id)], False


def _versions(
    context: RequestContext, origin: Reference, rows: Sequence[Json], complete: bool
) -> tuple[ItemVersion, ...]:
    changes = all_changes(context, origin)
    makers = makers_of(changes, origin, [(version(row), stored_at(row)) for row in rows])
    found = [
        ItemVersion(version(row), _item(row), stored_at(row), maker) for row, maker in zip(rows, makers, strict=True)
    ]
    if complete:
        return tuple(found)
    known = {each.change.origin for each in found if each.change is not None}
    return (*found, *(_signed(origin, each.change) for each in changes if each.change.origin not in known))


def _signed(origin: Reference, change: Provenance) -> ItemVersion:
    """A version that only its Provenance is left of."""
    number = next(each.version for each in change.changed if each.reference == origin)
    return ItemVersion(number, None, change.when, change)


def _item(row: Json) -> PlanItem | None:
    """What the version says; None where it cannot be read."""
    value = read_one(row, plan_part)
    return None if isinstance(value, Unreadable) else item_of(value)
