"""Tasks on the timeline: from when one was asked for until it is due, or was done."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind, LaneReason
from dashboard.domain.timeline.lanes import first_of_each, meaning_of
from dashboard.domain.timeline.states import state_of


def task_event(task: Task, context: DraftContext) -> EventDraft | Exclusion | Unreadable:
    """Returns the span, in the lanes of its code, of its reasons and of what it focuses on."""
    state = state_of("Task", task.status, task.intent)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(task.code, context.terminology)
    name = meaning.text if task.named_by_code else task.text
    if not name:
        return Unreadable(task.origin, "no-code")
    start, end, date_warnings = in_order(task.authored or task.started, task.ended or task.due)
    by_reason, perhaps, why = context.reasons(task.reason_codes, task.reason_references)
    by_focus, perhaps_too = context.inherited(LaneReason.REASON, (task.focus,))
    return EventDraft(
        Event(
            origin=task.origin,
            kind=EventKind.TASK,
            text=name,
            start=start,
            end=end,
            state=state,
            memberships=first_of_each((*meaning.certain, *by_reason, *by_focus)),
            codes=meaning.codes,
            unmapped=meaning.unmapped,
            status=task.status,
            who=task.owner_name or task.requester_name,
            why=why,
            recorded=task.authored,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*meaning.possible, *perhaps, *perhaps_too)),
        performer=task.owner or task.requester,
        unreadable=task.unreadable,
    )
