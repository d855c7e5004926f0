"""Reads the records of one patient and makes their event drafts, type by type."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.build_events import EventBuilder
from dashboard.domain.timeline.drafts import DraftContext, EventDraft
from dashboard.domain.timeline.kinds.allergy import allergy_event
from dashboard.domain.timeline.kinds.condition import condition_event
from dashboard.domain.timeline.kinds.immunisation import immunisation_event
from dashboard.domain.timeline.kinds.medicine import medicine_event
from dashboard.domain.timeline.kinds.procedure import procedure_event
from dashboard.domain.timeline.kinds.questionnaire import questionnaire_event
from dashboard.domain.timeline.kinds.report import diagnostic_report_event, document_event, imaging_study_event
from dashboard.domain.timeline.kinds.result import result_event
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import (
    allergy_intolerance,
    condition,
    diagnostic_report,
    document_reference,
    imaging_study,
    immunization,
    medication_request,
    observation,
    procedure,
    questionnaire_response,
)
from dashboard.fhir.mapping.events import contacts, plans
from dashboard.fhir.mapping.reading import Json, read_one

Draft = EventDraft | Exclusion | Unreadable
MakeDraft = Callable[[Json, DraftContext], Draft]
FromFhir = Callable[[Json, Terminology], Any]


def _by_value(from_fhir: FromFhir, event_of: Callable[[Any, DraftContext], Draft]) -> MakeDraft:
    """Reads the resource to its domain value, and makes the draft from that."""

    def make(resource: Json, context: DraftContext) -> Draft:
        value = from_fhir(resource, context.terminology)
        return value if isinstance(value, Exclusion) else event_of(value, context)

    return make


def _drafts(substances: Mapping[str, Json]) -> tuple[tuple[str, MakeDraft], ...]:
    """How the records of each type become drafts, in the order in which they are read: types that refer to others come
    after them.
    """
    medicine = partial(medication_request.from_fhir, substances=substances)
    return (
        ("Condition", _by_value(condition.from_fhir, condition_event)),
        ("Observation", _by_value(observation.from_fhir, result_event)),
        ("AllergyIntolerance", _by_value(allergy_intolerance.from_fhir, allergy_event)),
        ("QuestionnaireResponse", _by_value(questionnaire_response.from_fhir, questionnaire_event)),
        ("DiagnosticReport", _by_value(diagnostic_report.from_fhir, diagnostic_report_event)),
        ("DocumentReference", _by_value(document_reference.from_fhir, document_event)),
        ("ImagingStudy", _by_value(imaging_study.from_fhir, imaging_study_event)),
        ("MedicationRequest", _by_value(medicine, medicine_event)),
        ("MedicationStatement", _by_value(medicine, medicine_event)),
        ("Appointment", contacts.appointment),
        ("Procedure", _by_value(procedure.from_fhir, procedure_event)),
        ("Encounter", contacts.encounter),
        ("Immunization", _by_value(immunization.from_fhir, immunisation_event)),
        ("Goal", plans.goal),
        ("CarePlan", plans.care_plan),
        ("Provenance", plans.provenance),
        ("ServiceRequest", plans.service_request),
        ("CommunicationRequest", plans.communication_request),
        ("Task", plans.task),
    )


def read_events(
    rows: Mapping[str, Iterable[Json]], terminology: Terminology, substances: Mapping[str, Json] | None = None
) -> EventBuilder:
    """Returns the drafts of all rows, given by resource type. `substances` are Medications by `Medication/id`."""
    context = DraftContext(terminology)
    builder = EventBuilder(context)
    for resource_type, make in _drafts(substances or {}):
        for row in rows.get(resource_type, ()):
            builder.add(resource_type, read_one(row, partial(_call, make, context)))
    builder.drop_replaced()
    return builder


def _call(make: MakeDraft, context: DraftContext, row: Json) -> Draft:
    return make(row, context)
