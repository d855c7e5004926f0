"""Scores of risk in words: every key has some, and each of the three outcomes says what a reader has to know."""

from decimal import Decimal

from dashboard.domain.risk.score import Band, InputKey, InputUsed, NotValid, RiskKey, RiskScore
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.ui.recommendations.risk_words import BANDS, INPUTS, NOT_VALID, RISKS, input_words, value_words


def test_every_key_has_words() -> None:
    assert set(RISKS) == set(RiskKey) and set(INPUTS) == set(InputKey) and set(NOT_VALID) == set(NotValid)
    assert set(BANDS) | {Band.NONE} == {each for each in Band if not each.value.startswith("G")}


def test_a_value_says_its_band_and_that_it_is_only_at_least_so_much() -> None:
    known = RiskScore(RiskKey.EGFR, Quantity(Decimal(38), "mL/min/{1.73_m2}"), Band.G3B)
    assert value_words(known) == "38 mL/min/1.73 m², G3b"
    assert value_words(RiskScore(RiskKey.CHARLSON, Quantity(Decimal(4), "{score}", ">="))) == "at least 4"
    assert value_words(RiskScore(RiskKey.PHQ9, Quantity(Decimal(16), "{score}"), Band.MODERATELY_SEVERE)) == (
        "16, moderately severe"
    )


def test_what_is_missing_and_why_it_is_not_valid_are_said() -> None:
    assert value_words(RiskScore(RiskKey.PHQ9, missing=(InputKey.PHQ9,))) == "not known, for want of: PHQ-9"
    assert value_words(RiskScore(RiskKey.CARDIOVASCULAR_10, not_valid=(NotValid.OVER_69,))) == (
        "not valid for this person, because it is of people up to 69 years"
    )


def test_an_input_has_its_date_and_what_is_odd_about_it() -> None:
    day = PartialDate("2026-11-22")
    creatinine = InputUsed(InputKey.CREATININE, Quantity(Decimal(125), "umol/L"), day, Reference("Observation", "o1"))
    assert input_words(creatinine) == "Creatinine 125 µmol/L (22-Nov-2026)"
    old = InputUsed(InputKey.UACR, Quantity(Decimal("26.5"), "mg/mmol"), day, None, too_old=True)
    assert input_words(old) == "uACR 26.5 mg/mmol (22-Nov-2026, too old, not counted)"
    ill = InputUsed(InputKey.COMORBIDITY, "Dementia", None, Reference("Condition", "c1"), doubtful=True)
    assert input_words(ill) == "Dementia (not certain)"
    assert input_words(InputUsed(InputKey.COUNTRY, "GB")) == "Country GB"
    assert (
        input_words(InputUsed(InputKey.DIABETES_ONSET, day, day, Reference("Condition", "c1")))
        == "When diabetes was diagnosed 22-Nov-2026"
    )
