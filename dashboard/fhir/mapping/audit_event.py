"""AuditEvent: a record as FHIR, after IHE BALP 1.1 (https://profiles.ihe.net/ITI/BALP/), and back.

The profiles are for what succeeded. A search that found several patients follows BALP's Query and names each patient,
where BALP has one event a patient: see DECISIONS.md. Every event carries our own kind as a further subtype.
"""

import base64
from collections.abc import Iterator
from typing import Final

from dashboard.domain.audit.record import AuditEntry, AuditKind, AuditOutcome, AuditRecord
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, display, many, one, reference, text
from dashboard.fhir.mapping.reading import origin

BALP: Final = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
KIND: Final = "https://c3-cloud.example/fhir/CodeSystem/audit-kind"
APPLICATION: Final = {"system": "https://c3-cloud.example/fhir/NamingSystem/application", "value": "c3-dashboard"}
SESSION: Final = "https://c3-cloud.example/fhir/NamingSystem/session"

_DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_REST: Final = "http://hl7.org/fhir/restful-interaction"
_LIFECYCLE: Final = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_ENTITY: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

_RESTFUL: Final = (_TYPE, "rest", "Restful Operation")
_SEARCH: Final = (_RESTFUL, (_REST, "search-type", "search-type"), "E")
_EXPORT: Final = ((_DCM, "110106", "Export"), (_LIFECYCLE, "disclose", "Disclose Record Lifecycle Event"), "R")
_USER_AUTHENTICATION: Final = (_DCM, "110114", "User Authentication")
# kind -> (type, subtype, action)
_SHAPES: Final = {
    AuditKind.PATIENT_READ: (_RESTFUL, (_REST, "read", "read"), "R"),
    AuditKind.PATIENT_QUERY: _SEARCH,
    AuditKind.QUERY: _SEARCH,
    AuditKind.CREATE: (_RESTFUL, (_REST, "create", "create"), "C"),
    AuditKind.UPDATE: (_RESTFUL, (_REST, "update", "update"), "U"),
    AuditKind.EXPORT: _EXPORT,
    AuditKind.PRINT: _EXPORT,
    AuditKind.EMERGENCY_ACCESS: (
        (_DCM, "110113", "Security Alert"), (_DCM, "110127", "Emergency Override Started"), "E"
    ),
    AuditKind.SIGN_IN: (_USER_AUTHENTICATION, (_DCM, "110122", "Login"), "E"),
    AuditKind.SIGN_OUT: (_USER_AUTHENTICATION, (_DCM, "110123", "Logout"), "E"),
    # https://hl7.org/fhir/R4/security.html#AccessDenied
    AuditKind.REFUSAL: (_RESTFUL, None, "E"),
}  # fmt: skip
_SOURCE, _DESTINATION = (_DCM, "110153", "Source Role ID"), (_DCM, "110152", "Destination Role ID")
# The dashboard and the server: data flow to whoever reads; BALP follows DICOM in calling a searcher the source.
_READS: Final = frozenset({AuditKind.PATIENT_READ})
_WRITES: Final = frozenset({AuditKind.CREATE, AuditKind.UPDATE})
_FHIR_OUTCOME: Final = {
    AuditOutcome.SUCCESS: "0", AuditOutcome.REFUSED: "4", AuditOutcome.FAILED: "8", AuditOutcome.UNKNOWN: "8",
}  # fmt: skip
_OUTCOME: Final = {
    "0": AuditOutcome.SUCCESS, "4": AuditOutcome.REFUSED, "8": AuditOutcome.FAILED, "12": AuditOutcome.FAILED,
}  # fmt: skip


def audit_event(record: AuditRecord, server: str, host: str) -> Json:
    """The record as JSON with its own id, to be PUT; `server` is the FHIR base URL, `host` this machine's name."""
    kind, subtype, action = _SHAPES[record.kind]
    subtypes = [_coding(*subtype)] if subtype else []
    event: Json = {
        "resourceType": "AuditEvent",
        "id": record.id,
        "type": _coding(*kind),
        "subtype": [*subtypes, {"system": KIND, "code": record.kind.value}],
        "action": action,
        "recorded": record.when.isoformat(timespec="milliseconds"),
        "outcome": _FHIR_OUTCOME[record.outcome],
        "purposeOfEvent": [_purpose(record)],
        "agent": [_user(record), *_machines(record, server, host)],
        "source": {"site": host, "observer": _application(), "type": [_source_type()]},
        "entity": list(_entities(record)),
    }
    if record.outcome is not AuditOutcome.SUCCESS:
        detail = _said(record.detail)
        event["outcomeDesc"] = f"{record.outcome.value}: {detail}" if detail else record.outcome.value
    profile = _profile(record)
    if profile:
        event["meta"] = {"profile": [BALP + profile]}
    return event


