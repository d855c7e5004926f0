"""The templates of a foreign service: what is searched for it, and what is not."""

import pytest

from dashboard.fhir.cds_hooks.prefetch import bundle_of, person_of, search_of
from dashboard.fhir.cds_hooks.request import templates
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import library

P = "{{context.patientId}}"


def test_a_search_for_this_patient_is_carried_out() -> None:
    template = f"Observation?patient={P}&code=http://loinc.org|4548-4&date=ge2025-01-01&_sort=-date&_count=1"
    params = (("code", "http://loinc.org|4548-4"), ("date", "ge2025-01-01"))
    assert search_of(template, "p1") == SearchRequest(
        "Observation", params, ("p1",), sort="-date", page_size=1, max_rows=1
    )
    search = search_of(f"MedicationRequest?subject=Patient/{P}&_include=MedicationRequest:medication", "p1")
    assert search is not None
    assert (search.patients, search.include) == (("p1",), ("MedicationRequest:medication",))


def test_our_own_templates_can_be_served() -> None:
    ours = templates(library().facts_used(), load_terminology())
    assert ours.pop("patient") == f"Patient/{P}"
    assert all(search_of(template, "p1") is not None for template in ours.values())


@pytest.mark.parametrize(
    "template",
    [
        "Observation",
        "Observation?code=4548-4",
        "Observation?patient=p2",
        f"Observation?patient={P}&patient=p2",
        f"Observation?patient={P}&subject={P}",
        f"Observation?patient={P},p2",
        f"Observation?patient={P}&_has:Group:member:_id=1",
        f"Observation?patient={P}&subject.name=Mary",
        f"Observation?patient={P}&_revinclude=Provenance:target",
        f"Observation?patient={P}&_include=Observation:performer",
        f"Observation?patient={P}&_include=MedicationRequest:medication",
        f"Observation?patient={P}&code={{{{userPractitionerId}}}}",
        f"Observation?patient={P}&code=",
        f"Observation?patient={P}&_count=-1",
        f"Observation?patient={P}&_count=0",
        f"Observation?patient={P}&_sort=subject.name",
        f"Observation?patient={P}&&",
        f"AuditEvent?patient={P}",
        f"Patient?_id={P}",
        f"/Observation?patient={P}",
        f"https://evil.example/Observation?patient={P}",
        f"Observation?patient={P}&code=" + "1," * 9000,
        "",
    ],
)
def test_nothing_else_is(template: str) -> None:
    assert search_of(template, "p1") is None


ROW = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "text": {"div": "Mary"},
    "contained": [{"resourceType": "Medication", "id": "x", "text": {"div": "Mary"}}, {"resourceType": "Patient"}],
}


def test_a_bundle_has_no_narrative_and_nothing_is_null() -> None:
    search = SearchRequest("MedicationRequest", patients=("p1",))
    medicine = {"resourceType": "Medication", "id": "med"}
    included = {"Medication/med": medicine, "Practitioner/x": {"resourceType": "Practitioner"}}
    found = bundle_of(SearchResult(search, [ROW], included), "x")
    assert found is not None
    assert found["total"] == 1
    assert [each["resource"] for each in found["entry"]] == [
        {"resourceType": "MedicationRequest", "id": "m1", "contained": [{"resourceType": "Medication", "id": "x"}]},
        medicine,
    ]
    assert bundle_of(SearchResult(search), "x") is None


def test_what_was_not_read_in_full_is_not_sent() -> None:
    cut = SearchResult(SearchRequest("Condition"), [ROW], truncated=True)
    with pytest.raises(ValueError, match="not all"):
        bundle_of(cut, "Condition?patient=x")
    assert bundle_of(cut, "Condition?patient=x&_count=1") is not None


def test_a_patient_is_sent_without_who_it_is() -> None:
    row = {"resourceType": "Patient", "id": "p1", "birthDate": "1950", "gender": "female", "deceasedBoolean": False}
    private = {"name": [1], "identifier": [1], "telecom": [1], "address": [1], "photo": [1], "text": {}, "contact": [1]}
    assert person_of({**row, **private}) == row
