"""FHIR JSON to domain values: values, exclusion by rules, and unreadable records; no record raises an error."""

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.record.allergy import AllergyBanner, AllergyState, allergy_banner
from dashboard.domain.record.care_plan import rank, summary_of
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.medicine import Medicine, with_reasons
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.people import HumanName, Identifier
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.fhir.mapping import (
    allergy_intolerance,
    appointment,
    care_plan,
    condition,
    diagnostic_report,
    document_reference,
    encounter,
    goal,
    imaging_study,
    immunization,
    medication_request,
    observation,
    order,
    procedure,
    provenance,
    questionnaire_response,
    task,
)
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.consent import consent
from dashboard.fhir.mapping.elements import CannotRead
from dashboard.fhir.mapping.organization import organization
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.practitioner_role import practitioner_role
from dashboard.fhir.mapping.reading import read_each, read_one
from dashboard.fhir.mapping.related_person import related_person
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples
from tests.unit import people_and_teams as make

T = load_terminology()
ON = date(2026, 11, 20)
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def read_result(resource: dict[str, Any]) -> Any:
    return read_one(resource, partial(observation.from_fhir, terminology=T))


# Patient


def test_the_official_name_that_is_valid_today_is_used() -> None:
    names = [
        {"use": "nickname", "given": ["Molly"]},
        {"use": "official", "family": "Before", "given": ["Mary"], "period": {"end": "2010-05-01"}},
        {"use": "usual", "family": "Usual", "given": ["Mary"]},
        {
            "use": "official",
            "family": "Aldous",
            "given": ["Mary", "Jane"],
            "prefix": ["Mrs"],
            "period": {"start": "2010"},
        },
    ]
    person = patient({"resourceType": "Patient", "id": "p1", "name": names}, ON)
    assert person.name == HumanName("Aldous", "Mary Jane", "Mrs", "")


