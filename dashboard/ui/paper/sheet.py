"""What every printed document has: who it is about and who printed it on each sheet, its colours, its language."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from dashboard.domain.access.user import User
from dashboard.domain.record.people import Person
from dashboard.paper.document import Block, Bullets, Document, Heading, Paragraph, Picture, Sheet, Tone, Words
from dashboard.ui.record.people import main_identifier, show_born, show_identifier, show_name
from dashboard.ui.record.results import ResultWords
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.html import bounded
from dashboard.ui.shared.panel import ASSETS
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import get_language, t

_TOKEN = re.compile(r"--c3-([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),")
# Colours of the page -> what they colour on paper.
_COLOURS = {
    "text": "plain", "soft": "soft", "danger": "urgent", "warn": "late", "accent": "accent", "line": "line",
    "panel": "panel", "band": "band",
}  # fmt: skip


def document(
    title: str,
    who: User,
    at: ViewTime,
    sheet: tuple[str, Sequence[str]],
    blocks: Iterable[Block],
    *,
    wide: bool = False,
    large: bool = False,
) -> Document:
    """The document, printed by `who` now; `sheet` is the name and the facts that stand on every sheet."""
    name, facts = sheet
    return Document(
        title=title,
        language=get_language(),
        made=at.as_of,
        sheet=Sheet(name, tuple(facts), printed_words(who, at), page_words()),
        blocks=tuple(blocks),
        colours=colours(),
        wide=wide,
        large=large,
        font_words=t(
            "Some letters are not in the font of these sheets. They are printed as their numbers in Unicode in square "
            "brackets, such as [U+738B]; the screen shows the letters."
        ),
    )


def identity(person: Person, at: ViewTime) -> tuple[str, tuple[str, ...]]:
    """Name, and born and number, as on the banner: what tells two people apart."""
    label, number = show_identifier(main_identifier(person))
    return show_name(person.name), (t("Born {date}", date=show_born(person, at.today)), f"{label} {number}")


def printed_words(who: User, at: ViewTime) -> str:
    """`Printed by Dr Sarah Whitfield, General practitioner, on 24-Nov-2026 14:02`."""
    by = ", ".join(bounded(part) for part in (who.name, who.role_label) if part) or t("Name not known")
    return t("Printed by {who}, on {time} ({zone})", who=by, time=show_moment(at.as_of, at.zone), zone=_zone(at))


def _zone(at: ViewTime) -> str:
    return at.as_of.astimezone(at.zone).tzname() or ""


def page_words() -> str:
    """`Page {page} of {pages}`, whose places are filled when the sheets are counted."""
    return t("Page {page} of {pages}", page="{page}", pages="{pages}")


def plain(text: str) -> Words:
    return Words(bounded(text))


def strong(text: str) -> Words:
    return Words(bounded(text), Tone.STRONG)


def soft(text: str) -> Words:
    return Words(bounded(text), Tone.SOFT)


def urgent(text: str) -> Words:
    return Words(bounded(text), Tone.URGENT)


def late(text: str) -> Words:
    return Words(bounded(text), Tone.LATE)


def marks(words: ResultWords) -> list[Words]:
    """The marks of a result, the gravest first; red is urgent."""
    first = [urgent(each) for each in words.marks[: int(words.urgent)]]
    return [*first, *(late(each) for each in words.marks[len(first) :])]


def heading(text: str, level: int = 1) -> Heading:
    return Heading(bounded(text), level)


def said(text: str) -> Paragraph:
    """A sentence by itself."""
    return Paragraph((plain(text),))


def warned(words: Iterable[str]) -> list[Block]:
    """What must be known before the rest is read, each in a frame; "" is left out."""
    return [Paragraph((late(each),), framed=True) for each in words if each]


def listed(items: Iterable[Sequence[Words]], none: str = "") -> list[Block]:
    """The items as a list, or the sentence that there is none."""
    shown = tuple(tuple(word for word in item if word.text) for item in items)
    if shown:
        return [Bullets(tuple((item,) for item in shown))]
    return [Paragraph((soft(none or t("None recorded")),))]


def picture(drawn: str, alt: str, width: float, height: float) -> Picture:
    """A small picture of the page in the colours of the paper; sizes in millimetres."""
    shown = colours()
    style = (
        f".band{{fill:{shown['band']}}}.line{{fill:none;stroke:{shown['soft']};stroke-width:1.2}}"
        f".dot{{fill:{shown['soft']}}}.last{{fill:{shown['accent']}}}.off{{fill:{shown['late']}}}"
    )
    svg = str(drawn).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    opened, _, rest = svg.partition(">")
    return Picture(f"{opened}><style>{style}</style>{rest}", bounded(alt), width, height)


@lru_cache(maxsize=1)
def colours() -> dict[str, str]:
    """The light colours of the page's own style sheet, by what they colour on paper."""
    css = "".join(path.read_text(encoding="utf-8") for path in sorted(ASSETS.glob("*.css")))
    tokens = dict(reversed(_TOKEN.findall(css)))
    return {on_paper: tokens[name] for name, on_paper in _COLOURS.items()}
