"""The short words that fit into a lane: a medicine's strength and how often, a goal, a stage since when, a result.

Short is never other: a dose whose words are not all understood stays as it was written. The hover and the details have
every word.
"""

import re

from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.scene import Bar, Mark
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.timeline.words import MANY, achievement, event_words

_UNIT = r"(?:mg|g|micrograms?|µg|mcg|ml|mL|units?|IU|%)"
_STRENGTH = re.compile(rf"\d+(?:[.,]\d+)?\s?{_UNIT}(?:\s?/\s?\w+)?", re.I)
_FORM = re.compile(r"^(?:tablets?|capsules?|tabs?|caps?|prefilled|pen|solution|modified-release)$", re.I)
_ONE = re.compile(r"^(?:1|one)\s+(?:tablet|capsule)\b\s*", re.I)
_AMOUNT = re.compile(r"^(\d+(?:[.,]\d+)?)\s+(tablets?|capsules?|units?|ml|puffs?|sachets?)\b\s*", re.I)
_WITH = re.compile(r"\s*,?\s*\b(?:with|after|before)\s+(?:food|meals?|breakfast)$", re.I)
# How often, of a dose whose amount has been taken away; "" where once a day goes without saying.
_TIMES = {
    "once daily": "", "once a day": "", "daily": "", "a day": "", "each morning": "", "every morning": "",
    "in the morning": "", "at night": "", "each night": "", "at bedtime": "", "once daily at night": "", "": "",
    "twice daily": "×2", "twice a day": "×2", "two times a day": "×2", "three times daily": "×3",
    "three times a day": "×3", "four times daily": "×4", "four times a day": "×4",
}  # fmt: skip

# Of several abnormal values in a mark the latest so many are named, where there is room: no row holds more.
MOST_NAMED = 6

ACTIVITIES = {
    "CREATE": mark("made"),
    "UPDATE": mark("changed"),
    "DELETE": mark("removed"),
    "APPEND": mark("added to"),
    "NULLIFY": mark("withdrawn"),
}
"""https://terminology.hl7.org/CodeSystem-v3-DataOperation.html"""


def medicine_words(text: str, dose: str) -> str:
    """`Metformin 500 mg ×2` of "Metformin 500 mg tablets" and "1 tablet twice daily with food"."""
    strength = _STRENGTH.search(text)
    name = text
    if strength and all(_FORM.match(word) for word in text[strength.end() :].split()):
        name = text[: strength.end()]
    return " ".join(part for part in (name, short_dose(dose, named=strength is not None)) if part)


def short_dose(dose: str, *, named: bool = True) -> str:
    """`×2`, `10 units`, `1 g ×2`; the dose as written where a word of it is not understood. `named`: the strength of
    one tablet stands in the medicine's name, so that one tablet need not be written.
    """
    rest = _WITH.sub("", dose.strip())
    amount = ""
    if named and _ONE.match(rest):
        rest = _ONE.sub("", rest)
    elif amount_match := _AMOUNT.match(rest) or _STRENGTH.match(rest):
        amount, rest = amount_match[0].strip(), rest[amount_match.end() :]
    times = _TIMES.get(rest.strip().lower())
    if times is None or (not amount and not named and not times):
        return dose
    return " ".join(part for part in (amount, times) if part)


def bar_words(bar: Bar) -> str:
    """What is written on a span."""
    if bar.kind is EventKind.MEDICINE:
        return medicine_words(bar.text, bar.detail)
    if bar.kind is EventKind.GOAL:
        return " ".join(part for part in (bar.text, achievement(bar.detail)) if part)
    named = bar.detail if bar.text.casefold() in bar.detail.casefold() else f"{bar.text} {bar.detail}".strip()
    if bar.before and bar.event.start is not None and bar.kind is EventKind.CONDITION:
        return t("{problem}, since {date}", problem=named, date=show_date(bar.event.start))
    return named


def mark_words(mark_: Mark) -> str:
    """What is written next to a mark: the event, or what the several in it have in common, abnormal values first."""
    if mark_.count == 1:
        return short_event(mark_.events[0])
    off = [event for event in mark_.events if event.abnormal]
    if off:
        return ", ".join(dict.fromkeys(short_event(event) for event in reversed(off[-MOST_NAMED:])))
    if mark_.text:
        return mark_.text
    if len({event.kind for event in mark_.events}) == 1:
        return t(MANY[mark_.kind])
    # The mark's own kind leads: it is the weightiest.
    first = sorted(mark_.events, key=lambda event: event.kind is not mark_.kind)
    return ", ".join(dict.fromkeys(short_event(event) for event in first))


def short_event(event: Event) -> str:
    """`Potassium 5.9`; of a change to the plan why it was made, else `Shared care plan changed`. The unit, and who did
    it, are in the hover and in the table.
    """
    if event.kind is EventKind.PLAN and event.why:
        return t("Plan: {why}", why=event.why)
    if event.kind is EventKind.PLAN and event.detail in ACTIVITIES:
        return f"{event.text} {t(ACTIVITIES[event.detail])}"
    return event_words(event, units=False) if event.results else event_words(event)
