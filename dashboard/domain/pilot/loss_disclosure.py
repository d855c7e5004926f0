"""What may be shown of how many people are lost at each step and why: of the whole study, and of each region beside it.

Who is lost after a step is the sum of ways and reasons, and the whole is the sum of the regions: both are one table
(`nested_disclosure`), whose smallest areas are the people of one region who had reached one step last and are lost in
one way for one reason. What is shown of the steps was decided before and stays: those who have reached a step and not
the next are lost or wait, so that how many wait is protected too, and so are reasons of withdrawing beside who
withdrew. By site nearly every reason would be small.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import FEWEST, WITHHELD, Count
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_shown import Lost
from dashboard.domain.pilot.funnel import WAY, WHOLE, Area, Loss, Step
from dashboard.domain.pilot.nested_disclosure import show_nested
from dashboard.domain.pilot.nested_table import Cell, Columns

LAST: Final = (None, *WAY[:-1])
"""The steps after which people are lost, None before the first: whoever completed is not lost."""
_COLUMN: Final = "people"
_COLUMNS: Final = Columns({_COLUMN: ""})
_WITHDREW: Final = EnrolmentState.WITHDRAWN
Losses = Mapping[Loss, int]
Steps = Mapping[Step, int]


def show_losses(
    losses: Mapping[Area, Losses],
    funnel: Mapping[Area, Steps],
    shown: Mapping[Area, Mapping[Step, Count]],
) -> dict[Area, tuple[Lost, ...]]:
    """The losses of the whole and of each region, in the order of `shown`: what is shown of the steps, which are
    counted in `funnel`. Nothing is said where more are lost than have not gone on, and of the regions where they are
    not the whole.
    """
    if not _fits(losses.get(WHOLE, {}), funnel[WHOLE]):
        return {}
    regions = [area for area in shown if area.level is Level.REGION]
    everywhere = sum((Counter(losses.get(area, {})) for area in regions), Counter[Loss]())
    if everywhere != Counter(losses.get(WHOLE, {})) or not all(
        _fits(losses.get(area, {}), funnel[area]) for area in regions
    ):
        regions = []
    if any(sum(funnel[area][step] for area in regions) != funnel[WHOLE][step] for step in Step):
        regions = []
    whole = _Table(losses, funnel, shown, [WHOLE])
    found = whole.shown({})
    if regions:
        found = _Table(losses, funnel, shown, [WHOLE, *regions]).shown(found)
    return {area: _lost(area, whole.losses, found) for area in (WHOLE, *regions)}


def _fits(losses: Losses, funnel: Steps) -> bool:
    return all(_waiting(losses, funnel, step) >= 0 for step in WAY)


def _last(funnel: Steps, step: Step) -> int:
    """How many have reached a step and not the next."""
    following = WAY.index(step) + 1
    return funnel[step] - (funnel[WAY[following]] if following < len(WAY) else 0)


def _waiting(losses: Losses, funnel: Steps, step: Step) -> int:
    return _last(funnel, step) - sum(people for loss, people in losses.items() if loss.step is step)


def _name(area: Area, kind: str, *what: object) -> str:
    return "/".join((area.level, area.region, kind, *(str(each) for each in what)))


class _Table:
    """`above` leads from an area of the table to those that it is a part of; the rest is for `show_nested`."""

    def __init__(
        self, losses: Mapping[Area, Losses], funnel: Mapping[Area, Steps],
        shown: Mapping[Area, Mapping[Step, Count]], areas: list[Area],
    ) -> None:  # fmt: skip
        self.above: dict[str, tuple[str, ...]] = {}
        self.counts: dict[Cell, int] = {}
        self.said: dict[Cell, Count] = {}
        self.unsaid: set[str] = set()
        self.losses = sorted(losses.get(WHOLE, {}), key=lambda loss: (str(loss.step), loss.state, loss.reason))
        withdrew = {
            area: sum(people for loss, people in losses.get(area, {}).items() if loss.state is _WITHDREW)
            for area in areas
        }
        # Others are lost so than withdrew: nothing is said of them.
        closed = any(withdrew[area] != funnel[area][Step.WITHDRAWN] for area in areas)
        for area in areas:
            said = WITHHELD if closed else shown[area][Step.WITHDRAWN]
            self._put(area, "withdrew", withdrew[area], said=said, unsaid=True)
            self._add_steps(area, funnel[area], shown[area])
            self._add_losses(area, losses.get(area, {}), funnel[area], closed)

    def shown(self, before: Mapping[Cell, Count]) -> dict[Cell, Count]:
        """What may be shown beside what was decided `before`."""
        return show_nested(self.above, _COLUMNS, self.counts, said={**before, **self.said}, unsaid=self.unsaid)

    def _put(
        self, area: Area, name: str, people: int, *above: str, said: Count | None = None, unsaid: bool = False
    ) -> None:
        """Adds an area of the table: part of those of `above`, and in a region of the same one of the whole."""
        here = _name(area, name)
        whole = () if area == WHOLE else (_name(WHOLE, name),)
        inside = [_name(area, each) for each in above]
        self.above[here], self.counts[here, _COLUMN] = (*inside[:1], *whole, *inside[1:]), people
        if said is not None:
            self.said[here, _COLUMN] = said
        if unsaid:
            self.unsaid.add(here)

    def _add_steps(self, area: Area, funnel: Steps, shown: Mapping[Step, Count]) -> None:
        """Who has reached a step and not the next: known where both are, which was decided with the sites."""
        for step, following in zip(WAY, (*WAY[1:], None), strict=True):
            known = shown[step].value is not None and (following is None or shown[following].value is not None)
            people = _last(funnel, step)
            self._put(area, f"last {step}", people, said=Count(people) if known else WITHHELD, unsaid=True)

    def _add_losses(self, area: Area, losses: Losses, funnel: Steps, closed: bool) -> None:
        for step in (None, *WAY):
            people = sum(number for loss, number in losses.items() if loss.step is step)
            waiting = _waiting(losses, funnel, step) if step is not None else FEWEST
            never = step not in LAST or waiting < FEWEST
            after = (f"last {step}",) if step is not None else ()
            self._put(area, f"lost {step}", people, *after, said=WITHHELD if never else None)
            if step is not None:
                self._put(area, f"wait {step}", waiting, *after, said=WITHHELD)
        for loss in self.losses:
            of = (f"lost {loss.step}", *(("withdrew",) if loss.state is _WITHDREW else ()))
            never = loss.step not in LAST or (closed and loss.state is _WITHDREW)
            self._put(area, _cell(loss), losses.get(loss, 0), *of, said=WITHHELD if never else None)


def _cell(loss: Loss) -> str:
    return f"cell {loss.step}/{loss.state}/{loss.reason}"


def _lost(area: Area, losses: list[Loss], shown: Mapping[Cell, Count]) -> tuple[Lost, ...]:
    """Each step with those of its ways and reasons that may be shown, the most frequent first: that one is there and
    small would say that somebody has it.
    """
    found = []
    for step in LAST:
        reasons = [
            (loss, count)
            for loss in losses
            if loss.step is step and (count := shown[_name(area, _cell(loss)), _COLUMN]).value is not None
        ]
        reasons.sort(key=lambda each: (-(each[1].value or 0), each[0].state, each[0].reason))
        people = shown[_name(area, f"lost {step}"), _COLUMN]
        found.append(Lost(step, people, tuple((loss.state, loss.reason, count) for loss, count in reasons)))
    return tuple(found)
