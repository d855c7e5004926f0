"""The words of the figure, for the layout to find room for (`dashboard.domain.timeline.layout`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dashboard.domain.timeline.events import Certainty, EventKind, EventState
from dashboard.domain.timeline.scene import Bar, Lane, Mark, Panel
from dashboard.ui.record.names import condition_short
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.figure.style import BEFORE, SHARED
from dashboard.ui.timeline.figure.text import width_of
from dashboard.ui.timeline.labels import bar_words, mark_words, short_dose
from dashboard.ui.timeline.panel_words import latest_words, panel_name, reference_words, target_words, unit_words
from dashboard.ui.timeline.words import certainty_words, lane_name


@dataclass(frozen=True, slots=True)
class FigureLabels:
    """`Labels` in the language of the session; `zone` is for days, `as_of` for the age of what is old."""

    zone: tzinfo
    as_of: datetime

    def width_of(self, text: str, size: float, *, heavy: bool = False) -> float:
        return width_of(text, size, heavy=heavy)

    def lane(self, lane: Lane, *, short: bool) -> str:
        return condition_short(lane.key) if short else lane_name(lane.key)

    def stage(self, lane: Lane) -> str:
        doubt = t("suspected") if lane.suspected else ""
        return _joined(lane.stage, doubt, "" if lane.active else t("not active"), between=", ")

    def bar(self, bar: Bar) -> str:
        return bar_words(bar)

    def bar_name(self, bar: Bar) -> str:
        """`Ramipril 5 mg ↕`."""
        return _joined(bar_words(bar), SHARED if bar.shared else "")

    def dose(self, bar: Bar) -> str:
        return short_dose(bar.detail)

    def began_before(self, bar: Bar) -> str:
        return BEFORE if bar.before else ""

    def signs(self, bar: Bar) -> str:
        """` NEW ✕ stopped ↕`, with a space in front."""
        refuted = bar.event.certainty is Certainty.REFUTED
        signs = _joined(
            t("NEW") if bar.new else "",
            t("refuted") if refuted else "",
            certainty_words(bar.event) if bar.event.certainty is Certainty.UNCONFIRMED else "",
            _state(bar),
            SHARED if bar.shared else "",
        )
        return f" {signs}" if signs else ""

    def mark(self, mark: Mark) -> str:
        """`HbA1c 71 mmol/mol`, `12 contacts`, `NEW Potassium 5.9`; with what is unusual in words, and ↕ when shared."""
        alone = mark.count == 1
        return _joined(
            t("NEW") if mark.new else "",
            mark_words(mark),
            t("planned") if alone and mark.state is EventState.PLANNED else "",
            t("not done") if alone and mark.state is EventState.NOT_DONE else "",
            t("stopped") if alone and mark.state is EventState.STOPPED else "",
            SHARED if mark.shared else "",
        )

    def panel(self, panel: Panel) -> str:
        return panel_name(panel)

    def unit(self, panel: Panel) -> str:
        return unit_words(panel)

    def ranges(self, panel: Panel) -> Sequence[str]:
        return target_words(panel), reference_words(panel)

    def latest(self, panel: Panel) -> tuple[str, Sequence[str]]:
        """`▲ 5.9`, with the sign of what is outside the usual range, and the lines below it."""
        value, lines = latest_words(panel, self.as_of.astimezone(self.zone).date())
        return (f"▲ {value}" if panel.latest_abnormal else value), lines

    def today(self) -> str:
        return t("today")

    def conference(self, when: datetime) -> str:
        # Without the year.
        return t("conference {date}", date=show_day(when.astimezone(self.zone).date())[:-5])


def _state(bar: Bar) -> str:
    if bar.state is EventState.STOPPED:
        return "✕ " + t("stopped")
    if bar.state is EventState.NOT_DONE:
        return t("not done")
    return t("planned") if bar.state is EventState.PLANNED and bar.kind is not EventKind.GOAL else ""


def _joined(*parts: str, between: str = " ") -> str:
    return between.join(part for part in parts if part)
