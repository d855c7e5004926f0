"""What a care team records as the answer to a question of the pilot's screening: the choices, each with its code.

Where somebody lives and the codes of it are those of `ValueSet/screening-at-home` and `-not-at-home` (draft).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, NamedTuple

from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.values.code_systems import LOINC, OWN, SNOMED
from dashboard.domain.values.datatypes import NOBODY, Coding, NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError

_SCREENING: Final = OWN + "screening"
QUESTION_CODES: Final[Mapping[ScreeningQuestion, Coding]] = {
    ScreeningQuestion.LIVING_SITUATION: Coding(LOINC, "75274-1", "Characteristics of residence"),
    ScreeningQuestion.ICT_SELF_CHECK: Coding(_SCREENING, "ict-self-check", "ICT self-check"),
    ScreeningQuestion.NYHA_CLASS: Coding(LOINC, "88020-3", "Functional capacity NYHA"),
}


class Choice(NamedTuple):
    """One answer: its code, and whether it is the one that lets somebody take part."""

    coding: Coding
    holds: bool


CHOICES: Final[Mapping[ScreeningQuestion, Mapping[str, Choice]]] = {
    ScreeningQuestion.LIVING_SITUATION: {
        "alone": Choice(Coding(SNOMED, "105529008", "Lives alone"), True),
        "with-spouse": Choice(Coding(SNOMED, "447051007", "Lives with spouse"), True),
        "with-family": Choice(Coding(SNOMED, "224133007", "Lives with family"), True),
        "nursing-home": Choice(Coding(SNOMED, "160734000", "Lives in nursing home"), False),
        "residential-home": Choice(Coding(SNOMED, "394923006", "Lives in residential home"), False),
        "homeless": Choice(Coding(SNOMED, "32911000", "Homeless"), False),
    },
    ScreeningQuestion.ICT_SELF_CHECK: {
        "passed": Choice(Coding(_SCREENING, "passed", "Passed"), True),
        "not-passed": Choice(Coding(_SCREENING, "not-passed", "Not passed"), False),
    },
    ScreeningQuestion.NYHA_CLASS: {
        "i": Choice(Coding(SNOMED, "420300004", "New York Heart Association class I"), True),
        "ii": Choice(Coding(SNOMED, "421704003", "New York Heart Association class II"), True),
        "iii": Choice(Coding(SNOMED, "420913000", "New York Heart Association class III"), False),
        "iv": Choice(Coding(SNOMED, "422293003", "New York Heart Association class IV"), False),
    },
}  # fmt: skip
"""The choices of each question by a name of ours."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer as this dashboard records it. `choice` is a name in `CHOICES`; `by` who answered: the patient or a
    carer, of the self-check, and who found it, of the others; `recorded` when that was put on record. `source` is the
    resource it was read from, {} for a new one.
    """

    origin: Reference
    patient: Reference
    question: ScreeningQuestion
    choice: str
    day: PartialDate
    by: NamedReference = NOBODY
    status: str = "final"
    recorded: PartialDate | None = None
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


def require_answer(question: ScreeningQuestion, choice: str, day: date, today: date) -> None:
    """Raises UserFacingError for a choice that the question does not have, and for a day to come."""
    if choice not in CHOICES[question]:
        raise UserFacingError("screening-answer-missing")
    if day > today:
        raise UserFacingError("enrolment-day-in-future")


def entered_in_error(answer: RecordedAnswer) -> RecordedAnswer:
    """The answer, taken back: it stays on record and counts nowhere."""
    return replace(answer, status="entered-in-error")
