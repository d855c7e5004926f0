"""The history of conferences as HTML and as cells of a file: counts by week, past conferences, one patient's story."""

from collections.abc import Sequence
from datetime import date, timedelta

from dashboard.domain.conference.history import (
    ConferenceHistory,
    Counts,
    PastConference,
    PastDiscussion,
    PatientConferences,
    WeekCounts,
    by_week,
)
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.ui.conference.minutes_html import decided_html
from dashboard.ui.conference.words import ENTRIES, status_words, when_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.spreadsheet import Cells
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

WEEK_COLUMNS = (
    mark("Week from"), mark("Conferences"), mark("Patients discussed"), mark("Decisions"), mark("Done in time"),
)  # fmt: skip
COLUMNS = (mark("When"), mark("Conference"), mark("Patients discussed"), mark("Decisions"), mark("Done in time"))
WEEKS_AT_ONCE = 8
CONFERENCES_AT_ONCE = 20


def history_html(history: ConferenceHistory, at: ViewTime) -> Html:
    """Counts by week, then each conference with the way to its minutes; the older ones folded."""
    if not history.conferences:
        return h.div(class_="c3-empty")[icon("calendar"), h.h2[t("No case conference has taken place yet")]]
    now, older = history.conferences[:CONFERENCES_AT_ONCE], history.conferences[CONFERENCES_AT_ONCE:]
    return fragment[
        weeks_html(history.weeks),
        h.section[h.h2[t("Past conferences")], _conferences(t("Past conferences"), now, at)],
        _folded(older, at),
        h.p(class_="c3-quiet")[t("Counted are patients in the care of your teams, over the last twelve months.")],
    ]


def teams_html(history: ConferenceHistory) -> Html | None:
    """The choice of a team; None where there is only one."""
    if len(history.teams) < 2:
        return None
    choices = [("", t("All my teams")), *((team.id, clean(team.name, 80)) for team in history.teams)]
    return h.div(class_="c3-pills", role="group", aria_label=t("Team"))[
        (
            h.button(
                type="button",
                class_="c3-pill",
                aria_pressed="true" if ident == history.team else "false",
                data_act=press("team", id=ident),
                data_key=f"team-{ident}",
            )[words]
            for ident, words in choices
        )
    ]


def weeks_html(weeks: Sequence[WeekCounts]) -> Html:
    """The counts by week as a table, the latest week first."""
    now, older = weeks[:WEEKS_AT_ONCE], weeks[WEEKS_AT_ONCE:]
    words = tn("{n} earlier week", "{n} earlier weeks", len(older))
    return h.section[
        h.h2[t("By week")],
        _weeks(t("By week"), now) if now else h.p(class_="c3-quiet")[t("Nobody was discussed.")],
        h.details(data_key="weeks-older")[h.summary[words], _weeks(words, older)] if older else None,
    ]


def _weeks(title: str, weeks: Sequence[WeekCounts]) -> Html:
    return h.table(class_="c3-table c3-weeks")[
        h.caption(class_="c3-sr")[title],
        h.thead[h.tr[(h.th(scope="col")[t(label)] for label in WEEK_COLUMNS)]],
        h.tbody[
            (
                h.tr(data_key=f"week-{each.week}")[
                    h.th(scope="row", class_="c3-nw")[show_day(each.week)],
                    h.td(data_label=t("Conferences"))[str(each.conferences)],
                    _counts(each.counts),
                ]
                for each in weeks
            )
        ],
    ]


def _counts(counts: Counts) -> Html:
    return fragment[
        h.td(data_label=t("Patients discussed"))[str(counts.discussed)],
        h.td(data_label=t("Decisions"))[str(counts.decisions)],
        h.td(data_label=t("Done in time"))[in_time_words(counts)],
    ]


def in_time_words(counts: Counts) -> str:
    """`3 of 4`, of the decisions whose day is past; "none due yet" before."""
    if not counts.decisions:
        return t("nothing decided")
    return t("{n} of {due}", n=counts.in_time, due=counts.due) if counts.due else t("none due yet")


