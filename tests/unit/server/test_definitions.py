"""The converter of HL7's search parameters, and the tables that it made."""

import json
from pathlib import Path

import pytest

from dashboard.server.convert_definitions import Types, convert_expression

TABLES = Path(__file__).resolve().parents[3] / "data" / "fhir"

TYPES: Types = {
    "Patient.name": ("HumanName",),
    "HumanName.family": ("string",),
    "Patient.telecom": ("ContactPoint",),
    "Patient.deceased[x]": ("boolean", "dateTime"),
    "Observation.subject": ("Reference",),
    "Observation.value[x]": ("Quantity", "CodeableConcept", "string", "SampledData"),
    "CodeableConcept.text": ("string",),
    "Observation.effective[x]": ("dateTime", "Period", "Timing"),
    "QuestionnaireResponse.questionnaire": ("canonical",),
    "Library.relatedArtifact": ("RelatedArtifact",),
    "RelatedArtifact.resource": ("canonical",),
}


@pytest.mark.parametrize(
    ("rtype", "kind", "expression", "converted"),
    [
        ("Patient", "string", "Patient.name.family", ("string", ["name.family"], "")),
        ("Patient", "token", " Patient.telecom.where(system='phone') ", ("token", ["telecom[system=phone]"], "")),
        (
            "Patient",
            "token",
            "Patient.deceased.exists() and Patient.deceased != false",
            ("token", ["deceasedBoolean?", "deceasedDateTime?"], ""),
        ),
        (
            "Observation",
            "reference",
            "Observation.subject.where(resolve() is Patient)",
            ("reference", ["subject"], "Patient"),
        ),
        ("Observation", "quantity", "(Observation.value as Quantity)", ("quantity", ["valueQuantity"], "")),
        ("Observation", "quantity", "(Observation.value as SampledData)", ("quantity", [], "")),
        (
            "Observation",
            "string",
            "(Observation.value as CodeableConcept).text",
            ("string", ["valueCodeableConcept.text"], ""),
        ),
        (
            "Observation",
            "date",
            "Observation.effective",
            (
                "date",
                [
                    "effectiveDateTime",
                    "effectivePeriod",
                    "effectiveTiming.event",
                    "effectiveTiming.repeat.boundsPeriod",
                ],
                "",
            ),
        ),
        ("QuestionnaireResponse", "reference", "QuestionnaireResponse.questionnaire", ("uri", ["questionnaire"], "")),
        (
            "Library",
            "reference",
            "Library.relatedArtifact.where(type='depends-on').resource",
            ("uri", ["relatedArtifact[type=depends-on].resource"], ""),
        ),
        ("Bundle", "reference", "Bundle.entry[0].resource", None),
        ("Observation", "date", "Observation.subject", None),
    ],
)
def test_a_fhirpath_is_converted_to_a_path(rtype: str, kind: str, expression: str, converted: object) -> None:
    assert convert_expression(TYPES, rtype, kind, expression) == converted


def test_the_table_has_the_parameters_that_the_dashboard_uses() -> None:
    table = json.loads((TABLES / "search-parameters.json").read_text("utf-8"))
    assert sum(len(parameters) for parameters in table.values()) == 1624
    used = {
        "Appointment": "patient date", "AuditEvent": "patient agent date", "CarePlan": "patient status goal care-team",
        "CareTeam": "participant patient status", "Condition": "patient code", "Consent": "patient status",
        "Encounter": "patient date", "Goal": "patient target-date", "List": "patient",
        "MedicationRequest": "patient status", "Observation": "patient code date value-quantity",
        "PractitionerRole": "practitioner organization", "Provenance": "target", "QuestionnaireResponse": "patient",
        "ResearchSubject": "patient individual study", "Task": "patient owner status",
    }  # fmt: skip
    for rtype, names in used.items():
        assert set(names.split()) <= table[rtype].keys(), rtype


def test_every_required_binding_has_a_table_of_codes() -> None:
    table = json.loads((TABLES / "required-codes.json").read_text("utf-8"))
    assert table["Patient"]["gender"] == ["female", "male", "other", "unknown"]
    assert "in-progress" in table["Task"]["status"]
    assert all(codes for paths in table.values() for codes in paths.values())
