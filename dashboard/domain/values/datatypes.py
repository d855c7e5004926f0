"""Values that refuse to be wrong: a Coding, Quantity, PartialDate or Reference that exists is well formed.

FHIR R4 datatypes: https://hl7.org/fhir/R4/datatypes.html
"""

import calendar
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import total_ordering
from typing import Final

from dashboard.domain.values.site_time import midnight, site_day, site_zone

UCUM = "http://unitsofmeasure.org"
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_TYPE = re.compile(r"[A-Z][A-Za-z]+\Z")
_set = object.__setattr__  # of a frozen dataclass, while it is made
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(T.+)?)?)?\Z")


@dataclass(frozen=True, slots=True)
class Coding:
    """A code in a code system, e.g. `Coding("http://loinc.org", "59261-8", "HbA1c")`.

    `system` is the canonical URI, "" where the source gave none. Two codings are the same concept when system
    and code agree; `display` never decides anything.
    """

    system: str
    code: str
    display: str = ""

    def __post_init__(self) -> None:
        if not self.code or self.code != self.code.strip():
            raise ValueError("a code is needed, without surrounding spaces")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Coding) and (self.system, self.code) == (other.system, other.code)

    def __hash__(self) -> int:
        return hash((self.system, self.code))


@dataclass(frozen=True, slots=True)
class CodeableConcept:
    """What a source calls a thing: its codings in their order, and a name in words.

    `text` is the CodeableConcept's own text, else the first display, else the first code, else "".
    """

    codings: tuple[Coding, ...] = ()
    text: str = ""


NO_CONCEPT = CodeableConcept()


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A relative literal reference, `Reference("Patient", "p1")`; `str()` gives `Patient/p1`."""

    type: str
    id: str

    def __post_init__(self) -> None:
        if not _TYPE.match(self.type) or not _ID.match(self.id):
            raise ValueError("a reference is a resource type and an id of up to 64 letters, digits, - and .")

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Reads `Patient/p1` and `Patient/p1/_history/2`. Raises ValueError for anything else.

        An absolute address is refused: ids are unique on their server only, and the client has already made relative
        what names our own server.
        """
        parts = text.split("/_history/")[0].split("/")
        if len(parts) != 2:
            raise ValueError("not a relative literal reference such as Patient/123")
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class NamedReference:
    """A FHIR Reference element: the record it refers to (None where it cannot be followed) and its display."""

    to: Reference | None = None
    name: str = ""


NOBODY = NamedReference()


@total_ordering
@dataclass(frozen=True, slots=True)
class PartialDate:
    """A FHIR date or dateTime that keeps its precision: "1980" stays "1980".

    Ordered by its first possible moment, the less precise first. `start` and `end` are the first and the last day
    it may mean, at the sites whatever zone it is written in (`site_time`); `moment` is the first moment, in UTC. A day,
    and a time without zone, are those of the sites. They are worked out once: the rules of a worklist ask for them
    fifty thousand times.
    """

    text: str
    start: date = field(init=False, repr=False, compare=False)
    end: date = field(init=False, repr=False, compare=False)
    moment: datetime = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = _DATE.match(self.text)
        if not found:
            raise ValueError("a date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz")
        year, month, day, time = found.groups()
        first = last = date(int(year), int(month or 1), int(day or 1))
        if time:
            stamp = datetime.fromisoformat(self.text)
            try:
                moment = (stamp if stamp.tzinfo else stamp.replace(tzinfo=site_zone())).astimezone(UTC)
                first = last = site_day(moment)
            except OverflowError:
                raise ValueError("a moment is between the years 1 and 9999 in UTC") from None
        else:
            moment = midnight(first)
            if month is None:
                last = date(first.year, 12, 31)
            elif day is None:
                last = date(first.year, first.month, calendar.monthrange(first.year, first.month)[1])
        _set(self, "start", first)
        _set(self, "end", last)
        _set(self, "moment", moment)

    @property
    def precision(self) -> str:
        """ "year", "month", "day" or "time"."""
        return {4: "year", 7: "month", 10: "day"}.get(len(self.text), "time")

    def __lt__(self, other: "PartialDate") -> bool:
        return (self.moment, len(self.text), self.text) < (other.moment, len(other.text), other.text)

    def __str__(self) -> str:
        return self.text


def is_reversed(start: PartialDate | None, end: PartialDate | None) -> bool:
    """Returns whether the end certainly lies before the start; days with days, and moments with moments."""
    if start is None or end is None:
        return False
    exact = start.precision == end.precision == "time"
    return end.end < start.start or (exact and end.moment < start.moment)


UNITY: Final = "1"
"""UCUM's unit of a number that has none: it is not shown."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as recorded (with its decimals) and its UCUM unit code, e.g. `Quantity(Decimal("7.1"), "%")`.

    Conversion is by unit, per measured substance: see `dashboard.domain.values.units`. An unknown unit is refused
    there.
    """

    value: Decimal
    unit: str
    comparator: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.value, Decimal) or not self.value.is_finite():
            raise ValueError("a quantity needs a finite decimal number")
        if self.comparator not in ("", "<", "<=", ">=", ">"):
            raise ValueError("a comparator is <, <=, >= or >")