def test_identifiers_in_use_have_labels_and_known_systems_are_first() -> None:
    listed = [
        {"system": "http://hospital.test", "value": "H1", "type": {"text": "Hospital number"}},
        {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990123456"},
        {"use": "old", "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "1111111111"},
        {"system": "http://hospital.test"},
    ]
    person = patient({"resourceType": "Patient", "id": "p1", "identifier": listed}, ON)
    assert person.identifiers == (
        Identifier("https://fhir.nhs.uk/Id/nhs-number", "9990123456", "NHS No."),
        Identifier("http://hospital.test", "H1", "Hospital number"),
    )


@pytest.mark.parametrize(
    ("element", "deceased"),
    [
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedDateTime": "2025-03"}, PartialDate("2025-03")),
        ({"deceasedDateTime": "unknown"}, True),
        ({"deceasedDateTime": 7}, True),
    ],
)
def test_death_is_a_date_or_a_boolean(element: dict[str, Any], deceased: Any) -> None:
    assert patient({"resourceType": "Patient", "id": "p1"} | element, ON).deceased == deceased


def test_a_birth_year_is_not_completed_to_a_day() -> None:
    birth = patient({"resourceType": "Patient", "id": "p1", "birthDate": "1941"}, ON).birth
    assert birth is not None
    assert birth.precision == "year"


# Condition


@pytest.mark.parametrize(
    ("more", "active"),
    [
        ({}, True),
        ({"clinicalStatus": make.concept(CLINICAL, "relapse")}, True),
        ({"clinicalStatus": make.concept(CLINICAL, "remission")}, False),
        ({"clinicalStatus": make.concept(CLINICAL, "resolved")}, False),
        ({"clinicalStatus": None}, True),
        ({"clinicalStatus": None, "abatementDateTime": "2020"}, False),
        ({"verificationStatus": make.concept("", "refuted")}, False),
        ({"verificationStatus": make.concept("", "provisional")}, True),
    ],
)
def test_the_statuses_decide_whether_a_problem_is_active(more: dict[str, Any], active: bool) -> None:
    problem = condition.from_fhir(make.condition("c1", "p1") | more, T)
    assert isinstance(problem, Condition)
    assert problem.active is active


def test_a_condition_entered_in_error_is_excluded() -> None:
    assert (
        condition.from_fhir(make.condition("c1", "p1", verificationStatus=make.concept("", "entered-in-error")), T)
        is Exclusion.ENTERED_IN_ERROR
    )


def test_the_codes_decide_programme_key_and_stage_of_a_condition() -> None:
    staged = make.condition("c1", "p1", stage=[{"summary": make.concept(make.SNOMED, "700379002")}])
    problem = condition.from_fhir(staged, T)
    assert isinstance(problem, Condition)
    assert (problem.keys, problem.stage, problem.onset) == ((ConditionKey.T2DM,), "G3b", PartialDate("2015"))


def test_a_code_without_a_mapping_is_marked_as_unmapped() -> None:
    local = {"coding": [{"system": "https://hospital.test/codes", "code": "X99"}], "text": "Something local"}
    problem = condition.from_fhir(make.condition("c1", "p1") | {"code": local}, T)
    assert isinstance(problem, Condition)
    assert (problem.unmapped, problem.keys, problem.text) == (True, (), "Something local")


# Observation


def test_a_result_has_its_canonical_value_and_the_recorded_one() -> None:
    (result,) = read_result(make.observation("o1", "p1", "4548-4", 7.0, "%", "2026-05-02")).results
    assert (result.measure, result.value.value, result.value.unit) == (Measure.HBA1C, Decimal(53), "mmol/mol")
    assert (str(result.recorded.value), result.recorded.unit, result.converted) == ("7.0", "%", True)
    assert result.origin == Reference("Observation", "o1")


def test_another_name_of_the_same_unit_is_not_marked_as_converted() -> None:
    (result,) = read_result(make.observation("o1", "p1", "2823-3", 4.1, "mEq/L", "2026-05-02")).results
    assert (result.value.unit, result.converted) == ("mmol/L", False)


def test_a_blood_pressure_panel_gives_both_pressures() -> None:
    parts = [
        {"code": make.concept(make.LOINC, code), "valueQuantity": {"value": value, "unit": "mmHg", "code": "mm[Hg]"}}
        for code, value in (("8480-6", 148), ("8462-4", 82))
    ]
    panel = make.observation("o1", "p1", "85354-9", 0, "", "2026-05-02") | {"component": parts}
    del panel["valueQuantity"]
    assert [(r.measure, int(r.value.value)) for r in read_result(panel).results] == [
        (Measure.SYSTOLIC, 148),
        (Measure.DIASTOLIC, 82),
    ]


def test_one_unreadable_pressure_does_not_hide_the_other() -> None:
    parts: list[dict[str, Any]] = [
        {"code": make.concept(make.LOINC, "8480-6"), "valueQuantity": {"value": 148, "unit": "furlong"}},
        {"code": make.concept(make.LOINC, "8462-4"), "valueQuantity": {"value": 82, "code": "mm[Hg]"}},
    ]
    panel = make.observation("o1", "p1", "85354-9", 0, "", "2026-05-02") | {"component": parts}
    del panel["valueQuantity"]
    reading = read_result(panel)
    assert [r.measure for r in reading.results] == [Measure.DIASTOLIC]
    assert reading.unreadable == (Unreadable(Reference("Observation", "o1"), "unknown-unit"),)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueString": "7,0 %"}, "53 mmol/mol"),
        ({"valueString": "<20 mmol/mol"}, "<20 mmol/mol"),
        ({"valueString": "71"}, "no-unit"),
        ({"valueString": "high"}, "bad-value"),
        ({"valueInteger": 71}, "no-unit"),
        ({"valueQuantity": {"value": 71}}, "no-unit"),
        ({"valueQuantity": {"value": 71, "unit": "furlong"}}, "unknown-unit"),
        ({"valueQuantity": {"value": "71", "unit": "mmol/mol"}}, "bad-value"),
        ({"valueQuantity": {"value": True, "unit": "mmol/mol"}}, "bad-value"),
        ({"valueQuantity": {"unit": "mmol/mol"}}, "no-value"),
        ({"valueCodeableConcept": {"text": "high"}}, "bad-value"),
        ({}, "no-value"),
        ({"dataAbsentReason": {"text": "not performed"}}, "excluded"),
        ({"status": "entered-in-error", "valueQuantity": {"value": 71, "unit": "mmol/mol"}}, "excluded"),
        ({"status": "cancelled"}, "excluded"),
        ({"effectiveDateTime": None, "valueQuantity": {"value": 71, "unit": "mmol/mol"}}, "no-date"),
        ({"effectiveDateTime": "soon", "valueQuantity": {"value": 71, "unit": "mmol/mol"}}, "bad-date"),
        ({"effectiveDateTime": None, "issued": "2026-05-03T10:00:00Z", "valueString": "71 mmol/mol"}, "71 mmol/mol"),
    ],
)
def test_every_form_of_a_value_is_read_or_excluded_or_reported(value: dict[str, Any], expected: str) -> None:
    resource = make.observation("o1", "p1", "59261-8", 0, "", "2026-05-02")
    del resource["valueQuantity"]
    reading = read_result(resource | value)
    if isinstance(reading, Unreadable):
        assert reading.why == expected
    elif isinstance(reading, Exclusion) or not (reading.results or reading.unreadable):
        assert expected == "excluded"
    elif reading.results:
        (result,) = reading.results
        assert f"{result.value.comparator}{result.value.value} {result.value.unit}" == expected
    else:
        assert [u.why for u in reading.unreadable] == [expected]


