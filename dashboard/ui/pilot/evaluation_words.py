"""The evaluation in words: strata, counts, means and changes as they may be shown."""

from typing import Final

from dashboard.domain.evaluation.measure import EvaluationMeasure, Statistic
from dashboard.domain.evaluation.strata import THREE_OR_MORE, UNDER_TWO, StratumKind
from dashboard.domain.evaluation.summary import EvaluationSummary, SummaryRow, rounded
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment import Arm
from dashboard.domain.record.condition import ConditionKey
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.record.names import CONDITIONS, show_unit
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

TITLES: Final[dict[str, str]] = {
    "hba1c": mark("HbA1c"),
    "systolic-pressure": mark("Systolic blood pressure"),
    "diastolic-pressure": mark("Diastolic blood pressure"),
    "egfr-slope": mark("eGFR slope"),
    "phq-9": mark("PHQ-9"),
    "admissions": mark("Hospital admissions"),
    "medicines": mark("Active medicines"),
    "polypharmacy": mark("Five or more medicines"),
    "goals-achieved": mark("Goals achieved"),
    "time-to-done": mark("From decision to done"),
}
"""Names of the project's measures; one of another file is called as the file does."""
_UNITS: Final[dict[str, str]] = {
    "1/a": mark("a person and year"),
    "mL/min/{1.73_m2}/a": mark("mL/min/1.73 m² a year"),
    "d": mark("days"),
    "1": mark("medicines"),
    "{score}": mark("points"),
}
_PERIODS: Final[dict[str, str]] = {"6 months": mark("6 months"), "12 months": mark("12 months")}
_ARMS: Final = {Arm.INTERVENTION: mark("Intervention group"), Arm.COMPARISON: mark("Comparison group")}


def measure_title(measure: EvaluationMeasure) -> str:
    return t(TITLES[measure.key]) if measure.key in TITLES else clean(measure.title, 80)


def unit_words(measure: EvaluationMeasure) -> str:
    return t(_UNITS[measure.unit]) if measure.unit in _UNITS else show_unit(measure.unit)


def period_words(name: str) -> str:
    return t(_PERIODS[name]) if name in _PERIODS else clean(name, 40)


def arm_words(arm: Arm) -> str:
    return t(_ARMS[arm])


def stratum_words(row: SummaryRow, summary: EvaluationSummary) -> str:
    """The site, the two conditions, or what everybody else of the arm has."""
    if row.kind is StratumKind.ALL:
        return t("Everybody")
    if row.kind is StratumKind.SITE:
        return clean(summary.sites.get(row.stratum, ""), 120) or t("Site not recorded")
    if row.stratum == THREE_OR_MORE:
        return t("Three or four conditions")
    if row.stratum == UNDER_TWO:
        return t("Fewer than two conditions")
    one, other = row.stratum.split("+")
    return t("{one} and {other}", one=t(CONDITIONS[ConditionKey(one)]), other=t(CONDITIONS[ConditionKey(other)]))


def number_words(count: Count) -> str:
    """`28`, "fewer than 5", "5 or more", or "not shown"."""
    if count.value is None and count.most is None and count.least:
        return t("{n} or more", n=count.least)
    return count_words(count)


def mean_words(number: float | None, measure: EvaluationMeasure) -> str:
    """A mean as it is shown, "" where it is not."""
    places = 2 if measure.statistic is Statistic.RATE else 1
    return "" if number is None else f"{number:.{places}f}".replace("-", "−")


def change_words(row: SummaryRow, measure: EvaluationMeasure) -> str:
    """`−4.2 (−6.1 to −2.3)`, of a rate `0.62 times (0.41 to 0.93)`; "not shown" or why there is none."""
    change = rounded(row, measure).change
    if row.held_back:
        return t("not shown")
    if change is None:
        return t("cannot be computed")
    value = mean_words(change.value, measure)
    if measure.statistic is Statistic.RATE:
        value = t("{ratio} times", ratio=value)
    if change.low is None or change.high is None:
        return t("{change}, without an interval", change=value)
    ends = {"low": mean_words(change.low, measure), "high": mean_words(change.high, measure)}
    return t("{change} ({low} to {high})", change=value, **ends)
