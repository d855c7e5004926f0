"""The figures of the pilot as the server counted them: raw whole numbers, which nobody has yet decided may be shown.

Nothing here holds a patient's id, name, birth date or identifier.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from dashboard.domain.pilot.funnel import Area, Loss, Step
from dashboard.domain.pilot.study import Study
from dashboard.domain.record.views import Notice


class Datum(StrEnum):
    """What is to be known of everybody who is enrolled."""

    HBA1C = "hba1c"
    BLOOD_PRESSURE = "blood-pressure"
    EGFR = "egfr"
    PHQ9 = "phq9"
    WEIGHT = "weight"
    CONSENT_FORM = "consent-form"


@dataclass(frozen=True, slots=True)
class Share:
    """Of how many people something is known, and how many people there are."""

    having: int
    of: int


@dataclass(frozen=True, slots=True)
class TeamWork:
    """What the teams of an area have done: teams that take part, conferences held, care plans of the
    enrolled that were made; of these, those agreed to, which is signed off and not given up; and of those agreed to,
    those reviewed since, which is saved again while in force (`dashboard.domain.attention.plan_review.is_review`). What
    other systems have saved, or this program before it wrote the tag, is not known as a review. None is what the server
    could not count.
    """

    teams: int | None = None
    conferences: int | None = None
    plans: int | None = None
    plans_agreed: int | None = None
    plans_reviewed: int | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentCounts:
    """The pilot as of a moment. `study` is None where the server holds none; then there is nothing else. Its sites have
    the targets.

    funnel: of the whole, each region, site and team, how many people have reached each step; a region is the sum of its
      sites, an id "" is not known. Every area has every step.
    in_care: of a site and a team of its region, by their ids, how many have reached each step at that site while in the
      care of that team; without those where nobody has.
    losses: of the whole and each region, how many are lost now, and how.
    enrolled: of the whole, each region and site, how many were enrolled in each month, by its first day. Who was
      enrolled on a day that is not known is in the funnel alone.
    completeness: of the whole, each region and site, of how many of the enrolled each datum is on record; without those
      that the server could not count. FHIR's searches cannot ask for a value of a code and a time at once, so it is a
      value of any time.
    work: of the whole and each region.
    teams: the ids of the teams of each region, which are counted.
    since: the day from which conferences are counted.
    names: the ids of regions, sites and teams -> their names.
    unreadable: people whose record cannot be read, and who are counted nowhere.
    by_status: people whom another system has put in the study, so many that they are counted by their status alone, and
      at no site.
    others: of the studies that the server holds, those that could be shown instead: id -> title.
    """

    study: Study | None
    fetched: datetime
    funnel: Mapping[Area, Mapping[Step, int]] = field(default_factory=dict)
    in_care: Mapping[tuple[str, str], Mapping[Step, int]] = field(default_factory=dict)
    losses: Mapping[Area, Mapping[Loss, int]] = field(default_factory=dict)
    enrolled: Mapping[Area, Mapping[date, int]] = field(default_factory=dict)
    completeness: Mapping[Area, Mapping[Datum, Share]] = field(default_factory=dict)
    work: Mapping[Area, TeamWork] = field(default_factory=dict)
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    unreadable: int = 0
    by_status: int = 0
    others: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
