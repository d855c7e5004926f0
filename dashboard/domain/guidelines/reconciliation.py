"""What a team decided where guidelines contradict each other: a DetectedIssue with its mitigations.

There is one for each person, target and set of facts. A decision stands while these are the same; when one of them
changes the contradiction comes back, and not before. Every decision stays on record, the last one counts.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.pull import Puller
from dashboard.domain.guidelines.rule import Indicator
from dashboard.domain.record.goal import CONFLICTS_WITH, Goal, RelatedGoal
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

LONGEST_WORDS: Final = 500
"""Characters of what is decided, and of the reason."""
SEVERITY: Final = {Indicator.CRITICAL: "high", Indicator.WARNING: "moderate", Indicator.INFO: "low"}
"""https://hl7.org/fhir/R4/valueset-detectedissue-severity.html"""


class Way(StrEnum):
    """What is decided between the sides."""

    MORE = "more"  # the side that would have more of it, or leave it
    LESS = "less"
    THIRD_WAY = "third-way"
    TAKEN_BACK = "taken-back"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: `words` say what is done, `reason` why; `goals` are the two that it has marked as in conflict."""

    way: Way
    words: str
    reason: str
    by: NamedReference
    at: PartialDate
    goals: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One that pulls, in words, with the records that its facts come from."""

    words: str
    records: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A contradiction that somebody has looked at. `target` and `stamp` are those of the Contradiction, `words` what it
    is about; `identified` and `author` say when and by whom it was looked at first; `link` is a source.

    `implicated` are the records on which it rests. `source` is the resource as read: {} of a new one, None of a list.
    """

    origin: Reference
    patient: Reference
    target: str
    stamp: str
    words: str
    severity: str = ""
    identified: PartialDate | None = None
    author: NamedReference = NOBODY
    implicated: tuple[Reference, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    link: str = ""
    decisions: tuple[Decision, ...] = ()
    version: str = ""
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def decision(self) -> Decision | None:
        """The last; None where there is none, and where it was taken back."""
        last = self.decisions[-1] if self.decisions else None
        return None if last is None or last.way is Way.TAKEN_BACK else last

    @property
    def number(self) -> str:
        """The value of its identifier: the same for the same person, target and facts, whoever sees it."""
        return hashlib.sha256("\x1f".join((str(self.patient), self.target, self.stamp)).encode()).hexdigest()


def new_reconciliation(
    found: Contradiction, patient: Reference, by: NamedReference, at: datetime, origin: Reference
) -> Reconciliation:
    """A contradiction of this person as somebody sees it, to be written with a decision."""
    records = {record for each in found.pullers for fact in each.facts for record in fact.records}
    records |= {each.goal.origin for each in found.pullers if each.goal is not None}
    links = [each.finding.advice.citations[0].link for each in found.pullers if each.finding is not None]
    return Reconciliation(
        origin=origin,
        patient=patient,
        target=found.target,
        stamp=found.stamp,
        words=found.words,
        severity=SEVERITY[found.indicator],
        identified=PartialDate(at.isoformat(timespec="milliseconds")),
        author=by,
        implicated=tuple(sorted(each for each in records if each.type != "Patient")),
        evidence=tuple(_evidence(each) for each in found.pullers),
        link=next(iter(links), ""),
        source={},
    )


def _evidence(puller: Puller) -> Evidence:
    """What it says for itself: a card its summary, a goal its words, a medicine what is asked of it."""
    if puller.goal is not None:
        return Evidence(puller.goal.text, (puller.goal.origin,))
    words = puller.finding.advice.summary if puller.finding is not None else ""
    if puller.taken is not None:
        words = puller.taken.fact.words
    records = {record for fact in puller.facts for record in fact.records if record.type != "Patient"}
    return Evidence(words, tuple(sorted(records)))


def decided(known: Reconciliation, decision: Decision) -> Reconciliation:
    """The record with one more decision. Raises UserFacingError for a third way without words, for words or a reason
    that are too long, and where there is no decision to take back.
    """
    words, reason = (without_control_characters(each) for each in (decision.words, decision.reason))
    if decision.way is Way.TAKEN_BACK and known.decision is None:
        raise UserFacingError("contradiction-not-decided")
    if decision.way is Way.THIRD_WAY and not words:
        raise UserFacingError("contradiction-third-way")
    if max(len(words), len(reason)) > LONGEST_WORDS:
        raise UserFacingError("reason-too-long", most=LONGEST_WORDS)
    return replace(known, decisions=(*known.decisions, replace(decision, words=words, reason=reason)))


def in_force(found: Contradiction, known: Iterable[Reconciliation]) -> Reconciliation | None:
    """The record whose decision stands for a contradiction as it is now; None where it is open."""
    last = _last(each for each in known if (each.target, each.stamp) == (found.target, found.stamp))
    return last if last is not None and last.decision is not None else None


def returned(found: Contradiction, known: Iterable[Reconciliation]) -> Reconciliation | None:
    """The record of what was decided before the facts changed; None where nothing was, or it still stands."""
    ours = [each for each in known if each.target == found.target]
    if in_force(found, ours) is not None:
        return None
    last = _last(ours)
    return last if last is not None and last.decision is not None and last.stamp != found.stamp else None


def _last(known: Iterable[Reconciliation]) -> Reconciliation | None:
    """The record with the newest decision."""
    with_decisions = [each for each in known if each.decisions]
    return max(with_decisions, key=lambda each: each.decisions[-1].at.moment, default=None)


def in_conflict(one: Goal, other: Goal) -> tuple[Goal, ...]:
    """Those of two goals that are changed, so that each says that it conflicts with the other, as in the care plan."""
    return tuple(
        replace(goal, related=(*goal.related, RelatedGoal(CONFLICTS_WITH, to.origin)))
        for goal, to in ((one, other), (other, one))
        if not any(each.goal == to.origin for each in goal.related)
    )


def not_in_conflict(one: Goal, other: Goal) -> tuple[Goal, ...]:
    """Those of two goals of which the mark is taken off again."""
    return tuple(
        replace(goal, related=tuple(each for each in goal.related if each != RelatedGoal(CONFLICTS_WITH, to.origin)))
        for goal, to in ((one, other), (other, one))
        if RelatedGoal(CONFLICTS_WITH, to.origin) in goal.related
    )
