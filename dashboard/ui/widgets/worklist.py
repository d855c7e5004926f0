"""The patients' tab of the worklist."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pandas as pd
import streamlit as st

from dashboard.domain.views import Worklist
from dashboard.ui import navigation, reads, session
from dashboard.ui.html import Html
from dashboard.ui.presenters.notices import as_of_words, notice_words, stale_words, unreadable_words
from dashboard.ui.presenters.worklist_html import heading_html, table_html, totals_html
from dashboard.ui.presenters.worklist_rows import Row, show_rows, worklist_rows
from dashboard.ui.presenters.worklist_view import View, clear, order_by, toggle
from dashboard.ui.widgets.errors import error_boundary
from dashboard.ui.widgets.loading import first
from dashboard.ui.widgets.panel import Act, act_number, act_text, panel
from dashboard.ui.widgets.saying import show_said
from dashboard.ui.widgets.worklist_controls import controls
from dashboard.ui.wording import get_language


@dataclass(frozen=True, slots=True)
class Words:
    """The rows in words and HTML, for as long as the frame, the day and the language stay the same."""

    frame: pd.DataFrame
    day: date
    language: str
    made: datetime
    rows: tuple[Row, ...]
    html: dict[str, Html] = field(default_factory=dict)


# Ages of data are in words ("3 hours ago"): after this they are made anew.
WORDS_SECONDS = 60


def patients(view: View) -> None:
    """Heading, totals, controls, table. The skeleton shows while the first answer is on its way."""
    with error_boundary("worklist"):
        show_said()
        found = first(reads.read_worklist)
        words = _words(found)
        rows = words.rows
        shown = show_rows(rows, view)
        panel("worklist-heading", _heading(found, view), pressed)
        panel("worklist-totals", totals_html(shown, view), pressed)
        # Above the table and filled after it: the rows are what a press is for, the controls hardly change.
        above = st.container(gap=None)
        names = {team.id: team.name for team in found.teams}
        panel("worklist-table", table_html(shown, view, names, words.html), pressed)
        with above:
            controls(view, rows, shown.matching, found.teams)


def _heading(found: Worklist, view: View) -> Html:
    as_of, zone = session.as_of(), session.zone()
    newest = found.rows["updated"].max() if len(found.rows) else None
    newest = newest.to_pydatetime() if isinstance(newest, pd.Timestamp) and not pd.isna(newest) else newest
    mine = int(found.rows["my_tasks"].sum()) if len(found.rows) else 0
    return heading_html(
        view,
        as_of_words(found.fetched, newest if isinstance(newest, datetime) else None, as_of, zone),
        stale_words(found.fetched, as_of, zone) if found.stale else "",
        (len(found.rows), mine),
        [*unreadable_words(found.unreadable), *(notice_words(notice) for notice in found.notices)],
    )


def _words(found: Worklist) -> Words:
    """Rows in words, kept in this session while the frame is the same object: a press on a filter makes none anew."""
    as_of, zone = session.as_of(), session.zone()
    day, language = as_of.astimezone(zone).date(), get_language()
    kept = st.session_state.get("kept_words")
    if (
        isinstance(kept, Words)
        and kept.frame is found.rows
        and (kept.day, kept.language) == (day, language)
        and (as_of - kept.made).total_seconds() < WORDS_SECONDS
    ):
        return kept
    words = Words(found.rows, day, language, as_of, worklist_rows(found.rows, as_of, zone))
    st.session_state["kept_words"] = words
    return words


def pressed(what: Act) -> None:
    """A press on a total, a chip, a heading, a tab, the pager or a patient."""
    view, do = navigation.current_view(), what.get("do")
    if do == "open":
        navigation.open_patient(act_text(what, "id"))
    elif do == "toggle":
        navigation.show_view(toggle(view, act_text(what, "name"), act_text(what, "value")))
    elif do == "clear":
        navigation.show_view(clear(view))
    elif do == "sort":
        navigation.show_view(order_by(view, act_text(what, "by")))
    elif do == "page":
        navigation.show_view(replace(view, page=max(1, act_number(what, "n"))))
    elif do == "tab":
        navigation.show_view(replace(view, tab="tasks" if act_text(what, "name") == "tasks" else "patients"))
