"""Nothing that either of two people did to a plan is lost: laws of the merge, and the rule of each kind of conflict."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.care_plan.merge import Choice, Conflict, ConflictKind, Items, Merged, merge, settle
from dashboard.domain.care_plan.plan_item import (
    ACHIEVEMENT,
    AGREEMENT,
    FIELDS,
    STATUS,
    FieldKind,
    FieldValue,
    PlanItem,
    about_of,
    changed_fields,
    field_of,
    kind_of,
)
from dashboard.domain.care_plan.statuses import AFTER, END, ENDED, GOAL_AFTER, PLAN_AFTER, TASK_AFTER, stand_together
from dashboard.domain.values.datatypes import Reference

EMPTY: dict[str, FieldValue] = {
    name: {FieldKind.SET: frozenset(), FieldKind.LOG: (), FieldKind.ORDER: ()}.get(kind_of(name), "") for name in FIELDS
}


def goal(ident: str = "g1", **fields: FieldValue) -> PlanItem:
    return PlanItem(Reference("Goal", ident), {**EMPTY, STATUS: "active", **fields})


def plan(*items: PlanItem) -> Items:
    found = {item.origin: item for item in items}
    assert len(found) == len(items)
    return found


def seen_from_the_other_side(told: Conflict) -> Conflict:
    """The same conflict as the other person is told it."""
    return Conflict(told.kind, told.fields, told.was, told.theirs, told.mine)


words = st.sampled_from(["", "a", "b", "c"])
some = st.sets(st.sampled_from("xyz")).map(frozenset)
logs = st.lists(st.sampled_from("mno"), unique=True, max_size=3).map(tuple)


@st.composite
def items(draw: st.DrawFn, ident: str) -> PlanItem:
    by_kind = {
        FieldKind.SET: some,
        FieldKind.LOG: logs,
        FieldKind.TEXT: words,
        FieldKind.VALUE: words,
        FieldKind.ORDER: st.permutations("pqrs").flatmap(lambda all_: st.integers(0, 4).map(lambda n: tuple(all_[:n]))),
    }
    # A few fields are enough: what differs is how their kinds are merged.
    names = ("title", "due", "owner", "addresses", "notes", "goal_order", "agreement:Patient/p1", "relation:Goal/g9")
    fields = {name: draw(by_kind[kind_of(name)]) for name in names}
    status = draw(st.sampled_from(["proposed", "active", "on-hold", "completed", "cancelled"]))
    achievement = draw(st.sampled_from(["", "in-progress", "achieved"]))
    if not stand_together(status, achievement):
        achievement = ""
    return goal(ident, **fields, **{STATUS: status, ACHIEVEMENT: achievement})


@st.composite
def plans(draw: st.DrawFn) -> Items:
    return plan(*(draw(items(ident)) for ident in draw(st.sets(st.sampled_from(["g1", "g2", "g3"])))))


@given(plans(), plans())
def test_a_change_of_one_side_alone_is_taken_as_it_is(base: Items, changed: Items) -> None:
    assert merge(base, changed, base) == Merged(changed)
    theirs = merge(base, base, changed)
    assert (theirs.items, theirs.conflicts) == (changed, ())


@given(plans(), plans())
def test_the_same_change_on_both_sides_is_no_conflict(base: Items, changed: Items) -> None:
    merged = merge(base, changed, changed)
    assert (merged.items, merged.conflicts) == (changed, ())


@given(plans(), plans(), plans())
def test_both_orders_give_the_same_conflicts(base: Items, mine: Items, theirs: Items) -> None:
    here, there = merge(base, mine, theirs), merge(base, theirs, mine)
    assert set(here.conflicts) == set(map(seen_from_the_other_side, there.conflicts))
    if not here.conflicts:

        def without_order(found: Items) -> dict[Reference, dict[str, object]]:
            return {
                origin: {name: set(value) if isinstance(value, tuple) else value for name, value in one.fields.items()}
                for origin, one in found.items()
            }

        assert without_order(here.items) == without_order(there.items)


def _kept(name: str, value: FieldValue, was: FieldValue | None, result: FieldValue) -> bool:
    """Whether what was put into a field is in the result, and what was taken out of it is not."""
    if isinstance(value, frozenset) and isinstance(result, frozenset):
        before = was if isinstance(was, frozenset) else frozenset()
        return value - before <= result and not (before - value) & result
    if isinstance(value, tuple) and isinstance(result, tuple):
        before = was if isinstance(was, tuple) else ()
        if kind_of(name) is FieldKind.LOG:
            return set(value) <= set(result)
        return set(value) - set(before) <= set(result) and not (set(before) - set(value)) & set(result)
    return value == result


@given(plans(), plans(), plans())
def test_no_field_of_either_side_disappears_without_being_shown(base: Items, mine: Items, theirs: Items) -> None:
    merged = merge(base, mine, theirs)
    shown = {(each.mine or each.theirs, name) for each in merged.conflicts for name in each.fields}
    whole = {side for each in merged.conflicts for side in (each.mine, each.theirs) if side and not each.fields}
    removed = {
        side.origin
        for each in merged.conflicts
        if each.kind is ConflictKind.REMOVED_AND_EDITED
        for side in (each.mine, each.theirs)
        if side
    }
    for side, other in ((mine, theirs), (theirs, mine)):
        for origin, item in side.items():
            was = base.get(origin)
            if origin in removed or item in whole:
                continue
            if origin not in other:
                # The other side removed it: then this side had left it as it was.
                assert origin in merged.items or item == was
                continue
            for name in changed_fields(was, item) if was else item.fields:
                told = any((each, name) in shown for each in (mine[origin], theirs[origin]))
                before = was[name] if was else None
                assert told or _kept(name, item[name], before, merged.items[origin][name]), name


@given(plans(), plans(), plans())
def test_what_arrived_is_just_what_they_changed(base: Items, mine: Items, theirs: Items) -> None:
    arrived = merge(base, mine, theirs).arrived
    whole = {each.item for each in arrived if not each.field}
    assert whole == set(base) ^ set(theirs)
    assert {(each.item, each.field) for each in arrived if each.field} == {
        (origin, name) for origin in set(base) & set(theirs) for name in changed_fields(base[origin], theirs[origin])
    }


@given(plans(), plans(), plans(), st.sampled_from([Choice.MINE, Choice.THEIRS]))
def test_choosing_settles_every_conflict(base: Items, mine: Items, theirs: Items, side: Choice) -> None:
    merged = merge(base, mine, theirs)
    settled = settle(merged, dict.fromkeys(merged.conflicts, side))
    assert settled.conflicts == ()
    chosen = mine if side is Choice.MINE else theirs
    for conflict in merged.conflicts:
        if conflict.kind is ConflictKind.SAME_FIELD:
            (name,) = conflict.fields
            assert conflict.mine
            origin = conflict.mine.origin
            assert settled.items[origin][name] == chosen[origin][name]
        if conflict.kind is ConflictKind.REMOVED_AND_EDITED:
            there = conflict.mine or conflict.theirs
            assert there
            assert settled.items.get(there.origin) == chosen.get(there.origin)


def only(merged: Merged) -> Conflict:
    (found,) = merged.conflicts
    return found


WAS = goal(title="Blood pressure", targets="below 140/90", due="2027-01-31")


def test_different_fields_merge_by_themselves() -> None:
    merged = merge(plan(WAS), plan(WAS.with_fields({"due": "2027-03-31"})), plan(WAS.with_fields({"owner": "GP"})))
    assert merged.items == plan(WAS.with_fields({"due": "2027-03-31", "owner": "GP"}))
    assert [(each.field, each.was, each.now) for each in merged.arrived] == [("owner", "", "GP")]


def test_the_same_field_is_shown_as_was_yours_theirs() -> None:
    mine, theirs = WAS.with_fields({"targets": "below 130/80"}), WAS.with_fields({"targets": "below 135/85"})
    merged = merge(plan(WAS), plan(mine), plan(theirs))
    assert only(merged) == Conflict(ConflictKind.SAME_FIELD, ("targets",), WAS, mine, theirs)
    assert only(merged).origin == WAS.origin
    assert merged.items == plan(theirs)
    another = settle(merged, {only(merged): {"targets": "below 138/85"}})
    assert another == Merged(plan(WAS.with_fields({"targets": "below 138/85"})), (), merged.arrived)


def test_text_of_two_people_is_never_put_together() -> None:
    mine, theirs = WAS.with_fields({"title": "Blood pressure at home"}), WAS.with_fields({"title": "Pressure"})
    assert only(merge(plan(WAS), plan(mine), plan(theirs))).fields == ("title",)


def test_members_and_notes_of_both_stay() -> None:
    was = WAS.with_fields({"addresses": frozenset({"ckd", "hf"}), "notes": ("first",)})
    mine = was.with_fields({"addresses": frozenset({"ckd", "hf", "t2dm"}), "notes": ("first", "mine")})
    theirs = was.with_fields({"addresses": frozenset({"ckd"}), "notes": ("first", "theirs")})
    merged = merge(plan(was), plan(mine), plan(theirs))
    assert merged.items[was.origin].fields["addresses"] == {"ckd", "t2dm"}
    assert merged.items[was.origin].fields["notes"] == ("first", "theirs", "mine")
    assert merged.conflicts == ()


@pytest.mark.parametrize("ended_by_me", [True, False])
def test_what_one_ended_and_the_other_edited_is_asked(ended_by_me: bool) -> None:
    ended, edited = WAS.with_fields({STATUS: "cancelled"}), WAS.with_fields({"due": "2027-06-30"})
    mine, theirs = (ended, edited) if ended_by_me else (edited, ended)
    merged = merge(plan(WAS), plan(mine), plan(theirs))
    assert only(merged) == Conflict(ConflictKind.ENDED_AND_EDITED, (STATUS, "due"), WAS, mine, theirs)
    assert merged.items == plan(theirs), "until somebody chose it is as on the server"
    assert settle(merged, {only(merged): Choice.MINE}).items == plan(mine)
    assert settle(merged, {only(merged): Choice.THEIRS}).items == plan(theirs)


def test_what_is_taken_up_again_does_not_say_why_it_ended() -> None:
    edited = WAS.with_fields({"due": "2027-06-30"})
    ended = WAS.with_fields({STATUS: "cancelled", "status_reason": "moved away"})
    merged = merge(plan(WAS), plan(edited), plan(ended))
    assert only(merged).fields == (STATUS, "status_reason", "due")
    assert settle(merged, {only(merged): Choice.MINE}).items == plan(edited)
    assert settle(merged, {only(merged): Choice.THEIRS}).items == plan(ended)


def test_an_edit_that_both_made_does_not_hold_up_the_end() -> None:
    edited = WAS.with_fields({"due": "2027-06-30"})
    ended = edited.with_fields({STATUS: "completed"})
    assert merge(plan(WAS), plan(edited), plan(ended)).items == plan(ended)
    assert merge(plan(WAS), plan(ended), plan(edited)).conflicts == ()


def test_a_note_on_what_the_other_ended_is_no_conflict() -> None:
    merged = merge(plan(WAS), plan(WAS.with_fields({"notes": ("seen",)})), plan(WAS.with_fields({STATUS: "completed"})))
    assert merged.items == plan(WAS.with_fields({STATUS: "completed", "notes": ("seen",)}))
    assert merged.conflicts == ()


@pytest.mark.parametrize("removed_by_me", [True, False])
def test_what_one_removed_and_the_other_edited_is_asked(removed_by_me: bool) -> None:
    edited = WAS.with_fields({"due": "2027-06-30"})
    mine, theirs = (plan(), plan(edited)) if removed_by_me else (plan(edited), plan())
    merged = merge(plan(WAS), mine, theirs)
    assert only(merged).kind is ConflictKind.REMOVED_AND_EDITED
    assert only(merged).fields == ("due",)
    assert merged.items == theirs
    assert settle(merged, {only(merged): Choice.MINE}).items == mine
    assert settle(merged, {only(merged): {"due": "2028-01-01"}}).items == plan(WAS.with_fields({"due": "2028-01-01"}))


def test_statuses_that_exclude_each_other_are_asked() -> None:
    was = goal(achievement_status="")
    mine = was.with_fields({ACHIEVEMENT: "improving"})
    theirs = was.with_fields({STATUS: "on-hold"})
    assert merge(plan(was), plan(mine), plan(theirs)).conflicts == (), "a goal on hold may have been improving"
    proposed = goal(lifecycle := "g2", **{STATUS: "accepted"})
    assert lifecycle == "g2"
    mine, theirs = proposed.with_fields({ACHIEVEMENT: "improving"}), proposed.with_fields({STATUS: "planned"})
    merged = merge(plan(proposed), plan(mine), plan(theirs))
    assert only(merged).kind is ConflictKind.STATUSES_EXCLUDE_EACH_OTHER
    assert merged.items == plan(theirs)
    assert settle(merged, {only(merged): Choice.MINE}).items == plan(mine)


@pytest.mark.parametrize("same", [{"code": "bp"}, {"title": "blood  Pressure"}])
def test_what_both_added_is_asked(same: Mapping[str, str]) -> None:
    field, value = next(iter(same.items()))
    mine = goal("g8", **{field: value})
    theirs = goal("g9", **{field: value.upper() if field == "title" else value})
    merged = merge(plan(), plan(mine), plan(theirs))
    assert only(merged) == Conflict(ConflictKind.ADDED_TWICE, (), None, mine, theirs)
    assert merged.items == plan(theirs, mine)
    assert settle(merged, {only(merged): Choice.BOTH}).items == plan(theirs, mine)
    assert settle(merged, {only(merged): Choice.MINE}).items == plan(mine)
    assert settle(merged, {only(merged): Choice.THEIRS}).items == plan(theirs)
    other = PlanItem(Reference("Task", "g9"), theirs.fields)
    assert merge(plan(), plan(mine), plan(other)).conflicts == (), "a task is no goal"


@pytest.mark.parametrize(
    ("before", "mine", "theirs", "merged"),
    [
        ("abc", "cab", "abc", "cab"),
        ("abc", "cab", "abcd", "cdab"),
        ("abc", "cab", "ab", "ab"),
        ("abc", "xabc", "abyc", "xabyc"),
        ("abc", "abcx", "cab", "cxab"),
        ("ab", "ba", "ba", "ba"),
        ("", "x", "y", "xy"),
    ],
)
def test_members_of_an_order_merge_by_themselves(before: str, mine: str, theirs: str, merged: str) -> None:
    was = goal(goal_order=tuple(before))
    found = merge(
        plan(was),
        plan(was.with_fields({"goal_order": tuple(mine)})),
        plan(was.with_fields({"goal_order": tuple(theirs)})),
    )
    assert found.conflicts == ()
    assert found.items[was.origin]["goal_order"] == tuple(merged)


def test_two_orders_of_the_same_members_are_asked() -> None:
    was = goal(goal_order=tuple("abc"))
    mine, theirs = was.with_fields({"goal_order": tuple("cab")}), was.with_fields({"goal_order": tuple("bac")})
    assert only(merge(plan(was), plan(mine), plan(theirs))).fields == ("goal_order",)


def test_an_empty_field_is_no_conflict() -> None:
    was = goal(due=None, title="a")
    merged = merge(plan(was), plan(was.with_fields({"title": "b"})), plan(was.with_fields({"owner": "GP"})))
    assert merged.conflicts == ()
    assert merged.items[was.origin]["due"] is None


def test_what_two_people_agree_to_is_two_fields() -> None:
    was = goal()
    patient, gp = (field_of(AGREEMENT, Reference(*each)) for each in (("Patient", "p1"), ("Practitioner", "gp")))
    merged = merge(plan(was), plan(was.with_fields({patient: "agree"})), plan(was.with_fields({gp: "disagree"})))
    assert merged.conflicts == ()
    assert (merged.items[was.origin][patient], merged.items[was.origin][gp]) == ("agree", "disagree")
    assert about_of(patient) == Reference("Patient", "p1")
    assert about_of("title") is None
    taken_back = merged.items[was.origin].with_fields({patient: "", gp: ""})
    assert taken_back == was


def test_a_choice_that_cannot_be_is_refused() -> None:
    mine, theirs = WAS.with_fields({"targets": "1"}), WAS.with_fields({"targets": "2"})
    merged = merge(plan(WAS), plan(mine), plan(theirs))
    with pytest.raises(ValueError, match="added twice"):
        settle(merged, {only(merged): Choice.BOTH})
    with pytest.raises(ValueError, match="no such conflict"):
        settle(Merged(plan(WAS)), {only(merged): Choice.MINE})


@pytest.mark.parametrize("states", [GOAL_AFTER, PLAN_AFTER, TASK_AFTER])
def test_state_machines_name_only_their_own_statuses(states: dict[str, frozenset[str]]) -> None:
    for status, following in states.items():
        assert following <= set(states)
        assert status not in following
    assert states["entered-in-error"] == frozenset()
    if states is TASK_AFTER:
        return
    reachable = {"proposed" if states is GOAL_AFTER else "draft"}
    for _ in states:
        reachable |= {each for status in reachable for each in states[status]}
    assert reachable >= set(states) - {"unknown"}


def test_every_item_can_be_ended_and_opened_again() -> None:
    for kind, ends in END.items():
        assert set(ends) <= ENDED
        for end in ends:
            assert any(end in following for following in AFTER[kind].values())
            assert AFTER[kind][end] - ENDED


def test_what_ended_goes_on_no_more() -> None:
    achievements = [
        "",
        "in-progress",
        "improving",
        "worsening",
        "no-change",
        "achieved",
        "sustaining",
        "not-achieved",
        "no-progress",
        "not-attainable",
    ]
    for lifecycle, achievement in product(GOAL_AFTER, achievements):
        if lifecycle in ENDED and achievement in ("in-progress", "improving", "worsening", "no-change"):
            assert not stand_together(lifecycle, achievement)
    assert stand_together("completed", "achieved")
    assert not stand_together("planned", "achieved")
