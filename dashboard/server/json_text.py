"""JSON in and out, with every decimal as it was written: 7.10 stays 7.10, as FHIR asks
(https://hl7.org/fhir/R4/datatypes.html#decimal).
"""

from decimal import Decimal
from typing import Any, Final

import msgspec

from dashboard.server.outcome import FhirError

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def decode(text: bytes | str) -> Any:
    """The parsed JSON; its decimals are Decimal. Raises FhirError 400."""
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError) as error:
        raise FhirError(400, "The body is not valid JSON", "structure") from error
    except RecursionError as error:
        raise FhirError(400, "The body is nested too deeply", "structure") from error


def encode(value: Any) -> bytes:
    """The value as compact JSON; `msgspec.Raw` inside it is copied as it is. Raises FhirError 400."""
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise FhirError(400, "The resource holds text or a number that JSON cannot carry", "value") from error
