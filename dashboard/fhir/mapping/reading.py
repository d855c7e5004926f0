"""The parts every resource is read with; what is malformed raises `CannotRead` with a short code, never anything else.

The codes of `CannotRead` are worded for users in `dashboard.ui.shared.wording`: malformed, no-code, no-date,
bad-date, no-value, bad-value, no-unit, unknown-unit, no-name, no-patient.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeVar

from dashboard.domain.record.care_team import covers
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.code_systems import UCUM, canonical
from dashboard.domain.values.datatypes import CodeableConcept, Coding, NamedReference, PartialDate, Quantity, Reference

Json = dict[str, Any]
Written = tuple[tuple[Any, Any, Any], ...]
T = TypeVar("T")

# Many rows share a day, a unit and a patient: a remembered value costs a dictionary access instead of a parse.
_REMEMBERED = 20_000
LONGEST_REMEMBERED = 2000
"""Characters of a value that is remembered: a hostile server must not fill the memory with long ones, which nobody
writes twice.
"""
LONGEST_CODE = 200
"""Characters of a code: real ones have up to 36 (SNOMED expressions aside, which nothing here understands)."""
_NO_ID = "unknown"
_LARGEST_EXPONENT = 308  # what other programs can carry as a number; nothing measured comes near
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class CannotRead(ValueError):
    """A record that exists and cannot be used; `why` is a short code for the wording, never data."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class Mapped(Generic[T]):
    """What was read of many resources: the values in their order, and each that could not be read."""

    values: list[T] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def read_one(resource: Any, read: Callable[[Json], T]) -> T | Unreadable:
    """What `read` makes of a resource; `Unreadable` where it makes no sense."""
    try:
        return read(resource)
    except CannotRead as error:
        return Unreadable(origin(resource), error.why)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, ArithmeticError):
        return Unreadable(origin(resource), "malformed")


def read_each(rows: Iterable[Any], read: Callable[[Json], T | Exclusion | None]) -> Mapped[T]:
    """Reads every row: the values without those that a rule excludes, and what could not be read."""
    mapped: Mapped[T] = Mapped()
    for row in rows:
        value: Any = read_one(row, read)
        if isinstance(value, Unreadable):
            mapped.unreadable.append(value)
        elif value is not None and not isinstance(value, Exclusion):
            mapped.values.append(value)
    return mapped


def origin(resource: Any) -> Reference:
    """The resource's own reference; a resource without a usable type or id still gets one, ending in "unknown"."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    ident = resource.get("id") if isinstance(resource, dict) else None
    try:
        return origin_of(str(kind), str(ident) if isinstance(ident, str) else _NO_ID)
    except ValueError:
        try:
            return Reference(str(kind), _NO_ID)
        except ValueError:
            return Reference("Resource", _NO_ID)


@lru_cache(maxsize=_REMEMBERED)
def origin_of(kind: str, ident: str) -> Reference:
    """The reference of a row by its type and id. Raises ValueError."""
    return Reference(kind, ident)


def short_enough(*values: Any) -> None:
    """Checks the key of a memory: raises TypeError where its values are too long, or neither text nor None."""
    if sum([len(value) for value in values if value is not None]) > LONGEST_REMEMBERED:
        raise TypeError("too long to be remembered")


@lru_cache(maxsize=_REMEMBERED)
def _parsed(text: str) -> Reference | None:
    try:
        return Reference.parse(text)
    except ValueError:
        return None


def text(value: Any) -> str:
    """A string without control characters and outer spaces; "" for anything that is not a string."""
    if not isinstance(value, str):
        return ""
    return value.strip() if value.isprintable() else _CONTROL.sub("", value).strip()


def many(value: Any) -> list[Json]:
    """The objects of a list; a single object is a list of one, and what is no object is ignored."""
    if isinstance(value, dict):
        return [value]
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def one(value: Any) -> Json:
    """The object, or the first of a list of objects, or an empty one."""
    objects = many(value)
    return objects[0] if objects else {}


def reference(value: Any) -> Reference | None:
    """The literal reference of a Reference element; None for a logical, contained or missing one."""
    literal = value.get("reference") if isinstance(value, dict) else None
    return _parsed(literal) if isinstance(literal, str) and len(literal) <= LONGEST_REMEMBERED else None


def references(value: Any) -> tuple[Reference, ...]:
    """The literal references of a list of Reference elements."""
    return tuple(to for part in many(value) if (to := reference(part)) is not None)


def display(value: Any) -> str:
    """The display of a Reference element."""
    return text(value.get("display")) if isinstance(value, dict) else ""


def named_reference(value: Any) -> NamedReference:
    """A Reference element with its display."""
    return NamedReference(reference(value), display(value))


def named_references(value: Any) -> tuple[NamedReference, ...]:
    """The Reference elements of a list."""
    return tuple(map(named_reference, many(value)))


def first_named(*elements: Any) -> NamedReference:
    """The first display among Reference elements (or lists of them), and the first reference that can be followed."""
    parts = [part for element in elements for part in many(element)]
    name = next(filter(None, map(display, parts)), "")
    return NamedReference(next((to for part in parts if (to := reference(part)) is not None), None), name)


@lru_cache(maxsize=_REMEMBERED)
def date_of(literal: str) -> PartialDate:
    """Raises CannotRead("bad-date")."""
    try:
        return PartialDate(literal)
    except ValueError as error:
        raise CannotRead("bad-date") from error


def partial_date(value: Any) -> PartialDate | None:
    """A date, dateTime or instant with its precision; None where there is none. Raises CannotRead("bad-date")."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise CannotRead("bad-date")
    return date_of(value.strip())