def test_a_score_may_be_a_number_without_a_unit() -> None:
    resource = make.observation("o1", "p1", "44261-6", 0, "", "2026-05-02")
    del resource["valueQuantity"]
    (result,) = read_result(resource | {"valueInteger": 11}).results
    assert (result.measure, result.value.unit, int(result.value.value)) == (Measure.PHQ9, "{score}", 11)


def test_an_observation_of_no_key_measure_has_no_result() -> None:
    pulse = read_result(make.observation("o1", "p1", "8867-4", 70, "/min", "2026-05-02"))
    assert (pulse.results, pulse.check, pulse.unreadable) == ((), "", ())


# Medicines


@pytest.mark.parametrize(
    "more", [{"status": "entered-in-error"}, {"status": "draft"}, {"intent": "proposal"}, {"doNotPerform": True}]
)
def test_a_medicine_that_was_not_given_is_excluded(more: dict[str, Any]) -> None:
    medicine = medication_request.from_fhir(make.medicine("m1", "p1") | more, T)
    assert isinstance(medicine, Exclusion) or not medicine.given


def test_a_medicine_is_for_its_reasons_and_else_for_the_conditions_that_its_class_treats() -> None:
    given_for = {"reasonReference": [{"reference": "Condition/c9"}]}
    problem = condition.from_fhir(make.condition("c9", "p1", "709044004"), T)
    assert isinstance(problem, Condition)
    known = {Reference("Condition", "c9"): problem}
    medicine = medication_request.from_fhir(make.medicine("m1", "p1") | given_for, T)
    assert isinstance(medicine, Medicine)
    assert (medicine.atc, with_reasons(medicine, known, T).conditions) == ("A10BA02", (ConditionKey.CKD,))
    assert with_reasons(medicine, {}, T).conditions == (ConditionKey.T2DM,), "the reference leads nowhere"


