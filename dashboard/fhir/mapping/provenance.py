"""Provenance: who changed which records, when, how and why."""

from dataclasses import replace
from typing import Any, Final

from dashboard.domain.record.provenance import Choice, Provenance, ResourceVersion
from dashboard.domain.values.datatypes import NO_CONCEPT
from dashboard.domain.values.words import without_control_characters
from dashboard.fhir.mapping.concepts import codings, concept, concept_text
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, display, many, reference, text
from dashboard.fhir.mapping.extensions import CONFLICT_CHOICE, extension_text, extensions, part_of
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.mapping.writing import reference_to, source_of, write_changes, written_concept

_OPERATION: Final = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_DURING: Final = "source"
"""The role of the conference in which a change was agreed, for which R4 has no element (R5 has one for Encounters):
what the change was made from. https://hl7.org/fhir/R4/valueset-provenance-entity-role.html
"""
_RESTORED: Final = "quotation"
"""The role of an old version that was brought back: a quotation repeats what an entity said (the same value set)."""
_MEETINGS: Final = frozenset({"Appointment", "Encounter"})
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
    parts = many(resource.get("agent"))
    agents = [agent.get("who") for agent in parts]
    acting = next((agent for agent in parts if reference(agent.get("who")) is not None), {})
    entities = many(resource.get("entity"))
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
        revised=_versions([part.get("what") for part in entities if part.get("role") not in (_DURING, _RESTORED)]),
        on_behalf_of=reference(acting.get("onBehalfOf")),
        role=concept(acting.get("role")),
        during=next(
            (each.reference for each in _entities(entities, _DURING) if each.reference.type in _MEETINGS), None
        ),
        choices=tuple(filter(None, map(_choice, extensions(resource, CONFLICT_CHOICE)))),
        restores=next((each for each in _entities(entities, _RESTORED) if each.version), None),
        policies=_policies(resource.get("policy")),
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
    agent = resource["agent"][0]
    if value.role != NO_CONCEPT:
        agent["role"] = [written_concept(value.role)]
    if value.on_behalf_of is not None:
        agent["onBehalfOf"] = reference_to(value.on_behalf_of)
    entities = [
        *(("revision", str(each)) for each in value.revised),
        *((_DURING, str(each)) for each in (value.during,) if each is not None),
        *((_RESTORED, str(each)) for each in (value.restores,) if each is not None),
    ]
    if entities:
        resource["entity"] = [{"role": role, "what": {"reference": what}} for role, what in entities]
    if value.policies:
        resource["policy"] = list(value.policies)
    if value.choices:
        resource["extension"] = [*map(_written_choice, value.choices)]
    return resource


def _written_choice(choice: Choice) -> Json:
    words = {
        "field": choice.field,
        "was": choice.was,
        "mine": choice.mine,
        "theirs": choice.theirs,
        "theirsBy": choice.theirs_by,
        "chosen": choice.chosen,
    }
    said = {name: without_control_characters(each) for name, each in words.items()}
    parts: list[Json] = [{"url": "item", "valueReference": reference_to(choice.item)}]
    parts += [{"url": name, "valueString": each} for name, each in said.items() if each]
    return {"url": CONFLICT_CHOICE, "extension": parts}


def _entities(entities: list[Json], role: str) -> tuple[ResourceVersion, ...]:
    return _versions([part.get("what") for part in entities if part.get("role") == role])


def _choice(part: Json) -> Choice | None:
    """How a conflict was settled; None where it is not about a record."""
    item = reference(part_of(part, "item").get("valueReference"))
    if item is None:
        return None
    words = {name: extension_text(part, name) for name in ("field", "was", "mine", "theirs", "chosen")}
    return Choice(item, **words, theirs_by=extension_text(part, "theirsBy"))


def _policies(value: Any) -> tuple[str, ...]:
    """The addresses of what a change follows: https://hl7.org/fhir/R4/provenance-definitions.html#Provenance.policy"""
    return tuple(filter(None, map(text, value))) if isinstance(value, list) else ()


def _operation(code: str) -> Json:
    return {"system": _OPERATION, "code": code, "display": _DISPLAYS[code]}


def _versions(parts: Any) -> tuple[ResourceVersion, ...]:
    """The records that are referred to literally, each with the version that is named, if any."""
    return tuple(
        ResourceVersion(to, text(part.get("reference")).partition("/_history/")[2])
        for part in many(parts)
        if (to := reference(part)) is not None
    )
