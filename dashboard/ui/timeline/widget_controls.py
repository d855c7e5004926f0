"""The timeline's row of controls: time, kinds, days, measures, files, steps. The address is their state."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

import streamlit as st

from dashboard.domain.access.user import User
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.events import Event, Timeline
from dashboard.domain.timeline.scene import Scene
from dashboard.paper.document import Document
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.paper.timeline_document import timeline_document
from dashboard.ui.paper.widget import print_button, why_not
from dashboard.ui.record.names import measure_name
from dashboard.ui.session import reads
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.shared.controls import set_control
from dashboard.ui.shared.large_html import large_switch
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_number, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.export import timeline_csv, timeline_excel
from dashboard.ui.timeline.html import kinds_html, patient_nav_html, switches_html
from dashboard.ui.timeline.view import (
    OWN,
    TimelineView,
    choose_condition,
    measure_choices,
    pick,
    step,
    toggle_kind,
    window,
    write_timeline_view,
    zoom,
)

OLDEST = date(1900, 1, 1)
YEARS_AHEAD = 20


def controls(
    view: TimelineView,
    timeline: Timeline,
    scene: Scene,
    events: Sequence[Event],
    new: int,
    at: ViewTime,
    stale: str = "",
) -> None:
    """One row; the switches are ours, what is typed or stepped is Streamlit's. `new` are since the conference."""
    with st.container(key="controls", horizontal=True, vertical_alignment="center"):
        panel(f"tl-switches-{view.id}", switches_html(timeline, view, new, at), on_press, narrow=True)
        st.space("stretch")
        with st.container(key="controls-steps", horizontal=True, width="content", gap="small"):
            _steps(view, scene, at)
            _more(view, timeline, scene, events, at)
            _print(view, timeline, stale)


def more_controls(
    view: TimelineView, timeline: Timeline, scene: Scene, events: Sequence[Event], at: ViewTime, stale: str = ""
) -> None:
    """What opens: days, measures, files, paper. For the layout that has switches of its own."""
    with st.container(key="narrow-more", horizontal=True):
        _more(view, timeline, scene, events, at)
        _print(view, timeline, stale)


def controls_of_nothing(view: TimelineView, timeline: Timeline, stale: str = "") -> None:
    """Where nothing is on record: the other pages, large type and paper."""
    with st.container(key="controls", horizontal=True, vertical_alignment="center"):
        panel(f"tl-nav-{view.id}", patient_nav_html(view.id, "timeline"), on_press, narrow=True)
        st.space("stretch")
        panel(f"tl-large-{view.id}", large_switch(view.large), on_press, narrow=True)
        _print(view, timeline, stale)


def on_press(pressed: Press) -> None:
    """A press on any of our own buttons and links on this page."""
    view, do = navigation.timeline_view(), pressed.get("do")
    if do == "summary":
        navigation.open_patient(view.id)
    elif do == "care_plan":
        navigation.open_care_plan(view.id)
    elif do == "recommendations":
        navigation.open_recommendations(view.id)
    elif do == "span":
        navigation.show_timeline(zoom(view, press_text(pressed, "to")))
    elif do == "condition":
        navigation.show_timeline(choose_condition(view, press_text(pressed, "name")))
    elif do == "kind":
        navigation.show_timeline(toggle_kind(view, press_text(pressed, "name")))
    elif do == "since":
        navigation.show_timeline(replace(view, since=not view.since, page=1))
    elif do == "table":
        navigation.show_timeline(replace(view, table=press_text(pressed, "on") == "yes", page=1))
    elif do == "large":
        navigation.show_timeline(replace(view, large=not view.large))
    elif do == "pick":
        navigation.show_timeline(pick(view, press_text(pressed, "origin")))
    elif do == "page":
        navigation.show_timeline(replace(view, page=max(1, press_number(pressed, "n"))))


def _steps(view: TimelineView, scene: Scene, at: ViewTime) -> None:
    """To the event before and after, with the keyboard as well; from the latest one where none is picked."""
    for by, words, help_text, icon, keys in (
        (-1, t("Earlier"), t("To the entry before (Alt and arrow up)"), ":material/chevron_left:", "Alt+Up"),
        (1, t("Later"), t("To the entry after (Alt and arrow down)"), ":material/chevron_right:", "Alt+Down"),
    ):
        origin = step(scene, view.at, by, at.as_of)
        st.button(
            words,
            key=f"tl-step-{by}",
            icon=icon,
            shortcut=keys,
            help=help_text,
            disabled=not origin or origin == view.at,
            on_click=_show,
            args=(pick(view, origin),),
        )


