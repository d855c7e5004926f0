"""From drafts to events: lanes that are inherited or only possible, names, and states as of a day."""

from datetime import date
from typing import Any

import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.build_events import EventBuilder
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, finished, in_order
from dashboard.domain.timeline.events import DateWarning, Event, EventKind, EventState, LaneMembership, LaneReason
from dashboard.domain.timeline.lanes import first_of_each, remembered
from dashboard.domain.values.datatypes import CodeableConcept, Coding, NamedReference, PartialDate, Reference
from dashboard.fhir.terminology_files import load_terminology

T = load_terminology()
TODAY = date(2026, 11, 20)
SNOMED = "http://snomed.info/sct"
DIABETES = CodeableConcept((Coding(SNOMED, "44054006"),), "diabetes")
T2DM, CKD, HF = ConditionKey.T2DM, ConditionKey.CKD, ConditionKey.HF
C1, C2 = Reference("Condition", "c1"), Reference("Condition", "c2")


def draft(origin: Reference = C1, kind: EventKind = EventKind.CONDITION, **fields: Any) -> EventDraft:
    of_draft = {
        name: fields.pop(name) for name in ("possible", "performer", "replaces", "derived_from") & fields.keys()
    }
    start = fields.pop("start", "2020")
    when = PartialDate(start) if start else None
    return EventDraft(Event(origin, kind, fields.pop("text", "name"), when, **fields), **of_draft)


def lane(key: ConditionKey, bond: LaneReason = LaneReason.CODE) -> LaneMembership:
    return LaneMembership(key, bond)


# lanes


def test_certain_lanes_stay_and_possible_ones_count_where_the_patient_has_the_condition() -> None:
    one = draft(memberships=(lane(T2DM),), possible=(lane(CKD, LaneReason.MEASURE), lane(HF, LaneReason.MEASURE)))
    assert finished(one, TODAY, frozenset({CKD})).lanes == (T2DM, CKD)
    assert finished(one, TODAY, frozenset()).lanes == (T2DM,)
    assert finished(one, TODAY, None).lanes == (T2DM, HF, CKD)


def test_a_draft_with_nothing_open_is_its_event() -> None:
    one = draft(memberships=(lane(T2DM),))
    assert finished(one, TODAY, frozenset()) is one.event


def test_a_lane_is_named_once_for_each_bond() -> None:
    assert first_of_each((lane(T2DM), lane(T2DM, LaneReason.REASON), lane(T2DM))) == (
        lane(T2DM),
        lane(T2DM, LaneReason.REASON),
    )


def test_a_record_inherits_the_lanes_of_those_it_refers_to_and_says_which() -> None:
    context = DraftContext(T)
    context.add(draft(C1, memberships=(lane(T2DM),)))
    context.add(draft(C2, memberships=(lane(T2DM), lane(CKD)), possible=(lane(HF),)))
    certain, possible = context.inherited(LaneReason.REASON, (C1, None, C2, Reference("Condition", "none")))
    assert certain == (
        LaneMembership(T2DM, LaneReason.REASON, "equal", C1),
        LaneMembership(CKD, LaneReason.REASON, "equal", C2),
    )
    assert possible == (LaneMembership(HF, LaneReason.REASON, "equal", C2),)


def test_reasons_are_codes_and_records_and_their_names_each_once() -> None:
    context = DraftContext(T)
    context.add(draft(C1, text="kidney disease", memberships=(lane(CKD),)))
    certain, possible, words = context.reasons([DIABETES], [NamedReference(C1), NamedReference(C2, "heart failure")])
    assert [(each.lane, each.reason) for each in certain] == [(T2DM, LaneReason.REASON), (CKD, LaneReason.REASON)]
    assert possible == ()
    assert words.split(", ")[1:] == ["kidney disease", "heart failure"]


def test_what_was_worked_out_from_a_record_is_found_by_it() -> None:
    answers, result = Reference("QuestionnaireResponse", "q1"), Reference("Observation", "o1")
    context = DraftContext(T)
    context.add(draft(result, EventKind.RESULT, derived_from=(answers,)))
    assert context.derived == {answers: [result]}


# names


def test_the_name_on_the_record_wins_over_the_name_of_the_practitioner() -> None:
    names = {"Practitioner/a": "Dr Ash"}
    by = Reference("Practitioner", "a")
    assert finished(draft(performer=by), TODAY, None, names).who == "Dr Ash"
    assert finished(draft(performer=by, who="Nurse Elm"), TODAY, None, names).who == "Nurse Elm"
    assert finished(draft(performer=Reference("Practitioner", "b")), TODAY, None, names).who == ""


# states


