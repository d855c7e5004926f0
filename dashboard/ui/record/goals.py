"""Goals in words: how far one is, and each of its targets beside the latest result, the same on every page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from dashboard.domain.record.goal import PURSUED, Goal
from dashboard.domain.record.observation import KeyResult, Measure, Target
from dashboard.ui.record.names import ACHIEVEMENTS, GOAL_STATUSES, word
from dashboard.ui.record.results import ResultWords, pressure_words, result_words
from dashboard.ui.record.targets import show_aim
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import t

_GOES_ON = frozenset({"active", "accepted", "completed", ""})
"""Lifecycles that a goal's achievement says too."""


@dataclass(frozen=True, slots=True)
class AimWords:
    """A target, or the pair of a blood pressure, beside the latest result of what it measures (None without any).

    `marks` are the signs and words of a result that misses it or may still change. `keys` are the results.
    """

    aim: str
    latest: ResultWords | None
    marks: tuple[tuple[str, str], ...]
    keys: tuple[KeyResult, ...]

    @property
    def text(self) -> str:
        """The latest result with its trend, or that there is none."""
        return self.latest.text if self.latest is not None else t("no result yet")


def aim_words(aim: tuple[Target, ...], goal: Goal, known: Mapping[Measure, KeyResult], today: date) -> AimWords:
    """`HbA1c below 53 mmol/mol`, the latest HbA1c with its trend, and whether it misses this target of this goal."""
    keys = tuple(replace(known[target.measure], target=target) for target in aim if target.measure in known)
    latest = None
    if keys:
        latest = pressure_words(keys[0], keys[1], today) if len(keys) > 1 else result_words(keys[0], today)
    missed = goal.lifecycle_status in PURSUED and any(key.misses_goal for key in keys)
    signs = (("g", missed, t("misses goal")), ("p", any(key.latest.preliminary for key in keys), t("preliminary")))
    return AimWords(show_aim(aim), latest, tuple((sign, said) for sign, applies, said in signs if applies), keys)


def noted_words(goal: Goal) -> str:
    """What somebody recorded of the goal, as a note of that day: the measured trend stands beside it. Its lifecycle is
    said where that is not simply active.
    """
    status = _achieved(goal)
    if not status:
        return goal_status(goal)
    noted = (
        t("noted: {status}", status=status)
        if goal.status_date is None
        else t("noted on {date}: {status}", date=show_date(goal.status_date), status=status)
    )
    return noted if goal.lifecycle_status in _GOES_ON else f"{word(GOAL_STATUSES, goal.lifecycle_status)}, {noted}"


def goal_status(goal: Goal) -> str:
    """How far it is (`In progress`), and its lifecycle where that is not simply active (`On hold`)."""
    achieved, lifecycle = _achieved(goal), word(GOAL_STATUSES, goal.lifecycle_status)
    if achieved and goal.lifecycle_status in _GOES_ON:
        return achieved
    return ", ".join(filter(None, (lifecycle, achieved)))


def _achieved(goal: Goal) -> str:
    return word(ACHIEVEMENTS, goal.achievement_status) or clean(goal.achievement_text, 80)
