"""AllergyIntolerance: what a patient is allergic to, or that there is nothing."""

from typing import Final

from dashboard.domain.record.allergy import Allergy
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.absence import Absence, Subject
from dashboard.domain.values.datatypes import CodeableConcept
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import concept, concept_text, with_absent_reason
from dashboard.fhir.mapping.dates import date_or_unreadable, timed_or_unreadable
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many, text
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.mapping.statuses import CLINICAL, VERIFICATION, status_in

_CATEGORIES: Final = frozenset({"food", "medication", "environment", "biologic"})


def from_fhir(resource: Json, terminology: Terminology) -> Allergy | Exclusion:
    """Returns the allergy, a refuted one too. Raises CannotRead("no-code") for one without a substance.

    Its dates never hide an allergy: one that is no date is named in `unreadable`.
    """
    verification = status_in(resource.get("verificationStatus"), VERIFICATION)
    if verification == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    code = concept(resource.get("code"))
    reactions = many(resource.get("reaction"))
    absence = _absence(resource, code, reactions, terminology)
    substance = code.text or next(filter(None, (concept_text(part.get("substance")) for part in reactions)), "")
    if not substance and absence is None:
        raise CannotRead("no-code")
    onset, onset_end, onset_text, bad_onset = timed_or_unreadable(resource, "onset")
    recorded, bad_recorded = date_or_unreadable(resource, "recordedDate")
    return Allergy(
        origin=origin(resource),
        text=terminology.display(code.codings, substance) or substance,
        reaction=_reaction(reactions),
        criticality=text(resource.get("criticality")),
        clinical_status=status_in(resource.get("clinicalStatus"), CLINICAL),
        verification_status=verification,
        code=code,
        onset=onset,
        onset_end=onset_end,
        onset_text=onset_text,
        recorded=recorded,
        asserter=first_named(resource.get("asserter"), resource.get("recorder")),
        absence=absence,
        unreadable=bad_onset or bad_recorded,
    )


def _absence(resource: Json, code: CodeableConcept, reactions: list[Json], terminology: Terminology) -> Absence | None:
    """What the record says by naming no allergy; None where it names a substance or a reaction.

    Words alone ("none known") in a record about some categories say nothing of the others.
    """
    written = with_absent_reason(resource.get("code"), code)
    absence = terminology.absence(Subject.ALLERGIES, written)
    named = [concept(part) for each in reactions for part in (each.get("substance"), *many(each.get("manifestation")))]
    if any(each.text and terminology.absence(Subject.ALLERGIES, each) is None for each in named):
        return None
    categories = resource.get("category")
    about = _CATEGORIES & set(map(text, categories)) if isinstance(categories, list) else _CATEGORIES
    if absence is Absence.NONE_KNOWN and not written.codings and about and about != _CATEGORIES:
        return Absence.PARTLY_NONE
    return absence


def _reaction(reactions: list[Json]) -> str:
    words = [concept_text(part) for reaction in reactions for part in many(reaction.get("manifestation"))]
    words += [text(reaction.get("description")) for reaction in reactions if not reaction.get("manifestation")]
    return ", ".join(dict.fromkeys(filter(None, words)))
