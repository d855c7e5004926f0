"""Reads data/urgency/scores.yaml: what scores of risk add to the urgency of the worklist."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from dashboard.domain.attention.score_reasons import ScoreWeight
from dashboard.domain.risk.score import RiskKey

FILE: Final = Path(__file__).resolve().parents[2] / "data" / "urgency" / "scores.yaml"
_KEYS: Final = frozenset(
    {"score", "points", "at_least", "under", "source", "edition", "link", "read", "author", "reviewer", "review_by"}
)
MOST_POINTS: Final = 10
"""A score alone never makes anybody urgent."""


@lru_cache(maxsize=4)
def read_score_weights(file: Path = FILE) -> tuple[ScoreWeight, ...]:
    """The weights, an entry for each score. ValueError says what cannot be used."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{file.name} is no YAML: {error}") from error
    weights = [_weight(number, entry) for number, entry in enumerate(content, 1)]
    if sorted(each.score for each in weights) != sorted(RiskKey):
        raise ValueError(f"{file.name} has not one entry for each score")
    return tuple(weights)


def _weight(number: int, entry: Mapping[str, Any]) -> ScoreWeight:
    try:
        if unknown := sorted(entry.keys() - _KEYS):
            raise ValueError(f"{', '.join(unknown)}: not a key of a weight")
        at_least, under = (
            None if entry.get(name) is None else Decimal(str(entry[name])) for name in ("at_least", "under")
        )
        points, source = int(entry["points"]), str(entry["source"])
        if not 0 <= points <= MOST_POINTS or (points > 0 and (at_least is None) is (under is None)):
            raise ValueError(f"0 to {MOST_POINTS} points, from one limit on or below one")
        edition = f", {entry['edition']}" if entry.get("edition") else ""
        read = f" [{entry['read']}]" if entry.get("read") else ""
        reviewer = str(entry.get("reviewer") or "")
        return ScoreWeight(RiskKey(entry["score"]), points, f"{source}{edition}{read}", at_least, under, reviewer)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ValueError(f"entry {number} cannot be used: {error}") from error