def test_a_medicine_may_be_contained_or_referred_to() -> None:
    substance = {"resourceType": "Medication", "id": "x", "code": make.concept(make.ATC, "C03DA01", "spironolactone")}
    bare = make.medicine("m1", "p1")
    del bare["medicationCodeableConcept"]
    contained = bare | {"contained": [substance], "medicationReference": {"reference": "#x"}}
    referred = bare | {"medicationReference": {"reference": "Medication/x"}}
    elsewhere = bare | {"medicationReference": {"reference": "Medication/y", "display": "spironolactone 25 mg"}}
    readings = [
        medication_request.from_fhir(row, T, {"Medication/x": substance}) for row in (contained, referred, elsewhere)
    ]
    assert [(m.text, m.atc) for m in readings if isinstance(m, Medicine)] == [
        ("spironolactone", "C03DA01"),
        ("spironolactone", "C03DA01"),
        ("spironolactone 25 mg", ""),
    ]


# Allergies


def allergy(code: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"a{code}",
        "patient": {"reference": "Patient/p1"},
        "clinicalStatus": make.concept("", "active"),
        "code": make.concept(make.SNOMED, code, "Substance " + code),
    } | more


def banner(rows: list[dict[str, Any]]) -> AllergyBanner:
    read = read_each(rows, partial(allergy_intolerance.from_fhir, terminology=T))
    return allergy_banner(read.values, unreadable=bool(read.unreadable))


NONE_KNOWN, NO_DRUG_ALLERGY, PENICILLIN = "716186003", "409137002", "91936005"


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([], AllergyState.NOT_RECORDED),
        ([allergy(NONE_KNOWN)], AllergyState.NONE_KNOWN),
        ([allergy(PENICILLIN)], AllergyState.KNOWN),
        ([allergy(PENICILLIN), allergy(NONE_KNOWN)], AllergyState.KNOWN),
        ([allergy(PENICILLIN, verificationStatus=make.concept("", "refuted"))], AllergyState.NOT_RECORDED),
        ([allergy(PENICILLIN, verificationStatus=make.concept("", "entered-in-error"))], AllergyState.NOT_RECORDED),
        ([allergy(PENICILLIN, clinicalStatus=make.concept("", "resolved"))], AllergyState.NOT_RECORDED),
        ([allergy(NO_DRUG_ALLERGY)], AllergyState.NOT_RECORDED),
        ([allergy("x") | {"code": None}, allergy(NONE_KNOWN)], AllergyState.UNAVAILABLE),
        ([allergy("x") | {"code": None}, allergy(PENICILLIN)], AllergyState.KNOWN),
    ],
)
def test_the_allergy_banner_shows_none_only_with_a_record_of_it(rows: list[Any], state: AllergyState) -> None:
    assert banner(rows).state is state


def test_no_known_drug_allergy_is_distinct_from_no_known_allergy() -> None:
    assert banner([allergy(NO_DRUG_ALLERGY)]).partly_none


# Plans, goals, teams, tasks, contacts


def test_the_limits_of_a_target_are_from_its_comparator_or_range() -> None:
    pressure = {
        "measure": make.concept(make.LOINC, "8480-6"),
        "detailRange": {"low": {"value": 110, "code": "mm[Hg]"}, "high": {"value": 130, "code": "mm[Hg]"}},
    }
    made = make.goal("g1", "p1", "4548-4", 7, "%")
    made["target"].append(pressure)
    found = goal.from_fhir(made, T)
    assert found.by_patient
    assert [(t.measure, t.low and int(t.low.value), t.high and int(t.high.value)) for t in found.targets] == [
        (Measure.HBA1C, None, 53),
        (Measure.SYSTOLIC, 110, 130),
    ]


def test_an_unreadable_target_does_not_hide_the_goal_and_its_other_targets() -> None:
    made = make.goal("g1", "p1", "4548-4", 7, "%")
    made["target"] += [
        {"measure": make.concept(make.LOINC, "8480-6"), "detailQuantity": {"value": 130, "code": "furlong"}},
        {"dueDate": "soon"},
    ]
    found = goal.from_fhir(made, T)
    assert [target.measure for target in found.targets] == [Measure.HBA1C]
    assert [part.why for part in found.unreadable] == ["unknown-unit", "bad-date"]


