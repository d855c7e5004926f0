"""HTML that cannot carry what somebody typed into a record: `h("td", name)` escapes, `Html` is what is already safe.

Everything from a server or a user passes through `h` on its way to the screen. `clean` takes away what can hide
or turn text around (control and bidirectional override characters) and bounds its length.
"""

import html
import re
from collections.abc import Iterable
from typing import Union

from dashboard.ui.shared.wording import tn

# Names in real registers stay below this; longer ones are errors or attacks, and the record itself keeps them.
MAX_TEXT = 300
# No text at all, whatever it is, makes a page longer than this.
MOST_TEXT = 4000

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb"
    # Halves of a character, which no file and no wire takes.
    "\ud800-\udfff]+"
)
_VOID = frozenset({"br", "hr", "img", "input", "path", "circle", "line", "rect", "use"})


class Html(str):
    """Markup made here; any other string is text and gets escaped."""

    __slots__ = ()


Child = Union[str, int, None, Iterable["Child"]]  # noqa: UP007 - a name in quotes has no |


def h(tag: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """One element. `class_`, `for_` lose the underscore, others become hyphens: `data_act="x"` is `data-act="x"`.

    None and False leave an attribute out, True writes it bare. Strings are cleaned and escaped.
    """
    written = "".join([_attribute(name, value) for name, value in attributes.items()]) if attributes else ""
    if tag in _VOID:
        return Html(f"<{tag}{written}/>")
    return Html(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """The children one after the other, without an element around them."""
    return Html("".join([_child(child) for child in children]))


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """The text without characters that hide or reorder, at most `limit` long (then it ends in an ellipsis)."""
    seen = _seen(text[: limit * 4]).strip()
    return seen if len(seen) <= limit else seen[: limit - 1].rstrip() + "…"


_DATES = re.compile(r"\d{2}-[A-Z][a-z]{2}(?:-\d{4})?|[A-Z][a-z]{2}-\d{4}")


def dated(text: str) -> Html:
    """The text with its dates kept on one line each: `(12-Sep-2026)` must not break at a hyphen."""
    parts: list[Child] = []
    end = 0
    for found in _DATES.finditer(text):
        parts += [text[end : found.start()], h("span", found[0], class_="c3-nw")]
        end = found.end()
    return join(parts, text[end:])


def hidden(text: str) -> Html:
    """Said by a screen reader, not shown."""
    return h("span", text, class_="c3-sr")


def _seen(text: str) -> str:
    # Nearly every text is plain, and a regular expression costs more than all else here.
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(" ", text)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return html.escape(_seen(child if len(child) <= MOST_TEXT else _beginning(child)))
    if isinstance(child, int):
        return str(child)
    return "".join(_child(each) for each in child)


def _beginning(text: str) -> str:
    """What is shown of a text that nobody reads to its end, and how much is not: the record itself keeps all of it."""
    more = tn("{n} more character", "{n} more characters", len(text) - MOST_TEXT)
    return f"{text[:MOST_TEXT]}… ({more})"


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {written}"
    return f' {written}="{html.escape(_seen(str(value)[:MOST_TEXT]))}"'