def _show(view: TimelineView) -> None:
    navigation.show_timeline(view)


def _more(view: TimelineView, timeline: Timeline, scene: Scene, events: Sequence[Event], at: ViewTime) -> None:
    with st.popover(t("More"), icon=":material/tune:", key="tl_more"):
        panel(f"tl-kinds-{view.id}", kinds_html(view), on_press)
        _days(view, timeline, at)
        _measures(view, timeline)
        _export(view, events, at)


def _days(view: TimelineView, timeline: Timeline, at: ViewTime) -> None:
    start, end = (when.astimezone(at.zone).date() for when in window(view, timeline, at.as_of, at.zone))
    if view.span == OWN and view.start and view.end:
        start, end = view.start, view.end
    latest = date(at.today.year + YEARS_AHEAD, 12, 31)
    set_control("tl_from", min(max(start, OLDEST), latest))
    set_control("tl_to", min(max(end, OLDEST), latest))

    def chosen() -> None:
        first, last = st.session_state["tl_from"], st.session_state["tl_to"]
        if not (isinstance(first, date) and isinstance(last, date)):
            return
        if first < last:
            navigation.show_timeline(replace(view, span=OWN, start=first, end=last, page=1))
        else:
            queue_message(t("The first day must lie before the last; the days stay as they were."), wrong=True)

    with st.container(horizontal=True):
        for label, key in ((t("From"), "tl_from"), (t("To"), "tl_to")):
            st.date_input(
                label,
                key=key,
                format="DD/MM/YYYY",
                min_value=OLDEST,
                max_value=latest,
                on_change=chosen,
            )


def _measures(view: TimelineView, timeline: Timeline) -> None:
    measures = measure_choices(timeline)
    set_control("tl_measures", [measure.value for measure in measures if measure in view.measures])

    def chosen() -> None:
        # What a browser says it chose need not be among what was offered.
        picked = tuple(measure for measure in measures if measure.value in st.session_state["tl_measures"])
        navigation.show_timeline(replace(view, measures=picked))

    st.multiselect(
        t("Measurements"),
        [measure.value for measure in measures],
        format_func=lambda value: _measure(Measure(value)),
        key="tl_measures",
        on_change=chosen,
        placeholder=t("Those usual for these conditions"),
        select_all=False,
    )


def _measure(measure: Measure) -> str:
    return t("Blood pressure") if measure is Measure.SYSTOLIC else measure_name(measure)


def _print(view: TimelineView, timeline: Timeline, stale: str) -> None:
    similar = view.id in reads.similar_people()

    def make(who: User, now: ViewTime) -> Document:
        return timeline_document(timeline, view, who, now, stale, similar=similar)

    print_button("timeline", [view.id], urlencode(write_timeline_view(view)), make, may_not=why_not(timeline))


def _export(view: TimelineView, events: Sequence[Event], at: ViewTime) -> None:
    # Made only when pressed, of what is on screen and no more, and on record before it is made.
    zone, as_of = at.zone, at.as_of

    def file_when_pressed(form: str, make: Callable[[], bytes]) -> Callable[[], bytes]:
        return reads.export([view.id], f"timeline.{form}?{urlencode(write_timeline_view(view))}", make)

    stamp = as_of.astimezone(zone).strftime("%Y%m%d-%H%M")
    st.caption(t("File: {n} entries as shown. It is about a patient: keep it as you keep a record.", n=len(events)))
    with st.container(horizontal=True):
        st.download_button(
            t("CSV"),
            data=when_pressed(file_when_pressed("csv", lambda: timeline_csv(events, zone))),
            file_name=f"timeline-{stamp}.csv",
            mime="text/csv",
            key="tl_csv",
            on_click="ignore",
        )
        st.download_button(
            t("Excel"),
            data=when_pressed(file_when_pressed("xlsx", lambda: timeline_excel(events, as_of, zone))),
            file_name=f"timeline-{stamp}.xlsx",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key="tl_xlsx",
            on_click="ignore",
        )
