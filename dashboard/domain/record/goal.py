"""Goal: what is aimed at, with its targets."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dashboard.domain.record.comment import Comment
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import (
    NO_CONCEPT,
    NOBODY,
    CodeableConcept,
    NamedReference,
    PartialDate,
    Quantity,
    Reference,
)

# https://hl7.org/fhir/R4/valueset-goal-status.html
PURSUED: Final = ("active", "accepted")
"""Statuses of a goal that is being worked towards: only its targets are a measure of how somebody does."""
ENDED: Final = frozenset({"completed", "cancelled", "rejected", "entered-in-error"})
_ORDER: Final = (PURSUED, ("planned",), ("on-hold",), ("proposed",), ("", "unknown"))


# https://hl7.org/fhir/R4/valueset-goal-priority.html
PRIORITIES: Final = ("high-priority", "medium-priority", "low-priority")
# https://hl7.org/fhir/R4/valueset-goal-acceptance-status.html
ACCEPTANCES: Final = ("agree", "disagree", "pending")
CONFLICTS_WITH: Final = "conflicts-with"
"""Our own relation between two goals: to reach the one makes the other harder. HL7 has none, and says "other"."""
# https://hl7.org/fhir/R4/valueset-goal-relationship-type.html
RELATIONS: Final = ("predecessor", "successor", "replacement", "milestone", "other", CONFLICTS_WITH)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether a person agrees to a goal: `status` is one of `ACCEPTANCES`, "" where none is given; `words` are what the
    person said to it.
    """

    person: NamedReference
    status: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class RelatedGoal:
    """How another goal is related to this one: `kind` is one of `RELATIONS`, or another code as its source wrote it.

    A predecessor must be met before this goal is worked towards, a successor comes after it, a replacement is worked
    towards in its place, a milestone is a step of it.
    """

    kind: str
    goal: Reference


@dataclass(frozen=True, slots=True)
class OtherTarget:
    """A target that is no number of a key measure: with the unit as written, or in the record's own words."""

    measure: Measure | None
    measured: str
    low: Quantity | None = None
    high: Quantity | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A FHIR Goal. `targets` has those of key measures, `other_targets` the others, `measured` the concepts they name,
    `due` the first due date of any. `accepted_by` says who agrees to it, `related` how it stands to other goals.

    `conditions` are the programme conditions among what it `addresses`, once the Conditions are known
    (`with_conditions`). `unreadable` names targets and dates that could not be read although the goal is shown.
    `source` is the resource it was read from, {} of a new one, None in lists and caches.
    """

    origin: Reference
    text: str
    lifecycle_status: str
    achievement_status: str
    by_patient: bool
    due: PartialDate | None
    conditions: tuple[ConditionKey, ...] = ()
    targets: tuple[Target, ...] = ()
    other_targets: tuple[OtherTarget, ...] = ()
    description: CodeableConcept = NO_CONCEPT
    achievement_text: str = ""
    start: PartialDate | None = None
    status_date: PartialDate | None = None
    status_reason: str = ""
    expressed_by: NamedReference = NOBODY
    addresses: tuple[Reference, ...] = ()
    measured: tuple[CodeableConcept, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    version: str = ""
    patient: Reference | None = None
    priority: str = ""
    accepted_by: tuple[Acceptance, ...] = ()
    related: tuple[RelatedGoal, ...] = ()
    notes: tuple[Comment, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


def in_order(goals: Iterable[Goal]) -> list[Goal]:
    """The goals as every page lists them, in whatever order a server sent them.

    Pursued ones come before planned ones, those on hold, proposals and ended ones; then the latest start comes first,
    those without a start last; then the id decides.
    """
    return sorted(goals, key=_place)


def _place(goal: Goal) -> tuple[int, float, str, str]:
    place = next((place for place, statuses in enumerate(_ORDER) if goal.lifecycle_status in statuses), len(_ORDER))
    start = -goal.start.moment.timestamp() if goal.start else math.inf
    return place, start, goal.origin.type, goal.origin.id


def counting_targets(goals: Iterable[Goal]) -> dict[Measure, tuple[Target, Goal]]:
    """The target that counts for each measure, and its goal: of the goals pursued the first of `in_order` that has one.

    So of two targets for one measure that of the goal agreed last counts.
    """
    found: dict[Measure, tuple[Target, Goal]] = {}
    for goal in in_order(goals):
        if goal.lifecycle_status in PURSUED:
            for target in goal.targets:
                found.setdefault(target.measure, (target, goal))
    return found


def with_conditions(goal: Goal, keys: Mapping[Reference, tuple[ConditionKey, ...]]) -> Goal:
    """The goal with the programme conditions it addresses, in the order of `ConditionKey`."""
    addressed = {key for record in goal.addresses for key in keys.get(record, ())}
    return replace(goal, conditions=tuple(key for key in ConditionKey if key in addressed))
