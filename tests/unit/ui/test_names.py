"""Names of what is no code: a rule."""

import pytest

from dashboard.ui.record.names import rule_label


@pytest.mark.parametrize(
    ("canonical", "words"),
    [
        ("https://c3-cloud.example/fhir/PlanDefinition/03-metformin-kidney|0.1.0", "rule 3, version 0.1.0"),
        ("https://site.example/PlanDefinition/our-rule|2", "rule our-rule, version 2"),
        ("https://site.example/PlanDefinition/11|2", "rule 11, version 2"),
        ("https://c3-cloud.example/fhir/PlanDefinition/11-nsaid", "11"),
        ("", ""),
    ],
)
def test_a_rule_is_called_by_its_number_where_it_has_one(canonical: str, words: str) -> None:
    assert rule_label(canonical) == words
