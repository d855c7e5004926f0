"""How often rules are shown and followed, in words and as a file: numbers as they may be shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dashboard.domain.guidelines.guidance import ReplyKind, rule_words
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.guidelines.rule_use import OPEN, RuleUse, UseOfRules
from dashboard.domain.pilot.disclosure import Count
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.recommendations.answer_words import REASONS
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


def reasons(use: RuleUse) -> list[tuple[str, Count]]:
    """Why it was not for people, in the order in which reasons are offered."""
    return [(t(words), use.reasons[code]) for code, words in REASONS.items() if code in use.reasons]


def use_cells(found: UseOfRules, known: Mapping[str, str]) -> list[Cells]:
    """The headings, then a line for each version of a rule, with its reasons behind."""
    lines: list[Cells] = [
        [t("Rule id"), *headings(), *(f"{t('Not for this person')}: {t(words)}" for words in REASONS.values())]
    ]
    for use in found.rules:
        counts: Sequence[Count] = [*numbers(use), *(use.reasons[code] for code in REASONS)]
        cells = [count_words(each) if each.value is None else each.value for each in counts]
        lines.append([clean(rule_words(use.rule), 120), rule_name(use, known), clean(use.version, 40), *cells])
    return lines


def use_csv(found: UseOfRules, known: Mapping[str, str]) -> bytes:
    """The same as a file."""
    return csv_file(use_cells(found, known))
