"""What a figure has room for: pixels, sizes of type, and the words with their widths, which the page gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dashboard.domain.timeline.scene import Bar, Lane, Mark, Panel


@dataclass(frozen=True, slots=True)
class Sizes:
    """Lengths in pixels. `left` holds the names of lanes and measures, `right` the latest values; `row`, `bar`, `mark`
    and `point` are heights, `axis` is the height of the time axis, `gap` lies above each panel; the others are sizes of
    type.
    """

    text: int
    small: int
    lane: int
    letter: int
    latest: int
    row: int
    bar: int
    mark: int
    point: int
    left: int
    right: int
    axis: int
    panel: int
    gap: int


@dataclass(frozen=True, slots=True)
class Room:
    """`width` is the length of the time axis in pixels. `large` is type to be read from four metres."""

    width: float
    sizes: Sizes
    large: bool = False


class Labels(Protocol):
    """The words of a figure in its reader's language. Empty text means that there is nothing to say."""

    def width_of(self, text: str, size: float, *, heavy: bool = False) -> float:
        """How many pixels wide the text is at most."""

    def lane(self, lane: Lane, *, short: bool) -> str:
        """The name of a lane."""

    def stage(self, lane: Lane) -> str:
        """The present stage of a lane's condition, and whether it is over."""

    def bar(self, bar: Bar) -> str:
        """Name and dose, stage or state of a bar."""

    def bar_name(self, bar: Bar) -> str:
        """`bar`, with the sign of an entry that is in several lanes; what a shared bar says of each of its bars."""

    def dose(self, bar: Bar) -> str:
        """The dose of a medicine alone."""

    def began_before(self, bar: Bar) -> str:
        """The sign that a bar began before the window."""

    def signs(self, bar: Bar) -> str:
        """What a reader must see of a bar without pointing at it: new, stopped, not confirmed, in several lanes."""

    def mark(self, mark: Mark) -> str:
        """What is written next to a mark."""

    def panel(self, panel: Panel) -> str:
        """The name of what a panel shows."""

    def unit(self, panel: Panel) -> str:
        """The unit of a panel's values."""

    def ranges(self, panel: Panel) -> Sequence[str]:
        """The target and then the usual range."""

    def latest(self, panel: Panel) -> tuple[str, Sequence[str]]:
        """The latest value, and the lines below it: its date first, then what must be stated about the series."""

    def today(self) -> str:
        """The word at the moment of view."""

    def conference(self, when: datetime) -> str:
        """The word at the team's last conference."""


def cut_to_fit(
    text: str, size: float, room: float, labels: Labels, *, heavy: bool = False, fewest_letters: int = 5
) -> str:
    """The text cut to `room` pixels and ending in an ellipsis; "" where fewer letters than that would be left."""
    if labels.width_of(text, size, heavy=heavy) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if labels.width_of(text[:middle].rstrip() + "…", size, heavy=heavy) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip(" ,;(") + "…" if low >= fewest_letters else ""
