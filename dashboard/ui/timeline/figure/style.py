"""How the timeline's figure is drawn: its sizes, and its colours for light and dark.

Colours never stand alone: what is abnormal is a triangle, an urgent one has an exclamation mark, what is new has a
ring. The hues and the font are those of assets/tokens.css.
"""

from dataclasses import dataclass

from dashboard.domain.timeline.layout.room import Room, Sizes
from dashboard.ui.shared.tokens import colours, family

FONT = family()
# The width that the figure is laid out for: a window of 1100 without margins and scrollbar. Texts are cut to what fits
# there; on wider screens there is air.
WIDTH = 1030
# The share that the details of a picked event leave to the figure.
SHARE_NEXT_TO_DETAILS = 0.725


SIZES = Sizes(
    text=12, small=11, lane=14, letter=10, latest=22, row=20, bar=15, point=8, left=200, right=200, panel=80, gap=10,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme. `on` is what is written on a sign; `conference` is the line of the last one."""

    text: str
    soft: str
    line: str
    ground: str
    accent: str
    alarm: str
    urgent: str
    new: str
    on: str
    medicine: str
    medicine_edge: str
    span: str
    span_edge: str
    reference: str
    target: str
    conference: str


def _colours(*, dark: bool) -> Colours:
    """The colours of one theme by their names in assets/tokens.css."""
    named = colours(dark=dark)
    return Colours(
        text=named["text"],
        soft=named["soft"],
        line=named["line"],
        ground=named["ground"],
        accent=named["accent"],
        alarm=named["alarm"],
        urgent=named["danger"],
        new=named["signal"],
        on=named["ground"],
        medicine=named["medicine"],
        medicine_edge=named["result"],
        span=named["span"],
        span_edge=named["other"],
        reference=named["reference"],
        target=named["target"],
        conference=named["plan"],
    )


LIGHT, DARK = _colours(dark=False), _colours(dark=True)

# One and the same entry in several lanes: an arrow towards the others, in every font and no emoji.
SHARED = "↕"
# A bar that began before the window.
BEFORE = "‹"
# Nothing is painted, and what is below is seen.
CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True, slots=True)
class Style:
    """How one figure is drawn: theme, and whether details stand beside it, which leave it less width."""

    dark: bool = False
    beside: bool = False

    @property
    def colours(self) -> Colours:
        return DARK if self.dark else LIGHT

    @property
    def sizes(self) -> Sizes:
        return SIZES

    @property
    def width(self) -> float:
        """Pixels from edge to edge."""
        return WIDTH * SHARE_NEXT_TO_DETAILS if self.beside else WIDTH

    @property
    def room(self) -> Room:
        """What the figure has room for: the time axis is between the names and the latest values."""
        return Room(self.width - self.sizes.left - self.sizes.right, self.sizes)
