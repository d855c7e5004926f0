"""What one rule of attention is given, and how it states a reason."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from dashboard.domain.attention.comparisons import YEAR
from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.domain.attention.points import POINTS
from dashboard.domain.attention.reason import Check, Reason
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.values.drug_classes import drug_classes


class RuleInput:
    """A patient's facts on a day as the rules ask for them: recent results, drug classes, conditions, checks."""

    def __init__(self, facts: PatientFacts, as_of: date, checks: tuple[Check, ...] = ()) -> None:
        self.facts = facts
        self.as_of = as_of
        self.checks = checks
        self.takes = frozenset(group for atc in facts.medicines_atc for group in drug_classes(atc))
        self.t2dm, self.hf, self.ckd = (
            key in facts.conditions for key in (ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD)
        )

    def recent(self, measure: Measure, within: timedelta = YEAR) -> KeyResult | None:
        """The key result if its latest value is at most this old; an older one is reported by the overdue check."""
        result = self.facts.results.get(measure)
        return result if result and self.as_of - result.latest.when.end <= within else None


Rule = Callable[[RuleInput], Iterator[Reason]]
"""A rule yields the reasons that apply; a fact that is missing yields none."""


def reason_for(detail: str, **facts: Any) -> Reason:
    """The reason with this key: its kind, points and source from `POINTS`, and the facts it used."""
    points = POINTS[detail]
    values: dict[str, Any] = {"points": points.points, "detail": detail, "source": f"{points.source}, draft"} | facts
    return Reason(kind=points.kind, **values)


def reason_about(detail: str, result: KeyResult) -> Reason:
    """The reason with this key about the latest value of a measure, with its trend."""
    return reason_for(
        detail,
        measure=result.measure,
        result=result.latest,
        baseline=result.baseline,
        direction=result.direction,
        since=result.latest.when,
        origin=result.latest.origin,
    )
