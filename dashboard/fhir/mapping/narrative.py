"""Narrative: the text that a record holds for people, without its HTML."""

import html
import re
from typing import Final

from dashboard.fhir.mapping.elements import Json, one, text

MOST: Final = 4000
"""Characters that are read: a page of text, and the record itself has the rest."""
_BREAK: Final = re.compile(r"</(?:p|div|li|tr|h[1-6])>|<br\s*/?>", re.I)
_TAG: Final = re.compile(r"<[^>]*>")


def narrative_text(resource: Json) -> str:
    """The words of `text.div`, a line a paragraph; "" without any."""
    div = text(one(resource.get("text")).get("div"))[: 4 * MOST]
    lines = html.unescape(_TAG.sub(" ", _BREAK.sub("\n", div))).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))[:MOST]
