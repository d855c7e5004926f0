"""What a room reads of a patient's story, in words: what changed, which medicines, and how many are not named."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from textwrap import wrap

from dashboard.domain.record.medicine_changes import MedicineChange, MedicineChangeKind
from dashboard.domain.record.observation import Direction
from dashboard.domain.timeline.changes import Changes
from dashboard.domain.timeline.curves import Curve, Weight
from dashboard.domain.timeline.events import Event, EventKind, EventState, Timeline
from dashboard.ui.record.medicines import show_before, show_dose
from dashboard.ui.record.results import ResultWords, pressure_words, result_words
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn
from dashboard.ui.timeline.words import event_words, kind_word, state_words

WHAT_HEIGHT, MORE_HEIGHT, GAP_HEIGHT = 2.0, 1.65, 0.45
"""Hundredths of the screen's width that a line of each size, and the gap below an item, take: the sizes of
`timeline-layouts.css`."""
MOST_LETTERS = 120
"""Longer words are cut, with an ellipsis: they are whole in the timeline."""

_CHANGED = {
    MedicineChangeKind.STARTED: mark("started"),
    MedicineChangeKind.CHANGED: mark("dose changed"),
    MedicineChangeKind.STOPPED: mark("stopped"),
}


@dataclass(frozen=True, slots=True)
class RoomItem:
    """One thing in words: `what` is the weighty part, `more` what is said of it, `mark` urgent and the like."""

    what: str
    more: str = ""
    mark: str = ""
    urgent: bool = False

    def height(self, place: "ColumnRoom") -> float:
        """How high it is in a column, at most."""
        second = ", ".join(filter(None, (self.mark, self.more)))
        first_lines, second_lines = len(wrap(self.what, place.what)), len(wrap(second, place.more))
        return first_lines * WHAT_HEIGHT + second_lines * MORE_HEIGHT + GAP_HEIGHT


@dataclass(frozen=True, slots=True)
class ColumnRoom:
    """What fits into a column at 1920x1080: its height in hundredths of the screen's width, and letters of one line of
    each size. Somewhat less than fits: a line longer than it was taken for would push the last one off the screen.
    `tests/browser/test_room.py` measures them.
    """

    height: float
    what: int
    more: int

    def without(self, height: float) -> "ColumnRoom":
        return replace(self, height=self.height - height)


CHANGES = ColumnRoom(39.0, 35, 45)
MEDICINES = ColumnRoom(39.0, 30, 39)


@dataclass(frozen=True, slots=True)
class RoomColumn:
    """What of a column is named, and how many more there are."""

    items: tuple[RoomItem, ...]
    more: int = 0


def curve_words(curve: Curve, timeline: Timeline, at: ViewTime) -> ResultWords:
    """The words of a curve's latest value: those of every other page."""
    first, *other = curve.results
    if other:
        return pressure_words(first, other[0], at.today, timeline.urgent)
    return result_words(first, at.today, timeline.urgent)


def change_items(changes: Changes, timeline: Timeline, at: ViewTime) -> list[RoomItem]:
    """What is urgent or has changed, then what happened, then in one item the values that are as they were."""
    steady = [curve for curve in changes.curves if is_steady(curve)]
    return [
        *(_result_item(curve, timeline, at) for curve in changes.curves if curve not in steady),
        *(event_item(event, changes.since) for event in changes.events),
        *([_steady_item(steady, timeline, at)] if steady else []),
    ]


def is_steady(curve: Curve) -> bool:
    """Whether a value was measured again and has not changed beyond noise."""
    steady = all(result.direction is Direction.STEADY for result in curve.results)
    return steady and curve.weight is not Weight.URGENT


def _result_item(curve: Curve, timeline: Timeline, at: ViewTime) -> RoomItem:
    words = curve_words(curve, timeline, at)
    more = ", ".join(filter(None, (words.when, words.course or t("no earlier value in two years"))))
    return RoomItem(_valued(words), more, ", ".join(words.marks), words.urgent)


def _steady_item(curves: Sequence[Curve], timeline: Timeline, at: ViewTime) -> RoomItem:
    """`Measured again, no change beyond noise`, and the values."""
    values = ", ".join(_valued(curve_words(curve, timeline, at)) for curve in curves)
    return RoomItem(t("Measured again, steady"), values)


