"""The security labels of a resource: https://hl7.org/fhir/R4/security-labels.html."""

from dashboard.domain.values.datatypes import Coding
from dashboard.fhir.mapping.elements import Json, many, text


def security_labels(resource: Json) -> tuple[Coding, ...] | None:
    """Returns the labels of the resource and of what is contained in it; None where one cannot be read."""
    labels: list[Coding] = []
    for part in (resource, *many(resource.get("contained"))):
        meta = part.get("meta", {})
        given = meta.get("security", []) if isinstance(meta, dict) else None
        if not isinstance(given, list) or not all(isinstance(each, dict) and text(each.get("code")) for each in given):
            return None
        labels += [Coding(text(each.get("system")), text(each.get("code"))) for each in given]
    return tuple(labels)