def audit_entry(resource: Json) -> AuditEntry:
    """What an AuditEvent says, whoever wrote it. Raises CannotRead."""
    when = partial_date(resource.get("recorded"))
    if when is None:
        raise CannotRead("no-date")
    agents = many(resource.get("agent"))
    person = next((agent for agent in agents if agent.get("requestor") is True), {})
    named = [(entity, _named(entity.get("what"))) for entity in many(resource.get("entity"))]
    found = [pointer for _, pointer in named if pointer]
    reasons = [text(each.get("text")) for each in many(resource.get("purposeOfEvent"))]
    return AuditEntry(
        id=origin(resource).id,
        when=when.moment,
        kind=_kind(resource),
        action=text(resource.get("action")),
        what=next(filter(None, (text(entity.get("description")) for entity, _ in named)), ""),
        name=text(person.get("name")) or display(person.get("who")),
        who=_named(person.get("who")),
        roles=tuple(text(role.get("text")) for role in many(person.get("role")) if text(role.get("text"))),
        patients=tuple(dict.fromkeys(pointer for pointer in found if pointer.type == "Patient")),
        entities=tuple(dict.fromkeys(pointer for pointer in found if pointer.type != "Patient")),
        why=next(filter(None, reasons), ""),
        outcome=_outcome(resource),
        session=_session(resource),
        recorder=display(one(resource.get("source")).get("observer")),
    )


def without_links(event: Json, server: str) -> Json:
    """The event with its references as identifiers, for servers that refuse one to a record that is not there."""

    def unlinked(part: Json, key: str) -> Json:
        pointer = reference(part.get(key))
        if pointer is None:
            return part
        named = {"type": pointer.type, "identifier": {"system": f"{server}/{pointer.type}", "value": pointer.id}}
        said = display(part.get(key))
        return {**part, key: named | ({"display": said} if said else {})}

    return {
        **event,
        "agent": [unlinked(agent, "who") for agent in many(event.get("agent"))],
        "entity": [unlinked(entity, "what") for entity in many(event.get("entity"))],
    }


def _profile(record: AuditRecord) -> str:
    """BALP's profile that the event follows, "" for what BALP has no pattern for."""
    if record.outcome is not AuditOutcome.SUCCESS:
        return ""
    alone = len(record.patients) == 1
    return {
        AuditKind.PATIENT_READ: "PatientRead" if alone else "",
        AuditKind.PATIENT_QUERY: "PatientQuery" if alone else "Query",
        AuditKind.QUERY: "Query",
        AuditKind.CREATE: ("PatientCreate" if alone else "Create") if len(record.entities) == 1 else "",
        AuditKind.UPDATE: ("PatientUpdate" if alone else "Update") if len(record.entities) == 1 else "",
        AuditKind.EXPORT: "PrivacyDisclosure.Source" if alone else "",
        AuditKind.PRINT: "PrivacyDisclosure.Source" if alone else "",
    }.get(record.kind, "")


def _user(record: AuditRecord) -> Json:
    name, subject = _said(record.name) or "-", _said(record.subject)
    who: Json = {"display": name}
    if record.who is not None:
        who["reference"] = str(record.who)
    elif subject:
        issuer, _, at_issuer = subject.rpartition("|")
        # A provider's address; anything else is no URI that FHIR would take.
        address = issuer.isascii() and issuer.isprintable() and issuer and " " not in issuer
        who["identifier"] = {"system": issuer, "value": at_issuer} if address and at_issuer else {"value": subject}
    part = ("AUT", "author (originator)") if record.kind in _WRITES else ("IRCP", "information recipient")
    agent: Json = {
        "type": {"coding": [_coding(_PARTICIPATION, *part)]},
        "who": who,
        "name": name,
        "requestor": True,
    }
    if subject:
        agent["altId"] = subject
    roles = [said for said in map(_said, (*record.roles, record.organization)) if said]
    if roles:
        agent["role"] = [{"text": role} for role in roles]
    return agent


def _machines(record: AuditRecord, server: str, host: str) -> tuple[Json, Json]:
    """The dashboard and the FHIR server; the user's own device is known to the proxy before us, not here."""
    ours, theirs = (_DESTINATION, _SOURCE) if record.kind in _READS else (_SOURCE, _DESTINATION)
    dashboard = {"who": _application(), "requestor": False, "network": {"address": host or "localhost", "type": "1"}}
    fhir = {"who": {"display": server}, "requestor": False, "network": {"address": server, "type": "5"}}
    return {"type": {"coding": [_coding(*ours)]}, **dashboard}, {"type": {"coding": [_coding(*theirs)]}, **fhir}