def test_the_current_care_plan_is_the_active_shared_one() -> None:
    shared, order_plan, old = (
        make.plan("a", "p1"),
        make.plan("b", "p1", intent="order"),
        make.plan("c", "p1", status="revoked"),
    )
    plans = [care_plan.from_fhir(row) for row in (old, order_plan, shared)]
    assert max(plans, key=rank).origin.id == "a"


def test_the_editor_is_the_author_of_the_newest_provenance() -> None:
    edits = [
        provenance.listed(make.provenance("v1", "CarePlan/cp1/_history/1", "Anna", "2026-01-01T10:00:00Z")),
        provenance.listed(make.provenance("v2", "CarePlan/cp1", "Jon", "2026-10-28T10:00:00+01:00")),
        provenance.listed(make.provenance("v3", "CarePlan/other", "Else", "2026-11-01T10:00:00Z")),
    ]
    line = summary_of(care_plan.from_fhir(make.plan("cp1", "p1")), {}, edits)
    assert (line.editor, line.edited) == ("Jon", datetime(2026, 10, 28, 9, tzinfo=UTC))
    assert line.review_due == date(2026, 12, 2)


@pytest.mark.parametrize("period", ["always", ["2024-01-01"], 7, {"end": "never"}, {"start": {"x": 1}}, True])
def test_access_rests_on_no_period_that_cannot_be_read(period: object) -> None:
    gp, nurse = Reference("Practitioner", "gp"), Reference("Practitioner", "nurse")
    row = make.care_team("p1", ["gp", "nurse"])
    row["participant"][0]["period"] = period
    team = care_team(row)
    assert team is not None
    assert not team.has_member(gp, date(2026, 11, 20))
    assert team.has_member(nurse, date(2026, 11, 20)), "one odd participant closes the team to nobody else"
    assert len(team.members) == 2, "and is still named"
    with pytest.raises(CannotRead):
        care_team(make.care_team("p1", ["gp"], period=period))
    with pytest.raises(CannotRead):
        consent(make.consent("p1", {"type": "permit", "period": period}))
    relative = {"resourceType": "RelatedPerson", "id": "r", "name": [{"family": "X"}], "period": period}
    assert related_person(relative, date(2026, 11, 20)) is None


@pytest.mark.parametrize(
    ("team", "member"),
    [
        ({}, True),
        ({"status": "inactive"}, False),
        ({"period": {"end": "2026-11-19"}}, False),
        ({"period": {"end": "2026-11"}}, True),
        ({"period": {"start": "2026-11-21"}}, False),
        ({"participant": [{"member": {"reference": "Practitioner/gp"}, "period": {"end": "2025"}}]}, False),
        ({"participant": [{"member": {"reference": "Practitioner/nurse"}}]}, False),
        ({"participant": [{"member": {"reference": "Practitioner/gp"}, "period": {"end": "soon"}}]}, False),
        ({"participant": [{"member": {"reference": "https://old.example/r4/Practitioner/gp"}}]}, False),
    ],
)
def test_membership_is_valid_within_both_periods(team: dict[str, Any], member: bool) -> None:
    found = care_team(make.care_team("p1", ["gp"]) | team)
    assert found is not None
    assert found.has_member(Reference("Practitioner", "gp"), ON) is member


def test_a_task_has_due_date_owner_and_comments_in_order() -> None:
    notes = [
        {"text": "second", "time": "2026-10-02T09:00:00Z", "authorString": "Jon"},
        {"text": "first", "time": "2026-10-01T09:00:00Z", "authorReference": {"display": "Anna"}},
    ]
    line = task.from_fhir(make.task("t1", "p1", "Organization/team-1", note=notes))
    assert (line.due, line.owner) == (PartialDate("2026-11-10"), Reference("Organization", "team-1"))
    assert [(comment.author_name, comment.text) for comment in line.comments] == [("Anna", "first"), ("Jon", "second")]


