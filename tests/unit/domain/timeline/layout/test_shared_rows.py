"""Bars that share a row."""

from dataclasses import replace

from dashboard.domain.timeline.events import EventKind, EventState
from dashboard.domain.timeline.layout.room import Room
from dashboard.domain.timeline.layout.shared_rows import with_shared_rows
from dashboard.domain.timeline.scene import Bar, Lane
from tests.unit.domain.timeline.layout.rooms import LABELS, ROOM, SIZES, bar, lane, mark


def unchanged(name: str, track: int, **more: object) -> Bar:
    return bar(name, 0, 90, track, before=True, open=True, **more)


def texts(found: Lane) -> list[tuple[int, str]]:
    return sorted((each.track, each.text) for each in found.bars)


def test_medicines_that_do_not_change_share_a_row_and_those_that_do_have_theirs() -> None:
    before = lane(
        unchanged("metformin", 0),
        bar("spironolactone", 60, 90, 1, open=True),
        unchanged("ramipril", 2, shared=(lane().key,)),
        bar("naproxen", 0, 30, 3, before=True),
        unchanged("new one", 4, new=True),
        mark("review", 5, track=5),
    )
    after = with_shared_rows(before, ROOM, LABELS)
    assert texts(after) == [
        (0, "metformin  ·  ramipril*"), (1, "spironolactone"), (2, "naproxen"), (3, "new one"),
    ]  # fmt: skip
    assert (after.tracks, after.marks[0].track) == (5, 4)
    shared = next(each for each in after.bars if each.track == 0)
    assert [event.text for event in shared.events] == ["metformin", "ramipril"]
    assert (shared.event.text, shared.shared, shared.detail) == ("metformin", (), "")


def test_a_row_of_two_doses_is_not_shared() -> None:
    before = lane(bar("metformin", 0, 30, 0, before=True), bar("metformin", 30, 90, 0, open=True), unchanged("x", 1))
    assert with_shared_rows(before, ROOM, LABELS) == before


def test_goals_that_were_set_and_fall_due_together_share_a_row() -> None:
    def goal(name: str, start: float, end: float, track: int, **more: object) -> Bar:
        return bar(name, start, end, track, kind=EventKind.GOAL, **more)

    before = lane(
        goal("HbA1c", 0, 50, 0), goal("walk", 0, 50, 1), goal("later", 0, 51, 2), goal("since", 1, 50, 3),
        goal("reached", 0, 50, 4, state=EventState.STOPPED), goal("new", 0, 50, 5, new=True),
    )  # fmt: skip
    assert [text for _, text in texts(with_shared_rows(before, ROOM, LABELS))] == [
        "HbA1c  ·  walk", "later", "since", "reached", "new",
    ]  # fmt: skip


def test_the_names_in_a_shared_row_fill_less_than_nine_tenths_of_it() -> None:
    # Ten letters and five between names, of five pixels each: 75 a name.
    six = lane(*(unchanged(f"medicine {number}", number) for number in range(6)))
    for width, rows in ((75 * 6 / 0.86 + 1, 1), (75 * 6 / 0.86 - 1, 2), (75 * 3 / 0.86 + 1, 2), (75 * 3 / 0.86 - 1, 3)):
        assert with_shared_rows(six, Room(width, SIZES), LABELS).tracks == rows


def test_larger_type_needs_more_rows() -> None:
    six = lane(*(unchanged(f"medicine {number}", number) for number in range(6)))
    assert with_shared_rows(six, ROOM, LABELS).tracks == 1
    assert with_shared_rows(six, replace(ROOM, sizes=replace(SIZES, text=20)), LABELS).tracks == 2
