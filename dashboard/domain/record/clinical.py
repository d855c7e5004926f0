"""What a patient's record says, one dataclass a kind of fact; the vocabulary shared by queries, rules and pages.

Conditions and measures are named by short keys; their codes live in value sets (data/terminology), and the
English words for the keys in `dashboard.ui.shared.wording`. Nothing here is decided by display text.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dashboard.domain.values.datatypes import Coding, PartialDate, Quantity, Reference


class ConditionKey(StrEnum):
    """The four long-term conditions of the programme, and everything else."""

    T2DM = "T2DM"
    HF = "HF"
    CKD = "CKD"
    DEPRESSION = "DEPRESSION"
    OTHER = "OTHER"


class Measure(StrEnum):
    """The key measures; the canonical unit of each is in `dashboard.domain.values.units.CANONICAL_UNIT`."""

    HBA1C = "HBA1C"  # mmol/mol
    EGFR = "EGFR"  # mL/min/{1.73_m2}
    UACR = "UACR"  # mg/mmol
    POTASSIUM = "POTASSIUM"  # mmol/L
    SODIUM = "SODIUM"  # mmol/L
    CREATININE = "CREATININE"  # umol/L
    SYSTOLIC = "SYSTOLIC"  # mm[Hg]
    DIASTOLIC = "DIASTOLIC"  # mm[Hg]
    WEIGHT = "WEIGHT"  # kg
    HEIGHT = "HEIGHT"  # cm
    BMI = "BMI"  # kg/m2
    LVEF = "LVEF"  # %
    NTPROBNP = "NTPROBNP"  # ng/L
    PHQ9 = "PHQ9"  # {score}
    LDL = "LDL"  # mmol/L
    CHOLESTEROL = "CHOLESTEROL"  # mmol/L
    HAEMOGLOBIN = "HAEMOGLOBIN"  # g/L


KEY_MEASURES: dict[ConditionKey, tuple[Measure, ...]] = {
    ConditionKey.T2DM: (Measure.HBA1C, Measure.BMI, Measure.LDL, Measure.SYSTOLIC, Measure.DIASTOLIC),
    ConditionKey.HF: (
        Measure.LVEF,
        Measure.NTPROBNP,
        Measure.WEIGHT,
        Measure.SYSTOLIC,
        Measure.DIASTOLIC,
        Measure.SODIUM,
    ),
    ConditionKey.CKD: (
        Measure.EGFR,
        Measure.UACR,
        Measure.POTASSIUM,
        Measure.SYSTOLIC,
        Measure.DIASTOLIC,
        Measure.CREATININE,
        Measure.HAEMOGLOBIN,
    ),
    ConditionKey.DEPRESSION: (Measure.PHQ9,),
}
"""The measures by which each condition is followed, the most telling first; one measure may tell of several conditions.

After the processes of care that `dashboard.domain.attention.checks` cites; the order is our own choice, and a draft.
"""


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """One measured value in its canonical unit; `recorded` is as the source sent it, `converted` says they differ.

    `origin` is the Observation. A panel (blood pressure) yields one Result a component.
    """

    measure: Measure
    value: Quantity
    when: PartialDate
    recorded: Quantity
    converted: bool
    origin: Reference


@dataclass(frozen=True, slots=True)
class KeyResult:
    """The latest value of a measure, where it came from, and its course (oldest first, latest last)."""

    measure: Measure
    latest: Result
    previous: Result | None
    direction: Direction
    series: tuple[Result, ...]
    abnormal: bool = False
    target_low: Quantity | None = None
    target_high: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that exists and could not be used: shown, never dropped. `why` is a short code for the wording."""

    origin: Reference
    why: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A Condition. `keys` are the programme conditions it belongs to (may be none), `stage` is "G3b", "NYHA II" ..."""

    origin: Reference
    code: tuple[Coding, ...]
    text: str
    keys: tuple[ConditionKey, ...]
    onset: PartialDate | None
    abatement: PartialDate | None
    clinical_status: str
    verification_status: str
    stage: str = ""
    severity: Coding | None = None
    unmapped: bool = False

    @property
    def active(self) -> bool:
        """True while the problem is there: never a refuted one, and one without a clinical status until it abated."""
        if self.verification_status in ("refuted", "entered-in-error"):
            return False
        if not self.clinical_status:
            return self.abatement is None
        return self.clinical_status in ("active", "recurrence", "relapse")


@dataclass(frozen=True, slots=True)
class Medicine:
    """A MedicationRequest or MedicationStatement. `atc` is "" where no class could be told, `dose` as written."""

    origin: Reference
    text: str
    code: tuple[Coding, ...]
    atc: str
    dose: str
    status: str
    started: PartialDate | None
    ended: PartialDate | None
    serves: tuple[ConditionKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Allergy:
    """An AllergyIntolerance that names a substance."""

    origin: Reference
    text: str
    reaction: str
    criticality: str
    clinical_status: str
    verification_status: str


class AllergyState(StrEnum):
    """The four banners of the NHS CUI guidance; the last is for a read that failed, never "none"."""

    KNOWN = "known"
    NONE_KNOWN = "none-known"
    NOT_RECORDED = "not-recorded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A participant of the patient's CareTeam; `role_text` where the role carries no coding we know."""

    member: Reference | None
    name: str
    role: Coding | None
    role_text: str
    since: PartialDate | None
    until: PartialDate | None


