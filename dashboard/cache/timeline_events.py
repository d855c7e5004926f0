"""Reads the records of one patient and makes their event drafts, type by type."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.build_events import EventBuilder
from dashboard.domain.timeline.drafts import DraftContext, EventDraft
from dashboard.domain.timeline.kinds.allergy import allergy_event
from dashboard.domain.timeline.kinds.appointment import appointment_event
from dashboard.domain.timeline.kinds.care_plan import care_plan_event
from dashboard.domain.timeline.kinds.condition import condition_event
from dashboard.domain.timeline.kinds.encounter import encounter_event
from dashboard.domain.timeline.kinds.flag import flag_event
from dashboard.domain.timeline.kinds.goal import goal_event
from dashboard.domain.timeline.kinds.immunisation import immunisation_event
from dashboard.domain.timeline.kinds.medicine import medicine_event
from dashboard.domain.timeline.kinds.order import order_event
from dashboard.domain.timeline.kinds.procedure import procedure_event
from dashboard.domain.timeline.kinds.provenance import provenance_event
from dashboard.domain.timeline.kinds.questionnaire import questionnaire_event
from dashboard.domain.timeline.kinds.report import diagnostic_report_event, document_event, imaging_study_event
from dashboard.domain.timeline.kinds.result import result_event
from dashboard.domain.timeline.kinds.task import task_event
from dashboard.domain.timeline.states import state_of
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import (
    allergy_intolerance,
    appointment,
    care_plan,
    condition,
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
    provenance,
    questionnaire_response,
    task,
)
from dashboard.fhir.mapping.elements import Json, text
from dashboard.fhir.mapping.reading import read_one

Draft = EventDraft | Exclusion | Unreadable
MakeDraft = Callable[[Json, DraftContext], Draft]
FromFhir = Callable[[Json, Terminology], Any]


def _by_value(from_fhir: FromFhir, event_of: Callable[[Any, DraftContext], Draft]) -> MakeDraft:
    """Reads the resource to its domain value, and makes the draft from that."""

    def make(resource: Json, context: DraftContext) -> Draft:
        value = from_fhir(resource, context.terminology)
        return value if isinstance(value, Exclusion) else event_of(value, context)

    return make


def _unless_excluded(make: MakeDraft, status: str = "status") -> MakeDraft:
    """Leaves out what a rule excludes by its status before anything else of it is read: a draft with a malformed date
    is a draft, not an unreadable record.
    """

    def check(resource: Json, context: DraftContext) -> Draft:
        intent, not_to_do = text(resource.get("intent")), resource.get("doNotPerform") is True
        state = state_of(text(resource.get("resourceType")), text(resource.get(status)), intent, not_to_do)
        return state if isinstance(state, Exclusion) else make(resource, context)

    return check


def _drafts(substances: Mapping[str, Json]) -> tuple[tuple[str, MakeDraft], ...]:
    """How the records of each type become drafts, in the order in which they are read: types that refer to others come
    after them.
    """
    medicine = partial(medication_request.from_fhir, substances=substances)
    return (
        ("Condition", _by_value(condition.from_fhir, condition_event)),
        ("Observation", _by_value(observation.from_fhir, result_event)),
        ("AllergyIntolerance", _by_value(allergy_intolerance.from_fhir, allergy_event)),
        ("Flag", _by_value(lambda row, terminology: flag.from_fhir(row), flag_event)),
        ("QuestionnaireResponse", _by_value(questionnaire_response.from_fhir, questionnaire_event)),
        ("DiagnosticReport", _by_value(diagnostic_report.from_fhir, diagnostic_report_event)),
        ("DocumentReference", _by_value(document_reference.from_fhir, document_event)),
        ("ImagingStudy", _by_value(imaging_study.from_fhir, imaging_study_event)),
        ("MedicationRequest", _by_value(medicine, medicine_event)),
        ("MedicationStatement", _by_value(medicine, medicine_event)),
        ("Appointment", _unless_excluded(lambda row, context: appointment_event(appointment.from_fhir(row), context))),
        ("Procedure", _by_value(procedure.from_fhir, procedure_event)),
        ("Encounter", _unless_excluded(lambda row, context: encounter_event(encounter.from_fhir(row), context))),
        ("Immunization", _by_value(immunization.from_fhir, immunisation_event)),
        ("Goal", _unless_excluded(_by_value(goal.from_fhir, goal_event), "lifecycleStatus")),
        ("CarePlan", _unless_excluded(lambda row, context: care_plan_event(care_plan.from_fhir(row), context))),
        ("Provenance", lambda row, context: provenance_event(provenance.from_fhir(row), context)),
        ("ServiceRequest", _unless_excluded(lambda row, context: order_event(order.listed(row), context))),
        (
            "CommunicationRequest",
            _unless_excluded(lambda row, context: order_event(order.listed(row), context)),
        ),
        ("Task", _unless_excluded(lambda row, context: task_event(task.from_fhir(row), context))),
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
