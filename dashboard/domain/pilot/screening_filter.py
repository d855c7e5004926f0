"""Which lines of a screening list are wanted, and how many there would be with each filter.

A step and a site together are counted as in `funnel`: at the site where the step was first reached. All else counts at
the present site.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dashboard.domain.pilot.funnel import LOST, Step, loss_of, site_of_loss, steps_of
from dashboard.domain.pilot.screening_list import ScreenedPatient

NONE: Final = "none"
"""In place of a last step of who was lost before being screened, and of a reason that nobody recorded."""


@dataclass(frozen=True, slots=True)
class ScreeningFilter:
    """What is wanted; what is empty does not filter, and several values of one are alternatives.

    state: how they stand now. step: a step that they have reached. rule: what the rule says. missing: a fact that is
    missing. site: the id of an Organization. last, reason: of those who are lost, the last step reached and the coded
    reason, or NONE. to_approach: the eligible whom nobody has approached.
    """

    state: frozenset[str] = frozenset()
    step: str = ""
    rule: frozenset[str] = frozenset()
    mark: frozenset[str] = frozenset()
    missing: str = ""
    site: str = ""
    last: str = ""
    reason: str = ""
    to_approach: bool = False

    @property
    def filtered(self) -> bool:
        return self != NO_FILTER


NO_FILTER: Final = ScreeningFilter()


@dataclass(frozen=True, slots=True)
class ScreeningCounts:
    """How many lines there would be with each value of a filter: every other filter applies, not its own."""

    state: Counter[str] = field(default_factory=Counter)
    step: Counter[str] = field(default_factory=Counter)
    rule: Counter[str] = field(default_factory=Counter)
    mark: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    site: Counter[str] = field(default_factory=Counter)
    to_approach: int = 0


def is_wanted(line: ScreenedPatient, wanted: ScreeningFilter) -> bool:
    """Whether a line is among those wanted."""
    return all(test(line, wanted) for test in _TESTS)


def count_lines(lines: Sequence[ScreenedPatient], wanted: ScreeningFilter) -> ScreeningCounts:
    """The counts of every filter beside those that are in force."""

    def counted(of: Callable[[ScreenedPatient], Iterable[str]], **without: object) -> Counter[str]:
        others = replace(wanted, **without)  # type: ignore[arg-type]
        return Counter(str(value) for line in lines if is_wanted(line, others) for value in of(line))

    return ScreeningCounts(
        state=counted(lambda line: (line.state,), state=frozenset()),
        # The site of a step is that of the step, so that both are left out and found together.
        step=counted(lambda line: _steps_at(line, wanted.site), step="", site=""),
        rule=counted(lambda line: (line.eligibility.outcome,), rule=frozenset()),
        mark=counted(lambda line: line.marks, mark=frozenset()),
        missing=counted(lambda line: line.eligibility.missing, missing=""),
        site=counted(lambda line: (_site_of(line, wanted),), site=""),
        to_approach=sum(line.to_approach and is_wanted(line, replace(wanted, to_approach=False)) for line in lines),
    )


def _steps_at(line: ScreenedPatient, site: str) -> list[Step]:
    """The steps reached, of a site those reached there."""
    reached = steps_of(line.subject) if line.subject is not None else {}
    return [step for step in reached if not site or _site(line, step) == site]


def _site(line: ScreenedPatient, step: str) -> str:
    """The site at which a line counts: that of a step where one is wanted."""
    if line.subject is None or not step:
        return line.present_site
    reached = steps_of(line.subject).get(Step(step))
    return reached.site.to.id if reached is not None and reached.site.to is not None else ""


def _site_of(line: ScreenedPatient, wanted: ScreeningFilter) -> str:
    """The site at which a line counts: of those lost in a way that is wanted, where they were lost."""
    lost = line.subject is not None and line.subject.state in LOST and (wanted.last or wanted.reason)
    if line.subject is None or not lost:
        return _site(line, wanted.step)
    site = site_of_loss(line.subject)
    return site.to.id if site.to is not None else ""


def _is_lost_so(line: ScreenedPatient, wanted: ScreeningFilter) -> bool:
    if not wanted.last and not wanted.reason:
        return True
    if line.subject is None or line.subject.state not in LOST:
        return False
    loss = loss_of(line.subject)
    return wanted.last in ("", loss.step or NONE) and wanted.reason in ("", loss.reason or NONE)


_TESTS: Final[tuple[Callable[[ScreenedPatient, ScreeningFilter], bool], ...]] = (
    lambda line, wanted: not wanted.state or line.state in wanted.state,
    lambda line, wanted: not wanted.step or wanted.step in _steps_at(line, ""),
    lambda line, wanted: not wanted.rule or line.eligibility.outcome in wanted.rule,
    lambda line, wanted: not wanted.mark or bool(line.marks & wanted.mark),
    lambda line, wanted: not wanted.missing or wanted.missing in line.eligibility.missing,
    lambda line, wanted: not wanted.site or wanted.site == _site_of(line, wanted),
    lambda line, wanted: not wanted.to_approach or line.to_approach,
    _is_lost_so,
)
