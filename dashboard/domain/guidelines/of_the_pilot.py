"""Facts about the pilot: each is what `dashboard.domain.pilot.eligibility` says of a criterion, so that a rule and the
page Screening cannot disagree about one.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from dashboard.domain.guidelines.fact import Fact, FactValue, Why
from dashboard.domain.pilot.eligibility import Criterion, CriterionResult, Verdict, eligibility
from dashboard.domain.pilot.screened import Screened, screening_facts
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.values.datatypes import PartialDate

_HOLDS: Final = {Verdict.MET: True, Verdict.NOT_MET: False, Verdict.CANNOT_SAY: None}


@dataclass(frozen=True, slots=True)
class OfThePilot:
    """What is known of one person: the criteria, whether there is a record in the pilot, whether something could not be
    read. A criterion that is not there was not asked.
    """

    results: Mapping[Criterion, CriterionResult] = field(default_factory=dict)
    listed: bool | None = None
    in_part: bool = True

    def criterion(self, fact: Fact) -> FactValue:
        """Whether the criterion of the fact is met, with the records that were looked at."""
        found = self.results.get(fact.criterion) if fact.criterion is not None else None
        if found is None:
            return FactValue(fact, None, why=Why.NOT_READ)
        records = tuple(dict.fromkeys(each.origin for each in found.used))
        dates: list[PartialDate] = [each.when for each in found.used if each.when is not None]
        holds = _HOLDS[found.verdict]
        return FactValue(fact, holds, max(dates, default=None), records, self._why(found) if holds is None else None)

    def _why(self, found: CriterionResult) -> Why:
        if any(each.doubtful for each in found.used):
            return Why.SUSPECTED
        if any(each.too_old for each in found.used):
            return Why.TOO_OLD
        return Why.NOT_READ if self.in_part else Why.NOT_RECORDED

    def register(self, fact: Fact) -> FactValue:
        """Whether the person has a record in the pilot."""
        return FactValue(fact, self.listed, why=Why.NOT_READ if self.listed is None else None)


NOT_ASKED: Final = OfThePilot()


def of_the_pilot(record: PatientRecord, screened: Screened, on: date, unread: Set[str]) -> OfThePilot:
    """What the pilot asks of a person, decided as the page Screening does."""
    facts = screening_facts(record, screened, on, unread)
    results = {each.criterion: each for each in eligibility(facts, on).results}
    return OfThePilot(results, screened.listed, bool(facts.unread) or facts.unanswered)
