"""Reads the records of one patient and makes their event drafts, type by type."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.build_events import EventBuilder
from dashboard.domain.timeline.drafts import DraftContext, EventDraft
from dashboard.domain.timeline.kinds.appointment import appointment_event
from dashboard.domain.timeline.kinds.care_plan import care_plan_event
from dashboard.domain.timeline.kinds.condition import condition_event
from dashboard.domain.timeline.kinds.encounter import encounter_event
from dashboard.domain.timeline.kinds.goal import goal_event
from dashboard.domain.timeline.kinds.order import order_event
from dashboard.domain.timeline.kinds.provenance import provenance_event
from dashboard.domain.timeline.kinds.task import task_event
from dashboard.domain.timeline.states import state_of
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import appointment, care_plan, condition, encounter, goal, order, provenance, task
from dashboard.fhir.mapping.events import contacts, medicines, problems, reports
from dashboard.fhir.mapping.events.results import ObservationEvents
from dashboard.fhir.mapping.events.told import Beside
from dashboard.fhir.mapping.reading import Json, read_one, text

Draft = EventDraft | Exclusion | Unreadable
MakeDraft = Callable[[Json, Beside], Draft]
FromFhir = Callable[[Json, Terminology], Any]


def _by_value(from_fhir: FromFhir, event_of: Callable[[Any, DraftContext], Draft]) -> MakeDraft:
    """Reads the resource to its domain value, and makes the draft from that."""

    def make(resource: Json, context: Beside) -> Draft:
        value = from_fhir(resource, context.terminology)
        return value if isinstance(value, Exclusion) else event_of(value, context)

    return make


def _unless_excluded(make: MakeDraft, status: str = "status") -> MakeDraft:
    """Leaves out what a rule excludes by its status before anything else of it is read: a draft with a malformed date
    is a draft, not an unreadable record.
    """

    def check(resource: Json, context: Beside) -> Draft:
        intent, not_to_do = text(resource.get("intent")), resource.get("doNotPerform") is True
        state = state_of(text(resource.get("resourceType")), text(resource.get(status)), intent, not_to_do)
        return state if isinstance(state, Exclusion) else make(resource, context)

    return check


DRAFTS: Final[tuple[tuple[str, MakeDraft], ...]] = (
    # Types that refer to others come after them.
    ("Condition", _by_value(condition.from_fhir, condition_event)),
    ("Observation", lambda row, context: ObservationEvents(context.terminology).read(row)),
    ("AllergyIntolerance", problems.allergy_intolerance),
    ("QuestionnaireResponse", reports.questionnaire_response),
    ("DiagnosticReport", reports.diagnostic_report),
    ("DocumentReference", reports.document_reference),
    ("ImagingStudy", reports.imaging_study),
    ("MedicationRequest", medicines.medication),
    ("MedicationStatement", medicines.medication),
    ("Appointment", _unless_excluded(lambda row, context: appointment_event(appointment.from_fhir(row), context))),
    ("Procedure", contacts.procedure),
    ("Encounter", _unless_excluded(lambda row, context: encounter_event(encounter.from_fhir(row), context))),
    ("Immunization", contacts.immunization),
    ("Goal", _unless_excluded(_by_value(goal.from_fhir, goal_event), "lifecycleStatus")),
    ("CarePlan", _unless_excluded(lambda row, context: care_plan_event(care_plan.from_fhir(row), context))),
    ("Provenance", lambda row, context: provenance_event(provenance.from_fhir(row), context)),
    ("ServiceRequest", _unless_excluded(lambda row, context: order_event(order.service_request(row), context))),
    (
        "CommunicationRequest",
        _unless_excluded(lambda row, context: order_event(order.communication_request(row), context)),
    ),
    ("Task", _unless_excluded(lambda row, context: task_event(task.from_fhir(row), context))),
)


def read_events(
    rows: Mapping[str, Iterable[Json]], terminology: Terminology, substances: Mapping[str, Json] | None = None
) -> EventBuilder:
    """Returns the drafts of all rows, given by resource type. `substances` are Medications by `Medication/id`."""
    context = Beside(terminology, substances=substances or {})
    builder = EventBuilder(context)
    for resource_type, make in DRAFTS:
        for row in rows.get(resource_type, ()):
            builder.add(resource_type, read_one(row, partial(_call, make, context)))
    builder.drop_replaced()
    return builder


def _call(make: MakeDraft, context: Beside, row: Json) -> Draft:
    return make(row, context)
