"""Why a patient needs attention, in sentences: "Potassium 5.9 mmol/L (yesterday), on an MRA"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.domain.attention.reason import Check, Reason, ReasonKind
from dashboard.domain.attention.severity import facts_of, is_urgent
from dashboard.domain.attention.trend import is_old
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.recommendations.risk_words import SHORT, value_words
from dashboard.ui.record.names import measure_name
from dashboard.ui.record.results import change_words, show_result, show_value, show_when, trend_words
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.notice_words import CHECKS, DETAILS
from dashboard.ui.shared.wording import mark, t, tn

# How each kind is called where it is counted and filtered, and the icon that carries it besides the colour.
KINDS = {
    ReasonKind.DANGEROUS_RESULT: mark("Urgent result"),
    ReasonKind.ABNORMAL_RESULT: mark("Result beyond a limit"),
    ReasonKind.WORSENING: mark("Worsening"),
    ReasonKind.MEDICINE_RISK: mark("Medicine risk"),
    ReasonKind.TASK_OVERDUE: mark("Task overdue"),
    ReasonKind.CHECK_OVERDUE: mark("Check overdue"),
    ReasonKind.NEW_RESULT: mark("New result"),
    ReasonKind.PLAN_REVIEW_DUE: mark("Plan review due"),
    ReasonKind.NO_PLAN: mark("No care plan"),
    ReasonKind.NO_CONTACT: mark("No recent contact"),
    ReasonKind.RISK_SCORE: mark("Score of risk"),
}
TONES = {
    ReasonKind.DANGEROUS_RESULT: "danger",
    ReasonKind.ABNORMAL_RESULT: "warn",
    ReasonKind.WORSENING: "warn",
    ReasonKind.MEDICINE_RISK: "medicine",
    ReasonKind.TASK_OVERDUE: "late",
    ReasonKind.CHECK_OVERDUE: "late",
    ReasonKind.NEW_RESULT: "new",
    ReasonKind.PLAN_REVIEW_DUE: "plan",
    ReasonKind.NO_PLAN: "plan",
    ReasonKind.NO_CONTACT: "plan",
    ReasonKind.RISK_SCORE: "warn",
}


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """One reason, ready to show: its sentence, its points in the urgency and where the rule comes from.

    `result` is the name and the date of the result it speaks of (`Potassium 22-Nov-2026`). Where that stands beside it,
    with value and unit, `brief` says the rest, what to act on first. Both are "" for a reason without a result.
    """

    kind: str
    tone: str
    text: str
    points: int
    source: str
    result: str = ""
    brief: str = ""


def reason_words(reason: Reason, as_of: date) -> ReasonWords:
    """The sentence of one reason, without the patient's name."""
    tone = "danger" if is_urgent([reason]) else TONES[reason.kind]
    return ReasonWords(reason.kind, tone, _sentence(reason, as_of), reason.points, reason.source)


def reasons_words(reasons: Sequence[Reason], overdue: Sequence[Check], as_of: date) -> tuple[ReasonWords, ...]:
    """One line a fact, most points first: what several reasons say of one result, of the checks that are overdue or of
    the tasks shares a line, points added.

    `eGFR 28 mL/min/1.73 m2 (today), down from 43 on 14-Dec-2025: fell a category within a year; on metformin: stop
    under 30`
    """
    return tuple(_line(same, overdue, as_of) for same in facts_of(reasons))


def _line(same: Sequence[Reason], overdue: Sequence[Check], as_of: date) -> ReasonWords:
    first = same[0]
    tone = "danger" if is_urgent(same) else TONES[first.kind]
    sources = "; ".join(dict.fromkeys(reason.source for reason in same if reason.source))
    sentence, points = _sentence_of_fact(same, overdue, as_of), sum(reason.points for reason in same)
    return ReasonWords(first.kind, tone, sentence, points, sources, _name_and_date(same), _brief(same))


def _sentence_of_fact(same: Sequence[Reason], overdue: Sequence[Check], as_of: date) -> str:
    first = same[0]
    if first.kind is ReasonKind.CHECK_OVERDUE and overdue:
        return show_checks(overdue)
    if len(same) == 1:
        return _sentence(first, as_of)
    if first.result is None:
        n = sum(reason.count for reason in same)
        return tn("{n} task overdue", "{n} tasks overdue", n)
    sentence = _measured(first, as_of)
    addition = [t(DETAILS[r.detail][0]) for r in same if DETAILS.get(r.detail, ("", ""))[0]]
    return f"{sentence}: {'; '.join(addition)}" if addition else sentence


