"""Care plans on the timeline: from their start to their review."""

from dashboard.domain.record.care_plan import CarePlan, PlanActivity
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind, LaneReason
from dashboard.domain.timeline.lanes import first_of_each, meaning_of
from dashboard.domain.timeline.states import state_of


def _said(activity: PlanActivity) -> str:
    return f"not to be done: {activity.text}" if activity.not_to_do else activity.text


def care_plan_event(plan: CarePlan, context: DraftContext) -> EventDraft | Exclusion | Unreadable:
    """Returns the span, in the lanes of its category and of what it addresses."""
    state = state_of("CarePlan", plan.status, plan.intent)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(plan.category, context.terminology)
    name = plan.title or meaning.text or plan.description
    if not name:
        return Unreadable(plan.origin, "no-code")
    start, end, date_warnings = in_order(plan.start or plan.created, plan.end)
    addressed, perhaps = context.inherited(LaneReason.ADDRESSES, plan.addresses)
    return EventDraft(
        Event(
            origin=plan.origin,
            kind=EventKind.PLAN,
            text=name,
            start=start,
            end=end,
            state=state,
            memberships=first_of_each((*meaning.certain, *addressed)),
            codes=meaning.codes,
            unmapped=meaning.unmapped,
            detail="; ".join(
                filter(None, (plan.description if name != plan.description else "", *map(_said, plan.details)))
            ),
            status=plan.status,
            track=f"plan:{plan.origin}",
            who=plan.author.name,
            recorded=plan.created,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*meaning.possible, *perhaps)),
        performer=plan.author.to,
        unreadable=plan.unreadable,
    )
