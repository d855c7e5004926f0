"""What an editor changed is what is written, and nothing else: laws over random edits, and the odd records."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.care_plan.arrange import in_reading_order
from dashboard.domain.care_plan.history import FieldChange, brought_back, differences
from dashboard.domain.care_plan.merge import Items
from dashboard.domain.care_plan.plan_item import ACHIEVEMENT, FieldKind, PlanItem, field_of, kind_of
from dashboard.domain.care_plan.shared_plan import (
    Membership,
    Value,
    items_of,
    new_activity,
    new_goal,
    with_item,
    with_values,
    without_item,
)
from dashboard.domain.care_plan.validation import LIMITS, check, check_all, cleaned
from dashboard.domain.care_plan.write_items import changed_values
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import Goal, OtherTarget
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Result, Target
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Quantity, Reference
from dashboard.errors import UserFacingError
from tests.unit.domain.care_plan.plans import (
    CALL,
    CHECK,
    CKD,
    GP,
    NOW,
    NURSE,
    PATIENT,
    PRESSURE,
    TABLET,
    TEAM,
    TODAY,
    UNREAD,
    WISH,
    day,
    shared_plan,
)

SHARED = shared_plan()
ITEMS = items_of(SHARED)
PLAN = SHARED.plan.origin


def written(items: Items) -> tuple[Value, ...]:
    return changed_values(SHARED, items, patient=PATIENT, by=GP, at=NOW)


def edited(origin: Reference, **fields: object) -> dict[Reference, PlanItem]:
    return {**ITEMS, origin: ITEMS[origin].with_fields(fields)}  # type: ignore[arg-type]


_VALUES = {
    FieldKind.TEXT: st.text(max_size=5),
    FieldKind.SET: st.frozensets(st.sampled_from([CKD, PRESSURE, WISH])),
    FieldKind.LOG: st.just((Comment("Dr A", "", "seen"),)),
}
_BY_NAME = {
    "status": st.sampled_from(["active", "completed", "on-hold"]),
    "achievement_status": st.sampled_from(["", "achieved", "improving"]),
    "priority": st.sampled_from(["", "low-priority"]),
    "targets": st.just((Target(Measure.HBA1C, None, None), OtherTarget(None, "steps", text="more"))),
    "owner": st.sampled_from([GP, NURSE]),
    "expressed_by": st.sampled_from([GP, NamedReference(PATIENT, "Mary")]),
    "start": st.sampled_from([None, day("2026-02-01")]),
    "due": st.sampled_from([None, day("2027-03-01")]),
    "agreement": st.sampled_from(["", "agree", "pending"]),
    "relation": st.sampled_from(["", "successor"]),
    "member": st.just(Membership("C", None, "pharmacist", until=day("2027-01-01"))),
}
_MORE = {
    PRESSURE: [field_of("agreement", each) for each in (PATIENT, Reference("Practitioner", "gp"))]
    + [field_of("relation", each) for each in (WISH, Reference("Goal", "g9"))],
    TEAM: [field_of("member", Reference("Practitioner", "c"))],
}


@st.composite
def edits(draw: st.DrawFn) -> Items:
    items = dict(ITEMS)
    for origin in draw(st.sets(st.sampled_from([*ITEMS]), max_size=3)):
        item = items[origin]
        names = [name for name in (*item.fields, *_MORE.get(origin, [])) if not name.endswith("_order")]
        for name in draw(st.sets(st.sampled_from(names), max_size=3)):
            kind = name.partition(":")[0]
            item = item.with_fields({name: draw(_BY_NAME[kind] if kind in _BY_NAME else _VALUES[kind_of(name)])})
        items[origin] = item
    for origin in draw(st.sets(st.sampled_from([WISH, CALL, TABLET]))):
        items = without_item(items, origin)
    if draw(st.booleans()):
        items = with_item(items, new_goal(Reference("Goal", "n1"), "New", GP, TODAY))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["Task", "ServiceRequest", "CommunicationRequest"]))
        items = with_item(items, new_activity(Reference(kind, "n2"), "New", NURSE, goals=frozenset({PRESSURE})))
    return items


@given(edits())
def test_what_was_written_reads_as_what_was_edited(items: Items) -> None:
    stored = with_values(SHARED, written(items))
    read = {origin: item for origin, item in items_of(stored).items() if origin in items}
    assert read == items
    assert changed_values(stored, read, patient=PATIENT, by=GP, at=NOW) == ()


@given(edits())
def test_only_what_was_changed_is_written(items: Items) -> None:
    values = {value.origin for value in written(items)}
    in_the_plan = [ITEMS.keys() != items.keys(), items[PLAN] != ITEMS[PLAN]]
    in_the_plan += [item["outcome"] != ITEMS[origin]["outcome"] for origin, item in items.items() if origin in ITEMS]
    assert (PLAN in values) == any(in_the_plan)
    for origin in values - {PLAN}:
        assert items[origin] != ITEMS.get(origin)


def test_nothing_changed_writes_nothing() -> None:
    assert written(ITEMS) == ()


def test_new_ones_come_before_the_plan_that_refers_to_them() -> None:
    items = with_item(ITEMS, new_goal(Reference("Goal", "n"), "Sleep", NamedReference(PATIENT, "Mary"), TODAY))
    items = with_item(items, new_activity(Reference("Task", "n"), "Ask", NURSE))
    goal, task, plan = written(items)
    assert isinstance(goal, Goal)
    assert (goal.by_patient, goal.patient, goal.source, goal.start) == (True, PATIENT, {}, day("2026-11-23"))
    assert (task.origin.id, plan.origin) == ("n", PLAN)
    assert plan.goals == (WISH, UNREAD, PRESSURE, Reference("Goal", "n"))  # type: ignore[union-attr]


def test_what_could_not_be_read_stays_in_the_plan() -> None:
    (plan,) = written(without_item(ITEMS, WISH))
    assert plan.goals == (UNREAD, PRESSURE)  # type: ignore[union-attr]
    (plan,) = written(without_item(ITEMS, TABLET))
    assert plan.activities == (CHECK, CALL)  # type: ignore[union-attr]
    assert [(str(each.activity), each.words) for each in plan.outcomes] == [("Task/elsewhere", "Done")]  # type: ignore[union-attr]


def test_an_item_that_somebody_kept_is_not_lost_for_want_of_an_order() -> None:
    items = without_item(ITEMS, WISH) | {WISH: ITEMS[WISH]}
    (plan,) = written(items)
    assert set(plan.goals) == {WISH, UNREAD, PRESSURE}  # type: ignore[union-attr]


def test_a_plan_whose_item_is_gone_is_not_written() -> None:
    items = {origin: item for origin, item in ITEMS.items() if origin != PLAN}
    assert written(items) == ()


def test_of_two_entries_about_the_same_none_is_lost() -> None:
    (goal,) = written(edited(PRESSURE, title="BP"))
    assert goal == replace(SHARED.goals[1], text="BP")
    (goal,) = written(edited(PRESSURE, **{field_of("relation", WISH): "milestone"}))
    assert [each.kind for each in goal.related] == ["predecessor", "milestone"]  # type: ignore[union-attr]
    (goal,) = written(edited(PRESSURE, **{field_of("relation", WISH): "", field_of("agreement", PATIENT): ""}))
    assert goal.related == ()  # type: ignore[union-attr]
    assert [each.person.name for each in goal.accepted_by] == ["Son"]  # type: ignore[union-attr]
    assert SHARED.team
    nurse = field_of("member", Reference("Practitioner", "nurse"))
    (team,) = written(edited(TEAM, **{nurse: Membership("N. B", None, "nurse", until=day("2026-12-01"))}))
    assert [str(each.until.text) if each.until else "" for each in team.members] == ["", "2025-01-01", "2026-12-01", ""]  # type: ignore[union-attr]
    assert written(edited(TEAM, **{nurse: ""})) == (), "nobody is taken out of a team"


def test_coded_reasons_keep_their_codes_only_with_their_words() -> None:
    assert ITEMS[CHECK]["reason"] == "dizzy; old"
    (task,) = written(edited(CHECK, title="Check"))
    assert task.reason_codes == SHARED.activities[0].reason_codes  # type: ignore[union-attr]
    (task,) = written(edited(CHECK, reason="falls"))
    assert [each.text for each in task.reason_codes] == ["falls"]  # type: ignore[union-attr]
    (task,) = written(edited(CHECK, reason=""))
    assert task.reason_codes == ()  # type: ignore[union-attr]


def test_the_end_of_a_task_has_a_moment_and_its_reopening_takes_it_back() -> None:
    (ended,) = written(edited(CHECK, status="completed"))
    assert ended.ended == PartialDate("2026-11-23T09:00:00+00:00")  # type: ignore[union-attr]
    stored = with_values(SHARED, [ended])
    again = {**items_of(stored), CHECK: ITEMS[CHECK]}
    (reopened,) = changed_values(stored, again, patient=PATIENT, by=GP, at=NOW)
    assert reopened.ended is None  # type: ignore[union-attr]


def test_a_new_status_of_a_goal_has_its_day() -> None:
    (goal,) = written(edited(PRESSURE, **{ACHIEVEMENT: "improving"}))
    assert goal.status_date == day("2026-11-23")  # type: ignore[union-attr]


def test_what_is_changed_elsewhere_is_not_written_here() -> None:
    with pytest.raises(ValueError, match="MedicationRequest"):
        written(edited(TABLET, title="Another"))
    other = PlanItem(Reference("Appointment", "a"), {"outcome": ""})
    (plan,) = written(with_item(ITEMS, other))
    assert Reference("Appointment", "a") in plan.activities  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="not added"):
        written({**ITEMS, Reference("CareTeam", "u"): PlanItem(Reference("CareTeam", "u"), {})})


def test_a_plan_without_a_team_has_no_item_of_one() -> None:
    alone = replace(SHARED, team=None)
    assert TEAM not in items_of(alone)
    assert with_values(alone, []) == alone


# --- what may be saved -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "fields", "code"),
    [
        (PRESSURE, {"title": " \x00 "}, "plan-title-empty"),
        (PRESSURE, {"title": "x" * 501}, "plan-text-too-long"),
        (PLAN, {"description": "x" * 10_001}, "plan-text-too-long"),
        (PRESSURE, {"notes": (Comment("", "", "x" * 10_001),)}, "plan-text-too-long"),
        (PRESSURE, {"status": "proposed"}, "plan-status-not-allowed"),
        (PLAN, {"status": "draft"}, "plan-status-not-allowed"),
        (PRESSURE, {"status": "cancelled", ACHIEVEMENT: ""}, "plan-end-needs-reason"),
        (PRESSURE, {"status": "completed"}, "plan-statuses-exclude"),
        (CALL, {"start": day("2026-12-25")}, "plan-due-before-start"),
        (PRESSURE, {"due": day("2020-01-01")}, "plan-due-impossible"),
        (PRESSURE, {"due": day("2126-01-01")}, "plan-due-impossible"),
        (PRESSURE, {field_of("relation", PRESSURE): "other"}, "goal-related-to-itself"),
        (CHECK, {"owner": NamedReference()}, "activity-owner-missing"),
        (TABLET, {"title": "Another"}, "activity-changed-elsewhere"),
    ],
)
def test_what_cannot_be_saved_is_refused_with_a_sentence(
    origin: Reference, fields: dict[str, object], code: str
) -> None:
    item = edited(origin, **fields)[origin]
    with pytest.raises(UserFacingError, match=f"^{code}"):
        check(item, ITEMS[origin], TODAY)


@pytest.mark.parametrize(
    ("origin", "fields"),
    [
        (PRESSURE, {"status": "completed", ACHIEVEMENT: "achieved"}),
        (PRESSURE, {"status": "cancelled", ACHIEVEMENT: "", "status_reason": "Moved away"}),
        (CHECK, {"title": "<b>&\u202e", "due": None}),
        (PLAN, {"description": "x" * 10_000}),
        (TABLET, {"outcome": "Taken with food"}),
        (CALL, {"due": day("2026-11-23")}),
    ],
)
def test_what_can_be_saved_is_not_refused(origin: Reference, fields: dict[str, object]) -> None:
    check_all(edited(origin, **fields), ITEMS, TODAY)


def test_every_text_is_bounded() -> None:
    for name in (name for item in ITEMS.values() for name in item.fields):
        if kind_of(name) in (FieldKind.TEXT, FieldKind.LOG):
            assert name in LIMITS


def test_what_was_odd_before_does_not_stop_other_edits() -> None:
    assert SHARED.activities[0].due and SHARED.activities[0].due.end < TODAY
    check(edited(CHECK, title="Check again")[CHECK], ITEMS[CHECK], TODAY)


def test_a_new_item_is_checked_whole() -> None:
    with pytest.raises(UserFacingError, match="plan-title-empty"):
        check(new_goal(Reference("Goal", "n"), "", GP, TODAY), None, TODAY)
    check(new_activity(Reference("Task", "n"), "Ask", NURSE), None, TODAY)


def test_texts_are_cleaned_of_control_characters_and_nothing_else() -> None:
    item = cleaned(edited(PRESSURE, title=" <i>\x07BP\u202e \n")[PRESSURE])
    assert item["title"] == "<i>BP\u202e"
    assert item["due"] == ITEMS[PRESSURE]["due"]


# --- reading order ---------------------------------------------------------------------------------------------------


def _result(value: int) -> KeyResult:
    number = Quantity(Decimal(value), "mm[Hg]")
    latest = Result(Measure.SYSTOLIC, number, day("2026-11-01"), number, False, Reference("Observation", "o"))
    return KeyResult(Measure.SYSTOLIC, latest, None, Direction.UNKNOWN, (latest,))


def test_the_persons_own_goals_come_first_and_each_goal_has_what_is_done_for_it() -> None:
    read = in_reading_order(SHARED, {Measure.SYSTOLIC: _result(141)}, TODAY)
    assert [line.goal.origin for line in read.own] == [WISH]
    (pressure,) = read.team
    assert [(str(line.item.origin), line.late, line.inferred) for line in pressure.activities] == [
        ("Task/check", True, False),
        ("ServiceRequest/call", False, True),
    ]
    assert [result.latest.value.value for result in pressure.results] == [141]
    assert pressure.missed
    assert not read.own[0].missed
    assert [line.item.origin for line in read.others] == [TABLET]
    assert (read.ended_goals, read.ended_activities) == ((), ())


def test_what_has_ended_comes_last_and_is_not_late() -> None:
    shared = with_values(SHARED, [*written(edited(CHECK, status="completed"))])
    shared = with_values(shared, written(edited(PRESSURE, status="completed", **{ACHIEVEMENT: "achieved"})))
    read = in_reading_order(shared, {}, date(2027, 12, 1))
    assert [line.goal.origin for line in read.ended_goals] == [PRESSURE]
    assert [(line.item.origin, line.late) for line in read.ended_activities] == [(CHECK, False)]
    assert {line.item.origin for line in read.others} == {CALL, TABLET}


def test_every_item_of_the_plan_is_shown_once_or_with_each_goal_that_it_says() -> None:
    read = in_reading_order(SHARED, {}, TODAY)
    goals = [line for group in (read.own, read.team, read.ended_goals) for line in group]
    shown = [line.goal.origin for line in goals]
    shown += [line.item.origin for goal in goals for line in goal.activities]
    shown += [line.item.origin for group in (read.others, read.ended_activities) for line in group]
    assert sorted(map(str, shown)) == sorted(str(each) for each in ITEMS if each not in (PLAN, TEAM))


# --- history ---------------------------------------------------------------------------------------------------------


def test_two_versions_differ_field_by_field() -> None:
    now = edited(PRESSURE, title="BP", due=None)[PRESSURE]
    assert differences(ITEMS[PRESSURE], now) == (
        FieldChange("title", "Blood pressure below 130/80", "BP"),
        FieldChange("due", day("2027-01-31"), None),
    )
    assert differences(now, now) == ()
    assert differences(None, None) == ()
    added = {each.field: each for each in differences(None, now)}
    assert added["title"] == FieldChange("title", "", "BP")
    assert "due" not in added
    assert {each.field: each.now for each in differences(now, None)}["title"] == ""


def test_a_field_or_an_item_comes_back_and_notes_stay() -> None:
    note = (Comment("Dr A", "", "later"),)
    now = edited(PRESSURE, title="BP", due=None, notes=note)[PRESSURE]
    assert brought_back(now, ITEMS[PRESSURE], "due") == now.with_fields({"due": day("2027-01-31")})
    assert brought_back(now, ITEMS[PRESSURE]) == ITEMS[PRESSURE].with_fields({"notes": note})
    with pytest.raises(ValueError, match="same item"):
        brought_back(now, ITEMS[WISH])
    with pytest.raises(KeyError):
        brought_back(now, ITEMS[PRESSURE], "colour")
