"""Answered questionnaires on the timeline."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.questionnaire_response import QuestionnaireResponse
from dashboard.domain.timeline.drafts import DraftContext, EventDraft
from dashboard.domain.timeline.events import Event, EventKind, LaneReason
from dashboard.domain.timeline.lanes import first_of_each, lanes_of_codes
from dashboard.domain.timeline.states import state_of
from dashboard.domain.values.datatypes import Coding


def questionnaire_event(response: QuestionnaireResponse, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the event, possibly in the lanes of the questionnaire and of the results derived from its answers."""
    state = state_of("QuestionnaireResponse", response.status)
    if isinstance(state, Exclusion):
        return state
    certain, possible = context.inherited(LaneReason.PART, context.derived.get(response.origin, ()))
    base, _, last = response.questionnaire.rstrip("/").rpartition("/")
    questionnaire = (Coding(base, last.strip()),) if last.strip() else ()
    return EventDraft(
        Event(
            origin=response.origin,
            kind=EventKind.QUESTIONNAIRE,
            text=response.title,
            start=response.authored,
            state=state,
            memberships=certain,
            status=response.status,
            track=f"questionnaire:{response.questionnaire}",
            who=response.author.name,
            recorded=response.authored,
        ),
        possible=first_of_each((*lanes_of_codes(questionnaire, context.terminology), *possible)),
        performer=response.author.to,
    )
