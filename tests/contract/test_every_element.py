"""What the record says is what every page says, on every server: one element or value set a test.

After public bug reports and example files; each test writes small records of its own.
"""

from typing import Any

import pytest

from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.fhir.port import FhirServer
from tests.contract.every_page import EveryPage
from tests.unit import people_and_teams as make

Json = dict[str, Any]
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
HF, CKD, DEPRESSION = "84114007", "709044004", "370143000"


@pytest.fixture
def pages(named_fhir: tuple[str, FhirServer]) -> EveryPage:
    return EveryPage(named_fhir[1])


def allergy(ident: str, code: Json) -> Json:
    clinical = make.concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active")
    return {
        "resourceType": "AllergyIntolerance",
        "id": ident,
        "patient": {"reference": "Patient/p1"},
        "clinicalStatus": clinical,
        "code": code,
    }


def statement(ident: str, code: Json, **more: Any) -> Json:
    return {
        "resourceType": "MedicationStatement",
        "id": ident,
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": code,
    } | more


def bare_condition(ident: str, code: str, **more: Any) -> Json:
    """A condition without a clinical status, so that only `more` says whether it is there."""
    row = make.condition(ident, "p1", code)
    del row["clinicalStatus"]
    return row | more


@pytest.mark.parametrize(
    ("code", "state", "label"),
    [
        (make.concept(IPS, "no-known-allergies"), AllergyState.NONE_KNOWN, "No known allergies"),
        (make.concept(make.SNOMED, "716184000", "No known latex allergy"), AllergyState.NOT_RECORDED, "not recorded"),
        ({"text": "No known drug allergies"}, AllergyState.NOT_RECORDED, "Allergies not recorded"),
        ({"text": "Inga kända allergier"}, AllergyState.NONE_KNOWN, "No known allergies"),
        (make.concept(make.SNOMED, "1631000175102"), AllergyState.NOT_RECORDED, "Allergies not recorded"),
    ],
)
def test_a_record_that_names_no_allergy_is_never_listed_as_one(
    pages: EveryPage, code: Json, state: AllergyState, label: str
) -> None:
    pages.put(allergy("a1", code))
    summary = pages.summary()
    assert (summary.allergy_state, summary.allergies.value) == (state, ())
    assert label in pages.patient_page() and label in pages.own_record()
    timeline = pages.timeline()
    assert (timeline.allergy_state, timeline.events) == (state, ())


def test_an_exception_to_no_known_allergies_is_an_allergy(pages: EveryPage) -> None:
    pages.put(allergy("a1", {"text": "No known allergies except penicillin"}))
    assert "Known allergies No known allergies except penicillin" in pages.patient_page()


def test_no_known_medicines_and_problems_are_sentences_and_no_rows(pages: EveryPage) -> None:
    pages.put(
        statement("s1", make.concept(IPS, "no-known-medications"), status="unknown", effectiveDateTime="2026-11-01"),
        make.condition("c1", "p1") | {"code": make.concept(IPS, "no-known-problems")},
    )
    page, own = pages.patient_page(), pages.own_record()
    assert "Other problems No known problems" in page and "Other medicines No known medicines" in page
    assert "No known medicines" in own
    assert pages.row().conditions == () and pages.timeline_lines() == []


def test_no_information_about_medicines_is_not_none(pages: EveryPage) -> None:
    pages.put(statement("s1", make.concept(make.SNOMED, "182904002")))
    assert "Medicines not recorded" in pages.patient_page() and "Problems not recorded" in pages.patient_page()


@pytest.mark.parametrize(
    ("abatement", "shown"),
    [
        ({"abatementDateTime": "2019-03-01"}, "until 01-Mar-2019"),
        ({"abatementAge": {"value": 60, "unit": "a", "system": make.UCUM, "code": "a"}}, "until 60 years"),
        ({"abatementPeriod": {"start": "2018-01", "end": "2019-02"}}, "until Feb-2019"),
        (
            {"abatementRange": {"low": {"value": 55, "unit": "years"}, "high": {"value": 60, "unit": "years"}}},
            "until 55 years - 60 years",
        ),
        ({"abatementString": "after the operation"}, "until after the operation"),
        ({"clinicalStatus": {"text": "Resolved"}}, "resolved"),
    ],
)
def test_a_problem_that_abated_is_past_on_every_page(pages: EveryPage, abatement: Json, shown: str) -> None:
    pages.put(bare_condition("c1", HF, **abatement))
    page = pages.patient_page()
    assert "1 past problem" in page and shown in page
    assert pages.row().conditions == () and "CHECK_OVERDUE" not in {kind.name for kind in pages.row().reason_kinds}
    [event] = pages.timeline().events
    assert event.state == "done"


@pytest.mark.parametrize(
    ("verification", "words"),
    [
        (make.concept(VERIFICATION, "provisional"), "suspected, provisional diagnosis"),
        (make.concept(VERIFICATION, "differential"), "suspected, differential diagnosis"),
        (make.concept(VERIFICATION, "unconfirmed"), "suspected, unconfirmed"),
        ({"text": "Suspected"}, "suspected, unconfirmed"),
        ({"text": "query"}, "suspected, query"),
    ],
)
def test_a_suspected_problem_carries_that_word_and_starts_no_checks(
    pages: EveryPage, verification: Json, words: str
) -> None:
    pages.put(make.condition("c1", "p1", verificationStatus=verification))
    row = pages.row()
    assert row.condition_words == (("T2DM suspected", "Type 2 diabetes, suspected"),)
    assert "CHECK_OVERDUE" not in {kind.name for kind in row.reason_kinds}
    page = pages.patient_page()
    assert f"Type 2 diabetes {words}" in page and "checks overdue" not in page
    [line] = pages.timeline_lines()
    assert line.endswith("| suspected")
    assert pages.summary().checks == ()


def test_a_confirmed_problem_beside_a_suspected_one_asks_for_its_checks(pages: EveryPage) -> None:
    pages.put(
        make.condition("c1", "p1", verificationStatus=make.concept(VERIFICATION, "provisional")),
        make.condition("c2", "p1", DEPRESSION),
    )
    assert {check.condition for check in pages.summary().checks} == {ConditionKey.DEPRESSION}
