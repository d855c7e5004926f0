"""Under which condition a measure is listed, so that it is listed once."""

from dashboard.domain.record.condition import PROGRAMME, ConditionKey
from dashboard.domain.record.observation import KEY_MEASURES, Measure, conditions_of, home_conditions


def test_every_measure_of_every_condition_has_one_home_among_the_conditions_that_it_tells_of() -> None:
    homes = home_conditions(Measure, PROGRAMME)
    assert set(homes) == {measure for measures in KEY_MEASURES.values() for measure in measures}
    assert all(homes[measure] in conditions_of(measure) for measure in homes)


def test_blood_pressure_of_somebody_with_three_conditions_is_listed_once_and_both_pressures_together() -> None:
    homes = home_conditions((Measure.SYSTOLIC, Measure.DIASTOLIC), PROGRAMME)
    assert homes == {Measure.SYSTOLIC: ConditionKey.T2DM, Measure.DIASTOLIC: ConditionKey.T2DM}
    assert conditions_of(Measure.SYSTOLIC) == (ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD)


def test_without_the_first_condition_it_moves_to_the_next_and_without_any_it_has_none() -> None:
    assert home_conditions([Measure.SYSTOLIC], [ConditionKey.CKD]) == {Measure.SYSTOLIC: ConditionKey.CKD}
    assert home_conditions([Measure.SYSTOLIC], [ConditionKey.DEPRESSION]) == {}
    assert home_conditions([Measure.HEIGHT], PROGRAMME) == {}
