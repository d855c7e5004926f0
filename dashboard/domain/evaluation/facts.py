"""Facts of the evaluation: what of a patient's records the measures count, one small value a record."""

from dataclasses import dataclass, field
from datetime import date, datetime

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """A result in the canonical unit of its measure; `day` is that of the sites. `preliminary`: it may still change."""

    measure: Measure
    day: date
    moment: datetime
    number: float
    preliminary: bool
    record: str


@dataclass(frozen=True, slots=True)
class Admission:
    """A stay in hospital that began on this day; `code` is the class of its Encounter."""

    day: date
    code: str
    record: str


@dataclass(frozen=True, slots=True)
class MedicineCourse:
    """From when to when a medicine was in force: `until` None goes on. `name` is the same for the same substance."""

    name: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class GoalCourse:
    """A goal from its start; `ended` when it was given up or completed, `achieved` since when it is reached."""

    record: str
    since: date
    ended: date | None
    achieved: date | None


@dataclass(frozen=True, slots=True)
class DecidedTask:
    """A task on which a conference decided, and when it was done; `encounter` is the id of the discussion."""

    record: str
    encounter: str
    decided: date
    done: date | None


@dataclass(frozen=True, slots=True)
class DiscussionAt:
    """That an Encounter, by its id, is a discussion of a conference."""

    encounter: str


@dataclass(frozen=True, slots=True)
class ConditionOf:
    """A programme condition that the patient has."""

    key: ConditionKey


Fact = MeasuredValue | Admission | MedicineCourse | GoalCourse | DecidedTask | DiscussionAt | ConditionOf


@dataclass(slots=True)
class PatientFacts:
    """All facts of one patient; a record that came twice counts once."""

    values: dict[Measure, list[MeasuredValue]] = field(default_factory=dict)
    admissions: set[Admission] = field(default_factory=set)
    medicines: set[MedicineCourse] = field(default_factory=set)
    goals: set[GoalCourse] = field(default_factory=set)
    tasks: set[DecidedTask] = field(default_factory=set)
    discussions: set[str] = field(default_factory=set)
    conditions: set[ConditionKey] = field(default_factory=set)

    def add(self, fact: Fact) -> None:
        match fact:
            case MeasuredValue():
                self.values.setdefault(fact.measure, []).append(fact)
            case Admission():
                self.admissions.add(fact)
            case MedicineCourse():
                self.medicines.add(fact)
            case GoalCourse():
                self.goals.add(fact)
            case DecidedTask():
                self.tasks.add(fact)
            case DiscussionAt():
                self.discussions.add(fact.encounter)
            case ConditionOf():
                self.conditions.add(fact.key)


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who was enrolled and has not withdrawn. `ids` are all Patient ids of this person, the one in use first.

    `until` is the last day on which anything counts: that of the death, or of leaving the study; `died` says which,
    and may be without a day.
    """

    ids: tuple[str, ...]
    arm: str
    layer: int | None
    site: str
    enrolled: date
    until: date | None = None
    died: bool = False
