"""The switch of large type, which is for a room that reads a screen from four metres: the same on every page."""

from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t


def large_switch(on: bool, key: str = "form-large") -> Html:
    """The button; a press asks for `large`."""
    return h.button(
        type="button",
        class_="c3-switch c3-largeswitch",
        aria_pressed="true" if on else "false",
        title=t("Larger type, for a room"),
        data_act=press("large"),
        data_key=key,
    )[t("Back to small type") if on else t("Large")]