def _entities(record: AuditRecord) -> Iterator[Json]:
    searched = record.kind in (AuditKind.PATIENT_QUERY, AuditKind.QUERY)
    if searched or record.query:
        asked = record.query or record.what
        yield {
            **_object("2", "System Object", "24", "Query"),
            "description": record.what,
            "query": base64.b64encode(asked.encode("utf-8", "replace")).decode(),
        }
    about = record.entities or (record.patients if record.kind is AuditKind.PATIENT_READ else ())
    for pointer in about:
        yield {"what": _pointer(pointer), **_object("2", "System Object", "4", "Domain Resource"),
               "description": record.what}  # fmt: skip
    if not searched and not record.query and not about:
        yield {**_object("2", "System Object", "20", "Job"), "description": record.what}
    person = _object("1", "Person", "1", "Patient")  # made once: a worklist names two hundred
    for pointer in record.patients:
        yield {"what": _pointer(pointer), **person}
    if record.session:
        yield {
            "what": {"identifier": {"system": SESSION, "value": record.session}},
            "type": {"system": _ENTITY, "code": "4", "display": "Other"},
        }


def _object(kind: str, kind_name: str, role: str, role_name: str) -> Json:
    return {
        "type": {"system": _ENTITY, "code": kind, "display": kind_name},
        "role": {"system": _ROLE, "code": role, "display": role_name},
    }


def _purpose(record: AuditRecord) -> Json:
    code = {
        AuditKind.EMERGENCY_ACCESS: ("BTG", "break the glass"),
        AuditKind.SIGN_IN: ("HSYSADMIN", "health system administration"),
        AuditKind.SIGN_OUT: ("HSYSADMIN", "health system administration"),
    }.get(record.kind)
    if code is None:
        administrator = "administrator" in record.roles
        code = ("HSYSADMIN", "health system administration") if administrator else ("TREAT", "treatment")
    made: Json = {"coding": [_coding(_REASON, *code)]}
    why = _said(record.why)
    return made | ({"text": why} if why else {})


def _said(words: str) -> str:
    """What a person or another system said, as FHIR takes it: without control characters, "" where nothing is left."""
    return text(words.encode("utf-8", "replace").decode())


def _application() -> Json:
    return {"identifier": APPLICATION, "display": "C3 Dashboard"}


def _source_type() -> Json:
    return _coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server")


def _pointer(pointer: Reference) -> Json:
    return {"reference": str(pointer)}


def _coding(system: str, code: str, name: str) -> Json:
    return {"system": system, "code": code, "display": name}


def _named(value: object) -> Reference | None:
    """The reference, also where it is spelled as an identifier (`without_links`)."""
    found = reference(value)
    if found is not None or not isinstance(value, dict):
        return found
    identifier = one(value.get("identifier"))
    kind, ident = text(value.get("type")), text(identifier.get("value"))
    try:
        return Reference(kind, ident) if text(identifier.get("system")).endswith(f"/{kind}") else None
    except ValueError:
        return None


def _kind(resource: Json) -> AuditKind | None:
    """Our own subtype, else what the RESTful interaction tells."""
    for coding in many(resource.get("subtype")):
        if coding.get("system") == KIND and coding.get("code") in set(AuditKind):
            return AuditKind(str(coding["code"]))
    told = {coding.get("code") for coding in many(resource.get("subtype")) if coding.get("system") == _REST}
    for codes, kind in (
        ({"read", "vread"}, AuditKind.PATIENT_READ),
        ({"search", "search-type", "search-system"}, AuditKind.QUERY),
        ({"create"}, AuditKind.CREATE),
        ({"update", "patch"}, AuditKind.UPDATE),
    ):
        if told & codes:
            return kind
    return None


def _outcome(resource: Json) -> AuditOutcome:
    said = text(resource.get("outcomeDesc")).partition(":")[0]
    if said in set(AuditOutcome):
        return AuditOutcome(said)
    return _OUTCOME.get(text(resource.get("outcome")), AuditOutcome.UNKNOWN)


def _session(resource: Json) -> str:
    for entity in many(resource.get("entity")):
        identifier = one(one(entity.get("what")).get("identifier"))
        if identifier.get("system") == SESSION:
            return text(identifier.get("value"))
    return ""
