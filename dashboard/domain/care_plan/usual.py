"""What a team usually considers for a condition: goals and activities to choose from when a shared plan is made.

They are data (`data/usual-plans`), each with its source; `dashboard.fhir.usual_plan_files` reads them. Nothing of them
is in anybody's plan before a person has chosen it. What no clinician has reviewed is a draft, and pages say so.
"""

import re
from dataclasses import dataclass
from typing import Final

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.values.datatypes import Coding

KINDS: Final = ("ServiceRequest", "Task", "CommunicationRequest")
"""What an activity becomes: an order, a task, a message."""
MARKS: Final = ("V", "S", "M")
"""How a source was read: in the source itself, in a secondary source, from memory."""
LONGEST: Final = 160  # letters: a line of a form
MOST_WEEKS: Final = 104
_YEAR: Final = re.compile(r"\b\d{4}\b")


@dataclass(frozen=True, slots=True)
class Citation:
    """Where something comes from: source with edition, link, and how it was read (one of `MARKS`).

    ValueError for a source without a year, a link that is none, or another mark.
    """

    source: str
    url: str
    mark: str

    def __post_init__(self) -> None:
        if not _YEAR.search(self.source):
            raise ValueError(f"the source {self.source!r} needs its edition with a year")
        if not self.url.startswith("https://"):
            raise ValueError(f"the link {self.url!r} of {self.source!r} has to begin with https://")
        if self.mark not in MARKS:
            raise ValueError(f"{self.source!r} is marked {self.mark!r} and not V, S or M")

    @property
    def cited(self) -> str:
        """As pages show it: source, edition and mark."""
        return f"{self.source} [{self.mark}]"


@dataclass(frozen=True, slots=True)
class UsualGoal:
    """A goal to choose. `targets` are in the canonical unit of their measure; of a measure without one the team agrees
    the number with the person. `weeks` is by when, counted from the start. `priority` is FHIR's goal-priority code.

    ValueError for words or weeks out of bounds.
    """

    key: str
    text: str
    weeks: int
    citation: Citation
    measures: tuple[Measure, ...] = ()
    targets: tuple[Target, ...] = ()
    priority: str = "medium-priority"

    def __post_init__(self) -> None:
        _check(self.key, self.text, self.weeks)


@dataclass(frozen=True, slots=True)
class UsualActivity:
    """An activity to choose. `kind` is one of `KINDS`; `role` is who does it in the team, None for the patient.

    `weeks` is by when it is done (the first time, of what recurs), counted from the start; None for what is done more
    often than weekly. `every` is how often in FHIR's words, a count and a unit (1, "mo"); None for once. `goals` are
    the keys of the usual goals that it serves.

    ValueError for words or weeks out of bounds, or another kind.
    """

    key: str
    text: str
    kind: str
    weeks: int | None
    citation: Citation
    role: Coding | None = None
    role_text: str = ""
    code: Coding | None = None
    every: tuple[int, str] | None = None
    goals: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self.key, self.text, self.weeks or 0)
        if self.kind not in KINDS:
            raise ValueError(f"{self.key!r} is to become {self.kind!r}, which is none of {', '.join(KINDS)}")

    @property
    def by_patient(self) -> bool:
        return self.role is None


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual goals and activities of a condition. `reviewed_by` is the clinician who has reviewed them, "" for
    nobody.

    ValueError where two goals or activities share a key, or an activity serves a goal that is not there.
    """

    condition: ConditionKey
    title: str
    version: str
    goals: tuple[UsualGoal, ...]
    activities: tuple[UsualActivity, ...]
    reviewed_by: str = ""

    def __post_init__(self) -> None:
        for keys in ([goal.key for goal in self.goals], [activity.key for activity in self.activities]):
            twice = sorted({key for key in keys if keys.count(key) > 1})
            if twice:
                raise ValueError(f"{', '.join(twice)} is there twice")
        known = {goal.key for goal in self.goals}
        for activity in self.activities:
            for key in activity.goals:
                if key not in known:
                    raise ValueError(f"{activity.key!r} serves the goal {key!r}, which is not among them")

    @property
    def draft(self) -> bool:
        """Whether no clinician has reviewed them."""
        return not self.reviewed_by

    def serving(self, goal: UsualGoal) -> tuple[UsualActivity, ...]:
        """The activities that serve a goal."""
        return tuple(activity for activity in self.activities if goal.key in activity.goals)


def _check(key: str, text: str, weeks: int) -> None:
    if not key:
        raise ValueError("every goal and activity needs an id")
    if not text.strip() or len(text) > LONGEST:
        raise ValueError(f"{key!r} needs words, {LONGEST} letters at most")
    if not 0 <= weeks <= MOST_WEEKS:
        raise ValueError(f"{key!r} is due in {weeks} weeks, which is not between 0 and {MOST_WEEKS}")
