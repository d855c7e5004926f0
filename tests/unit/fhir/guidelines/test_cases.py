"""Every rule says of the people in its cases what is written there, and no rule file has a problem."""

import pytest

from tests.guidelines import CASES, EVERY_RULE, disagreement, library


def test_no_file_of_the_guidelines_has_a_problem() -> None:
    assert [str(problem) for problem in library().problems] == []
    assert [str(problem) for _, problems in CASES.values() for problem in problems] == []


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.id)
def test_the_cases_of_a_rule(rule) -> None:
    wrong = [said for case in CASES[rule.id][0] if (said := disagreement(rule, case))]
    assert wrong == []


def test_every_rule_is_a_draft_with_its_sources_and_a_day_of_review() -> None:
    for rule in EVERY_RULE:
        assert rule.draft and not rule.reviewers and rule.authors, rule.id
        assert rule.review_by.year == 2027 and rule.number and rule.description, rule.id
        assert all(advice.citations and advice.detail for advice in rule.advice), rule.id
