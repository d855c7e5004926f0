"""How often each rule was shown, and what teams answered, as it may be shown: in people, small counts held back.

A draft, as all counts of the pilot are (`dashboard.domain.pilot.disclosure`): that a count is small, or could be worked
out from its neighbours, is all that is told of it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.guidance import Guidance, Reply, ReplyKind, canonical_of
from dashboard.domain.guidelines.override_reasons import OTHER, REASON_CODES, own_words
from dashboard.domain.guidelines.rule import Advice, Rule
from dashboard.domain.pilot.disclosure import Areas, Count, show_counts
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference

SHOWN: Final = "shown"
OPEN: Final = "open"
_REASON: Final = "reason:"
_FEEDBACK: Final = ("accepted", "overridden")
FEEDBACK_FILE: Final = "cds-feedback.json"
"""In the data folder: how many reports there are, by month, rule, version, card, outcome and coded reason."""
NO_REASON: Final = "none"
"""A card was overridden and nobody said why."""
OTHER_REASON: Final = "not-ours"
"""A coded reason of another system's own."""
_KEY: Final = re.compile(
    r"(?P<month>20\d{2}-(?:0[1-9]|1[0-2])) (?P<rule>[^|\s]{1,120})\|(?P<version>[^|\s]{1,40})\|(?P<card>\S{1,120})"
    r" (?P<outcome>accepted|overridden) (?P<reason>[a-z0-9-]{1,60})"
)
_PARTS: Final = (ReplyKind.ACCEPTED.value, ReplyKind.NOT_NOW.value, ReplyKind.NOT_FOR_THIS_PERSON.value, OPEN)


@dataclass(frozen=True, slots=True)
class RuleUse:
    """One version of a rule (its canonical address), in people: to how many it was shown as applying, what the newest
    answer for each was (`open`: none), for which reasons it was not for them, and for how many it could not say.

    `own_words` are the words of those reasons that the rule has of its own, by their codes.
    """

    rule: str
    version: str
    shown: Count
    answers: Mapping[str, Count]
    reasons: Mapping[str, Count]
    cannot_say: Count
    own_words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleFeedback:
    """What other systems reported of one version of a rule (its id) by CDS Hooks, in reports and not in people: one may
    be reported twice. `reasons` are those of the cards that were overridden; `first` and `last` are months, `2026-11`.
    """

    rule: str
    version: str
    reports: Count
    accepted: Count
    overridden: Count
    reasons: Mapping[str, Count]
    first: str
    last: str
    own_words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UseOfRules:
    """Every version of a rule that somebody saw, and of which another system reported something. `unreadable` records
    and `unread` reports count nowhere; `feedback` is None where the reports could not be read.
    """

    rules: tuple[RuleUse, ...]
    fetched: datetime
    unreadable: int = 0
    notices: tuple[Notice, ...] = ()
    feedback: tuple[RuleFeedback, ...] | None = ()
    unread: int = 0


def use_of_rules(guidance: Iterable[Guidance], rules: Iterable[Rule] = ()) -> tuple[RuleUse, ...]:
    """Counts people by version of a rule, in the order of the rules' addresses and versions. `rules` are those in
    force: a reason that none of its cards has now is counted among the others.
    """
    own = {canonical_of(rule): own_words(rule.advice) for rule in rules}
    applied: dict[tuple[str, str], dict[Reference, list[Guidance]]] = defaultdict(lambda: defaultdict(list))
    waiting: dict[tuple[str, str], set[Reference]] = defaultdict(set)
    for each in guidance:
        key = (each.card.rule, each.card.version)
        if each.outcome is Outcome.APPLIES:
            applied[key][each.patient].append(each)
        else:
            waiting[key].add(each.patient)
    return tuple(
        _use(*key, applied.get(key, {}), waiting.get(key, set()), own.get(key[0], {}))
        for key in sorted({*applied, *waiting})
    )


