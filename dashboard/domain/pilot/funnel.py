"""The funnel of the pilot: how many people have reached each step, counted from their histories.

A step is counted once for each person, on the day and at the site where it was first reached: who moves afterwards
stays counted there. Reaching a step says that those before it were reached. A change that was taken back counts
nowhere, and two records of one person, of which one was merged into the other, are one person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment import EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.subject import EnrolmentChange, Subject
from dashboard.domain.values.datatypes import NOBODY, NamedReference


class Step(StrEnum):
    """A step of the funnel, in the order of the way through the pilot."""

    SCREENED = "screened"
    ELIGIBLE = "eligible"
    APPROACHED = "approached"
    CONSENTED = "consented"
    ENROLLED = "enrolled"
    ACTIVE = "active"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


WAY: Final = tuple(Step)[:-1]
"""The steps that follow each other: who has reached one has reached those before it."""


def _until(step: Step) -> tuple[Step, ...]:
    return WAY[: WAY.index(step) + 1]


STEPS: Final[dict[EnrolmentState, tuple[Step, ...]]] = {
    EnrolmentState.LISTED: (),
    EnrolmentState.SCREENING: (),  # counted when it has said eligible or not
    EnrolmentState.INELIGIBLE: _until(Step.SCREENED),
    EnrolmentState.ELIGIBLE: _until(Step.ELIGIBLE),
    EnrolmentState.APPROACHED: _until(Step.APPROACHED),
    EnrolmentState.DECLINED: _until(Step.APPROACHED),
    EnrolmentState.CONSENTED: _until(Step.CONSENTED),
    EnrolmentState.ENROLLED: _until(Step.ENROLLED),
    EnrolmentState.ACTIVE: _until(Step.ACTIVE),
    EnrolmentState.FOLLOW_UP: _until(Step.ACTIVE),
    EnrolmentState.COMPLETED: _until(Step.COMPLETED),
    EnrolmentState.WITHDRAWN: (*_until(Step.CONSENTED), Step.WITHDRAWN),
    EnrolmentState.LEFT: (),
}
"""state -> the steps that whoever is in it has reached at least."""


@dataclass(frozen=True, slots=True)
class Reached:
    """When, where and with which team a step was first reached; `day` is None where another system recorded no day."""

    day: date | None
    site: NamedReference
    team: NamedReference = NOBODY


class Area(NamedTuple):
    """An area of which is counted: everything, a region, a site or a team, by their ids; "" is not known."""

    level: Level
    region: str = ""
    site: str = ""
    team: str = ""


WHOLE: Final = Area(Level.ALL)


def steps_of(subject: Subject) -> dict[Step, Reached]:
    """The steps that a person has reached."""
    found: dict[Step, Reached] = {}
    for each in sorted(subject.valid_changes, key=lambda change: change.day.start):
        for step in STEPS[each.state]:
            found.setdefault(step, Reached(each.day.start, each.site, each.team))
    for step in (*STEPS[subject.state], *(_until(Step.ENROLLED) if subject.enrolled else ())):
        found.setdefault(step, Reached(None, subject.site))
    return found


def one_per_person(subjects: Iterable[Subject], survivors: Mapping[str, str]) -> list[Subject]:
    """The subjects, those of one person in one study joined: with all changes, and otherwise as the record in use says,
    or else the one that was changed last.

    `survivors` leads from the id of a merged Patient to that of the record in use.
    """
    same: dict[tuple[str, str], list[Subject]] = defaultdict(list)
    for each in subjects:
        same[survivors.get(each.patient.id, each.patient.id), str(each.study)].append(each)
    return [_joined(ident, found) if len(found) > 1 else found[0] for (ident, _), found in same.items()]


def _joined(ident: str, found: list[Subject]) -> Subject:
    def rank(each: Subject) -> tuple[bool, str, str]:
        last = max((change.recorded.moment.isoformat() for change in each.changes), default="")
        return each.patient.id == ident, last, each.origin.id

    *others, chosen = sorted(found, key=rank)
    # The own changes come last: the state is what they say.
    theirs = [change for each in others for change in each.changes]
    return replace(chosen, changes=(*theirs, *chosen.changes))


def count_funnel(
    subjects: Iterable[Subject],
    regions: Mapping[str, str],
    survivors: Mapping[str, str] | None = None,
    until: date | None = None,
) -> dict[Area, dict[Step, int]]:
    """How many people have reached each step, of everything and by region, site and team; `regions` leads from the id
    of a site or team to that of its region. `until`: by the end of that day; a step without a day counts only without.
    """
    counted: dict[Area, Counter[Step]] = defaultdict(Counter)
    counted[WHOLE].update()
    for subject in one_per_person(subjects, survivors or {}):
        for step, reached in steps_of(subject).items():
            if until is not None and (reached.day is None or reached.day > until):
                continue
            for area in (*areas_of(reached.site, regions), *_teams_of(reached.team, regions)):
                counted[area][step] += 1
    return {area: {step: found[step] for step in Step} for area, found in counted.items()}


class Loss(NamedTuple):
    """How people were lost: the last step that they had reached (None: not even screened), what ended it, and the coded
    reason, "" where another system recorded none.
    """

    step: Step | None
    state: EnrolmentState
    reason: str = ""


LOST: Final = frozenset(
    {EnrolmentState.INELIGIBLE, EnrolmentState.DECLINED, EnrolmentState.WITHDRAWN, EnrolmentState.LEFT}
)
"""The states of those who do not go on, whether or not they may come back."""


def count_losses(
    subjects: Iterable[Subject], regions: Mapping[str, str], survivors: Mapping[str, str] | None = None
) -> dict[Area, Counter[Loss]]:
    """How many people are lost now, and how, of everything and by region and by the site at which they were lost.

    Who was lost and came back is not.
    """
    counted: dict[Area, Counter[Loss]] = defaultdict(Counter)
    counted[WHOLE].update()
    for subject in one_per_person(subjects, survivors or {}):
        if subject.state not in LOST:
            continue
        for area in areas_of(site_of_loss(subject), regions):
            counted[area][loss_of(subject)] += 1
    return dict(counted)


def loss_of(subject: Subject) -> Loss:
    """How somebody who is lost was lost."""
    reached, last = steps_of(subject), _last_change(subject)
    step = next((each for each in reversed(WAY) if each in reached), None)
    return Loss(step, subject.state, last.reason if last is not None else "")


def site_of_loss(subject: Subject) -> NamedReference:
    """Where somebody who is lost was lost, which a later move does not change."""
    last = _last_change(subject)
    return last.site if last is not None else subject.site


def _last_change(subject: Subject) -> EnrolmentChange | None:
    """The change that led to the present state, which a move does not; None where another system did."""
    held = [each for each in subject.valid_changes if each.action is not EnrolmentAction.MOVE]
    return held[-1] if held and held[-1].state is subject.state else None


def areas_of(site: NamedReference, regions: Mapping[str, str]) -> tuple[Area, Area, Area]:
    """Everything, the region and the site of what happened there."""
    ident = site.to.id if site.to is not None else ""
    region = regions.get(ident, "")
    return WHOLE, Area(Level.REGION, region), Area(Level.SITE, region, ident)


def _teams_of(team: NamedReference, regions: Mapping[str, str]) -> tuple[Area, ...]:
    """The team in whose care something happened; none where that is not known."""
    return (Area(Level.TEAM, regions.get(team.to.id, ""), team=team.to.id),) if team.to is not None else ()
