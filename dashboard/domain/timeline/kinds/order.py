"""ServiceRequests and CommunicationRequests on the timeline: from when an order was written until it is carried out."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.order import Order
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind, LaneReason
from dashboard.domain.timeline.lanes import first_of_each, meaning_of
from dashboard.domain.timeline.states import state_of


def order_event(order: Order, context: DraftContext) -> EventDraft | Exclusion | Unreadable:
    """Returns the span, in the lanes of its concept, of its reasons and of what it is about."""
    state = state_of(order.origin.type, order.status, order.intent, order.do_not_perform)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(order.concept, context.terminology)
    name = order.text or meaning.text
    if not name:
        return Unreadable(order.origin, "no-code")
    start, end, date_warnings = in_order(
        order.authored or order.start, order.end or (order.start if order.authored else None)
    )
    by_reason, perhaps, why = context.reasons(order.reason_codes, order.reason_references)
    by_subject, perhaps_too = context.inherited(LaneReason.REASON, order.about)
    return EventDraft(
        Event(
            origin=order.origin,
            kind=EventKind.ORDER,
            text=name,
            start=start,
            end=end,
            state=state,
            memberships=first_of_each((*meaning.certain, *by_reason, *by_subject)),
            codes=meaning.codes,
            unmapped=meaning.unmapped,
            detail=order.detail,
            status=order.status,
            who=order.requester.name,
            why=why,
            recorded=order.authored,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*meaning.possible, *perhaps, *perhaps_too)),
        performer=order.requester.to,
    )
