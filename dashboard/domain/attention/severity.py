"""How grave a result is: three marks that every page takes from here.

* *outside the usual range*: beyond the limits that hold for everybody (`trend.is_outside`), or, where a measure has
  none, called abnormal by its source.
* *misses the goal*: certainly beyond the target of this person's goal (`Target.missed_by`). A result may do one without
  the other.
* *urgent*: what the reasons about it add up to (`urgent_measures`). It is red, everywhere.

An old result (`trend.is_old`) is shown with its age, and is never urgent.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from dashboard.domain.attention.reason import Reason, ReasonKind
from dashboard.domain.record.observation import Measure

URGENT_POINTS: Final = 30
"""What the reasons about one fact (one result, say) must add up to so that it is urgent; a dangerous result always is.
Own choice, draft."""
URGENT_LIFT: Final = 100
"""Added to the urgency of a patient with anything urgent, so that no sum of lesser reasons stands above it."""


def facts_of(reasons: Iterable[Reason]) -> list[list[Reason]]:
    """The reasons by the fact that they are about: one result, or one kind of late work; most points first."""
    facts: dict[object, list[Reason]] = {}
    for place, reason in enumerate(reasons):
        facts.setdefault(_fact(reason, place), []).append(reason)
    return sorted(facts.values(), key=lambda same: -sum(reason.points for reason in same))


def _fact(reason: Reason, place: int) -> object:
    if reason.kind in (ReasonKind.CHECK_OVERDUE, ReasonKind.TASK_OVERDUE):
        return reason.kind
    return (reason.result.origin, reason.result.measure) if reason.result else place


def is_urgent(same: Sequence[Reason]) -> bool:
    """Whether the reasons about one fact make it urgent."""
    dangerous = any(reason.kind is ReasonKind.DANGEROUS_RESULT for reason in same)
    return dangerous or sum(reason.points for reason in same) >= URGENT_POINTS


def any_urgent(reasons: Iterable[Reason]) -> bool:
    """Whether a patient is urgent: whether any fact is."""
    return any(map(is_urgent, facts_of(reasons)))


def urgent_measures(reasons: Iterable[Reason]) -> frozenset[Measure]:
    """The measures whose latest results are urgent: red on every page."""
    return frozenset(
        same[0].result.measure for same in facts_of(reasons) if same[0].result is not None and is_urgent(same)
    )


def urgency(reasons: Sequence[Reason]) -> int:
    """The sum of the reasons' points, and `URGENT_LIFT` where anything is urgent."""
    return sum(reason.points for reason in reasons) + (URGENT_LIFT if any_urgent(reasons) else 0)
