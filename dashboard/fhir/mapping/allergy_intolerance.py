"""AllergyIntolerance: what a patient is allergic to, and what "none" means."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.code_systems import SNOMED
from dashboard.domain.values.datatypes import Coding
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    code_of,
    codings,
    concept_text,
    many,
    origin,
    read_one,
    text,
)

NO_KNOWN_ALLERGY: Final = Coding(SNOMED, "716186003")
PARTLY_NONE: Final = frozenset(
    # No known drug, food, environmental allergy: each says nothing of the others, so it is not "no known allergies".
    Coding(SNOMED, code)
    for code in ("409137002", "429625007", "428607008", "1003774007")
)


@dataclass(frozen=True, slots=True)
class AllergyReading:
    """The allergies, which banner they make, and the records that could not be read.

    `partly_none` says that a narrower statement ("no known drug allergy") stands alone: the banner is then "not
    recorded".
    """

    allergies: tuple[Allergy, ...]
    state: AllergyState
    unreadable: tuple[Unreadable, ...] = ()
    partly_none: bool = False


def allergies(rows: Iterable[Json], terminology: Terminology) -> AllergyReading:
    """What all the patient's AllergyIntolerances say together.

    A present allergy wins over a statement of none. A record that could not be read never lets the banner say "none".
    """
    found: list[Allergy] = []
    unreadable: list[Unreadable] = []
    none = partly = False
    for row in rows:
        value = read_one(row, lambda resource: allergy_intolerance(resource, terminology))
        if isinstance(value, Unreadable):
            unreadable.append(value)
        elif value is not None:
            codes = codings(row.get("code"))
            if NO_KNOWN_ALLERGY in codes:
                none |= value.clinical_status in ("active", "")
            elif not PARTLY_NONE.isdisjoint(codes):
                partly = True
            else:
                found.append(value)
    present = any(line.clinical_status in ("active", "") for line in found)
    state = _state(present, none, bool(unreadable))
    return AllergyReading(tuple(found), state, tuple(unreadable), partly and state is AllergyState.NOT_RECORDED)


def _state(present: bool, none: bool, unreadable: bool) -> AllergyState:
    if present:
        return AllergyState.KNOWN
    if unreadable:
        return AllergyState.UNAVAILABLE
    return AllergyState.NONE_KNOWN if none else AllergyState.NOT_RECORDED


def allergy_intolerance(resource: Json, terminology: Terminology) -> Allergy | None:
    """One record; None when it was entered in error or refuted."""
    if code_of(resource.get("verificationStatus")) in ("entered-in-error", "refuted"):
        return None
    return written_allergy(resource, terminology)


def written_allergy(resource: Json, terminology: Terminology) -> Allergy:
    """One record as it stands, whatever its statuses say."""
    concept = resource.get("code")
    reactions = many(resource.get("reaction"))
    substance = concept_text(concept) or next(filter(None, (concept_text(r.get("substance")) for r in reactions)), "")
    if not substance:
        raise CannotRead("no-code")
    return Allergy(
        origin=origin(resource),
        text=terminology.display(codings(concept), substance) or substance,
        reaction=_reaction(reactions),
        criticality=text(resource.get("criticality")),
        clinical_status=code_of(resource.get("clinicalStatus")),
        verification_status=code_of(resource.get("verificationStatus")),
    )


def _reaction(reactions: list[Json]) -> str:
    words = [concept_text(part) for r in reactions for part in many(r.get("manifestation"))]
    words += [text(r.get("description")) for r in reactions if not r.get("manifestation")]
    return ", ".join(dict.fromkeys(filter(None, words)))
