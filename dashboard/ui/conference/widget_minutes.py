"""The page of the minutes of one conference: read, corrected, signed, filed and printed."""

import streamlit as st

from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes
from dashboard.domain.conference.note import EntryKind
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.ui.conference.minutes_html import minutes_actions_html, minutes_heading_html, minutes_html
from dashboard.ui.conference.widget_minutes_dialogs import send_back_dialog, write_dialog
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.minutes_document import minutes_document, patient_minutes_document
from dashboard.ui.paper.widget import print_button, sheets_button
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.record.people import show_name
from dashboard.ui.session import minutes, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.asked import ask, take_asked
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean, fragment
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import queue_message, show_messages
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.tasks.widget_dialogs import try_change


def conference_minutes(ident: str) -> None:
    """The minutes of the conference with this id."""
    with error_boundary("conference-minutes"):
        show_messages()
        _show(ident)


def _show(ident: str) -> None:
    def read() -> tuple[MinutesView, str]:
        return minutes.read_minutes(ident)

    view, away = read_with_skeleton(read, "minutes")
    at = ViewTime(session.as_of(), session.zone())
    title = clean(view.conference.title, 120)
    show_title(t("Minutes"), navigation.address_of("conference_minutes"), place=title)
    age = as_of_words(view.fetched, None, at.as_of, at.zone)
    stale = stale_words(view.fetched, at.as_of, at.zone, away)
    recheck("minutes", _on_screen(view, away), lambda: _on_screen(*read()))
    listen_for_print("conference_minutes", view.patients, f"id={ident}", (title, (age,)))
    said = [*unreadable_words(view.unreadable), *map(notice_words, view.notices)]
    heading = fragment[
        h.div(class_="c3-head")[minutes_heading_html(view, at), h.p(class_="c3-asof")[age]],
        warning_html(stale),
        notices_html(said),
        minutes_actions_html(view) if _may_change() else None,
    ]
    panel("minutes-heading", heading, on_press)
    _printing(view, at, stale)
    panel("minutes-body", minutes_html(view, at, changing=_may_change()), on_press)
    _ask(view)


def _may_change() -> bool:
    return is_permitted(session.user().roles, Action.HOLD_CONFERENCE)


def _on_screen(view: MinutesView, away: str) -> OnScreen:
    return OnScreen(frozenset(view.patients), view.fetched, away)


def _printing(view: MinutesView, at: ViewTime, stale: str) -> None:
    """The whole meeting as sheets, and one patient's alone, for whoever may not have the others'."""
    ident = view.conference.origin.id
    with st.container(horizontal=True):
        print_button(
            "conference_minutes",
            view.patients,
            f"id={ident}",
            lambda who, now: minutes_document(view, who, now, stale),
        )
        if view.lines:
            with st.popover(t("Sheet for one patient"), key="minutes_sheets", icon=":material/print:"):
                for line in view.lines:
                    _sheet(view, line)


def _sheet(view: MinutesView, line: PatientMinutes) -> None:
    pid = line.patient.id
    sheets_button(
        f"conference_minutes-{pid}",
        clean(show_name(line.person.name, title=False), 80),
        (pid,),
        f"id={view.conference.origin.id}&patient={pid}",
        lambda who, now: patient_minutes_document(view, line, who, now),
        stretch=True,
    )


def _ask(view: MinutesView) -> None:
    """The dialog that the last press asked for, if it is about these minutes."""
    do, ident, kind = take_asked("minutes") or ("", "", "")
    line = view.line(ident)
    if do == "send-back":
        send_back_dialog(view)
    elif do == "write" and line is not None and kind in (EntryKind.DISCUSSION, EntryKind.CORRECTION):
        write_dialog(view, line, EntryKind(kind))


def on_press(pressed: Press) -> None:
    """A press on the minutes: on the agenda or a patient, or on what can be done with them."""
    do, ident = pressed.get("do"), navigation.conference_id()
    if do == "agenda":
        navigation.open_conference(ident)
    elif do == "open":
        navigation.open_patient(press_text(pressed, "id"))
    elif do == "history":
        navigation.open_history(press_text(pressed, "id"))
    elif do == "sign":
        version, seen = press_text(pressed, "version"), _seen(press_text(pressed, "seen"))
        if try_change(lambda: minutes.sign(ident, version, seen), t("Signed."), minutes.forget):
            _file(ident)
    elif do == "file":
        _file(ident)
    elif do in ("send-back", "write"):
        ask("minutes", do, press_text(pressed, "id"), press_text(pressed, "kind"))


def _seen(words: str) -> dict[Reference, str]:
    """The notes with their versions, as the page that was signed had them; what is none is left out."""
    found: dict[Reference, str] = {}
    for each in words.split():
        name, _, version = each.partition("@")
        try:
            found[Reference("Composition", name)] = version
        except ValueError:
            continue
    return found


def _file(ident: str) -> None:
    """Files every sheet that is still to be filed; one that fails keeps none of the others from it, and can be filed
    with a press later.
    """
    filed, problem = 0, None
    try:
        view, _ = minutes.read_minutes(ident)
        for line in view.to_file:
            try:
                minutes.file(view, line)
                filed += 1
            except DashboardError as error:
                problem = error
    except DashboardError as error:
        problem = error
    minutes.forget()
    if filed:
        queue_message(tn("{n} sheet is filed in the record.", "{n} sheets are filed in the records.", filed))
    if problem is not None:
        queue_message(
            t("Not everything could be filed: {why} Press “File” again later.", why=error_words(problem)), wrong=True
        )
