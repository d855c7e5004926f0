"""Provenance: who changed which records, when, how and why."""

from dataclasses import replace
from typing import Any, Final

from dashboard.domain.record.provenance import Provenance, ResourceVersion
from dashboard.fhir.mapping.concepts import codings, concept_text
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, display, many, reference, text
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.mapping.writing import reference_to, source_of, write_changes

_OPERATION: Final = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_DISPLAYS: Final = {"CREATE": "create", "UPDATE": "revise"}
"""The displays of the operations that we write, as v3-DataOperation has them."""


def listed(resource: Json) -> Provenance:
    """The change for a list or a cache, without its resource. Raises CannotRead("no-date")."""
    return replace(from_fhir(resource), source=None)


def from_fhir(resource: Json) -> Provenance:
    """The change with the resource it was read from. The person is the first agent with a name, `agent` the first that
    is a record. Raises CannotRead("no-date").
    """
    recorded = partial_date(resource.get("recorded"))
    if recorded is None:
        raise CannotRead("no-date")
    agents = [agent.get("who") for agent in many(resource.get("agent"))]
    activity = resource.get("activity")
    reasons = map(concept_text, many(resource.get("reason")))
    return Provenance(
        origin=origin(resource),
        changed=_versions(resource.get("target")),
        recorded=recorded,
        who=next(filter(None, map(display, agents)), ""),
        agent=next((found for agent in agents if (found := reference(agent)) is not None), None),
        operation=next((coding.code for coding in codings(activity) if coding.system == _OPERATION), ""),
        activity=concept_text(activity),
        reason=", ".join(dict.fromkeys(filter(None, reasons))),
        revised=_versions([part.get("what") for part in many(resource.get("entity"))]),
        source=resource,
    )


def to_fhir(value: Provenance) -> Json:
    """The resource. A Provenance is written once and never changed: one that was read is given back as it was.

    Raises NotWritable for a changed one, and for one of a list.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, {})
    resource: Json = {
        "resourceType": "Provenance",
        "target": [{"reference": str(each)} for each in value.changed],
        "recorded": value.recorded.text,
        "activity": {"coding": [_operation(value.operation)], "text": value.activity},
        "agent": [
            {
                "type": {"coding": [{"system": _PARTICIPANT, "code": "author", "display": "Author"}]},
                "who": reference_to(value.agent, value.who) if value.agent else {"display": value.who},
            }
        ],
        "reason": [{"text": value.reason}],
    }
    if value.revised:
        resource["entity"] = [{"role": "revision", "what": {"reference": str(each)}} for each in value.revised]
    return resource


def _operation(code: str) -> Json:
    return {"system": _OPERATION, "code": code, "display": _DISPLAYS[code]}


def _versions(parts: Any) -> tuple[ResourceVersion, ...]:
    """The records that are referred to literally, each with the version that is named, if any."""
    return tuple(
        ResourceVersion(to, text(part.get("reference")).partition("/_history/")[2])
        for part in many(parts)
        if (to := reference(part)) is not None
    )
