"""What somebody saw of a recommendation and what the team said to it: a GuidanceResponse.

There is one for each person, card, version of its rule and set of facts. What was declined stays in force while these
are the same and its day has not come; then the recommendation comes back, and not before.

    guidance = new_guidance(finding, patient, by, at, version_of, Reference("GuidanceResponse", "new"))
    in_force(finding_now, [guidance_of_the_server], today)   # None: the card is open
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final, NamedTuple

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.fact_seen import FactSeen, VersionOf, changed_facts, seen
from dashboard.domain.guidelines.override_reasons import OTHER, OVERRIDE_REASONS, REASON_CODES
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.values.datatypes import NOBODY, Coding, NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

RULES: Final = "https://c3-cloud.example/fhir/PlanDefinition/"
LONGEST_PAUSE: Final = timedelta(days=366)
"""How far away the day may be until which somebody says "not now": a year, as guidelines review most things yearly."""
LONGEST_WORDS: Final = 500
"""Characters of the words that say why."""


class ReplyKind(StrEnum):
    """What the team says to a recommendation."""

    ACCEPTED = "accepted"
    NOT_NOW = "not-now"
    NOT_FOR_THIS_PERSON = "not-for-this-person"
    TAKEN_BACK = "taken-back"


DECLINED: Final = frozenset({ReplyKind.NOT_NOW, ReplyKind.NOT_FOR_THIS_PERSON})


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: by whom and when; `until` is the day on which "not now" ends. `reason` is the code of an override
    reason, `display` its words where it is a card's own, `words` what was said to it, `made` what was added to the
    plan.
    """

    kind: ReplyKind
    by: NamedReference
    at: PartialDate
    until: date | None = None
    reason: str = ""
    words: str = ""
    made: tuple[Reference, ...] = ()
    display: str = ""

    def holds(self, on: date) -> bool:
        """Whether it is still in force on a day, as long as nothing has changed. On the day named it has ended."""
        if self.kind is ReplyKind.TAKEN_BACK:
            return False
        return self.kind is not ReplyKind.NOT_NOW or (self.until is not None and on < self.until)


@dataclass(frozen=True, slots=True)
class Card:
    """Which card of which version of a rule. `rule` is the canonical address of its PlanDefinition."""

    rule: str
    version: str
    key: str

    @property
    def canonical(self) -> str:
        """The rule with its version, as FHIR writes it: `https://.../PlanDefinition/11-nsaid|0.1.0`."""
        return f"{self.rule}|{self.version}" if self.version else self.rule


@dataclass(frozen=True, slots=True)
class Guidance:
    """A GuidanceResponse. `first_seen` and `by` are of who saw it first. `plan` is the CarePlan to which accepting it
    has added something. `replies` are all that were ever given, the oldest first; the last counts.

    `version` is the record's own. `source` is the resource as read: {} of a new one, None of a list.
    """

    origin: Reference
    patient: Reference
    card: Card
    outcome: Outcome
    facts: tuple[FactSeen, ...]
    missing: tuple[str, ...] = ()
    first_seen: PartialDate | None = None
    by: NamedReference = NOBODY
    replies: tuple[Reply, ...] = ()
    plan: Reference | None = None
    version: str = ""
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def reply(self) -> Reply | None:
        """The last answer; None where there is none, and where it was taken back."""
        last = self.replies[-1] if self.replies else None
        return None if last is None or last.kind is ReplyKind.TAKEN_BACK else last

    @property
    def accepted(self) -> tuple[Reply, ...]:
        """The answers by which parts of the card were added to the plan, the oldest first; () where the last answer is
        another one.
        """
        last = takewhile(lambda each: each.kind is ReplyKind.ACCEPTED, reversed(self.replies))
        return tuple(reversed(tuple(last)))

    @property
    def number(self) -> str:
        """The value of its identifier: the same for the same person, card, version and facts, whoever sees it."""
        parts = (str(self.patient), self.card.canonical, self.card.key, str(self.outcome))
        facts = sorted("\x1f".join(each.key) for each in self.facts)
        return hashlib.sha256("\x1e".join((*parts, *facts)).encode()).hexdigest()


def card_of(finding: Finding) -> Card:
    """Which card a finding shows."""
    return Card(canonical_of(finding.rule), finding.rule.version, finding.advice.key)


def canonical_of(rule: Rule) -> str:
    """The canonical address of a rule, without its version."""
    return rule.url or RULES + rule.id


def rule_words(canonical: str) -> str:
    """A rule for people to read, from its canonical address: `11-nsaid 0.1.0`."""
    return canonical.rpartition("/")[2].replace("|", " ")


