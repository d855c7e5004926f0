"""Goals on the timeline: from their start to the due date of a target, and the targets as windows of their measures."""

from dataclasses import replace

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.goal import Goal
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind, LaneReason, TargetWindow
from dashboard.domain.timeline.kinds.result import result_meaning
from dashboard.domain.timeline.lanes import first_of_each, meaning_of
from dashboard.domain.timeline.states import state_of


def goal_event(goal: Goal, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the span, in the lanes of its description, of what it addresses, and of what its targets measure."""
    state = state_of("Goal", goal.lifecycle_status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(goal.description, context.terminology)
    addressed, perhaps = context.inherited(LaneReason.ADDRESSES, goal.addresses)
    measured = [lane for concept in goal.measured for lane in result_meaning(concept, context.terminology).possible]
    start, end, date_warnings = in_order(goal.start, goal.due)
    # A source that gives no words is read by its code.
    coded = goal.achievement_text == goal.achievement_status
    achieved = goal.achievement_text.replace("-", " ") if coded else goal.achievement_text
    lanes = {membership.lane for membership in addressed}
    return EventDraft(
        Event(
            origin=goal.origin,
            kind=EventKind.GOAL,
            text=goal.text,
            start=start,
            end=end,
            state=state,
            memberships=first_of_each((*meaning.certain, *addressed)),
            codes=meaning.codes,
            unmapped=meaning.unmapped,
            detail=achieved,
            status=goal.lifecycle_status,
            who=goal.expressed_by.name,
            why=goal.status_reason,
            recorded=goal.status_date,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*measured, *meaning.possible, *perhaps)),
        performer=goal.expressed_by.to,
        unreadable=goal.unreadable,
        goal=replace(goal, conditions=tuple(key for key in ConditionKey if key in lanes), source=None),
        targets=tuple(
            TargetWindow(
                goal.origin,
                target,
                start,
                goal.due,
                goal.text,
            )
            for target in goal.targets
        ),
    )
