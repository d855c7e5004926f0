"""Condition: a problem of the patient, and the long-term conditions of the programme."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

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


_ACTIVE: Final = frozenset({"active", "recurrence", "relapse"})
_PAST: Final = frozenset({"inactive", "remission", "resolved"})
_SURE: Final = frozenset({"confirmed", "presumed", ""})


@dataclass(frozen=True, slots=True)
class Condition:
    """A Condition. `keys` are the programme conditions it belongs to (may be none), `stage` is "G3b", "NYHA II" ...

    `onset_text` and `abatement_text` are an onset and an abatement that are no date (an age, words); `abated`: there is
    an abatement of any type. A status that R4 does not know is as its source wrote it. `asserter` is who asserted it,
    else who recorded it. `unreadable` names parts that could not be read although the condition is shown.
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
    abatement_text: str = ""
    abated: bool = False
    recorded: PartialDate | None = None
    asserter: NamedReference = NOBODY
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def refuted(self) -> bool:
        """True where the patient turned out not to have it, or it was entered in error."""
        return self.verification_status in ("refuted", "entered-in-error")

    @property
    def suspected(self) -> bool:
        """True where nobody has confirmed it: unconfirmed, provisional, differential, or a word unknown to R4."""
        return not self.refuted and self.verification_status not in _SURE

    @property
    def established(self) -> bool:
        """True where the patient has it now and nobody doubts it: what asks for checks and is counted in the pilot."""
        return self.active and not self.suspected

    @property
    def active(self) -> bool:
        """True while the problem is there: never a refuted one. Its clinical status says so; without one, or with one
        that R4 does not know, it is there until it abated.
        """
        if self.refuted or self.clinical_status in _PAST:
            return False
        return self.clinical_status in _ACTIVE or not (self.abated or self.abatement)


def latest_first(problems: Iterable[Condition]) -> list[Condition]:
    """The problems as every page lists them: active ones first, then the latest onset, those without one last; then the
    id decides.
    """
    return sorted(problems, key=_place)


def _place(problem: Condition) -> tuple[bool, float, str]:
    onset = -problem.onset.moment.timestamp() if problem.onset else math.inf
    return not problem.active, onset, problem.origin.id
