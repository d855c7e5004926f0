"""What is new since the team last met about the patient, in words and as HTML: by the timeline's own rule."""

from collections.abc import Sequence

from dashboard.domain.attention.reason import Check
from dashboard.domain.record.medicine_changes import MedicineChange
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.arrange.new_events import NewEvents
from dashboard.domain.timeline.changes import Changes, changes_since_conference
from dashboard.domain.timeline.curves import Curve
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure
from dashboard.ui.patient.parts import failure
from dashboard.ui.patient.urgent_html import action_button, timeline_button
from dashboard.ui.record.mark_html import mark_html
from dashboard.ui.record.reasons import check_name, show_last
from dashboard.ui.record.results import result_class, signed_marks
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Html, for_screen_readers, unbroken_dates
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.room_words import curve_words, event_item, is_steady, medicine_item
from dashboard.ui.timeline.words import kind_word

EVENTS_NAMED = 4
"""Other entries that stand in the panel; the timeline has them all."""


def since_html(
    summary: PatientSummary,
    timeline: Timeline | None,
    at: ViewTime,
    *,
    failed: Failure | None = None,
    may_change: bool = False,
) -> Html:
    """The panel: results, medicines, checks that were not done, then the rest. Without a timeline only the checks, and
    why, or that it is being read.
    """
    late = [check for check in summary.checks if check.overdue(at.today)]
    lines: list[Html] = []
    heading, link, note = t("Since the last conference"), None, None
    if timeline is not None:
        changes = changes_since_conference(timeline, at.as_of)
        heading, note = _heading(changes, at)
        link = _entries(timeline, changes, at)
        lines = [
            *_results(changes, timeline, at),
            *(_medicine(change, summary) for change in changes.medicines),
        ]
    if late:
        lines.append(_not_done(late, may_change))
    if timeline is not None:
        lines += _events(changes, timeline, summary)
        if not lines:
            lines = [h.li(class_="c3-quiet")[t("Nothing new")]]
    waiting = h.p(class_="c3-quiet", role="status")[t("Reading the record…")]
    return h.section(class_="c3-sincepart")[
        h.h2(class_="c3-sectionhead")[h.span[unbroken_dates(heading)], " ", link, " ", _conferences(summary, timeline)],
        note,
        failure("", failed) if failed is not None else None,
        h.ul(class_="c3-reasons")[lines] if lines else None,
        waiting if timeline is None and failed is None else None,
    ]


def _heading(changes: Changes, at: ViewTime) -> tuple[str, Html | None]:
    day = show_day(changes.since.astimezone(at.zone).date())
    if changes.conference:
        return t("Since the conference of {date}", date=day), None
    note = h.p(class_="c3-sub")[t("No conference is on record: these are the last three months.")]
    return t("Since {date}", date=day), note


def _conferences(summary: PatientSummary, timeline: Timeline | None) -> Html | None:
    """The way to all conferences about the patient, where there was one."""
    if timeline is None or timeline.conference is None or summary.emergency_access is not None:
        return None
    return h.button(
        type="button", class_="c3-plainbutton c3-sub", data_act=press("conferences"), data_key="since-conferences"
    )[t("All conferences")]


def _entries(timeline: Timeline, changes: Changes, at: ViewTime) -> Html | None:
    """How many entries are new on the timeline, and the way there."""
    if not changes.conference:
        return None
    count = NewEvents(timeline, timeline.conference, at.as_of).count
    label = tn("{n} new entry on the timeline", "{n} new entries on the timeline", count)
    href = f"timeline?id={timeline.person.id}&since=conference"
    return h.a(class_="c3-sub", href=href, data_act=press("since"), data_key="since-timeline")[label]


def _line(kind: str, what: Html | str | Sequence[Html | str | None], buttons: Html | None, class_: str = "") -> Html:
    return h.li(class_=f"c3-sinceline {class_}".strip())[
        h.span(class_="c3-sub c3-sincekind")[kind], h.span(class_="c3-sincewhat")[what], buttons
    ]


def _results(changes: Changes, timeline: Timeline, at: ViewTime) -> list[Html]:
    """The values that changed or are urgent, each with the trend of every page; then in one line those as before."""
    lines: list[Html] = []
    steady: list[str] = []
    for curve in changes.curves:
        words = curve_words(curve, timeline, at)
        valued = f"{words.name} {words.value} {words.unit}".strip()
        if is_steady(curve):
            steady.append(valued)
            continue
        marks = [mark_html(sign, said) for sign, said in signed_marks(words)]
        content: list[Html | str | None] = [
            h.b[valued],
            unbroken_dates(f" ({words.when}){', ' if words.course else ''}{words.course}"),
            " ",
            *marks,
        ]
        lines.append(
            _line(t("Result"), content, _show(_origin(curve), timeline.person.id, valued), result_class(words) or "")
        )
    if steady:
        lines.append(_line(t("Steady"), ", ".join(steady), _all_new(timeline, ", ".join(steady), "steady")))
    return lines


def _origin(curve: Curve) -> Reference:
    return curve.results[0].latest.origin


def _show(origin: Reference, patient_id: str, about: str) -> Html:
    return h.span(class_="c3-actions")[timeline_button(patient_id, origin, about)]


def _medicine(change: MedicineChange, summary: PatientSummary) -> Html:
    item = medicine_item(change)
    content = [h.b[h.bdi[item.what]], unbroken_dates(f", {item.more}")]
    return _line(t("Medicine"), content, _show(change.medicine.origin, summary.person.id, item.what))


def _not_done(late: Sequence[Check], may_change: bool) -> Html:
    """`uACR (last done 10-Dec-2024, due 10-Dec-2025); PHQ-9 (no record of it)`."""
    parts = []
    for check in late:
        due = t("due {date}", date=show_day(check.due))
        parts.append(f"{check_name(check)} ({show_last(check)}, {due})")
    names = ", ".join(dict.fromkeys(check_name(check) for check in late))
    button = action_button(t("Add task"), press("add", fact="checks"), "add-checks", names) if may_change else None
    return _line(
        t("Not done"), unbroken_dates("; ".join(parts)), h.span(class_="c3-actions")[button] if button else None
    )


def _all_new(timeline: Timeline, about: str, name: str) -> Html:
    """For a line about several entries: the timeline, with what is new since a conference listed first."""
    since = timeline.conference is not None
    link = h.a(
        class_="c3-button c3-small",
        href=f"timeline?id={timeline.person.id}" + ("&since=conference" if since else ""),
        data_act=press("since" if since else "timeline"),
        data_key=f"since-{name}",
        title=t("Show on the timeline"),
    )
    return h.span(class_="c3-actions")[link[t("Timeline"), for_screen_readers(f": {about}")]]


def _events(changes: Changes, timeline: Timeline, summary: PatientSummary) -> list[Html]:
    """Contacts and the other entries, the first by name, then how many more."""
    lines = []
    for event in changes.events[:EVENTS_NAMED]:
        item = event_item(event, changes.since)
        kind = kind_word(event.kind)
        more = item.more.removeprefix(kind).lstrip(", ")
        shown = [h.bdi[item.what], h.span(class_="c3-sub")[" ", unbroken_dates(more)]]
        lines.append(_line(kind[:1].upper() + kind[1:], shown, _show(event.origin, summary.person.id, item.what)))
    rest = len(changes.events) - EVENTS_NAMED
    if rest > 0:
        words = tn("{n} more on the timeline", "{n} more on the timeline", rest)
        lines.append(_line("", words, _all_new(timeline, words, "more")))
    return lines
