"""Pieces of bars, and what is written on them."""

from typing import NamedTuple

import pytest

from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.bar_pieces import bar_pieces
from dashboard.domain.timeline.layout.bar_texts import bar_texts
from dashboard.domain.timeline.layout.positions import BarPiece, BarText, LanePosition
from dashboard.domain.timeline.layout.room import cut_to_fit
from dashboard.domain.timeline.scene import Bar, Lane
from tests.unit.domain.timeline.layout.rooms import LABELS, ROOM, T2DM, TIME, bar, day


class Placed(NamedTuple):
    pieces: tuple[BarPiece, ...]
    bar_texts: tuple[BarText, ...]


def placed(*bars: Bar) -> Placed:
    """The bars in a lane whose rows are sixteen pixels high."""
    tracks = max(each.track for each in bars) + 1
    lane = LanePosition(Lane(T2DM, tracks, bars), 0, 16 * tracks, tuple(8.0 + 16 * row for row in range(tracks)))
    return Placed(bar_pieces([lane], TIME), bar_texts([lane], TIME, ROOM, LABELS))


def written(text: BarText) -> tuple[str, float, bool]:
    return text.words, round(TIME.x(text.x), 3), text.to_left


def test_what_is_not_known_to_the_day_is_a_piece_of_its_own() -> None:
    layout = placed(bar("a", 10, 50, vague_start=day(20), vague_end=day(45)))
    assert [(piece.start, piece.seconds / 86400, piece.vague) for piece in layout.pieces] == [
        (day(10), 10, True), (day(20), 25, False), (day(45), 5, True),
    ]  # fmt: skip
    assert [piece.vague for piece in placed(bar("a", 10, 50, vague_end=day(10))).pieces] == [True]


def test_the_shortest_bar_is_four_pixels_long() -> None:
    short, long = placed(bar("a", 10, 10.1), bar("b", 20, 20.5)).pieces
    assert (short.seconds / 86400, long.seconds / 86400) == pytest.approx((0.4, 0.5))


def test_problems_are_drawn_first_then_medicines() -> None:
    kinds = (EventKind.MEDICINE, EventKind.CONDITION)
    layout = placed(*(bar(kind, 0, 50, track, kind=kind) for track, kind in enumerate(kinds)))
    assert [piece.bar.kind for piece in layout.pieces] == list(reversed(kinds))


def test_a_text_is_on_its_bar_a_little_inside() -> None:
    layout = placed(bar("metformin", 10, 50))
    assert written(layout.bar_texts[0]) == ("metformin", 102.5, False)


def test_the_text_of_a_short_bar_is_in_front_of_it_where_there_is_room() -> None:
    layout = placed(bar("metformin", 10, 12))
    assert written(layout.bar_texts[0]) == ("metformin", 95, True)
    # Nine letters of five pixels and five at both ends: 55 pixels, up to five behind the bar before.
    near, far = placed(bar("x", 0, 4), bar("metformin", 10, 12)), placed(bar("x", 0, 3.9), bar("metformin", 10, 12))
    assert [text.to_left for text in near.bar_texts] == [False, False]
    assert [text.to_left for text in far.bar_texts] == [False, True]


def test_no_text_is_put_in_front_of_a_bar_where_the_one_before_runs_over_its_end() -> None:
    # The first text ends at 42.5, far behind its bar; in front of the second bar the other would begin at 40.
    layout = placed(bar("ramipril", 0, 1), bar("metformin", 9, 10))
    assert [written(text) for text in layout.bar_texts] == [("ramipril", 2.5, False), ("metformin", 92.5, False)]


def test_a_text_ends_before_the_next_bar_and_may_run_into_the_right_margin() -> None:
    layout = placed(bar("metformin hydrochloride", 0, 5), bar("x", 10, 11))
    # 100 pixels less ten, less the five of a space: 17 letters.
    assert layout.bar_texts[0].words == "metformin hydroc…"
    (last,) = placed(bar("metformin hydrochloride", 97, 97.5), bar("y", 0, 95, 0)).bar_texts[1:]
    assert last.words == "metformin hydrochlori…"


def test_a_dose_is_worth_more_than_the_end_of_a_long_name() -> None:
    def words(end: float, dose: str = "500 mg") -> str:
        row = placed(bar("metformin hydrochloride", 0, 2, detail=dose), bar("x", end, end + 1)).bar_texts
        return row[0].words if len(row) > 1 else ""

    assert words(14) == "metformin hydroch… 500 mg"
    assert words(6) == "500 mg"
    assert words(4) == ""
    # Three letters of a dose are worth more than more letters of a name.
    assert words(5, "WWWWW mg") == "WWW…"
    assert words(4.9, "WWWWW mg") == "metfo…"


def test_what_began_before_the_window_has_its_sign_and_new_ones_theirs() -> None:
    (text,) = placed(bar("metformin", 0, 50, before=True, new=True)).bar_texts
    assert (text.began_before, text.words, text.signs, text.heavy) == ("<", "metformin", " NEW", False)
    assert placed(bar("diabetes", 0, 50, kind=EventKind.CONDITION)).bar_texts[0].heavy


@pytest.mark.parametrize(("room", "text"), [(70, "Spironolactone"), (69, "Spironolacto…"), (30, "Spiro…"), (29, "")])
def test_a_text_is_cut_to_its_room_and_left_out_where_under_five_letters_remain(room: float, text: str) -> None:
    assert cut_to_fit("Spironolactone", 10, room, LABELS) == text
