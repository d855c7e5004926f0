"""The patients' tab of the worklist."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboard.domain.guidelines.recommendations import TeamCounts
from dashboard.domain.record.people import Team
from dashboard.domain.record.views import Worklist
from dashboard.errors import DashboardError
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.browser_print import part_words
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.paper.worklist_document import on_every_sheet
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.session.recommendations import read_team_recommendations
from dashboard.ui.shared.banners_html import notices_html
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.notices import as_of_words, awaited_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_number, press_text
from dashboard.ui.shared.redraw import redraw_page
from dashboard.ui.shared.wording import get_language, t, tn
from dashboard.ui.worklist.html import heading_html, progress_html, table_html, totals_html
from dashboard.ui.worklist.row import WorklistRow
from dashboard.ui.worklist.rows import FilteredWorklist, filter_rows, newest_update, worklist_rows
from dashboard.ui.worklist.view import WorklistView, as_shared, clear, order_by, toggle, write_worklist_view
from dashboard.ui.worklist.widget_controls import controls


@dataclass(frozen=True, slots=True)
class DrawnWorklist:
    """One view of the rows, and its HTML."""

    shown: FilteredWorklist
    totals: Html
    table: Html
    counts: TeamCounts | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class CachedRows:
    """The rows in words and HTML, for as long as the worklist's frame, the day and the language stay the same.

    `newest` is when the newest record in them was saved, `mine` how many of the user's own tasks are open. `html` holds
    the rows that were drawn, by patient; `views` the views that were put together of them.
    """

    frame: pd.DataFrame
    teams: tuple[Team, ...]
    day: date
    language: str
    made: datetime
    rows: tuple[WorklistRow, ...]
    newest: datetime | None
    mine: int
    html: dict[str, Html] = field(default_factory=dict)
    views: dict[WorklistView, DrawnWorklist] = field(default_factory=dict)


# Ages of data are in words ("3 hours ago"): after this they are made anew.
WORDS_SECONDS = 60
# How often the page asks what has come while a team is read for the first time.
FOLLOW_SECONDS = 0.5
# And while the rules are being asked for its patients.
FOLLOW_COUNTS_SECONDS = 1.5
# A page of HTML is 130 kB: people go to and fro between a few.
MOST_VIEWS = 8


def patients(view: WorklistView) -> None:
    """Heading, totals, controls, table. The skeleton shows while the first answer is on its way."""
    with error_boundary("worklist"):
        show_messages()
        worklist = read_with_skeleton(reads.read_worklist)
        show_title(t("Worklist"), navigation.address_of("worklist"), place=_place(worklist.teams, view.team))
        view = as_shared(view) if session.shared_screen() else view
        cached = _cached_rows(worklist)
        counts = _counts()
        drawn = _draw(cached, view, awaiting=bool(worklist.awaited), counts=counts)
        recheck("worklist", _on_screen(worklist), lambda: _on_screen(reads.read_worklist()))
        page = drawn.shown.page
        name, facts = on_every_sheet(worklist, drawn.shown.matching, view)
        shown, address = [row.patient_id for row in page.rows], urlencode(write_worklist_view(view))
        listen_for_print("worklist", shown, address, (name, (*facts, *part_words(page.first, page.last, page.total))))
        panel("worklist-heading", _heading(worklist, cached, view), on_press)
        if worklist.awaited:
            st.session_state["worklist_awaited"] = frozenset(worklist.awaited)
            _follow()
        if view.advice and (counts is None or counts.pending):
            _follow_counts()
        panel("worklist-totals", drawn.totals, on_press)
        # Above the table and filled after it: the rows are what a press is for, the controls hardly change.
        above = st.container(gap=None)
        panel("worklist-table", drawn.table, on_press)
        with above:
            controls(view, cached.rows, drawn.shown.matching, worklist)


def _place(teams: tuple[Team, ...], chosen: str) -> str:
    """The team that is chosen, or the only one there is; "" for several."""
    names = [team.name for team in teams if not chosen or team.id == chosen]
    return names[0] if len(names) == 1 else ""


def _on_screen(worklist: Worklist) -> OnScreen:
    return OnScreen(frozenset(worklist.patients), worklist.fetched, worklist.stale)


@st.fragment(run_every=FOLLOW_SECONDS)
def _follow() -> None:
    """How much of the team's records has come. The page is drawn anew when a type is complete, and when the rows cannot
    be read any more: by itself this part runs on for a user who has just changed or may no longer see them.
    """
    with error_boundary("worklist-progress"):
        try:
            awaited = reads.read_worklist().awaited
        except DashboardError:
            st.rerun()
        if not awaited or frozenset(awaited) != st.session_state.get("worklist_awaited"):
            redraw_page()
            return
        panel("worklist-progress", progress_html(awaited_words(awaited)))


def _counts() -> TeamCounts | None:
    """How many recommendations each patient has, as far as that is computed; None where nobody can say."""
    try:
        return read_team_recommendations()
    except DashboardError:
        return None


@st.fragment(run_every=FOLLOW_COUNTS_SECONDS)
def _follow_counts() -> None:
    """Of how many patients the recommendations are not known yet; once they all are, the page is drawn anew."""
    with error_boundary("worklist-pending"):
        counts = _counts()
        if counts is not None and not counts.pending:
            redraw_page()
            return
        panel("worklist-pending", notices_html([_pending_words(counts)]) or fragment[None])


def _pending_words(counts: TeamCounts | None) -> str:
    """Whom a filter by recommendations leaves out because nobody knows yet."""
    if counts is None:
        return t("Recommendations could not be read: this filter shows nobody.")
    return tn(
        "The rules are still being asked for {n} patient, who is left out until then.",
        "The rules are still being asked for {n} patients, who are left out until then.",
        len(counts.pending),
    )


def _draw(cached: CachedRows, view: WorklistView, awaiting: bool, counts: TeamCounts | None) -> DrawnWorklist:
    """The view's HTML, made once while the cached rows stay the same. While records are awaited the rows are by name:
    in any other order they would jump about under the pointer.
    """
    if awaiting:
        view = replace(view, sort="name", reverse=False)
    drawn = cached.views.get(view)
    shared = session.shared_screen()
    if drawn is None or (view.advice and (drawn.counts is not counts or drawn.shared is not shared)):
        shown = filter_rows(cached.rows, view, counts, shared=shared)
        names = {team.id: team.name for team in cached.teams}
        totals, table = totals_html(shown, view, awaiting), table_html(shown, view, names, cached.html)
        drawn = DrawnWorklist(shown, totals, table, counts, shared)
        while len(cached.views) >= MOST_VIEWS:
            del cached.views[next(iter(cached.views))]
        cached.views[view] = drawn
    return drawn


def _heading(worklist: Worklist, cached: CachedRows, view: WorklistView) -> Html:
    as_of, zone = session.as_of(), session.zone()
    return heading_html(
        view,
        as_of_words(worklist.fetched, cached.newest, as_of, zone),
        stale_words(worklist.fetched, as_of, zone, worklist.stale),
        (len(cached.rows), cached.mine),
        [*unreadable_words(worklist.unreadable), *(notice_words(notice) for notice in worklist.notices)],
    )


def _cached_rows(worklist: Worklist) -> CachedRows:
    """The rows in words, cached in this session while the frame is the same object: a filter makes none anew."""
    as_of, zone = session.as_of(), session.zone()
    day, language = as_of.astimezone(zone).date(), get_language()
    previous = st.session_state.get("worklist_rows")
    if (
        isinstance(previous, CachedRows)
        and previous.frame is worklist.rows
        and (previous.teams, previous.day, previous.language) == (worklist.teams, day, language)
        and (as_of - previous.made).total_seconds() < WORDS_SECONDS
    ):
        return previous
    cached = CachedRows(
        frame=worklist.rows,
        teams=worklist.teams,
        day=day,
        language=language,
        made=as_of,
        rows=worklist_rows(worklist.rows, as_of, zone),
        newest=newest_update(worklist.rows),
        mine=int(worklist.rows["my_tasks"].sum()),
    )
    st.session_state["worklist_rows"] = cached
    return cached


def on_press(pressed: Press) -> None:
    """A press on a total, a chip, a heading, a tab, the pager or a patient."""
    view, do = navigation.worklist_view(), pressed.get("do")
    if do == "open":
        navigation.open_patient(press_text(pressed, "id"))
    elif do == "toggle":
        navigation.show_worklist(toggle(view, press_text(pressed, "name"), press_text(pressed, "value")))
    elif do == "clear":
        navigation.show_worklist(clear(view))
    elif do == "sort":
        navigation.show_worklist(order_by(view, press_text(pressed, "by")))
    elif do == "page":
        navigation.show_worklist(replace(view, page=max(1, press_number(pressed, "n"))))
    elif do == "large":
        navigation.show_worklist(replace(view, large=not view.large))
    elif do == "tab":
        navigation.show_worklist(replace(view, tab="tasks" if press_text(pressed, "name") == "tasks" else "patients"))
