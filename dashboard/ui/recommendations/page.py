"""What one run of the page of recommendations shows: pure, and the same for everything that is drawn of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.recommendations import (
    MissingFact,
    Recommendations,
    by_missing_fact,
    rests_on_single_answer,
)
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.shared.view_time import ViewTime


@dataclass(frozen=True, slots=True)
class RecommendationsPage:
    """The recommendations of a patient. `may_change`: the buttons that change something are shown, `may_decide`:
    those of what the team decides. `shared`: others see
    this screen, and cards that rest on the answer to a single question are kept from it.
    """

    found: Recommendations
    at: ViewTime
    stale: str = ""
    may_change: bool = False
    may_decide: bool = False
    shared: bool = False

    @property
    def ident(self) -> str:
        return self.found.person.id

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those that this screen may show, the most urgent first."""
        return tuple(each for each in self.found.findings if may_show(each, self))

    @property
    def may_answer(self) -> bool:
        """Whether cards can be answered: not where nobody knows what was answered before."""
        return self.may_change and self.found.guidance.ok

    @property
    def open(self) -> tuple[Finding, ...]:
        """The cards that apply and that nobody has answered, the most urgent first."""
        return self.found.open(shared=self.shared)

    @property
    def seen(self) -> tuple[Finding, ...]:
        """What whoever looks at the page sees: the cards that apply, those that cannot say, and what is no care."""
        return (*self.of(Outcome.APPLIES), *self.of(Outcome.CANNOT_SAY), *self.of_programmes)

    @property
    def of_programmes(self) -> tuple[Finding, ...]:
        """What the rules of a programme have to say: who may take part in the pilot is nothing for a shared screen."""
        known = () if self.shared else self.found.of_programmes
        return tuple(each for each in known if each.outcome is not Outcome.DOES_NOT_APPLY)

    def of(self, outcome: Outcome) -> tuple[Finding, ...]:
        return self.found.shown(outcome, shared=self.shared)

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Those between guidelines that this screen may show."""
        return self.found.shown_contradictions(shared=self.shared)

    @property
    def missing(self) -> tuple[MissingFact, ...]:
        """What would have to be known, with the cards that wait for it."""
        return by_missing_fact(self.of(Outcome.CANNOT_SAY))

    def finding(self, key: str) -> Finding | None:
        """The finding that a press names (`finding_key`)."""
        return next((each for each in self.findings if finding_key(each) == key), None)

    def named(self) -> Mapping[Reference, Condition | Medicine]:
        """The problems and medicines of the record, so that a fact can be said in their words."""
        record = self.found.record
        kinds = ("Condition", "MedicationRequest", "MedicationStatement")
        return {each.origin: each for kind in kinds for each in record.values(kind)}


def finding_key(finding: Finding) -> str:
    """Names a card of a rule on the page."""
    return f"{finding.rule.id}/{finding.advice.key}"


def may_show(finding: Finding, page: RecommendationsPage) -> bool:
    """Whether this screen may show a finding, also one that is only supposed."""
    return not (page.shared and rests_on_single_answer(finding))