@pytest.mark.parametrize(
    ("kind", "start", "state", "expected"),
    [
        (EventKind.RESULT, "2026-11-20", EventState.DONE, (EventState.DONE, ())),
        (EventKind.RESULT, "2026-11-21", EventState.DONE, (EventState.UNKNOWN, (DateWarning.AHEAD,))),
        (EventKind.CONDITION, "2026-11-21", EventState.ONGOING, (EventState.PLANNED, (DateWarning.AHEAD,))),
        (EventKind.MEDICINE, "2026-11-21", EventState.ONGOING, (EventState.PLANNED, ())),
        (EventKind.CONTACT, "2026-11-19", EventState.PLANNED, (EventState.UNKNOWN, (DateWarning.EXPIRED,))),
        (EventKind.CONTACT, "2026-11-20", EventState.PLANNED, (EventState.PLANNED, ())),
        (EventKind.TASK, "2026-11-19", EventState.PLANNED, (EventState.PLANNED, ())),
        (EventKind.CONTACT, None, EventState.PLANNED, (EventState.PLANNED, ())),
    ],
)
def test_a_state_is_as_of_the_day_of_view(
    kind: EventKind, start: str | None, state: EventState, expected: tuple[EventState, tuple[DateWarning, ...]]
) -> None:
    event = finished(draft(C1, kind, start=start, state=state), TODAY, None)
    assert (event.state, event.date_warnings) == expected


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        ("2020-05-02", "2020-05-01", False),
        ("2020-05-02", "2020-05", True),
        ("2020-05-02T10:00:00Z", "2020-05-02T09:00:00Z", False),
        ("2020-05-02T10:00:00Z", "2020-05-02", True),
        ("2020", "2020", True),
    ],
)
def test_an_end_that_certainly_lies_before_the_start_is_left_away(start: str, end: str, kept: bool) -> None:
    first, last = PartialDate(start), PartialDate(end)
    assert in_order(first, last) == ((first, last, ()) if kept else (first, None, (DateWarning.REVERSED,)))


# the builder


def test_every_record_is_a_draft_or_excluded_or_unreadable() -> None:
    builder = EventBuilder(DraftContext(T))
    builder.add("Task", Exclusion.DRAFT)
    builder.add("Task", Exclusion.DRAFT)
    builder.add("Condition", draft())
    builder.add("Condition", Unreadable(C2, "no-code"))
    assert builder.excluded == {("Task", Exclusion.DRAFT): 2}
    assert builder.unreadable == [Unreadable(C2, "no-code")]
    assert [event.origin for event in builder.events(TODAY, None)] == [C1]


def test_an_appointment_that_took_place_is_shown_by_its_encounter() -> None:
    held, missed = Reference("Appointment", "a1"), Reference("Appointment", "a2")
    builder = EventBuilder(DraftContext(T))
    builder.add("Appointment", draft(held, EventKind.CONFERENCE))
    builder.add("Appointment", draft(missed, EventKind.CONTACT, state=EventState.NOT_DONE))
    builder.add("Encounter", draft(Reference("Encounter", "e1"), EventKind.CONTACT, replaces=(held,)))
    builder.add("Encounter", draft(Reference("Encounter", "e2"), EventKind.CONTACT, replaces=(missed,)))
    builder.drop_replaced()
    shown = {str(event.origin): event.kind for event in builder.events(TODAY, None)}
    assert shown == {
        "Appointment/a2": EventKind.CONTACT,
        "Encounter/e1": EventKind.CONFERENCE,
        "Encounter/e2": EventKind.CONTACT,
    }
    assert builder.excluded == {("Appointment", Exclusion.DUPLICATE): 1}


def test_only_codes_reasons_and_what_is_addressed_say_that_the_patient_has_a_condition() -> None:
    bonds = dict.fromkeys((LaneReason.CODE, LaneReason.REASON, LaneReason.ADDRESSES), ConditionKey.T2DM)
    for bond in LaneReason:
        builder = EventBuilder(DraftContext(T))
        builder.add("Condition", draft(memberships=(lane(T2DM, bond),)))
        assert builder.lanes() == (frozenset({bonds[bond]}) if bond in bonds else frozenset())


def test_events_are_oldest_first_and_undated_last() -> None:
    builder = EventBuilder(DraftContext(T))
    for ident, start in (("c", None), ("b", "2021"), ("a", "2020-05"), ("d", None)):
        builder.add("Condition", draft(Reference("Condition", ident), start=start))
    assert [event.origin.id for event in builder.events(TODAY, None)] == ["a", "b", "c", "d"]


def test_a_concept_with_a_very_long_name_is_worked_out_each_time() -> None:
    """A hostile server must not fill the memory with names that nobody writes twice."""
    calls: list[str] = []

    @remembered
    def length(concept: CodeableConcept, terminology: object) -> int:
        calls.append(concept.text)
        return len(concept.text)

    for text in ("short", "short", "x" * 100_000, "x" * 100_000):
        assert length(CodeableConcept((), text), T) == len(text)
    assert len(calls) == 3
