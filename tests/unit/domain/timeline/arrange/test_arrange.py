"""What a reader of a timeline is shown, on records written out here: lanes, stages, doses, dates, marks, panels."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.events import Certainty, Event, EventKind, EventState, TargetWindow, Timeline
from dashboard.domain.timeline.scene import NOT_SHOWN, Bar, KindGroup, Lane, Mark, Panel, Scene, SceneRequest
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from tests.unit.domain.timeline.timelines import NOW, event, measured, medicine, problem, timeline, years

T2DM, HF, CKD, OTHER = ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD, ConditionKey.OTHER


def scene(*events: Event, request: Any = None, **more: Any) -> Scene:
    return arrange(timeline(*events, **more), request or years(20), NOW)


def lane(found: Scene, key: ConditionKey) -> Lane:
    return next(each for each in found.lanes if each.key is key)


def bars(found: Scene, key: ConditionKey, kind: EventKind = EventKind.MEDICINE) -> list[Bar]:
    return sorted((bar for bar in lane(found, key).bars if bar.kind is kind), key=lambda bar: (bar.start, bar.track))


def marks(found: Scene, key: ConditionKey, kind: EventKind) -> list[Mark]:
    return [mark for mark in lane(found, key).marks if mark.kind is kind]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spell(bar: Bar) -> str:
    """A bar in a line: text, first and last day, and what of them is not known."""
    last = (bar.end - timedelta(microseconds=1)).date()
    begins = f"~{bar.vague_start.date()}" if bar.vague_start else ""
    ends = f"{bar.vague_end.date()}~" if bar.vague_end else ""
    return f"{bar.text}: {bar.start.date()}{begins} to {'now' if bar.open else f'{ends}{last}'}"


# Lanes -----------------------------------------------------------------------------------------------------------


def test_there_is_a_lane_for_each_condition_with_something_and_the_problem_is_topmost() -> None:
    found = scene(
        problem("Type 2 diabetes", "2009", lanes=T2DM),
        medicine("metformin 500 mg", "2012-03-01", atc="A10BA02"),
        event(EventKind.CONTACT, "Walk-in", "2020-02-03"),
    )
    assert [each.key for each in found.lanes] == [T2DM, OTHER]
    assert [(bar.track, bar.kind) for bar in lane(found, T2DM).bars] == [
        (0, EventKind.CONDITION),
        (1, EventKind.MEDICINE),
    ]
    assert lane(found, T2DM).tracks == 2


def test_a_lane_stays_when_the_window_holds_nothing_of_it() -> None:
    found = scene(problem("Depression", "2012", "2013", ConditionKey.DEPRESSION), request=years(1))
    assert [(each.key, each.tracks) for each in found.lanes] == [(ConditionKey.DEPRESSION, 0)]
    assert found.left == {"before": 1}


def test_stages_follow_each_other_on_the_topmost_track() -> None:
    found = scene(
        problem("CKD 3A", "2021-02-16", "2024-05-02", CKD, stage="G3a"),
        problem("CKD 3B", "2024-05-02", lanes=CKD, stage="G3b"),
    )
    assert [spell(bar) for bar in bars(found, CKD, EventKind.CONDITION)] == [
        "G3a: 2021-02-16 to 2024-05-01",
        "G3b: 2024-05-02 to now",
    ]
    assert {bar.track for bar in lane(found, CKD).bars} == {0}
    assert (lane(found, CKD).stage, lane(found, CKD).active) == ("G3b", True)


def test_a_stage_that_ended_some_time_in_a_year_ends_where_the_next_begins() -> None:
    found = scene(
        problem("CKD 3A", "2021", "2024", CKD, stage="G3a"), problem("CKD 3B", "2024-03-05", lanes=CKD, stage="G3b")
    )
    assert [spell(bar) for bar in bars(found, CKD, EventKind.CONDITION)] == [
        "G3a: 2021-01-01~2022-01-01 to 2024-03-04",
        "G3b: 2024-03-05 to now",
    ]


def test_an_unstaged_diagnosis_stands_below_the_stages_it_overlaps() -> None:
    found = scene(
        problem("Chronic kidney disease", "2015", lanes=CKD), problem("CKD 3A", "2021-02-16", lanes=CKD, stage="G3a")
    )
    assert [(bar.text, bar.track) for bar in lane(found, CKD).bars] == [("G3a", 0), ("Chronic kidney disease", 1)]


def test_findings_divide_the_span_of_a_condition_at_their_time() -> None:
    def nyha(when: str, stage: str) -> Event:
        return event(EventKind.RESULT, "NYHA class", when, lanes=HF, stage=stage)

    found = scene(
        problem("Heart failure", "2019-03-20", lanes=HF, stage="NYHA III"),
        nyha("2020-05-01T10:20:00Z", "NYHA II"),
        nyha("2022-05-01", "NYHA II"),
        nyha("2026-08-01", "NYHA III"),
    )
    assert [spell(bar) for bar in bars(found, HF, EventKind.CONDITION)] == [
        "Heart failure: 2019-03-20 to 2020-04-30",
        "NYHA II: 2020-05-01 to 2026-07-31",
        "NYHA III: 2026-08-01 to now",
    ]
    assert lane(found, HF).stage == "NYHA III"
    same_day = scene(problem("Heart failure", "2020-05-01", lanes=HF), nyha("2020-05-01T10:20:00Z", "NYHA II"))
    assert [spell(bar) for bar in bars(same_day, HF, EventKind.CONDITION)] == ["NYHA II: 2020-05-01 to now"]
    assert len({bar.event for bar in bars(found, HF, EventKind.CONDITION)}) == 1


def test_a_condition_that_is_over_or_refuted_is_not_active() -> None:
    over = scene(problem("Low mood", "2019", "2021", ConditionKey.DEPRESSION))
    refuted = scene(problem("Heart failure", "2019", lanes=HF, certainty=Certainty.REFUTED, stage="NYHA II"))
    assert not over.lanes[0].active
    assert (refuted.lanes[0].active, refuted.lanes[0].stage) == (False, "")
    assert refuted.lanes[0].bars[0].event.certainty is Certainty.REFUTED


def test_what_serves_several_conditions_is_in_each_and_says_so() -> None:
    found = scene(medicine("ramipril 5 mg", "2022-01-01", lanes=(HF, CKD), atc="C09AA05"))
    assert [(each.key, each.bars[0].shared) for each in found.lanes] == [(HF, (CKD,)), (CKD, (HF,))]


# Dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "state", "wanted"),
    [
        ("2009", "", EventState.ONGOING, "x: 2009-01-01~2010-01-01 to now"),
        ("2009-05", "2011", EventState.DONE, "x: 2009-05-01~2009-06-01 to 2011-01-01~2011-12-31"),
        ("2009-05-03", "2011-04-05", EventState.DONE, "x: 2009-05-03 to 2011-04-05"),
        ("2009-05-03", "2009-05-03", EventState.STOPPED, "x: 2009-05-03 to 2009-05-03"),
        # Ended, but nobody knows when: known on its first day only.
        ("2009-05-03", "", EventState.DONE, "x: 2009-05-03 to 2009-05-03~2009-05-03"),
        ("", "2011-04-05", EventState.DONE, "x: 2011-04-05~2011-04-06 to 2011-04-05"),
        # The end before the beginning is not believed.
        ("2011-05-03", "2009-01-01", EventState.DONE, "x: 2011-05-03 to 2011-05-03~2011-05-03"),
        # In use, whatever end it was meant to have.
        ("2025-05-03", "2027-01-01", EventState.ONGOING, "x: 2025-05-03 to now"),
        ("2027-01-10", "", EventState.ONGOING, "x: 2027-01-10 to now"),
        ("2027-01-10", "", EventState.PLANNED, "x: 2027-01-10 to 2027-01-10~2027-01-10"),
    ],
)
def test_a_date_is_drawn_as_precisely_as_it_is_known(start: str, end: str, state: EventState, wanted: str) -> None:
    (bar,) = bars(scene(medicine("x", start, end, state=state)), T2DM)
    assert spell(bar) == wanted


def test_what_goes_on_is_drawn_to_the_moment_of_view_and_a_goal_to_its_target_date() -> None:
    goal = event(EventKind.GOAL, "HbA1c", "2026-01-05", "2027-01-31", T2DM, state=EventState.ONGOING)
    found = scene(medicine("metformin", "2020-01-01"), goal)
    (taken,), (aimed,) = bars(found, T2DM), bars(found, T2DM, EventKind.GOAL)
    assert (taken.end, taken.open) == (NOW, True)
    assert (aimed.end, aimed.open) == (day("2027-02-01"), False)


def test_a_window_cuts_a_bar_and_says_on_which_side_it_goes_on() -> None:
    (bar,) = bars(scene(medicine("metformin", "2009", "2027-05-01"), request=years(1)), T2DM)
    assert (bar.start, bar.before, bar.after) == (years(1).start, True, True)
    assert bar.vague_start is None


def test_what_is_not_drawn_is_counted_by_why() -> None:
    found = scene(
        event(EventKind.CONTACT, "Old", "2015-01-01"),
        event(EventKind.CONTACT, "Booked", "2031-01-01", state=EventState.PLANNED),
        event(EventKind.PROCEDURE, "Some day", ""),
        event(EventKind.GOAL, "Walk", "2026-01-01", "2026-12-01"),
        event(EventKind.TASK, "Undated and switched off", ""),
        request=replace(years(1), groups=frozenset(KindGroup) - {KindGroup.PLAN}),
    )
    assert found.left == {"before": 1, "after": 1, "undated": 1, "plan": 2}
    assert not found.lanes[0].marks


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="window"):
        scene(request=years(-2, 1))


# Medicines -------------------------------------------------------------------------------------------------------


def test_a_course_shows_its_doses_and_its_gaps() -> None:
    found = scene(
        medicine("metformin 500 mg", "2020-01-01", "2020-03-31", atc="A10BA02"),
        medicine("metformin 500 mg", "2020-04-03", "2021-05-31", atc="A10BA02"),
        medicine("Metformin 1000 mg", "2021-06-01", "2022-12-31", atc="A10BA02"),
        medicine("Metformin 1000 mg", "2023-06-01", atc="A10BA02"),
    )
    drawn = bars(found, T2DM)
    assert [spell(bar) for bar in drawn] == [
        "metformin 500 mg: 2020-01-01 to 2021-05-31",
        "Metformin 1000 mg: 2021-06-01 to 2022-12-31",
        "Metformin 1000 mg: 2023-06-01 to now",
    ]
    assert [len(bar.events) for bar in drawn] == [2, 1, 1]
    assert {bar.track for bar in drawn} == {0}


@pytest.mark.parametrize(("days", "stretches"), [(14, 1), (15, 2)])
def test_a_gap_is_longer_than_two_weeks(days: int, stretches: int) -> None:
    ended = day("2020-04-01") + timedelta(days=days)
    found = scene(
        medicine("metformin", "2020-01-01", "2020-03-31", atc="A10BA02"),
        medicine("metformin", ended.date().isoformat(), "2021-05-31", atc="A10BA02"),
    )
    assert len(bars(found, T2DM)) == stretches


def test_an_end_that_nobody_wrote_down_is_the_next_prescription_at_the_latest() -> None:
    found = scene(
        medicine("metformin 500 mg", "2020-01-01", state=EventState.STOPPED, atc="A10BA02"),
        medicine("metformin 1000 mg", "2021-01-01", atc="A10BA02"),
    )
    assert [spell(bar) for bar in bars(found, T2DM)] == [
        "metformin 500 mg: 2020-01-01 to 2020-01-02~2020-12-31",
        "metformin 1000 mg: 2021-01-01 to now",
    ]


def test_two_doses_at_once_are_side_by_side() -> None:
    found = scene(
        medicine("metformin 500 mg", "2020-01-01", atc="A10BA02"),
        medicine("metformin 1000 mg", "2021-01-01", atc="A10BA02"),
    )
    assert [bar.track for bar in bars(found, T2DM)] == [0, 1]


def test_without_a_code_a_course_is_what_has_one_name() -> None:
    found = scene(medicine("St John's wort", "2020-01-01", "2020-02-01"), medicine("st  john's  wort", "2020-02-05"))
    assert [len(bar.events) for bar in bars(found, T2DM)] == [2]


def many_medicines(*families: str) -> list[Event]:
    """Three after one another of each family."""
    return [
        medicine(f"{family}0{one}", f"20{10 + one}-01-01", f"20{10 + one}-12-01", HF, atc=f"{family}0{one}")
        for family in families
        for one in (1, 2, 3)
    ]


def test_more_medicines_than_tracks_share_a_track_a_class() -> None:
    few = scene(*many_medicines("C09AA", "C07AB"))
    assert len({bar.track for bar in bars(few, HF)}) == 6
    many = scene(*many_medicines("C09AA", "C07AB", "C03CA", "C10AA"))
    tracks: dict[int, set[str]] = {}
    for bar in bars(many, HF):
        tracks.setdefault(bar.track, set()).add(bar.event.atc[:5])
    assert [sorted(found) for _, found in sorted(tracks.items())] == [["C09AA"], ["C07AB"], ["C03CA"], ["C10AA"]]


def test_medicines_without_a_track_are_counted_in_a_mark() -> None:
    events = [medicine(f"m{one}", f"2020-01-{one:02d}", "2021-01-01", HF) for one in range(1, 13)]
    found = scene(*events, medicine("in use", "2020-06-01", lanes=HF))
    drawn = bars(found, HF)
    assert len(drawn) == 8
    assert "in use" in {bar.text for bar in drawn}
    (mark,) = marks(found, HF, EventKind.MEDICINE)
    assert mark.count == len(events) + 1 - 8


@pytest.mark.parametrize(
    ("kind", "key", "most"),
    [
        (EventKind.CONDITION, T2DM, 3),
        (EventKind.CONDITION, OTHER, 6),
        (EventKind.GOAL, T2DM, 2),
        (EventKind.MEDICINE, T2DM, 8),
    ],
)
def test_a_lane_has_so_many_tracks_and_counts_the_rest_in_a_mark(kind: EventKind, key: ConditionKey, most: int) -> None:
    lanes = () if key is OTHER else key
    events = [
        event(kind, f"{kind} {number}", "2020-01-01", "", lanes, state=EventState.ONGOING) for number in range(most + 2)
    ]
    found = scene(*events)
    assert len({bar.track for bar in bars(found, key, kind)}) == most
    assert [mark.count for mark in marks(found, key, kind)] == [2]


# Marks -----------------------------------------------------------------------------------------------------------


def test_marks_too_close_to_tell_apart_are_one_with_their_count() -> None:
    events = [event(EventKind.CONTACT, "GP review", f"2026-{month:02d}-01", lanes=T2DM) for month in range(1, 7)]
    close, apart = scene(*events, request=years(20, marks=20)), scene(*events, request=years(1))
    (mark,) = marks(close, T2DM, EventKind.CONTACT)
    assert (mark.count, mark.text, close.merged) == (6, "GP review", 6)
    assert [one.count for one in marks(apart, T2DM, EventKind.CONTACT)] == [1] * 6
    assert apart.merged == 0


def test_marks_that_can_just_be_told_apart_are_two() -> None:
    request = SceneRequest(day("2026-01-01"), day("2026-03-02"), marks=6)  # sixty days, ten apart
    later = {"2026-01-20T23:59:00Z": 1, "2026-01-21": 2}
    for when, drawn in later.items():
        first = event(EventKind.CONTACT, "GP review", "2026-01-11", lanes=T2DM)
        found = scene(first, event(EventKind.CONTACT, "GP review", when, lanes=T2DM), request=request)
        assert len(marks(found, T2DM, EventKind.CONTACT)) == drawn


def test_a_merged_mark_says_what_needs_a_look() -> None:
    found = scene(
        event(EventKind.RESULT, "Ferritin", "2026-01-01", lanes=CKD),
        event(EventKind.RESULT, "Urea", "2026-01-01", lanes=CKD, abnormal=True),
        event(EventKind.PROCEDURE, "Foot check", "2026-01-01", lanes=CKD),
        event(EventKind.PROCEDURE, "Eye check", "2026-01-02", lanes=CKD, state=EventState.NOT_DONE),
    )
    (result,), (procedure,) = (marks(found, CKD, kind) for kind in (EventKind.RESULT, EventKind.PROCEDURE))
    assert (result.abnormal, result.text) == (True, "Urea")
    assert (procedure.state, procedure.text) == (EventState.NOT_DONE, "")


def test_kinds_share_a_row_unless_they_would_touch() -> None:
    found = scene(
        event(EventKind.CONTACT, "GP review", "2020-01-01", lanes=T2DM),
        event(EventKind.PROCEDURE, "Foot check", "2024-01-01", lanes=T2DM),
        event(EventKind.PLAN, "Plan changed", "2020-01-03", lanes=T2DM),
    )
    assert {mark.text: mark.track for mark in lane(found, T2DM).marks} == {
        "GP review": 0,
        "Foot check": 0,
        "Plan changed": 1,
    }


def test_a_stay_has_an_end_and_a_year_is_as_long_as_the_year() -> None:
    found = scene(
        event(EventKind.CONTACT, "Hospital stay", "2024-03-01T10:00:00Z", "2024-03-08T11:00:00Z", HF),
        event(EventKind.CONTACT, "GP review", "2025-03-01T10:00:00Z", "2025-03-01T10:20:00Z", HF),
        event(EventKind.PROCEDURE, "Echocardiogram", "2019", lanes=HF),
    )
    until = {mark.text: mark.until for mark in lane(found, HF).marks}
    assert until == {
        "Hospital stay": day("2024-03-08T11:00:00"),
        "GP review": None,
        "Echocardiogram": day("2020-01-01"),
    }


def test_new_is_what_was_recorded_begun_or_ended_since() -> None:
    since = day("2026-10-28")
    late = measured(Measure.EGFR, "38", "2026-10-01", True, CKD, recorded=PartialDate("2026-11-02"))
    booked = event(EventKind.CONTACT, "Booked before", "2026-12-01", lanes=CKD, recorded=PartialDate("2026-10-01"))
    events = [
        late,
        booked,
        event(EventKind.CONTACT, "That day", "2026-10-28", lanes=CKD),
        medicine("naproxen", "2026-11-01", lanes=CKD),
        medicine("stopped since", "2020-01-01", "2026-11-05", CKD),
        medicine("old", "2020-01-01", "2026-10-05", CKD),
    ]
    found = scene(*events, request=years(1, since=since))
    drawn = {each.text for each in (*lane(found, CKD).bars, *lane(found, CKD).marks) if each.new}
    assert drawn == {"EGFR", "naproxen", "stopped since"}
    assert found.new == 3
    assert [point.new for panel in found.panels for point in panel.series[0].points] == [True]


def test_what_is_planned_and_the_conference_itself_are_not_new() -> None:
    since, later = day("2026-10-28"), PartialDate("2026-11-02")
    events = [
        event(EventKind.ORDER, "a test ordered", "2026-11-02", lanes=CKD, state=EventState.PLANNED, recorded=later),
        event(EventKind.CONTACT, "a visit booked", "2026-12-01", lanes=CKD, state=EventState.PLANNED, recorded=later),
        event(EventKind.CONFERENCE, "the conference", "2026-10-28", "2026-10-29", CKD, recorded=later),
        event(EventKind.GOAL, "due since", "2026-01-01", "2026-11-10", CKD, state=EventState.ONGOING),
        event(EventKind.GOAL, "set since", "2026-11-01", "2027-11-10", CKD, state=EventState.ONGOING),
        event(EventKind.PLAN, "a plan whose review was due", "2026-01-01", "2026-11-10", CKD, state=EventState.ONGOING),
        event(EventKind.PLAN, "a plan that ended", "2026-01-01", "2026-11-10", CKD, state=EventState.DONE),
        event(EventKind.CONTACT, "a visit", "2026-11-02", lanes=CKD),
    ]
    found = scene(*events, request=years(1, since=since))
    drawn = {each.text for each in (*lane(found, CKD).bars, *lane(found, CKD).marks) if each.new}
    assert (drawn - {""}, found.new) == ({"set since", "a visit"}, 3), "the plan that ended is a mark without a text"


# Panels ----------------------------------------------------------------------------------------------------------


def panel(found: Scene, name: str) -> Panel:
    return next(each for each in found.panels if each.name == name)


def test_a_normal_result_is_a_point_and_an_abnormal_one_a_mark_as_well() -> None:
    found = scene(
        measured(Measure.HBA1C, "48", "2025-01-01", False, T2DM),
        measured(Measure.HBA1C, "71", "2026-01-01", True, T2DM),
    )
    assert [point.value for point in panel(found, "HBA1C").series[0].points] == [48, 71]
    assert [mark.events[0].start for mark in lane(found, T2DM).marks] == [PartialDate("2026-01-01")]
    hidden = scene(measured(Measure.HBA1C, "48", "2025-01-01", False, T2DM), request=years(5, measures=(Measure.LDL,)))
    assert (lane(hidden, T2DM).marks, hidden.left) == ((), {NOT_SHOWN: 1})
    ferritin = scene(event(EventKind.RESULT, "Ferritin", "2025-01-01", lanes=T2DM))
    assert len(lane(ferritin, T2DM).marks) == 1


def test_results_switched_off_leave_the_panels() -> None:
    request = replace(years(5), groups=frozenset(KindGroup) - {KindGroup.RESULTS})
    found = scene(
        measured(Measure.HBA1C, "71", "2026-01-01", True, T2DM),
        event(EventKind.RESULT, "Ferritin", "2026-01-01", lanes=T2DM),
        request=request,
    )
    assert not lane(found, T2DM).marks
    assert len(panel(found, "HBA1C").series[0].points) == 1
    assert found.left == {"results": 1}


def test_blood_pressure_is_one_panel_of_two() -> None:
    events = [
        measured(measure, value, "2026-01-01", lanes=HF)
        for measure, value in ((Measure.SYSTOLIC, "148"), (Measure.DIASTOLIC, "82"))
    ]
    for measures in ((), (Measure.DIASTOLIC,), (Measure.SYSTOLIC, Measure.DIASTOLIC)):
        found = scene(*events, request=years(1, measures=measures))
        assert [(p.name, [s.measure for s in p.series]) for p in found.panels] == [
            ("BLOOD_PRESSURE", [Measure.SYSTOLIC, Measure.DIASTOLIC])
        ]
    both = panel(found, "BLOOD_PRESSURE")
    assert [each.reference for each in both.series] == [(90, 140), (50, 90)]
    assert both.reference_source == "NICE NG136, clinic [M]"


def test_a_panel_says_its_range_target_latest_and_what_was_converted_or_refused() -> None:
    aim = Target(Measure.HBA1C, None, Quantity(Decimal(53), "mmol/mol", "<"))
    target = TargetWindow(Reference("Goal", "g"), aim, None, PartialDate("2027-01-31"), "53")
    story = timeline(
        measured(Measure.HBA1C, "64", "2020-01-01", True, T2DM),
        measured(Measure.HBA1C, "71", "2026-01-01", True, T2DM, converted=True),
        targets=(target, replace(target, target=replace(aim, measure=Measure.LDL))),
        refused={Measure.HBA1C: 2, Measure.LDL: 1},
    )
    shown = panel(arrange(story, years(1), NOW), "HBA1C")
    (series,) = shown.series
    assert (shown.unit, shown.reference, shown.refused, shown.targets) == ("mmol/mol", (None, 58), 2, (target,))
    assert (len(series.points), series.converted) == (1, 1)
    earlier = panel(arrange(story, replace(years(3), end=NOW - timedelta(days=400)), NOW), "HBA1C").series[0]
    assert earlier.points == ()
    assert earlier.latest is not None
    assert float(earlier.latest.value.value) == 64


def test_a_long_series_is_thinned_and_keeps_its_ends_and_extremes() -> None:
    days = [NOW - timedelta(days=3 * back) for back in range(500, 0, -1)]
    values = ["45"] * 500
    values[250] = "12"
    events = [
        measured(Measure.EGFR, value, when.isoformat(timespec="seconds"), value == "12", CKD)
        for value, when in zip(values, days, strict=True)
    ]
    points = panel(scene(*events, request=years(5, points=50)), "EGFR").series[0].points
    assert len(points) <= 50
    assert sum(point.count for point in points) == 500
    assert [points[0].when, points[-1].when, points[0].count, points[-1].count] == [
        days[0].replace(microsecond=0),
        days[-1].replace(microsecond=0),
        1,
        1,
    ]
    (low,) = [point for point in points if point.low < 45]
    assert (low.low, low.value, low.high, low.abnormal) == (12, 45, 45, True)


def test_the_panels_of_a_patient_begin_with_the_first_measure_of_each_condition() -> None:
    def course(measure: Measure, *values: str) -> list[Event]:
        return [
            measured(measure, value, f"202{number}-05-01", False, (T2DM, CKD)) for number, value in enumerate(values)
        ]

    events = [
        problem("Type 2 diabetes", "2009", lanes=T2DM),
        problem("CKD 3B", "2020", lanes=CKD),
        *course(Measure.HBA1C, "50", "50"),
        *course(Measure.BMI, "27", "27"),
        *course(Measure.LDL, "2", "2"),
        *course(Measure.EGFR, "40", "40"),
        *course(Measure.UACR, "2", "2"),
        *course(Measure.POTASSIUM, "5.0", "5.9"),
        *course(Measure.WEIGHT, "80", "80"),
        *course(Measure.HEIGHT, "170", "170"),
        *course(Measure.SYSTOLIC, "120", "150"),
        *course(Measure.DIASTOLIC, "70", "80"),
    ]
    names = [each.name for each in scene(*events).panels]
    assert names == ["HBA1C", "EGFR", "BMI", "UACR", "POTASSIUM", "BLOOD_PRESSURE"]


@pytest.mark.parametrize(("now", "shown"), [("144", True), ("132", True), ("140", False)])
def test_a_value_that_changed_beyond_noise_is_shown_before_steadier_ones(now: str, shown: bool) -> None:
    steady = {
        Measure.HBA1C: "45", Measure.LVEF: "60", Measure.EGFR: "95", Measure.BMI: "24", Measure.NTPROBNP: "100",
        Measure.UACR: "2", Measure.LDL: "1.5", Measure.WEIGHT: "80", Measure.POTASSIUM: "4.5",
    }  # fmt: skip
    found = scene(
        *(problem(key.value, "2020", lanes=key) for key in (T2DM, HF, CKD)),
        *(measured(measure, value, when) for measure, value in steady.items() for when in ("2025-01-01", "2026-01-01")),
        measured(Measure.SODIUM, "138", "2025-01-01"),
        measured(Measure.SODIUM, now, "2026-01-01"),
    )
    assert ("SODIUM" in {each.name for each in found.panels}) is shown
    assert len(found.panels) == 6


def test_height_and_creatinine_are_shown_on_request_only() -> None:
    events = [
        measured(measure, value, "2026-01-01", lanes=CKD)
        for measure, value in ((Measure.HEIGHT, "170"), (Measure.CREATININE, "90"), (Measure.WEIGHT, "80"))
    ]
    assert [each.name for each in scene(*events).panels] == ["WEIGHT"]
    both = scene(*events, request=years(1, measures=(Measure.HEIGHT, Measure.CREATININE)))
    assert [each.name for each in both.panels] == ["HEIGHT", "CREATININE"]


def test_a_patient_without_anything_has_an_empty_scene() -> None:
    found = scene()
    assert (found.lanes, found.panels, dict(found.left), found.merged, found.new) == ((), (), {}, 0, 0)


def test_a_measure_that_was_asked_for_and_never_taken_has_an_empty_panel() -> None:
    empty: Timeline = timeline()
    (shown,) = arrange(empty, years(1, measures=(Measure.LVEF,)), NOW).panels
    assert (shown.name, shown.series[0].points, shown.series[0].latest) == ("LVEF", (), None)
