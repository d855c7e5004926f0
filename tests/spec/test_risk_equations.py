"""The published examples of the equations, and the same equations written in another form."""

# The tables are wider than code may be.
# ruff: noqa: E501

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.risk.equations import (
    SCALES,
    CardiovascularInputs,
    ckd_epi_2021,
    kidney_failure,
    score2_diabetes,
)
from dashboard.domain.risk.regions import SCORE2_REGIONS, score2_region
from tests.laws import examples
from tests.spec.risk_equations import slow_ckd_epi_2021, slow_kidney_failure, slow_score2_diabetes
from tests.spec.words import Line, lines

CKD_EPI = """
    age | sex    | creatinine | egfr | source
    55  | male   | 1.2        | 71   | the example of the National Kidney Foundation's calculator
    50  | male   | 1.1        | 82   | a test of a public implementation
    60  | female | 0.7        | 99   | by hand at kappa: 142 * 1.012 * 0.9938^60
    60  | male   | 0.9        | 98   | by hand at kappa: 142 * 0.9938^60
    """
KIDNEY_FAILURE = """
    years | age   | sex    | egfr | uacr       | region | risk     | source
    2     | 57.28 | female | 15   | 1762.00184 | other  | 0.4466   | documentation of the package kfre
    5     | 57.28 | female | 15   | 1762.00184 | other  | 0.8989   | documentation of the package kfre
    2     | 65    | male   | 19   | 30         | other  | 0.063123 | documentation of the package kfre
    5     | 65    | male   | 19   | 30         | other  | 0.223128 | documentation of the package kfre
    2     | 70    | female | 50   | 35         | other  | 0.00155  | documentation of the package kfre
    5     | 70    | female | 50   | 35         | other  | 0.005987 | documentation of the package kfre
    2     | 75    | male   | 22   | 40         | other  | 0.041757 | documentation of the package kfre
    5     | 80    | female | 30   | 50         | other  | 0.051111 | documentation of the package kfre
    2     | 70.36 | male   | 36.11 | 170.2     | NA     | 0.0278   | by hand: the average person, but a man: 1 - 0.975^exp(0.2467 * 0.4358)
    5     | 70.36 | male   | 36.11 | 170.2     | NA     | 0.0843   | by hand, likewise: 1 - 0.924^exp(0.2467 * 0.4358)
    """
SCORE2_DIABETES = """
    region    | sex    | smokes | onset | hba1c | egfr | percent | source
    low       | male   | no     | 60    | 50    | 90   | 8.4     | graphical abstract of 10.1093/eurheartj/ehad260: 60 years, 140 mm[Hg], cholesterol 5.5, HDL 1.3 mmol/L
    low       | female | no     | 60    | 50    | 90   | 6.1     | graphical abstract
    moderate  | male   | no     | 60    | 50    | 90   | 11.0    | graphical abstract, and the abstract: 11 %
    moderate  | female | no     | 60    | 50    | 90   | 7.6     | graphical abstract
    high      | male   | no     | 60    | 50    | 90   | 12.5    | graphical abstract
    high      | female | no     | 60    | 50    | 90   | 11.1    | graphical abstract
    very-high | male   | no     | 60    | 50    | 90   | 20.3    | graphical abstract
    very-high | female | no     | 60    | 50    | 90   | 20.6    | graphical abstract
    low       | male   | no     | 50    | 70    | 60   | 12.9    | graphical abstract
    low       | female | no     | 50    | 70    | 60   | 9.8     | graphical abstract
    moderate  | male   | no     | 50    | 70    | 60   | 17.2    | graphical abstract, and the abstract: 17 %
    moderate  | female | no     | 50    | 70    | 60   | 12.7    | graphical abstract
    high      | male   | no     | 50    | 70    | 60   | 21.0    | graphical abstract
    high      | female | no     | 50    | 70    | 60   | 20.4    | graphical abstract
    very-high | male   | no     | 50    | 70    | 60   | 31.2    | graphical abstract
    very-high | female | no     | 50    | 70    | 60   | 34.0    | graphical abstract
    low       | male   | yes    | 60    | 50    | 90   | 11.8    | MDCalc's calculator
    low       | female | yes    | 60    | 50    | 90   | 9.2     | MDCalc's calculator
    """


@pytest.mark.parametrize("line", lines(CKD_EPI))
def test_the_filtration_rate_is_that_of_published_examples(line: Line) -> None:
    assert round(ckd_epi_2021(float(line.creatinine), float(line.age), line.sex == "female")) == int(line.egfr)


@pytest.mark.parametrize("line", lines(KIDNEY_FAILURE))
def test_the_risk_of_kidney_failure_is_that_of_published_examples(line: Line) -> None:
    asked = (int(line.years), float(line.age), line.sex == "female", float(line.egfr), float(line.uacr))
    decimals = len(line.risk.partition(".")[2])
    assert round(kidney_failure(*asked, line.region == "NA"), decimals) == float(line.risk)


