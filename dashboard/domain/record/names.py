"""Names as people type them: with or without accents, apostrophes and spaces, and with one wrong letter.

What counts as alike is a draft of ours, to be reviewed by clinicians.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from dashboard.domain.record.people import Person

FEWEST_LETTERS_TO_FORGIVE: Final = 3
"""A shorter word with one other letter is another word."""
MOST_LETTERS: Final = 300
"""Letters of a name that are compared: names in real registers are shorter. A name of a million letters, which a faulty
server sends, must not keep everybody else's page waiting.
"""
_LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ß": "ss", "ħ": "h"}
)
"""Letters that Unicode does not take apart into a letter and a sign."""
_APOSTROPHES: Final = re.compile(r"['`´\u2018\u2019\u201b\u02bc\u02bb\uff07]")


class Fit(IntEnum):
    """How a typed text fits a name: not at all, but for one letter of a word, or as it is."""

    NONE = 0
    ONE_LETTER = 1
    EXACT = 2


def plain(text: str) -> str:
    """Returns the text in lower case, without accents, words separated by one space: "Ibáñez-Goñi, Ane" is
    "ibanez goni ane", "O'Brien" is "obrien". What follows the first `MOST_LETTERS` letters is left out.
    """
    short = text[:MOST_LETTERS].casefold()
    folded = "".join(c for c in unicodedata.normalize("NFKD", short) if not unicodedata.combining(c))
    joined = _APOSTROPHES.sub("", folded.translate(_LETTERS))
    return " ".join(re.sub(r"[^\w]+", " ", joined.replace("_", " ")).split())


def fit_of(person: Person, text: str) -> Fit:
    """How the typed text fits the person's name.

    Each word begins a word of the name, or all words together begin the family name, the given names, or both in
    either order: "o brien", "vanderberg" and "van der berg" find O'Brien and Van der Berg.
    """
    words = plain(text).split()
    if not words:
        return Fit.NONE
    name = person.name
    family, given = plain(name.family), plain(name.given)
    parts = [*family.split(), *given.split(), *plain(name.text).split(), *plain(_apart(name.family)).split()]
    wholes = [_joined(each) for each in (family, given, f"{family} {given}", f"{given} {family}", plain(name.text))]
    together = "".join(words)
    if all(any(part.startswith(word) for part in parts) for word in words):
        return Fit.EXACT
    if any(whole.startswith(together) for whole in wholes):
        return Fit.EXACT
    if all(any(_begins_but_for_one(part, word) for part in (*parts, *wholes)) for word in words):
        return Fit.ONE_LETTER
    return Fit.ONE_LETTER if any(_begins_but_for_one(whole, together) for whole in wholes) else Fit.NONE


def similar_people(people: Iterable[Person]) -> frozenset[str]:
    """Returns the ids of those who have a similar name and birth date to somebody else of these people.

    Similar: family name and first given name each the same but for one letter (or an initial for the given name), and a
    birth date that is the same, has day and month exchanged, or differs in one digit. A birth date that is not known
    to the day is similar to none. Records that are not in use have a mark of their own.
    """
    near: dict[str, list[_Compared]] = defaultdict(list)
    for person in people:
        if person.in_use and person.birth is not None and person.birth.start == person.birth.end:
            compared = _compared(person)
            for key in _near_dates(person.birth.start.strftime("%Y%m%d")):
                near[key].append(compared)
    found: set[str] = set()
    for group in near.values():
        for number, one in enumerate(group):
            found |= {
                each for other in group[number + 1 :] if _similar_names(one, other) for each in (one.id, other.id)
            }
    return frozenset(found)


class _Compared(NamedTuple):
    """A person as compared with others. Made once a person: there are many more pairs than people."""

    id: str
    family: str
    given: str


def _compared(person: Person) -> _Compared:
    name = person.name
    return _Compared(person.id, _joined(plain(name.family or name.text)), next(iter(plain(name.given).split()), ""))


def _near_dates(digits: str) -> list[str]:
    """Keys of which two similar dates have one in common."""
    month, day = sorted((digits[4:6], digits[6:]))
    return [f"{digits[:4]}/{month}/{day}", *(f"{digits[:i]}?{digits[i + 1 :]}" for i in range(len(digits)))]


def _similar_names(one: _Compared, other: _Compared) -> bool:
    if one.id == other.id:
        return False
    initial = min(len(one.given), len(other.given)) <= 1 and one.given[:1] == other.given[:1]
    return within_one(one.family, other.family) and (initial or within_one(one.given, other.given))


def within_one(one: str, other: str) -> bool:
    """Whether two words are the same but for one letter: another, one more, one less, or two exchanged."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < FEWEST_LETTERS_TO_FORGIVE:
        return False
    shorter, longer = sorted((one, other), key=len)
    at = next((i for i, letter in enumerate(shorter) if letter != longer[i]), len(shorter))
    if len(shorter) < len(longer):
        return shorter[at:] == longer[at + 1 :]
    exchanged = shorter[at : at + 2] == longer[at : at + 2][::-1] and shorter[at + 2 :] == longer[at + 2 :]
    return exchanged or shorter[at + 1 :] == longer[at + 1 :]


def _begins_but_for_one(part: str, word: str) -> bool:
    ends: Sequence[int] = range(len(word) - 1, len(word) + 2)
    return len(word) >= FEWEST_LETTERS_TO_FORGIVE and any(within_one(part[:end], word) for end in ends)


def _joined(text: str) -> str:
    return text.replace(" ", "")


def _apart(text: str) -> str:
    """The text with a space for each apostrophe: "brien" begins a word of O'Brien."""
    return _APOSTROPHES.sub(" ", text)
