"""What the rules of attention know of one patient, how they ask it, and how they give a reason.

A comparison is true only where it is certain: "<6" is not 6 or more, "<15" is under 15.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dashboard.domain.attention.points import POINTS
from dashboard.domain.attention.reason import Check, Reason
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KeyResult, Measure, Result
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import PartialDate
from dashboard.domain.values.drug_classes import drug_classes

YEAR, HALF_YEAR, QUARTER = timedelta(days=366), timedelta(days=183), timedelta(days=92)


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What is known of one patient at the moment of view, as the rules need it.

    `results` from `key_results`, `checks` from `due_checks`, `tasks` the open ones. `plan_known` and `contacts_known`
    are False where the read failed: "no plan" and "no contact" are then not said.
    """

    conditions: tuple[ConditionKey, ...] = ()
    stages: Mapping[ConditionKey, str] = field(default_factory=dict)
    results: Mapping[Measure, KeyResult] = field(default_factory=dict)
    medicines_atc: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    tasks: tuple[Task, ...] = ()
    plan: CarePlan | None = None
    plan_known: bool = True
    last_contact: PartialDate | None = None
    contacts_known: bool = True
    last_conference: date | None = None
    age: int | None = None
    deceased: bool = False


class View:
    """The facts as the rules ask for them: values that are recent enough, drug classes, conditions."""

    def __init__(self, facts: PatientFacts, as_of: date) -> None:
        self.facts = facts
        self.as_of = as_of
        self.takes = frozenset(each for atc in facts.medicines_atc for each in drug_classes(atc))
        self.t2dm, self.hf, self.ckd = (
            key in facts.conditions for key in (ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD)
        )

    def recent(self, measure: Measure, within: timedelta = YEAR) -> KeyResult | None:
        """The key result if its latest value is at most this old; older ones are the overdue check's business."""
        found = self.facts.results.get(measure)
        return found if found and self.as_of - found.latest.when.end <= within else None


def give(detail: str, **facts: Any) -> Reason:
    """The reason of that key with its kind, points and source from the table, and the facts it used."""
    rule = POINTS[detail]
    told: dict[str, Any] = {"points": rule.points, "detail": detail, "source": f"{rule.source}, draft"} | facts
    return Reason(kind=rule.kind, **told)


def about(detail: str, found: KeyResult, previous: Result | None = None) -> Reason:
    """A reason about the latest value of a measure, with the value it is compared with."""
    return give(
        detail,
        measure=found.measure,
        result=found.latest,
        previous=previous or found.previous,
        since=found.latest.when,
        origin=found.latest.origin,
    )


def at_least(found: KeyResult | None, limit: str) -> bool:
    """Whether the latest value is certainly the limit or more; "<6" is not."""
    if found is None or found.latest.value.comparator.startswith("<"):
        return False
    return found.latest.value.value >= Decimal(limit)


def above(found: KeyResult | None, limit: str) -> bool:
    """Whether the latest value is certainly over the limit; ">10" is where the limit is 10."""
    if not at_least(found, limit) or found is None:
        return False
    return found.latest.value.value > Decimal(limit) or found.latest.value.comparator == ">"


def below(found: KeyResult | None, limit: str) -> bool:
    """Whether the latest value is certainly under the limit; ">10" is not, "<15" is where the limit is 15."""
    if found is None or found.latest.value.comparator.startswith(">"):
        return False
    value = found.latest.value
    return value.value < Decimal(limit) or (value.comparator == "<" and value.value == Decimal(limit))


def a_year_before(found: KeyResult) -> Result | None:
    """The oldest value of the 12 months before the latest, of an earlier day, that is a plain number."""
    day = found.latest.when.start
    if found.latest.value.comparator:
        return None
    return next(
        (
            each
            for each in found.series
            if each.when.start < day and day - each.when.start <= YEAR and not each.value.comparator
        ),
        None,
    )
