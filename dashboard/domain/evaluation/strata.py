"""Strata of the evaluation: the arm, and inside it the site of enrolment or the pair of programme conditions.

Nobody is in two strata of one kind, so that sums can be protected: who has three or four of the conditions is in a
stratum of its own, and in none of the pairs.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from dashboard.domain.pilot.enrolment import Arm
from dashboard.domain.record.condition import PROGRAMME, ConditionKey

THREE_OR_MORE: Final = "3+"
UNDER_TWO: Final = "0-1"


class StratumKind(StrEnum):
    """By what the people of an arm are divided; ALL is the whole arm."""

    ALL = "all"
    SITE = "site"
    CONDITIONS = "conditions"


def arm_of(assigned: str) -> Arm:
    """The arm that somebody is counted in: whoever is not in the comparison arm takes part."""
    return Arm.COMPARISON if assigned == Arm.COMPARISON else Arm.INTERVENTION


def condition_stratum(conditions: Collection[ConditionKey]) -> str:
    """`T2DM+CKD`, `3+` or `0-1`, by the programme conditions that somebody has."""
    had = [key for key in PROGRAMME if key in conditions]
    if len(had) == 2:
        return f"{had[0]}+{had[1]}"
    return THREE_OR_MORE if len(had) > 2 else UNDER_TWO


def pairs() -> list[str]:
    """All condition strata in the order in which they are shown."""
    made = [f"{one}+{other}" for place, one in enumerate(PROGRAMME) for other in PROGRAMME[place + 1 :]]
    return [*made, THREE_OR_MORE, UNDER_TWO]
