"""Which lanes a timeline has, and in which of them each event is."""

from collections.abc import Iterable

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import Event, Timeline


class LaneKeys:
    """The lanes of the events of one timeline. `keys` are all lanes, whatever the window: a lane does not vanish when
    one zooms in.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._known: dict[int, tuple[ConditionKey, ...]] = {}
        used = {key for lanes in set(map(self.of, timeline.events)) for key in lanes}
        self.keys = tuple(key for key in ConditionKey if key in used)

    def of(self, event: Event) -> tuple[ConditionKey, ...]:
        """`event.lanes`, computed once for events with the same memberships: thousands of results share few of them."""
        lanes = self._known.get(id(event.memberships))
        if lanes is None:
            lanes = (event.memberships[0].lane,) if len(event.memberships) == 1 else event.lanes
            self._known[id(event.memberships)] = lanes
        return lanes

    def others(self, events: Iterable[Event], lane: ConditionKey) -> tuple[ConditionKey, ...]:
        """The lanes besides this one in which any of the events is."""
        used = {key for event in events for key in self.of(event)}
        return tuple(key for key in self.keys if key in used and key is not lane)
