"""HTML that cannot carry what somebody typed into a record: elements of htpy, whose texts are cleaned and escaped.

Elements are in `dashboard.ui.shared.elements`: `h.td(class_="c3-sub")[name, " ", number]`. htpy escapes every text and
attribute. `Element` and `fragment` clean them before that, so that no caller can forget it: they take away what can
hide or turn text around (control and bidirectional override characters) and bound its length. Nothing else imports
htpy or markupsafe, by test.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Self, TypeAlias

import htpy
from markupsafe import escape

from dashboard.ui.shared.wording import tn

# Names in real registers stay below this; longer ones are errors or attacks, and the record itself keeps them.
MAX_TEXT = 300
# No text at all, whatever it is, makes a page longer than this.
MOST_TEXT = 4000

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb"
    # Halves of a character, which no file and no wire takes.
    "\ud800-\udfff]+"
)
_DATES = re.compile(r"\d{2}-[A-Z][a-z]{2}(?:-\d{4})?|[A-Z][a-z]{2}-\d{4}")
# A value and its unit, as `show_quantity` writes them: a unit has a slash, a sign or is one of these words.
_UNIT = r"(?:\S*[/%²]\S*(?: m²)?|mmHg|kg|mg|g|bpm|cm|units?)(?=[\s,;:.)]|$)"
_VALUES = re.compile(rf"[<>]?=?\d[\d.,/]* {_UNIT}|{_DATES.pattern}")


class Html:
    """HTML that may be shown as it is. It is no str: nothing can be added to it, so that no text gets around `Element`.

    Only this module makes one of texts, and `icons` of shapes that are written there, by test.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __html__(self) -> str:
        return self._text

    __str__ = __html__


Child: TypeAlias = "Html | htpy.BaseElement | str | int | Iterable[Child] | None"
"""What an element may hold: text, numbers, other elements, None (nothing), and several of these."""

Attribute: TypeAlias = str | int | bool | None


class Element(htpy.Element):
    """An element of htpy that cleans its texts and attributes: `Element("p")(class_="c3-sub")["Born ", date]`.

    `class_`, `for_` lose the underscore, other underscores become hyphens. None and False leave an attribute out, True
    writes it without a value. What it holds is written at once and not, as by htpy itself, when it is shown: a table of
    25 patients takes 17 ms of processor time this way, and took 51.
    """

    __slots__ = ()

    def __call__(self, /, **attributes: Attribute) -> Self:  # type: ignore[override]
        return super().__call__(**{name: _clean_attribute(value) for name, value in attributes.items()})

    def __getitem__(self, children: Child) -> Html:  # type: ignore[override]
        return Html(f"<{self._name}{self._attrs}>{_written(children)}</{self._name}>")


class VoidElement(htpy.VoidElement):
    """An element without content, such as `col`, whose attributes are cleaned."""

    __slots__ = ()

    def __call__(self, /, **attributes: Attribute) -> Self:  # type: ignore[override]
        return super().__call__(**{name: _clean_attribute(value) for name, value in attributes.items()})


class _Fragment:
    def __getitem__(self, children: Child) -> Html:
        return Html(_written(children))


fragment = _Fragment()
"""Children one after the other without an element around them: `fragment[heading, table]`."""

_SPAN = Element("span")
_TAG = re.compile(r"(<[^>]*>)")
# Attributes that are read to somebody, or shown under the pointer.
_READ = re.compile(r'((?:aria-label|title|alt|placeholder)=")([^"]*)(")')


def with_words_replaced(html: Html, words: Mapping[str, str]) -> Html:
    """The HTML with other words in place of these, wherever somebody may read or hear them: whole words, in any case.

    What the elements are, and what they say to the page when they are pressed, stays.
    """
    wanted = {word.casefold(): other for word, other in words.items() if word.strip()}
    if not wanted:
        return html
    # As it is written, and as a name is shown; regular expressions know fewer capitals than Python does.
    written = {form for word in words if word.strip() for form in (word, word.upper(), word.casefold())}
    replaced = {_escaped(form): _escaped(wanted[form.casefold()]) for form in written if form.casefold() in wanted}
    folded = {form.casefold(): other for form, other in replaced.items()}
    longest = "|".join(map(re.escape, sorted(replaced, key=len, reverse=True)))
    # A person called May is not the month of a date.
    pattern = re.compile(rf"(?<!\w)(?<!\d-)(?:{longest})(?!\w)", re.IGNORECASE)

    def other(text: str) -> str:
        # A letter whose capital is another one may be folded in a third way.
        return pattern.sub(lambda match: folded.get(match[0].casefold(), "…"), text)

    parts = [
        _READ.sub(lambda found: found[1] + other(found[2]) + found[3], part) if part.startswith("<") else other(part)
        for part in _TAG.split(str(html))
    ]
    return Html("".join(parts))


def _escaped(word: str) -> str:
    return str(escape(bounded(word)))


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """The text without characters that hide or reorder, at most `limit` long (then it ends in an ellipsis)."""
    visible = _visible(text[: limit * 4]).strip()
    return visible if len(visible) <= limit else visible[: limit - 1].rstrip() + "…"


def bounded(text: str) -> str:
    """The text as an element of the page shows it: cleaned, and no longer than anybody reads."""
    return _visible(text if len(text) <= MOST_TEXT else _beginning(text))


def unbroken_dates(text: str) -> Html:
    """The text with each of its dates on one line: `(12-Sep-2026)` must not break at a hyphen."""
    return _on_one_line(text, _DATES)


def unbroken(text: str) -> Html:
    """The text with each of its dates on one line, and each value with its unit: `28 mL/min/1.73 m²`."""
    return _on_one_line(text, _VALUES)


def _on_one_line(text: str, pattern: re.Pattern[str]) -> Html:
    parts: list[Child] = []
    end = 0
    for match in pattern.finditer(text):
        parts += [text[end : match.start()], _SPAN(class_="c3-nw")[match[0]]]
        end = match.end()
    return fragment[parts, text[end:]]


def for_screen_readers(text: str) -> Html:
    """Text that a screen reader reads out and that is not shown."""
    return _SPAN(class_="c3-sr")[text]


def _written(child: Child) -> str:
    """The child as HTML: a text cleaned, cut and escaped, what is HTML already as it is."""
    if isinstance(child, str):
        return escape(bounded(child))
    if isinstance(child, Html):
        return child.__html__()
    if child is None:
        return ""
    if isinstance(child, (htpy.BaseElement, int)):
        return str(child)
    return "".join([_written(part) for part in child])


def _clean_attribute(value: Attribute) -> Attribute:
    return _visible(value[:MOST_TEXT]) if isinstance(value, str) else value


def _visible(text: str) -> str:
    # Nearly every text is plain, and a regular expression costs more than all else here.
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub(" ", text)


def _beginning(text: str) -> str:
    """The part that is shown of a text that nobody reads to its end, and how much is not: the record itself has it."""
    more = tn("{n} more character", "{n} more characters", len(text) - MOST_TEXT)
    return f"{text[:MOST_TEXT]}… ({more})"
