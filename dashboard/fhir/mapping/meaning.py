"""What a CodeableConcept means, kept: the same few hundred diagnoses and medicines come in every team."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.reading import Written, as_concept, short_enough, written

T = TypeVar("T")

_KEPT: Final = 4096


def remembered(meaning: Callable[[Any, Terminology], T]) -> Callable[[Any, Terminology], T]:
    """The function with a memory of its latest answers, by the codings and the text as their source wrote them.

    What is words only, malformed or longer than `reading.LONGEST_KEPT` is worked out each time.
    """

    @lru_cache(maxsize=_KEPT)
    def kept(parts: Written, words: Any, terminology: Terminology) -> T:
        # Looked at once a concept, not at every row: what is raised is not kept.
        short_enough(*(each for part in parts for each in part), words)
        return meaning(as_concept(parts, words), terminology)

    def answer(concept: Any, terminology: Terminology) -> T:
        try:
            return kept(written(concept), concept.get("text"), terminology)
        except (KeyError, TypeError, AttributeError):
            return meaning(concept, terminology)

    return answer
