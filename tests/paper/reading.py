"""Reads a PDF back, and compares it with a page."""

import io
import re
from html.parser import HTMLParser

from pypdf import PdfReader

# What a page has and paper has not: buttons and links elsewhere, and what only a screen reader is told of a picture.
_LEFT_OUT = frozenset({"button", "nav", "summary"})
# The latter is a reason in one line, which stands in full in what opens under it.
_HIDDEN = frozenset({"c3-sr", "c3-oneline"})
_VOID = frozenset({"col", "input", "br", "img"})


def sheets(pdf: bytes) -> list[str]:
    """The text of each sheet, as it can be searched for and copied."""
    return [_whole(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def _whole(text: str) -> str:
    return text.replace("\u200b", "").replace("\u00ad", "")


def squeezed(text: str) -> str:
    """Without spaces and line breaks: where a line ends is the paper's own matter."""
    return re.sub(r"\s+", "", text)


def folded(text: str) -> str:
    """The same without capitals: a line may begin on paper where it goes on on the page."""
    return squeezed(text).casefold()


def missing(html: str, pdf: bytes) -> list[str]:
    """The texts of a page that are not on paper."""
    printed = folded(" ".join(sheets(pdf)))
    return [text for text in texts_of(html) if folded(text) not in printed]


def texts_of(html: str) -> list[str]:
    """The texts that somebody who looks at the page sees, each as one."""
    reader = _Texts()
    reader.feed(html)
    return [text for text in (" ".join(part.split()) for part in reader.found) if text]


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        values = dict(attrs)
        classes = (values.get("class") or "").split()
        hides = tag in _LEFT_OUT or bool(_HIDDEN & set(classes)) or values.get("aria-hidden") == "true"
        self._open.append(hides)
        self._hidden += hides

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._open:
            self._hidden -= self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)
