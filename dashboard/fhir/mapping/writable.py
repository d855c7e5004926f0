"""The domain values that can be saved, and how each is read from and written to FHIR."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.conference.agenda import Agenda
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.document import ConferenceDocument
from dashboard.domain.conference.minutes import Minutes
from dashboard.domain.conference.note import ConferenceNote
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.guidelines.reconciliation import Reconciliation
from dashboard.domain.pilot.recorded_answer import RecordedAnswer
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.study_consent import StudyConsent
from dashboard.domain.pilot.subject import Subject
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.order import Order
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping import (
    agenda,
    care_plan,
    care_team,
    conference,
    conference_document,
    conference_minutes,
    conference_note,
    detected_issue,
    discussion,
    emergency_access,
    goal,
    guidance_response,
    order,
    provenance,
    recorded_answer,
    research_study,
    research_subject,
    study_consent,
    task,
)
from dashboard.fhir.terminology_files import load_terminology

Json = dict[str, Any]
T = TypeVar("T")


class Writable(Protocol):
    """A domain value that can be saved."""

    @property
    def origin(self) -> Reference:
        """The record; of a new one any id, which the server replaces."""

    @property
    def source(self) -> Mapping[str, Any] | None:
        """The resource as read: {} of a new record, None where it was left out and the value cannot be saved."""


_MAPPINGS: Final[dict[type, tuple[Callable[[Json], Any], Callable[[Any], Json]]]] = {
    Agenda: (agenda.from_fhir, agenda.to_fhir),
    CarePlan: (care_plan.from_fhir, care_plan.to_fhir),
    CareTeam: (care_team.from_fhir, care_team.to_fhir),
    Conference: (conference.from_fhir, conference.to_fhir),
    ConferenceDocument: (conference_document.from_fhir, conference_document.to_fhir),
    ConferenceNote: (conference_note.from_fhir, conference_note.to_fhir),
    Discussion: (discussion.from_fhir, discussion.to_fhir),
    EmergencyAccess: (emergency_access.from_fhir, emergency_access.to_fhir),
    # A target is read in the unit of its measure, which the terminology knows.
    Goal: (
        lambda resource: goal.from_fhir(resource, load_terminology()),
        lambda value: goal.to_fhir(value, load_terminology()),
    ),
    Guidance: (guidance_response.from_fhir, guidance_response.to_fhir),
    Minutes: (conference_minutes.from_fhir, conference_minutes.to_fhir),
    Reconciliation: (detected_issue.from_fhir, detected_issue.to_fhir),
    Order: (order.from_fhir, order.to_fhir),
    Provenance: (provenance.from_fhir, provenance.to_fhir),
    RecordedAnswer: (recorded_answer.from_fhir, recorded_answer.to_fhir),
    Study: (research_study.from_fhir, research_study.to_fhir),
    StudyConsent: (study_consent.from_fhir, study_consent.to_fhir),
    Subject: (research_subject.from_fhir, research_subject.to_fhir),
    Task: (task.from_fhir, task.to_fhir),
}


def to_fhir(value: Writable) -> Json:
    """Returns the resource of a value, unknown fields as they were read. Raises NotWritable."""
    return _MAPPINGS[type(value)][1](value)


def from_fhir(kind: type[T], resource: Json) -> T:
    """Returns the value of that type which the resource holds. Raises CannotRead."""
    value: T = _MAPPINGS[kind][0](resource)
    return value
