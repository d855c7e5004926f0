"""Which events are new since a moment, such as the team's last conference."""

from datetime import datetime

from dashboard.domain.record.observation import Result
from dashboard.domain.timeline.events import Event, Timeline


def is_new(event: Event, since: datetime | None, as_of: datetime) -> bool:
    """Recorded, begun or ended after `since`; what is only planned for later is new when it was recorded since."""
    return since is not None and any(
        when is not None and since < when.moment <= as_of for when in (event.recorded, event.start, event.end)
    )


class NewEvents:
    """The new events of a timeline, looked up by id and type, which is quicker than by Reference."""

    def __init__(self, timeline: Timeline, since: datetime | None, as_of: datetime) -> None:
        new = [] if since is None else [event.origin for event in timeline.events if is_new(event, since, as_of)]
        self.count = len(new)
        self._origins = {(origin.id, origin.type) for origin in new}

    def __contains__(self, what: Event | Result) -> bool:
        return bool(self._origins) and (what.origin.id, what.origin.type) in self._origins
