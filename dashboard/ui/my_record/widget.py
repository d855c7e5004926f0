"""The page of a patient, or of a carer: the record with ticks for what is done, and for the patient who has read it."""

from collections.abc import Callable

import streamlit as st

from dashboard.domain.record.views import Notice, PatientSummary
from dashboard.errors import DashboardError
from dashboard.ui.audit.widget import who_looked
from dashboard.ui.my_record.html import own_banner_html, own_record_html
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.sheet import identity
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import queue_message, show_messages
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def my_record(asked: str) -> None:
    """Banner, record, who has read it. `asked` is the address's id, "" for the own record; any other is not found."""
    with error_boundary("my-record"):
        summary, away = read_with_skeleton(lambda: reads.read_own_record(asked), "my-record")
        show_title(t("My record"), navigation.address_of("my_record"), person=summary.person.name)
        recheck("my-record", _on_screen((summary, away)), lambda: _on_screen(reads.read_own_record(asked)))
        at = ViewTime(session.as_of(), session.zone())
        me = session.user().fhir_user
        carer = me if me is not None and me.type == "RelatedPerson" else None
        show_messages()
        ident = summary.person.id
        listen_for_print("my_record", [ident], "", identity(summary.person, at))
        with st.container(key="banner"):
            panel(f"own-banner-{ident}", own_banner_html(summary, at))
        panel(f"own-record-{ident}", own_record_html(summary, at, away, carer=carer), _on_press)
        who_looked(ident)


def _on_press(pressed: Press) -> None:
    do, task_id, version = pressed.get("do"), press_text(pressed, "id"), press_text(pressed, "version")
    if do == "tick":
        _try(lambda: reads.tick(task_id, version), t("Done. Your care team sees it. Press “Undo” to take it back."))
    elif do == "untick":
        _try(lambda: reads.untick(task_id, version), t("It is open again."))


def _try(change: Callable[[], tuple[Notice, ...]], done: str) -> None:
    try:
        notices = change()
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
        return
    queue_message(done)
    for notice in notices:
        queue_message(notice_words(notice), caution=True)


def _on_screen(found: tuple[PatientSummary, str]) -> OnScreen:
    summary, away = found
    return OnScreen(summary.person.id, summary.fetched, away)
