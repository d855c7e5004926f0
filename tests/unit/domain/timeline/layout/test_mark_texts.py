"""What is written next to marks."""

import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.place import place
from dashboard.domain.timeline.layout.room import Room
from dashboard.domain.timeline.scene import Lane, Mark
from tests.unit.domain.timeline.layout.rooms import LABELS, ROOM, SIZES, SimpleLabels, day, lane, mark, scene


def words(*marks: Mark, today: float = 99.9, room: Room = ROOM) -> dict[str, str]:
    """By the text of a mark what is written: ">" on its right, "<" on its left."""
    return written(lane(*marks), today=today, room=room)


def written(*lanes: Lane, today: float = 99.9, room: Room = ROOM) -> dict[str, str]:
    positions = place(scene(*lanes), room, LABELS, day(today)).marks
    return {
        f"{each.mark.text}{'' if each.mark.lane is ConditionKey.T2DM else ' below'}": (
            "" if each.text is None else ("<" if each.text.to_left else ">") + each.text.words
        )
        for each in positions
    }


def test_words_are_on_the_right_of_a_mark() -> None:
    assert words(mark("annual review", 50)) == {"annual review": ">annual review"}


@pytest.mark.parametrize(("gap", "side"), [(8.7, ">"), (8.6, "<")])
def test_words_are_on_the_left_where_another_mark_is_in_the_way(gap: float, side: str) -> None:
    # Thirteen letters are 65 pixels, half of the mark 7, the gaps 2 * 3, half of the other mark with its air 9: 87.
    both = words(mark("annual review", 50), mark("b", 50 + gap, EventKind.TASK))
    assert both["annual review"][0] == side


@pytest.mark.parametrize(("width", "shown"), [(92, "annual review of…"), (65.5, "annual revie…"), (64.5, "")])
def test_words_are_cut_and_left_out_where_under_twelve_letters_remain(width: float, shown: str) -> None:
    # The mark is at the very left; the right margin of 100 counts as room.
    room = Room(1000, SIZES)
    at = (1000 + 100 - 3 - 7 - 6 - width) / 10
    found = words(mark("annual review of diabetes", at), mark("x" * 200, at - 1.6, EventKind.TASK), room=room)
    assert found["annual review of diabetes"].lstrip("<>") == shown


def test_the_weightiest_and_the_latest_has_its_words_first() -> None:
    crowd = [mark("an early contact", 50), mark("a late contact", 52), mark("the procedure", 54, EventKind.PROCEDURE)]
    found = words(*crowd)
    assert found["the procedure"] == ">the procedure"
    assert found["an early contact"] == "<an early contact"
    assert found["a late contact"] == ""


def test_words_do_not_cross_the_line_of_today_where_the_left_is_free() -> None:
    assert words(mark("annual review", 50), today=51)["annual review"] == "<annual review"
    assert words(mark("annual review", 50), today=58)["annual review"] == ">annual review"
    assert words(mark("annual review", 2), today=3)["annual review"] == ">annual review"


@pytest.mark.parametrize("kind", EventKind)
def test_contacts_conferences_and_plan_changes_of_several_lanes_are_named_once(kind: EventKind) -> None:
    one = mark("annual review", 50, kind)
    again = Mark(ConditionKey.HF, 0, kind, one.when, one.events, one.text)
    below = written(lane(one), Lane(ConditionKey.HF, 1, (), (again,)))["annual review below"]
    once = kind in (EventKind.CONTACT, EventKind.CONFERENCE, EventKind.PLAN)
    assert below == ("" if once else ">annual review")


def test_what_is_out_of_range_is_named_in_every_lane_and_heavy() -> None:
    one = mark("annual review", 50, abnormal=True)
    again = Mark(ConditionKey.HF, 0, one.kind, one.when, one.events, one.text, abnormal=True)
    positions = place(scene(lane(one), Lane(ConditionKey.HF, 1, (), (again,))), ROOM, LABELS, day(99)).marks
    assert [each.text is not None and each.text.heavy for each in positions] == [True, True]
    both = place(scene(lane(mark("new", 10, new=True), mark("usual", 50))), ROOM, LABELS, day(99)).marks
    assert [each.text is not None and each.text.heavy for each in both] == [True, False]


def test_a_mark_without_words_has_none_beside_others_that_have() -> None:
    class Wordless(SimpleLabels):
        def mark(self, mark: Mark) -> str:
            return "" if mark.text == "nameless" else super().mark(mark)

    positions = place(scene(lane(mark("nameless", 20), mark("annual review", 60))), ROOM, Wordless(), day(99.9)).marks
    assert {each.mark.text: each.text is None for each in positions} == {"nameless": True, "annual review": False}
