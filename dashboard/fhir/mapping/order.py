"""ServiceRequest and CommunicationRequest: what was ordered, or is to be said to somebody."""

from dataclasses import replace
from typing import Any, Final

from dashboard.domain.record.order import Order
from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference
from dashboard.domain.values.words import without_control_characters
from dashboard.fhir.mapping.comments import comments, write_comments
from dashboard.fhir.mapping.concepts import concept, concept_text, concepts
from dashboard.fhir.mapping.dates import partial_date, timed
from dashboard.fhir.mapping.elements import (
    CannotRead,
    Json,
    display,
    first_named,
    many,
    named_reference,
    named_references,
    reference,
    references,
    text,
)
from dashboard.fhir.mapping.extensions import PERTAINS_TO_GOAL, STATUS_REASON, extension_references, part_of
from dashboard.fhir.mapping.quantities import amount
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    worded,
    write_changes,
    write_entries,
    write_extension_references,
    write_references,
    write_words_of_concept,
    written_concept,
    written_date,
)


def listed(resource: Json) -> Order:
    """Returns the order for a list or a cache: without its resource. Raises CannotRead."""
    return replace(from_fhir(resource), source=None)


def from_fhir(resource: Json) -> Order:
    """Returns the order with the resource it was read from. Raises CannotRead for a malformed date, and for a resource
    of another type.
    """
    if resource.get("resourceType") == "ServiceRequest":
        return _service_request(resource)
    if resource.get("resourceType") == "CommunicationRequest":
        return _communication_request(resource)
    raise CannotRead("malformed")


def _service_request(resource: Json) -> Order:
    """The order, named as its source names it."""
    code = resource.get("code")
    return _order(resource, concept_text(code), concept_text(resource.get("orderDetail")), code)


def _communication_request(resource: Json) -> Order:
    """The order, named by its category, else by what is to be said."""
    said = (
        text(part.get("contentString")) or display(part.get("contentReference"))
        for part in many(resource.get("payload"))
    )
    content = "; ".join(filter(None, said))
    category = resource.get("category")
    name = concept_text(category) or content
    return _order(resource, name, content if name != content else "", category)


def _order(resource: Json, name: str, detail: str, code: Any) -> Order:
    first, last, _ = timed(resource, "occurrence")
    return Order(
        origin=origin(resource),
        status=text(resource.get("status")),
        intent=text(resource.get("intent")),
        text=name,
        concept=concept(code),
        authored=partial_date(resource.get("authoredOn")),
        start=first,
        end=last,
        detail=", ".join(filter(None, (detail, amount(resource.get("quantityQuantity"))))),
        do_not_perform=resource.get("doNotPerform") is True,
        requester=first_named(resource.get("requester"), resource.get("performer"), resource.get("sender")),
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        about=references(resource.get("about")),
        version=version(resource),
        patient=patient_of(resource),
        priority=text(resource.get("priority")),
        owner=named_reference(_owner(resource)),
        recipients=named_references(resource.get("recipient")),
        due=last or (first if _is_a_moment(resource) else None),
        notes=comments(resource),
        goals=extension_references(resource, PERTAINS_TO_GOAL),
        based_on=references(resource.get("basedOn")),
        status_reason=concept_text(
            resource.get("statusReason") or part_of(resource, STATUS_REASON).get("valueCodeableConcept")
        ),
        encounter=reference(resource.get("encounter")),
        source=resource,
    )


def _is_a_moment(resource: Json) -> bool:
    """Whether it is to happen at one moment, and not over some time."""
    return bool(resource.get("occurrenceDateTime"))


def _owner(resource: Json) -> Json:
    """Who is to do it: the first performer or sender that can be followed or has a name."""
    parts = [*many(resource.get("performer")), *many(resource.get("sender"))]
    return next((part for part in parts if named_reference(part) != NOBODY), {})


