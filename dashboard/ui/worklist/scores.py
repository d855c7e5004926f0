"""Scores of risk as the worklist filters, orders and shows them: one at a time, chosen in the address.

Who has no value is never taken for 0: the order puts them last whichever way round it is, and a filter by numbers
leaves them out and says how many they are.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from dashboard.domain.risk.comorbidity import SEVERITIES
from dashboard.domain.risk.heart_and_vessels import BANDS as CARDIOVASCULAR_BANDS
from dashboard.domain.risk.kidneys import BANDS as EGFR_BANDS
from dashboard.domain.risk.score import Band, Outcome, RiskKey, RiskScore
from dashboard.ui.recommendations.risk_words import RISKS, SHORT, band_words, input_words, value_words
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.worklist.row import WorklistRow

MISSING, NOT_VALID = Outcome.MISSING.value, Outcome.NOT_VALID.value
LEVELS: Final[dict[str, tuple[int, ...]]] = {
    RiskKey.EGFR: (60, 45, 30, 15),
    RiskKey.KIDNEY_FAILURE_2: (10, 20, 40),
    RiskKey.KIDNEY_FAILURE_5: (3, 5, 15),
    RiskKey.CARDIOVASCULAR_10: (5, 10, 20),
    RiskKey.CHARLSON: (1, 3, 5),
    RiskKey.PHQ9: (5, 10, 15, 20),
    RiskKey.MEDICINES: (5, 10, 15),
    RiskKey.ANTICHOLINERGIC: (1, 3),
}
"""The numbers that a filter offers: from each on, of the eGFR under each. The limits of the named ranges where the
score has some; else own choice."""
_NAMED: Final = {
    RiskKey.EGFR: EGFR_BANDS,
    RiskKey.CARDIOVASCULAR_10: CARDIOVASCULAR_BANDS,
    RiskKey.PHQ9: SEVERITIES,
}
_PERCENT: Final = frozenset({RiskKey.KIDNEY_FAILURE_2, RiskKey.KIDNEY_FAILURE_5, RiskKey.CARDIOVASCULAR_10})
PRIVATE: Final = frozenset({RiskKey.PHQ9})
"""What no shared screen shows or is ordered by."""


def levels(score: str) -> tuple[str, ...]:
    """What a filter by a score offers; nothing without one."""
    return (*map(str, LEVELS[score]), MISSING, NOT_VALID) if score in LEVELS else ()


def score_name(score: str) -> str:
    """The whole name, as on the page Recommendations."""
    return t(RISKS[RiskKey(score)])


def score_short(score: str) -> str:
    """The name as a row has room for it."""
    return t(SHORT[RiskKey(score)])


def level_words(score: str, level: str) -> str:
    """`under 45, G3b`; `5% or more`; `10 or more, moderate`; or for whom there is no value."""
    if level == MISSING:
        return t("not known")
    if level == NOT_VALID:
        return t("not valid for the person")
    key, limit = RiskKey(score), int(level)
    number = f"{limit}%" if key in _PERCENT else str(limit)
    lower = key is RiskKey.EGFR
    words = t("under {n}", n=number) if lower else t("{n} or more", n=number)
    within = limit - 1 if lower else limit
    band = next((band for least, band in _NAMED.get(key, ()) if within >= least), Band.NONE)
    named = band_words(band)
    return f"{words}, {named}" if named else words


def score_of(row: WorklistRow, score: str) -> RiskScore | None:
    """The score of a patient; None of who has died, and while records are being read."""
    return next((each for each in row.risks if each.key == score), None)


def is_at(row: WorklistRow, score: str, level: str) -> bool:
    """Whether the score is certainly at a level; one that is only "at least 2" is not at 3."""
    found = score_of(row, score)
    if found is None:
        return False
    if level in (MISSING, NOT_VALID):
        return found.outcome.value == level
    if found.value is None:
        return False
    return found.value.value < int(level) if score == RiskKey.EGFR else found.value.value >= int(level)


def in_order(rows: Iterable[WorklistRow], score: str, reverse: bool) -> list[WorklistRow]:
    """The rows with the gravest value first, or last; after them, either way, who has none: first of whom it could be
    known, then for whom it is not valid, then of whom none is computed.
    """
    rows = list(rows)
    sign = 1 if score == RiskKey.EGFR else -1
    found = {row.patient_id: score_of(row, score) for row in rows}
    known = [(each.value.value, row) for row in rows if (each := found[row.patient_id]) and each.value is not None]
    known.sort(key=lambda pair: (sign * pair[0], row_order(pair[1])), reverse=reverse)
    outcomes = (Outcome.MISSING, Outcome.NOT_VALID)
    rest = [[row for row in rows if (each := found[row.patient_id]) and each.outcome is kind] for kind in outcomes]
    rest.append([row for row in rows if found[row.patient_id] is None])
    return [row for _, row in known] + [row for part in rest for row in sorted(part, key=row_order)]


def row_order(row: WorklistRow) -> Any:
    """By urgency and name: for rows that are equal."""
    return row.order("urgency")


def direction_words(score: str, reverse: bool) -> str:
    """Which end of the order is first."""
    return t("lowest first") if (score == RiskKey.EGFR) is not reverse else t("highest first")


def without_words(rows: Sequence[WorklistRow], score: str) -> str:
    """How many of these patients have no value, and why; "" where all have one."""
    outcomes = Counter(found.outcome if (found := score_of(row, score)) else None for row in rows)
    parts = (
        tn("not known of {n}", "not known of {n}", n) if (n := outcomes[Outcome.MISSING]) else "",
        tn("not valid for {n}", "not valid for {n}", n) if (n := outcomes[Outcome.NOT_VALID]) else "",
        tn("not computed of {n}", "not computed of {n}", n) if (n := outcomes[None]) else "",
    )
    return ", ".join(filter(None, parts))


def shown_words(row: WorklistRow, score: str) -> tuple[str, bool, str]:
    """The value or why there is none; whether there is one; and what it is made of, with dates, and its source."""
    found = score_of(row, score)
    if found is None:
        waits = bool(row.awaited)
        return t("being read ...") if waits else t("not computed of who has died"), False, ""
    made_of = "; ".join(map(input_words, found.inputs))
    parts = (t("Made of: {inputs}.", inputs=made_of) if made_of else "", f"{found.source.edition}.")
    return value_words(found), found.outcome is Outcome.KNOWN, " ".join(filter(None, parts))
