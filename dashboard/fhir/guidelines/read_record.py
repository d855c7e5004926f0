"""Makes a patient's record of FHIR resources, as far as the facts of guideline rules need it, and what the pilot asks
beside it.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from datetime import date
from typing import Any, Final

from dashboard.domain.pilot.screened import Screened, carers_of
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import condition, encounter, medication_request, observation, procedure, screening_answer
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.concepts import codings
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import origin, read_each, read_one, updated

_READ: Final[dict[str, Callable[[Json, Terminology, Mapping[str, Json]], Any]]] = {
    "Condition": lambda row, terminology, substances: condition.from_fhir(row, terminology),
    "Observation": lambda row, terminology, substances: observation.from_fhir(row, terminology),
    "MedicationRequest": medication_request.from_fhir,
    "MedicationStatement": medication_request.from_fhir,
    "Procedure": lambda row, terminology, substances: procedure.from_fhir(row, terminology),
    "Encounter": lambda row, terminology, substances: encounter.contact(row),
}
"""The resource types that facts come from, beside Patient, and how each is read."""


def read_record(resources: Iterable[Json], terminology: Terminology, on: date) -> PatientRecord:
    """Returns the record of one person from the person's own resources; Medications among them are those that requests
    refer to. What no fact needs is passed over, what cannot be read becomes an `Unreadable`.
    """
    rows = list(resources)
    substances = {str(origin(row)): row for row in rows if row.get("resourceType") == "Medication"}
    person = Person("unknown", HumanName())
    stamp = ""
    found: dict[str, dict[str, ResourceValue]] = {}
    for number, row in enumerate(rows):
        kind = str(row.get("resourceType"))
        if kind == "Patient":
            read = read_one(row, lambda resource: patient(resource, on))
            person = read if isinstance(read, Person) else Person(str(row.get("id")), HumanName())
            stamp = updated(row)
        elif kind in _READ:
            value = read_one(row, lambda resource, kind=kind: _READ[kind](resource, terminology, substances))  # type: ignore[misc]
            if value is not None and not isinstance(value, Exclusion):
                key = str(row.get("id") or f"{kind}-{number}")
                found.setdefault(kind, {})[key] = ResourceValue(updated(row), value)
    return PatientRecord(person, stamp, found)


def read_screened(
    resources: Iterable[Json], terminology: Terminology, on: date, unread: Set[str] = frozenset()
) -> Screened:
    """What the pilot asks beside the record: answers to the screening's questions, carers of the care teams, and
    whether there is a ResearchSubject, of whatever study. `unread` are the resource types that could not be read.
    """
    rows, asked = list(resources), frozenset(terminology.screening_codes())
    observed = [row for row in rows if row.get("resourceType") == "Observation" and asked & _codes_of(row)]
    answers = read_each(observed, lambda row: screening_answer.from_fhir(row, terminology))
    teams = read_each((row for row in rows if row.get("resourceType") == "CareTeam"), care_team)
    there = any(row.get("resourceType") == "ResearchSubject" for row in rows)
    listed = there or (None if "ResearchSubject" in unread else False)
    unanswered = bool(answers.unreadable) or "Observation" in unread
    return Screened(tuple(answers.values), frozenset(carers_of(teams.values, on)), unanswered, listed)


def _codes_of(row: Json) -> set[str]:
    return {each.code for each in codings(row.get("code"))}
