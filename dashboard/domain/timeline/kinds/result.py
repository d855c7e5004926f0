"""Observations on the timeline: a measured value, a panel of them, or a finding."""

from dataclasses import dataclass
from typing import Final

from dashboard.domain.attention.trend import has_limits, is_outside
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import KEY_MEASURES, Measure, Observation, ObservedValue
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Certainty, Event, EventKind, EventState, LaneMembership, LaneReason
from dashboard.domain.timeline.lanes import Lanes, Meaning, first_of_each, lanes_of_checks, meaning_of, remembered
from dashboard.domain.timeline.states import state_of
from dashboard.domain.values.datatypes import CodeableConcept
from dashboard.domain.values.terminology import Terminology

LANES: Final[dict[Measure, tuple[ConditionKey, ...]]] = {
    measure: tuple(key for key in ConditionKey if measure in KEY_MEASURES.get(key, ())) for measure in Measure
}
"""The conditions that each measure is about."""
_NO_UNIT: Final = ("unknown-unit", "no-unit")


@dataclass(frozen=True, slots=True)
class ResultMeaning:
    """What the code of a result or of one of its components means; `possible` lanes: a result is about a condition, and
    does not say that the patient has it.
    """

    meaning: Meaning
    possible: Lanes
    track: str


@remembered
def result_meaning(concept: CodeableConcept, terminology: Terminology) -> ResultMeaning:
    """Returns the lanes of the measure that the code stands for, else those of the code and of the check it fulfils."""
    meaning = meaning_of(concept, terminology)
    measured = terminology.measure_with_derivation(concept.codings) if concept.codings else None
    if measured is None:
        checked = lanes_of_checks(concept.codings, terminology)
        lanes = first_of_each((*meaning.certain, *meaning.possible, *checked))
        return ResultMeaning(meaning, lanes, f"result:{meaning.key}")
    measure, why = measured
    by_measure = (LaneMembership(lane, LaneReason.MEASURE, why.equivalence, why.through) for lane in LANES[measure])
    return ResultMeaning(meaning, first_of_each((*by_measure, *meaning.certain)), f"result:{measure}")


def result_event(observation: Observation, context: DraftContext) -> EventDraft | Exclusion | Unreadable:
    """Returns the event; values of key measures are its `results`, all others its `detail` in words."""
    state = EventState.DONE if observation.preliminary else state_of("Observation", observation.status)
    if isinstance(state, Exclusion):
        return state
    own = result_meaning(observation.code, context.terminology)
    parts = [
        result_meaning(value.code, context.terminology).meaning.text for value in observation.values if value.component
    ]
    name = own.meaning.text or next(filter(None, parts), "")
    if not name:
        return Unreadable(observation.origin, "no-code")
    start, end, date_warnings = in_order(observation.start, observation.end)
    texts = [_in_words(value, context.terminology) for value in observation.values]
    return EventDraft(
        Event(
            origin=observation.origin,
            kind=EventKind.RESULT,
            text=name,
            start=start,
            end=end,
            state=state,
            certainty=Certainty.UNCONFIRMED if observation.preliminary else Certainty.CONFIRMED,
            codes=observation.code.codings,
            unmapped=own.meaning.unmapped,
            detail="; ".join(filter(None, (*texts, observation.time_text))),
            status=observation.status,
            track=own.track,
            stage=observation.stage,
            abnormal=is_abnormal_result(observation),
            results=observation.results,
            who=observation.performer.name,
            recorded=observation.issued,
            date_warnings=date_warnings,
        ),
        possible=_lanes(own, observation, context.terminology),
        performer=observation.performer.to,
        derived_from=observation.derived_from,
        refused=tuple(
            value.measure for value in observation.values if value.measure is not None and value.unreadable in _NO_UNIT
        ),
        # A value without a date is listed among the undated events.
        unreadable=tuple(part for part in observation.unreadable if part.why != "no-date"),
    )


def is_abnormal_result(observation: Observation) -> bool:
    """Returns whether a result in it is outside the usual range; where none of them has limits, whether the source says
    so.
    """
    results = observation.results
    if any(map(is_outside, results)) or any(value.abnormal for value in observation.values if value.result is None):
        return True
    return observation.abnormal and not any(map(has_limits, results))


def _in_words(value: ObservedValue, terminology: Terminology) -> str:
    if not value.text or not value.component:
        return value.text
    return f"{meaning_of(value.code, terminology).text}: {value.text}"


def _lanes(own: ResultMeaning, observation: Observation, terminology: Terminology) -> Lanes:
    """The possible lanes of the Observation and of its components."""
    components = [value.code for value in observation.values if value.component]
    if not components:
        return own.possible
    every = (own.possible, *(result_meaning(code, terminology).possible for code in components))
    return first_of_each(membership for lanes in every for membership in lanes)
