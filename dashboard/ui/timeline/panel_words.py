"""A panel of measurements in words: its name, the latest value, the target and the usual range."""

from collections.abc import Sequence

from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.timeline.scene import Panel
from dashboard.ui.record.names import measure_name
from dashboard.ui.record.results import show_number
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.wording import t, tn


def panel_name(panel: Panel) -> str:
    """`eGFR`, `BP`."""
    measures = [series.measure for series in panel.series]
    if Measure.SYSTOLIC in measures and Measure.DIASTOLIC in measures:
        return t("Blood pressure")
    return measure_name(measures[0]) if measures else panel.name


def latest_words(panel: Panel) -> tuple[str, list[str]]:
    """`38`, and under it `22-Nov-2026`, that it is out of range, and what must be said of the series."""
    latest = [series.latest for series in panel.series]
    shown = next((each for each in latest if each), None)
    lines = [show_date(shown.when)] if shown else [t("no value")]
    if shown and not panel.has_points:
        lines.append(t("earlier, out of range") if panel.latest_abnormal else t("before this window"))
    elif panel.latest_abnormal:
        lines.append(t("out of range"))
    converted = sum(series.converted for series in panel.series)
    lines += [tn("{n} value converted", "{n} values converted", converted)] if converted else []
    lines += (
        [tn("{n} value without a known unit", "{n} values without a known unit", panel.refused)]
        if panel.refused
        else []
    )
    return _latest(latest), lines


def _latest(latest: Sequence[Result | None]) -> str:
    first = latest[0] if latest else None
    if first is None:
        return "–"
    second = latest[1] if len(latest) == 2 else None
    if second and second.when == first.when:
        return f"{_value(first)}/{_value(second)}"
    return _value(first)


def _value(result: Result) -> str:
    return result.value.comparator + show_number(result.value.value, result.measure, converted=result.converted)


def target_words(panel: Panel) -> str:
    """`target up to 53`, `target up to 140/90`: what the plan aims at, its bounds included; "" without one."""
    if panel.is_pair:
        highs = [_bound_of(panel, series.measure) for series in panel.series]
        if all(high is not None for high in highs):
            return t("target up to {high}", high="/".join(show_tick(high) for high in highs if high is not None))
    target = next(iter(panel.targets), None)
    low, high = (target.low, target.high) if target else (None, None)
    if low is not None and high is not None:
        return t("target {low} to {high}", low=show_tick(low), high=show_tick(high))
    if high is not None:
        return t("target up to {high}", high=show_tick(high))
    return t("target from {low}", low=show_tick(low)) if low is not None else ""


def _bound_of(panel: Panel, measure: Measure) -> float | None:
    return next((target.high for target in panel.targets if target.measure is measure), None)


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
