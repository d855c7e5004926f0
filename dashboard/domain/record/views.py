"""What queries answer with: the worklist of a team, the tasks of a person, the summary of one patient."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

import pandas as pd

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.attention.reason import Check, Reason
from dashboard.domain.pilot.patient_enrolment import PatientEnrolment
from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.care_team import Carer, TeamMember
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.flag import Flag
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult
from dashboard.domain.record.people import Person, Team
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.absence import Absence, Subject
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure

T = TypeVar("T")

WORKLIST_COLUMNS = {
    # column: (pandas dtype or Python type held, meaning)
    "patient_id": (str, "logical id of the Patient"),
    "person": (Person, "name, birth, gender, identifiers"),
    "team_ids": (tuple, "ids of the user's teams that care for the patient"),
    "team": (str, "name of the first of them"),
    "site": (str, "name of the organisation that manages the patient"),
    "region": (str, "name of the region"),
    "conditions": (tuple, "ConditionKey of active problems, in the enum's order, OTHER left out"),
    "suspected": (frozenset, "those of the conditions that nobody has confirmed"),
    "stages": (dict, "ConditionKey -> stage text, e.g. CKD -> G3b"),
    "reasons": (tuple, "Reason, most points first"),
    "urgency": (int, "sum of the reasons' points"),
    "overdue": (tuple, "Check that is overdue, longest first"),
    "risks": (tuple, "RiskScore of every RiskKey; () of who has died, and while records are still being read"),
    "results": (dict, "Measure -> KeyResult"),
    "next_conference": (datetime, "aware; None where none is booked"),
    "open_tasks": (int, "Tasks not ended"),
    "my_tasks": (int, "of these, owned by the user"),
    "overdue_tasks": (int, "of the open, past their due date"),
    "owners": (tuple, "names of the owners of open tasks"),
    "last_contact": (object, "PartialDate of the last Encounter, None where none in the window"),
    "plan": (CarePlanSummary, "None where there is no plan"),
    "unread": (frozenset, "resource types of which the patient's records could not be read"),
    "awaited": (frozenset, "resource types that are still being read"),
    "updated": (datetime, "aware; the newest meta.lastUpdated among the patient's rows: the age of the data"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user must know about what is shown: `kind` is a key the wording knows, `detail` fills its place."""

    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RowsRead:
    """How much of a search has come: rows so far, and how many there will be (None where the server does not say)."""

    rows: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Worklist:
    """The patients of the user's teams, most urgent first. `rows` has exactly WORKLIST_COLUMNS, one row a patient.

    `fetched` is when the server was last asked, `stale` the code of the error why it could not be asked again ("" when
    it could): the rows are then the last ones known. `window_days` is how far back results and contacts were read.
    `awaited` are the resource types that are still being read, with how much of each has come: until there are none,
    the rows are by name, since nobody can know yet who is most urgent.
    """

    rows: pd.DataFrame
    teams: tuple[Team, ...]
    fetched: datetime
    stale: str = ""
    window_days: int = 730
    notices: tuple[Notice, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    awaited: Mapping[str, RowsRead] = field(default_factory=dict)
    patients: tuple[str, ...] = field(init=False, repr=False)
    """The ids of the rows' patients, in their order, for the audit record of every read."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "patients", tuple(self.rows["patient_id"]))


@dataclass(frozen=True, slots=True)
class TaskList:
    """Open Tasks owned by the user or the user's teams, and those ended in the last 14 days, earliest due first.

    `others` are, for a coordinator, the open tasks about the patients of her teams that others own.
    """

    tasks: tuple[Task, ...]
    people: dict[str, Person]
    fetched: datetime
    stale: str = ""
    notices: tuple[Notice, ...] = ()
    others: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True)
class Old:
    """What was last `read` at that moment, and could not be read again since another: `failed` says why."""

    read: datetime
    since: datetime
    failed: Failure

    def earlier(self, other: "Old") -> "Old":
        """Both as one: the earlier moments of each, and why the first failed."""
        return Old(min(self.read, other.read), min(self.since, other.since), self.failed)


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """A part of a page that was read, or why it was not: a failed read is never shown as an empty one. `old` where it
    is what was last known, because it could not be read again.
    """

    value: T | None
    failed: Failure | None = None
    old: Old | None = None

    @property
    def ok(self) -> bool:
        return self.failed is None


@dataclass(frozen=True, slots=True)
class PatientSummary:
    """One patient on one screen. Each section stands alone: one that could not be read says so, the rest is shown.

    `results` holds the key measures of each programme condition the patient has, and under OTHER those measured that
    belong to none of them. `goals` are all of the patient's, those of the plan first. `contacts` are the booked ones,
    soonest first, then the last 20, newest first. `flags` are those that the banner shows, `enrolment` is
    how the person stands in the pilot.
    `absences` is what the record says by naming no problem or medicine ("no known problems"). `stale` is the code of
    the error why the server could not be asked again; what is here is then the last that was known, as of `fetched`.
    `old` names the resource types that could not be read again, whose sections hold what was last known.
    `emergency_access` is the grant under which somebody from outside reads the record. `private` are the
    items that are kept from carers, where the patient reads it, `phones` the numbers of the team's members at work.
    """

    person: Person
    fetched: datetime
    allergies: Section[tuple[Allergy, ...]]
    allergy_state: AllergyState
    problems: Section[tuple[Condition, ...]]
    results: Section[dict[ConditionKey, tuple[KeyResult, ...]]]
    medicines: Section[tuple[Medicine, ...]]
    team: Section[tuple[TeamMember, ...]]
    carers: Section[tuple[Carer, ...]]
    plan: Section[CarePlanSummary | None]
    tasks: Section[tuple[Task, ...]]
    contacts: Section[tuple[Contact, ...]]
    goals: Section[tuple[Goal, ...]]
    flags: Section[tuple[Flag, ...]] = field(default_factory=lambda: Section(()))
    enrolment: Section[PatientEnrolment] = field(default_factory=lambda: Section(PatientEnrolment()))
    absences: Mapping[Subject, Absence] = field(default_factory=dict)
    attention: tuple[Reason, ...] = ()
    checks: tuple[Check, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = ()
    stale: str = ""
    old: Mapping[str, Old] = field(default_factory=dict)
    emergency_access: EmergencyAccess | None = None
    private: frozenset[Reference] = frozenset()
    phones: Section[dict[Reference, str]] = field(default_factory=lambda: Section({}))


@dataclass(frozen=True, slots=True)
class PatientMatch:
    """A row of find-a-patient: enough to tell two people apart. `one_letter`: the name fits but for one letter;
    `similar`: somebody else of the user's teams has a similar name and birth date.
    """

    person: Person
    team: str = ""
    one_letter: bool = False
    similar: bool = False
