"""What a figure has room for: pixels, sizes of type, and the words with their widths, which the page gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboard.domain.timeline.scene import Bar, Lane, Panel


@dataclass(frozen=True, slots=True)
class Sizes:
    """Lengths in pixels. `left` holds the names of lanes and measures, `right` the latest values; `row`, `bar`, `point`
    and `panel` are heights, `gap` lies above each panel; the others are sizes of type.
    """

    text: int
    small: int
    lane: int
    letter: int
    latest: int
    row: int
    bar: int
    point: int
    left: int
    right: int
    panel: int
    gap: int


@dataclass(frozen=True, slots=True)
class Room:
    """`width` is the length of the time axis in pixels."""

    width: float
    sizes: Sizes


class Labels(Protocol):
    """The words of a figure in its reader's language. Empty text means that there is nothing to say."""

    def width_of(self, text: str, size: float, *, heavy: bool = False) -> float:
        """How many pixels wide the text is at most."""

    def lane(self, lane: Lane) -> str:
        """The name of a lane."""

    def stage(self, lane: Lane) -> str:
        """The present stage of a lane's condition, and whether it is over."""

    def bar(self, bar: Bar) -> str:
        """Name and dose, stage or state of a bar."""

    def dose(self, bar: Bar) -> str:
        """The dose of a medicine alone."""

    def began_before(self, bar: Bar) -> str:
        """The sign that a bar began before the window."""

    def signs(self, bar: Bar) -> str:
        """What a reader must see of a bar without pointing at it: new, stopped, not confirmed, in several lanes."""

    def panel(self, panel: Panel) -> str:
        """The name of what a panel shows."""

    def unit(self, panel: Panel) -> str:
        """The unit of a panel's values."""

    def below_name(self, panel: Panel) -> Sequence[str]:
        """The lines under a panel's name: target, usual range, what must be stated about the series."""

    def latest(self, panel: Panel) -> str:
        """The latest value."""

    def below_latest(self, panel: Panel) -> Sequence[str]:
        """The lines under the latest value: its date, its marks, its trend."""


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
