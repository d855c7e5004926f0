"""CarePlan: the shared plan, and what pages show of it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    NOBODY,
    CodeableConcept,
    NamedReference,
    PartialDate,
    Reference,
)

_STATUS_ORDER: Final = ("active", "on-hold", "draft", "unknown", "completed", "revoked")


@dataclass(frozen=True, slots=True)
class PlanActivity:
    """An activity that is written in the plan itself, or named there: `text` what, `status`, `when` in words.

    `not_to_do`: doNotPerform. `details` are its description, who does it, where, and why its status is as it is;
    `progress` are its outcomes and progress notes.

    `in_plan`: the plan itself says it (activity.detail); then `kind` is what it would be as a record of its own, and
    what that record would hold is here too. `record` is the record that has it, of one that is only named in the plan.
    `converted_to` is the record that takes its place, in a plan to be written.
    """

    text: str
    status: str = ""
    when: str = ""
    not_to_do: bool = False
    details: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    in_plan: bool = False
    kind: str = ""
    code: CodeableConcept = NO_CONCEPT
    performers: tuple[NamedReference, ...] = ()
    goals: tuple[Reference, ...] = ()
    reasons: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    start: PartialDate | None = None
    end: PartialDate | None = None
    record: Reference | None = None
    converted_to: Reference | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one activity of a plan, in words."""

    activity: Reference
    words: str


@dataclass(frozen=True, slots=True)
class CarePlan:
    """A FHIR CarePlan, with references to its goals and to what its activities refer to. `end` is when it is reviewed.

    `contained_goals` are goals that are in the plan itself, under ids made from the plan's. `details` are the
    activities that are written in it, `notes` its notes, `narrative` its text for people. `author` is the first of
    author and contributors that has a name or can be followed. `unreadable` names parts that could not be read although
    the plan is shown. `custodian` is who keeps the plan, `care_teams` are those who carry it out. `outcomes` are what
    came of its activities. `source` is the resource it was read from, {} of a new one, None in lists and caches.
    """

    origin: Reference
    version: str
    title: str
    status: str
    intent: str
    category: CodeableConcept = NO_CONCEPT
    description: str = ""
    start: PartialDate | None = None
    end: PartialDate | None = None
    created: PartialDate | None = None
    author: NamedReference = NOBODY
    goals: tuple[Reference, ...] = ()
    activities: tuple[Reference, ...] = ()
    addresses: tuple[Reference, ...] = ()
    contained_goals: tuple[Reference, ...] = ()
    details: tuple[PlanActivity, ...] = ()
    notes: tuple[Comment, ...] = ()
    narrative: str = ""
    unreadable: tuple[Unreadable, ...] = ()
    patient: Reference | None = None
    custodian: NamedReference = NOBODY
    care_teams: tuple[Reference, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CarePlanSummary:
    """The plan as pages show it, joined with its goals and with who changed it last ("" and None where unknown).
    `start` is when it was agreed.
    """

    origin: Reference
    version: str
    title: str
    status: str
    editor: str
    edited: datetime | None
    review_due: date | None
    goals: tuple[Goal, ...] = ()
    activities: tuple[Reference, ...] = ()
    intent: str = ""
    description: str = ""
    details: tuple[PlanActivity, ...] = ()
    notes: tuple[str, ...] = ()
    narrative: str = ""
    start: PartialDate | None = None


def summary_of(
    plan: CarePlan, goals: Mapping[Reference, Goal] | None = None, changes: Iterable[Provenance] = ()
) -> CarePlanSummary:
    """Joins a plan with those of the goals that it refers to, and with the newest change of it."""
    about = [change for change in changes if change.is_about(plan.origin)]
    last = max(about, key=lambda change: change.when, default=None)
    known = goals or {}
    return CarePlanSummary(
        origin=plan.origin,
        version=plan.version,
        title=plan.title or plan.category.text,
        status=plan.status,
        editor=last.who if last else "",
        edited=last.when if last else None,
        review_due=plan.end.end if plan.end else None,
        goals=tuple(known[goal] for goal in (*plan.goals, *plan.contained_goals) if goal in known),
        activities=plan.activities,
        intent=plan.intent,
        description=plan.description,
        details=plan.details,
        notes=tuple(note.text for note in plan.notes),
        narrative=plan.narrative,
        start=plan.start,
    )


def rank(plan: CarePlan) -> tuple[int, int, float, str]:
    """Sort key for the plan that counts, which comes last: by status, then a shared plan (intent plan), then the
    newest, then by id.
    """
    place = _STATUS_ORDER.index(plan.status) if plan.status in _STATUS_ORDER else len(_STATUS_ORDER)
    start = plan.start.moment.timestamp() if plan.start else -math.inf
    return (-place, int(plan.intent == "plan"), start, plan.origin.id)