def _brief(same: Sequence[Reason]) -> str:
    """`Potassium 5.9, on an MRA; up from 5.1`; what a medicine has to do with it comes first."""
    first = same[0]
    if first.result is None:
        return ""
    said = [DETAILS.get(each.detail, ("", ""))[0] for each in sorted(same, key=_not_about_a_medicine)]
    change = change_words(show_value(first.baseline), first.direction) if first.baseline else ""
    parts = (
        f"{measure_name(first.result.measure)} {show_value(first.result)}",
        t("preliminary") if first.result.preliminary else "",
        "; ".join([*(t(each) for each in said if each), *([change] if change else [])]),
    )
    return ", ".join(filter(None, parts))


def _not_about_a_medicine(reason: Reason) -> bool:
    return reason.kind is not ReasonKind.MEDICINE_RISK


def _name_and_date(same: Sequence[Reason]) -> str:
    """What the name and the date of its result are where a row shows it; the two pressures stand as one."""
    result = same[0].result
    if result is None:
        return ""
    pressure = result.measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
    return f"{t('BP') if pressure else measure_name(result.measure)} {show_date(result.when)}"


def kind_name(kind: ReasonKind) -> str:
    return t(KINDS[kind])


def check_name(check: Check) -> str:
    """The measure's name where the check is a measurement, else the words for its key."""
    known = CHECKS.get(check.key)
    if known:
        return t(known)
    return measure_name(check.measure) if check.measure else check.key


def show_last(check: Check) -> str:
    """`last done 02-Sep-2025`, or that there is no record of it."""
    return t("last done {date}", date=show_date(check.last)) if check.last else t("no record of it")


def show_checks(checks: Sequence[Check]) -> str:
    """`2 checks overdue: uACR, PHQ-9`, each check named once."""
    names = list(dict.fromkeys(check_name(check) for check in checks))
    return tn("{n} check overdue: {names}", "{n} checks overdue: {names}", len(names), names=", ".join(names))


def _sentence(reason: Reason, as_of: date) -> str:
    if reason.score is not None:
        return f"{t(SHORT[reason.score.key])}: {value_words(reason.score)}"
    addition, alone = DETAILS.get(reason.detail, ("", ""))
    if reason.kind is ReasonKind.TASK_OVERDUE:
        return _with_due(tn("{n} task overdue", "{n} tasks overdue", reason.count), reason.due)
    if reason.kind is ReasonKind.CHECK_OVERDUE:
        return _check_sentence(reason)
    if reason.detail == "plan-unreviewed" and reason.since:
        return t("Plan not reviewed since {date}", date=show_date(reason.since))
    if reason.kind is ReasonKind.PLAN_REVIEW_DUE:
        return _with_due(t("Care plan review"), reason.due) if reason.due else t("Care plan review due")
    if reason.kind is ReasonKind.NO_PLAN:
        return t("No care plan")
    if reason.kind is ReasonKind.NO_CONTACT:
        return _no_contact(reason.since)
    if reason.kind is ReasonKind.NEW_RESULT and reason.result is None:
        return tn(
            "{n} abnormal result since the last contact", "{n} abnormal results since the last contact", reason.count
        )
    if reason.result is None:
        return t(alone) if alone else _bare(reason)
    sentence = _measured(reason, as_of)
    return f"{sentence}, {t(addition)}" if addition else sentence


def _check_sentence(reason: Reason) -> str:
    named = CHECKS.get(reason.detail.removesuffix("-overdue"))
    if reason.count > 1:
        return tn("{n} check overdue", "{n} checks overdue", reason.count)
    if named or reason.measure:
        name = t(named) if named else measure_name(reason.measure) if reason.measure else ""
        if reason.due is None:
            return t("{check} overdue: none in the last two years", check=name)
        return _with_due(t("{check} overdue", check=name), reason.due)
    return _with_due(kind_name(reason.kind), reason.due)


def _measured(reason: Reason, as_of: date) -> str:
    """The result with its trend, as everywhere."""
    assert reason.result is not None
    when = show_when(reason.result, as_of, old=is_old(reason.result, as_of))
    sentence = f"{show_result(reason.result)} ({when})"
    parts = (
        sentence,
        t("preliminary") if reason.result.preliminary else "",
        trend_words(reason.baseline, reason.direction),
    )
    return ", ".join(filter(None, parts))


def _bare(reason: Reason) -> str:
    name = kind_name(reason.kind)
    named = f"{name}: {measure_name(reason.measure)}" if reason.measure else name
    return f"{named} ({show_date(reason.since)})" if reason.since else named


def _no_contact(since: PartialDate | None) -> str:
    return t("No contact since {date}", date=show_date(since)) if since else t("No contact in the time looked at")


def _with_due(sentence: str, due: date | None) -> str:
    return t("{sentence}, due {date}", sentence=sentence, date=show_day(due)) if due else sentence
