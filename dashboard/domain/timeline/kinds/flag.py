"""Flags on the timeline: from when they were raised."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.flag import Flag
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.lanes import meaning_of
from dashboard.domain.timeline.states import state_of


def flag_event(flag: Flag, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the flag from its beginning to its end."""
    state = state_of("Flag", flag.status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(flag.code, context.terminology)
    start, end, date_warnings = in_order(flag.start, flag.end)
    return EventDraft(
        Event(
            origin=flag.origin,
            kind=EventKind.FLAG,
            text=meaning.text or flag.code.text,
            start=start,
            end=end,
            state=state,
            memberships=meaning.certain,
            codes=flag.code.codings,
            unmapped=meaning.unmapped,
            detail=flag.category,
            status=flag.status,
            track=f"flag:{meaning.key or flag.code.text.casefold()}",
            who=flag.author.name,
            date_warnings=date_warnings,
        ),
        possible=meaning.possible,
        performer=flag.author.to,
        unreadable=flag.unreadable,
    )
