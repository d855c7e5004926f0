"""What contacts, allergies and medicines come to where a record says little, or contradicts itself."""

from dashboard.domain.record.allergy import AllergyState, allergy_banner
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.contact import contact_of_appointment, contact_of_encounter
from dashboard.domain.record.medicine import with_reasons
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping import appointment, condition, encounter, medication_request
from dashboard.fhir.terminology_files import load_terminology

T = load_terminology()
P1 = {"reference": "Patient/p1"}
C1 = Reference("Condition", "c1")


def test_a_contact_without_any_date_is_no_line() -> None:
    visit = {"resourceType": "Encounter", "id": "e1", "status": "finished", "subject": P1}
    assert contact_of_encounter(encounter.from_fhir(visit)) is None
    ended = contact_of_encounter(encounter.from_fhir({**visit, "period": {"end": "2026-01-02"}}))
    assert ended is not None and ended.when.text == "2026-01-02", "an end alone says when it was"
    booked = {"resourceType": "Appointment", "id": "a1", "status": "booked", "participant": [{"actor": P1}]}
    assert contact_of_appointment(appointment.from_fhir(booked)) is None


def test_a_medicine_serves_the_problems_that_it_names_as_its_reason() -> None:
    request = {
        "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order", "subject": P1,
        "medicationCodeableConcept": {"text": "Something new"},
        "reasonReference": [{"reference": "Condition/c1"}, {"display": "a reason in words"}],
    }  # fmt: skip
    medicine = medication_request.from_fhir(request, T, {})
    problem = condition.from_fhir(
        {
            "resourceType": "Condition",
            "id": "c1",
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "709044004"}]},
        },
        T,
    )
    assert isinstance(problem, Condition)
    found = with_reasons(medicine, {C1: problem}, T)
    assert (medicine.conditions, found.conditions) == ((), (ConditionKey.CKD,))
    assert found.reasons == (problem.text, "a reason in words")
    assert with_reasons(medicine, {}, T).reasons == ("a reason in words",)


def test_the_states_of_allergies_are_those_that_the_banner_words() -> None:
    assert {state.value for state in AllergyState} == {"known", "none-known", "not-recorded", "unavailable"}


def test_allergies_that_cannot_be_read_are_never_no_allergies() -> None:
    assert allergy_banner([], unreadable=True).state is AllergyState.UNAVAILABLE
    assert allergy_banner([], unreadable=False).state is AllergyState.NOT_RECORDED