def period(value: Any) -> tuple[PartialDate | None, PartialDate | None]:
    """Start and end of a Period."""
    if not isinstance(value, dict):
        return None, None
    return partial_date(value.get("start")), partial_date(value.get("end"))


def date_or_unreadable(resource: Json, *names: str) -> tuple[PartialDate | None, tuple[Unreadable, ...]]:
    """The date of the first of these elements that is there; for one that is no date None, and the record as
    unreadable. For dates that are shown beside a value and must not hide it.
    """
    try:
        return partial_date(next((value for name in names if (value := resource.get(name))), None)), ()
    except CannotRead as error:
        return None, (Unreadable(origin(resource), error.why),)


def timed(resource: Json, name: str) -> tuple[PartialDate | None, PartialDate | None, str]:
    """Start, end and words of `name`[x]: a dateTime, an instant, a Period, or what is no date (an age, a string).

    Raises CannotRead("bad-date").
    """
    exact = partial_date(resource.get(f"{name}DateTime") or resource.get(f"{name}Instant"))
    if exact is not None:
        return exact, None, ""
    start, end = period(resource.get(f"{name}Period"))
    if start is None and end is None:
        start, end = period(one(one(resource.get(f"{name}Timing")).get("repeat")).get("boundsPeriod"))
    return start, end, text(resource.get(f"{name}String")) or amount(resource.get(f"{name}Age"))


def timed_or_unreadable(
    resource: Json, name: str
) -> tuple[PartialDate | None, PartialDate | None, str, tuple[Unreadable, ...]]:
    """`timed`, and for a date that is none the record as unreadable: as `date_or_unreadable`."""
    try:
        return *timed(resource, name), ()
    except CannotRead as error:
        return None, None, "", (Unreadable(origin(resource), error.why),)


def in_period(value: Any, on: date) -> bool:
    """True when the element's `period` may hold the day, or it has none; an unreadable period holds no day."""
    try:
        return covers(*period(value.get("period")), on)
    except CannotRead:
        return False


def number(value: Any) -> Decimal:
    """A JSON number as a decimal, with the digits it was written with. Raises CannotRead."""
    return _decimal(_digits(value))


