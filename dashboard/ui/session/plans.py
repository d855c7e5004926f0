"""Between the page of the care plan and the queries and actions under it, as `reads` is for the other pages. What is
saved while a conference runs in this window says so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.actions.convert_activity_details import convert_activity_details
from dashboard.actions.finish_broken_save import finish_broken_save
from dashboard.actions.link_activities import link_activities
from dashboard.actions.record_agreement import record_agreement
from dashboard.actions.restore_version import restore_version
from dashboard.actions.save_plan import save_plan
from dashboard.actions.sign_plan import sign_plan
from dashboard.actions.start_plan import start_plan
from dashboard.actions.undo_broken_save import undo_broken_save
from dashboard.domain.care_plan.choices import Chosen
from dashboard.domain.care_plan.merge import Items
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.care_plan.usual import Usual
from dashboard.domain.care_plan.views import CarePlanView, PlanHistory
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.record.care_plan import PlanActivity
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_plan_history import get_plan_history
from dashboard.queries.list_usual_plans import list_usual_plans
from dashboard.ui.session import session
from dashboard.ui.session.held_conference import held_conference
from dashboard.ui.session.reads import CACHED_SECONDS, read_for_page

HISTORY_SECONDS: Final = 5.0
"""A history asks for every version of some forty records, one after the other: longer than a page is waited for."""


def read_care_plan(patient_id: str) -> tuple[CarePlanView, str]:
    """The plans of the patient, and why they could not be read anew, as in `reads.read_for_page`."""
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), patient_id, session.as_of())
    return read_for_page("care-plan", patient_id, partial(get_care_plan, *asked), CACHED_SECONDS)


def usual_plans(conditions: Iterable[ConditionKey]) -> tuple[Usual, ...]:
    """What is usual for these conditions."""
    return list_usual_plans(conditions)


def read_history(patient_id: str, origins: Sequence[Reference]) -> tuple[PlanHistory, str]:
    """Every version of these items, and why they could not be read anew, as in `reads.read_for_page`. One question at a
    time: the page says after `HISTORY_SECONDS` that the server is silent, and does not wait again. Raises
    DashboardError.
    """
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), patient_id, tuple(origins))
    query = partial(get_plan_history, *asked, session.as_of())
    record = " ".join([patient_id, *map(str, origins)])
    return read_for_page("plan-history", record, query, first_wait=HISTORY_SECONDS)


def save(
    patient_id: str,
    base: SharedPlan,
    edited: Items,
    reason: str,
    choices: Chosen,
    accepts: Guidance | None = None,
) -> PlanSaved | PlanConflict:
    """Saves what was changed over the plan that was read; what must be decided first comes back. `accepts` is the
    recommendation that it follows. Raises DashboardError, as all that follow do.
    """
    who, at = session.user(), session.as_of()
    return save_plan(
        session.fhir(),
        who,
        patient_id,
        base,
        edited,
        reason=reason,
        at=at,
        choices=choices,
        during=held_conference(patient_id),
        accepts=accepts,
    )


def link(
    patient_id: str, base: SharedPlan, put_in: Collection[Reference], taken_out: Collection[Reference], reason: str
) -> PlanSaved | PlanConflict:
    """Puts these medicines and appointments into the plan, and takes those out of it."""
    who, at = session.user(), session.as_of()
    return link_activities(
        session.fhir(),
        who,
        patient_id,
        base,
        put_in,
        taken_out,
        reason=reason,
        at=at,
        during=held_conference(patient_id),
    )


def sign(
    patient_id: str, base: SharedPlan, status: str, review_due: PartialDate | None, reason: str
) -> PlanSaved | PlanConflict:
    """Gives the plan another status and day of review."""
    who, at = session.user(), session.as_of()
    return sign_plan(
        session.fhir(),
        who,
        patient_id,
        base,
        status,
        review_due,
        reason=reason,
        at=at,
        during=held_conference(patient_id),
    )


def agree(
    patient_id: str, base: SharedPlan, person: Reference, answers: Mapping[Reference, str], reason: str
) -> PlanSaved | PlanConflict:
    """Records what a person says to goals."""
    who, at = session.user(), session.as_of()
    return record_agreement(
        session.fhir(), who, patient_id, base, person, answers, reason=reason, at=at, during=held_conference(patient_id)
    )


def restore(
    patient_id: str, base: SharedPlan, item: Reference, version: str, field: str, reason: str
) -> PlanSaved | PlanConflict:
    """Brings back one field of an old version, or with "" all of it."""
    who, at = session.user(), session.as_of()
    return restore_version(
        session.fhir(),
        who,
        patient_id,
        base,
        item,
        version,
        field,
        reason=reason,
        at=at,
        during=held_conference(patient_id),
    )


def convert(patient_id: str, base: SharedPlan, activities: Sequence[PlanActivity], reason: str) -> PlanSaved:
    """Makes records of activities that the plan itself says."""
    who, at = session.user(), session.as_of()
    return convert_activity_details(session.fhir(), who, patient_id, base, activities, reason=reason, at=at)


def finish_save(patient_id: str, base: SharedPlan, ident: str, reason: str) -> None:
    """Keeps what a save that broke off had written."""
    who, at = session.user(), session.as_of()
    finish_broken_save(session.fhir(), who, patient_id, base, ident, reason=reason, at=at)


def undo_save(patient_id: str, base: SharedPlan, ident: str, reason: str) -> None:
    """Gives back what was there before a save that broke off."""
    who, at = session.user(), session.as_of()
    undo_broken_save(session.fhir(), who, patient_id, base, ident, reason=reason, at=at)


def start(
    patient_id: str,
    title: str,
    review_due: PartialDate | None,
    addresses: Sequence[Reference],
    items: Sequence[PlanItem],
    reason: str,
    team: Reference | None,
) -> PlanSaved:
    """Makes a draft of a team's plan with these goals and activities."""
    who, at = session.user(), session.as_of()
    return start_plan(
        session.fhir(),
        who,
        patient_id,
        title,
        review_due,
        addresses,
        items,
        team=team,
        reason=reason,
        at=at,
        during=held_conference(patient_id),
    )
