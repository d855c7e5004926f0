"""What CDS Hooks services of others say about a person: their cards beside ours, each with its origin.

https://cds-hooks.hl7.org/2.0/. Nothing of it is acted upon: suggestions are words, and what a service would apply by
itself is left out.
"""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.guidelines.rule import Indicator


@dataclass(frozen=True, slots=True)
class ForeignService:
    """A CDS Hooks server that the settings name. `url` is its base, `/cds-services` follows; `label` is shown."""

    name: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ForeignLink:
    """A link of a card; `url` is http(s) and is shown whole."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ForeignCard:
    """One card, cut to what is shown: plain text, never markup. `source` is what the card itself says it comes from."""

    summary: str
    detail: str
    indicator: Indicator
    source: str
    suggestions: tuple[str, ...] = ()
    links: tuple[ForeignLink, ...] = ()


class Trouble(StrEnum):
    """Why a service said nothing, or not all."""

    SLOW = "slow"  # not within the time limit
    AWAY = "away"  # no connection, or a certificate that does not fit
    REFUSED = "refused"  # it does not take us for a client that it knows
    UNFED = "unfed"  # it wants records that it did not get
    FAILED = "failed"  # another status than 200
    REDIRECTED = "redirected"  # it sends us elsewhere: patient data go only where the settings say
    TOO_LARGE = "too-large"
    NOT_CARDS = "not-cards"  # not what CDS Hooks describes


@dataclass(frozen=True, slots=True)
class ForeignAnswer:
    """What came of one server: its cards, or `trouble`. `left_out` counts what could not be shown as a card, a link or
    a suggestion; `unread` are the resource types that it asked for and did not get.
    """

    service: ForeignService
    cards: tuple[ForeignCard, ...] = ()
    trouble: Trouble | None = None
    left_out: int = 0
    unread: tuple[str, ...] = ()
