"""JSON as FHIR means it: a decimal keeps the digits it was written with, from the server and back to it.

7.10 says more than 7.1 (https://hl7.org/fhir/R4/datatypes.html#decimal: the precision has significance), so a record
that is read, changed and saved must not lose a zero on the way. Python's float would: decimals are read as `Decimal`.
"""

from decimal import Decimal
from typing import Any, Final

import msgspec
import orjson

LONGEST_NUMBER: Final = 100
"""Characters: FHIR asks for 18 digits, and a megabyte of them is an attack."""


def parse(text: bytes) -> Any:
    """The value; whole numbers as int, others as Decimal. Raises ValueError for what is no JSON, RecursionError for
    what is nested too deeply.
    """
    return _decode(text)


def written(value: Any) -> bytes:
    """The JSON text of a value. Raises TypeError for what JSON cannot carry."""
    return orjson.dumps(value, default=_digits)


def pretty(value: Any) -> str:
    """The JSON text on lines, for people. Raises TypeError for what JSON cannot carry or is nested too deeply."""
    return orjson.dumps(value, default=_digits, option=orjson.OPT_INDENT_2).decode()


def _decimal(literal: str) -> Decimal:
    if len(literal) > LONGEST_NUMBER:
        raise ValueError("a number of too many digits")
    return Decimal(literal)


def _digits(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is no JSON")


_decode = msgspec.json.Decoder(float_hook=_decimal).decode
