"""R4's search parameters in the generated registry, and the decisions that use them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.search.filter_here import filter_by, split_escaped
from dashboard.fhir.search.includes import included_references, parse_include
from dashboard.fhir.search.plan import make_plan
from dashboard.fhir.search.registry import (
    FILE,
    SearchParameter,
    Step,
    is_resource_type,
    parameter,
    patient_parameter,
    patient_paths,
    values_at,
)
from dashboard.fhir.search.request import SearchRequest, escape
from dashboard.fhir.search.row_tests import is_about, is_of_other_patients, refers_to
from dashboard.fhir.search.sort_here import sort_key

OURS = Addresses(["http://ours/fhir"])


def test_every_parameter_of_the_file_can_be_read() -> None:
    table = json.loads(FILE.read_text("utf-8"))
    definitions = [parameter(resource_type, name) for resource_type, names in table.items() for name in names]
    assert all(isinstance(definition, SearchParameter) and definition.paths for definition in definitions)
    assert len(definitions) > 1000


def test_a_parameter_that_r4_does_not_define_is_unknown() -> None:
    assert not is_resource_type("Unicorn")
    assert parameter("Unicorn", "patient") is None
    assert parameter("Observation", "shoe-size") is None
    assert parameter("Observation", "_lastUpdated") == parameter("Unicorn", "_lastUpdated")


@pytest.mark.parametrize(
    ("resource_type", "elements"),
    [
        ("AllergyIntolerance", ["patient"]),
        ("Appointment", ["participant.actor"]),
        ("AuditEvent", ["agent.who", "entity.what"]),
        ("CarePlan", ["subject"]),
        ("Consent", ["patient"]),
        ("Coverage", ["beneficiary"]),
        ("Observation", ["subject"]),
        ("Person", ["link.target"]),
        ("Provenance", ["target"]),
        ("ResearchSubject", ["individual"]),
        ("Task", ["for"]),
    ],
)
def test_the_patient_parameter_of_a_type_is_that_of_r4(resource_type: str, elements: list[str]) -> None:
    paths = patient_parameter(resource_type).paths
    assert [".".join(step.element for step in path) for path in paths] == elements
    assert patient_paths(resource_type) == paths


@pytest.mark.parametrize("resource_type", ["Organization", "Group", "Unicorn"])
def test_a_type_without_a_patient_parameter_is_refused(resource_type: str) -> None:
    with pytest.raises(ValueError, match=resource_type):
        is_about(resource_type, ["p1"], OURS)


def test_groups_and_schedules_are_about_members_without_a_patient_parameter() -> None:
    group = {"resourceType": "Group", "member": [{"entity": {"reference": "Patient/p2"}}]}
    schedule = {"resourceType": "Schedule", "actor": [{"reference": "Patient/p2"}]}
    for row in (group, schedule):
        assert is_of_other_patients(row, frozenset({"p1"}), OURS)
        assert not is_of_other_patients(row, frozenset({"p1", "p2"}), OURS)


def test_a_list_entry_matches_only_with_the_field_that_the_path_requires() -> None:
    phone = parameter("Patient", "phone")
    assert phone is not None
    assert phone.paths == ((Step("telecom", "system", "phone"),),)
    telecom = [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}, "phone", None]
    assert list(values_at({"telecom": telecom}, phone.paths[0])) == [telecom[0]]


def test_a_row_must_refer_from_the_element_that_the_parameter_searches() -> None:
    requested = refers_to("Task", "requester", "Practitioner/me", OURS)
    assert requested is not None
    assert requested({"requester": {"reference": "http://ours/fhir/Practitioner/me/_history/2"}})
    assert not requested({"owner": {"reference": "Practitioner/me"}})
    unknown = refers_to("Task", "of-our-server", "Practitioner/me", OURS)
    assert unknown is not None
    assert unknown({"owner": {"reference": "Practitioner/me"}})
    for name, value in (("_id", "Practitioner/me"), ("owner", "me")):
        assert refers_to("Task", name, value, OURS) is None


def test_an_include_leads_only_to_the_types_that_r4_allows() -> None:
    members = ["Practitioner/d1", "Device/x", "#c1", "http://far/Practitioner/d2", "Practitioner/a/b", "urn:uuid:1"]
    team = {"resourceType": "CareTeam", "participant": [{"member": {"reference": name}} for name in members]}
    assert included_references("CareTeam:participant", [team], OURS) == {"Practitioner/d1"}
    assert included_references("CareTeam:participant:Organization", [team], OURS) == set()
    assert included_references("iterate:Task:owner", [team], OURS) == set()


@pytest.mark.parametrize("text", ["CareTeam:shoe", "Observation:code", "Unicorn:patient", "", "*"])
def test_an_include_that_r4_does_not_define_is_a_programming_error(text: str) -> None:
    with pytest.raises(ValueError, match="R4"):
        parse_include(text)


@pytest.mark.parametrize("name", ["patient.identifier", "subject:Patient.family", "_has:CareTeam:patient:participant"])
def test_chained_parameters_are_refused(name: str) -> None:
    """A server without support for them returns all patients, and no CapabilityStatement shows this."""
    with pytest.raises(ValueError, match="two searches"):
        make_plan(SearchRequest("Observation", ((name, "x"),)), Capabilities("4.0.1"), OURS)


PERIODS: list[tuple[dict[str, Any], str]] = [
    ({"start": "2026-03-01", "end": "2026-03-10"}, "le lt"),
    ({"start": "2026-03-01", "end": "2026-04-10"}, "ge gt le lt"),
    ({"start": "2026-03-01"}, "ge gt le lt"),
    ({"end": "2026-03-10"}, "le lt"),
    ({"start": "2026-05-01"}, "ge gt"),
    ({"start": "2026-04-01", "end": "2026-04-01"}, "ge le"),
    ({}, ""),
    ({"start": "soon"}, ""),
]


@pytest.mark.parametrize(("period", "expected"), PERIODS)
def test_a_period_matches_every_date_that_it_covers(period: dict[str, Any], expected: str) -> None:
    """https://hl7.org/fhir/R4/search.html#prefix: an Encounter that began before and continues matches the date."""
    for bound in ("2026-04-01", "2026-04-01T00:00:00Z"):
        tests = {prefix: filter_by("Encounter", "date", prefix + bound) for prefix in ("ge", "gt", "le", "lt")}
        passed = [prefix for prefix, test in tests.items() if test and test({"period": period})]
        if "T" in bound and period == PERIODS[5][0]:
            assert passed == ["ge", "gt", "le"]  # a day is longer than its first moment
        else:
            assert passed == expected.split()