def new_guidance(
    finding: Finding,
    patient: Reference,
    by: NamedReference,
    at: datetime,
    version_of: VersionOf,
    origin: Reference,
) -> Guidance:
    """What somebody sees of a card at a moment, to be written."""
    return Guidance(
        origin=origin,
        patient=patient,
        card=card_of(finding),
        outcome=finding.outcome,
        facts=tuple(seen(each, version_of) for each in finding.used),
        missing=tuple(each.fact.name for each in finding.missing),
        first_seen=PartialDate(at.isoformat(timespec="milliseconds")),
        by=by,
        source={},
    )


class Stance(NamedTuple):
    """An answer with the record that holds it."""

    guidance: Guidance
    reply: Reply


def in_force(finding: Finding, guidance: Iterable[Guidance], on: date) -> Stance | None:
    """The answer that stands for a card as it is now; None where it is open: nobody has answered, it was taken back,
    its day has come, its facts have changed, or the rule has another version.
    """
    last = _last(each for each in guidance if same(finding, each))
    return last if last is not None and last.reply.holds(on) else None


def record_of(finding: Finding, guidance: Iterable[Guidance]) -> Guidance | None:
    """The record of a card as it is now, of several that of the newest answer; None where nobody has seen it yet."""
    known = [each for each in guidance if same(finding, each)]
    last = _last(known, taken_back_too=True)
    return last.guidance if last is not None else next(iter(known), None)


def same(finding: Finding, guidance: Guidance) -> bool:
    """Whether a record is of this card, this version of its rule, and these facts."""
    if (guidance.card, guidance.outcome) != (card_of(finding), finding.outcome):
        return False
    return not changed_facts(guidance.facts, (seen(each, lambda _: "") for each in finding.used))


class Returned(NamedTuple):
    """Why a card that was answered is open again: the facts that changed, or another version, or the day is over."""

    stance: Stance
    facts: tuple[str, ...] = ()
    other_version: bool = False
    day_over: bool = False


def returned(finding: Finding, guidance: Iterable[Guidance], on: date) -> Returned | None:
    """Why a card that was declined before is open; None where it was not, or still stands."""
    known = [each for each in guidance if (each.card.rule, each.card.key) == _rule_and_key(finding)]
    if in_force(finding, known, on) is not None:
        return None
    last = _last(known)
    if last is None or last.reply.kind not in DECLINED:
        return None
    record, reply = last
    if same(finding, record):
        return Returned(last, day_over=not reply.holds(on))
    changed = changed_facts(record.facts, (seen(each, lambda _: "") for each in finding.used))
    return Returned(last, changed, record.card.version != finding.rule.version, not reply.holds(on))


def _rule_and_key(finding: Finding) -> tuple[str, str]:
    card = card_of(finding)
    return card.rule, card.key


def _last(guidance: Iterable[Guidance], taken_back_too: bool = False) -> Stance | None:
    """The newest answer of several records; None where the newest was taken back, unless `taken_back_too`. There may be
    two of one card and its facts where a server cannot create once.
    """
    given = [
        (reply.at.moment, number, Stance(each, reply)) for each in guidance for number, reply in enumerate(each.replies)
    ]
    _, _, newest = max(given, key=lambda each: each[:2], default=(None, 0, None))
    back = newest is not None and newest.reply.kind is ReplyKind.TAKEN_BACK
    return None if back and not taken_back_too else newest


def replied(
    guidance: Guidance, reply: Reply, plan: Reference | None = None, reasons: Iterable[Coding] = OVERRIDE_REASONS
) -> Guidance:
    """The record with one more answer. `reasons` are those that the card offers. Raises UserFacingError where the
    answer cannot be given, or is none any more.
    """
    offered = {each.code: each.display for each in reasons}
    _check(reply, offered)
    if reply.kind is ReplyKind.TAKEN_BACK and guidance.reply is None:
        raise UserFacingError("recommendation-not-answered")
    words = without_control_characters(reply.words)
    display = "" if reply.reason in REASON_CODES else offered.get(reply.reason, "")
    answer = replace(reply, words=words, display=display)
    return replace(guidance, replies=(*guidance.replies, answer), plan=plan or guidance.plan)


def _check(reply: Reply, offered: Mapping[str, str]) -> None:
    """Raises UserFacingError for "not now" without a day to come or too far away, for an unknown or missing reason, and
    for words that are missing where the reason is "other", or too long.
    """
    if reply.kind is ReplyKind.NOT_NOW:
        day = reply.at.end
        if reply.until is None or not day < reply.until <= day + LONGEST_PAUSE:
            raise UserFacingError("recommendation-until", most=LONGEST_PAUSE.days)
    if reply.kind is ReplyKind.NOT_FOR_THIS_PERSON:
        if reply.reason not in offered:
            raise UserFacingError("recommendation-reason")
        if reply.reason == OTHER and not without_control_characters(reply.words):
            raise UserFacingError("recommendation-words")
    if len(reply.words) > LONGEST_WORDS:
        raise UserFacingError("reason-too-long", most=LONGEST_WORDS)
