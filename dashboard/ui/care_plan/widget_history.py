"""How a plan came to be: every save, two versions side by side, and bringing back what was."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from dashboard.domain.care_plan.shared_plan import EDITED_HERE, items_of
from dashboard.domain.care_plan.views import PlanHistory
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import CannotBeUsedNow, Failure
from dashboard.ui.care_plan.history_html import (
    compare_html,
    history_head_html,
    names_in_history,
    saves_html,
    version_labels,
)
from dashboard.ui.care_plan.history_rows import compared, items_in, saves, version_of
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.view import PlanView, read_reference
from dashboard.ui.care_plan.widget_at_once import bring_back, change_shown_plan, undo_html
from dashboard.ui.care_plan.words import Names, item_name
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import plans as plans_read
from dashboard.ui.shared.banners_html import warning_html
from dashboard.ui.shared.controls import changed, set_control
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import show_error
from dashboard.ui.shared.html import clean, fragment
from dashboard.ui.shared.notices import stale_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.wording import t


def plan_history(view: PlanView, page: PlanPage, stale: str) -> None:
    """The saves of the whole plan, or of one item, with the choice of two versions to compare. `stale` is the code of
    the error why the plan could not be read anew.
    """
    ident = view.id
    origins = [view.item] if view.item is not None else _origins(page)
    try:
        history, away = plans_read.read_history(ident, origins)
    except CannotBeUsedNow as problem:
        name = t("the whole plan") if view.item is None else page.names.of(view.item)
        panel(f"plan-historyhead-{ident}", history_head_html(name, None, complete=True), on_history_press)
        show_error("plan-history", problem)
        return
    known = items_in(history)
    names = names_in_history(known, page.names)
    rows = saves(history)
    name = t("the whole plan")
    if view.item is not None:
        item = known.get(view.item)
        name = item_name(item, names) if item is not None else names.of(view.item)
    head = history_head_html(name, len(rows), complete=history.complete)
    with st.container():
        failed = [warning_html(_failed(origin, why, names)) for origin, why in history.failed.items()]
        why = stale or page.view.stale or away
        old = warning_html(stale_words(page.view.fetched, page.at.as_of, page.at.zone, why))
        panel(f"plan-historyhead-{ident}", fragment[undo_html(page), head, old, failed], on_history_press)
    if view.item is not None:
        compare(view, view.item, history, page, names)
    one_item, may = view.item is not None, page.may_change
    panel(f"plan-saves-{ident}", saves_html(rows, names, page.at, may_change=may, one_item=one_item), on_history_press)


def _origins(page: PlanPage) -> list[Reference]:
    return [origin for origin in items_of(page.shared) if origin.type in EDITED_HERE]


def _failed(origin: Reference, why: Failure, names: Names) -> str:
    return f"{names.of(origin)}: {t('This could not be read.')} {clean(error_words(why), 300)}"


def compare(view: PlanView, item: Reference, history: PlanHistory, page: PlanPage, names: Names) -> None:
    """Two versions of an item side by side, and the choice of which; nothing where there is one."""
    labels = version_labels(history.versions.get(item, ()), page.at)
    if len(labels) < 2:
        return
    numbers = list(labels)
    first = view.first if view.first in labels else numbers[1]
    second = view.second if view.second in labels else numbers[0]
    with st.container(horizontal=True):
        _version(t("Compare"), "plan_first", first, labels)
        _version(t("with"), "plan_second", second, labels)
    one, other = version_of(history, item, first), version_of(history, item, second)
    if one is not None and other is not None:
        shown = compare_html(one, other, compared(one, other), item, names)
        panel(f"plan-compare-{view.id}", shown)


def _version(label: str, key: str, value: str, labels: Mapping[str, str]) -> None:
    set_control(key, value)

    def chosen(number: object) -> None:
        if number not in labels:
            return
        view = navigation.plan_view()
        now = replace(view, first=str(number)) if key == "plan_first" else replace(view, second=str(number))
        navigation.show_plan(now)

    st.selectbox(
        label,
        list(labels),
        format_func=lambda number: labels.get(number, str(number)),
        key=key,
        on_change=changed(key, chosen),
    )


def on_history_press(pressed: Press) -> None:
    """A press in the history; what changes the plan is done before the next run."""
    view, do = navigation.plan_view(), pressed.get("do")
    if do == "back":
        navigation.show_plan(PlanView(view.id, large=view.large))
    elif do == "history":
        navigation.show_plan(
            PlanView(view.id, item=read_reference(press_text(pressed, "item")), history=True, large=view.large)
        )
    elif do in ("restore", "undo"):
        item = read_reference(press_text(pressed, "item"))
        version, field = press_text(pressed, "version"), press_text(pressed, "field")
        change_shown_plan(lambda page: bring_back(page, str(do), item, version, field))
