"""The scores of a patient's record: known, missing or not valid; never from what could not be read."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.record.patient_record import PatientRecord, ResourceValue
from dashboard.domain.record.unreadable import SOMEBODY_ELSE, Unreadable
from dashboard.domain.risk.comorbidity import WEIGHTS
from dashboard.domain.risk.risks import risks
from dashboard.domain.risk.score import SOURCES, Band, InputKey, NotValid, Outcome, RiskKey, RiskScore
from dashboard.domain.values.code_systems import ATC
from dashboard.domain.values.datatypes import Coding, Quantity, Reference
from tests.laws import examples
from tests.spec.risk_equations import slow_ckd_epi_2021, slow_kidney_failure, slow_score2_diabetes
from tests.unit.domain.risk.records import (
    CKD,
    DIABETIC,
    EX_SMOKER,
    HF,
    KIDNEYS,
    ON,
    SMOKER,
    T2DM,
    TERMINOLOGY,
    Json,
    icd,
    medicine,
    problem,
    record,
    result,
    score,
    scores,
    smoking,
    used,
)

EGFR, FAILURE, VESSELS = RiskKey.EGFR, RiskKey.KIDNEY_FAILURE_5, RiskKey.CARDIOVASCULAR_10
RATE = "mL/min/{1.73_m2}"


def without(rows: Iterable[Json], name: str) -> list[Json]:
    """The rows without the results of one code."""
    codes = {"egfr": "33914-3", "uacr": "32294-1", "hdl": "14646-4", "smoking": "72166-2", "creatinine": "14682-9"}
    return [row for row in rows if row["code"]["coding"][0]["code"] != codes[name]]


def plain(made: RiskScore) -> str:
    """A score in one line of a test: its value, what is missing, or why it is not valid."""
    if made.value is None:
        return "; ".join(made.missing or made.not_valid)
    return f"{made.value.comparator}{made.value.value} {made.value.unit} {made.band}".strip()


# --- kidneys ---------------------------------------------------------------------------------------------------------


def test_the_filtration_rate_is_that_of_the_day_of_the_sample() -> None:
    made = score(EGFR, KIDNEYS)
    assert plain(made) == f"33 {RATE} G3b"
    assert used(made, InputKey.CREATININE) == ["150 umol/L 2026-09-01"]
    assert used(made, InputKey.AGE) == ["1962-05-10"]
    # Measured a day before a birthday: the equation has the age of that day.
    before, on = (score(EGFR, [result("creatinine", "150", "umol/L", when)]) for when in ("2026-05-09", "2026-05-10"))
    assert (plain(before), plain(on)) == (f"34 {RATE} G3b", f"33 {RATE} G3b")


@pytest.mark.parametrize(
    ("value", "band"), [("40", "G1"), ("60", "G1"), ("80", "G2"), ("110", "G3a"), ("200", "G4"), ("400", "G5")]
)
def test_the_filtration_rate_has_its_category(value: str, band: str) -> None:
    assert score(EGFR, [result("creatinine", value, "umol/L")]).band == band


@settings(max_examples=examples(60))
@given(st.integers(30, 1200))
def test_creatinine_in_either_unit_gives_the_same(hundredths: int) -> None:
    mg = Decimal(hundredths) / 100
    umol = (mg * Decimal("88.4")).quantize(Decimal(1), "ROUND_HALF_UP")
    either = [
        score(EGFR, [result("creatinine", str(mg), "mg/dL")]),
        score(EGFR, [result("creatinine", str(umol), "umol/L")]),
    ]
    assert either[0] == either[1]


@settings(max_examples=examples(60))
@given(st.integers(1, 9000))
def test_albumin_in_either_unit_gives_the_same(mg_per_g: int) -> None:
    mg_per_mmol = (mg_per_g * Decimal("0.11312")).quantize(Decimal("0.1"), "ROUND_HALF_UP")
    rows = without(KIDNEYS, "uacr")
    either = [result("uacr", str(mg_per_g), "mg/g"), result("uacr", str(mg_per_mmol), "mg/mmol")]
    assert score(FAILURE, [*rows, either[0]]) == score(FAILURE, [*rows, either[1]])


@settings(max_examples=examples(40))
@given(st.integers(40, 900), st.integers(1, 300))
def test_more_creatinine_never_gives_a_higher_rate(value: int, more: int) -> None:
    rates = [score(EGFR, [result("creatinine", str(each), "umol/L")]).value for each in (value, value + more)]
    assert all(rates)
    assert rates[0].value >= rates[1].value  # type: ignore[union-attr]


KIDNEY_CASES = [
    (KIDNEYS, {}, "9.0 %"),
    (KIDNEYS, {"country": "US"}, "10.8 %"),
    (KIDNEYS, {"country": ""}, "country"),
    (KIDNEYS, {"gender": "male"}, "11.4 %"),
    (KIDNEYS, {"gender": "other"}, "sex"),
    (KIDNEYS, {"gender": ""}, "sex"),
    (KIDNEYS, {"born": ""}, "age"),
    (KIDNEYS, {"born": "2027-01-01"}, "age"),
    (KIDNEYS, {"born": "2008-11-24"}, "under-18"),
    (KIDNEYS, {"born": "2008-11-23"}, "22.9 %"),
    (KIDNEYS, {"born": "2008"}, "age"),
    (without(KIDNEYS, "uacr"), {}, "uacr"),
    ([*without(KIDNEYS, "uacr"), result("uacr", "3", "mg/mmol", comparator="<")], {}, "uacr"),
    ([*without(KIDNEYS, "uacr"), result("uacr", "0", "mg/mmol")], {}, "uacr"),
    ([*without(KIDNEYS, "uacr"), result("uacr", "20", "mg/mmol", "2025-11-21")], {}, "uacr"),
    ([*without(KIDNEYS, "uacr"), result("uacr", "20", "mg/mmol", "2025-11-22")], {}, "9.0 %"),
    ([*without(KIDNEYS, "egfr"), result("egfr", "60", RATE)], {}, "egfr-60-or-more"),
    ([*without(KIDNEYS, "egfr"), result("egfr", "59.9", RATE)], {}, "0.5 %"),
    # Without a reported number the one computed from creatinine counts.
    (without(KIDNEYS, "egfr"), {}, "9.0 %"),
    ([*without(KIDNEYS, "egfr"), result("egfr", "30", RATE, comparator=">")], {}, "9.0 %"),
    (without(without(KIDNEYS, "egfr"), "creatinine"), {}, "egfr"),
    (
        [*without(without(KIDNEYS, "egfr"), "creatinine"), result("egfr", "60", RATE, comparator=">")],
        {},
        "egfr-60-or-more",
    ),
    ([*without(without(KIDNEYS, "egfr"), "creatinine"), result("egfr", "30", RATE, comparator="<")], {}, "egfr"),
    ([*KIDNEYS, icd("Z99.2")], {}, "kidney-replacement"),
    ([*KIDNEYS, icd("Z94.0", clinical="resolved")], {}, "kidney-replacement"),
    ([*KIDNEYS, icd("Z99.2", verification="provisional")], {}, "kidney-replacement"),
    ([*KIDNEYS, icd("Z99.2", verification="refuted")], {}, "9.0 %"),
    (KIDNEYS, {"unread": ["Condition"]}, "kidney-replacement"),
    (KIDNEYS, {"unread": ["Observation"]}, "egfr; uacr"),
    (KIDNEYS, {"unread": ["Goal"]}, "9.0 %"),
]


@pytest.mark.parametrize(("rows", "fields", "expected"), KIDNEY_CASES)
def test_the_risk_of_kidney_failure(rows: list[Json], fields: dict[str, str], expected: str) -> None:
    assert plain(score(FAILURE, rows, **fields)) == expected  # type: ignore[arg-type]


def test_dialysis_is_certain_and_a_suspicion_of_it_leaves_open() -> None:
    sure = score(FAILURE, [*KIDNEYS, icd("Z99.2")])
    assert (sure.outcome, sure.not_valid) == (Outcome.NOT_VALID, (NotValid.KIDNEY_REPLACEMENT,))
    open_ = score(FAILURE, [*KIDNEYS, icd("Z99.2", verification="provisional")])
    assert (open_.outcome, open_.missing) == (Outcome.MISSING, (InputKey.KIDNEY_REPLACEMENT,))
    assert [each.doubtful for each in open_.inputs if each.key is InputKey.KIDNEY_REPLACEMENT] == [True]


def test_two_years_are_less_than_five() -> None:
    made = scores(KIDNEYS)
    assert [plain(made[key]) for key in (RiskKey.KIDNEY_FAILURE_2, FAILURE)] == ["2.4 %", "9.0 %"]


# --- heart and vessels -----------------------------------------------------------------------------------------------

NO_KIDNEYS = without(without(DIABETIC, "egfr"), "uacr")
VESSEL_CASES = [
    (DIABETIC, {}, "10.0 % high"),
    (DIABETIC, {"country": "SE"}, "13.0 % high"),
    (DIABETIC, {"country": "US"}, "other-region"),
    (DIABETIC, {"country": ""}, "country"),
    (DIABETIC, {"born": "1986-11-24"}, "under-40"),
    (DIABETIC, {"born": "1986-11-23"}, "3.4 % low"),
    (DIABETIC, {"born": "1956-11-24"}, "12.3 % high"),
    (DIABETIC, {"born": "1956-11-23"}, "over-69"),
    (DIABETIC, {"born": "1956"}, "age"),
    (DIABETIC[1:], {}, "no-type-2-diabetes"),
    (DIABETIC[1:], {"unread": ["Condition"]}, "type-2-diabetes; cardiovascular-disease"),
    ([problem(T2DM, verification="provisional"), *DIABETIC[1:]], {}, "type-2-diabetes"),
    ([problem(T2DM, onset=""), *DIABETIC[1:]], {}, "diabetes-onset"),
    ([problem(T2DM, onset="1950"), *DIABETIC[1:]], {}, "diabetes-onset"),
    ([problem(T2DM, onset="2027-01-01"), *DIABETIC[1:]], {}, "diabetes-onset"),
    ([*DIABETIC, problem(T2DM, onset="2020-01-01")], {}, "10.0 % high"),
    ([*DIABETIC, icd("I21.9", clinical="resolved")], {}, "cardiovascular-disease"),
    ([*DIABETIC, icd("I63", verification="differential")], {}, "cardiovascular-disease"),
    ([*DIABETIC, problem(HF)], {}, "10.0 % high"),
    (without(DIABETIC, "hdl"), {}, "hdl"),
    (without(DIABETIC, "smoking"), {}, "smoking"),
    ([*without(DIABETIC, "smoking"), smoking(SMOKER)], {}, "14.1 % high"),
    ([*DIABETIC, smoking(SMOKER, "2026-10-01")], {}, "14.1 % high"),
    ([*DIABETIC, smoking(SMOKER)], {}, "smoking"),
    ([*DIABETIC, smoking(SMOKER, "2026-12-01")], {}, "10.0 % high"),
    ([*without(DIABETIC, "smoking"), smoking("266927001")], {}, "smoking"),
    ([*without(DIABETIC, "smoking"), smoking(EX_SMOKER, "2025-11-21")], {}, "smoking"),
    ([*without(DIABETIC, "egfr"), result("egfr", "44", RATE)], {}, "organ-damage"),
    ([*without(DIABETIC, "egfr"), result("egfr", "45", RATE)], {}, "12.2 % high"),
    ([*NO_KIDNEYS, result("egfr", "59", RATE), result("uacr", "3", "mg/mmol")], {}, "organ-damage"),
    ([*NO_KIDNEYS, result("egfr", "59", RATE), result("uacr", "2.9", "mg/mmol")], {}, "10.9 % high"),
    ([*NO_KIDNEYS, result("egfr", "59", RATE), result("uacr", "20", "mg/mmol", comparator="<")], {}, "uacr"),
    ([*NO_KIDNEYS, result("egfr", "60", RATE), result("uacr", "30", "mg/mmol")], {}, "10.8 % high"),
    ([*without(DIABETIC, "uacr"), result("uacr", "30.1", "mg/mmol")], {}, "organ-damage"),
    ([*without(DIABETIC, "uacr"), result("uacr", "2", "mg/mmol", comparator=">")], {}, "uacr"),
    ([*without(DIABETIC, "uacr"), result("uacr", "3", "mg/mmol", comparator="<")], {}, "10.0 % high"),
    (without(DIABETIC, "uacr"), {}, "uacr"),
    (without(DIABETIC, "egfr"), {}, "egfr"),
    (DIABETIC, {"unread": ["Observation"]}, "smoking; egfr; uacr; systolic; cholesterol; hdl; hba1c"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "fields", "expected"), VESSEL_CASES)
def test_the_cardiovascular_risk(rows: list[Json], fields: dict[str, str], expected: str) -> None:
    assert plain(score(VESSELS, rows, **fields)) == expected  # type: ignore[arg-type]


def test_haemoglobin_a1c_and_cholesterol_in_either_unit_give_the_same() -> None:
    rows = [row for row in DIABETIC if row["code"]["coding"][0]["code"] not in ("59261-8", "14647-2")]
    mmol = score(VESSELS, [*rows, result("hba1c", "58", "mmol/mol"), result("cholesterol", "5.5", "mmol/L")])
    other = score(VESSELS, [*rows, result("hba1c", "7.5", "%"), result("cholesterol", "213", "mg/dL")])
    assert mmol == other
    assert used(mmol, InputKey.HBA1C) == ["58 mmol/mol 2026-09-01"]
    assert used(mmol, InputKey.DIABETES_ONSET) == ["2015-03-01  2015-03-01"]


def test_the_scores_of_a_record_are_those_of_the_equations_written_in_another_form() -> None:
    """A woman of 64; 150 umol/L are 1.697 mg/dL, 20 mg/mmol are 176.8 mg/g."""
    kidneys, vessels = scores(KIDNEYS), score(VESSELS, DIABETIC)
    assert plain(kidneys[EGFR]).startswith(f"{slow_ckd_epi_2021(150 / 88.4, 64, True):.0f} ")
    for key, years in ((RiskKey.KIDNEY_FAILURE_2, 2), (FAILURE, 5)):
        expected = slow_kidney_failure(years, 64, True, 33, 20 / 0.11312, north_america=False)
        assert plain(kidneys[key]) == f"{expected * 100:.1f} %"
    risk = slow_score2_diabetes(64, True, False, 140, 5.5, 1.3, 52, 58, 75, "low")
    assert plain(vessels) == f"{risk * 100:.1f} % high"


# --- comorbidity and depression --------------------------------------------------------------------------------------

CHARLSON_CASES = [
    ([], "0 {score}"),
    ([problem(T2DM), problem(HF), problem(CKD)], "4 {score}"),
    ([icd("E11.9"), icd("E11.2")], "2 {score}"),
    ([icd("K74.6"), icd("K76.6")], "3 {score}"),
    ([icd("C50.9"), icd("C79.5")], "6 {score}"),
    ([icd("I21.0"), icd("I25.2")], "1 {score}"),
    ([icd("I21.0", clinical="resolved")], "1 {score}"),
    ([icd("C50.9", clinical="remission")], "0 {score}"),
    ([icd("I25.9"), icd("I10")], "0 {score}"),
    ([problem("38341003")], "0 {score}"),
    # Nobody has confirmed it, or its code is in no list: the score is that at least.
    ([problem(T2DM), icd("G30.1", verification="provisional")], ">=1 {score}"),
    ([problem(T2DM), icd("E10.9", verification="provisional")], "1 {score}"),
    ([problem(T2DM), problem("254632001")], ">=1 {score}"),
    ([problem(T2DM), problem("254632001", verification="refuted")], "1 {score}"),
    ([problem(T2DM), icd("G30.1", verification="refuted")], "1 {score}"),
]


@pytest.mark.parametrize(("rows", "expected"), CHARLSON_CASES)
def test_the_comorbidity_index(rows: list[Json], expected: str) -> None:
    assert plain(score(RiskKey.CHARLSON, rows)) == expected


def test_the_comorbidity_index_names_each_comorbidity_and_what_cannot_be_placed() -> None:
    made = score(RiskKey.CHARLSON, [problem(T2DM), problem("254632001", onset="")])
    assert used(made, InputKey.COMORBIDITY) == ["Type 2 diabetes mellitus  2015-03-01"]
    assert used(made, InputKey.PROBLEMS) == ["254632001"]
    assert plain(score(RiskKey.CHARLSON, [problem(T2DM)], unread=["Condition"])) == "problems"


def test_every_comorbidity_has_a_list_and_one_of_its_codes_gives_its_weight() -> None:
    first = {
        "myocardial-infarction": "I22", "heart-failure": "I50", "peripheral-vascular-disease": "I71",
        "cerebrovascular-disease": "G45", "dementia": "F03", "chronic-pulmonary-disease": "J44",
        "rheumatic-disease": "M06", "peptic-ulcer": "K26", "mild-liver-disease": "B18", "diabetes": "E11.9",
        "diabetes-with-complication": "E11.4", "hemiplegia": "G81", "renal-disease": "N18", "cancer": "C34",
        "severe-liver-disease": "K72.9", "metastatic-tumour": "C78", "aids": "B24",
    }  # fmt: skip
    assert first.keys() == WEIGHTS.keys()
    assert {name: plain(score(RiskKey.CHARLSON, [icd(code)])) for name, code in first.items()} == {
        name: f"{weight} {{score}}" for name, weight in WEIGHTS.items()
    }


@pytest.mark.parametrize(
    ("total", "expected"),
    [("0", "minimal"), ("4", "minimal"), ("5", "mild"), ("9", "mild"), ("10", "moderate"), ("14", "moderate"),
     ("15", "moderately-severe"), ("19", "moderately-severe"), ("20", "severe"), ("27", "severe")],
)  # fmt: skip
def test_the_severity_of_a_phq9(total: str, expected: str) -> None:
    made = score(RiskKey.PHQ9, [result("phq9", total, "{score}")])
    assert plain(made) == f"{total} {{score}} {expected}"


@pytest.mark.parametrize("row", [result("phq9", "28", "{score}"), result("phq9", "9", "{score}", "2025-11-21")])
def test_a_phq9_that_cannot_be_or_is_old_is_missing(row: Json) -> None:
    made = score(RiskKey.PHQ9, [row])
    assert plain(made) == "phq9"
    assert len(used(made, InputKey.PHQ9)) == 1


# --- medicines -------------------------------------------------------------------------------------------------------

AMITRIPTYLINE, FUROSEMIDE, RAMIPRIL = "N06AA09", "C03CA01", "C09AA05"
MEDICINE_CASES = [
    ([], "0 1", "0 {score}"),
    ([medicine(AMITRIPTYLINE), medicine(FUROSEMIDE), medicine(RAMIPRIL)], "3 1", "4 {score}"),
    ([medicine(FUROSEMIDE), medicine(FUROSEMIDE, kind="MedicationStatement")], "1 1", "1 {score}"),
    ([medicine(AMITRIPTYLINE, status="on-hold"), medicine(FUROSEMIDE)], "1 1", "1 {score}"),
    ([medicine("", text="A herb"), medicine("", text="a  HERB")], "1 1", ">=0 {score}"),
    ([medicine("N06AA"), medicine(FUROSEMIDE)], "2 1", ">=1 {score}"),
]


@pytest.mark.parametrize(("rows", "number", "burden"), MEDICINE_CASES)
def test_medicines_are_counted_by_substance(rows: list[Json], number: str, burden: str) -> None:
    made = scores(rows)
    assert [plain(made[key]) for key in (RiskKey.MEDICINES, RiskKey.ANTICHOLINERGIC)] == [number, burden]


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement"])
def test_medicines_that_could_not_be_read_are_not_counted(kind: str) -> None:
    made = scores([medicine(FUROSEMIDE)], unread=[kind])
    assert [plain(made[key]) for key in (RiskKey.MEDICINES, RiskKey.ANTICHOLINERGIC)] == ["medicines"] * 2


def test_the_burden_names_the_medicines_that_act_and_those_that_are_not_known() -> None:
    rows = [
        medicine(AMITRIPTYLINE, text="Amitriptyline"),
        medicine(RAMIPRIL, text="Ramipril"),
        medicine("", text="Herb"),
    ]
    made = score(RiskKey.ANTICHOLINERGIC, rows)
    assert [(each.value, each.doubtful) for each in made.inputs] == [("Amitriptyline", False), ("Herb", True)]
    assert [each.value for each in score(RiskKey.MEDICINES, rows).inputs] == ["Amitriptyline", "Ramipril", "Herb"]


def test_no_medicine_is_in_two_lists_of_the_burden() -> None:
    for code in (AMITRIPTYLINE, FUROSEMIDE, "N03AF01"):
        assert len([name for name in TERMINOLOGY.value_sets(Coding(ATC, code)) if name.startswith("acb-")]) == 1


# --- what could not be read ------------------------------------------------------------------------------------------


def with_unreadable(known: PatientRecord, kind: str, why: str = "malformed") -> PatientRecord:
    lost = ResourceValue("", Unreadable(Reference(kind, "lost"), why))
    entries = {**known.resources.get(kind, {}), "lost": lost}
    return replace(known, resources={**known.resources, kind: entries})


ALL = (*KIDNEYS, *DIABETIC[3:], problem(T2DM), result("phq9", "9", "{score}"), medicine(FUROSEMIDE))
NEEDS = {
    "Observation": {EGFR, RiskKey.KIDNEY_FAILURE_2, FAILURE, VESSELS, RiskKey.PHQ9},
    "Condition": {EGFR, RiskKey.KIDNEY_FAILURE_2, FAILURE, RiskKey.CHARLSON},
    "MedicationRequest": {RiskKey.MEDICINES, RiskKey.ANTICHOLINERGIC},
    "Goal": set(),
}  # fmt: skip


@pytest.mark.parametrize("kind", NEEDS)
def test_no_score_is_made_from_what_could_not_be_read(kind: str) -> None:
    whole, known = scores(ALL), record(ALL)
    for made in (
        risks(known, ON, TERMINOLOGY, "GB", frozenset({kind})),
        risks(with_unreadable(known, kind), ON, TERMINOLOGY, "GB"),
    ):
        assert {each.key for each in made if each.outcome is not whole[each.key].outcome} == NEEDS[kind]
        assert all(each.value is None and each.missing for each in made if each.key in NEEDS[kind])
    # What is somebody else's takes nothing away.
    assert risks(with_unreadable(known, kind, SOMEBODY_ELSE), ON, TERMINOLOGY, "GB") == tuple(whole.values())


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (result("creatinine", "150", "furlong"), "creatinine"),
        (result("creatinine", "150", "furlong", "2026-09-02"), "creatinine"),
        (result("creatinine", "150", "furlong", "2026-08-31"), f"33 {RATE} G3b"),
        (result("creatinine", "150", "furlong", "2026-12-01"), f"33 {RATE} G3b"),
        (result("uacr", "20", "furlong"), f"33 {RATE} G3b"),
        ({**result("creatinine", "150", "umol/L"), "effectiveDateTime": None}, "creatinine"),
    ],
)
def test_a_newer_value_that_cannot_be_used_is_not_passed_over(row: Json, expected: str) -> None:
    assert plain(score(EGFR, [*KIDNEYS, row])) == expected


def test_a_value_that_cannot_be_used_is_missing_where_it_is_the_only_one() -> None:
    assert plain(score(EGFR, [result("creatinine", "150", "furlong")])) == "creatinine"


# --- laws ------------------------------------------------------------------------------------------------------------

POOL = (*KIDNEYS, *DIABETIC, problem(HF), icd("I21"), icd("Z99.2"), smoking(SMOKER), medicine(FUROSEMIDE), medicine(""))


@settings(max_examples=examples(100))
@given(
    st.lists(st.sampled_from(POOL), max_size=12),
    st.sampled_from(["", "1962", "1962-05-10", "1986", "2010-01-01", "1950-01-01"]),
    st.sampled_from(["female", "male", ""]),
    st.sampled_from(["", "GB", "US"]),
    st.sets(st.sampled_from(["Condition", "Observation", "MedicationRequest"])),
)
def test_a_score_is_known_missing_or_not_valid_and_never_two_of_them(
    rows: list[Json], born: str, gender: str, country: str, unread: set[str]
) -> None:
    for made in scores(rows, country, unread=unread, born=born, gender=gender).values():
        assert [made.value is not None, bool(made.missing), bool(made.not_valid)].count(True) == 1
        assert made.band is Band.NONE or made.value is not None
        assert made.source is SOURCES[made.key]
        assert all(isinstance(each.value, str) or each.origin is not None for each in made.inputs)


@settings(max_examples=examples(60))
@given(st.lists(st.sampled_from(POOL), max_size=12), st.sampled_from(["Condition", "Observation", "MedicationRequest"]))
def test_reading_less_never_makes_a_score_known_that_was_not(rows: list[Json], kind: str) -> None:
    whole, less = scores(rows), scores(rows, unread=[kind])
    for key, made in less.items():
        if made.value is not None:
            assert made.value == whole[key].value


def test_every_score_names_its_source() -> None:
    assert set(SOURCES) == set(RiskKey)
    assert all(each.edition.endswith("draft") for each in SOURCES.values())
    assert isinstance(score(EGFR, KIDNEYS).value, Quantity)


def test_a_combination_counts_as_what_it_holds() -> None:
    assert plain(score(RiskKey.ANTICHOLINERGIC, [medicine("N02AJ06"), medicine("N06CA01")])) == "4 {score}"