def test_only_a_booked_appointment_is_planned() -> None:
    assert appointment.booked(make.conference("a1", ["p1"], "2026-11-24T09:00:00Z", status="cancelled")) is None
    found = appointment.booked(make.conference("a1", ["p1", "p2"], "2026-11-24T09:00:00Z"))
    assert found is not None
    assert found.conference


def test_reading_does_not_change_the_resource() -> None:
    rows = make.cohort()
    before = copy.deepcopy(rows)
    for read in READERS.values():
        read_each(rows, read)
    assert rows == before


# No resource raises an error, and none is lost

READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "Patient": partial(patient, on=ON),
    "Organization": organization,
    "PractitionerRole": partial(practitioner_role, name=None),
    "CareTeam": care_team,
    "Condition": partial(condition.from_fhir, terminology=T),
    "Observation": partial(observation.from_fhir, terminology=T),
    "MedicationRequest": partial(medication_request.from_fhir, terminology=T),
    "MedicationStatement": partial(medication_request.from_fhir, terminology=T),
    "AllergyIntolerance": partial(allergy_intolerance.from_fhir, terminology=T),
    "Procedure": partial(procedure.from_fhir, terminology=T),
    "Immunization": partial(immunization.from_fhir, terminology=T),
    "DiagnosticReport": partial(diagnostic_report.from_fhir, terminology=T),
    "ImagingStudy": partial(imaging_study.from_fhir, terminology=T),
    "DocumentReference": partial(document_reference.from_fhir, terminology=T),
    "QuestionnaireResponse": partial(questionnaire_response.from_fhir, terminology=T),
    "Encounter": encounter.contact,
    "Appointment": appointment.booked,
    "Goal": partial(goal.listed, terminology=T),
    "CarePlan": care_plan.listed,
    "Provenance": provenance.listed,
    "Task": task.listed,
    "ServiceRequest": order.listed,
    "CommunicationRequest": order.listed,
    "RelatedPerson": partial(related_person, on=ON),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_every_broken_record_is_a_value_or_excluded_or_unreadable(kind: str, data: st.DataObject) -> None:
    """One element of a valid record is replaced by anything: the result is a value, an Exclusion, or `Unreadable`."""
    good = next((row for row in make.cohort() if row["resourceType"] == kind), {"resourceType": kind, "id": "x"})
    broken = copy.deepcopy(good)
    name = data.draw(st.sampled_from(sorted(broken)))
    broken[name] = data.draw(ANYTHING)
    found = read_one(broken, READERS[kind])
    if isinstance(found, Unreadable):
        assert found.why
        assert found.origin.type


@pytest.mark.parametrize(
    "junk", [None, 3, "text", [], {}, {"resourceType": "Task"}, {"resourceType": "Task", "id": "../"}]
)
def test_json_that_is_no_resource_is_unreadable_or_empty_and_raises_no_error(junk: Any) -> None:
    for read in READERS.values():
        read_one(junk, read)


def test_the_phone_numbers_of_a_patient_are_those_in_use_by_rank() -> None:
    telecom = [
        {"system": "phone", "value": "01", "rank": 2},
        {"system": "email", "value": "a@b.example"},
        {"system": "phone", "value": "02", "use": "old", "rank": 1},
        {"system": "sms", "value": "03", "rank": 1},
        {"system": "phone", "value": "04", "period": {"end": "2020-01-01"}},
        {"system": "phone", "value": "05"},
        {"system": "phone", "value": "01"},
        {"system": "phone"},
    ]
    found = patient({"resourceType": "Patient", "id": "p1", "telecom": telecom}, date(2026, 11, 23))
    assert found.phones == ("03", "01", "05")
    assert patient({"resourceType": "Patient", "id": "p1"}, date(2026, 11, 23)).phones == ()
