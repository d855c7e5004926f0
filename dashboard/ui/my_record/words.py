"""Sentences of My record: what a result means for the person's own goal, days in long, what there is to do today.

The marks, the trend and the target are worked out where every page takes them from; here they are said plainly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, tzinfo

from babel.dates import format_date

from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import Direction, KeyResult, Measure
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.my_record.plain_words import plain_word
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.record.results import show_value
from dashboard.ui.record.targets import pair_range_words, range_words
from dashboard.ui.shared.wording import get_language, t


@dataclass(frozen=True, slots=True)
class PlainResult:
    """One result, ready to show: its name and what that is, the sentence with value and goal, and lines of what
    else is to be said. `missed`: it is not at the person's goal.
    """

    name: str
    meaning: str
    sentence: str
    remarks: tuple[tuple[str, ...], ...]
    missed: bool
    has_goal: bool = False
    old: bool = False


def plain_day(when: PartialDate | date) -> str:
    """`11 November 2026`, `November 2026`, `2026`: in long, in the language of this session."""
    day = when if isinstance(when, date) else when.start
    if isinstance(when, PartialDate) and when.precision == "year":
        return str(day.year)
    if isinstance(when, PartialDate) and when.precision == "month":
        return format_date(day, "MMMM y", locale=get_language())
    return format_date(day, "long", locale=_locale())


def _locale() -> str:
    # English is the British one: the day comes first.
    return "en_GB" if get_language() == "en" else get_language()


def plain_results(results: Mapping[Measure, KeyResult], *, as_carer: bool = False) -> list[PlainResult]:
    """Those that miss the person's goal first, then those at a goal, then the others; blood pressure as a pair."""
    keys = dict(results)
    diastolic = keys.pop(Measure.DIASTOLIC, None) if Measure.SYSTOLIC in keys else None
    ordered = sorted(keys.values(), key=lambda key: (not key.misses_goal, key.target is None))
    return [_plain_result(key, diastolic if key.measure is Measure.SYSTOLIC else None, as_carer) for key in ordered]


def _plain_result(key: KeyResult, diastolic: KeyResult | None, as_carer: bool) -> PlainResult:
    word = plain_word(key.measure)
    name = word.name if word else measure_name(key.measure)
    pair = diastolic if diastolic is not None and diastolic.latest.when == key.latest.when else None
    value = show_value(key.latest) + (f"/{show_value(pair.latest)}" if pair else "")
    when = plain_day(key.latest.when)
    unit = show_unit(key.latest.value.unit)
    missed = key.misses_goal or bool(pair and pair.misses_goal)
    goal = _goal_words(key, pair)
    if as_carer:
        sentences = [t("The {what} is {value}.", what=_small(name) if word else name, value=value)]
        sentences += [t("The goal is {range}.", range=goal)] if goal else []
        remarks = [t("This is not at the goal yet.") if missed else t("This is at the goal.")] if goal else []
    else:
        sentences = [t("Your {what} is {value}.", what=_small(name) if word else name, value=value)]
        sentences += [t("Your goal is {range}.", range=goal)] if goal else []
        remarks = [t("You are not at your goal yet.") if missed else t("You are at your goal.")] if goal else []
    if key.abnormal or (pair and pair.abnormal):
        remarks.append(t("It is outside the usual range. Ask the care team what that means."))
    if key.latest.preliminary:
        remarks.append(t("This result is not final yet."))
    measured = [
        t("Measured on {date}, in {unit}.", date=when, unit=unit) if unit else t("Measured on {date}.", date=when)
    ]
    measured += [t("This is more than a year old.")] if key.old else []
    measured += _trend(key, pair)
    said = " ".join(sentences)
    return PlainResult(
        name, word.meaning if word else "", said, (tuple(remarks), tuple(measured)), missed, bool(goal), key.old
    )


def goal_sentences(goal: Goal, results: Mapping[Measure, KeyResult]) -> list[str]:
    """Each result that a goal is about, with what this goal aims at: `Your weight is 82.4. Your goal is ...`"""
    known = {
        target.measure: replace(results[target.measure], target=target)
        for target in goal.targets
        if target.measure in results
    }
    # Of when it was measured the day, and that it is old; how it went before is in the record.
    return [
        " ".join((each.sentence, *each.remarks[0], *each.remarks[1][: 1 + each.old])) for each in plain_results(known)
    ]


def _small(name: str) -> str:
    """In the middle of a sentence; an abbreviation stays as it is."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _goal_words(key: KeyResult, pair: KeyResult | None) -> str:
    if key.target and pair and pair.target:
        return pair_range_words(key.target, pair.target)
    return range_words(key.target) if key.target else ""


def _trend(key: KeyResult, pair: KeyResult | None) -> list[str]:
    if key.baseline is None or key.direction is Direction.UNKNOWN:
        return []
    before, when = show_value(key.baseline), plain_day(key.baseline.when)
    if pair and pair.baseline and pair.baseline.when == key.baseline.when:
        before = f"{before}/{show_value(pair.baseline)}"
    words = {
        Direction.UP: t("It has gone up. It was {value} on {date}.", value=before, date=when),
        Direction.DOWN: t("It has gone down. It was {value} on {date}.", value=before, date=when),
        Direction.STEADY: t("It is about the same as on {date}. It was {value} then.", value=before, date=when),
    }
    return [words[key.direction]]


def due_words(task: Task, today: date) -> str:
    """When it is to be done: `Do this by 23 December 2026.`, `This was due on 3 November 2026.`"""
    if task.due is None:
        return ""
    day = plain_day(task.due)
    if task.due.end < today:
        return t("This was due on {date}.", date=day)
    return t("Do this today.") if task.due.end == today else t("Do this by {date}.", date=day)


def emergency_code(zone: tzinfo) -> str:
    """The glossary's code of the emergency sentence for the sites' region, told by their time zone."""
    return "EMERGENCY-GB" if str(zone) == "Europe/London" else "EMERGENCY-EU"


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """What is due first comes first; what has no day comes last."""
    return sorted(tasks, key=lambda task: (task.due is None, task.due.moment.timestamp() if task.due else 0.0))
