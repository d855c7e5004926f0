"""Condition: a problem of the patient, and the long-term conditions of the programme."""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    NOBODY,
    CodeableConcept,
    Coding,
    NamedReference,
    PartialDate,
    Reference,
)


class ConditionKey(StrEnum):
    """The four long-term conditions of the programme, and everything else."""

    T2DM = "T2DM"
    HF = "HF"
    CKD = "CKD"
    DEPRESSION = "DEPRESSION"
    OTHER = "OTHER"


PROGRAMME = tuple(key for key in ConditionKey if key is not ConditionKey.OTHER)
"""The long-term conditions of the programme, in the order in which pages show them."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A Condition. `keys` are the programme conditions it belongs to (may be none), `stage` is "G3b", "NYHA II" ...

    `onset_text` is an onset that is no date (an age, words). `asserter` is who asserted it, else who recorded it.
    `unreadable` names parts that could not be read although the condition is shown.
    """

    origin: Reference
    code: tuple[Coding, ...]
    text: str
    keys: tuple[ConditionKey, ...]
    onset: PartialDate | None
    abatement: PartialDate | None
    clinical_status: str
    verification_status: str
    stage: str = ""
    severity: CodeableConcept = NO_CONCEPT
    unmapped: bool = False
    onset_text: str = ""
    recorded: PartialDate | None = None
    asserter: NamedReference = NOBODY
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def refuted(self) -> bool:
        """True where the patient turned out not to have it, or it was entered in error."""
        return self.verification_status in ("refuted", "entered-in-error")

    @property
    def active(self) -> bool:
        """True while the problem is there: never a refuted one, and one without a clinical status until it abated."""
        if self.refuted:
            return False
        if not self.clinical_status:
            return self.abatement is None
        return self.clinical_status in ("active", "recurrence", "relapse")
