"""Every word on screen: `t("{n} patients", n=3)` looks the English sentence up in the language of this run.

English is the source, so a missing catalogue or sentence shows English, never a key. Catalogues are gettext files
under data/locales/<language>/LC_MESSAGES/dashboard.po, read by Babel as they are: there is nothing to compile.
Clinical dates and numbers do not go through here: they are never localised (see `dashboard.ui.shared.dates`).
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from babel.messages.pofile import read_po

LOCALES = Path(__file__).resolve().parents[3] / "data" / "locales"
SOURCE_LANGUAGE = "en"

# A ContextVar: Streamlit runs each session's script in a thread of its own, and two sessions may differ.
_language: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)

T = TypeVar("T")
Catalogue = dict[str, tuple[str, ...]]


def set_language(language: str) -> None:
    """The language of what this run shows, e.g. "eu"; one without a catalogue shows English."""
    _language.set(language if (LOCALES / language / "LC_MESSAGES" / "dashboard.po").is_file() else SOURCE_LANGUAGE)


def get_language() -> str:
    return _language.get()


def in_this_language(make: Callable[[], T]) -> Callable[[], T]:
    """`make` for later, outside any run (a download that is pressed), in the language of this run."""
    language = _language.get()

    def speak() -> T:
        token = _language.set(language)
        try:
            return make()
        finally:
            _language.reset(token)

    return speak


def t(message: str, /, **values: object) -> str:
    """The sentence in the language of this run, its {places} filled. A broken translation falls back to English."""
    translated = _singular(message)
    if not values:
        return translated
    try:
        return translated.format(**values)
    except (KeyError, IndexError, ValueError):
        return message.format(**values)


def tn(one: str, many: str, n: int, /, **values: object) -> str:
    """`tn("{n} patient", "{n} patients", 3)`: the form for the count, `n` filled in."""
    forms = _catalogue(_language.get()).get(one, ())
    # Babel keeps two forms for the four languages we have (en, es, eu, sv): one, and all others.
    chosen = forms[0 if n == 1 else 1] if len(forms) == 2 and all(forms) else (one if n == 1 else many)
    return chosen.format(n=n, **values)


def mark(message: str) -> str:
    """Says to the extractor that this constant is a sentence; it is translated where it is shown, by `t`."""
    return message


def _singular(message: str) -> str:
    forms = _catalogue(_language.get()).get(message, ())
    return forms[0] if forms and forms[0] else message


@lru_cache(maxsize=8)
def _catalogue(language: str) -> Catalogue:
    if language == SOURCE_LANGUAGE:
        return {}
    with (LOCALES / language / "LC_MESSAGES" / "dashboard.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    found: Catalogue = {}
    for entry in catalogue:
        if entry.id and not entry.fuzzy:
            key = entry.id if isinstance(entry.id, str) else entry.id[0]
            found[key] = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
    return found
