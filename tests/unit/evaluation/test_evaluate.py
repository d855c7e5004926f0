"""The measures equal an independent slow computation over raw JSON, in whatever zone the sites are."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.evaluation.measure_patient import Missing, PatientMeasure
from dashboard.domain.evaluation.strata import condition_stratum
from dashboard.domain.values.site_time import set_site_zone, site_zone
from dashboard.errors import UserFacingError
from dashboard.evaluation.cohort import choose_study, read_cohort
from dashboard.evaluation.evaluate import Evaluation, evaluate, read_all, reader_for
from dashboard.evaluation.read_facts import TYPES
from dashboard.fhir.measure_files import load_measures
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples
from tests.unit.evaluation import study_records as make
from tests.unit.evaluation.slow_evaluation import Slow
from tests.unit.evaluation.study_records import TODAY, Json, studies

ENROLLED = date(2025, 10, 1)


def run(rows: Iterable[Json], today: date = TODAY) -> Evaluation:
    by_type: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        by_type[row["resourceType"]].append(row)
    get = by_type.__getitem__
    cohort = read_cohort("pilot", get("ResearchSubject"), get("Patient"), get("Organization"), today)
    reader = reader_for(cohort, load_measures(), load_terminology())
    return evaluate(cohort, read_all(reader, TYPES, get, lambda name: None), load_measures(), today)


def measured(*rows: Json, today: date = TODAY, whose: str = "p1", **more: Any) -> dict[tuple[str, str], PatientMeasure]:
    """The measures of one person who was enrolled on 1 October 2025 and has these records."""
    found = run([make.subject(whose, ENROLLED, **more), make.person(whose), *rows], today)
    return {(each.measure, each.period): each for each in found.people[0].measures}


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(studies(), st.sampled_from(("UTC", "Europe/Madrid", "Pacific/Auckland")))
def test_every_measure_equals_the_slow_computation(rows: list[Json], zone: str) -> None:
    before = site_zone()
    set_site_zone(ZoneInfo(zone))
    try:
        slow, found = Slow(rows, TODAY, ZoneInfo(zone)), run(rows)
    finally:
        set_site_zone(before)
    expected = slow.people()
    assert {each.who.ids[0] for each in found.people} == set(expected)
    for each in found.people:
        ident, who = each.who.ids[0], expected[each.who.ids[0]]
        assert (each.who.arm, each.who.site, each.who.enrolled) == (who["arm"], who["site"], who["enrolled"])
        assert condition_stratum(each.conditions) == slow.conditions(ident)
        numbers = slow.measures(ident)
        assert set(numbers) == {(one.measure, one.period) for one in each.measures}
        for one in each.measures:
            value = numbers[one.measure, one.period]
            assert one.value == (None if value is None else pytest.approx(value, abs=1e-6)), one
            assert (one.value is None) == (one.missing is not Missing.NONE)


def test_units_are_converted_and_unknown_ones_refused() -> None:
    odd = make.observation("o2", "p1", "4548-4", "2025-10-01", 7.5, "furlong")
    found = run(
        [make.subject("p1", ENROLLED), make.person("p1"),
         make.observation("o1", "p1", "4548-4", "2025-09-01", 7.0, "%"), odd]
    )  # fmt: skip
    values = {(each.measure, each.period): each.value for each in found.people[0].measures}
    assert values["hba1c", "before"] == 53
    assert found.summary.unreadable == 1


def test_what_was_measured_on_the_day_of_enrolment_is_before_it() -> None:
    rows = [make.observation(f"o{day}", "p1", "59261-8", str(ENROLLED + timedelta(day)), 50 + day, "mmol/mol")
            for day in (-1, 0, 1)]  # fmt: skip
    assert measured(*rows)["hba1c", "before"].value == 50


def test_the_value_nearest_to_the_day_counts_of_two_as_near_the_later() -> None:
    rows = [make.observation(f"o{day}", "p1", "59261-8", str(ENROLLED + timedelta(day)), day, "mmol/mol")
            for day in (130, 180, 184, 240)]  # fmt: skip
    assert measured(*rows)["hba1c", "6 months"].value == 184


def test_a_day_is_that_of_the_sites() -> None:
    """23:30 UTC on 30 September is 1 October in Madrid."""
    rows = [
        make.observation("o1", "p1", "59261-8", "2025-10-01", 60, "mmol/mol"),
        make.observation("o2", "p1", "59261-8", "2025-10-01T22:30:00Z", 70, "mmol/mol"),
    ]
    assert measured(*rows)["hba1c", "before"].value == 70
    before = site_zone()
    set_site_zone(ZoneInfo("Europe/Madrid"))
    try:
        assert measured(*rows)["hba1c", "before"].value == 60
    finally:
        set_site_zone(before)


def test_the_slope_is_what_is_lost_in_a_year() -> None:
    rows = [make.observation(f"o{n}", "p1", "33914-3", str(ENROLLED - timedelta(n * 100)), 50 + n, "mL/min/{1.73_m2}")
            for n in range(4)]  # fmt: skip
    assert measured(*rows)["egfr-slope", "before"].value == pytest.approx(-3.6525)


def test_why_a_value_is_missing() -> None:
    found = measured(today=ENROLLED + timedelta(200))
    assert found["hba1c", "before"].missing is Missing.NO_RECORD
    assert found["hba1c", "6 months"].missing is Missing.NOT_YET
    assert found["medicines", "12 months"].missing is Missing.NOT_YET
    assert found["medicines", "before"].missing is Missing.NO_RECORD
    two = [make.observation(f"o{n}", "p1", "33914-3", str(ENROLLED - timedelta(n)), 50, "mL/min/{1.73_m2}")
           for n in (10, 300)]  # fmt: skip
    assert measured(*two)["egfr-slope", "before"].missing is Missing.TOO_FEW
    dead = make.person("p1", deceasedDateTime=str(ENROLLED + timedelta(100)))
    late = make.observation("o1", "p1", "59261-8", str(ENROLLED + timedelta(182)), 50, "mmol/mol")
    gone = run([make.subject("p1", ENROLLED), dead, late]).people[0].measures
    by_key = {(each.measure, each.period): each for each in gone}
    assert by_key["hba1c", "6 months"].missing is Missing.DIED
    assert by_key["admissions", "12 months"].years == pytest.approx(101 / 365.25)
    left = make.change("leave", "left", ENROLLED + timedelta(100), reason="moved-away")
    gone = run([make.subject("p1", ENROLLED, left, status="off-study"), make.person("p1")]).people[0].measures
    assert {each.missing for each in gone if each.period == "6 months"} == {Missing.LEFT}


def test_who_withdrew_is_counted_and_nothing_of_them_measured() -> None:
    rows: list[Json] = []
    for number in range(6):
        gone = make.change("withdraw", "withdrawn", ENROLLED + timedelta(9), reason="no-time")
        rows += [make.subject(f"p{number}", ENROLLED, gone, status="off-study"), make.person(f"p{number}")]
    found = run(rows)
    assert found.people == () and found.summary.rows == () and found.summary.withdrawn.value == 6


def test_enrolled_twice_on_one_day_is_enrolled_once_where_the_change_holds() -> None:
    again = [make.change("take-back", "consented", ENROLLED), make.change("enrol", "enrolled", ENROLLED, "s2")]
    made = make.subject("p1", ENROLLED, *again)
    made["extension"][1]["extension"].append({"url": "takenBack", "valueBoolean": True})
    found = run([made, make.person("p1"), *make.SITES])
    assert [(each.who.enrolled, each.who.site) for each in found.people] == [(ENROLLED, "s2")]


def test_two_records_of_one_person_are_one_with_the_results_of_both() -> None:
    old = make.person("p1", link=[{"type": "replaced-by", "other": {"reference": "Patient/p2"}}])
    rows = [
        make.subject("p1", ENROLLED), make.subject("p2", ENROLLED + timedelta(5)), old, make.person("p2"),
        make.observation("o1", "p1", "59261-8", "2025-09-30", 61, "mmol/mol"),
    ]  # fmt: skip
    [one] = run(rows).people
    assert one.who.ids == ("p2", "p1") and one.who.enrolled == ENROLLED
    assert one.measures[0].value == 61


def test_a_circle_of_merged_records_is_one_person() -> None:
    def linked(ident: str, other: str) -> Json:
        return make.person(ident, link=[{"type": "replaced-by", "other": {"reference": f"Patient/{other}"}}])

    rows = [make.subject("p1", ENROLLED), linked("p1", "p2"), linked("p2", "p3"), linked("p3", "p1")]
    assert len(run(rows).people) == 1
    long = [linked(f"q{n}", f"q{n + 1}") for n in range(20)]
    assert len(run([make.subject("q0", ENROLLED), *long]).people) == 1


def test_a_duplicate_record_and_an_undated_enrolment_count_nowhere() -> None:
    left = make.change("leave", "left", ENROLLED, reason="duplicate-record")
    other_system = make.subject("p2", ENROLLED, extension=[])
    found = run([make.subject("p1", ENROLLED, left, status="off-study"), other_system])
    assert found.people == () and found.undated == 1
    dated = run([other_system | {"period": {"start": "2025-10-01", "end": "2026-01-01"}, "status": "off-study"}])
    assert dated.people[0].who.until == date(2026, 1, 1)


def test_records_of_no_use_are_counted_and_stop_nothing() -> None:
    good = make.observation("o1", "p1", "59261-8", "2025-09-01", 50, "mmol/mol")
    bad: list[Any] = [
        good | {"id": "o2", "effectiveDateTime": "yesterday"},
        good | {"id": "o3", "modifierExtension": [{"url": "x"}]},
        good | {"id": "o4", "valueQuantity": {"value": "many"}},
        good | {"id": "o5", "valueQuantity": None, "status": None},
        good | {"id": "o6", "component": [7, {"code": None}]},
        good | {"id": "o7", "code": {"coding": "x"}},
        good | {"id": "o8", "status": ["final", "amended"]},
        {"resourceType": "Observation"}, {"resourceType": "Observation", "subject": {"reference": 7}},
        make.condition("c1", "p1", "CKD", code={}), make.condition("c2", "nobody", "CKD"),
    ]  # fmt: skip
    found = run([make.subject("p1", ENROLLED), make.person("p1"), good, *bad])
    assert found.people[0].measures[0].value == 50
    assert found.summary.unreadable == 5


def test_words_and_whole_numbers_are_values_too() -> None:
    written = make.observation("o1", "p1", "4548-4", "2025-09-01", 0, "%", valueString="7,0 %")
    del written["valueQuantity"]
    points = make.observation("o2", "p1", "44261-6", "2025-09-01", 0, "%", valueInteger=12)
    del points["valueQuantity"]
    absent = make.observation("o3", "p1", "44261-6", "2025-09-02", 0, "%", dataAbsentReason={"text": "refused"})
    del absent["valueQuantity"]
    found = measured(written, points, absent)
    assert (found["hba1c", "before"].value, found["phq-9", "before"].value) == (53, 12)


def test_a_period_counts_by_its_end_and_a_result_without_a_date_by_its_issue() -> None:
    period = {"start": "2025-09-01", "end": "2025-09-20"}
    one = make.observation("o1", "p1", "59261-8", "", 51, "mmol/mol", effectivePeriod=period)
    other = make.observation("o2", "p1", "44261-6", "", 9, "{score}", issued="2025-09-03T10:00:00Z")
    for each in (one, other):
        del each["effectiveDateTime"]
    backwards = make.observation("o3", "p1", "59261-8", "", 60, "mmol/mol",
                                 effectivePeriod={"start": "2025-09-10", "end": "2025-09-01"})  # fmt: skip
    del backwards["effectiveDateTime"]
    found = measured(one, other, backwards)
    assert (found["hba1c", "before"].value, found["phq-9", "before"].value) == (51, 9)


def test_a_medicine_counts_once_however_it_is_written() -> None:
    twice = make.medicine("m1", "p1", "A10BA02", "2025-01-01", None)
    again = twice | {"id": "m2"}
    local = make.medicine("m3", "p1", "", "2025-01-01", None)
    local["medicationCodeableConcept"] = {"text": "something", "coding": [{"system": "x", "code": "y"}]}
    by_record = make.medicine("m4", "p1", "", "2025-01-01", None, medicationReference={"reference": "Medication/1"})
    inside = make.medicine("m5", "p1", "", "2025-01-01", None, medicationReference={"reference": "#1"})
    for each in (by_record, inside):
        del each["medicationCodeableConcept"]
    unnamed = make.medicine("m6", "p1", "", "2025-01-01", None)
    unnamed["medicationCodeableConcept"] = {"text": "just words"}
    never = make.medicine("m7", "p1", "C10AA05", "2025-01-01", None, doNotPerform=True)
    found = measured(twice, again, local, by_record, inside, unnamed, never)
    assert found["medicines", "before"].value == 5


def test_a_statement_counts_as_an_order_does() -> None:
    said = {
        "resourceType": "MedicationStatement", "id": "s1", "status": "active", "subject": {"reference": "Patient/p1"},
        "effectivePeriod": {"start": "2025-01-01", "end": "2025-12-31"},
        "medicationCodeableConcept": {"text": "metformin", "coding": [{"system": make.ATC, "code": "A10BA02"}]},
    }  # fmt: skip
    found = measured(said)
    assert (found["medicines", "before"].value, found["medicines", "6 months"].value) == (1, 0)


def test_a_stay_inside_another_is_not_another_admission() -> None:
    whole = make.stay("e1", "p1", "2026-01-01")
    part = make.stay("e2", "p1", "2026-01-03", partOf={"reference": "Encounter/e1"})
    found = measured(whole, part, whole)  # a file may hold a record twice
    assert found["admissions", "12 months"].events == 1


def test_the_study_has_to_be_known() -> None:
    other = make.STUDY | {"id": "other"}
    assert choose_study([make.STUDY]) == choose_study([make.STUDY, other], "pilot") == "pilot"
    for rows, asked, code in (
        ([], "", "evaluation-no-study"),
        ([make.STUDY, other], "", "evaluation-which-study"),
        ([make.STUDY], "x", "evaluation-no-such-study"),
    ):
        with pytest.raises(UserFacingError) as caught:
            choose_study(rows, asked)
        assert caught.value.code == code
