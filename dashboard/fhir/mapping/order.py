"""ServiceRequest and CommunicationRequest: what was ordered, or is to be said to somebody."""

from typing import Any

from dashboard.domain.record.order import Order
from dashboard.fhir.mapping.concepts import concept, concept_text, concepts
from dashboard.fhir.mapping.dates import partial_date, timed
from dashboard.fhir.mapping.elements import Json, display, first_named, many, named_references, references, text
from dashboard.fhir.mapping.quantities import amount
from dashboard.fhir.mapping.reading import origin


def service_request(resource: Json) -> Order:
    """Returns the order, named as its source names it. Raises CannotRead for a malformed date."""
    code = resource.get("code")
    return _order(resource, concept_text(code), concept_text(resource.get("orderDetail")), code)


def communication_request(resource: Json) -> Order:
    """Returns the order, named by its category, else by what is to be said. Raises CannotRead for a malformed date."""
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
    )
