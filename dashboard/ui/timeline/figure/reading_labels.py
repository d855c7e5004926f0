"""The words of the reading layout, for it to find room for (`dashboard.domain.timeline.reading`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dashboard.domain.attention.trend import is_old
from dashboard.domain.timeline.events import Certainty, EventKind, EventState
from dashboard.domain.timeline.reading.blocks import Block, Reading, Row
from dashboard.domain.timeline.scene import Bar, Lane, Panel
from dashboard.ui.record.names import condition_short, show_unit
from dashboard.ui.record.results import age_words, trend_words
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.figure.style import BEFORE
from dashboard.ui.timeline.figure.text import width_of
from dashboard.ui.timeline.labels import bar_words, dose_words, medicine_name, short_dose
from dashboard.ui.timeline.panel_words import latest_words, panel_marks, panel_name, reference_words, target_words
from dashboard.ui.timeline.words import certainty_words, lane_name


def renamed_in(found: Reading) -> frozenset[str]:
    """The origins of the medicines that are named otherwise than the latest of their row: a brand, another form."""
    rows = (row for block in found.blocks for row in block.medicines)
    return frozenset(
        str(bar.event.origin)
        for row in rows
        for bar in row
        if medicine_name(bar.text).casefold() != medicine_name(row[-1].text).casefold()
    )


@dataclass(frozen=True, slots=True)
class ReadingFigureLabels:
    """`ReadingLabels` in the language of the session; `zone` is for days, `as_of` for the age of what is old. The sign
    of what is new is not a word.

    `renamed` are the origins of medicines that have another name than the row in which they stand.
    """

    zone: tzinfo
    as_of: datetime
    renamed: frozenset[str] = frozenset()

    def width_of(self, text: str, size: float, *, heavy: bool = False) -> float:
        return width_of(text, size, heavy=heavy)

    def lane(self, lane: Lane) -> str:
        return lane_name(lane.key)

    def stage(self, lane: Lane) -> str:
        doubt = t("suspected") if lane.suspected else ""
        return ", ".join(filter(None, (lane.stage, doubt, "" if lane.active else t("not active"))))

    def bar(self, bar: Bar) -> str:
        """`500 mg ×2` of a medicine, whose name stands in front of its row; else as everywhere."""
        if bar.kind is not EventKind.MEDICINE or str(bar.event.origin) in self.renamed:
            return bar_words(bar)
        return dose_words(bar.text, bar.detail)

    def dose(self, bar: Bar) -> str:
        return short_dose(bar.detail)

    def began_before(self, bar: Bar) -> str:
        return BEFORE if bar.before else ""

    def signs(self, bar: Bar) -> str:
        """` suspected`, ` × stopped`, with a space in front: what a reader must see of a bar without pointing at it."""
        certain, refuted = bar.event.certainty is Certainty.CONFIRMED, bar.event.certainty is Certainty.REFUTED
        doubt = "" if certain else t("refuted") if refuted else certainty_words(bar.event)
        return "".join(f" {words}" for words in (doubt, _state(bar)) if words)

    def medicine(self, row: Row) -> str:
        return medicine_name(row[-1].text)

    def also(self, bar: Bar, block: Block) -> str:
        """`+HF CKD`: the other conditions that it belongs to; `+HF (usually)` where it is here by its class alone, and
        `(usually +CKD)` where it is so there.
        """
        usual = bar.event.usual_lanes
        said = [condition_short(key) for key in bar.shared if key not in usual]
        inferred = [condition_short(key) for key in bar.shared if key in usual]
        here = block.lane.key in usual
        words = [
            "+" + " ".join(said) if said else "",
            f"({t('usually')}{' +' if inferred else ''}{' '.join(inferred)})" if here or inferred else "",
        ]
        return " ".join(part for part in words if part)

    def panel(self, panel: Panel) -> str:
        return panel_name(panel)

    def unit(self, panel: Panel) -> str:
        return show_unit(panel.unit)

    def latest(self, panel: Panel) -> str:
        """`▲ 5.9`, with the sign of what is outside the usual range."""
        value, _ = latest_words(panel, self.as_of.astimezone(self.zone).date())
        return f"▲ {value}" if panel.latest_abnormal else value

    def below_name(self, panel: Panel) -> Sequence[str]:
        converted = any(series.converted for series in panel.series)
        refused = tn("{n} value without a known unit", "{n} values without a known unit", panel.refused)
        said = (
            target_words(panel),
            reference_words(panel),
            t("some values converted") if converted else "",
            refused if panel.refused else "",
        )
        return [words for words in said if words]

    def below_latest(self, panel: Panel) -> Sequence[str]:
        """`17-Nov-2026`; `outside usual range, misses goal`; `down from 68 on 16-Mar-2026`."""
        first = panel.series[0]
        latest = next((series.latest for series in panel.series if series.latest), None)
        if latest is None:
            return [t("no value")]
        today = self.as_of.astimezone(self.zone).date()
        before = t("before this window") if not panel.has_points else ""
        age = age_words(latest.when, today) if is_old(latest, today) else before
        trend = trend_words(first.baseline, first.direction)
        lines = (", ".join(filter(None, (show_date(latest.when), age))), ", ".join(panel_marks(panel)), trend)
        return [line for line in lines if line]


def _state(bar: Bar) -> str:
    if bar.state is EventState.STOPPED:
        return "× " + t("stopped")
    if bar.state is EventState.NOT_DONE:
        return t("not done")
    return t("planned") if bar.state is EventState.PLANNED else ""
