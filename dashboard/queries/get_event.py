"""The details of one event of a timeline: its record, read again, where it came from and who changed it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from dashboard.access.request_context import RequestContext, request_context, result_or_raise
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.open_patient import reason_given
from dashboard.cache.patient_cache import TIMELINE_CACHE, PatientCache
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.questionnaire_response import Answer
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.events import EventDetail, Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, NotFound
from dashboard.fhir.client.json_text import pretty
from dashboard.fhir.mapping.elements import Json, display, first_named, many, one, reference, refers_elsewhere, text
from dashboard.fhir.mapping.patient import human_name
from dashboard.fhir.mapping.practitioner_role import spoken
from dashboard.fhir.mapping.provenance import listed
from dashboard.fhir.mapping.questionnaire_response import answers
from dashboard.fhir.mapping.reading import read_each, read_one, version
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.queries.get_timeline import timeline_of

_PROVENANCE: Final = ("Provenance:target",)
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
"""The elements in which a record names the organisation it came from, the clearest first."""
SHORT_FILE: Final = 80
"""Characters of a file that are shown in the JSON of a record."""
_RECORDERS: Final = ("recorder", "author", "requester", "informationSource", "asserter", "performer", "source")


def _about(arguments: Arguments, detail: EventDetail | None) -> AuditSubject:
    why = reason_given(detail.emergency_access if detail is not None else None)
    return AuditSubject(patients=(arguments["patient_id"],), entities=(arguments["origin"],), why=why)


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
    """Returns the details of an event of the patient's timeline. Who may see the timeline may see this, and nobody
    else.

    Raises NotFound for a patient whom the user may not see, and for a record that is not on the patient's timeline.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    timeline = timeline_of(context, user, patient_id, False, team_cache, patient_cache)
    event = next((event for event in timeline.events if event.origin == origin), None)
    if event is None:
        raise NotFound("event-not-found")
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
        answers=_answers(row),
        emergency_access=timeline.emergency_access,
    )


def _read(context: RequestContext, patient_id: str, origin: Reference) -> tuple[Json, list[Provenance]]:
    """Reads the record as the server has it now, and its Provenances."""
    patients = (patient_id,)
    if origin.type == "Provenance":  # a Provenance names no patient: it is found through the plan or goal it is about
        kinds = ("CarePlan", "Goal")
        requests = [SearchRequest(kind, patients=patients, revinclude=_PROVENANCE, fresh=True) for kind in kinds]
        answers = [result_or_raise(answer) for answer in context.fhir.try_all(requests)]
        row = next((row for answer in answers if (row := answer.included.get(str(origin))) is not None), None)
        if row is None:
            raise NotFound("event-not-found")
        own = {f"{row['resourceType']}/{row['id']}" for answer in answers for row in answer.rows}
        targets = [part for part in many(row.get("target")) if str(reference(part)) in own]
        return {**row, "target": targets}, []
    request = SearchRequest(origin.type, (("_id", origin.id),), patients, revinclude=_PROVENANCE, fresh=True)
    answer: SearchResult = result_or_raise(context.fhir.try_all([request])[0])
    row = next(iter(answer.rows), None)
    if row is None:
        raise NotFound("event-not-found")
    included = [other for other in answer.included.values() if other.get("resourceType") == "Provenance"]
    return row, [edit for edit in read_each(included, listed).values if edit.is_about(origin)]


def _names(context: RequestContext, patient_id: str, row: Json, edits: Iterable[Provenance]) -> tuple[str, str]:
    """Returns the names of the organisation a record came from and of who recorded it; mere references are read."""
    agents = many(row.get("agent"))
    elements = [row.get(name) for name in _SOURCES]
    encounter = reference(row.get("encounter"))
    if encounter is not None and encounter.type == "Encounter":
        elements += [other.get("serviceProvider") for other in _by_id(context, encounter, (patient_id,))]
    elements += [agent.get(name) for agent in agents for name in ("onBehalfOf", "who")]
    pointers = [part for element in elements for part in _pointers(element)]
    source = next((part for part in pointers if _type_of(part) == "Organization"), None)
    people = [_pointers(row.get(name)) for name in _RECORDERS]
    recorded_by = first_named(*people, [agent.get("who") for agent in agents])
    recorder = recorded_by.name or next((edit.who for edit in edits if edit.who), "")
    organisation = display(source) or _name_of(context, reference(source)) or text(one(row.get("meta")).get("source"))
    return organisation, recorder or _name_of(context, recorded_by.to)


def _pointers(element: Any) -> list[Json]:
    """Returns the References in an element: one, a list, or the actors of a list."""
    return [part["actor"] if isinstance(part.get("actor"), dict) else part for part in many(element)]


def _type_of(pointer: Json) -> str:
    target = reference(pointer)
    return target.type if target is not None else text(pointer.get("type"))


def _name_of(context: RequestContext, to: Reference | None) -> str:
    """Returns the name of an organisation or a practitioner, "" where it cannot be read."""
    if to is None or to.type not in ("Organization", "Practitioner"):
        return ""
    on = site_day(context.as_of)
    for row in _by_id(context, to, None):
        return text(row.get("name")) if to.type == "Organization" else spoken(human_name(row.get("name"), on))
    return ""


def _by_id(context: RequestContext, to: Reference, patients: tuple[str, ...] | None) -> list[Json]:
    """Reads a related record; an empty list where that fails, since the details are complete without it."""
    answer = context.fhir.try_all([SearchRequest(to.type, (("_id", to.id),), patients)])[0]
    return [] if isinstance(answer, DashboardError) else answer.rows


def _answers(row: Json) -> tuple[Answer, ...]:
    """The answers of a questionnaire; () for any other record, and for one that cannot be read: the JSON is there."""
    if row.get("resourceType") != "QuestionnaireResponse":
        return ()
    found = read_one(row, answers)
    return () if isinstance(found, Unreadable) else found


def _raw(row: Json, patient_id: str) -> str:
    """Returns indented JSON, "" for a resource that is nested too deeply."""
    try:
        return pretty(_with_short_files(_without_others(row, patient_id)))
    except (RecursionError, TypeError):
        return ""


def _with_short_files(value: Any) -> Any:
    """Returns the JSON with the beginning of a file that is in it (an Attachment's data): the rest says nothing to a
    reader, and would hide what does.
    """
    if isinstance(value, dict):
        data = value.get("data")
        if "contentType" in value and isinstance(data, str) and len(data) > SHORT_FILE:
            value = {**value, "data": f"{data[:SHORT_FILE]}..."}
        return {name: _with_short_files(part) for name, part in value.items()}
    return [_with_short_files(part) for part in value] if isinstance(value, list) else value


def _without_others(value: Any, patient_id: str) -> Any:
    """Returns the JSON without list entries that name another patient: the agenda of a conference names several."""
    if isinstance(value, dict):
        return {name: _without_others(part, patient_id) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_others(part, patient_id) for part in value if not _names_another(part, patient_id)]
    return value


def _names_another(part: Any, patient_id: str) -> bool:
    pointers = [part, *part.values()] if isinstance(part, dict) else []
    if any(refers_elsewhere(pointer) and "Patient/" in pointer["reference"] for pointer in pointers):
        return True
    named = [target for part in pointers if (target := reference(part)) is not None and target.type == "Patient"]
    return any(target.id != patient_id for target in named)
