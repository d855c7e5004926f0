"""What somebody has decided or said at a conference and is not saved yet: all that is needed to send it again."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference


class WaitingKind(StrEnum):
    """What it will be once it is saved."""

    DECISION = "decision"
    NO_CHANGE = "no-change"
    DISCUSSION = "discussion"
    CONCLUSION = "conclusion"


@dataclass(frozen=True, slots=True)
class Waiting:
    """`number` is that of the decision (its type says what it becomes), else that of the change: by it the server's
    records tell whether it was saved although its answer was lost. `said` is when it was written, `refused` why it
    cannot be saved as it is, "" while it is to be sent again.
    """

    kind: WaitingKind
    conference: Reference
    patient: Reference
    number: Reference
    text: str
    said: datetime
    owner: NamedReference = NOBODY
    due: date | None = None
    based_on: tuple[Reference, ...] = ()
    reason: str = ""
    refused: str = ""
