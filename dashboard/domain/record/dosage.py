"""Dosage: how a medicine is to be taken, and that in words.

https://hl7.org/fhir/R4/dosage.html, https://hl7.org/fhir/R4/datatypes.html#timing. The table of
tests/spec/test_doses.py says what each comes to. The words are English, as those that sources write.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_UNITS: Final = {
    "s": ("second", "seconds"),
    "min": ("minute", "minutes"),
    "h": ("hour", "hours"),
    "d": ("day", "days"),
    "wk": ("week", "weeks"),
    "mo": ("month", "months"),
    "a": ("year", "years"),
}
"""https://hl7.org/fhir/R4/valueset-units-of-time.html"""
_DAYS: Final = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
    "sun": "Sunday",
}  # fmt: skip
_WHEN: Final = {
    "MORN": "in the morning",
    "MORN.early": "early in the morning",
    "MORN.late": "late in the morning",
    "NOON": "at noon",
    "AFT": "in the afternoon",
    "AFT.early": "early in the afternoon",
    "AFT.late": "late in the afternoon",
    "EVE": "in the evening",
    "EVE.early": "early in the evening",
    "EVE.late": "late in the evening",
    "NIGHT": "at night",
    "PHS": "after sleep",
    "HS": "before sleep",
    "WAKE": "on waking",
    "C": "with meals",
    "CM": "with breakfast",
    "CD": "with lunch",
    "CV": "with the evening meal",
    "AC": "before meals",
    "ACM": "before breakfast",
    "ACD": "before lunch",
    "ACV": "before the evening meal",
    "PC": "after meals",
    "PCM": "after breakfast",
    "PCD": "after lunch",
    "PCV": "after the evening meal",
}
"""https://hl7.org/fhir/R4/valueset-event-timing.html"""
_CODES: Final = {
    "BID": "twice a day", "TID": "3 times a day", "QID": "4 times a day", "AM": "in the morning",
    "PM": "in the afternoon", "QD": "once a day", "QOD": "every 2 days", "Q1H": "every hour", "Q2H": "every 2 hours",
    "Q3H": "every 3 hours", "Q4H": "every 4 hours", "Q6H": "every 6 hours", "Q8H": "every 8 hours",
    "BED": "at bedtime", "WK": "once a week", "MO": "once a month",
}  # fmt: skip
"""https://hl7.org/fhir/R4/valueset-timing-abbreviation.html"""
_SAID: Final = {
    "once a day": r"\b(?:daily|once|every day|each day|od|o\.d\.|mane|nocte)\b",
    "twice a day": r"\b(?:twice|two times|2 times|bd|b\.d\.|bid)\b",
    "3 times a day": r"\b(?:three times|3 times|tds|tid)\b",
    "4 times a day": r"\b(?:four times|4 times|qds|qid)\b",
    "once a week": r"\b(?:weekly|every week|each week)\b",
}
"""What the words of a source must hold for a timing to be said in them already."""


@dataclass(frozen=True, slots=True)
class Span:
    """A number of units of time, or from one to another: `Span("4", "6", "h")` is "4 to 6 hours"."""

    low: str
    high: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Dosage:
    """One Dosage of a medicine. Amounts ("15 mg", "3 to 5 mg") are in words, numbers as written.

    `text` is what its author wrote. `times` a `period` is how often (`times` "2" or "1 to 2"), `days`, `clock` and
    `when` are the codes of when, `offset` the minutes before or after those meals. `timing` is a timing code or its
    words. `unworded` says that it holds what nobody here can put into words.
    """

    text: str = ""
    amounts: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    times: str = ""
    period: Span | None = None
    days: tuple[str, ...] = ()
    clock: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    offset: str = ""
    timing: str = ""
    count: str = ""
    lasting: Span | None = None
    course: Span | None = None
    as_needed: bool = False
    as_needed_for: str = ""
    most: tuple[str, ...] = ()
    route: str = ""
    others: tuple[str, ...] = ()
    sequence: int | None = None
    unworded: bool = False


