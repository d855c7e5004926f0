"""What a record says by naming nothing: that there are none known, none of one kind, or that it is not recorded.

The codes and the plain words of each are value sets (data/terminology/absence): `absence-allergies-none-known` ...
Words are compared as a whole, never a part of them: "no known allergies" is an absence, "no known allergies except
penicillin" is a thing that somebody must read.
"""

import re
import unicodedata
from collections.abc import Callable, Set
from enum import StrEnum
from typing import Final

from dashboard.domain.values.code_systems import ATC, ICD_10, ICD_10_CM, ICPC_2, LOINC, READ, RXNORM, SNOMED, canonical
from dashboard.domain.values.datatypes import CodeableConcept, Coding


class Subject(StrEnum):
    """Of what a record may say that there is none."""

    ALLERGIES = "allergies"
    MEDICINES = "medicines"
    PROBLEMS = "problems"


class Absence(StrEnum):
    """What is said, the weakest first: where a record says several, the weakest counts."""

    UNKNOWN = "unknown"  # a name that is unknown, or was not asked for; of what, the record does not say
    NOT_RECORDED = "not-recorded"  # no information about allergies, medicines, problems
    PARTLY_NONE = "partly-none"  # none of one kind: "no known drug allergies"
    NONE_KNOWN = "none-known"


PREFIX: Final = "absence-"
_ANY: Final = "any"
_NAMING: Final = frozenset({SNOMED, LOINC, ATC, RXNORM, ICD_10, ICD_10_CM, ICPC_2, READ})
"""Systems whose codes name a thing: words that say "none" beside such a code do not take it away."""
_EXCEPTIONS: Final = re.compile(
    r"\b(?:except|but|other|apart|besides|until|salvo|excepto|menos|pero|hasta|ezik|baina|arte|utom|förutom|men|tills)\b"
)
"""Words of the four languages after which something is named all the same."""
_TAG: Final = re.compile(r" \((?:situation|finding|qualifier value|contextual qualifier)\)")
_WILD: Final = r"([^,;:.()/]{1,60})"


class AbsenceWords:
    """Finds the value sets whose plain words a text consists of. `*` in a phrase stands for one to four words."""

    def __init__(self) -> None:
        self._exact: dict[str, set[str]] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []

    def add(self, name: str, phrase: str) -> None:
        plain = _plain(phrase)
        if "*" in plain:
            pattern = re.escape(plain).replace(r"\*", _WILD)
            self._patterns.append((re.compile(pattern + r"\Z"), name))
        else:
            self._exact.setdefault(plain, set()).add(name)

    def find(self, text: str) -> Set[str]:
        """Names of the value sets; a phrase without `*` wins over those with one."""
        plain = _plain(text)
        if plain in self._exact:
            return self._exact[plain]
        return {name for pattern, name in self._patterns if (found := pattern.match(plain)) and _is_short(found[1])}


def absence_in(
    subject: Subject, concept: CodeableConcept, value_sets: Callable[[Coding], Set[str]], words: AbsenceWords
) -> Absence | None:
    """What the concept says of a subject by naming nothing; None where it names something, or nothing at all.

    Codes count before words. A code of a public system that no value set lists names a thing, unless its own display
    says "none".
    """
    found: set[Absence] = set()
    for coding in concept.codings:
        coded = _of(subject, value_sets(coding))
        if not coded and canonical(coding.system) in _NAMING:
            coded = _of(subject, words.find(coding.display))
            if not coded:
                return None
        found |= coded
    if not found:
        found = _of(subject, words.find(concept.text))
    return min(found, key=list(Absence).index, default=None)


def _of(subject: Subject, names: Set[str]) -> set[Absence]:
    starts = (f"{PREFIX}{subject}-", f"{PREFIX}{_ANY}-")
    return {Absence(name.removeprefix(start)) for name in names for start in starts if name.startswith(start)}


def _plain(text: str) -> str:
    """The words in lower case, without SNOMED CT's tag, quotes, and what stands at their ends."""
    untagged = _TAG.sub("", unicodedata.normalize("NFC", text).casefold())
    return " ".join(untagged.strip(" .!-\"'()[]").split())


def _is_short(words: str) -> bool:
    return len(words.split()) <= 4 and not _EXCEPTIONS.search(words)
