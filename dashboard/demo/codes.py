"""How a site writes a concept: its codes, its unit, its rounding (data/demo/codes.yaml)."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from dashboard.demo.fhir import OWN, Json, coding, concept, quantity
from dashboard.demo.files import words

LOCAL: Final = OWN + "CodeSystem/demo-local"


@dataclass(frozen=True, slots=True)
class Coded:
    """A measure as one site sends it: value = canonical * scale + offset, in `unit`, rounded to `decimals`."""

    codes: tuple[tuple[str, str, str], ...]
    unit: str
    decimals: int
    scale: float = 1.0
    offset: float = 0.0

    def concept(self) -> Json:
        return concept([coding(*code) for code in self.codes], self.codes[0][2])

    def quantity(self, canonical: float, comparator: str = "") -> Json:
        return quantity(canonical * self.scale + self.offset, self.unit, self.decimals, comparator)


def _codes(given: list[list[str]], column: str) -> tuple[tuple[str, str, str], ...]:
    systems = {**words("codes")["systems"], "local": LOCAL}
    read_codes = [code for code in given if code[0] == "read"] if column == "uk-read" else []
    return tuple((systems[system], code, display) for system, code, display in read_codes or given)


@cache
def measure(name: str, column: str) -> Coded:
    """The measure as the column of a site writes it; "uk-read" is the UK's without all but Read."""
    row = words("codes")["measures"][name]
    given = row.get(column) or row["uk"]
    return Coded(
        _codes(given["codes"], column),
        given["unit"],
        given["decimals"],
        given.get("scale", 1.0),
        given.get("offset", 0.0),
    )


@cache
def _problem(name: str, column: str) -> tuple[tuple[str, str, str], ...]:
    row = words("codes")["conditions"][name]
    return _codes(row.get(column) or row["uk"], column)


def problem(name: str, column: str) -> Json:
    """The CodeableConcept of a condition as the column of a site writes it."""
    codes = _problem(name, column)
    return concept([coding(*code) for code in codes], codes[0][2])
