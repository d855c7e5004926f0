"""MedicationRequest and MedicationStatement: a medicine, its class by ATC, its dose in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.dosage import dose_words, has_unworded
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.absence import Absence, Subject
from dashboard.domain.values.datatypes import CodeableConcept, Coding
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import concept, concept_text, concepts, with_absent_reason
from dashboard.fhir.mapping.dates import date_or_unreadable, partial_date, period
from dashboard.fhir.mapping.dosage import bounds_end, dosages
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many, named_references, one, reference, text
from dashboard.fhir.mapping.quantities import amount
from dashboard.fhir.mapping.reading import origin

CURRENT: Final = frozenset({"active", "on-hold", "intended"})


def from_fhir(
    resource: Json, terminology: Terminology, substances: Mapping[str, Json] | None = None
) -> Medicine | Exclusion:
    """Returns the medicine, also one that was not taken (it is not `given`), or is not to be. Raises CannotRead.

    `substances` are Medication resources by "Medication/id", for records that refer to one.
    """
    kind, status, intent = (text(resource.get(name)) for name in ("resourceType", "status", "intent"))
    excluded = excluded_by_status(kind, status, intent)
    if excluded is not None:
        return excluded
    substance = _substance(resource, substances or {})
    said = terminology.absence(Subject.MEDICINES, substance.stated)
    if said not in (None, Absence.UNKNOWN):
        return Exclusion.NO_NEWS
    name = substance.name or terminology.display(substance.codings, "")
    if said is not None or not name:
        raise CannotRead("no-code")
    codes = tuple(filter(None, (terminology.atc(coded) for coded in substance.coded)))
    validity = period(one(resource.get("dispenseRequest")).get("validityPeriod"))
    effective = period(resource.get("effectivePeriod"))
    authored = partial_date(resource.get("authoredOn"))
    asserted, unreadable = date_or_unreadable(resource, "dateAsserted")
    started = authored or partial_date(resource.get("effectiveDateTime")) or effective[0] or validity[0]
    lines = dosages(resource)
    served = {key for atc in codes for key in terminology.conditions_served(atc)}
    return Medicine(
        origin=origin(resource),
        text=name,
        code=substance.codings,
        atc=codes[0] if codes else "",
        dose=dose_words(lines),
        status=status,
        started=started or asserted,
        ended=effective[1] or bounds_end(resource),
        valid_until=validity[1],
        serves=tuple(key for key in ConditionKey if key in served),
        intent=intent,
        do_not_perform=resource.get("doNotPerform") is True,
        reason_codes=concepts(resource.get("reasonCode")),
        reason_references=named_references(resource.get("reasonReference")),
        status_reason=concept_text(resource.get("statusReason")),
        prescriber=first_named(resource.get("requester"), resource.get("informationSource")),
        recorded=authored or asserted,
        ingredients_atc=codes,
        dose_unworded=has_unworded(lines),
        unreadable=unreadable,
    )


def absence(resource: Json, terminology: Terminology) -> Absence | None:
    """What the record says by naming no medicine: that none is known, or that medicines are not recorded."""
    kind, status, intent = (text(resource.get(name)) for name in ("resourceType", "status", "intent"))
    if excluded_by_status(kind, status, intent) is not None:
        return None
    return terminology.absence(Subject.MEDICINES, _substance(resource, {}).stated)


@dataclass(frozen=True, slots=True)
class _Substance:
    """What a medicine is. `stated` is its own concept with the reason why nothing is named, `coded` the codings that
    may say its class: those of the medicine, else those of each active ingredient.
    """

    name: str
    stated: CodeableConcept
    coded: tuple[tuple[Coding, ...], ...]

    @property
    def codings(self) -> tuple[Coding, ...]:
        return tuple(coding for codings in self.coded for coding in codings)


def _substance(resource: Json, included: Mapping[str, Json]) -> _Substance:
    """By the medicine's own concept, that of a contained Medication, or that of one read with it; its ingredients where
    a Medication has no code, and its name by the display of the reference before that of the ingredients.
    """
    if "medicationCodeableConcept" in resource:
        element = one(resource["medicationCodeableConcept"])
        own = concept(element)
        return _Substance(own.text, with_absent_reason(element, own), (own.codings,))
    pointer = one(resource.get("medicationReference"))
    contained = {f"#{part.get('id')}": part for part in many(resource.get("contained"))}
    medication = contained.get(text(pointer.get("reference"))) or included.get(str(reference(pointer))) or {}
    code = concept(one(medication.get("code")))
    parts = [part for part in many(medication.get("ingredient")) if part.get("isActive") is not False]
    named = [_ingredient(part, contained) for part in parts]
    ingredients = " / ".join(
        filter(None, (_strength(part, each.text) for part, each in zip(parts, named, strict=True)))
    )
    name = code.text or text(pointer.get("display")) or ingredients
    stated = with_absent_reason(medication.get("code"), code if code.text else CodeableConcept((), name))
    return _Substance(name, stated, (code.codings,) if code.codings else tuple(each.codings for each in named))


def _ingredient(part: Json, contained: Mapping[str, Json]) -> CodeableConcept:
    """The concept of an ingredient: its own, or that of the contained Substance or Medication it refers to."""
    if "itemCodeableConcept" in part:
        return concept(one(part["itemCodeableConcept"]))
    pointer = one(part.get("itemReference"))
    code = concept(one(contained.get(text(pointer.get("reference")), {}).get("code")))
    return CodeableConcept(code.codings, code.text or text(pointer.get("display")))


def _strength(part: Json, name: str) -> str:
    """`warfarin 1 mg`; the name alone where the ingredient has no strength."""
    strength = one(part.get("strength"))
    top, below = amount(strength.get("numerator")), amount(strength.get("denominator"))
    per = "" if not below or (below.split()[0] == "1" and " " not in below) else f" per {below}"
    return f"{name} {top}{per}" if name and top else name
