"""The figure in sentences: what stands out, which doses changed, what it shows, for whoever cannot see it."""

from datetime import date, datetime, tzinfo

from dashboard.domain.timeline.reading.blocks import reading
from dashboard.domain.timeline.scene import Lane, Panel, Scene
from dashboard.ui.record.names import show_unit
from dashboard.ui.record.results import trend_words
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.figure.change_words import change_words
from dashboard.ui.timeline.panel_words import latest_words, panel_marks, panel_name
from dashboard.ui.timeline.words import lane_name

MOST_CHANGES = 12
"""Changes of dose that are named, the latest; the table has all."""


def figure_alt(scene: Scene, zone: tzinfo, as_of: datetime) -> str:
    """`Latest values with a mark: Potassium 5.9 mmol/L (28-Nov-2026, urgent, up from 5.1 on 03-Nov-2026) ...`: the
    findings first, then the changes of dose, then what the figure spans.
    """
    today = as_of.astimezone(zone).date()
    panels = sorted(scene.panels, key=lambda panel: not panel.urgent)
    off = [_latest(panel, today) for panel in panels if panel_marks(panel)]
    rest = [_latest(panel, today) for panel in panels if not panel_marks(panel)]
    said = [t("Latest values with a mark: {values}.", values="; ".join(off))] if off else []
    if rest:
        said.append(t("Other latest values: {values}.", values="; ".join(rest)))
    changes = [change_words(change) for block in reading(scene).blocks for change in block.changes]
    if changes:
        latest = list(dict.fromkeys(changes))[-MOST_CHANGES:]
        said.append(t("Changes of dose: {changes}.", changes="; ".join(clean(each, 120) for each in latest)))
    start, end = (show_day(when.astimezone(zone).date()) for when in (scene.request.start, scene.request.end))
    said.append(t("Timeline from {start} to {end}.", start=start, end=end))
    if scene.lanes:
        said.append(t("Conditions: {lanes}.", lanes="; ".join(_lane(lane) for lane in scene.lanes)))
    said.append(t("The table has the same entries."))
    return " ".join(said)


def _lane(lane: Lane) -> str:
    entries = {event.origin for event in lane.events}
    count = tn("{n} entry", "{n} entries", len(entries))
    doubt = t("suspected") if lane.suspected else ""
    named = ", ".join(part for part in (lane_name(lane.key), clean(lane.stage, 60), doubt) if part)
    return f"{named} ({count})"


def _latest(panel: Panel, today: date) -> str:
    value, said = latest_words(panel, today)
    when = said[0].removesuffix(f", {t('urgent')}")
    unit = show_unit(panel.unit)
    first = panel.series[0]
    words = ", ".join(filter(None, (when, *panel_marks(panel), trend_words(first.baseline, first.direction))))
    return f"{panel_name(panel)} {value}{' ' if unit else ''}{unit} ({words})"