def dose_words(dosages: Iterable[Dosage]) -> str:
    """How a medicine is to be taken: "15 mg once a week on Monday, oral, at most 15 mg per week"; "" where unknown.

    What its author wrote comes first, and then each part that those words do not hold. Steps follow one another with
    "then"; what is taken at the same time is parted by ";".
    """
    lines = sorted(dosages, key=lambda each: each.sequence or 0)
    words = ""
    for place, line in enumerate(lines):
        said = _line_words(line)
        if not said:
            continue
        before = lines[place - 1] if place else line
        then = line.sequence is not None and before.sequence is not None and line.sequence > before.sequence
        words = f"{words}{', then ' if then else '; '}{said}" if words else said
    return words


def has_unworded(dosages: Iterable[Dosage]) -> bool:
    """Whether a part of the dose is not in its words, so that somebody must open the record."""
    return any(line.unworded or any(code not in _WHEN for code in line.when) for line in dosages)


def _line_words(line: Dosage) -> str:
    text = line.text
    amount = "; ".join(each for each in line.amounts if not _holds_number(text, each))
    timing = [each for each in _timing(line) if not _says_timing(text, each)]
    first = " ".join(filter(None, (amount, " ".join(timing))))
    rest = [f"at {rate}" for rate in line.rates if not _holds_number(text, rate)]
    if line.as_needed_for:
        rest.append(f"as needed for {line.as_needed_for}")
    elif line.as_needed and not re.search(r"need|prn|p\.r\.n|required|necessary", text, re.I):
        rest.append("as needed")
    rest += [line.route] + [f"at most {most}" for most in line.most] + list(line.others)
    parts = [part for part in (first, *rest) if part and part.casefold() not in text.casefold()]
    return ", ".join(filter(None, (text, *parts)))


def _timing(line: Dosage) -> list[str]:
    """Each part of when and how often, in the order in which they are read out."""
    words = [_often(line)]
    if line.timing:
        coded = _CODES.get(line.timing.upper(), line.timing)
        words += [coded] if coded not in words else []
    days = [_DAYS[day] for day in line.days if day in _DAYS]
    words.append(f"on {_joined(days)}" if days else "")
    words.append(f"at {_joined(line.clock)}" if line.clock else "")
    minutes = f"{line.offset} minutes " if line.offset else ""
    words += [minutes + _WHEN[code] for code in line.when if code in _WHEN]
    words.append(f"over {_span(line.lasting)}" if line.lasting else "")
    words.append(f"{line.count} times in all" if line.count else "")
    words.append(f"for {_span(line.course)}" if line.course else "")
    return [each for each in words if each]


def _often(line: Dosage) -> str:
    """ "once a week", "3 times a day", "every 4 to 6 hours"; "" where nothing says how often."""
    if line.period is None:
        return f"{line.times} times" if line.times not in ("", "1") else ""
    single, several = _UNITS.get(line.period.unit, (line.period.unit, line.period.unit))
    often = {"": "once", "1": "once", "2": "twice"}.get(line.times, f"{line.times} times")
    if line.period.low == "1" and not line.period.high:
        return f"{often} {'an' if single.startswith('h') else 'a'} {single}"
    every = f"every {_number(line.period)} {several}"
    return every if often == "once" else f"{often} {every}"


def _span(span: Span) -> str:
    single, several = _UNITS.get(span.unit, (span.unit, span.unit))
    return f"{_number(span)} {single if span.low == '1' and not span.high else several}"


def _number(span: Span) -> str:
    return f"{span.low} to {span.high}" if span.high else span.low


def _joined(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _holds_number(text: str, amount: str) -> bool:
    """Whether every number of an amount stands in the words of its author: then they say the amount."""
    numbers = re.findall(r"\d+(?:\.\d+)?", amount)
    written = re.findall(r"\d+(?:[.,]\d+)?", text)
    return bool(numbers) and all(number in [each.replace(",", ".") for each in written] for number in numbers)


def _says_timing(text: str, timing: str) -> bool:
    said = _SAID.get(timing)
    return timing.casefold() in text.casefold() or bool(said and re.search(said, text, re.I))