@pytest.mark.parametrize("value", ["2026-04-01", "eq2026-04-01", "gesoon", "ge", "ap2026"])
def test_a_date_that_cannot_be_compared_has_no_filter(value: str) -> None:
    assert filter_by("Encounter", "date", value) is None


def test_a_boolean_is_compared_and_a_presence_has_no_filter() -> None:
    active = filter_by("Patient", "active", "true")
    assert active is not None
    assert [active({"active": value}) for value in (True, False, None)] == [True, False, False]
    assert filter_by("Patient", "deceased", "true") is None


@given(st.text(max_size=8), st.text(max_size=8))
def test_escaped_values_are_compared_without_their_escapes(wanted: str, other: str) -> None:
    """https://hl7.org/fhir/R4/search.html#escaping"""
    test = filter_by("Patient", "identifier", f"{escape(wanted)},x|{escape(wanted)}")
    assert test is not None
    assert test({"identifier": [{"value": wanted}]})
    assert test({"identifier": [{"value": other}]}) is (other == wanted)
    assert len(split_escaped(escape(wanted + other), ",")) == 1


def test_rows_are_sorted_by_the_start_of_their_period() -> None:
    key = sort_key("Encounter", "date")
    assert key is not None
    rows = [{"period": {"start": "2026-05-01"}}, {"period": {"end": "2026-01-01"}}, {}, {"period": {"start": "2025"}}]
    assert [rows.index(row) for row in sorted(rows, key=key)] == [1, 2, 3, 0]
    assert sort_key("Encounter", "status") is None
