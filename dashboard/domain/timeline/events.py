"""One patient's whole story as events, each in the lanes of the conditions it belongs to, and the measured series.

Lanes are the four conditions of the programme and OTHER. An event belongs to a lane by its code, its reason, what it
addresses, its measure or its drug class (`LaneReason`), never by its display text; what serves several conditions has
several memberships and stays one event. What belongs nowhere is in OTHER, and is `unmapped` where no code of it is
understood.

Nothing is lost on the way: a record is an Event, or it is counted in `Timeline.excluded` under the rule that left it
out, or it is an Unreadable.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.pilot.patient_enrolment import PatientEnrolment
from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.flag import Flag
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult, Measure, Result, Target
from dashboard.domain.record.people import Person
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.questionnaire_response import Answer
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, Old, Section
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference
from dashboard.errors import Failure


class EventKind(StrEnum):
    """What kind of thing an event is; the kinds that can be switched on and off are groups of these (`KIND_GROUPS`)."""

    CONDITION = "condition"  # Condition: a span, with stage and severity
    MEDICINE = "medicine"  # MedicationRequest, MedicationStatement: a span
    CONTACT = "contact"  # Encounter, booked Appointment
    CONFERENCE = "conference"  # Encounter or Appointment of a case conference
    PROCEDURE = "procedure"  # Procedure
    RESULT = "result"  # Observation
    QUESTIONNAIRE = "questionnaire"  # QuestionnaireResponse
    REPORT = "report"  # DiagnosticReport, ImagingStudy, DocumentReference
    IMMUNISATION = "immunisation"  # Immunization
    ALLERGY = "allergy"  # AllergyIntolerance
    GOAL = "goal"  # Goal: from its start to the due date of its target
    PLAN = "plan"  # CarePlan, and each Provenance of a change to it or its goals
    TASK = "task"  # Task
    ORDER = "order"  # ServiceRequest, CommunicationRequest
    FLAG = "flag"  # Flag


class EventState(StrEnum):
    """What the record's status comes to on a time axis; which status of which type is which, is a table."""

    PLANNED = "planned"  # not begun: booked, requested, intended
    ONGOING = "ongoing"  # goes on; drawn to the moment of view
    DONE = "done"  # has taken place, or has ended as it should
    STOPPED = "stopped"  # ended before its time (stopped, on-hold, cancelled goal, revoked plan)
    NOT_DONE = "not-done"  # was meant to be and was not (not-done, no-show, refused)
    UNKNOWN = "unknown"  # the source does not say


