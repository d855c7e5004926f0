"""What clients report of our cards: accepted or overridden, and why, counted by rule.

Kept are the rule, its version, the card, the outcome and the coded reason, by month: no person, no user, and not the
words that somebody typed, which may name either. The file is `cds-feedback.json` in the data folder.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final

from dashboard.domain.guidelines.override_reasons import offered
from dashboard.domain.guidelines.rule import Advice, Rule
from dashboard.domain.guidelines.rule_use import FEEDBACK_FILE, NO_REASON, OTHER_REASON, feedback_key
from dashboard.fhir.cds_hooks.request import BadRequest
from dashboard.fhir.cds_hooks.write_cards import card_mark, mark_of
from dashboard.fhir.client.json_text import parse
from dashboard.stored_file import changing

FILE: Final = FEEDBACK_FILE
OUTCOMES: Final = ("accepted", "overridden")
MOST_AT_ONCE: Final = 200


def read_feedback(body: bytes, rules: Iterable[Rule], on: date) -> list[str]:
    """The keys to count, one for each report: `2026-11 rule|version|card outcome reason`. Raises BadRequest.

    A card that is not of the rules in force (of an older version, or the one about missing facts) is passed over.
    """
    try:
        content = parse(body)
        reports = content["feedback"]
        if not isinstance(reports, list) or not reports:
            raise ValueError("no list")
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise BadRequest('The body must be {"feedback": [...]}, as CDS Hooks 2.0 describes.') from problem
    if len(reports) > MOST_AT_ONCE:
        raise BadRequest(f"feedback has more than {MOST_AT_ONCE} reports.")
    known = {card_mark(rule, advice): (rule, advice) for rule in rules for advice in rule.advice}
    found = [_key(report, known, on) for report in reports]
    return [key for key in found if key]


def _key(report: Any, known: dict[bytes, tuple[Rule, Advice]], on: date) -> str:
    if not isinstance(report, dict) or report.get("outcome") not in OUTCOMES:
        raise BadRequest("outcome must be accepted or overridden.")
    try:
        of = known.get(mark_of(str(report.get("card"))))
    except ValueError as problem:
        raise BadRequest("card must be the uuid of a card of ours.") from problem
    if of is None:
        return ""
    rule, advice = of
    return feedback_key(f"{on:%Y-%m}", rule, advice, report["outcome"], _reason(report, advice))


def _reason(report: dict[str, Any], advice: Advice) -> str:
    override = report.get("overrideReason")
    reason = override.get("reason") if isinstance(override, dict) else None
    if not isinstance(reason, dict):
        return NO_REASON
    code = reason.get("code")
    return code if isinstance(code, str) and code in {each.code for each in offered(advice)} else OTHER_REASON


def keep(data_dir: Path, keys: Iterable[str]) -> None:
    """Adds the reports to the counts. Raises OSError."""
    with changing(data_dir / FILE) as stored:
        for key in keys:
            before = stored.get(key)
            stored[key] = (before if isinstance(before, int) else 0) + 1
