"""What the rules of attention know of one patient on one day."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import PROGRAMME, Condition, ConditionKey
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.record.people import Person
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import PartialDate

GIVE_NO_REASON: Final = frozenset({"Procedure", "GuidanceResponse"})
"""Types that are read of a team for its recommendations alone: where they could not be read no reason is missing."""


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """The facts that the rules use.

    `conditions` are the programme conditions of the active problems without those that are only suspected: a
    suspicion asks for no recurring checks. `medicines_atc` the ATC codes of current
    medicines, `tasks` the open ones, `checks_done` the days of recurring checks that leave no measured value (foot,
    eyes). `unread` names the resource types that could not be read: what is missing of them gives no reason.
    """

    conditions: tuple[ConditionKey, ...] = ()
    stages: Mapping[ConditionKey, str] = field(default_factory=dict)
    results: Mapping[Measure, KeyResult] = field(default_factory=dict)
    medicines_atc: tuple[str, ...] = ()
    checks_done: Mapping[str, PartialDate] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    plan: CarePlanSummary | None = None
    last_contact: PartialDate | None = None
    age: int | None = None
    deceased: bool = False
    unread: frozenset[str] = frozenset()


def patient_facts(
    person: Person,
    problems: Sequence[Condition],
    medicines: Sequence[Medicine],
    results: Mapping[Measure, KeyResult],
    checks_done: Mapping[str, PartialDate],
    tasks: Sequence[Task],
    plan: CarePlanSummary | None,
    last_contact: PartialDate | None,
    stages: Mapping[ConditionKey, str],
    on: date,
    unread: Set[str] = frozenset(),
) -> PatientFacts:
    """The facts of a patient's record on a day: `problems` are the active ones, `tasks` the open ones."""
    return PatientFacts(
        conditions=conditions_of([problem for problem in problems if problem.established]),
        stages=stages,
        results=results,
        medicines_atc=tuple(
            atc for each in medicines if each.given and each.status == "active" for atc in each.classes_atc
        ),
        checks_done=checks_done,
        tasks=tuple(tasks),
        plan=plan,
        last_contact=last_contact,
        age=age(person, on),
        deceased=bool(person.deceased),
        unread=frozenset(unread),
    )


def conditions_of(problems: Sequence[Condition]) -> tuple[ConditionKey, ...]:
    """The programme conditions among active problems, in the enum's order."""
    return tuple(key for key in PROGRAMME if any(key in problem.keys for problem in problems))


def suspected_conditions(problems: Sequence[Condition]) -> frozenset[ConditionKey]:
    """The programme conditions among active problems that nobody has confirmed."""
    established = conditions_of([problem for problem in problems if problem.established])
    return frozenset(conditions_of(problems)) - frozenset(established)


def age(person: Person, on: date) -> int | None:
    """Years the person has certainly lived: a birth year alone counts from its last day. None where not recorded."""
    if person.birth is None:
        return None
    born = person.birth.end
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
