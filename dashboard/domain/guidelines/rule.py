"""A guideline rule: what it asks of the facts, what its card says, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from dashboard.domain.guidelines.effect import Effect
from dashboard.domain.values.datatypes import Coding


class Indicator(StrEnum):
    """How urgent a card is, in the words of CDS Hooks 2.0, the most urgent first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Condition(Protocol):
    """What a rule asks of the facts. `facts` are the names that it uses, `numbers` and `words` the literals."""

    @property
    def facts(self) -> tuple[str, ...]: ...

    @property
    def numbers(self) -> tuple[Decimal, ...]: ...

    @property
    def words(self) -> tuple[str, ...]: ...

    def holds(self, values: Mapping[str, bool | str | Decimal | None]) -> bool | None:
        """Whether it holds for these values, None where they do not say: a fact that is None is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a rule comes from. `read` says how: V in the source, S in a secondary source, M from memory."""

    source: str
    edition: str
    link: str
    read: str

    @property
    def from_memory(self) -> bool:
        return "M" in self.read


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What accepting a card proposes: `kind` is the resource type that it becomes, `code` what of, where one is known.

    `not_to_do` proposes to stop it, or not to begin with it.
    """

    text: str
    kind: str
    code: Coding | None = None
    not_to_do: bool = False


@dataclass(frozen=True, slots=True)
class OwnReason:
    """A reason of a card's own why it is not for somebody; `read` says where it is from, as `Citation.read`."""

    coding: Coding
    read: str


@dataclass(frozen=True, slots=True)
class Advice:
    """One card of a rule: when it is shown, and its words (CDS Hooks: summary, detail, indicator, suggestions).

    `rank` orders cards, the most urgent (0) first; `effects` are what it would change if it was followed; `own_reasons`
    are override reasons beside those of every card.
    """

    key: str
    summary: str
    detail: str
    indicator: Indicator
    condition: Condition
    expression: str
    citations: tuple[Citation, ...]
    suggestions: tuple[Suggestion, ...] = ()
    effects: tuple[Effect, ...] = ()
    rank: int = 0
    own_reasons: tuple[OwnReason, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A PlanDefinition. Without a reviewer it is a draft; after `review_by` it has to be read again. `url` is its
    canonical address. `programme` is the programme of work that it is for, "" of a clinical rule: who takes part in the
    pilot is no care, and such a rule is neither counted nor ordered with those that are.
    """

    id: str
    number: str
    title: str
    version: str
    description: str
    authors: tuple[str, ...]
    reviewers: tuple[str, ...]
    review_by: date
    advice: tuple[Advice, ...]
    status: str = "draft"
    origin: str = ""
    url: str = ""
    programme: str = ""

    @property
    def draft(self) -> bool:
        """Whether no clinician has reviewed it."""
        return not self.reviewers

    def is_past_review(self, on: date) -> bool:
        return on > self.review_by
