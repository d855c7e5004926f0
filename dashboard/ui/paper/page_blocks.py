"""A page's own HTML as blocks of a document, so that paper says what the page says, in the same words and order.

What only a screen can do is left out: buttons, links elsewhere that are buttons, icons, labels for narrow screens. What
is folded is open. Headings, tables with their group rows, lists and drawings remain what they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from dashboard.paper.document import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Line,
    Paragraph,
    Picture,
    Row,
    Table,
    Tone,
    Words,
)
from dashboard.ui.paper.sheet import picture
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.wording import t

_DROPPED_TAGS = frozenset({"button", "nav", "caption", "colgroup"})
_DROPPED_CLASSES = frozenset({"c3-sr", "c3-icon", "c3-button", "c3-actions", "c3-cardlabel"})
_VOID = frozenset({"col", "br", "img", "input", "circle", "rect", "path"})
_BLOCKS = frozenset({"div", "p", "ul", "ol", "li", "section", "details", "summary", "dl", "dd", "dt", "header"})
_TONES = (
    (Tone.URGENT, frozenset({"c3-mark-urgent", "c3-urgentword", "c3-danger"})),
    (Tone.LATE, frozenset({"c3-lateword", "c3-flag", "c3-mark", "c3-odd", "c3-failed", "c3-alike", "c3-newflag"})),
    (Tone.SOFT, frozenset({"c3-sub", "c3-quiet", "c3-pillcount", "c3-side", "c3-points", "c3-usually", "c3-class"})),
)
_STRONG = frozenset({"b", "strong", "th", "summary", "h3", "c3-what"})
"""Tags and classes of what is weighty in its cell or line."""
# Class of a table -> the share of each column.
_SHARES = {
    "c3-measurements": (1.5, 2.0, 1.5, 1.4, 1.3, 2.0, 1.5, 0.9),
    "c3-medicines": (1.4, 2.3, 2.0, 1.5, 1.9, 1.7),
    "c3-steps": (2.4, 1.0, 1.0, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 0.8, 0.9, 1.1),
    "c3-teams": (3.4, 1.0, 1.0, 1.1, 1.1, 1.0, 0.9, 1.1, 1.1),
    "c3-lost": (4.0, 1.0, 1.0),
}
_PLACES = 2.4
"""Of the names of places, where a table has no shares of its own."""
_GOALS = (1.5, 1.4, 1.7)
_SPARK = (18.0, 6.0)
_IN_A_ROW = frozenset({"c3-tags", "c3-agreement"})
"""Classes of what has several facts in a row, a semicolon between two of them."""
_OWN_LINES = frozenset({"c3-mark"})
_SMALL_PRINT = "ranges"
_ONE_LINE = 95
"""Letters of an item that stand on one line of a sheet."""


@dataclass(slots=True)
class _Node:
    """An element with what is in it; `source` is its own HTML where it is a drawing."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["_Node | str"] = field(default_factory=list)
    source: str = ""

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(self.attributes.get("class", "").split())

    @property
    def dropped(self) -> bool:
        return (
            self.tag in _DROPPED_TAGS
            or bool(self.classes & _DROPPED_CLASSES)
            or self.attributes.get("aria-hidden") == "true"
        )

    def each(self, tag: str) -> Iterator["_Node"]:
        """The elements of a tag in it, at any depth, but none within another of them."""
        for child in self.children:
            if isinstance(child, _Node):
                if child.tag == tag:
                    yield child
                else:
                    yield from child.each(tag)


def page_blocks(html: Html) -> list[Block]:
    """The blocks of a page or a part of it."""
    reader = _Reader()
    reader.feed(str(html))
    return _with_their_tables(_Blocks().of(reader.root))


def _with_their_tables(blocks: list[Block]) -> list[Block]:
    """What stands between a heading and its table is never the last on a sheet: the heading would be left with it."""
    found = list(blocks)
    for place in range(1, len(blocks) - 1):
        before, here, after = blocks[place - 1 : place + 2]
        if isinstance(before, Heading) and isinstance(here, Paragraph) and isinstance(after, Table):
            found[place] = replace(here, stays_with_next=True)
    return found