def _digits(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CannotRead("no-value" if value is None else "bad-value")
    return str(value)


def _decimal(digits: str) -> Decimal:
    number = Decimal(digits)
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise CannotRead("bad-value")
    return number


def amount(value: Any) -> str:
    """A Quantity as its source wrote it, "7.1 %"; "" for what is none. Nothing is converted."""
    if not isinstance(value, dict):
        return ""
    measured = value.get("value")
    if isinstance(measured, bool) or not isinstance(measured, int | float | Decimal):
        return ""
    unit = text(value.get("unit")) or text(value.get("code"))
    return f"{text(value.get('comparator'))}{measured} {unit}".strip()


def quantity(value: Any) -> Quantity:
    """A Quantity with its unit: the UCUM code, else the code or the unit as written. Raises CannotRead."""
    return quantity_of(*quantity_parts(value))


def quantity_parts(value: Any) -> tuple[str, Any, Any, Any, Any]:
    """The digits as written, system, code, unit and comparator of a Quantity: what `quantity_of` remembers it by."""
    if not isinstance(value, dict):
        raise CannotRead("no-value")
    get = value.get
    return _digits(get("value")), get("system"), get("code"), get("unit"), get("comparator")


@lru_cache(maxsize=_REMEMBERED)
def quantity_of(digits: str, system: Any, code: Any, unit: Any, comparator: Any) -> Quantity:
    """Remembered by the digits, not by the number: 7 and 7.0 are equal, and not the same record. Raises CannotRead."""
    try:
        short_enough(digits, *(each for each in (system, code, unit) if isinstance(each, str)))
    except TypeError as error:
        raise CannotRead("bad-value") from error
    sign, ucum, written = text(comparator), text(code), text(unit)
    if sign not in ("", "<", "<=", ">=", ">"):
        raise CannotRead("bad-value")
    known = ucum if ucum and system in (UCUM, None) else written or ucum
    if not known:
        raise CannotRead("no-unit")
    return Quantity(_decimal(digits), known, sign)


def codings(concept: Any) -> tuple[Coding, ...]:
    """The usable codings of a CodeableConcept, or of a list of them, in their order; a coding without code is
    ignored.
    """
    try:
        return _codings(written(concept))
    except (KeyError, TypeError, AttributeError):  # a list of concepts, or malformed
        pass
    usable: list[Coding] = []
    for part in many(concept):
        for coding in many(part.get("coding")):
            code = text(coding.get("code"))
            if code and len(code) <= LONGEST_CODE:
                usable.append(Coding(canonical(text(coding.get("system"))), code, text(coding.get("display"))))
    return tuple(usable)


def written(concept: Any) -> Written:
    """The codings of one CodeableConcept as its source wrote them, a key for memories. Raises KeyError, TypeError or
    AttributeError for anything else.
    """
    return tuple([(part.get("system"), part["code"], part.get("display")) for part in concept["coding"]])


def as_concept(parts: Written, words: Any) -> Json:
    """A CodeableConcept of what `written` gave, and its text."""
    named = ("system", "code", "display")
    return {"coding": [dict(zip(named, part, strict=True)) for part in parts], "text": words}


@lru_cache(maxsize=_REMEMBERED)
def _codings(parts: Written) -> tuple[Coding, ...]:
    """Raises TypeError for what cannot be remembered."""
    for part in parts:
        short_enough(*part)
    known = [(canonical(text(system)), text(code), text(display)) for system, code, display in parts]
    return tuple(Coding(*coding) for coding in known if coding[1] and len(coding[1]) <= LONGEST_CODE)


def concept(value: Any) -> CodeableConcept:
    """A CodeableConcept; a list of them is read as one, with the codings of all and the text of the first."""
    return CodeableConcept(codings(value), concept_text(value))


def named_concept(value: Any) -> CodeableConcept:
    """A CodeableConcept that says something. Raises CannotRead("no-code") for one that does not."""
    named = concept(value)
    if not named.text:
        raise CannotRead("no-code")
    return named


def concepts(value: Any) -> tuple[CodeableConcept, ...]:
    """The CodeableConcepts of a list."""
    return tuple(map(concept, many(value)))


def concept_text(concept: Any) -> str:
    """What a CodeableConcept was called by its source: its text, else the first display, else the first code."""
    part = one(concept)
    if written := text(part.get("text")):
        return written
    listed = [text(c.get(key)) for key in ("display", "code") for c in many(part.get("coding"))]
    return next((word for word in listed if word), "")


def code_of(concept: Any) -> str:
    """The first code of a CodeableConcept whose value set FHIR fixes (a status, say); "" where there is none."""
    return next((text(c.get("code")) for c in many(one(concept).get("coding")) if text(c.get("code"))), "")


def version(resource: Json) -> str:
    """The version id, "" where the server gives none."""
    return text(one(resource.get("meta")).get("versionId"))


def updated(resource: Json) -> str:
    """meta.lastUpdated as the server wrote it, "" where it gives none."""
    meta = resource.get("meta")
    stamp = meta.get("lastUpdated") if isinstance(meta, dict) else None
    return stamp if isinstance(stamp, str) else ""


def patient_of(resource: Json) -> Reference | None:
    """The Patient a resource is about: subject, patient or for; None where it names none."""
    for name in ("subject", "patient", "for"):
        patient = reference(resource.get(name))
        if patient is not None and patient.type == "Patient":
            return patient
    return None
