"""Reads the records of one patient and makes their event drafts, type by type."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.build_events import EventBuilder
from dashboard.domain.timeline.drafts import DraftContext, EventDraft
from dashboard.domain.timeline.kinds.condition import condition_event
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import condition
from dashboard.fhir.mapping.events import contacts, medicines, plans, problems, reports
from dashboard.fhir.mapping.events.results import ObservationEvents
from dashboard.fhir.mapping.events.told import Beside
from dashboard.fhir.mapping.reading import Json, read_one

Draft = EventDraft | Exclusion | Unreadable
MakeDraft = Callable[[Json, Beside], Draft]
FromFhir = Callable[[Json, Terminology], Any]


def _by_value(from_fhir: FromFhir, event_of: Callable[[Any, DraftContext], Draft]) -> MakeDraft:
    """Reads the resource to its domain value, and makes the draft from that."""

    def make(resource: Json, context: Beside) -> Draft:
        value = from_fhir(resource, context.terminology)
        return value if isinstance(value, Exclusion) else event_of(value, context)

    return make


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
    ("Appointment", contacts.appointment),
    ("Procedure", contacts.procedure),
    ("Encounter", contacts.encounter),
    ("Immunization", contacts.immunization),
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
    context = Beside(terminology, substances=substances or {})
    builder = EventBuilder(context)
    for resource_type, make in DRAFTS:
        for row in rows.get(resource_type, ()):
            builder.add(resource_type, read_one(row, partial(_call, make, context)))
    builder.drop_replaced()
    return builder


def _call(make: MakeDraft, context: Beside, row: Json) -> Draft:
    return make(row, context)