class _Reader(HTMLParser):
    """Reads HTML that the dashboard itself made, so that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.root = _Node("div")
        self._open = [self.root]
        self._drawing = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if self._drawing:
            self._drawn(self.get_starttag_text() or "")
        if tag == "svg" and not self._drawing:
            self._drawing, node.source = len(self._open), self.get_starttag_text() or ""
        if tag not in _VOID or self._drawing:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID and not self._drawing:
            return
        if self._drawing:
            self._drawn(f"</{tag}>")
            if len(self._open) - 1 == self._drawing:
                self._drawing = 0
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def _drawn(self, text: str) -> None:
        self._open[self._drawing].source += text


class _Blocks:
    """The blocks of a tree: texts that follow each other make a paragraph, until an element that is more than text."""

    def __init__(self) -> None:
        self._found: list[Block] = []
        self._last: list[Block] = []

    def of(self, node: _Node) -> list[Block]:
        """Returns the blocks; where the usual ranges come from stands at the end, in small print."""
        self._walk(node)
        return [*self._found, *self._last]

    def _walk(self, node: _Node) -> None:
        for part in _parts(node):
            if isinstance(part, tuple):
                self._found.append(Paragraph(part, stays_with_next=node.tag == "summary"))
            elif isinstance(part, Picture):
                self._found.append(part)
            elif part.tag in ("h1", "h2", "h3"):
                self._found.append(_heading(part))
            elif part.tag == "table":
                self._found.append(_table(part))
            elif "c3-plangoals" in part.classes:
                self._found.append(_goals(part))
            elif "c3-figures" in part.classes:
                self._found += [Paragraph(_figure(each)) for each in part.children if isinstance(each, _Node)]
            elif part.tag in ("ul", "ol"):
                items = tuple(cell for item in _items(part) if (cell := _item(item)))
                self._found += [Bullets(items)] if items else []
            elif part.tag == "details" and part.attributes.get("data-key") == _SMALL_PRINT:
                self._last.append(_small_print(part))
            elif "c3-planbox" in part.classes:
                facts = [_one_line(child) for child in part.children if isinstance(child, _Node)]
                self._found.append(Paragraph(_joined([fact for fact in facts if fact])))
            elif part.classes & {"c3-banner", "c3-failed"}:
                self._found.append(Paragraph(_one_line(part), framed=True))
            else:
                self._walk(part)


def _heading(node: _Node) -> Heading:
    """`Medicines (7)`: what is quieter on the page than the heading stands in brackets."""
    words = _one_line(node)
    shown = [f"({word.text})" if word.tone is Tone.SOFT else word.text for word in words]
    return Heading(" ".join(shown), 2 if node.tag == "h3" else 1)


def _figure(node: _Node) -> Line:
    """A figure on one line: what it is, the number, and what that means."""
    term, *told = [_one_line(each) for each in node.children if isinstance(each, _Node) and not each.dropped]
    name = [Words(f"{word.text}:", word.tone) for word in term]
    value = [Words(word.text, Tone.STRONG) for word in (told[0] if told else ())]
    return (*name, *value, *(word for line in told[1:] for word in line))


def _goals(node: _Node) -> Table:
    """The goals of a plan, which stand in three columns on the page: what, how far, and who does what for it."""
    headings = (t("Goal, whose it is, and who agrees"), t("Target and latest result"), t("Who does what until when"))
    rows = []
    for item in _items(node):
        parts = [_cell(part) for part in item.children if isinstance(part, _Node) and not part.dropped]
        rows.append(Row(tuple(parts[: len(headings)])))
    return Table(tuple(Column(*each) for each in zip(headings, _GOALS, strict=True)), tuple(rows))


def _items(node: _Node) -> Iterator[_Node]:
    return (item for item in node.each("li") if not item.dropped)


def _item(node: _Node) -> Cell:
    """What an item says first, then the rest beside it where there is room, else under it; a line each for the lists in
    it, such as comments.
    """
    own: list[Line] = []
    below: list[Line | Words | Picture] = []
    for part in _flat(node, _tone(node, Tone.PLAIN)):
        if isinstance(part, _Node):
            below += [(Words("–"), *_one_line(item)) for item in _items(part)]
        elif isinstance(part, tuple):
            own.append(part)
        else:
            below.append(part)
    if not own:
        return tuple(below)
    first, rest = own[0], _joined(own[1:])
    letters = sum(len(word.text) for word in (*first, *rest))
    lines = [(*first, *rest)] if letters <= _ONE_LINE else [first, rest]
    return (*(line for line in lines if line), *below)


def _joined(lines: list[Line]) -> Line:
    """The lines as one, a semicolon between two of them."""
    words = [word for line in lines for word in (*line[:-1], Words(f"{line[-1].text};", line[-1].tone))]
    return (*words[:-1], Words(words[-1].text.removesuffix(";"), words[-1].tone)) if words else ()


def _flat(node: _Node, tone: Tone) -> Iterator[Line | Picture | _Node]:
    """The lines and pictures of an item, and the lists in it."""
    for part in _parts(node, tone):
        if isinstance(part, _Node) and part.tag not in ("ul", "ol"):
            yield from _flat(part, _tone(part, tone))
        else:
            yield part


def _small_print(node: _Node) -> Paragraph:
    title = next((" ".join(word.text for word in _one_line(each)) for each in node.each("summary")), "")
    items = [" ".join(word.text for word in _one_line(item)) for item in _items(node)]
    return Paragraph((Words(f"{title}: {'; '.join(items)}.", Tone.SOFT),))


def _parts(node: _Node, tone: Tone = Tone.PLAIN) -> list[Line | Picture | _Node]:
    """What is in an element: lines of text, pictures, and elements that are blocks themselves."""
    parts: list[Line | Picture | _Node] = []
    line: list[Words] = []

    def end_line() -> None:
        if line:
            parts.append(tuple(line))
            line.clear()

    def walk(inside: _Node, tone: Tone) -> None:
        tone = _tone(inside, tone)
        tagged = False
        for child in inside.children:
            # Tags stand beside each other on a screen; on paper there is a comma between two.
            is_tag = isinstance(child, _Node) and "c3-tag" in child.classes
            if is_tag and tagged:
                _add(line, ",", tone)
            tagged = is_tag
            if isinstance(child, str):
                _add(line, child, tone)
            elif child.dropped:
                continue
            elif child.tag == "svg":
                end_line()
                parts.append(picture(child.source, child.attributes.get("aria-label", ""), *_SPARK))
            elif child.tag == "b" and "c3-mark" in inside.classes:
                continue  # the sign of a mark, whose words follow
            elif child.tag in _BLOCKS or child.classes & _OWN_LINES or child.tag in ("h1", "h2", "h3", "table"):
                end_line()
                parts.append(child)
            else:
                walk(child, tone)

    walk(node, tone)
    end_line()
    return parts


def _tone(node: _Node, outer: Tone) -> Tone:
    for tone, classes in _TONES:
        if node.classes & classes:
            return tone
    weighty = node.tag in _STRONG or bool(node.classes & _STRONG)
    return Tone.STRONG if weighty and outer is Tone.PLAIN else outer


def _add(line: list[Words], text: str, tone: Tone) -> None:
    shown = " ".join(text.split())
    if not shown:
        return
    if line and line[-1].tone is tone:
        gap = "" if shown[0] in ",;:.)”" or line[-1].text[-1] in "(/“" else " "
        line[-1] = Words(f"{line[-1].text}{gap}{shown}", tone)
    else:
        line.append(Words(shown, tone))


def _one_line(node: _Node) -> Line:
    """All texts of an element on one line."""
    words: list[Words] = []
    for each in _cell(node):
        words += each if isinstance(each, tuple) else [each] if isinstance(each, Words) else []
    return tuple(words)


def _cell(node: _Node, tone: Tone = Tone.PLAIN) -> Cell:
    """Everything in an element, a line for each block in it."""
    found: list[Line | Words | Picture] = []
    tone = _tone(node, tone)
    for part in _parts(node, tone):
        if isinstance(part, _Node) and part.classes & _IN_A_ROW:
            facts = [_one_line(child) for child in part.children if isinstance(child, _Node)]
            found.append(_joined([fact for fact in facts if fact]))
        elif isinstance(part, _Node):
            found += _cell(part, tone)
        else:
            found.append(part)
    return tuple(found)


def _table(node: _Node) -> Table:
    heads = [head for row in node.each("thead") for head in row.each("th")]
    first = _PLACES if "c3-areas" in node.classes else 1.0
    shares = next((_SHARES[name] for name in node.classes if name in _SHARES), (first, *[1.0] * (len(heads) - 1)))
    columns = tuple(
        Column(" ".join(word.text for word in _one_line(head)), share)
        for head, share in zip(heads, shares, strict=True)
    )
    rows = []
    for body in node.each("tbody"):
        for row in body.each("tr"):
            cells = [_cell(child) for child in row.children if isinstance(child, _Node) and child.tag in ("th", "td")]
            if "c3-site" in row.classes:  # of a region, whose name is weighty
                cells[0] = tuple(_plain(line) for line in cells[0])
            if len(cells) == 1 and "c3-grouprow" not in row.classes:
                cells += [()] * (len(columns) - 1)
            rows.append(Row(tuple(cells)))
    return Table(columns, tuple(rows))


def _plain(part: Line | Words | Picture) -> Line | Words | Picture:
    """The same without weight."""
    if isinstance(part, tuple):
        return tuple(Words(word.text, Tone.PLAIN if word.tone is Tone.STRONG else word.tone) for word in part)
    return part
