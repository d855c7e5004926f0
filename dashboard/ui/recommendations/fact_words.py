"""The facts behind a card in words: what is known with its date, and why something is not known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from dashboard.domain.guidelines.fact import DAYS, OF_THE_PILOT, YES_OR_NO, Between, Fact, FactKind, FactValue, Why
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.values.datatypes import UNITY, Quantity, Reference
from dashboard.ui.record.medicines import show_dose
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.record.numbers import show_number, show_quantity
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.notice_words import CHECKS
from dashboard.ui.shared.wording import mark, t, tn

Named = Mapping[Reference, Condition | Medicine]
_LATEST: Final = (FactKind.MEASURED,)
_CHECK: Final = "check-"

WHYS: Final = {
    Why.NOT_READ: mark("the records could not be read"),
    Why.UNREADABLE: mark("a record of it is there that could not be understood"),
    Why.NOT_RECORDED: mark("not recorded"),
    Why.TOO_OLD: mark("what is recorded is too old"),
    Why.SUSPECTED: mark("only suspected"),
    Why.NO_CLASS: mark("nobody can tell of a medicine whose substance is not known"),
    Why.ON_HOLD: mark("on hold, or its time is over while the record says that it goes on"),
}


@dataclass(frozen=True, slots=True)
class FactWords:
    """A fact ready to show: `value` is "" of a problem or a medicine, whose `name` says all. `origin` is the record
    that it comes from, the newest of several.
    """

    name: str
    value: str
    when: str
    origin: Reference | None


def fact_name(fact: Fact) -> str:
    """`Potassium`; of what is no measurement the fact's own words, `Days since the last eGFR`."""
    if fact.kind in _LATEST and fact.measures:
        return measure_name(fact.measures[0])
    return _sentence(fact.words)


def _sentence(words: str) -> str:
    words = clean(words, 200)
    return words[:1].upper() + words[1:]


def known_words(used: Iterable[FactValue], named: Named) -> list[FactWords]:
    """What is known and there, each with its value and date: a problem and a medicine in the words of the record."""
    found: list[FactWords] = []
    for value in used:
        if value.value is None or value.value is False:
            continue
        if value.fact.kind in YES_OR_NO - OF_THE_PILOT:
            found += [_record_words(value, origin, named) for origin in value.records or (None,)]
        else:
            when = show_date(value.when) if value.when else ""
            found.append(FactWords(fact_name(value.fact), show_value(value), when, _newest(value)))
    return found


def _newest(value: FactValue) -> Reference | None:
    return value.records[-1] if value.records else None


def _record_words(value: FactValue, origin: Reference | None, named: Named) -> FactWords:
    record = named.get(origin) if origin is not None else None
    if isinstance(record, Medicine):
        name = ", ".join(filter(None, (clean(record.text, 160), show_dose(record))))
        since = record.started
    elif isinstance(record, Condition):
        name, since = clean(record.text, 160), record.onset or record.recorded
    else:
        name, since = _sentence(value.fact.words), value.when
    return FactWords(name, "", t("since {date}", date=show_date(since)) if since else "", origin)


def absent_words(used: Iterable[FactValue]) -> str:
    """`type 1 diabetes, takes metformin`: what is known not to be; "" without any."""
    return ", ".join(clean(each.fact.words, 120) for each in used if each.value is False)


def unknown_words(used: Iterable[FactValue]) -> str:
    """What is not known and did not matter to the answer; "" without any."""
    return ", ".join(clean(each.fact.words, 120) for each in used if each.value is None)


def show_value(value: FactValue) -> str:
    """`5.9 mmol/L`, `400 days`, `less than 15 mL/min/1.73 m²`, `NYHA III`."""
    if isinstance(value.value, str):
        return clean(value.value, 60)
    if isinstance(value.value, Decimal):
        return _number(value.value, value.fact)
    if isinstance(value.value, Between):
        return _between(value.value, value.fact)
    return ""


def _number(number: Decimal, fact: Fact) -> str:
    if fact.kind in DAYS:
        return tn("{n} day", "{n} days", int(number))
    if fact.kind is FactKind.AGE:
        return tn("{n} year", "{n} years", int(number))
    if fact.unit == UNITY or not show_unit(fact.unit):
        return show_number(number, None)
    return show_quantity(Quantity(number, fact.unit), fact.measures[0] if fact.measures else None)


def _between(value: Between, fact: Fact) -> str:
    low = _number(value.low, fact) if value.low is not None else ""
    high = _number(value.high, fact) if value.high is not None else ""
    if low and high:
        return t("between {low} and {high}", low=low, high=high)
    if high:
        return t("less than {value}", value=high) if value.high_out else t("{value} or less", value=high)
    # None in two years is "more than 730 days": that far back is read.
    return t("more than {value}", value=low)


def why_missing(value: FactValue, named: Named) -> str:
    """Why a fact is not known, with the date and the record where there is one: `what is recorded is too old
    (03-Mar-2025)`.
    """
    if value.why is None:
        return t("known only as {value}", value=show_value(value))
    about = [clean(record.text, 80) for origin in value.records if (record := named.get(origin)) is not None]
    about += [show_date(value.when)] if value.when else []
    words = t(WHYS[value.why])
    return f"{words} ({', '.join(about)})" if about else words


def task_words(fact: Fact) -> str:
    """What a task begins with that finds the fact out: `Arrange: eGFR`, `Clarify: takes metformin`."""
    checks = [name.removeprefix(_CHECK) for name in fact.value_sets if name.startswith(_CHECK)]
    names = [t(CHECKS[each]) for each in checks if each in CHECKS] or [measure_name(each) for each in fact.measures]
    if names:
        return t("Arrange: {checks}", checks=", ".join(names))
    return t("Clarify: {what}", what=clean(fact.words, 120))


def is_check(fact: Fact) -> bool:
    """Whether a check finds it out, and not only somebody who looks into the record."""
    return fact.kind in (FactKind.MEASURED, FactKind.SCORE, FactKind.FALL, FactKind.RISE, FactKind.SINCE_DONE)
