"""Observation: the answer to a question of the pilot's screening."""

from typing import Final

from dashboard.domain.pilot.screening_answer import NYHA_CLASSES, ScreeningAnswer, ScreeningQuestion
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.datatypes import Coding
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import observation
from dashboard.fhir.mapping.concepts import codings
from dashboard.fhir.mapping.elements import Json

_YES: Final = {"screening-at-home", "screening-ict-passed"}
_NO: Final = {"screening-not-at-home", "screening-ict-not-passed"}


def from_fhir(resource: Json, terminology: Terminology) -> ScreeningAnswer | Exclusion | None:
    """Returns the answer; None where it is the answer to no question of the screening. Raises CannotRead."""
    read = observation.from_fhir(resource, terminology)
    if isinstance(read, Exclusion):
        return read
    names = _names(read.code.codings, terminology)
    question = next((each for each in ScreeningQuestion if f"screening-{each}" in names), None)
    if question is None:
        return None
    said = next((value.text for value in read.values if value.text), "")
    holds: bool | None = None
    if question is ScreeningQuestion.NYHA_CLASS:
        holds, said = NYHA_CLASSES.get(read.stage), read.stage or said
    elif isinstance(resource.get("valueBoolean"), bool):
        holds = bool(resource["valueBoolean"]) if question is ScreeningQuestion.ICT_SELF_CHECK else None
    else:
        answers = _names(codings(resource.get("valueCodeableConcept")), terminology)
        holds = None if bool(answers & _YES) is bool(answers & _NO) else bool(answers & _YES)
    return ScreeningAnswer(read.origin, question, holds, said, read.when, read.performer, read.issued)


def _names(codes: tuple[Coding, ...], terminology: Terminology) -> set[str]:
    return {name for coding in codes for name in terminology.value_sets(coding)}
