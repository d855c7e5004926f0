"""A record whose status excludes it makes no event, whoever asks: the reader may have passed it on all the same."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import DraftContext
from dashboard.domain.timeline.kinds.appointment import appointment_event
from dashboard.domain.timeline.kinds.care_plan import care_plan_event
from dashboard.domain.timeline.kinds.encounter import encounter_event
from dashboard.domain.timeline.kinds.flag import flag_event
from dashboard.domain.timeline.kinds.goal import goal_event
from dashboard.domain.timeline.kinds.immunisation import immunisation_event
from dashboard.domain.timeline.kinds.medicine import medicine_event
from dashboard.domain.timeline.kinds.order import order_event
from dashboard.domain.timeline.kinds.procedure import procedure_event
from dashboard.domain.timeline.kinds.questionnaire import questionnaire_event
from dashboard.domain.timeline.kinds.report import diagnostic_report_event, document_event, imaging_study_event
from dashboard.domain.timeline.kinds.result import result_event
from dashboard.domain.timeline.kinds.task import task_event
from dashboard.fhir.mapping import (
    appointment,
    care_plan,
    diagnostic_report,
    document_reference,
    encounter,
    flag,
    goal,
    imaging_study,
    immunization,
    medication_request,
    observation,
    order,
    procedure,
    questionnaire_response,
    task,
)
from dashboard.fhir.terminology_files import load_terminology

T = load_terminology()
CODE = {"text": "named", "coding": [{"system": "http://loinc.org", "code": "4548-4"}]}
P1 = {"reference": "Patient/p1"}
WRONG = "entered-in-error"


def without_terminology(read: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda resource, terminology: read(resource)


CASES: list[tuple[str, dict[str, Any], Callable[[Any, Any], Any], Callable[[Any, DraftContext], Any], str]] = [
    ("Appointment", {"start": "2026-01-01T10:00:00Z"}, without_terminology(appointment.from_fhir), appointment_event,
     "status"),
    ("CarePlan", {"title": "Plan", "intent": "plan"}, without_terminology(care_plan.from_fhir), care_plan_event,
     "status"),
    ("Encounter", {"period": {"start": "2026-01-01"}}, without_terminology(encounter.from_fhir), encounter_event,
     "status"),
    ("Flag", {"code": CODE, "status": "active"}, without_terminology(flag.from_fhir), flag_event, "status"),
    ("Goal", {"description": CODE}, goal.from_fhir, goal_event, "lifecycle_status"),
    ("Immunization", {"vaccineCode": CODE, "occurrenceDateTime": "2026-01-01"}, immunization.from_fhir,
     immunisation_event, "status"),
    ("MedicationRequest", {"medicationCodeableConcept": CODE, "intent": "order"},
     lambda resource, terminology: medication_request.from_fhir(resource, terminology, {}), medicine_event, "status"),
    ("ServiceRequest", {"code": CODE, "intent": "order"}, without_terminology(order.listed), order_event,
     "status"),
    ("Procedure", {"code": CODE, "performedDateTime": "2026-01-01"}, procedure.from_fhir, procedure_event, "status"),
    ("QuestionnaireResponse", {"questionnaire": "http://x.test/Questionnaire/phq-9"}, questionnaire_response.from_fhir,
     questionnaire_event, "status"),
    ("DiagnosticReport", {"code": CODE, "effectiveDateTime": "2026-01-01"}, diagnostic_report.from_fhir,
     diagnostic_report_event, "status"),
    ("ImagingStudy", {"started": "2026-01-01", "description": "X-ray"}, imaging_study.from_fhir, imaging_study_event,
     "status"),
    ("DocumentReference", {"type": CODE, "date": "2026-01-01T10:00:00Z"}, document_reference.from_fhir,
     document_event, "status"),
    ("Observation", {"code": CODE, "effectiveDateTime": "2026-01-01", "valueString": "7 %"}, observation.from_fhir,
     result_event, "status"),
    ("Task", {"description": "Ring", "for": P1}, without_terminology(task.from_fhir), task_event, "status"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "elements", "read", "event_of", "status"), CASES, ids=[case[0] for case in CASES])
def test_a_record_entered_in_error_makes_no_event(
    kind: str,
    elements: dict[str, Any],
    read: Callable[[Any, Any], Any],
    event_of: Callable[[Any, DraftContext], Any],
    status: str,
) -> None:
    resource = {"resourceType": kind, "id": "x1", "status": "completed", "lifecycleStatus": "active", "subject": P1}
    value = read({**resource, **elements}, T)
    assert not isinstance(value, Exclusion), "the record itself can be read"
    assert event_of(replace(value, **{status: WRONG}), DraftContext(T)) is Exclusion.ENTERED_IN_ERROR
