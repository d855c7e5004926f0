"""AllergyIntolerance: an allergy, and what the banner says of allergies."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.absence import Absence
from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    NOBODY,
    CodeableConcept,
    NamedReference,
    PartialDate,
    Reference,
)


@dataclass(frozen=True, slots=True)
class Allergy:
    """An AllergyIntolerance: an allergy to a substance, or (`absence`) a statement that none is known or recorded.

    `onset_text` is an onset that is no date. `asserter` is who asserted it, else who recorded it. `unreadable` names
    parts that could not be read although the allergy is shown.
    """

    origin: Reference
    text: str
    reaction: str
    criticality: str
    clinical_status: str
    verification_status: str
    code: CodeableConcept = NO_CONCEPT
    onset: PartialDate | None = None
    onset_end: PartialDate | None = None
    onset_text: str = ""
    recorded: PartialDate | None = None
    asserter: NamedReference = NOBODY
    absence: Absence | None = None
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def active(self) -> bool:
        """False for an inactive or resolved one; a status that is not understood hides no allergy."""
        return self.clinical_status not in ("inactive", "resolved")


class AllergyState(StrEnum):
    """The four banners of the NHS CUI guidance; the last is for a read that failed, never "none"."""

    KNOWN = "known"
    NONE_KNOWN = "none-known"
    NOT_RECORDED = "not-recorded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class AllergyBanner:
    """The allergies to show, and what the banner says of them. `partly_none`: "no known drug allergy" or the like
    stands alone; the banner is then "not recorded".
    """

    allergies: tuple[Allergy, ...]
    state: AllergyState
    partly_none: bool = False


def allergy_banner(records: Iterable[Allergy], unreadable: bool) -> AllergyBanner:
    """Returns what all of a patient's records say together.

    A present allergy wins over a statement of none. With `unreadable` records the banner never says "none".
    """
    believed = [record for record in records if record.verification_status != "refuted"]
    allergies = tuple(record for record in believed if record.absence is None)
    none = any(record.absence is Absence.NONE_KNOWN and record.active for record in believed)
    if any(allergy.active for allergy in allergies):
        state = AllergyState.KNOWN
    elif unreadable:
        state = AllergyState.UNAVAILABLE
    else:
        state = AllergyState.NONE_KNOWN if none else AllergyState.NOT_RECORDED
    partly = any(record.absence is Absence.PARTLY_NONE for record in believed)
    return AllergyBanner(allergies, state, partly and state is AllergyState.NOT_RECORDED)
