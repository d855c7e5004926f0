"""MedicationRequest and MedicationStatement: a medicine, its class by ATC, its dose as written."""

from collections.abc import Mapping
from typing import Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.absence import Absence, Subject
from dashboard.domain.values.datatypes import CodeableConcept
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import concept, concept_text, concepts, with_absent_reason
from dashboard.fhir.mapping.dates import date_or_unreadable, partial_date, period
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many, named_references, one, reference, text
from dashboard.fhir.mapping.reading import origin

CURRENT: Final = frozenset({"active", "on-hold", "intended"})


def from_fhir(
    resource: Json, terminology: Terminology, substances: Mapping[str, Json] | None = None
) -> Medicine | Exclusion:
    """Returns the medicine, also one that was not taken (it is not `given`). Raises CannotRead.

    `substances` are Medication resources by "Medication/id", for records that refer to one.
    """
    kind, status, intent = (text(resource.get(name)) for name in ("resourceType", "status", "intent"))
    excluded = excluded_by_status(kind, status, intent)
    if excluded is not None:
        return excluded
    code = _code(resource, substances or {})
    name = code.text or terminology.display(code.codings, "")
    said = terminology.absence(Subject.MEDICINES, code)
    if said not in (None, Absence.UNKNOWN):
        return Exclusion.NO_NEWS
    if said is not None or (not code.codings and not name):
        raise CannotRead("no-code")
    atc = terminology.atc(code.codings)
    validity = period(one(resource.get("dispenseRequest")).get("validityPeriod"))
    effective = period(resource.get("effectivePeriod"))
    authored = partial_date(resource.get("authoredOn"))
    asserted, unreadable = date_or_unreadable(resource, "dateAsserted")
    started = authored or partial_date(resource.get("effectiveDateTime")) or effective[0] or validity[0]
    return Medicine(
        origin=origin(resource),
        text=name,
        code=code.codings,
        atc=atc,
        dose=_dose(resource),
        status=status,
        started=started or asserted,
        ended=effective[1] or validity[1],
        serves=terminology.conditions_served(atc) if atc else (),
        intent=intent,
        do_not_perform=resource.get("doNotPerform") is True,
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        status_reason=concept_text(resource.get("statusReason")),
        prescriber=first_named(resource.get("requester"), resource.get("informationSource")),
        recorded=authored or asserted,
        unreadable=unreadable,
    )


def absence(resource: Json, terminology: Terminology) -> Absence | None:
    """What the record says by naming no medicine: that none is known, or that medicines are not recorded."""
    kind, status, intent = (text(resource.get(name)) for name in ("resourceType", "status", "intent"))
    if excluded_by_status(kind, status, intent) is not None:
        return None
    return terminology.absence(Subject.MEDICINES, _code(resource, {}))


def _code(resource: Json, substances: Mapping[str, Json]) -> CodeableConcept:
    """What the medicine is: its own concept, that of a contained Medication, or that of one read with it."""
    if "medicationCodeableConcept" in resource:
        element = one(resource["medicationCodeableConcept"])
        return with_absent_reason(element, concept(element))
    pointer = one(resource.get("medicationReference"))
    literal = text(pointer.get("reference"))
    contained = next((part for part in many(resource.get("contained")) if f"#{part.get('id')}" == literal), None)
    medication = contained or substances.get(str(reference(pointer)))
    return concept(one(medication.get("code"))) if medication else CodeableConcept((), text(pointer.get("display")))


def _dose(resource: Json) -> str:
    """The dosage as its author wrote it; several lines one after the other. Nothing is computed from its parts."""
    lines = [*many(resource.get("dosageInstruction")), *many(resource.get("dosage"))]
    return "; ".join(filter(None, (text(line.get("text")) for line in lines)))
