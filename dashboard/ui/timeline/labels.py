"""The short words that fit into a row: a medicine's strength and how often, a stage since when, a change to the plan.

Short is never other: a dose whose words are not all understood stays as it was written. The hover and the details have
every word.
"""

import re

from dashboard.domain.timeline.events import Event, EventKind
from dashboard.domain.timeline.scene import Bar
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.words import event_words

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


def medicine_words(text: str, dose: str) -> str:
    """`Metformin 500 mg ×2` of "Metformin 500 mg tablets" and "1 tablet twice daily with food"."""
    strength = _STRENGTH.search(text)
    name = text
    if strength and all(_FORM.match(word) for word in text[strength.end() :].split()):
        name = text[: strength.end()]
    return " ".join(part for part in (name, short_dose(dose, named=strength is not None)) if part)


def medicine_name(text: str) -> str:
    """`Metformin` of "Metformin 500 mg tablets", for a row whose bars have the doses; a concentration ("100 units/mL")
    is part of the name, as it says which product it is.
    """
    strength = _STRENGTH.search(text)
    if strength and "/" not in strength[0] and strength.start():
        return text[: strength.start()].rstrip(" ,(")
    return medicine_words(text, "")


def dose_words(text: str, dose: str) -> str:
    """`500 mg ×2`: what `medicine_words` adds to `medicine_name`."""
    return medicine_words(text, dose).removeprefix(medicine_name(text)).strip(" ,")


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
    named = bar.detail if bar.text.casefold() in bar.detail.casefold() else f"{bar.text} {bar.detail}".strip()
    if bar.before and bar.event.start is not None and bar.kind is EventKind.CONDITION:
        return t("{problem}, since {date}", problem=named, date=show_date(bar.event.start))
    return named


def short_event(event: Event) -> str:
    """`Potassium 5.9`; of a change to the plan why it was made, else `Shared care plan changed`. The unit, and who did
    it, are in the hover and in the table.
    """
    if event.kind is EventKind.PLAN and event.why:
        return t("Plan: {why}", why=event.why)
    return event_words(event, units=False) if event.results else event_words(event)
