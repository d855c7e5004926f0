"""A malformed date that decides nothing does not hide its record: the record is read and the part is reported."""

from typing import Any

import pytest

from dashboard.domain.record.allergy import Allergy, AllergyState, allergy_banner
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import Observation
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.fhir.mapping import allergy_intolerance, condition, medication_request, observation
from dashboard.fhir.mapping.reading import read_each, read_one
from dashboard.fhir.terminology_files import load_terminology
from tests.unit import people_and_teams as make

T = load_terminology()
BAD = "last spring"


def allergy(**more: Any) -> dict[str, Any]:
    code = make.concept(make.SNOMED, "91936005", "penicillin")
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": code,
    } | more


def test_a_condition_with_a_malformed_recorded_date_is_read() -> None:
    value = condition.from_fhir(make.condition("c1", "p1", recordedDate=BAD), T)
    assert isinstance(value, Condition)
    assert (value.active, value.recorded) == (True, None)
    assert value.unreadable == (Unreadable(Reference("Condition", "c1"), "bad-date"),)


@pytest.mark.parametrize("element", ["onsetDateTime", "recordedDate"])
def test_an_allergy_with_a_malformed_date_is_in_the_banner(element: str) -> None:
    read = read_each([allergy(**{element: BAD})], lambda row: allergy_intolerance.from_fhir(row, T))
    (value,) = read.values
    assert isinstance(value, Allergy)
    assert [part.why for part in value.unreadable] == ["bad-date"]
    assert allergy_banner(read.values, unreadable=False).state is AllergyState.KNOWN


def test_a_medicine_with_a_malformed_date_asserted_is_read() -> None:
    statement = make.medicine("m1", "p1", resourceType="MedicationStatement", dateAsserted=BAD)
    value = medication_request.from_fhir(statement, T)
    assert isinstance(value, Medicine)
    assert [part.why for part in value.unreadable] == ["bad-date"]


def test_a_result_with_a_malformed_time_of_issue_is_read() -> None:
    value = observation.from_fhir(make.observation("o1", "p1", "4548-4", 7.0, "%", "2026-05-02") | {"issued": BAD}, T)
    assert isinstance(value, Observation)
    assert [result.when for result in value.results] == [PartialDate("2026-05-02")]
    assert [part.why for part in value.unreadable] == ["bad-date"]


def test_a_malformed_onset_makes_the_condition_unreadable() -> None:
    row = make.condition("c1", "p1", onsetDateTime=BAD)
    assert read_one(row, lambda resource: condition.from_fhir(resource, T)) == Unreadable(
        Reference("Condition", "c1"), "bad-date"
    )


def test_a_record_entered_in_error_is_excluded_whatever_its_other_elements() -> None:
    wrong = make.concept("", "entered-in-error")
    row = make.condition("c1", "p1", verificationStatus=wrong, onsetDateTime=BAD)
    assert condition.from_fhir(row, T) is Exclusion.ENTERED_IN_ERROR
    assert allergy_intolerance.from_fhir(allergy(verificationStatus=wrong, code=None), T) is Exclusion.ENTERED_IN_ERROR
    assert observation.from_fhir({"status": "entered-in-error", "effectiveDateTime": BAD}, T) is (
        Exclusion.ENTERED_IN_ERROR
    )


def test_a_result_of_a_period_has_the_date_of_its_end_or_of_its_start_if_that_is_later() -> None:
    base = make.observation("o1", "p1", "4548-4", 7.0, "%", "2026-05-02")
    del base["effectiveDateTime"]
    for start, end, when in (("2026-05-01", "2026-05-03", "2026-05-03"), ("2026-05-01", "2026-04-03", "2026-05-01")):
        value = observation.from_fhir(base | {"effectivePeriod": {"start": start, "end": end}}, T)
        assert isinstance(value, Observation)
        assert [result.when for result in value.results] == [PartialDate(when)]


def test_a_condition_that_abated_in_a_period_has_the_date_of_its_end() -> None:
    row = make.condition("c1", "p1", clinicalStatus=None, abatementPeriod={"end": "2021"})
    value = condition.from_fhir(row, T)
    assert isinstance(value, Condition)
    assert (value.abatement, value.active) == (PartialDate("2021"), False)
