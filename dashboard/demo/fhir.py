"""Small builders of FHIR R4 JSON, each used by many files of the demo. Every resource is marked HTEST (test data)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from dashboard.domain.values.code_systems import SNOMED, UCUM

Json = dict[str, Any]

OWN: Final = "https://c3-cloud.example/fhir/"
_HTEST: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def resource(kind: str, id_: str, **fields: Any) -> Json:
    """A resource with its id and the HTEST label; fields that are None or empty are left out, as FHIR demands."""
    made: Json = {
        "resourceType": kind,
        "id": id_,
        "meta": {"security": [{"system": _HTEST, "code": "HTEST", "display": "test health data"}]},
    }
    for name, value in fields.items():
        if value is not None and value != "" and value != [] and value != {}:
            made[name.removesuffix("_")] = value
    return made


def labelled(made: Json, id_: str) -> Json:
    """A resource that a mapping has made, with its id and the HTEST label; its tags stay."""
    start = resource(made["resourceType"], id_)
    return {**start, **made, "id": id_, "meta": {**start["meta"], **made.get("meta", {})}}


def restricted(made: Json) -> Json:
    """The resource with the label "restricted": the patient keeps it from carers (dashboard/domain/access)."""
    made["meta"]["security"].append({"system": _CONFIDENTIALITY, "code": "R", "display": "restricted"})
    return made


def coding(system: str, code: str, display: str = "") -> Json:
    """One Coding."""
    return {"system": system, "code": code, "display": display} if display else {"system": system, "code": code}


def concept(codings: Iterable[Json], text: str = "") -> Json:
    """A CodeableConcept; `text` is what the source showed its users."""
    made: Json = {"coding": list(codings)}
    if text:
        made["text"] = text
    return made


def coded(system: str, code: str, display: str = "", text: str = "") -> Json:
    """A CodeableConcept of one Coding."""
    return concept([coding(system, code, display)], text)


def snomed(code: str, display: str, text: str = "") -> Json:
    """A CodeableConcept of one SNOMED CT code."""
    return coded(SNOMED, code, display, text)


def hl7(name: str, code: str) -> Json:
    """A CodeableConcept from HL7's own code systems, e.g. `hl7("condition-clinical", "active")`."""
    return coded(f"http://terminology.hl7.org/CodeSystem/{name}", code)


def ref(kind: str, id_: str, display: str = "") -> Json:
    """A literal reference."""
    return {"reference": f"{kind}/{id_}", "display": display} if display else {"reference": f"{kind}/{id_}"}


def to(made: Mapping[str, Any], display: str = "") -> Json:
    """A reference to a resource made before."""
    return ref(made["resourceType"], made["id"], display)


def quantity(value: float, unit: str, decimals: int, comparator: str = "") -> Json:
    """A Quantity in a UCUM unit, rounded to what the source reports."""
    number: float = round(value, decimals) if decimals else round(value)
    made: Json = {"value": number, "unit": unit, "system": UCUM, "code": unit}
    if comparator:
        made["comparator"] = comparator
    return made


def day(ordinal: int) -> str:
    """A proleptic day number (date.toordinal) as a FHIR date."""
    return date.fromordinal(ordinal).isoformat()


def moment(ordinal: int, offset: str, minutes: int = 600) -> str:
    """A FHIR dateTime: the day number, minutes since midnight, and the region's offset such as "+01:00"."""
    return f"{day(ordinal)}T{minutes // 60:02d}:{minutes % 60:02d}:00{offset}"