@dataclass(frozen=True, slots=True)
class Carer:
    """A RelatedPerson."""

    origin: Reference
    name: str
    relationship: str
    phone: str


@dataclass(frozen=True, slots=True)
class CareTeam:
    """A CareTeam: who cares for one patient, and the MDT (an Organization) that manages it, with its name."""

    origin: Reference
    patient: Reference
    status: str
    team: Reference | None
    team_name: str
    since: PartialDate | None
    until: PartialDate | None
    members: tuple[TeamMember, ...] = ()

    def has_member(self, who: Reference, on: date) -> bool:
        """True when `who` belongs to the team on that day: the team is active, and both periods hold the day."""
        return (
            self.status == "active"
            and covers(self.since, self.until, on)
            and any(m.member == who and covers(m.since, m.until, on) for m in self.members)
        )


def covers(since: PartialDate | None, until: PartialDate | None, on: date) -> bool:
    """True when the day may lie in the period; an open end is open, and "2024" as an end lasts to 31 December."""
    return (since is None or since.start <= on) and (until is None or on <= until.end)


@dataclass(frozen=True, slots=True)
class Edit:
    """A Provenance: who changed what, when and why. `target` is without its version; `who` "" where unnamed."""

    origin: Reference
    target: Reference
    when: datetime
    who: str
    activity: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a Goal aims at for one measure, in the canonical unit; one of the ends may be open."""

    measure: Measure
    low: Quantity | None
    high: Quantity | None


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A Goal as the plan lists it; `by_patient` from expressedBy."""

    origin: Reference
    text: str
    lifecycle_status: str
    achievement_status: str
    by_patient: bool
    measure: Measure | None
    target_low: Quantity | None
    target_high: Quantity | None
    due: PartialDate | None
    addresses: tuple[ConditionKey, ...] = ()
    targets: tuple[Target, ...] = ()


OPEN_TASK = frozenset({"draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"})
"""Task statuses that wait for somebody (https://hl7.org/fhir/R4/valueset-task-status.html); the others are ends."""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A FHIR Task. `due` is restriction.period.end; `comments` are Task.note, oldest first (author, when, text)."""

    origin: Reference
    version: str
    text: str
    patient: Reference | None
    status: str
    priority: str
    owner: Reference | None
    owner_name: str
    requester_name: str
    authored: PartialDate | None
    due: PartialDate | None
    comments: tuple[tuple[str, str, str], ...] = ()

    @property
    def open(self) -> bool:
        """True while somebody has still to do it."""
        return self.status in OPEN_TASK


@dataclass(frozen=True, slots=True)
class Contact:
    """An Encounter (or a booked Appointment when `planned`)."""

    origin: Reference
    when: PartialDate
    text: str
    kind: str
    status: str
    with_whom: str
    place: str
    planned: bool = False


@dataclass(frozen=True, slots=True)
class PlanLine:
    """The patient's care plan in a line: status, version, and who changed it last (Provenance; "" where unknown)."""

    origin: Reference
    version: str
    title: str
    status: str
    editor: str
    edited: datetime | None
    review_due: date | None
    goals: tuple[GoalLine, ...] = ()
    activities: tuple[Reference, ...] = ()
