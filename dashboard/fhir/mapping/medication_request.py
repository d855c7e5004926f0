"""MedicationRequest and MedicationStatement: a medicine, its class by ATC, its dose as written."""

from collections.abc import Mapping
from typing import Any, Final

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.meaning import remembered
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    codings,
    concept_text,
    many,
    one,
    origin,
    partial_date,
    period,
    reference,
    text,
)

LEFT_OUT: Final = frozenset({"entered-in-error", "cancelled", "draft", "not-taken"})
"""Statuses of what the patient was never given."""
PROPOSALS: Final = frozenset({"proposal", "plan", "option"})
"""Intents that order nothing: a suggestion is not a medicine the patient has."""
CURRENT: Final = frozenset({"active", "on-hold", "intended"})


def medication(
    resource: Json,
    terminology: Terminology,
    substances: Mapping[str, Json] | None = None,
    problems: Mapping[Reference, tuple[ConditionKey, ...]] | None = None,
) -> Medicine | None:
    """The medicine; None for what was never ordered or given.

    `substances` holds Medication resources by "Medication/id" for requests that refer to one. The conditions it serves
    are those of the problems it names as its reason, and those its drug class treats.
    """
    proposed = resource.get("resourceType") == "MedicationRequest" and resource.get("intent") in PROPOSALS
    if resource.get("status") in LEFT_OUT or resource.get("doNotPerform") is True or proposed:
        return None
    return written_medicine(resource, terminology, substances, problems)


def written_medicine(
    resource: Json,
    terminology: Terminology,
    substances: Mapping[str, Json] | None = None,
    problems: Mapping[Reference, tuple[ConditionKey, ...]] | None = None,
) -> Medicine:
    """One record as it stands, whatever its status says."""
    codes, name, atc, served = _meaning(concept_of(resource, substances or {}), terminology)
    if not codes and not name:
        raise CannotRead("no-code")
    started, ended = _dates(resource)
    return Medicine(
        origin=origin(resource),
        text=name,
        code=codes,
        atc=atc,
        dose=_dose(resource),
        status=text(resource.get("status")),
        started=started,
        ended=ended,
        serves=_serves(resource, problems or {}, served),
    )


@remembered
def _meaning(concept: Any, terminology: Terminology) -> tuple[tuple[Coding, ...], str, str, tuple[ConditionKey, ...]]:
    """Codes, name, ATC code and conditions served by the class."""
    codes, words = codings(concept), concept_text(concept)
    atc = terminology.atc(codes)
    served = terminology.conditions_served(atc) if atc else ()
    return codes, words or terminology.display(codes, ""), atc, served


def concept_of(resource: Json, substances: Mapping[str, Json]) -> Json:
    """The medicine's CodeableConcept: its own, that of a contained Medication, or that of one read beside it."""
    if "medicationCodeableConcept" in resource:
        return one(resource["medicationCodeableConcept"])
    pointer = one(resource.get("medicationReference"))
    literal = text(pointer.get("reference"))
    held = next((part for part in many(resource.get("contained")) if f"#{part.get('id')}" == literal), None)
    known = held or substances.get(str(reference(pointer)))
    return one(known.get("code")) if known else {"text": text(pointer.get("display"))}


def _dates(resource: Json) -> tuple[PartialDate | None, PartialDate | None]:
    validity = period(one(resource.get("dispenseRequest")).get("validityPeriod"))
    effective = period(resource.get("effectivePeriod"))
    started = (
        partial_date(resource.get("authoredOn") or resource.get("effectiveDateTime")) or effective[0] or validity[0]
    )
    return started or partial_date(resource.get("dateAsserted")), effective[1] or validity[1]


def _dose(resource: Json) -> str:
    """The dosage as its author wrote it; several lines one after the other. Nothing is computed from its parts."""
    lines = [*many(resource.get("dosageInstruction")), *many(resource.get("dosage"))]
    return "; ".join(filter(None, (text(line.get("text")) for line in lines)))


def _serves(
    resource: Json, problems: Mapping[Reference, tuple[ConditionKey, ...]], by_class: tuple[ConditionKey, ...]
) -> tuple[ConditionKey, ...]:
    if not problems:
        return by_class
    reasons = [reference(part) for part in many(resource.get("reasonReference"))]
    named = {key for reason in reasons if reason is not None for key in problems.get(reason, ())}
    return tuple(key for key in ConditionKey if key in named or key in by_class)