class Certainty(StrEnum):
    """How sure the source is: of a diagnosis by its verificationStatus, of a result by a preliminary status."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"  # unconfirmed, provisional, differential; preliminary
    REFUTED = "refuted"  # shown struck through in its lane, never as something the patient has


class LaneReason(StrEnum):
    """By what an event belongs to a lane."""

    CODE = "code"
    MEASURE = "measure"
    REASON = "reason"
    ADDRESSES = "addresses"
    DRUG_CLASS = "drug-class"
    PART = "part"  # part of something that belongs there: a report's result, a change to a goal


@dataclass(frozen=True, slots=True)
class LaneMembership:
    """One lane of an event, and why. `equivalence` is FHIR R4's word for the loosest translation on the way ("equal"
    where the code itself is in the value set); anything but equal and equivalent is shown on hover. `through` is what
    it was found by: the coding as the source wrote it, or the record that names the condition.
    """

    lane: ConditionKey
    reason: LaneReason
    equivalence: str = "equal"
    through: Coding | Reference | None = None


class DateWarning(StrEnum):
    """What is not right about the dates of a record that is shown all the same; worded on hover and in the table."""

    REVERSED = "reversed"  # its period ends before it begins: the end is left away
    AHEAD = "ahead"  # recorded as done, or begun, on a day that has not come yet
    EXPIRED = "expired"  # still planned for a day that is over
    STILL_ACTIVE = "still-active"  # its period is over, and its status says that it goes on
    RECORDED = "recorded"  # begins on the day it was recorded: the source does not say since when


@dataclass(frozen=True, slots=True)
class Event:
    """One record on the time axis.

    `start` and `end` keep their precision; both None: undated, listed and not drawn. `end` None with state ONGOING goes
    on. `text` is the name in words (a terminology's display), `detail` what the record adds to it (a value with its
    unit, a dose as written, a stage, an outcome). `track` is equal for events of one story: the same substance, the
    same condition; "" for single ones. `results` are the measured values in canonical units (several for a panel);
    `detail` then holds only what is not among them.

    ONGOING with an `end` goes on and is meant to end then (a plan's review). `date_warnings` says what is odd about the
    dates.
    """

    origin: Reference
    kind: EventKind
    text: str
    start: PartialDate | None
    end: PartialDate | None = None
    state: EventState = EventState.DONE
    certainty: Certainty = Certainty.CONFIRMED
    memberships: tuple[LaneMembership, ...] = ()
    codes: tuple[Coding, ...] = ()
    unmapped: bool = False
    detail: str = ""
    status: str = ""
    track: str = ""
    stage: str = ""
    severity: str = ""
    atc: str = ""
    abnormal: bool = False
    urgent: bool = False
    results: tuple[Result, ...] = ()
    who: str = ""
    why: str = ""
    recorded: PartialDate | None = None
    date_warnings: tuple[DateWarning, ...] = ()

    @property
    def lanes(self) -> tuple[ConditionKey, ...]:
        """The lanes it is in, each once, in the enum's order; OTHER alone where it belongs to none of the four."""
        lanes = {membership.lane for membership in self.memberships}
        return tuple(key for key in ConditionKey if key in lanes) or (ConditionKey.OTHER,)

    @property
    def usual_lanes(self) -> frozenset[ConditionKey]:
        """The lanes in which a medicine is by its drug class alone: no record says that the patient has it for that."""
        said = {each.lane for each in self.memberships if each.reason is not LaneReason.DRUG_CLASS}
        return frozenset(each.lane for each in self.memberships) - said


@dataclass(frozen=True, slots=True)
class TargetWindow:
    """What a Goal aims at for one measure, from its start to its due date."""

    origin: Reference
    target: Target
    since: PartialDate | None
    until: PartialDate | None
    text: str

    @property
    def measure(self) -> Measure:
        return self.target.measure

    @property
    def low(self) -> float | None:
        """The low end as it is drawn; of a bare number there is no range to draw."""
        return float(self.target.low.value) if self.target.low and not self.target.bare else None

    @property
    def high(self) -> float | None:
        """The high end as it is drawn."""
        return float(self.target.high.value) if self.target.high and not self.target.bare else None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything about one patient, oldest first, undated last.

    A measure or a drug class brings an event only into lanes of conditions that the patient has (on record in whatever
    state, or named as a reason); where the problems could not be read, into all that it may tell of.

    `series`: key measures in canonical units, oldest first, none of a day after the moment of view; a value whose unit
    is not known is counted in `refused` and listed in `unreadable`, never in a series. `excluded` counts what a rule
    left out, by (resource type, rule). `not_read` names resource types whose search failed, and why: their absence is
    never "none". `old` names those of which this is what was last known, because they could not be read again.
    `results` are the key results with their marks, `urgent` the measures of the urgent ones, `problems` the conditions
    and `medicines` the prescriptions on record. `conference` is when the team last met about the patient. `person`,
    `allergies`, `allergy_state`, `flags`, `enrolment`, `emergency_access` are what the banner shows.
    """

    person: Person
    fetched: datetime
    events: tuple[Event, ...]
    series: Mapping[Measure, tuple[Result, ...]] = field(default_factory=dict)
    results: Mapping[Measure, KeyResult] = field(default_factory=dict)
    urgent: frozenset[Measure] = frozenset()
    problems: tuple[Condition, ...] = ()
    medicines: tuple[Medicine, ...] = ()
    targets: tuple[TargetWindow, ...] = ()
    goals: tuple[Goal, ...] = ()
    conference: datetime | None = None
    allergies: Section[tuple[Allergy, ...]] = field(default_factory=lambda: Section(()))
    allergy_state: AllergyState = AllergyState.UNAVAILABLE
    flags: Section[tuple[Flag, ...]] = field(default_factory=lambda: Section(()))
    enrolment: Section[PatientEnrolment] = field(default_factory=lambda: Section(PatientEnrolment()))
    excluded: Mapping[tuple[str, Exclusion], int] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()
    refused: Mapping[Measure, int] = field(default_factory=dict)
    unmapped: Mapping[Coding, int] = field(default_factory=dict)
    not_read: Mapping[str, Failure] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    stale: str = ""
    old: Mapping[str, Old] = field(default_factory=dict)
    emergency_access: EmergencyAccess | None = None

    def whole(self, types: Iterable[str] | None = None) -> bool:
        """Whether all resource types were read just now, or all of these."""
        missed = self.not_read.keys() | self.old.keys()
        return not missed if types is None else missed.isdisjoint(types)


@dataclass(frozen=True, slots=True)
class EventDetail:
    """What is asked for when an event is picked: where it came from. `raw` is the resource as the server sent it,
    pretty JSON, without other patients; `address` where it is on the server; `history` who changed it, newest first.
    `answers` are those of a questionnaire. Empty strings where the record does not say.
    """

    event: Event
    source: str = ""
    recorded: PartialDate | None = None
    recorder: str = ""
    version: str = ""
    history: tuple[Provenance, ...] = ()
    raw: str = ""
    address: str = ""
    answers: tuple[Answer, ...] = ()
    emergency_access: EmergencyAccess | None = None
