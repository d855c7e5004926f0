"""The figure in sentences: what it shows and what stands out, for whoever cannot see it."""

from datetime import date, datetime, tzinfo

from dashboard.domain.timeline.scene import Lane, Panel, Scene
from dashboard.ui.record.names import show_unit
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.panel_words import latest_words, panel_marks, panel_name
from dashboard.ui.timeline.words import lane_name


def figure_alt(scene: Scene, zone: tzinfo, as_of: datetime) -> str:
    """`Timeline from 23-Nov-2025 to 06-Jan-2027. Lanes: Kidney disease, G3b (7 entries) ...`, and the latest values."""
    start, end = (show_day(when.astimezone(zone).date()) for when in (scene.request.start, scene.request.end))
    said = [t("Timeline from {start} to {end}.", start=start, end=end)]
    if scene.lanes:
        said.append(t("Lanes: {lanes}.", lanes="; ".join(_lane(lane) for lane in scene.lanes)))
    today = as_of.astimezone(zone).date()
    off = [_latest(panel, today) for panel in scene.panels if panel_marks(panel)]
    rest = [_latest(panel, today) for panel in scene.panels if not panel_marks(panel)]
    if off:
        said.append(t("Latest values with a mark: {values}.", values="; ".join(off)))
    if rest:
        said.append(t("Other latest values: {values}.", values="; ".join(rest)))
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
    unit = show_unit(panel.unit)
    words = ", ".join((said[0], *panel_marks(panel)))
    return f"{panel_name(panel)} {value}{' ' if unit else ''}{unit} ({words})"
