"""Reads events straight from FHIR JSON, for the types that have no domain value yet. Goes with the last of them."""

from collections.abc import Iterable
from typing import Any

from dashboard.domain.timeline.drafts import DraftContext, EventDraft
from dashboard.domain.timeline.events import Event
from dashboard.domain.timeline.lanes import Lanes, Meaning, meaning_of
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.reading import Json, concept, concepts, display, first_named, many, named_references

Told = EventDraft
_DRAFT = {"perhaps": "possible", "by": "performer", "derived": "derived_from"}
_OF_DRAFT = frozenset({"replaces", "refused", "unreadable", "targets", "goal"})


Beside = DraftContext


def told(**fields: Any) -> EventDraft:
    """The draft of these fields, each in its place."""
    draft = {_DRAFT.get(name, name): value for name, value in fields.items() if name in _DRAFT or name in _OF_DRAFT}
    event = {name: value for name, value in fields.items() if name not in _DRAFT and name not in _OF_DRAFT}
    return EventDraft(Event(**event), **draft)


def meaning(value: Any, terminology: Terminology) -> Meaning:
    """The meaning of a CodeableConcept in JSON."""
    return meaning_of(concept(value), terminology)


def reasons(resource: Json, beside: DraftContext) -> tuple[Lanes, Lanes, str]:
    """Lanes and words of reasonCode and reasonReference."""
    return beside.reasons(concepts(resource.get("reasonCode")), named_references(resource.get("reasonReference")))


def somebody(*elements: Any) -> tuple[str, Reference | None]:
    """The first name among References, and the first that can be looked up."""
    named = first_named(*elements)
    return named.name, named.to


def everybody(parts: Iterable[Any]) -> str:
    """All names, each once."""
    return ", ".join(dict.fromkeys(filter(None, map(display, many(list(parts))))))
