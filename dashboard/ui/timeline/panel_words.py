"""A panel of measurements in words: its name, the latest value, the target and the usual range."""

from collections.abc import Sequence
from datetime import date

from dashboard.domain.attention.trend import is_old
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.timeline.scene import Panel
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.record.results import age_words, marks_words, show_value
from dashboard.ui.record.targets import show_targets
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.wording import t, tn


def panel_name(panel: Panel) -> str:
    """`eGFR`, `BP`."""
    measures = [series.measure for series in panel.series]
    if Measure.SYSTOLIC in measures and Measure.DIASTOLIC in measures:
        return t("Blood pressure")
    return measure_name(measures[0]) if measures else panel.name


def latest_words(panel: Panel, today: date) -> tuple[str, list[str]]:
    """`38`, and under it `22-Nov-2026, urgent`, its other marks, how old it is, and what must be said of the series.

    There is room for three lines, the first weightiest.
    """
    latest = [series.latest for series in panel.series]
    shown = next((each for each in latest if each), None)
    urgent, *marks = ["", *panel_marks(panel)] if not panel.urgent else panel_marks(panel)
    lines = [", ".join(filter(None, (show_date(shown.when), urgent)))] if shown else [t("no value")]
    if shown and is_old(shown, today):
        lines.append(age_words(shown.when, today))
    elif shown and not panel.has_points:
        lines.append(t("before this window"))
    lines += marks
    if panel.refused:
        lines.append(tn("{n} value without a known unit", "{n} values without a known unit", panel.refused))
    return _latest(latest), lines


def unit_words(panel: Panel) -> str:
    """`mmol/mol, converted` where any value was sent in another unit; which, and from what, is on its point."""
    converted = any(series.converted for series in panel.series)
    return ", ".join(filter(None, (show_unit(panel.unit), t("converted") if converted else "")))


def panel_marks(panel: Panel) -> list[str]:
    """What is to be said of the latest value, in the words of the patient's page."""
    return list(marks_words(panel.urgent, panel.latest_abnormal, panel.misses_goal, panel.latest_preliminary))


def _latest(latest: Sequence[Result | None]) -> str:
    first = latest[0] if latest else None
    if first is None:
        return "–"
    second = latest[1] if len(latest) == 2 else None
    if second and second.when == first.when:
        return f"{show_value(first)}/{show_value(second)}"
    return show_value(first)


def target_words(panel: Panel) -> str:
    """`target below 53`, `target below 140/90`: what the plan aims at; "" without one."""
    return show_targets({window.measure: window.target for window in panel.targets})


def reference_words(panel: Panel) -> str:
    """`usual 3.5 to <5.4`: from the low end on, below the high one; of blood pressure the systolic; "" if none."""
    low, high = panel.reference
    if low is not None and high is not None:
        if panel.is_pair:
            return t("systolic {low} to <{high}", low=show_tick(low), high=show_tick(high))
        return t("usual {low} to <{high}", low=show_tick(low), high=show_tick(high))
    if high is not None:
        return t("usual <{high}", high=show_tick(high))
    return t("usual from {low}", low=show_tick(low)) if low is not None else ""


def show_tick(value: float) -> str:
    """`5.4`: a number on a panel's axis, or a bound of a range."""
    return f"{value:g}"