def _valued(words: ResultWords) -> str:
    return f"{words.name} {words.value} {words.unit}".strip()


def event_item(event: Event, since: datetime) -> RoomItem:
    """Its name, and what kind of entry it is, when, and of a change of the plan why. Of what began before `since`, it
    says what has happened since.
    """
    what = t("Plan changed") if event.origin.type == "Provenance" else clean(event_words(event), MOST_LETTERS)
    kind = kind_word(event.kind)
    kind = "" if event.origin.type == "Provenance" or kind.casefold() in what.casefold() else kind
    when = show_date(event.start or event.end or event.recorded)
    if event.kind is EventKind.GOAL and event.recorded is not None:
        when = t("recorded {date}", date=show_date(event.recorded))
    elif event.start is not None and event.start.moment <= since:
        # An end may be expected only; what was not recorded since is new because it has ended.
        if event.recorded is not None and event.recorded.moment > since:
            when = f"{when}, {t('recorded {date}', date=show_date(event.recorded))}"
        elif event.end is not None and event.end.moment > since:
            when = f"{when}, {t('ended {date}', date=show_date(event.end))}"
    state = state_words(event) if event.state in (EventState.NOT_DONE, EventState.STOPPED) else ""
    why = event.why if event.kind is EventKind.PLAN else ""
    return RoomItem(what, clean(", ".join(filter(None, (kind, when, state, why))), MOST_LETTERS))


def medicine_item(change: MedicineChange) -> RoomItem:
    """`Spironolactone 25 mg tablets`, `started 18-Oct-2026, 1 tablet once daily`."""
    medicine, when = change.medicine, show_date(change.when) if change.when else t("date not recorded")
    said = f"{t(_CHANGED[change.kind])} {when}"
    if change.kind is MedicineChangeKind.STOPPED:
        until = medicine.valid_until if change.when is None else None
        dispensed = t("could be dispensed until {date}", date=show_date(until)) if until is not None else ""
        more = ", ".join(filter(None, (said, dispensed, medicine.status_reason)))
        return RoomItem(clean(medicine.text, MOST_LETTERS), clean(more, MOST_LETTERS))
    dose = show_dose(medicine) or t("dose not recorded")
    if change.before is not None:
        dose = t("{dose}, before {earlier}", dose=dose, earlier=show_before(change.before, medicine))
    return RoomItem(clean(medicine.text, MOST_LETTERS), clean(f"{said}, {dose}", MOST_LETTERS))


def fitted(items: Sequence[RoomItem], place: ColumnRoom) -> RoomColumn:
    """As many of the items as fit, in their order; a line is left for how many more there are."""
    taken, used = 0, 0.0
    for item in items:
        used += item.height(place)
        if used > place.height - (0 if taken == len(items) - 1 else MORE_HEIGHT):
            break
        taken += 1
    return RoomColumn(tuple(items[:taken]), len(items) - taken)


def since_words(changes: Changes, zone: tzinfo) -> str:
    """`Since the conference, 27-Oct-2026`; without a conference since which day."""
    day = _day(changes.since, zone)
    if changes.conference:
        return t("Since the conference, {date}", date=day)
    return t("No conference yet. Since {date}", date=day)


def _day(moment: datetime, zone: tzinfo) -> str:
    return show_day(moment.astimezone(zone).date())


def more_words(n: int) -> str:
    """`and 5 more: see the timeline`; "" where nothing is left."""
    return tn("and {n} more: see the timeline", "and {n} more: see the timeline", n) if n > 0 else ""


def other_curves_words(others: Sequence[Curve], timeline: Timeline, at: ViewTime) -> str:
    """What of the measurements has no curve here: those with a mark by name, the others counted."""
    marked = [curve for curve in others if curve.weight < Weight.CHANGED]
    if not others:
        return ""
    named = ", ".join(curve_words(curve, timeline, at).name for curve in marked)
    if not named:
        return more_words(len(others))
    return t(
        "and {n} more: see the timeline (with a mark: {names})",
        n=len(others),
        names=named,
    )
