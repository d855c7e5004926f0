"""How the timeline is drawn: sizes for a desk and for a wall, colours for light and dark, a shape and a letter a kind.

Colours never stand alone: each kind has a shape and a letter of its own, what is abnormal is a triangle with an
exclamation mark, what is new says NEW. The hues are those of the theme (`.streamlit/config.toml`), which keep 4.5:1
against the ground for text and 3:1 for marks.
"""

from dataclasses import dataclass

from dashboard.domain.timeline.events import EventKind
from dashboard.domain.timeline.layout.room import Room, Sizes

# The width that the figure is laid out for: a window of 1280 without the page's margins. Texts are cut to what fits
# there; on wider screens there is air.
WIDTH, LARGE_WIDTH = 1232, 1850
# The share that the details of a picked event leave to the figure.
SHARE_NEXT_TO_DETAILS = 0.725


DESK = Sizes(
    text=12, small=11, lane=14, letter=10, latest=22, row=16, bar=14, mark=14, point=7, left=150, right=128, axis=28,
    panel=62, gap=8,
)  # fmt: skip
# Readable from four metres at 1920 x 1080: nothing under 24 px but the letters in marks, which their words repeat.
WALL = Sizes(
    text=24, small=24, lane=28, letter=20, latest=48, row=35, bar=31, mark=30, point=14, left=292, right=280, axis=68,
    panel=150, gap=18,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme. `on` is what is written on a mark; the pairs of `lane` are the fill of a span and its deeper stage."""

    text: str
    soft: str
    line: str
    ground: str
    stripe: str
    accent: str
    alarm: str
    urgent: str
    new: str
    on: str
    medicine: str
    medicine_edge: str
    goal: str
    goal_edge: str
    span: str
    span_edge: str
    reference: str
    target: str
    kinds: dict[EventKind, str]


def _kinds(result: str, contact: str, plan: str, grey: str) -> dict[EventKind, str]:
    return {
        EventKind.CONDITION: grey,
        EventKind.MEDICINE: result,
        EventKind.CONTACT: contact,
        EventKind.CONFERENCE: plan,
        EventKind.PROCEDURE: contact,
        EventKind.RESULT: result,
        EventKind.QUESTIONNAIRE: result,
        EventKind.REPORT: result,
        EventKind.IMMUNISATION: grey,
        EventKind.ALLERGY: grey,
        EventKind.GOAL: plan,
        EventKind.PLAN: plan,
        EventKind.TASK: plan,
        EventKind.ORDER: plan,
    }


LIGHT = Colours(
    text="#212B32", soft="#4C5B66", line="#D8DDE0", ground="#FFFFFF", stripe="#F6F8F9", accent="#005EB8",
    alarm="#B8470B", urgent="#B4180C", new="#FFB81C", on="#FFFFFF", medicine="#DCEAF7", medicine_edge="#005EB8",
    goal="#F7E1EC", goal_edge="#AE2573", span="#DDE3E7", span_edge="#4C6272", reference="#E9EDEF", target="#CFE8D8",
    kinds=_kinds("#005EB8", "#007F3B", "#AE2573", "#4C6272"),
)  # fmt: skip
DARK = Colours(
    text="#E8EDEE", soft="#A9B7C0", line="#35414A", ground="#12181C", stripe="#182026", accent="#7DBBF5",
    alarm="#FFB066", urgent="#FF9A91", new="#FFB81C", on="#12181C", medicine="#1B3A57", medicine_edge="#7DBBF5",
    goal="#4A2338", goal_edge="#F49AC2", span="#37444D", span_edge="#A9B7C0", reference="#232D33", target="#1D3F2C",
    kinds=_kinds("#7DBBF5", "#6FCF97", "#F49AC2", "#A9B7C0"),
)  # fmt: skip

SYMBOLS: dict[EventKind, str] = {
    EventKind.CONDITION: "circle",
    EventKind.MEDICINE: "circle",
    EventKind.CONTACT: "square",
    EventKind.CONFERENCE: "star",
    EventKind.PROCEDURE: "cross",
    EventKind.RESULT: "circle",
    EventKind.QUESTIONNAIRE: "hexagon",
    EventKind.REPORT: "octagon",
    EventKind.IMMUNISATION: "pentagon",
    EventKind.ALLERGY: "triangle-down",
    EventKind.GOAL: "bowtie",
    EventKind.PLAN: "diamond",
    EventKind.TASK: "square",
    EventKind.ORDER: "octagon",
}
ABNORMAL_SYMBOL = "triangle-up"
# Entries of several kinds in one place.
SEVERAL_SYMBOL = "circle"

# What is written in the mark; the key and every hover say the word for it.
LETTERS: dict[EventKind, str] = {
    EventKind.CONDITION: "D",
    EventKind.MEDICINE: "M",
    EventKind.CONTACT: "C",
    EventKind.CONFERENCE: "",
    EventKind.PROCEDURE: "",
    EventKind.RESULT: "R",
    EventKind.QUESTIONNAIRE: "Q",
    EventKind.REPORT: "L",
    EventKind.IMMUNISATION: "I",
    EventKind.ALLERGY: "A",
    EventKind.GOAL: "G",
    EventKind.PLAN: "P",
    EventKind.TASK: "T",
    EventKind.ORDER: "O",
}
# One and the same entry in several lanes: an arrow towards the others, in every font and no emoji.
SHARED = "↕"
# A bar that began before the window.
BEFORE = "◂"
# Nothing is painted, and what is below is seen.
CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True, slots=True)
class Style:
    """How one figure is drawn: theme, form, and the width that texts are cut for."""

    dark: bool = False
    large: bool = False
    beside: bool = False

    @property
    def colours(self) -> Colours:
        return DARK if self.dark else LIGHT

    @property
    def sizes(self) -> Sizes:
        return WALL if self.large else DESK

    @property
    def width(self) -> float:
        """Pixels from edge to edge."""
        whole = LARGE_WIDTH if self.large else WIDTH
        return whole * SHARE_NEXT_TO_DETAILS if self.beside else whole

    @property
    def room(self) -> Room:
        """What the figure has room for: the time axis is between the names and the latest values."""
        return Room(self.width - self.sizes.left - self.sizes.right, self.sizes, self.large)
