"""How often rules are shown and followed, in words and as a file: numbers as they may be shown."""

from collections.abc import Iterable, Mapping
from typing import Final

from dashboard.domain.guidelines.guidance import ReplyKind, rule_words
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.guidelines.rule_use import NO_REASON, OPEN, OTHER_REASON, RuleFeedback, RuleUse, UseOfRules
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.recommendations.answer_words import REASONS
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.spreadsheet import Cells, csv_file
from dashboard.ui.shared.wording import mark, t

ANSWERS: Final = {
    ReplyKind.ACCEPTED.value: mark("Added to the plan"),
    ReplyKind.NOT_NOW.value: mark("Not now"),
    ReplyKind.NOT_FOR_THIS_PERSON.value: mark("Not for this person"),
    OPEN: mark("Not answered"),
}
"""What the newest answer for a person was, in the order of the columns."""
OF_REPORTS: Final = {NO_REASON: mark("No reason was given"), OTHER_REASON: mark("A reason of the other system's own")}
"""Why other systems say that a card was overridden, beside the reasons that we offer."""


def headings() -> list[str]:
    """Of the table: the rule, its version, and the numbers of people."""
    return [t("Rule"), t("Version"), t("Shown to"), *map(t, ANSWERS.values()), t("Could not say for")]


def titles(rules: Iterable[Rule]) -> dict[str, str]:
    """The titles of the rules in force, by their ids."""
    return {rule.id: clean(rule.title, 160) for rule in rules}


def rule_name(use: RuleUse, known: Mapping[str, str]) -> str:
    """`11 Non-steroidal anti-inflammatory drugs`, or the id of a rule that is not in force any more."""
    ident = rule_words(use.rule)
    return known.get(ident, "") or clean(ident, 120)


def numbers(use: RuleUse) -> list[Count]:
    """In the order of the headings."""
    return [use.shown, *(use.answers[name] for name in ANSWERS), use.cannot_say]


def reasons(use: RuleUse | RuleFeedback) -> list[tuple[str, Count]]:
    """Why it was not for people, or why cards were overridden, in the order in which reasons are offered."""
    words = {**{code: clean(each, 120) for code, each in use.own_words.items()}, **_of_every_rule()}
    return [(each, use.reasons[code]) for code, each in words.items() if code in use.reasons]


def _of_every_rule() -> dict[str, str]:
    return {code: t(words) for code, words in {**REASONS, **OF_REPORTS}.items()}


def feedback_headings() -> list[str]:
    """Of the table of what other systems reported."""
    return [t("Rule"), t("Version"), t("Reports"), t("Accepted"), t("Overridden"), t("Months")]


def feedback_name(use: RuleFeedback, known: Mapping[str, str]) -> str:
    """As `rule_name`."""
    return known.get(use.rule, "") or clean(use.rule, 120)


def months(use: RuleFeedback) -> str:
    """`Sep-2026 to Nov-2026`."""
    first, last = (show_date(PartialDate(each)) for each in (use.first, use.last))
    return first if first == last else t("{first} to {last}", first=first, last=last)


def use_cells(found: UseOfRules, known: Mapping[str, str]) -> list[Cells]:
    """The headings, then a line for each version of a rule with its reasons behind. From where the counts are comes
    first: the pages of the dashboard count people, other systems report cards.
    """
    every: list[RuleUse | RuleFeedback] = [*found.rules, *(found.feedback or ())]
    own = {code: clean(words, 120) for use in every for code, words in use.own_words.items()}
    why = {**_of_every_rule(), **dict(sorted(own.items()))}
    answers, reported = headings()[2:], feedback_headings()[2:5]
    head = [t("From"), t("Rule id"), *headings()[:2], *answers, *reported]
    lines: list[Cells] = [[*head, *(t("Why not: {reason}", reason=words) for words in why.values())]]
    for use in found.rules:
        first: Cells = [t("pages, in people"), clean(rule_words(use.rule), 120), rule_name(use, known)]
        counts = [*map(_cell, numbers(use)), *[""] * len(reported)]
        lines.append([*first, clean(use.version, 40), *counts, *_why(use, why)])
    for each in found.feedback or ():
        first = [t("other systems, in reports"), clean(each.rule, 120), feedback_name(each, known)]
        counts = [*[""] * len(answers), *map(_cell, feedback_numbers(each))]
        lines.append([*first, clean(each.version, 40), *counts, *_why(each, why)])
    return lines


def feedback_numbers(use: RuleFeedback) -> list[Count]:
    """In the order of the headings."""
    return [use.reports, use.accepted, use.overridden]


def _why(use: RuleUse | RuleFeedback, codes: Iterable[str]) -> list[int | str]:
    """Why not, by reason; empty where that is no reason of this rule."""
    return [_cell(use.reasons[code]) if code in use.reasons else "" for code in codes]


def _cell(count: Count) -> int | str:
    return count_words(count) if count.value is None else count.value


def use_csv(found: UseOfRules, known: Mapping[str, str]) -> bytes:
    """The same as a file."""
    return csv_file(use_cells(found, known))
