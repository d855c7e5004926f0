"""Procedures on the timeline: a moment, or a span for what took days."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.procedure import Procedure
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.lanes import first_of_each, lanes_of_checks, meaning_of
from dashboard.domain.timeline.states import state_of


def procedure_event(procedure: Procedure, context: DraftContext) -> EventDraft | Exclusion:
    """Returns what was done, or was not, possibly in the lanes of the recurring check that it fulfils."""
    state = state_of("Procedure", procedure.status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(procedure.code, context.terminology)
    start, end, date_warnings = in_order(procedure.start, procedure.end)
    by_reason, inherited, why = context.reasons(procedure.reason_codes, procedure.reason_references)
    checked = lanes_of_checks(procedure.code.codings, context.terminology)
    return EventDraft(
        Event(
            origin=procedure.origin,
            kind=EventKind.PROCEDURE,
            text=meaning.text,
            start=start,
            end=end,
            state=state,
            memberships=first_of_each((*meaning.certain, *by_reason)),
            codes=procedure.code.codings,
            unmapped=meaning.unmapped,
            detail=", ".join(filter(None, (procedure.outcome, procedure.time_text))),
            status=procedure.status,
            track=f"procedure:{meaning.key}",
            who=procedure.performer.name,
            why=why or procedure.status_reason,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*meaning.possible, *checked, *inherited)),
        performer=procedure.performer.to,
    )
