"""Texts that people write, as every record holds them."""

import re
from typing import Final

# FHIR's string allows tab, line feed and carriage return, and no other control character.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def without_control_characters(text: str) -> str:
    """Returns the text without control characters and outer spaces (https://hl7.org/fhir/R4/datatypes.html#string)."""
    return text.strip() if text.isprintable() else _CONTROL.sub("", text).strip()
