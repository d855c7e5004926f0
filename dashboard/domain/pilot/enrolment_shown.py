"""The figures of the pilot as a pilot manager sees them: what may be shown of `EnrolmentCounts`, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import WITHHELD, Count
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.funnel import WHOLE, Area, Step
from dashboard.domain.pilot.pace import Pace
from dashboard.domain.record.views import Notice


@dataclass(frozen=True, slots=True)
class AreaSteps:
    """An area with its steps. `target` is how many are to be enrolled there by `target_day`, the last of its targets,
    and `due` how many by today, on the straight line between its targets; None where it has none. Teams have no target.
    """

    area: Area
    name: str
    steps: Mapping[Step, Count]
    target: int | None = None
    target_day: date | None = None
    due: int | None = None

    @property
    def enrolled(self) -> Count:
        return self.steps[Step.ENROLLED]


@dataclass(frozen=True, slots=True)
class Curve:
    """How many were enrolled by the end of each `day`, and the target `line`; the last point is today. A point is there
    only where it may be shown. `line` has (day, people) at each bend, the first day of the study first.
    """

    area: Area
    points: tuple[tuple[date, int], ...]
    line: tuple[tuple[date, float], ...]
    pace: Pace


@dataclass(frozen=True, slots=True)
class Lost:
    """Those who are lost after a step, None before the first: how many, and the ways and coded reasons that may be
    shown, "" where none is recorded.
    """

    step: Step | None
    people: Count
    reasons: tuple[tuple[EnrolmentState, str, Count], ...]


@dataclass(frozen=True, slots=True)
class Complete:
    """Of how many of the enrolled of an area a datum is on record."""

    area: Area
    of: Count
    having: Mapping[Datum, Count]


@dataclass(frozen=True, slots=True)
class Work:
    """What the teams of an area have done. Teams and conferences are no people; plans are one for each person.
    None is what the server could not count.
    """

    area: Area
    teams: int | None
    conferences: int | None
    plans: Count | None
    plans_agreed: Count | None
    plans_reviewed: Count | None


@dataclass(frozen=True, slots=True)
class EnrolmentFigures:
    """The pilot as of a moment. Without a study (`title` "" and `study` "") there is nothing else. `areas` has the
    whole first, then each region followed by its sites, then the teams. `lost` is of the whole and, where
    they add up to it, of the regions; a line a step. `names` leads from ids to names, `teams` from a
    region to its teams, whose conferences are counted `since` a day.
    """

    fetched: datetime
    study: str = ""
    title: str = ""
    registration: str = ""
    start: date | None = None
    end: date | None = None
    areas: tuple[AreaSteps, ...] = ()
    curves: Mapping[Area, Curve] | None = None
    lost: Mapping[Area, tuple[Lost, ...]] | None = None
    complete: tuple[Complete, ...] = ()
    work: tuple[Work, ...] = ()
    teams: Mapping[str, tuple[str, ...]] | None = None
    since: date | None = None
    names: Mapping[str, str] | None = None
    others: Mapping[str, str] | None = None
    unreadable: int = 0
    by_status: int = 0
    notices: tuple[Notice, ...] = ()

    def steps(self, area: Area) -> Mapping[Step, Count]:
        """The steps of an area; withheld for one that there is not."""
        return next((each.steps for each in self.areas if each.area == area), dict.fromkeys(Step, WITHHELD))

    @property
    def whole(self) -> AreaSteps:
        return next(each for each in self.areas if each.area == WHOLE)

    def under(self, region: str) -> tuple[AreaSteps, ...]:
        """The areas of a region, or all for "", without the whole."""
        return tuple(
            each for each in self.areas if each.area.level is not Level.ALL and region in ("", each.area.region)
        )
