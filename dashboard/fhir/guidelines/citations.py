"""Checks of where a card or an effect comes from. How a source was read is said by its mark alone, and so once."""

import re
from collections.abc import Iterator
from typing import Final

from dashboard.domain.guidelines.rule import Citation

READ: Final = ("V", "S", "M", "S/M")
"""How a source was read."""
_SAID_IN_WORDS: Final = re.compile(r"\b(?:memory|remembered|secondary source|to be checked)\b", re.IGNORECASE)


def wrong_citation(citation: Citation) -> Iterator[tuple[str, str]]:
    """What is wrong in a citation: the name of the part in a PlanDefinition, and words."""
    if citation.read not in READ:
        yield "label", "label says how the source was read: V, S, M or S/M"
    if not citation.link.startswith("https://"):
        yield "url", "a link begins with https://"
    for part, words in (("display", citation.source), ("citation", citation.edition)):
        if _SAID_IN_WORDS.search(words):
            yield (
                part,
                "the label says how the source was read; where that is true of a part, the part has its own entry",
            )
