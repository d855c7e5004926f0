"""Which patient a row is about, and what it refers to: the check that nothing is shown that was not asked for.

Some servers ignore a search parameter they do not know and return everybody's rows. So each row of a search for named
patients is checked here, by the element that official R4 search parameter `patient` reads
(https://hl7.org/fhir/R4/searchparameter-registry.html).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Row = dict[str, Any]

# resource type -> path of the references that `patient` searches; steps over lists are implied.
PATIENT_ELEMENTS: dict[str, tuple[str, ...]] = {
    "Account": ("subject",),
    "AllergyIntolerance": ("patient",),
    "Appointment": ("participant.actor",),
    "AppointmentResponse": ("actor",),
    "AuditEvent": ("agent.who", "entity.what"),
    "Basic": ("subject",),
    "BodyStructure": ("patient",),
    "CarePlan": ("subject",),
    "CareTeam": ("subject",),
    "ChargeItem": ("subject",),
    "Claim": ("patient",),
    "ClinicalImpression": ("subject",),
    "Communication": ("subject",),
    "CommunicationRequest": ("subject",),
    "Composition": ("subject",),
    "Condition": ("subject",),
    "Consent": ("patient",),
    "Coverage": ("beneficiary",),
    "DetectedIssue": ("patient",),
    "Device": ("patient",),
    "DeviceRequest": ("subject",),
    "DeviceUseStatement": ("subject",),
    "DiagnosticReport": ("subject",),
    "DocumentManifest": ("subject",),
    "DocumentReference": ("subject",),
    "Encounter": ("subject",),
    "EpisodeOfCare": ("patient",),
    "ExplanationOfBenefit": ("patient",),
    "FamilyMemberHistory": ("patient",),
    "Flag": ("subject",),
    "Goal": ("subject",),
    "Group": ("member.entity",),
    "GuidanceResponse": ("subject",),
    "ImagingStudy": ("subject",),
    "Immunization": ("patient",),
    "ImmunizationRecommendation": ("patient",),
    "Invoice": ("subject",),
    "List": ("subject",),
    "MeasureReport": ("subject",),
    "Media": ("subject",),
    "MedicationAdministration": ("subject",),
    "MedicationDispense": ("subject",),
    "MedicationRequest": ("subject",),
    "MedicationStatement": ("subject",),
    "NutritionOrder": ("patient",),
    "Observation": ("subject",),
    "Person": ("link.target",),
    "Procedure": ("subject",),
    "Provenance": ("target",),
    "QuestionnaireResponse": ("subject",),
    "RelatedPerson": ("patient",),
    "RequestGroup": ("subject",),
    "ResearchSubject": ("individual",),
    "RiskAssessment": ("subject",),
    "Schedule": ("actor",),
    "ServiceRequest": ("subject",),
    "Specimen": ("subject",),
    "SupplyDelivery": ("patient",),
    "Task": ("for",),
    "VisionPrescription": ("patient",),
}

# (resource type, search parameter) -> path, where a search names patients by another parameter than `patient`.
_OTHER_PARAMETERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Task", "owner"): ("owner",),
    ("Task", "requester"): ("requester",),
    ("Task", "focus"): ("focus",),
    ("Observation", "performer"): ("performer",),
    ("Goal", "expressed-by"): ("expressedBy",),
    ("Communication", "sender"): ("sender",),
    ("Communication", "recipient"): ("recipient",),
    ("CommunicationRequest", "recipient"): ("recipient",),
    ("CareTeam", "participant"): ("participant.member",),
    ("Provenance", "agent"): ("agent.who",),
    ("QuestionnaireResponse", "author"): ("author",),
    ("QuestionnaireResponse", "source"): ("source",),
    ("DocumentReference", "author"): ("author",),
}


def patient_elements(resource_type: str, parameter: str = "patient") -> tuple[str, ...]:
    """Where a row of the type names its patient. Raises ValueError for a type that is not in the table: add it
    there.
    """
    found = _OTHER_PARAMETERS.get((resource_type, parameter)) or PATIENT_ELEMENTS.get(resource_type)
    if not found:
        raise ValueError(f"where {resource_type} names its patient is not in dashboard.fhir.search.rows")
    return found


def reference_elements(resource_type: str, parameter: str) -> tuple[str, ...]:
    """Where a row refers to what a search parameter names; empty where the table does not say."""
    return _OTHER_PARAMETERS.get((resource_type, parameter), ())


class Addresses:
    """The forms in which one server names its own records; references to other servers stay foreign.

    `relative("http://our.server/fhir/Patient/p1/_history/2")` gives `Patient/p1`; so does `Patient/p1`. An absolute
    reference to another server is given back as it is, so that its Patient/p1 is never taken for ours.
    """

    def __init__(self, bases: Iterable[str]) -> None:
        self._bases = tuple(dict.fromkeys(base.rstrip("/") + "/" for base in bases if base))

    def relative(self, reference: str) -> str:
        if ":" not in reference and "/_history/" not in reference:  # nearly all
            return reference
        for base in self._bases:
            if reference.startswith(base):
                reference = reference[len(base) :]
                break
        return reference.split("/_history/", 1)[0]


def values_at(resource: Any, path: str) -> Iterator[Any]:
    """The values at a path such as `participant.actor`; lists on the way are walked, wrong shapes give nothing."""
    found = [resource]
    for step in path.split("."):
        found = [value[step] for value in _flat(found) if isinstance(value, dict) and step in value]
    yield from _flat(found)


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def references_at(resource: Any, paths: Iterable[str], addresses: Addresses) -> Iterator[str]:
    """The literal references at these paths, e.g. `Patient/p1`."""
    for path in paths:
        for value in values_at(resource, path):
            text = value.get("reference") if isinstance(value, dict) else None
            if isinstance(text, str):
                yield addresses.relative(text)


def all_references(resource: Any, addresses: Addresses) -> set[str]:
    """Every literal reference anywhere in a resource, without recursion (a hostile record may be deeply nested)."""
    found: set[str] = set()
    left: list[Any] = [resource]
    for value in left:  # which grows meanwhile; JSON has no subclasses of its types
        if type(value) is dict:
            text = value.get("reference")
            if type(text) is str:
                found.add(text)
            left += [child for child in value.values() if type(child) is dict or type(child) is list]
        elif type(value) is list:
            left += [child for child in value if type(child) is dict or type(child) is list]
    return {addresses.relative(text) for text in found}


def belongs_to(
    resource_type: str, parameter: str, patients: Iterable[str], addresses: Addresses
) -> Callable[[Row], bool]:
    """A test whether a row is about one of these Patient ids.
    Made for tens of thousands of rows: the usual row costs one look-up.
    """
    ids = frozenset(patients)
    if resource_type == "Patient":
        return lambda row: isinstance(row.get("id"), str) and row["id"] in ids
    allowed, paths = frozenset(f"Patient/{i}" for i in ids), patient_elements(resource_type, parameter)

    def slow(row: Row) -> bool:
        return any(reference in allowed for reference in references_at(row, paths, addresses))

    if len(paths) != 1 or "." in paths[0]:
        return slow
    element = paths[0]

    def quick(row: Row) -> bool:
        try:
            if row[element]["reference"] in allowed:
                return True
        except (KeyError, TypeError, IndexError):  # missing, or of a wrong shape
            pass
        return slow(row)

    return quick


def of_other_patients(resource: Mapping[str, Any], patients: frozenset[str], addresses: Addresses) -> bool:
    """Whether an included record is about patients, and about none of these.
    What names no patient is of nobody else.
    """
    resource_type = str(resource.get("resourceType"))
    if resource_type == "Patient":
        return resource.get("id") not in patients
    named = {
        r
        for r in references_at(resource, PATIENT_ELEMENTS.get(resource_type, ()), addresses)
        if r.startswith("Patient/")
    }
    return bool(named) and not any(reference[8:] in patients for reference in named)
