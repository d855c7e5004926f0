"""What our own rules say stands on their cards whole: half an edition names no source."""

import pytest

from dashboard.domain.guidelines.rule import Rule
from dashboard.ui.recommendations.card_html import citation_html
from dashboard.ui.shared.html import clean
from tests.guidelines import EVERY_RULE


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.id)
def test_no_word_of_a_rule_is_cut(rule: Rule) -> None:
    for advice in rule.advice:
        for citation in advice.citations:
            assert "…" not in str(citation_html(citation))
        # The lengths that the cards allow.
        assert clean(advice.detail, 600) == clean(advice.detail, 6000)
        assert all(clean(each.text, 160) == clean(each.text, 1600) for each in advice.suggestions)
