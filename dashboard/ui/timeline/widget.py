"""The timeline page: who it is, what is shown of the story, the figure or the table, and what was picked of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.new_events import is_new
from dashboard.domain.timeline.events import Event, EventDetail, Timeline
from dashboard.domain.timeline.scene import Scene, SceneRequest
from dashboard.errors import DashboardError, UserFacingError
from dashboard.ui.emergency_access.html import emergency_access_html
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.widget import waiting_html
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.panel import large_type, panel
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.alt import figure_alt
from dashboard.ui.timeline.detail_html import detail_html
from dashboard.ui.timeline.figure.figure import CONFIG, fitted_scene, timeline_figure
from dashboard.ui.timeline.figure.style import SHARE_NEXT_TO_DETAILS, Style
from dashboard.ui.timeline.html import (
    age_html,
    empty_html,
    footer_html,
    key_html,
    patient_nav_html,
    warnings_html,
)
from dashboard.ui.timeline.table_html import on_page_of, shown_events, timeline_table_html
from dashboard.ui.timeline.view import TimelineView, drawing_time, events_in_same_place, find_event, pick, scene_request
from dashboard.ui.timeline.widget_controls import controls, on_press
from dashboard.ui.timeline.words import event_words, show_when

_SHOWN = "timeline_shown"
_SCENE = "arranged_scene"


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """What one run of the page shows."""

    view: TimelineView
    timeline: Timeline
    scene: Scene
    style: Style
    at: ViewTime
    stale: str

    @property
    def picked(self) -> Event | None:
        return find_event(self.timeline, self.view.at)


def timeline(view: TimelineView) -> None:
    """Banner, controls, then the figure or the table, with the details of what was picked beside it."""
    with st.container(key="banner"):
        banner = st.empty()
    rechecked = st.container()
    body = st.empty()
    if st.session_state.get(_SHOWN) != view.id:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[_SHOWN] = view.id
        with banner:
            panel("tl-banner-none", waiting_html())
        with body:
            panel("tl-body-none", h.div(class_="c3-skeleton")[None])
    with error_boundary("timeline"):
        show_messages()
        try:
            loaded, stale = _read(view.id)
        except Exception:
            banner.empty()
            body.empty()
            raise
        with rechecked:
            recheck("timeline", _on_screen((loaded, stale)), lambda: _on_screen(reads.read_timeline(view.id)))
        at = ViewTime(session.as_of(), session.zone())
        with banner:
            emergency_access = (
                emergency_access_html(loaded.emergency_access, at) if loaded.emergency_access is not None else None
            )
            shown = banner_html(loaded, at, similar=view.id in reads.similar_people())
            panel(f"tl-banner-{view.id}", fragment[emergency_access, shown, age_html(loaded, at)])
        with body.container():
            _body(_page(view, loaded, at, stale))


def _on_screen(found: tuple[Timeline, str]) -> OnScreen:
    loaded, away = found
    return OnScreen((loaded.person.id, loaded.emergency_access), loaded.fetched, away or loaded.stale)


def _read(patient_id: str) -> tuple[Timeline, str]:
    if not patient_id:
        raise UserFacingError("no-patient-chosen")
    return reads.read_timeline(patient_id)


def _page(view: TimelineView, loaded: Timeline, at: ViewTime, stale: str) -> TimelinePage:
    style = Style(
        dark=st.context.theme.type == "dark",
        large=view.large,
        beside=find_event(loaded, view.at) is not None,
    )
    drawn = drawing_time(at.as_of)
    arranged = _arranged(loaded, scene_request(view, loaded, drawn, at.zone), drawn)
    scene = fitted_scene(arranged, style, drawn, at.zone, mark_new=view.since)
    return TimelinePage(view, loaded, scene, style, at, stale)


def _arranged(loaded: Timeline, wanted: SceneRequest, drawn: datetime) -> Scene:
    """The scene, cached in this session while timeline, window and time are the same: a pick arranges nothing anew."""
    cached = st.session_state.get(_SCENE)
    if cached is not None and cached[0] is loaded and cached[1:3] == (wanted, drawn):
        return cached[3]  # type: ignore[no-any-return]
    scene = arrange(loaded, wanted, drawn)
    st.session_state[_SCENE] = (loaded, wanted, drawn, scene)
    return scene


def _body(page: TimelinePage) -> None:
    ident = page.view.id
    if page.view.large:
        large_type()
    warnings = warnings_html(page.timeline, page.at, page.stale)
    if warnings is not None:
        panel(f"tl-warnings-{ident}", warnings)
    if not page.timeline.events:
        panel(f"tl-nav-{ident}", patient_nav_html(ident, "timeline"), on_press)
        panel(f"tl-empty-{ident}", empty_html(page.timeline))
        panel(f"tl-footer-{ident}", footer_html(page.timeline, page.scene, page.at))
        return
    events = shown_events(page.scene, page.timeline.events)
    controls(page.view, page.timeline, page.scene, events, page.at)
    picked = page.picked
    panel(f"tl-said-{ident}", h.p(role="status", class_="c3-sr")[_picked_words(picked, page.at)])
    if picked is None:
        _main(page, events)
    else:
        left, right = st.columns([SHARE_NEXT_TO_DETAILS, 1 - SHARE_NEXT_TO_DETAILS], gap="small")
        with left:
            _main(page, events)
        with right, st.container(key="detail"):
            _detail(page, picked)
    panel(f"tl-footer-{ident}", footer_html(page.timeline, page.scene, page.at))


def _picked_words(picked: Event | None, at: ViewTime) -> str:
    """For a screen reader: what stepping or a press has picked."""
    return f"{event_words(picked)}, {show_when(picked, at.zone)}" if picked is not None else ""


def _main(page: TimelinePage, events: Sequence[Event]) -> None:
    view = page.view
    if view.table:
        shown = on_page_of(events, view) if view.at and view.page == 1 else view
        conference = page.timeline.conference if view.since else None
        new = frozenset(str(each.origin) for each in events if is_new(each, conference, page.at.as_of))
        panel(f"tl-table-{view.id}", timeline_table_html(events, shown, page.at, new), on_press)
        return
    _figure(page)
    panel(f"tl-key-{view.id}", key_html(page.scene))


def _figure(page: TimelinePage) -> None:
    key = f"tl-figure-{page.view.id}"

    def chosen() -> None:
        origin = _pressed_point(st.session_state.get(key))
        if origin:
            navigation.show_timeline(pick(navigation.timeline_view(), origin))

    figure = timeline_figure(
        page.scene, page.style, drawing_time(page.at.as_of), page.at.zone, page.timeline.conference, page.view.at
    )
    with st.container(key="timeline-figure"):
        st.plotly_chart(
            figure,
            key=key,
            theme=None,
            config=CONFIG,
            on_select=chosen,
            selection_mode="points",
            alt=figure_alt(page.scene, page.at.zone, page.at.as_of),
        )


def _pressed_point(state: Any) -> str:
    """The origin that the pressed point carries, "" for anything else: what a browser sends is never trusted."""
    try:
        data = state["selection"]["points"][0]["customdata"]
    except (KeyError, IndexError, TypeError):
        return ""
    while isinstance(data, list) and data:
        data = data[0]
    return data if isinstance(data, str) else ""


def _detail(page: TimelinePage, picked: Event) -> None:
    detail: EventDetail | None = None
    failed = ""
    try:
        detail = reads.read_event(page.view.id, picked.origin)
    except DashboardError as problem:
        failed = error_words(problem)
    same = events_in_same_place(page.scene, page.timeline, str(picked.origin))
    html = detail_html(picked, detail, failed, same, page.at, wall=page.view.large)
    panel(f"tl-detail-{page.view.id}", html, on_press)
