"""The usual goals and activities that are offered are those of the conditions asked for."""

from dashboard.domain.record.condition import PROGRAMME, ConditionKey
from dashboard.queries.list_usual_plans import list_usual_plans


def test_only_those_of_the_conditions_asked_for_are_offered() -> None:
    assert [each.condition for each in list_usual_plans([ConditionKey.CKD, ConditionKey.OTHER])] == [ConditionKey.CKD]
    assert [each.condition for each in list_usual_plans(PROGRAMME)] == list(PROGRAMME)
    assert list_usual_plans([]) == ()
