"""The timeline page: who it is, what is shown of the story, the figure or the table, and what was picked of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.new_events import is_new, without_new
from dashboard.domain.timeline.events import Event, EventDetail, Timeline
from dashboard.domain.timeline.reading.condition import of_condition
from dashboard.domain.timeline.scene import Scene, SceneRequest
from dashboard.errors import DashboardError, UserFacingError
from dashboard.ui.emergency_access.html import emergency_access_html
from dashboard.ui.emergency_access.widget import beyond_refusal, on_emergency_press
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.sheet import identity
from dashboard.ui.paper.widget import why_not
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.widget import waiting_html
from dashboard.ui.session import reads, session
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.alt import figure_alt
from dashboard.ui.timeline.axis_html import axis_html
from dashboard.ui.timeline.detail_html import detail_html
from dashboard.ui.timeline.figure.reading import CONFIG, Figure, reading_figure, reading_page
from dashboard.ui.timeline.figure.style import SHARE_NEXT_TO_DETAILS, Style
from dashboard.ui.timeline.fold_html import fold_html
from dashboard.ui.timeline.html import (
    age_html,
    empty_html,
    footer_html,
    warnings_html,
)
from dashboard.ui.timeline.since_html import since_html
from dashboard.ui.timeline.table_html import on_page_of, shown_events, timeline_table_html
from dashboard.ui.timeline.view import (
    TimelineView,
    conditions_of,
    drawing_time,
    events_in_same_place,
    find_event,
    pick,
    scene_request,
    write_timeline_view,
)
from dashboard.ui.timeline.widget_controls import controls, controls_of_nothing, on_press
from dashboard.ui.timeline.widget_layouts import layouts
from dashboard.ui.timeline.widget_narrow import narrow
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
    def condition(self) -> ConditionKey | None:
        """The condition that was picked, if the patient has it."""
        return self.view.condition if self.view.condition in conditions_of(self.timeline) else None

    @property
    def new(self) -> list[Event]:
        """What of the condition is new since the last conference, whatever the window."""
        conference, condition = self.timeline.conference, self.condition
        return [
            event
            for event in self.timeline.events
            if is_new(event, conference, self.at.as_of) and (condition is None or condition in event.lanes)
        ]

    @property
    def picked(self) -> Event | None:
        return find_event(self.timeline, self.view.at)


def timeline(view: TimelineView) -> None:
    """Banner, controls, then the figure or the table, with the details of what was picked beside it."""
    with st.container(key="banner"):
        banner = st.empty()
    rechecked = st.container()
    known = st.session_state.get(_SHOWN) == view.id
    # A place that is emptied loses for a moment all that is in it, and with it what was open and scrolled to.
    body = st.container() if known else st.empty()
    if not known:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[_SHOWN] = view.id
        with banner:
            panel("tl-banner-none", waiting_html())
        with body:
            panel("tl-body-none", h.div(class_="c3-skeleton")[None])
    with error_boundary("timeline", lambda: beyond_refusal(view.id)):
        show_messages()
        try:
            loaded, stale = _read(view.id)
        except Exception:
            banner.empty()
            if not known:
                body.empty()
            show_title(t("Timeline"), navigation.address_of("timeline"))
            raise
        show_title(t("Timeline"), navigation.address_of("timeline"), person=loaded.person.name)
        with rechecked:
            recheck("timeline", _on_screen((loaded, stale)), lambda: _on_screen(reads.read_timeline(view.id)))
        at = ViewTime(session.as_of(), session.zone())
        with banner:
            emergency_access = (
                emergency_access_html(loaded.emergency_access, at) if loaded.emergency_access is not None else None
            )
            shown = banner_html(loaded, at, similar=view.id in reads.similar_people())
            panel(f"tl-banner-{view.id}", fragment[emergency_access, shown, age_html(loaded, at)], on_emergency_press)
        address, sheet = urlencode(write_timeline_view(view)), identity(loaded.person, at)
        listen_for_print("timeline", [view.id], address, sheet, may_not=why_not(loaded))
        with body if known else body.container():
            # In large type this layout stays out of sight, as it was; it is the only one where nothing is on record.
            page = _page(replace(view, large=view.large and not loaded.events), loaded, at, stale)
            layouts(
                view,
                loaded,
                at,
                stale,
                reading=lambda: _body(page),
                narrow=lambda: narrow(page.view, loaded, page.scene, at, stale),
            )


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
        beside=find_event(loaded, view.at) is not None,
    )
    drawn = drawing_time(at.as_of)
    arranged = _arranged(loaded, scene_request(view, loaded, drawn, at.zone), drawn)
    chosen = of_condition(arranged, view.condition, every_panel=bool(view.measures))
    scene = chosen if view.since else without_new(chosen)
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
    warnings = warnings_html(page.timeline, page.at, page.stale)
    if warnings is not None:
        panel(f"tl-warnings-{ident}", warnings)
    if not page.timeline.events:
        controls_of_nothing(page.view, page.timeline, page.stale)
        panel(f"tl-empty-{ident}", empty_html(page.timeline))
        panel(f"tl-footer-{ident}", footer_html(page.timeline, page.scene, page.at))
        return
    new = page.new
    events = shown_events(page.scene, page.timeline.events, page.condition)
    if page.view.since:
        origins = {event.origin for event in new}
        events = [event for event in events if event.origin in origins]
    controls(page.view, page.timeline, page.scene, events, len(new), page.at, page.stale)
    if page.view.since:
        listed = since_html(page.timeline, new, page.at)
        panel(f"tl-since-{ident}", listed if listed is not None else h.div[None], on_press)
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
    _reading(page)


def _reading(page: TimelinePage) -> None:
    """The axis, which stays in sight, the figure under it, and what the figure leaves to words."""
    drawn, ident, at = drawing_time(page.at.as_of), page.view.id, page.at
    placed = reading_page(page.scene, page.style, drawn, at.zone)
    with st.container(key="tl-axis"):
        panel(f"tl-axis-{ident}", axis_html(placed, page.timeline.conference, at, drawn, dark=page.style.dark))
    _plot(page, reading_figure(placed, page.style, drawn, page.timeline.conference, page.view.at, at.zone))
    folded = fold_html(placed.found.folded, page.timeline.conference if page.view.since else None, at)
    panel(f"tl-fold-{ident}", folded if folded is not None else h.div[None], on_press)


def _plot(page: TimelinePage, figure: Figure) -> None:
    key = f"tl-figure-{page.view.id}"

    def chosen() -> None:
        origin = _pressed_point(st.session_state.get(key))
        if origin:
            navigation.show_timeline(pick(navigation.timeline_view(), origin))

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
    html = detail_html(picked, detail, failed, same, page.at)
    panel(f"tl-detail-{page.view.id}", html, on_press)
