"""Allergies on the timeline: from the onset, or since they were recorded."""

from dashboard.domain.record.allergy import Allergy
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Certainty, DateWarning, Event, EventKind, EventState
from dashboard.domain.timeline.kinds.condition import certainty_of, clinical_state
from dashboard.domain.timeline.lanes import meaning_of


def allergy_event(allergy: Allergy, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the span; a statement that there is no allergy is no event, the banner says it."""
    if allergy.absence is not None:
        return Exclusion.NO_NEWS
    meaning = meaning_of(allergy.code, context.terminology)
    start, end, date_warnings = in_order(allergy.onset, allergy.onset_end)
    if start is None and allergy.recorded is not None:
        start, end, date_warnings = in_order(allergy.recorded, allergy.onset_end)
        date_warnings = (DateWarning.RECORDED, *date_warnings)
    certainty = certainty_of(allergy.verification_status)
    state = clinical_state("AllergyIntolerance", allergy.clinical_status, ended=False)
    return EventDraft(
        Event(
            origin=allergy.origin,
            kind=EventKind.ALLERGY,
            text=allergy.text,
            start=start,
            end=end,
            state=EventState.UNKNOWN if certainty is Certainty.REFUTED else state,
            certainty=certainty,
            memberships=meaning.certain,
            codes=allergy.code.codings,
            unmapped=meaning.unmapped,
            detail=", ".join(filter(None, (allergy.reaction, allergy.onset_text))),
            status=allergy.clinical_status,
            track=f"allergy:{meaning.key or allergy.text.casefold()}",
            severity=allergy.criticality,
            who=allergy.asserter.name,
            recorded=allergy.recorded,
            date_warnings=date_warnings,
        ),
        possible=meaning.possible,
        performer=allergy.asserter.to,
        unreadable=allergy.unreadable,
    )