def _use(
    rule: str,
    version: str,
    people: Mapping[Reference, list[Guidance]],
    waiting: set[Reference],
    own: Mapping[str, str],
) -> RuleUse:
    codes = sorted({*REASON_CODES, *own})
    counts: Counter[str] = Counter({SHOWN: len(people)})
    for records in people.values():
        reply = _newest(records)
        counts[reply.kind.value if reply is not None else OPEN] += 1
        if reply is not None and reply.kind is ReplyKind.NOT_FOR_THIS_PERSON:
            counts[_REASON + (reply.reason if reply.reason in codes else OTHER)] += 1
    # Whom it was shown to is the sum of the answers, and "not for this person" that of its reasons.
    areas = Areas(
        {
            SHOWN: "",
            **dict.fromkeys(_PARTS, SHOWN),
            **dict.fromkeys((_REASON + code for code in codes), ReplyKind.NOT_FOR_THIS_PERSON.value),
        }
    )
    shown = show_counts(areas, {area: counts[area] for area in areas.above})
    return RuleUse(
        rule,
        version,
        shown[SHOWN],
        {part: shown[part] for part in _PARTS},
        {code: shown[_REASON + code] for code in codes},
        Count.of(len(waiting)),
        own,
    )


def feedback_key(month: str, rule: Rule, advice: Advice, outcome: str, reason: str) -> str:
    """What a report is counted under: `2026-11 rule|version|card outcome reason`."""
    return f"{month} {rule.id}|{rule.version}|{advice.key} {outcome} {reason}"


def feedback_of_rules(counts: Mapping[str, object], rules: Iterable[Rule]) -> tuple[tuple[RuleFeedback, ...], int]:
    """Counts reports by version of a rule, from how many there are under each key (`feedback_key`); and how many keys
    say nothing that can be read. Small counts are held back as those of people are.
    """
    own = {rule.id: own_words(rule.advice) for rule in rules}
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    months: dict[tuple[str, str], set[str]] = defaultdict(set)
    unread = 0
    for key, n in counts.items():
        parts = _KEY.fullmatch(key)
        if parts is None or not isinstance(n, int) or isinstance(n, bool) or n < 1:
            unread += 1
            continue
        of = (parts["rule"], parts["version"])
        months[of].add(parts["month"])
        found[of][parts["outcome"]] += n
        if parts["outcome"] == "overridden":
            known = parts["reason"] in {*REASON_CODES, *own.get(parts["rule"], {}), NO_REASON}
            found[of][_REASON + (parts["reason"] if known else OTHER_REASON)] += n
    return tuple(_feedback(*of, found[of], months[of], own.get(of[0], {})) for of in sorted(found)), unread


def _feedback(rule: str, version: str, counts: Counter[str], months: set[str], own: Mapping[str, str]) -> RuleFeedback:
    codes = (*sorted({*REASON_CODES, *own}), NO_REASON, OTHER_REASON)
    areas = Areas(
        {
            SHOWN: "",
            **dict.fromkeys(_FEEDBACK, SHOWN),
            **dict.fromkeys((_REASON + each for each in codes), "overridden"),
        }
    )
    counts[SHOWN] = sum(counts[each] for each in _FEEDBACK)
    shown = show_counts(areas, {area: counts[area] for area in areas.above})
    return RuleFeedback(
        rule=rule,
        version=version,
        reports=shown[SHOWN],
        accepted=shown["accepted"],
        overridden=shown["overridden"],
        reasons={code: shown[_REASON + code] for code in codes},
        first=min(months),
        last=max(months),
        own_words=own,
    )


def _newest(records: Iterable[Guidance]) -> Reply | None:
    """The newest answer for one person; None where there is none, or it was taken back."""
    given = [(reply.at.moment, place, reply) for each in records for place, reply in enumerate(each.replies)]
    newest = max(given, key=lambda each: each[:2], default=None)
    return None if newest is None or newest[2].kind is ReplyKind.TAKEN_BACK else newest[2]