def to_fhir(value: Order) -> Json:
    """Returns the resource of the order, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id.

    Raises NotWritable for an order of a list, and for fields that are only read.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    return new_resource({}, from_fhir, value, _WRITERS)


def _is_message(resource: Json) -> bool:
    return bool(resource["resourceType"] == "CommunicationRequest")


def _write_text(resource: Json, value: Order) -> None:
    """A message is named by its category, else by what is to be said."""
    if not _is_message(resource):
        write_words_of_concept(resource, "code", value.text)
    elif concept_text(resource.get("category")):
        write_words_of_concept(resource, "category", value.text)
    else:
        said = without_control_characters(value.text)
        others = [part for part in many(resource.get("payload")) if "contentString" not in part]
        put(resource, "payload", [*([{"contentString": said}] if said else []), *others] or None)


def _write_concept(resource: Json, value: Order) -> None:
    """The codes of what is ordered, beside its words."""
    written = written_concept(CodeableConcept(value.concept.codings, value.text))
    if _is_message(resource):
        put(resource, "category", [written] if value.concept.codings else None)
    else:
        put(resource, "code", written or None)


def _write_owner(resource: Json, value: Order) -> None:
    """A new owner replaces the whole element of the old one; further performers stay."""
    written = named(value.owner)
    if _is_message(resource):
        put(resource, "sender", written)
        return
    parts = many(resource.get("performer"))
    at = next((n for n, part in enumerate(parts) if named_reference(part) != NOBODY), len(parts))
    put(resource, "performer", [*parts[:at], *([written] if written else []), *parts[at + 1 :]] or None)


def _write_intent(resource: Json, value: Order) -> None:
    """A CommunicationRequest has no intent in R4."""
    if not _is_message(resource):
        put(resource, "intent", value.intent)


def _write_occurrence(resource: Json, value: Order) -> None:
    """When it is to happen: a moment stays one where start and due day are the same, a repeated order stays repeated,
    anything else is a period.
    """
    before = from_fhir(source_of(value))
    start, end = value.start, value.end if value.end != before.end and value.due == before.due else value.due
    if "occurrenceTiming" in resource:
        for name in ("boundsDuration", "boundsRange"):
            put(resource, f"occurrenceTiming.repeat.{name}", None)
        at = "occurrenceTiming.repeat.boundsPeriod"
    elif _is_a_moment(source_of(value)) and start == end:
        put(resource, "occurrenceDateTime", written_date(start))
        return
    else:
        put(resource, "occurrenceDateTime", None)
        put(resource, "_occurrenceDateTime", None)
        at = "occurrencePeriod"
    put(resource, f"{at}.start", written_date(start))
    put(resource, f"{at}.end", written_date(end))


def _write_reasons(resource: Json, value: Order) -> None:
    write_entries(resource, "reasonCode", value.reason_codes, read=concept, make=written_concept)


def _write_reason_references(resource: Json, value: Order) -> None:
    _write_people(resource, "reasonReference", value.reason_references)


def _write_people(resource: Json, name: str, wanted: tuple[NamedReference, ...]) -> None:
    write_entries(
        resource,
        name,
        wanted,
        read=lambda part: found if (found := named_reference(part)) != NOBODY else None,
        make=lambda each: named(each) or {},
    )


def _write_status_reason(resource: Json, value: Order) -> None:
    written = worded(value.status_reason)
    if _is_message(resource):
        put(resource, "statusReason", written)
        return
    others = [part for part in many(resource.get("extension")) if part.get("url") != STATUS_REASON]
    new = [{"url": STATUS_REASON, "valueCodeableConcept": written}] if written else []
    put(resource, "extension", [*others, *new] or None)


_WRITERS: Final[dict[str, Writer]] = {
    "status": lambda resource, value: put(resource, "status", value.status),
    "intent": _write_intent,
    "text": _write_text,
    "concept": _write_concept,
    "authored": lambda resource, value: put(resource, "authoredOn", written_date(value.authored)),
    "start": _write_occurrence,
    "end": _write_occurrence,
    "due": _write_occurrence,
    "requester": lambda resource, value: put(resource, "requester", named(value.requester)),
    "reason_codes": _write_reasons,
    "reason_references": _write_reason_references,
    "about": lambda resource, value: write_references(resource, "about", value.about),
    "patient": lambda resource, value: put(resource, "subject", reference_to(value.patient) if value.patient else None),
    "priority": lambda resource, value: put(resource, "priority", value.priority),
    "owner": _write_owner,
    "recipients": lambda resource, value: _write_people(resource, "recipient", value.recipients),
    "notes": lambda resource, value: write_comments(resource, value.notes),
    "goals": lambda resource, value: write_extension_references(resource, PERTAINS_TO_GOAL, value.goals),
    "based_on": lambda resource, value: write_references(resource, "basedOn", value.based_on),
    "status_reason": _write_status_reason,
    "encounter": lambda resource, value: put(
        resource, "encounter", reference_to(value.encounter) if value.encounter else None
    ),
}
"""How each field is written; the others are only read."""
