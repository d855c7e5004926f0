"""RecordedAnswer: an Observation that answers a question of the pilot's screening, written and read back.

https://hl7.org/fhir/R4/observation.html. Answers of any source are read by `fhir.mapping.screening_answer`.
"""

from typing import Final

from dashboard.domain.pilot.recorded_answer import CHOICES, QUESTION_CODES, RecordedAnswer
from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, Coding
from dashboard.fhir.mapping.concepts import codings
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, named_references, text
from dashboard.fhir.mapping.reading import origin, patient_of
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    written_concept,
    written_date,
)

_CATEGORIES: Final = {
    ScreeningQuestion.LIVING_SITUATION: "social-history",
    ScreeningQuestion.ICT_SELF_CHECK: "survey",
    ScreeningQuestion.NYHA_CLASS: "exam",
}
_CATEGORY_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/observation-category"


def from_fhir(resource: Json) -> RecordedAnswer:
    """Returns the answer with the resource it was read from. Raises CannotRead for what is none that this dashboard
    records, and for one without a patient or a date.
    """
    patient, day = patient_of(resource), partial_date(resource.get("effectiveDateTime"))
    if patient is None:
        raise CannotRead("no-patient")
    codes = _codes(resource.get("code"))
    question = next((each for each, code in QUESTION_CODES.items() if (code.system, code.code) in codes), None)
    values = _codes(resource.get("valueCodeableConcept"))
    choices = CHOICES[question].items() if question is not None else ()
    choice = next((name for name, each in choices if (each.coding.system, each.coding.code) in values), None)
    if question is None or choice is None or day is None:
        raise CannotRead("malformed")
    return RecordedAnswer(
        origin=origin(resource),
        patient=patient,
        question=question,
        choice=choice,
        day=day,
        by=next(iter(named_references(resource.get("performer"))), NOBODY),
        status=text(resource.get("status")),
        recorded=partial_date(resource.get("issued")),
        source=resource,
    )


def _codes(concept: object) -> set[tuple[str, str]]:
    return {(each.system, each.code) for each in codings(concept)}


def to_fhir(value: RecordedAnswer) -> Json:
    """Returns the resource, with a changed status written over what was read; of a new one (`source` {}) a resource
    without id. Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    by = named(value.by)
    blank: Json = {
        "category": [{"coding": [{"system": _CATEGORY_SYSTEM, "code": _CATEGORIES[value.question]}]}],
        "code": written_concept(_concept(QUESTION_CODES[value.question])),
        "subject": reference_to(value.patient),
        "effectiveDateTime": written_date(value.day),
        **({"issued": written_date(value.recorded)} if value.recorded is not None else {}),
        **({"performer": [by]} if by is not None else {}),
        "valueCodeableConcept": written_concept(_concept(CHOICES[value.question][value.choice].coding)),
    }
    return new_resource(blank, from_fhir, value, _WRITERS)


def _concept(coding: Coding) -> CodeableConcept:
    return CodeableConcept((coding,), coding.display)


_WRITERS: Final[dict[str, Writer]] = {"status": lambda resource, value: put(resource, "status", value.status)}
"""How each field is written; the others are only read."""
