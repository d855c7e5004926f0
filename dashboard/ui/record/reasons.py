"""Why a patient needs attention, in sentences: "Potassium 5.9 mmol/L, up from 5.1 (yesterday), on an MRA"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.domain.attention.reason import Check, Reason, ReasonKind
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.record.names import measure_name
from dashboard.ui.record.results import show_number, show_result
from dashboard.ui.shared.dates import show_date, show_day, show_near
from dashboard.ui.shared.notice_words import CHECKS, DETAILS
from dashboard.ui.shared.wording import mark, t, tn

# How each kind is called where it is counted and filtered, and the icon that carries it besides the colour.
KINDS = {
    ReasonKind.DANGEROUS_RESULT: mark("Urgent result"),
    ReasonKind.ABNORMAL_RESULT: mark("Abnormal result"),
    ReasonKind.WORSENING: mark("Worsening"),
    ReasonKind.MEDICINE_RISK: mark("Medicine risk"),
    ReasonKind.TASK_OVERDUE: mark("Task overdue"),
    ReasonKind.CHECK_OVERDUE: mark("Check overdue"),
    ReasonKind.NEW_RESULT: mark("New result"),
    ReasonKind.PLAN_REVIEW_DUE: mark("Plan review due"),
    ReasonKind.NO_PLAN: mark("No care plan"),
    ReasonKind.NO_CONTACT: mark("No recent contact"),
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
}

# A reason of so many points is urgent whatever its kind (potassium of 5.9 on an MRA): red, and in the first total.
URGENT_POINTS = 30

# Shown once with a count, however many reasons of the kind a patient has.
_JOINED = (ReasonKind.CHECK_OVERDUE, ReasonKind.TASK_OVERDUE)


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """One reason, ready to show: its sentence, its points in the urgency and where the rule comes from."""

    kind: str
    tone: str
    text: str
    points: int
    source: str


def reason_words(reason: Reason, as_of: date) -> ReasonWords:
    """The sentence of one reason, without the patient's name."""
    tone = "danger" if is_urgent(reason) else TONES[reason.kind]
    return ReasonWords(reason.kind, tone, _sentence(reason, as_of), reason.points, reason.source)


def reasons_words(reasons: Sequence[Reason], overdue: Sequence[Check], as_of: date) -> tuple[ReasonWords, ...]:
    """One line a fact, most points first: what several reasons say of one result, of the checks that are overdue or of
    the tasks shares a line, points added.

    `eGFR 28 mL/min/1.73 m2, down from 43 (14-Nov-2026): fell a category within a year; on metformin: stop under 30`
    """
    facts: dict[object, list[Reason]] = {}
    for place, reason in enumerate(reasons):
        facts.setdefault(_fact(reason, place), []).append(reason)
    lines = [_line(same, overdue, as_of) for same in facts.values()]
    return tuple(sorted(lines, key=lambda line: -line.points))


def _fact(reason: Reason, place: int) -> object:
    """What a reason is about: reasons with the same one share a line."""
    if reason.kind in _JOINED:
        return reason.kind
    return (reason.result.origin, reason.result.measure) if reason.result else place


def _line(same: Sequence[Reason], overdue: Sequence[Check], as_of: date) -> ReasonWords:
    first = same[0]
    tone = "danger" if any(is_urgent(reason) for reason in same) else TONES[first.kind]
    sources = "; ".join(dict.fromkeys(reason.source for reason in same if reason.source))
    return ReasonWords(first.kind, tone, _sentence_of_fact(same, overdue, as_of), sum(r.points for r in same), sources)


def _sentence_of_fact(same: Sequence[Reason], overdue: Sequence[Check], as_of: date) -> str:
    first = same[0]
    if first.kind is ReasonKind.CHECK_OVERDUE and overdue:
        return show_checks(overdue)
    if len(same) == 1:
        return _sentence(first, as_of)
    if first.result is None:
        n = sum(reason.count for reason in same)
        return tn("{n} task overdue", "{n} tasks overdue", n)
    # The course is shown once: by the first reason that is about it.
    about_course = [r.previous for r in same if r.previous and r.kind is not ReasonKind.MEDICINE_RISK]
    sentence = _measured(first.result, about_course[0] if about_course else None, as_of)
    addition = [t(DETAILS[r.detail][0]) for r in same if DETAILS.get(r.detail, ("", ""))[0]]
    return f"{sentence}: {'; '.join(addition)}" if addition else sentence


def is_urgent(reason: Reason) -> bool:
    """Whether somebody should act today: a dangerous result, or points enough."""
    return reason.kind is ReasonKind.DANGEROUS_RESULT or reason.points >= URGENT_POINTS


def urgent_measures(reasons: Sequence[Reason]) -> frozenset[Measure | None]:
    """The measures behind urgent reasons: their values are red, and nothing else is."""
    return frozenset(reason.measure for reason in reasons if is_urgent(reason))


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
    addition, alone = DETAILS.get(reason.detail, ("", ""))
    if reason.kind is ReasonKind.TASK_OVERDUE:
        return _with_due(tn("{n} task overdue", "{n} tasks overdue", reason.count), reason.due)
    if reason.kind is ReasonKind.CHECK_OVERDUE:
        return _check_sentence(reason)
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
    # What a medicine does at this value matters, not how it came about: the sentence stays short.
    previous = None if reason.kind is ReasonKind.MEDICINE_RISK else reason.previous
    sentence = _measured(reason.result, previous, as_of)
    return f"{sentence}, {t(addition)}" if addition else sentence


def _check_sentence(reason: Reason) -> str:
    named = CHECKS.get(reason.detail.removesuffix("-overdue"))
    if reason.count > 1:
        return tn("{n} check overdue", "{n} checks overdue", reason.count)
    if named or reason.measure:
        name = t(named) if named else measure_name(reason.measure) if reason.measure else ""
        return _with_due(t("{check} overdue", check=name), reason.due)
    return _with_due(kind_name(reason.kind), reason.due)


def _measured(result: Result, previous: Result | None, as_of: date) -> str:
    sentence = show_result(result)
    if previous is not None and previous.value.value != result.value.value:
        shown = show_number(previous.value.value, result.measure, converted=previous.converted)
        rose = result.value.value > previous.value.value
        sentence += ", " + (
            t("up from {previous}", previous=shown) if rose else t("down from {previous}", previous=shown)
        )
    return f"{sentence} ({show_near(result.when, as_of)})"


def _bare(reason: Reason) -> str:
    name = kind_name(reason.kind)
    named = f"{name}: {measure_name(reason.measure)}" if reason.measure else name
    return f"{named} ({show_date(reason.since)})" if reason.since else named


def _no_contact(since: PartialDate | None) -> str:
    return t("No contact since {date}", date=show_date(since)) if since else t("No contact in the time looked at")


def _with_due(sentence: str, due: date | None) -> str:
    return t("{sentence}, due {date}", sentence=sentence, date=show_day(due)) if due else sentence
