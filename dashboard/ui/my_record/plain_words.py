"""The glossary of plain words (`data/plain-words`): names and sentences that a patient reads, each with its source."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from dashboard.ui.shared.wording import SOURCE_LANGUAGE, get_language

FOLDER: Final = Path(__file__).resolve().parents[3] / "data" / "plain-words"


@dataclass(frozen=True, slots=True)
class PlainWord:
    """What a patient reads for a code: its name, what it is, and where the words come from."""

    name: str
    meaning: str
    source: str


def plain_word(code: str) -> PlainWord | None:
    """The words in the language of this session, else in English; None for a code that the glossary does not have."""
    return plain_words(get_language()).get(code) or plain_words(SOURCE_LANGUAGE).get(code)


@lru_cache(maxsize=8)
def plain_words(language: str) -> dict[str, PlainWord]:
    """Every word of a language by its code; none for a language without a file."""
    file = FOLDER / f"plain-words-{language}.json"
    if not file.is_file():
        return {}
    concepts = json.loads(file.read_text(encoding="utf-8"))["concept"]
    return {each["code"]: PlainWord(each["display"], each["definition"], _source(each)) for each in concepts}


def _source(concept: dict[str, object]) -> str:
    properties = concept["property"]
    assert isinstance(properties, list)
    return str(next(each["valueString"] for each in properties if each["code"] == "source"))
