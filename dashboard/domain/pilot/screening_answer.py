"""What the pilot's screening asks that no other page does: an Observation that answers one of its questions."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference


class ScreeningQuestion(StrEnum):
    """The questions; the codes of each are in `ValueSet/screening-<question>`."""

    LIVING_SITUATION = "living-situation"
    ICT_SELF_CHECK = "ict-self-check"
    NYHA_CLASS = "nyha-class"


NYHA_CLASSES: Final = {"NYHA I": True, "NYHA II": True, "NYHA III": False, "NYHA IV": False}
"""Whether somebody in this class may take part (NCT03834207: NYHA I-II)."""


@dataclass(frozen=True, slots=True)
class ScreeningAnswer:
    """`holds`: lives at home, passed the ICT self-check, is in NYHA class I or II; None where the value is not
    understood. `text` is the value as recorded, `by` who answered, `recorded` when that was put on record.
    """

    origin: Reference
    question: ScreeningQuestion
    holds: bool | None
    text: str
    when: PartialDate | None = None
    by: NamedReference = NOBODY
    recorded: PartialDate | None = None

    def surely_before(self, other: "ScreeningAnswer") -> bool:
        """Whether the other answer is certainly later; one without a date is earlier than any that has one. Of two on
        one day the one recorded later counts, as of two changes.
        """
        if self.when is None or other.when is None:
            return other.when is not None
        if self.when.text == other.when.text and self.recorded is not None and other.recorded is not None:
            exact = self.recorded.precision == other.recorded.precision == "time"
            return exact and self.recorded.moment < other.recorded.moment
        exact = self.when.precision == other.when.precision == "time"
        return self.when.end < other.when.start or (exact and self.when.moment < other.when.moment)

    def given_by(self, on: date) -> bool:
        """Whether it was given by a day."""
        return self.when is None or self.when.start <= on


def latest_answers(answers: list[ScreeningAnswer], on: date) -> list[ScreeningAnswer]:
    """The answers of which each may be the latest on a day: several where their dates do not say which is."""
    given = [each for each in answers if each.given_by(on)]
    return [each for each in given if not any(each.surely_before(other) for other in given)]


def agreed(answers: list[ScreeningAnswer]) -> bool | None:
    """What all of them say; None where there is none, they differ, or one of them is not understood."""
    said = {each.holds for each in answers}
    return said.pop() if len(said) == 1 else None
