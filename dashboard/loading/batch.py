"""Resources that are written together, and which types are written first."""

from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

# What others refer to comes first, for servers that refuse a reference to what is not there yet.
ORDER: Final = (
    "Questionnaire",
    "Organization",
    "Location",
    "Practitioner",
    "PractitionerRole",
    "Patient",
    "RelatedPerson",
    "Medication",
    "Device",
    "Appointment",
    "Encounter",
    "Condition",
    "CareTeam",
    "Goal",
    "QuestionnaireResponse",
    "Observation",
)


@dataclass(slots=True)
class Batch:
    """Resources that are written together, each with its place in a file or in the demo.

    `together`: all are on the server when the first is. `after`: waits for the earlier batches, to which it refers.
    """

    resources: list[Json]
    where: list[str]
    together: bool = False
    after: bool = False


def rank(resource: Json) -> int:
    """The place of a resource's type in the order of writing."""
    kind = resource["resourceType"]
    return ORDER.index(kind) if kind in ORDER else len(ORDER)
