"""Reads what a CDS Hooks service of others sends: anything may be in it, and only what is a card comes out.

https://cds-hooks.hl7.org/2.0/. Texts are plain and cut; Markdown stays as it was written, and nothing is made of it.
Links are http(s) addresses without a name or a password, whole or not at all. `systemActions` are passed over: nothing
is done that nobody chose.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from dashboard.domain.guidelines.foreign_card import ForeignCard, ForeignLink
from dashboard.domain.guidelines.rule import Indicator
from dashboard.fhir.client.json_text import parse
from dashboard.fhir.mapping.elements import Json, many, one, text

MOST_CARDS: Final = 20
MOST_PARTS: Final = 5
"""Suggestions, and links, of one card."""
MOST_SUMMARY: Final = 140
MOST_DETAIL: Final = 2000
MOST_LABEL: Final = 100
LONGEST_URL: Final = 300
MOST_SERVICES: Final = 5
"""Services of one server that are asked for one patient."""
MOST_TEMPLATES: Final = 30
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}\Z")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_SPACES: Final = re.compile(r"[ \t]+")
_URL: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+\Z")
"""What an address is made of (RFC 3986), without the apostrophe."""


class NotCards(ValueError):
    """The answer is not what CDS Hooks describes."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A service of a server: its id, and the prefetch templates by key."""

    id: str
    prefetch: dict[str, str]


def read_discovery(body: bytes, hook: str) -> tuple[Offered, ...]:
    """The services of a server for one hook. Raises NotCards."""
    content = _object(body)
    if not isinstance(content.get("services"), list):
        raise NotCards
    found = []
    for part in many(content["services"]):
        ident, prefetch = part.get("id"), part.get("prefetch")
        if part.get("hook") == hook and isinstance(ident, str) and _ID.match(ident):
            asked = prefetch.items() if isinstance(prefetch, dict) else ()
            templates = {key: value for key, value in asked if _KEY.match(key) and isinstance(value, str)}
            found.append(Offered(ident, dict(list(templates.items())[:MOST_TEMPLATES])))
    return tuple(found[:MOST_SERVICES])


def read_cards(body: bytes) -> tuple[tuple[ForeignCard, ...], int]:
    """The cards of an answer, and how many cards, links and suggestions are not shown. Raises NotCards."""
    content = _object(body)
    given = content.get("cards")
    if not isinstance(given, list):
        raise NotCards
    read = [_card(part) for part in many(given[:MOST_CARDS])]
    cards = tuple(card for card, _ in read if card is not None)
    return cards, len(given) - len(cards) + sum(lost for _, lost in read)


def _object(body: bytes) -> Json:
    try:
        content = parse(body)
    except (ValueError, RecursionError) as problem:
        raise NotCards from problem
    if not isinstance(content, dict):
        raise NotCards
    return content


def _card(part: Json) -> tuple[ForeignCard | None, int]:
    """A card with how many of its links and suggestions are left out; None for one without a summary."""
    summary = cut(part.get("summary"), MOST_SUMMARY)
    if not summary:
        return None, 0
    source = one(part.get("source"))
    suggestions = [cut(each.get("label"), MOST_LABEL) for each in many(part.get("suggestions"))]
    named = [suggestion for suggestion in suggestions if suggestion][:MOST_PARTS]
    given = [*many(part.get("links")), *([source] if source.get("url") else [])]
    links = [link for each in given if (link := _link(each)) is not None][:MOST_PARTS]
    card = ForeignCard(
        summary=summary,
        detail=cut(part.get("detail"), MOST_DETAIL),
        indicator=_indicator(part.get("indicator")),
        source=cut(source.get("label"), MOST_LABEL),
        suggestions=tuple(named),
        links=tuple(links),
    )
    return card, len(suggestions) - len(named) + len(given) - len(links)


def _indicator(value: Any) -> Indicator:
    """One that is not known counts as a warning: it may be more than information."""
    return Indicator(value) if isinstance(value, str) and value in set(Indicator) else Indicator.WARNING


def _link(part: Json) -> ForeignLink | None:
    """None for what is no plain address, and for a SMART app, which would need a launch."""
    url = part.get("url")
    if part.get("type") == "smart" or not isinstance(url, str) or len(url) > LONGEST_URL or not _URL.match(url):
        return None
    try:
        parts = urlsplit(url)
        plain = bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        plain = False
    return ForeignLink(cut(part.get("label"), MOST_LABEL), url) if plain else None


def cut(value: Any, most: int) -> str:
    """A text of others as it is kept: without control characters, and no longer than `most`."""
    words = _SPACES.sub(" ", text(value if not isinstance(value, str) else value[: 4 * most]))
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"