def _conferences(title: str, conferences: Sequence[PastConference], at: ViewTime) -> Html:
    return h.table(class_="c3-table c3-conferences")[
        h.caption(class_="c3-sr")[title],
        h.thead[h.tr[(h.th(scope="col")[t(label)] for label in COLUMNS)]],
        h.tbody[(_conference(each, at) for each in conferences)],
    ]


def _conference(each: PastConference, at: ViewTime) -> Html:
    conference, ident = each.conference, each.conference.origin.id
    return h.tr(data_key=f"past-{ident}")[
        h.th(scope="row", class_="c3-nw")[
            h.a(href=f"conference_minutes?id={ident}", data_act=press("minutes", id=ident))[
                when_words(conference, at), for_screen_readers(f", {t('Minutes')}")
            ]
        ],
        h.td[
            h.b[clean(conference.title, 120) or t("Case conference")],
            None if conference.over else h.div(class_="c3-sub")[status_words(conference)],
        ],
        _counts(each.counts),
    ]


def _folded(older: Sequence[PastConference], at: ViewTime) -> Html | None:
    if not older:
        return None
    words = tn("{n} earlier conference", "{n} earlier conferences", len(older))
    return h.details(data_key="history-older")[h.summary[words], _conferences(words, older, at)]


def patient_conferences_html(found: PatientConferences, at: ViewTime) -> Html:
    """Each conference at which the patient was discussed with what was said and decided; then the counts by week."""
    if not found.discussions:
        return h.div(class_="c3-empty")[icon("calendar"), h.h2[t("No case conference has discussed this patient yet")]]
    return fragment[
        h.ul(class_="c3-meetings")[(_meeting(each, found, at) for each in found.discussions)],
        weeks_html(by_week(found.discussions, at.today)),
    ]


def _meeting(each: PastDiscussion, found: PatientConferences, at: ViewTime) -> Html:
    to, conference = each.discussion.conference, each.conference
    when = each.discussion.start
    title = clean(conference.title, 120) if conference is not None else ""
    words = ", ".join(filter(None, (show_date(when) if when else t("no time yet"), title or t("Case conference"))))
    link = h.a(href=f"conference_minutes?id={to.id}", data_act=press("minutes", id=to.id))[t("Minutes")]
    return h.li(data_key=f"meeting-{each.discussion.origin.id}")[
        h.h2[words],
        h.p(class_="c3-sub")[link] if to in found.readable else None,
        _said(each, at),
    ]


def _said(each: PastDiscussion, at: ViewTime) -> Html:
    """The note's entries; of what was decided and stands in no note, the task or message itself."""
    by = {record.origin: record for record in each.decided}
    entries = [
        _line(t(ENTRIES[entry.kind]), entry.text, next((by[to] for to in entry.about if to in by), None)
              if entry.kind is EntryKind.DECISION else None, at)
        for entry in each.entries
    ]  # fmt: skip
    named = {to for entry in each.entries for to in entry.about}
    rest = [_line(t("Decided"), record.text, record, at) for to, record in by.items() if to not in named]
    if not entries and not rest:
        return h.p(class_="c3-quiet")[t("Nothing was written about this patient.")]
    return h.ul(class_="c3-entries")[entries, rest]


def _line(what: str, text: str, record: Task | Order | None, at: ViewTime) -> Html:
    return h.li[
        h.b[what], ": ", h.span[clean(text, 4000)],
        decided_html(record, at.today) if record is not None else None,
    ]  # fmt: skip


def weeks_cells(weeks: Sequence[WeekCounts]) -> list[Cells]:
    """The counts by week as the lines of a file."""
    headings = [t("Week from"), t("Week until"), t("Conferences"), t("Patients discussed"), t("Decisions"),
                t("Decisions due by now"), t("Done in time")]  # fmt: skip
    return [headings, *(_cells(each) for each in weeks)]


def _cells(each: WeekCounts) -> Cells:
    until: date = each.week + timedelta(days=6)
    counts = each.counts
    return (
        each.week, until, each.conferences, counts.discussed, counts.decisions, counts.due, counts.in_time,
    )  # fmt: skip
