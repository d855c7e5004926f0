"""Why a recommendation is not for somebody: CDS Hooks calls these override reasons.

One list for every rule, so that rules can be compared by them; no standard has one (the example codes of CDS Hooks 2.0
are the service's own). A draft of our own, to be reviewed by clinicians. A card may name reasons of its own beside it.
"""

from collections.abc import Iterable
from typing import Final

from dashboard.domain.guidelines.rule import Advice
from dashboard.domain.values.code_systems import OVERRIDE_REASON
from dashboard.domain.values.datatypes import Coding

OTHER: Final = "other"
OVERRIDE_REASONS: Final = tuple(
    Coding(OVERRIDE_REASON, code, display)
    for code, display in (
        ("done-already", "Done already, or elsewhere"),
        ("not-tolerated", "Tried, and not tolerated"),
        ("contraindicated", "Something that the rule does not know speaks against it"),
        ("other-problem-first", "Another problem comes first"),
        ("burden", "Too much treatment, frailty or limited life expectancy"),
        ("person-declines", "The person does not want it"),
        ("facts-wrong", "A fact is not right"),
        (OTHER, "Another reason, in words"),
    )
)
"""The reasons with their English words, in the order in which they are offered."""
REASON_CODES: Final = frozenset(each.code for each in OVERRIDE_REASONS)


def offered(advice: Advice) -> tuple[Coding, ...]:
    """The reasons that a card offers: its own, then those of every card."""
    return (*(each.coding for each in advice.own_reasons), *OVERRIDE_REASONS)


def own_words(cards: Iterable[Advice]) -> dict[str, str]:
    """The words of the reasons that cards have of their own, by their codes."""
    return {each.coding.code: each.coding.display for advice in cards for each in advice.own_reasons}
