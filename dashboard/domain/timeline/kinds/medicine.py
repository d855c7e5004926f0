"""Medicines on the timeline: a span on the track of the substance; each dose is a record of its own."""

from functools import lru_cache

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Event, EventKind, EventState, LaneMembership, LaneReason
from dashboard.domain.timeline.lanes import Lanes, first_of_each, meaning_of
from dashboard.domain.timeline.states import state_of
from dashboard.domain.values.datatypes import CodeableConcept, Coding
from dashboard.domain.values.terminology import Terminology


def medicine_event(medicine: Medicine, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the span, certainly in the lanes of its reason and possibly in those that its class treats.

    How long a request may be dispensed says when it ended only once it has ended: one that is active goes on. The end
    of the period in which it is taken is an end, whatever the status says.
    """
    kind = medicine.origin.type
    state = state_of(kind, medicine.status, medicine.intent, medicine.do_not_perform)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(CodeableConcept(medicine.code, medicine.text), context.terminology)
    by_reason, inherited, why = context.reasons(medicine.reason_codes, medicine.reason_references)
    goes_on = kind == "MedicationRequest" and state is EventState.ONGOING
    last = medicine.ended or (None if goes_on else medicine.valid_until)
    start, end, date_warnings = in_order(medicine.started, last)
    by_class = [lane for codes in _classified(medicine) for lane in _lanes_of_class(codes, context.terminology)]
    return EventDraft(
        Event(
            origin=medicine.origin,
            kind=EventKind.MEDICINE,
            text=medicine.text,
            start=start,
            end=end,
            state=state,
            memberships=first_of_each((*meaning.certain, *by_reason)),
            codes=medicine.code,
            unmapped=meaning.unmapped,
            detail=medicine.dose,
            status=medicine.status,
            track=f"medicine:{medicine.atc or meaning.key}",
            atc=medicine.atc,
            who=medicine.prescriber.name,
            why=", ".join(filter(None, (why, medicine.status_reason))),
            recorded=medicine.recorded,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*by_class, *meaning.possible, *inherited)),
        performer=medicine.prescriber.to,
        unreadable=medicine.unreadable,
    )


def _classified(medicine: Medicine) -> list[tuple[Coding, ...]]:
    """The codings by which the medicine has its classes: of several ingredients each by itself."""
    several = len(medicine.ingredients_atc) > 1
    return [(coding,) for coding in medicine.code] if several else [medicine.code]


@lru_cache(maxsize=4096)
def _lanes_of_class(codes: tuple[Coding, ...], terminology: Terminology) -> Lanes:
    """The lanes of the conditions that the medicine's ATC class treats."""
    classified = terminology.atc_with_derivation(codes)
    if classified is None:
        return ()
    atc, why = classified
    served = terminology.conditions_served(atc)
    return tuple(LaneMembership(lane, LaneReason.DRUG_CLASS, why.equivalence, why.through) for lane in served)
