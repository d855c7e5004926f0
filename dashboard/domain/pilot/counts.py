"""What a pilot manager sees of the pilot: counts by area, and one row with a pseudonym for each patient.

Nothing here holds a patient's id, name, birth date or identifier.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import PartialDate

_BANDS: Final = ((0, 54), (55, 64), (65, 74), (75, 84))
_OLDEST: Final = 85


class Level(StrEnum):
    """The kind of an area."""

    ALL = "all"
    REGION = "region"
    SITE = "site"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """The patients of a region or site and how many have each condition of the programme; `name` "" is not known."""

    level: Level
    name: str
    region: str
    patients: Count
    conditions: tuple[tuple[ConditionKey, Count], ...]


@dataclass(frozen=True, slots=True)
class PseudonymRow:
    """One patient. A value that fewer than five patients share is left out: "" or None."""

    pseudonym: str
    region: str = ""
    site: str = ""
    age_band: str = ""
    sex: str = ""
    conditions: int | None = None


@dataclass(frozen=True, slots=True)
class PilotCounts:
    """The pilot as of a moment: the whole first, then each region followed by its sites.

    There are no rows where the whole is withheld. Patients who have withdrawn their consent are counted in `withdrawn`
    and nowhere else. `unreadable` counts records that could not be read.
    """

    areas: tuple[AreaCounts, ...]
    rows: tuple[PseudonymRow, ...]
    withdrawn: Count
    fetched: datetime
    unreadable: int = 0
    notices: tuple[Notice, ...] = ()


def age_band(birth: PartialDate | None, on: date) -> str:
    """`65-74`, `85+`, "" where the birth date is not precise enough."""
    if birth is None:
        return ""
    oldest, youngest = _band(full_years(birth.start, on)), _band(full_years(birth.end, on))
    return oldest if oldest == youngest else ""


def full_years(birth: date, on: date) -> int:
    """Birthdays since a birth date; somebody born on 29 February has theirs on 1 March of other years."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def _band(years: int) -> str:
    return next((f"{low}-{high}" for low, high in _BANDS if years <= high), f"{_OLDEST}+")
