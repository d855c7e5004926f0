"""Reads CodeableConcepts and their codings."""

from functools import lru_cache
from typing import Any

from dashboard.domain.values.code_systems import DATA_ABSENT_REASON, canonical
from dashboard.domain.values.datatypes import CodeableConcept, Coding
from dashboard.fhir.mapping.elements import MOST_REMEMBERED, CannotRead, many, one, short_enough, text

Written = tuple[tuple[Any, Any, Any], ...]

ABSENT_REASON_EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

LONGEST_CODE = 200
"""Characters of a code: real ones have up to 36 (SNOMED expressions aside, which nothing here understands)."""


def codings(concept: Any) -> tuple[Coding, ...]:
    """The usable codings of a CodeableConcept, or of a list of them, in their order; a coding without code is
    ignored.
    """
    try:
        return _codings(written(concept))
    except (KeyError, TypeError, AttributeError):  # a list of concepts, or malformed
        pass
    usable: list[Coding] = []
    for part in many(concept):
        for coding in many(part.get("coding")):
            code = text(coding.get("code"))
            if code and len(code) <= LONGEST_CODE:
                usable.append(Coding(canonical(text(coding.get("system"))), code, text(coding.get("display"))))
    return tuple(usable)


def written(concept: Any) -> Written:
    """The codings of one CodeableConcept as its source wrote them, a key for memories. Raises KeyError, TypeError or
    AttributeError for anything else.
    """
    return tuple([(part.get("system"), part["code"], part.get("display")) for part in concept["coding"]])


@lru_cache(maxsize=MOST_REMEMBERED)
def _codings(parts: Written) -> tuple[Coding, ...]:
    """Raises TypeError for what cannot be remembered."""
    for part in parts:
        short_enough(*part)
    known = [(canonical(text(system)), text(code), text(display)) for system, code, display in parts]
    return tuple(Coding(*coding) for coding in known if coding[1] and len(coding[1]) <= LONGEST_CODE)


def concept(value: Any) -> CodeableConcept:
    """A CodeableConcept; a list of them is read as one, with the codings of all and the text of the first."""
    return CodeableConcept(codings(value), concept_text(value))


def with_absent_reason(value: Any, read: CodeableConcept) -> CodeableConcept:
    """The concept as it was read from `value`, with the code of why nothing is named (the extension data-absent-reason)
    among its codings.
    """
    reasons = [
        Coding(DATA_ABSENT_REASON, code)
        for part in many(value)
        for extension in many(part.get("extension"))
        if extension.get("url") == ABSENT_REASON_EXTENSION and (code := text(extension.get("valueCode")))
    ]
    return CodeableConcept((*read.codings, *reasons), read.text) if reasons else read


def named_concept(value: Any) -> CodeableConcept:
    """A CodeableConcept that says something. Raises CannotRead("no-code") for one that does not."""
    named = concept(value)
    if not named.text:
        raise CannotRead("no-code")
    return named


def concepts(value: Any) -> tuple[CodeableConcept, ...]:
    """The CodeableConcepts of a list."""
    return tuple(map(concept, many(value)))


def concept_text(concept: Any) -> str:
    """What a CodeableConcept was called by its source: its text, else the first display, else the first code."""
    part = one(concept)
    if written := text(part.get("text")):
        return written
    listed = [text(c.get(key)) for key in ("display", "code") for c in many(part.get("coding"))]
    return next((word for word in listed if word), "")


def code_of(concept: Any) -> str:
    """The first code of a CodeableConcept whose value set FHIR fixes (a status, say); "" where there is none."""
    return next((text(c.get("code")) for c in many(one(concept).get("coding")) if text(c.get("code"))), "")
