"""AllergyIntolerance: what a patient is allergic to, or that there is nothing."""

from dashboard.domain.record.allergy import Allergy
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import code_of, concept, concept_text
from dashboard.fhir.mapping.dates import date_or_unreadable, timed_or_unreadable
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many, text
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json, terminology: Terminology) -> Allergy | Exclusion:
    """Returns the allergy, a refuted one too. Raises CannotRead("no-code") for one without a substance.

    Its dates never hide an allergy: one that is no date is named in `unreadable`.
    """
    verification = code_of(resource.get("verificationStatus"))
    if verification == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    code = concept(resource.get("code"))
    reactions = many(resource.get("reaction"))
    substance = code.text or next(filter(None, (concept_text(part.get("substance")) for part in reactions)), "")
    if not substance:
        raise CannotRead("no-code")
    onset, onset_end, onset_text, bad_onset = timed_or_unreadable(resource, "onset")
    recorded, bad_recorded = date_or_unreadable(resource, "recordedDate")
    return Allergy(
        origin=origin(resource),
        text=terminology.display(code.codings, substance) or substance,
        reaction=_reaction(reactions),
        criticality=text(resource.get("criticality")),
        clinical_status=code_of(resource.get("clinicalStatus")),
        verification_status=verification,
        code=code,
        onset=onset,
        onset_end=onset_end,
        onset_text=onset_text,
        recorded=recorded,
        asserter=first_named(resource.get("asserter"), resource.get("recorder")),
        unreadable=bad_onset or bad_recorded,
    )


def _reaction(reactions: list[Json]) -> str:
    words = [concept_text(part) for reaction in reactions for part in many(reaction.get("manifestation"))]
    words += [text(reaction.get("description")) for reaction in reactions if not reaction.get("manifestation")]
    return ", ".join(dict.fromkeys(filter(None, words)))
