"""The order of the measurements below the lanes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.domain.timeline.scene import Panel

RECENT = timedelta(days=92)
"""A value older than three months is no reason to put its panel above others. Own choice, a draft."""


def out_of_range_first(panels: Sequence[Panel], as_of: datetime) -> tuple[Panel, ...]:
    """What has lately gone out of range first, then what has been out of range for longer, the newest of each first;
    the others in the order given.
    """

    def urgency(panel: Panel) -> tuple[int, float]:
        latest = next((series.latest for series in panel.series if series.latest), None)
        if latest is None or not panel.latest_abnormal or as_of - latest.when.moment > RECENT:
            return 2, 0.0
        before = [series.points[-2].abnormal for series in panel.series if len(series.points) > 1]
        return int(any(before) or not before), -latest.when.start.toordinal()

    return tuple(sorted(panels, key=urgency))
