"""How a choice is put into words for the Provenance: of every kind of value, and of whole items."""

from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain.care_plan.choices import chosen_in_words, in_words
from dashboard.domain.care_plan.merge import Choice, Conflict, ConflictKind
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.rename import rename_items
from dashboard.domain.care_plan.shared_plan import Membership
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import OtherTarget
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Quantity, Reference

GOAL, OTHER = Reference("Goal", "g1"), Reference("Goal", "g2")
LOW, HIGH = Quantity(Decimal("6.5"), "%", ">="), Quantity(Decimal(7), "%", "<")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        ("active", "active"),
        (PartialDate("2027-03"), "2027-03"),
        (GOAL, "Goal/g1"),
        (NamedReference(GOAL, "Dr Jane Okafor"), "Dr Jane Okafor"),
        (NamedReference(GOAL), "Goal/g1"),
        (Comment("Jane", "", "Walks daily"), "Walks daily"),
        (Membership("Jane", None, "GP", PartialDate("2026-01-01")), "Jane GP 2026-01-01/"),
        (Membership("Jane", None, ""), "Jane"),
        (Target(Measure.HBA1C, LOW, HIGH), f"{Measure.HBA1C.value} >=6.5 % <7 %"),
        (OtherTarget(None, "Steps", HIGH), "Steps <7 %"),
        (OtherTarget(None, "Steps", text="many"), "Steps many"),
        (frozenset({OTHER, GOAL}), "Goal/g1, Goal/g2"),
        ((GOAL, OTHER), "Goal/g1, Goal/g2"),
        (7, "7"),
    ],
)
def test_every_value_has_words_that_need_no_language(value: Any, words: str) -> None:
    assert in_words(value) == words


def item(title: str, origin: Reference = GOAL) -> PlanItem:
    return PlanItem(origin, {"title": title})


@pytest.mark.parametrize(
    ("kind", "sides", "choice", "chosen"),
    [
        (ConflictKind.REMOVED_AND_EDITED, ("was", None, "theirs"), Choice.MINE, "-"),
        (ConflictKind.REMOVED_AND_EDITED, ("was", "mine", None), Choice.MINE, "mine"),
        (ConflictKind.REMOVED_AND_EDITED, ("was", "mine", None), {"title": "another"}, "another"),
        (ConflictKind.ADDED_TWICE, (None, "mine", "theirs"), Choice.BOTH, "mine / theirs"),
        (ConflictKind.ADDED_TWICE, (None, "mine", ""), Choice.THEIRS, "Goal/g1"),
    ],
)
def test_a_choice_about_a_whole_item_names_it(kind: Any, sides: Any, choice: Any, chosen: str) -> None:
    was, mine, theirs = (item(title) if title is not None else None for title in sides)
    [line] = chosen_in_words({Conflict(kind, (), was, mine, theirs): choice}, {GOAL: "Anna"})
    assert (line.item, line.field, line.chosen, line.theirs_by) == (GOAL, "", chosen, "Anna")


def test_other_values_than_both_are_said_field_by_field() -> None:
    conflict = Conflict(ConflictKind.SAME_FIELD, ("title", "due"), item("was"), item("mine"), item("theirs"))
    lines = chosen_in_words({conflict: {"title": "another"}}, {})
    assert [(line.field, line.was, line.mine, line.theirs, line.chosen) for line in lines] == [
        ("title", "was", "mine", "theirs", "another"),
        ("due", "", "", "", ""),
    ]
    assert chosen_in_words({Conflict(ConflictKind.SAME_FIELD, (), None, None, None): Choice.MINE}, {}) == ()


def test_an_item_gets_its_reference_wherever_it_is_named() -> None:
    new, own = Reference("Goal", "new"), Reference("Goal", "g9")
    items = {
        new: PlanItem(new, {"title": "a", f"relation:{GOAL}": "other"}),
        GOAL: PlanItem(
            GOAL, {"goals": frozenset({new}), "goal_order": (GOAL, new), f"relation:{new}": "other", "code": new}
        ),
    }
    renamed = rename_items(items, {new: own})
    assert set(renamed) == {own, GOAL}
    assert dict(renamed[GOAL].fields) == {
        "goals": frozenset({own}),
        "goal_order": (GOAL, own),
        f"relation:{own}": "other",
        "code": own,
    }
    assert rename_items(items, {}) == items
