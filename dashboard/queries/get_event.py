"""One event that was picked on a timeline: the record behind it, read again, and where it came from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from dashboard.access.request_context import RequestContext, request_context, result_or_raise
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.open_patient import reason_given
from dashboard.cache.patient_cache import TIMELINE_CACHE, PatientCache
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.people import AccessScope, User
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.timeline.events import EventDetail, Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, NotFound
from dashboard.fhir.client.json_text import pretty
from dashboard.fhir.mapping.events.told import somebody
from dashboard.fhir.mapping.patient import human_name
from dashboard.fhir.mapping.practitioner_role import spoken
from dashboard.fhir.mapping.provenance import provenance
from dashboard.fhir.mapping.reading import Json, display, many, one, read_each, reference, text, version
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.queries.get_timeline import timeline_of

_GONE: Final = "This record is not there any more, or is not part of this patient's timeline."
_TELL: Final = ("Provenance:target",)
_SOURCES: Final = (
    "serviceProvider",
    "managingOrganization",
    "custodian",
    "organization",
    "performer",
    "author",
    "informationSource",
    "requester",
    "recorder",
)
"""Where a record names the organisation it came from, the plainest first."""
_RECORDERS: Final = ("recorder", "author", "requester", "informationSource", "asserter", "performer", "source")


def _about(asked: Arguments, found: EventDetail | None) -> AuditSubject:
    why = reason_given(found.emergency_access if found is not None else None)
    return AuditSubject(patients=(asked["patient_id"],), entities=(asked["origin"],), why=why)


@audited(AuditKind.PATIENT_READ, _about)
def get_event(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    patient_id: str,
    origin: Reference,
    as_of: datetime,
    team_cache: TeamCache = TEAM_CACHE,
    patient_cache: PatientCache[Timeline] = TIMELINE_CACHE,
) -> EventDetail:
    """Where an event of the patient's timeline came from. Who may see the timeline may see this, and nobody else.

    Raises NotFound for a patient who is not the user's, and for a record that is not on the patient's timeline.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    timeline = timeline_of(context, user, patient_id, False, team_cache, patient_cache)
    event = next((each for each in timeline.events if each.origin == origin), None)
    if event is None:
        raise NotFound(_GONE)
    row, edits = _read(context, patient_id, origin)
    source, recorder = _names(context, patient_id, row, edits)
    base = fhir.base_url.rstrip("/")
    return EventDetail(
        event=event,
        source=source,
        recorded=event.recorded,
        recorder=recorder or event.who,
        version=version(row),
        history=tuple(sorted(edits, key=lambda edit: edit.when, reverse=True)),
        raw=_raw(row, patient_id),
        address=f"{base}/{origin}",
        emergency_access=timeline.emergency_access,
    )


def _read(context: RequestContext, patient_id: str, origin: Reference) -> tuple[Json, list[Provenance]]:
    """The record as the server has it now, and who changed it."""
    mine = (patient_id,)
    if origin.type == "Provenance":  # found by what it tells of, which is the patient's
        kinds = ("CarePlan", "Goal")
        requests = [SearchRequest(kind, patients=mine, revinclude=_TELL, fresh=True) for kind in kinds]
        answers = [result_or_raise(answer) for answer in context.fhir.try_all(requests)]
        row = next((found for each in answers if (found := each.included.get(str(origin))) is not None), None)
        if row is None:
            raise NotFound(_GONE)
        ours = {f"{each['resourceType']}/{each['id']}" for answer in answers for each in answer.rows}
        kept = [part for part in many(row.get("target")) if str(reference(part)) in ours]
        return {**row, "target": kept}, []
    request = SearchRequest(origin.type, (("_id", origin.id),), mine, revinclude=_TELL, fresh=True)
    answer: SearchResult = result_or_raise(context.fhir.try_all([request])[0])
    row = next(iter(answer.rows), None)
    if row is None:
        raise NotFound(_GONE)
    beside = [each for each in answer.included.values() if each.get("resourceType") == "Provenance"]
    return row, [edit for edit in read_each(beside, provenance).values if edit.is_about(origin)]


def _names(context: RequestContext, patient_id: str, row: Json, edits: Iterable[Provenance]) -> tuple[str, str]:
    """The organisation a record came from, and who recorded it; what is only referred to is looked up."""
    agents = many(row.get("agent"))
    elements = [row.get(name) for name in _SOURCES]
    met = reference(row.get("encounter"))
    if met is not None and met.type == "Encounter":
        elements += [each.get("serviceProvider") for each in _by_id(context, met, (patient_id,))]
    elements += [agent.get(name) for agent in agents for name in ("onBehalfOf", "who")]
    pointers = [part for element in elements for part in _pointers(element)]
    source = next((part for part in pointers if _type_of(part) == "Organization"), None)
    people = [_pointers(row.get(name)) for name in _RECORDERS]
    name, by = somebody(*people, [agent.get("who") for agent in agents])
    recorder = name or next((edit.who for edit in edits if edit.who), "")
    found = display(source) or _name_of(context, reference(source)) or text(one(row.get("meta")).get("source"))
    return found, recorder or _name_of(context, by)


def _pointers(element: Any) -> list[Json]:
    """References, alone, in a list, or as the actor of a list."""
    return [part["actor"] if isinstance(part.get("actor"), dict) else part for part in many(element)]


def _type_of(pointer: Json) -> str:
    found = reference(pointer)
    return found.type if found is not None else text(pointer.get("type"))


def _name_of(context: RequestContext, to: Reference | None) -> str:
    """The name of an organisation or a practitioner; "" where there is none to be found."""
    if to is None or to.type not in ("Organization", "Practitioner"):
        return ""
    on = context.as_of.date()
    for row in _by_id(context, to, None):
        return text(row.get("name")) if to.type == "Organization" else spoken(human_name(row.get("name"), on))
    return ""


def _by_id(context: RequestContext, to: Reference, patients: tuple[str, ...] | None) -> list[Json]:
    """A record beside the one that is shown; none where it cannot be had: its absence hides nothing."""
    answer = context.fhir.try_all([SearchRequest(to.type, (("_id", to.id),), patients)])[0]
    return [] if isinstance(answer, DashboardError) else answer.rows


def _raw(row: Json, patient_id: str) -> str:
    """Pretty JSON; "" for what is nested too deeply to be written."""
    try:
        return pretty(_without_others(row, patient_id))
    except (RecursionError, TypeError):
        return ""


def _without_others(value: Any, patient_id: str) -> Any:
    """The JSON without list entries that name another patient: a conference's agenda names them all."""
    if isinstance(value, dict):
        return {name: _without_others(part, patient_id) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_others(part, patient_id) for part in value if not _names_another(part, patient_id)]
    return value


def _names_another(part: Any, patient_id: str) -> bool:
    pointers = [part, *part.values()] if isinstance(part, dict) else []
    named = [found for each in pointers if (found := reference(each)) is not None and found.type == "Patient"]
    return any(found.id != patient_id for found in named)
