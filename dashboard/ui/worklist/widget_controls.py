"""The worklist's row of native controls: search, filters, saved views, export. The address is their state."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from dashboard.domain.access.user import User
from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.record.views import Worklist
from dashboard.errors import UserFacingError
from dashboard.paper.document import Document
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.paper.widget import print_button
from dashboard.ui.paper.worklist_document import worklist_document
from dashboard.ui.record.people import distinct_labels
from dashboard.ui.record.reasons import kind_name
from dashboard.ui.session import reads, session
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.shared.controls import changed, set_control
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.worklist.export import worklist_csv, worklist_excel
from dashboard.ui.worklist.html import advice_words
from dashboard.ui.worklist.row import WorklistRow
from dashboard.ui.worklist.rows import filter_choices
from dashboard.ui.worklist.saved_views import MOST_LETTERS, delete_view, load_views, save_view
from dashboard.ui.worklist.scores import LEVELS, PRIVATE, level_words, levels, score_name
from dashboard.ui.worklist.view import ADVICE, NO_OWNER, WorklistView, choose, write_worklist_view

LONGEST_CHOICE = 120


def controls(
    view: WorklistView,
    rows: tuple[WorklistRow, ...],
    matching: tuple[WorklistRow, ...],
    worklist: Worklist,
) -> None:
    """Show them as the address says; a change writes the address."""
    with st.container(key="controls", horizontal=True, vertical_alignment="center"):
        _search(view)
        names = distinct_labels({team.id: clean(team.name, LONGEST_CHOICE) for team in worklist.teams})
        _select("team", view, list(names), t("Team"), t("All teams"), lambda value: names.get(value, value), width=240)
        _more(view, rows)
        st.space("stretch")
        _views(view)
        _export(view, matching)
        _print(view, matching, worklist)


def _search(view: WorklistView) -> None:
    set_control("w_q", view.q)

    st.text_input(
        t("Search this list"),
        key="w_q",
        on_change=changed("w_q", lambda text: navigation.show_worklist(choose(view, "q", text))),
        live=True,
        placeholder=t("Search this list"),
        label_visibility="collapsed",
        icon=":material/search:",
        max_chars=100,
        width=260,
    )


def _select(
    name: str,
    view: WorklistView,
    values: list[str],
    label: str,
    everything: str,
    words: Callable[[str], str] = str,
    *,
    width: int | None = None,
) -> None:
    """One of the single filters as a select box; a value that the address has and the list lacks is offered too."""
    key, now = f"w_{name}", getattr(view, name)
    options = ["", *values] if not now or now in values else ["", *values, now]
    set_control(key, now)

    st.selectbox(
        label,
        options,
        format_func=lambda value: words(value) if value else everything,
        key=key,
        on_change=changed(key, lambda value: navigation.show_worklist(choose(view, name, value or ""))),
        label_visibility="collapsed" if width else "visible",
        width=width or "stretch",
    )


def _more(view: WorklistView, rows: tuple[WorklistRow, ...]) -> None:
    single = ("score", "level", "advice", "region", "site", "owner")
    count = sum(1 for name in single if getattr(view, name)) + len(view.reason)
    label = t("More filters ({n})", n=count) if count else t("More filters")
    with st.popover(label, icon=":material/filter_list:", key="w_more"):
        _reasons(view)
        _scores(view)
        _select("advice", view, list(ADVICE), t("Recommendations"), t("With or without"), advice_words)
        _select("region", view, filter_choices(rows, "region"), t("Region"), t("All regions"))
        _select("site", view, filter_choices(rows, "site"), t("Site"), t("All sites"))
        _select(
            "owner",
            view,
            filter_choices(rows, "owner"),
            t("Owner of a task"),
            t("Anybody"),
            lambda value: t("nobody yet") if value == NO_OWNER else value,
        )


def _scores(view: WorklistView) -> None:
    """Which score of risk the rows show and are ordered by, and of which values; none that the screen must not show."""
    hidden = PRIVATE if session.shared_screen() else frozenset()
    offered = [key for key in LEVELS if key not in hidden]
    _select("score", view, offered, t("Score of risk, gravest first"), t("No score"), score_name)
    if view.score:
        only = t("Only with the value")
        _select("level", view, list(levels(view.score)), only, t("Any"), lambda level: level_words(view.score, level))


def _reasons(view: WorklistView) -> None:
    set_control("w_reason", [kind.value for kind in ReasonKind if kind in view.reason])

    def chosen(values: list[str]) -> None:
        # What a browser says it chose need not be among what was offered.
        kinds = frozenset(kind for kind in ReasonKind if kind.value in values)
        navigation.show_worklist(replace(view, reason=kinds, page=1))

    st.multiselect(
        t("Needs attention because of any of"),
        [kind.value for kind in ReasonKind],
        format_func=lambda value: kind_name(ReasonKind(value)),
        key="w_reason",
        on_change=changed("w_reason", chosen),
        placeholder=t("Any reason"),
        select_all=False,
    )


def _views(view: WorklistView) -> None:
    saved = load_views(session.process().settings.data_dir, session.scope())
    with st.popover(t("Views"), icon=":material/bookmark:", key="w_views"):
        for number, (name, each) in enumerate(saved.items()):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    name,
                    key=f"view-{number}",
                    type="tertiary",
                    width="stretch",
                    on_click=navigation.show_worklist,
                    args=(each,),
                )
                st.button(
                    t("Delete"),
                    key=f"unview-{number}",
                    help=t("Delete the view “{name}”", name=name),
                    on_click=_delete,
                    args=(name,),
                )
        if not saved:
            st.caption(t("No view is saved yet."))
        st.text_input(t("Name for what you see now"), key="w_view_name", max_chars=MOST_LETTERS)
        st.button(t("Save this view"), key="w_save", on_click=_save, args=(view,))
        st.caption(
            t("A text search is not saved with a view: it may hold a name. The page’s address can be sent as it is.")
        )


def _save(view: WorklistView) -> None:
    name = st.session_state.get("w_view_name", "")
    try:
        save_view(session.process().settings.data_dir, session.scope(), name, view)
    except UserFacingError as problem:
        queue_message(error_words(problem), wrong=True)
        return
    st.session_state["w_view_name"] = ""
    queue_message(t("View saved. Only you see it."))


def _delete(name: str) -> None:
    try:
        delete_view(session.process().settings.data_dir, session.scope(), name)
    except UserFacingError as problem:
        queue_message(error_words(problem), wrong=True)


def _print(view: WorklistView, matching: tuple[WorklistRow, ...], worklist: Worklist) -> None:
    patients = [row.patient_id for row in matching]

    def make(who: User, at: ViewTime) -> Document:
        return worklist_document(worklist, matching, view, who, at)

    none = "" if patients else t("There is no patient to be printed.")
    print_button("worklist", patients, urlencode(write_worklist_view(view)), make, may_not=none)


def _export(view: WorklistView, matching: tuple[WorklistRow, ...]) -> None:
    # Made only when pressed (a callable), from the rows on screen and no others, and on record before it is made.
    as_of, zone = session.as_of(), session.zone()
    patients = [row.patient_id for row in matching]

    def file_when_pressed(form: str, make: Callable[[], bytes]) -> Callable[[], bytes]:
        query = f"worklist.{form}?{urlencode(write_worklist_view(view))}"
        return reads.export(patients, query, make)

    stamp = as_of.astimezone(zone).strftime("%Y%m%d-%H%M")
    with st.popover(t("Export"), icon=":material/download:", key="w_export"):
        st.caption(
            t(
                "{n} patients, as filtered and ordered. The file holds names: keep it as you keep a record.",
                n=len(matching),
            )
        )
        st.download_button(
            t("CSV"),
            data=when_pressed(file_when_pressed("csv", lambda: worklist_csv(matching, zone))),
            file_name=f"worklist-{stamp}.csv",
            mime="text/csv",
            key="w_csv",
            on_click="ignore",
            disabled=not matching,
            width="stretch",
        )
        st.download_button(
            t("Excel"),
            data=when_pressed(file_when_pressed("xlsx", lambda: worklist_excel(matching, as_of, zone))),
            file_name=f"worklist-{stamp}.xlsx",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key="w_xlsx",
            on_click="ignore",
            disabled=not matching,
            width="stretch",
        )
