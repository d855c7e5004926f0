"""What guidelines say anew of a patient, for a conference: a line each, contradictions before cards as urgent."""

from dataclasses import dataclass

from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.new_since import NewSince
from dashboard.domain.guidelines.rule import Indicator
from dashboard.ui.recommendations.card_html import INDICATORS
from dashboard.ui.recommendations.contradiction_words import subject
from dashboard.ui.shared.html import clean


@dataclass(frozen=True, slots=True)
class NewLine:
    """One of them: how urgent it is, what it says, whether no clinician has reviewed a rule that it rests on."""

    indicator: Indicator
    what: str
    draft: bool
    contradiction: bool = False

    @property
    def sign(self) -> str:
        """The icon of how urgent it is."""
        return INDICATORS[self.indicator][1]


def new_lines(new: NewSince) -> list[NewLine]:
    """The lines, the most urgent first."""
    lines = [*map(_of_contradiction, new.contradictions), *map(_of_card, new.findings)]
    return sorted(lines, key=lambda each: list(Indicator).index(each.indicator))


def _of_card(finding: Finding) -> NewLine:
    return NewLine(finding.advice.indicator, clean(finding.advice.summary, 200), finding.rule.draft)


def _of_contradiction(found: Contradiction) -> NewLine:
    rules = [each.finding.rule for each in found.pullers if each.finding is not None]
    return NewLine(found.indicator, subject(found), any(each.draft for each in rules), contradiction=True)
