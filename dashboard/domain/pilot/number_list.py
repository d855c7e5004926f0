"""The list behind one number of the figures alone: who withdrew, who was lost after which step and why, who was
enrolled in some months, and whoever reached a step in the care of a team.

Its pseudonyms are made for this number and this day, and are in no other list: put beside another list they would say
who of a site withdrew, or is in the care of which team, which are small numbers. So a list says as much as its number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import LOST, Area, Step, areas_of, loss_of, one_per_person, site_of_loss, steps_of
from dashboard.domain.pilot.pseudonyms import pseudonym
from dashboard.domain.pilot.subject import Subject

NOT_SCREENED: Final = "none"
TEAMS, CONFERENCES = "teams", "conferences"
PLANS: Final = ("plans", "plans_agreed", "plans_reviewed")
WORK: Final = (TEAMS, CONFERENCES, *PLANS)


def after_of(step: Step | None) -> str:
    """How a `Number` says the step after which people are lost."""
    return NOT_SCREENED if step is None else str(step)


@dataclass(frozen=True, slots=True)
class Number:
    """One number: who has reached a `step` in an area, of the curve until a day (`until`) and after another (`since`);
    or who is lost `after` a step (NOT_SCREENED before the first): of all, or `lost` in a way for a `reason`, "" where
    none is recorded; of whom of the enrolled a `datum` is on record; or one of WORK, the names of `Work`.
    """

    area: Area
    step: Step | None = None
    since: date | None = None
    until: date | None = None
    after: str = ""
    lost: EnrolmentState | None = None
    reason: str = ""
    datum: Datum | None = None
    work: str = ""

    def value(self, figures: EnrolmentFigures) -> int | None:
        """The number itself, None where it is not shown."""
        if self.after:
            return self._lost(figures)
        if self.datum is not None:
            having = next((each.having for each in figures.complete if each.area == self.area), {})
            return having[self.datum].value if self.datum in having else None
        if self.work:
            done = next((getattr(each, self.work) for each in figures.work if each.area == self.area), None)
            return done.value if isinstance(done, Count) else done
        if self.until is None:
            return figures.steps(self.area)[self.step].value if self.step is not None else None
        curve = (figures.curves or {}).get(self.area)
        points = dict(curve.points) if curve is not None else {}
        if self.step is not Step.ENROLLED or self.until not in points or (self.since or self.until) not in points:
            return None
        return points[self.until] - (points[self.since] if self.since is not None else 0)

    def _lost(self, figures: EnrolmentFigures) -> int | None:
        for each in (figures.lost or {}).get(self.area, ()):
            if after_of(each.step) == self.after:
                if self.lost is None:
                    return each.people.value
                why = {(state, reason): count for state, reason, count in each.reasons}
                found = why.get((self.lost, self.reason))
                return found.value if found is not None else None
        return None

    def counts(self, subject: Subject, regions: Mapping[str, str]) -> bool:
        """Whether somebody is one of this number."""
        if self.after:
            if subject.state not in LOST or self.area not in areas_of(site_of_loss(subject), regions):
                return False
            loss = loss_of(subject)
            why = self.lost is None or (loss.state, loss.reason) == (self.lost, self.reason)
            return why and after_of(loss.step) == self.after
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
    return names_of(number, people, figures, key, today)


def names_of(
    number: Number, people: Sequence[str], figures: EnrolmentFigures, key: str, today: date
) -> tuple[str, ...]:
    """A pseudonym for each of the ids, that are of this number and this day alone; none where they are not so many."""
    if number.value(figures) != len(people):
        return ()
    purpose = f"{figures.study} {today} {number}"
    return tuple(sorted(pseudonym(key, ident, purpose) for ident in people))
