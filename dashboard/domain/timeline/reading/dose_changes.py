"""Changes of dose, and where they are on a curve: whether a value followed a change is what a reader looks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from dashboard.domain.timeline.scene import Bar, PanelPoint


@dataclass(frozen=True, slots=True)
class DoseChange:
    """A medicine was started (`before` is None), stopped (`after` is None), or changed from one dose to another."""

    when: datetime
    before: Bar | None
    after: Bar | None

    @property
    def bar(self) -> Bar:
        """The bar that tells of it: the later one."""
        bar = self.after or self.before
        assert bar is not None
        return bar


def dose_changes(rows: Iterable[Sequence[Bar]]) -> tuple[DoseChange, ...]:
    """The changes in the window of medicines, a row each with its bars in order, by time.

    What began before the window, or goes on, is no change.
    """
    changes: list[DoseChange] = []
    for row in rows:
        if not row:
            continue
        if not row[0].before:
            changes.append(DoseChange(row[0].start, None, row[0]))
        for earlier, later in pairwise(row):
            if later.start > earlier.end:
                changes.append(DoseChange(earlier.end, earlier, None))
                changes.append(DoseChange(later.start, None, later))
            else:
                changes.append(DoseChange(later.start, earlier, later))
        if not row[-1].open and not row[-1].after:
            changes.append(DoseChange(row[-1].end, row[-1], None))
    return tuple(sorted(changes, key=lambda change: change.when))


def value_at(points: Sequence[PanelPoint], when: datetime) -> float | None:
    """Where a curve is at a moment: on the line between two points, level before the first and after the last; None
    without points.
    """
    if not points:
        return None
    before = [point for point in points if point.when <= when]
    after = [point for point in points if point.when >= when]
    if not before or not after:
        return (before[-1] if before else after[0]).value
    left, right = before[-1], after[0]
    span = (right.when - left.when).total_seconds()
    share = (when - left.when).total_seconds() / span if span else 0.0
    return left.value + (right.value - left.value) * share
