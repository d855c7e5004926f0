"""Every word on screen: `t("{n} patients", n=3)` looks the English sentence up in the language of the session.

English is the source, so a missing catalogue or sentence shows English, never a key. Catalogues are gettext files
under data/locales/<language>/LC_MESSAGES/dashboard.po, read by Babel as they are: there is nothing to compile.
Clinical dates and numbers do not go through here: they are never localised (see `dashboard.ui.shared.dates`).

Each session has its own language. Streamlit runs a session's script, its callbacks and its fragments in threads, each
time another one; `ask_for_language` names who knows the session of a thread. What has no session (a download that is
pressed) takes the language along: `in_this_language`.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import ParamSpec, TypeVar

from babel.messages.pofile import read_po

LOCALES = Path(__file__).resolve().parents[3] / "data" / "locales"
SOURCE_LANGUAGE = "en"

# Of a thread, so that two sessions at the same time do not mix; "" until it is set or the session is asked.
_language: ContextVar[str] = ContextVar("language", default="")
_ask: list[Callable[[], str]] = []
# The name of a folder: the browser's locale comes from outside and must not lead to another place.
_NAME = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")

P = ParamSpec("P")
T = TypeVar("T")
Catalogue = dict[str, tuple[str, ...]]


def set_language(language: str) -> None:
    """The language of what this thread shows, e.g. "eu"; one without a catalogue shows English."""
    _language.set(language if has_catalogue(language) else SOURCE_LANGUAGE)


def has_catalogue(language: str) -> bool:
    """Whether there are words in a language, by the name of its folder."""
    return bool(_NAME.fullmatch(language)) and (LOCALES / language / "LC_MESSAGES" / "dashboard.po").is_file()


def get_language() -> str:
    """The language of this thread: the one that was set, else its session's, else English."""
    language = _language.get()
    if not language and _ask and (asked := _ask[0]()):
        set_language(asked)
        language = _language.get()
    return language or SOURCE_LANGUAGE


def ask_for_language(of_session: Callable[[], str]) -> None:
    """`of_session` gives the language of the session whose script runs in this thread, "" where none does."""
    _ask[:] = [of_session]


def in_this_language(make: Callable[P, T]) -> Callable[P, T]:
    """`make` for later, outside any run (a download that is pressed), in the language of this session."""
    language = get_language()

    def worded(*args: P.args, **kwargs: P.kwargs) -> T:
        token = _language.set(language)
        try:
            return make(*args, **kwargs)
        finally:
            _language.reset(token)

    return worded


def t(message: str, /, **values: object) -> str:
    """The sentence in the language of this session, its {places} filled. A broken translation falls back to English."""
    translated = _singular(message)
    if not values:
        return translated
    try:
        return translated.format(**values)
    except (KeyError, IndexError, ValueError):
        return message.format(**values)


def tn(one: str, many: str, n: int, /, **values: object) -> str:
    """`tn("{n} patient", "{n} patients", 3)`: the form for the count, `n` filled in."""
    forms = _catalogue(get_language()).get(one, ())
    # Babel keeps two forms for the four languages we have (en, es, eu, sv): one, and all others.
    chosen = forms[0 if n == 1 else 1] if len(forms) == 2 and all(forms) else (one if n == 1 else many)
    return chosen.format(n=n, **values)


def mark(message: str) -> str:
    """Returns the sentence as it is: the extractor of words finds it here, and `t` translates it where it is shown."""
    return message


def _singular(message: str) -> str:
    forms = _catalogue(get_language()).get(message, ())
    return forms[0] if forms and forms[0] else message


@lru_cache(maxsize=8)
def _catalogue(language: str) -> Catalogue:
    if language == SOURCE_LANGUAGE:
        return {}
    with (LOCALES / language / "LC_MESSAGES" / "dashboard.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    sentences: Catalogue = {}
    for entry in catalogue:
        if entry.id and not entry.fuzzy:
            key = entry.id if isinstance(entry.id, str) else entry.id[0]
            sentences[key] = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
    return sentences