@pytest.mark.parametrize("line", lines(SCORE2_DIABETES))
def test_the_cardiovascular_risk_is_that_of_published_examples(line: Line) -> None:
    person = CardiovascularInputs(
        age=60,
        female=line.sex == "female",
        smokes=line.smokes == "yes",
        systolic=140,
        cholesterol=5.5,
        hdl=1.3,
        onset=float(line.onset),
        hba1c=float(line.hba1c),
        egfr=float(line.egfr),
        region=line.region,
    )
    assert round(score2_diabetes(person) * 100, 1) == float(line.percent)


def between(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


years, women = between(18, 100), st.booleans()
creatinines, rates, ratios = between(0.2, 15), between(2, 59.9), between(0.1, 8000)
people = st.builds(
    CardiovascularInputs,
    age=between(40, 69),
    female=women,
    smokes=st.booleans(),
    systolic=between(90, 220),
    cholesterol=between(2, 10),
    hdl=between(0.5, 3),
    onset=between(20, 69),
    hba1c=between(25, 140),
    egfr=between(15, 120),
    region=st.sampled_from(sorted({region for region, _ in SCALES})),
)


@settings(max_examples=examples(200))
@given(creatinines, years, women)
def test_the_filtration_rate_written_in_another_form_is_the_same(creatinine: float, age: float, woman: bool) -> None:
    expected = slow_ckd_epi_2021(creatinine, age, woman)
    assert ckd_epi_2021(creatinine, age, woman) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=examples(200))
@given(st.sampled_from([2, 5]), years, women, rates, ratios, st.booleans())
def test_the_risk_of_kidney_failure_written_in_another_form_is_the_same(
    horizon: int, age: float, woman: bool, egfr: float, uacr: float, north_america: bool
) -> None:
    asked = (horizon, age, woman, egfr, uacr, north_america)
    assert kidney_failure(*asked) == pytest.approx(slow_kidney_failure(*asked), rel=1e-9, abs=1e-12)


@settings(max_examples=examples(200))
@given(people)
def test_the_cardiovascular_risk_written_in_another_form_is_the_same(person: CardiovascularInputs) -> None:
    asked = {name: getattr(person, name) for name in CardiovascularInputs.__slots__}
    assert score2_diabetes(person) == pytest.approx(slow_score2_diabetes(**asked), rel=1e-9)


@settings(max_examples=examples(100))
@given(creatinines, creatinines, years, years, women)
def test_the_filtration_rate_falls_with_creatinine_and_with_age(
    one: float, other: float, younger: float, older: float, woman: bool
) -> None:
    less, more = sorted((one, other))
    young, old = sorted((younger, older))
    assert ckd_epi_2021(less, young, woman) >= ckd_epi_2021(more, young, woman)
    assert ckd_epi_2021(less, young, woman) >= ckd_epi_2021(less, old, woman)


@settings(max_examples=examples(100))
@given(years, women, rates, rates, ratios, ratios, st.booleans())
def test_the_risk_of_kidney_failure_rises_with_albumin_time_and_a_falling_rate(
    age: float, woman: bool, rate: float, other_rate: float, ratio: float, other_ratio: float, north_america: bool
) -> None:
    low, high = sorted((rate, other_rate))
    little, much = sorted((ratio, other_ratio))
    risk = kidney_failure(2, age, woman, high, little, north_america)
    assert 0 <= risk <= kidney_failure(5, age, woman, high, little, north_america) <= 1
    assert risk <= kidney_failure(2, age, woman, low, little, north_america)
    assert risk <= kidney_failure(2, age, woman, high, much, north_america)
    assert kidney_failure(2, age, woman, high, little, False) <= kidney_failure(2, age, woman, high, little, True)


@settings(max_examples=examples(100))
@given(people)
def test_the_cardiovascular_risk_rises_with_smoking_and_with_an_early_diabetes(person: CardiovascularInputs) -> None:
    asked = {name: getattr(person, name) for name in CardiovascularInputs.__slots__}
    risk = score2_diabetes(person)
    assert 0 < risk < 1
    assert score2_diabetes(CardiovascularInputs(**asked | {"smokes": True})) >= risk
    assert score2_diabetes(CardiovascularInputs(**asked | {"onset": person.onset - 5})) > risk


def test_the_countries_of_the_pilot_have_their_risk_region_and_no_country_has_two() -> None:
    assert [score2_region(each) for each in ("GB", "ES", "SE", "US", "")] == ["low", "low", "moderate", "", ""]
    countries = [each for named in SCORE2_REGIONS.values() for each in named.split()]
    assert len(countries) == len(set(countries))
    assert set(SCORE2_REGIONS) == {region for region, _ in SCALES}
