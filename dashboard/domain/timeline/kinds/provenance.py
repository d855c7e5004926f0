"""Provenance on the timeline: a change to a plan or its goals."""

from dashboard.domain.record.provenance import Provenance
from dashboard.domain.timeline.drafts import DraftContext, EventDraft
from dashboard.domain.timeline.events import Event, EventKind, LaneReason


def provenance_event(provenance: Provenance, context: DraftContext) -> EventDraft:
    """Returns the change: who, when and why, in the lanes of the goals that were changed, else of the plan."""
    changed = [each.reference for each in provenance.changed]
    known = [record for record in changed if context.title(record)]
    shown = [record for record in known if record.type == "Goal"] or known
    certain, possible = context.inherited(LaneReason.PART, shown)
    names = (context.title(record) for record in shown)
    return EventDraft(
        Event(
            origin=provenance.origin,
            kind=EventKind.PLAN,
            text=next(filter(None, names), "") or provenance.activity,
            start=provenance.recorded,
            memberships=certain,
            detail=provenance.activity,
            track=f"plan:{next((record for record in changed if record.type == 'CarePlan'), '')}",
            who=provenance.who,
            why=provenance.reason,
            recorded=provenance.recorded,
        ),
        possible=possible,
        performer=provenance.agent,
    )
