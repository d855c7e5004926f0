"""What may be shown of how people are lost and why: of the whole study, and of each region beside it.

A way of being lost is the sum of its reasons, and the whole is the sum of the regions: both are one table
(`nested_disclosure`), whose smallest areas are the people of one region who are lost for one reason. What is shown of
the whole was decided before and stays. By site nearly every reason would be small.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import WITHHELD, Areas, Count, show_counts
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_shown import Lost
from dashboard.domain.pilot.funnel import WHOLE, Area, Loss
from dashboard.domain.pilot.nested_disclosure import Cell, Columns, show_nested

LOST: Final = (
    EnrolmentState.INELIGIBLE, EnrolmentState.DECLINED, EnrolmentState.WITHDRAWN, EnrolmentState.LEFT,
)  # fmt: skip
"""The ways of being lost, in the order of the way through the pilot."""
_COLUMN: Final = "lost"
Way = tuple[EnrolmentState, str | None]
"""A way of being lost with a reason; with None of all reasons."""


def show_losses(
    losses: Mapping[Area, Mapping[Loss, int]],
    withdrawn: Mapping[Area, Count],
    counted: Mapping[Area, int],
) -> dict[Area, tuple[Lost, ...]]:
    """The losses of the whole and of each region, in the order of `withdrawn`: that is what is shown among the steps of
    how many withdrew, `counted` how many these are; where they are others than are lost so, nothing is said of them.
    """
    ways = {area: _ways(losses.get(area, {})) for area in losses if area.level in (Level.ALL, Level.REGION)}
    whole = _whole(ways.get(WHOLE, Counter()), withdrawn[WHOLE], counted[WHOLE])
    found = {WHOLE: whole}
    regions = [area for area in withdrawn if area.level is Level.REGION and area in ways]
    if sum((ways[area] for area in regions), Counter[Way]()) == ways.get(WHOLE):
        found |= _regions(ways, regions, whole, withdrawn, counted)
    return {area: _lost(shown) for area, shown in found.items()}


def _ways(losses: Mapping[Loss, int]) -> Counter[Way]:
    found: Counter[Way] = Counter()
    for loss, people in losses.items():
        found[loss.state, loss.reason] += people
        found[loss.state, None] += people
    return +found


def _whole(ways: Counter[Way], withdrawn: Count, counted: int) -> dict[Way, Count]:
    above = {"all": ""} | {str(state): "all" for state in LOST}
    values = {"all": sum(ways[state, None] for state in LOST)} | {str(state): ways[state, None] for state in LOST}
    for state, reason in ways:
        if reason is not None:
            above[f"{state}/{reason}"] = str(state)
            values[f"{state}/{reason}"] = ways[state, reason]
    shown = show_counts(Areas(above), values)
    found = {way: shown[str(way[0]) if way[1] is None else f"{way[0]}/{way[1]}"] for way in _all(ways)}
    state = EnrolmentState.WITHDRAWN
    if withdrawn.value is None or counted != ways[state, None]:
        found = {way: count for way, count in found.items() if way[0] is not state}
        return found | {(state, None): withdrawn if withdrawn.value is None else WITHHELD}
    if found[state, None].value is None:
        # It is shown among the steps in any case, so that the reasons stand only where the sum may.
        found = {way: count for way, count in found.items() if way[0] is not state}
    return found | {(state, None): withdrawn}


def _all(ways: Mapping[Way, int]) -> list[Way]:
    return [*((state, None) for state in LOST), *(way for way in ways if way[1] is not None)]


def _regions(
    ways: Mapping[Area, Counter[Way]],
    regions: list[Area],
    whole: Mapping[Way, Count],
    withdrawn: Mapping[Area, Count],
    counted: Mapping[Area, int],
) -> dict[Area, dict[Way, Count]]:
    """The losses of the regions beside those of the whole, and beside what the steps say of who withdrew."""
    above: dict[str, str | tuple[str, ...]] = {}
    counts: dict[Cell, int] = {}
    said: dict[Cell, Count] = {}
    for area in (WHOLE, *regions):
        for way in _all(ways[WHOLE]):
            name = _name(area, way)
            above[name] = tuple(_above(area, way))
            counts[name, _COLUMN] = ways[area][way]
            if area == WHOLE:
                said[name, _COLUMN] = whole.get(way, WITHHELD)
            elif way == (EnrolmentState.WITHDRAWN, None):
                same = counted[area] == ways[area][way]
                said[name, _COLUMN] = withdrawn[area] if same else WITHHELD
    shown = show_nested(above, Columns({_COLUMN: ""}), counts, said=said)
    return {area: {way: shown[_name(area, way), _COLUMN] for way in whole} for area in regions}


def _name(area: Area, way: Way) -> str:
    return f"{area.level}/{area.region} {way[0]}/{'all' if way[1] is None else f'reason {way[1]}'}"


def _above(area: Area, way: Way) -> Iterator[str]:
    """The areas of the table that people of an area, who are lost in this way, are part of."""
    if way[1] is not None:
        yield _name(area, (way[0], None))
    if area != WHOLE:
        yield _name(WHOLE, way)


def _lost(shown: Mapping[Way, Count]) -> tuple[Lost, ...]:
    """Each way with those of its reasons that may be shown, the most frequent first: that one is there and small would
    say that somebody has it.
    """
    found = []
    for state in LOST:
        reasons = [
            (way[1], count)
            for way, count in shown.items()
            if way[0] is state and way[1] is not None and count.value is not None
        ]
        reasons.sort(key=lambda each: (-(each[1].value or 0), each[0]))
        found.append(Lost(state, shown[state, None], tuple(reasons)))
    return tuple(found)
