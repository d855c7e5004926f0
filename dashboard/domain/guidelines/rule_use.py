"""How often each rule was shown, and what teams answered, as it may be shown: in people, small counts held back.

A draft, as all counts of the pilot are (`dashboard.domain.pilot.disclosure`): that a count is small, or could be worked
out from its neighbours, is all that is told of it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.guidance import Guidance, Reply, ReplyKind
from dashboard.domain.guidelines.override_reasons import REASON_CODES
from dashboard.domain.pilot.disclosure import Areas, Count, show_counts
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference

SHOWN: Final = "shown"
OPEN: Final = "open"
_OTHER_REASON: Final = "reason:"
_PARTS: Final = (ReplyKind.ACCEPTED.value, ReplyKind.NOT_NOW.value, ReplyKind.NOT_FOR_THIS_PERSON.value, OPEN)
_REASONS: Final = tuple(f"{_OTHER_REASON}{code}" for code in sorted(REASON_CODES))
_AREAS: Final = Areas(
    {
        SHOWN: "",
        **dict.fromkeys(_PARTS, SHOWN),
        **dict.fromkeys(_REASONS, ReplyKind.NOT_FOR_THIS_PERSON.value),
    }
)
"""Whom it was shown to is the sum of the answers, and "not for this person" that of its reasons."""


@dataclass(frozen=True, slots=True)
class RuleUse:
    """One version of a rule (its canonical address), in people: to how many it was shown as applying, what the newest
    answer for each was (`open`: none), for which reasons it was not for them, and for how many it could not say.
    """

    rule: str
    version: str
    shown: Count
    answers: Mapping[str, Count]
    reasons: Mapping[str, Count]
    cannot_say: Count


@dataclass(frozen=True, slots=True)
class UseOfRules:
    """Every version of a rule that somebody saw. `unreadable` records count nowhere."""

    rules: tuple[RuleUse, ...]
    fetched: datetime
    unreadable: int = 0
    notices: tuple[Notice, ...] = ()


def use_of_rules(guidance: Iterable[Guidance]) -> tuple[RuleUse, ...]:
    """Counts people by version of a rule, in the order of the rules' addresses and versions."""
    applied: dict[tuple[str, str], dict[Reference, list[Guidance]]] = defaultdict(lambda: defaultdict(list))
    waiting: dict[tuple[str, str], set[Reference]] = defaultdict(set)
    for each in guidance:
        key = (each.card.rule, each.card.version)
        if each.outcome is Outcome.APPLIES:
            applied[key][each.patient].append(each)
        else:
            waiting[key].add(each.patient)
    return tuple(_use(*key, applied.get(key, {}), waiting.get(key, set())) for key in sorted({*applied, *waiting}))


def _use(rule: str, version: str, people: Mapping[Reference, list[Guidance]], waiting: set[Reference]) -> RuleUse:
    counts: Counter[str] = Counter({SHOWN: len(people)})
    for records in people.values():
        reply = _newest(records)
        counts[reply.kind.value if reply is not None else OPEN] += 1
        if reply is not None and reply.kind is ReplyKind.NOT_FOR_THIS_PERSON:
            counts[f"{_OTHER_REASON}{reply.reason if reply.reason in REASON_CODES else 'other'}"] += 1
    shown = show_counts(_AREAS, {area: counts[area] for area in _AREAS.above})
    return RuleUse(
        rule,
        version,
        shown[SHOWN],
        {part: shown[part] for part in _PARTS},
        {name.removeprefix(_OTHER_REASON): shown[name] for name in _REASONS},
        Count.of(len(waiting)),
    )


def _newest(records: Iterable[Guidance]) -> Reply | None:
    """The newest answer for one person; None where there is none, or it was taken back."""
    given = [(reply.at.moment, place, reply) for each in records for place, reply in enumerate(each.replies)]
    newest = max(given, key=lambda each: each[:2], default=None)
    return None if newest is None or newest[2].kind is ReplyKind.TAKEN_BACK else newest[2]
