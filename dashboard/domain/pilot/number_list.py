"""The list behind one number of the figures alone: who withdrew, who was lost and why, who was enrolled in some months,
and whoever reached a step in the care of a team.

Its pseudonyms are made for this number and this day, and are in no other list: put beside another list they would say
who of a site withdrew, or is in the care of which team, which are small numbers. So a list says as much as its number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import Area, Step, areas_of, loss_of, one_per_person, site_of_loss, steps_of
from dashboard.domain.pilot.pseudonyms import pseudonym
from dashboard.domain.pilot.subject import Subject


@dataclass(frozen=True, slots=True)
class Number:
    """One number: who has reached a `step` in an area, of the curve until a day (`until`) and after another (`since`);
    or who is `lost` in a way, with this reason ("" none is recorded, None any).
    """

    area: Area
    step: Step | None = None
    since: date | None = None
    until: date | None = None
    lost: EnrolmentState | None = None
    reason: str | None = None

    def value(self, figures: EnrolmentFigures) -> int | None:
        """The number itself, None where it is not shown."""
        if self.lost is not None:
            return self._lost(figures)
        if self.until is None:
            return figures.steps(self.area)[self.step].value if self.step is not None else None
        curve = (figures.curves or {}).get(self.area)
        points = dict(curve.points) if curve is not None else {}
        if self.step is not Step.ENROLLED or self.until not in points or (self.since or self.until) not in points:
            return None
        return points[self.until] - (points[self.since] if self.since is not None else 0)

    def _lost(self, figures: EnrolmentFigures) -> int | None:
        for each in (figures.lost or {}).get(self.area, ()):
            if each.state is self.lost:
                found = each.people if self.reason is None else dict(each.reasons).get(self.reason)
                return found.value if found is not None else None
        return None

    def counts(self, subject: Subject, regions: Mapping[str, str]) -> bool:
        """Whether somebody is one of this number."""
        if self.lost is not None:
            same = subject.state is self.lost and self.reason in (None, loss_of(subject).reason)
            return same and self.area in areas_of(site_of_loss(subject), regions)
        at = steps_of(subject).get(self.step) if self.step is not None else None
        if at is None:
            return False
        if self.area.level is Level.TEAM:
            return at.team.to is not None and at.team.to.id == self.area.team
        # Who was enrolled on a day that is not known counts from the beginning.
        if at.day is None:
            return self.since is None and self.area in areas_of(at.site, regions)
        within = (self.since is None or at.day > self.since) and (self.until is None or at.day <= self.until)
        return within and self.area in areas_of(at.site, regions)


def number_rows(
    number: Number,
    subjects: Iterable[Subject],
    regions: Mapping[str, str],
    survivors: Mapping[str, str],
    figures: EnrolmentFigures,
    key: str,
    today: date,
) -> tuple[str, ...]:
    """A pseudonym for each person of the number; none where the number is not shown, or others were read than counted.

    `regions` leads from a site to its region, `survivors` from a merged record to the one in use.
    """
    people = [
        survivors.get(each.patient.id, each.patient.id)
        for each in one_per_person(subjects, survivors)
        if number.counts(each, regions)
    ]
    if number.value(figures) != len(people):
        return ()
    purpose = f"{figures.study} {today} {number}"
    return tuple(sorted(pseudonym(key, ident, purpose) for ident in people))
