"""Goals on the timeline: from their start to the due date of a target, and the targets as windows of their measures."""

from dataclasses import replace

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import KEY_MEASURES
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Belonging, Bond, Event, EventKind, TargetWindow
from dashboard.domain.timeline.lanes import Lanes, first_of_each, lanes_of_checks, meaning_of
from dashboard.domain.timeline.states import state_of
from dashboard.domain.values.datatypes import CodeableConcept
from dashboard.domain.values.terminology import Terminology


def goal_event(goal: Goal, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the span, in the lanes of its description, of what it addresses, and of what its targets measure."""
    state = state_of("Goal", goal.lifecycle_status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(goal.description, context.terminology)
    addressed, perhaps = context.inherited(Bond.ADDRESSES, goal.addresses)
    measured = [lane for concept in goal.measured for lane in _lanes_of_measured(concept, context.terminology)]
    start, end, doubts = in_order(goal.start, goal.due)
    lanes = {belonging.lane for belonging in addressed}
    return EventDraft(
        Event(
            origin=goal.origin,
            kind=EventKind.GOAL,
            text=goal.text,
            start=start,
            end=end,
            state=state,
            belongings=first_of_each((*meaning.certain, *addressed)),
            codes=meaning.codes,
            unmapped=meaning.unmapped,
            detail=goal.achievement_text,
            status=goal.lifecycle_status,
            who=goal.expressed_by.name,
            why=goal.status_reason,
            recorded=goal.status_date,
            doubts=doubts,
        ),
        possible=first_of_each((*measured, *meaning.possible, *perhaps)),
        performer=goal.expressed_by.to,
        unreadable=goal.unreadable,
        goal=replace(goal, conditions=tuple(key for key in ConditionKey if key in lanes), source=None),
        targets=tuple(
            TargetWindow(
                goal.origin,
                target.measure,
                float(target.low.value) if target.low else None,
                float(target.high.value) if target.high else None,
                start,
                goal.due,
                goal.text,
            )
            for target in goal.targets
        ),
    )


def _lanes_of_measured(concept: CodeableConcept, terminology: Terminology) -> Lanes:
    """The lanes of the conditions that a measured thing is about: by its measure, else by its code or check."""
    derived = terminology.measure_with_derivation(concept.codings) if concept.codings else None
    meaning = meaning_of(concept, terminology)
    if derived is None:
        checked = lanes_of_checks(concept.codings, terminology)
        return first_of_each((*meaning.certain, *meaning.possible, *checked))
    measure, why = derived
    lanes = (lane for lane in ConditionKey if measure in KEY_MEASURES.get(lane, ()))
    by_measure = (Belonging(lane, Bond.MEASURE, why.equivalence, why.through) for lane in lanes)
    return first_of_each((*by_measure, *meaning.certain))
