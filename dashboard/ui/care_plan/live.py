"""The part of a plan's page that lives: who else is on it, and what others save while it is on screen.

    live_part(
        patient_id,
        on_screen={each.origin: each.version for each in everything_shown},     # plans, goals, activities, team
        titles={...}, ids={...},                                 # by item: its words, and the id of its element
        item_open=lambda: form.origin if form else None,         # what this window is editing, asked once a second
        changed_by=lambda item: (who, when),                     # of what was just read
        forget=reads.forget_patient,                             # so that the next run reads the plan anew
    )

Call it once in each whole run of the page, at the same place, before the plan is drawn and after it was read. It runs
by itself once a second, asks no server, and has the whole page drawn anew where something on screen is another by now.
A field in which somebody is typing keeps its text and its caret then, if what stands before it is as many containers as
before (`dashboard.ui.shared.draft_text`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.cache.change_feed import Following
from dashboard.cache.presence import PRESENCE, Present
from dashboard.domain.access.user import AccessScope
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError
from dashboard.queries.follow_plan import follow_plan
from dashboard.ui.care_plan.live_html import Arrival, arrival_rules, arrivals_html, editing_rules, present_html
from dashboard.ui.session import session
from dashboard.ui.session.auditing import viewing_session_id
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.panel import add_style, panel
from dashboard.ui.shared.wording import t

BEAT_SECONDS: Final = 1
"""How often the part runs by itself: what this process saves is on other screens after so long, what others save on the
server within 3 s."""
AGAIN_AFTER: Final = 5
"""Beats after which the same news has the page drawn anew once more: what was read may have been from before."""
MOST_ARRIVALS: Final = 20
"""Changes by others that are listed, the newest."""
_STATE: Final = "plan_live"

ChangedBy = Callable[[Reference], tuple[str, datetime | None]]


@dataclass(frozen=True, slots=True)
class LiveState:
    """What a beat finds: the items that are others now than on screen, who else is there, and the code of the error why
    changes may be missing ("" where none is).
    """

    changed: frozenset[Reference] = frozenset()
    present: tuple[Present, ...] = ()
    error: str = ""


@dataclass(slots=True)
class _Live:
    """The state of one page in this session. `sequence` is the number of the last change of which the page was told,
    `seen` that of the last that a beat has looked at. `told` is the news (with its version) for which the page was last
    drawn anew, `beats` beats ago, and `expected` what the next drawing is to mark.
    """

    patient_id: str
    scope: AccessScope
    viewing: str
    on_screen: Mapping[Reference, str]
    following: Following | None = None
    failed: str = ""
    sequence: int = 0
    seen: int = 0
    told: frozenset[tuple[Reference, str | None]] = frozenset()
    expected: frozenset[Reference] = frozenset()
    arrivals: tuple[Arrival, ...] = ()
    beats: int = 0


def live_part(
    patient_id: str,
    on_screen: Mapping[Reference, str],
    titles: Mapping[Reference, str],
    ids: Mapping[Reference, str],
    item_open: Callable[[], Reference | None],
    changed_by: ChangedBy,
    forget: Callable[[], None],
) -> None:
    """Shows who else is on the plan and what others have changed, and keeps the page current from now on."""
    live = _of_page(patient_id, on_screen)
    before, live.on_screen = live.on_screen, on_screen
    arrived = sorted(each for each in live.expected if each in titles and before.get(each) != on_screen.get(each))
    live.expected = frozenset()
    new = [Arrival(each, titles[each], *changed_by(each)) for each in arrived]
    live.arrivals = (*new, *live.arrivals)[:MOST_ARRIVALS]
    # As many elements in every run: a field after them would be made anew otherwise, and lose what is being typed.
    with st.container(key="plan-live"):
        panel(f"plan-arrivals-{patient_id}", arrivals_html(live.arrivals, session.zone()))
        add_style(arrival_rules(arrived, ids))
        _beat(patient_id, titles, ids, item_open, forget)


@st.fragment(run_every=BEAT_SECONDS)
def _beat(
    patient_id: str,
    titles: Mapping[Reference, str],
    ids: Mapping[Reference, str],
    item_open: Callable[[], Reference | None],
    forget: Callable[[], None],
) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    alone = context is not None and bool(context.fragment_ids_this_run)
    # A fragment runs outside the boundary of the page.
    with error_boundary("plan-live"):
        try:
            state = follow(patient_id, item_open())
        except DashboardError:
            if alone:
                st.rerun()  # the sign-in or the role has ended: the page says so
            raise
        if alone and is_news(state):
            forget()
            st.rerun()
        failed = t("What others change may be missing here: the FHIR server does not answer.") if state.error else ""
        panel(f"plan-present-{patient_id}", present_html(state.present, titles, failed))
        add_style(editing_rules(state.present, ids))


def follow(patient_id: str, item_open: Reference | None = None) -> LiveState:
    """Says that this window shows the plan, with this item being edited, and returns what there is to know of others.
    Asks no server: whoever was shown the plan may follow it. Raises SignedOut, NotPermitted.
    """
    live = st.session_state.get(_STATE)
    who, server = session.user(), session.fhir()
    if not isinstance(live, _Live) or live.patient_id != patient_id:
        return LiveState()
    live.beats += 1
    if live.following is None and (not live.failed or live.beats % AGAIN_AFTER == 0):
        try:
            live.following = follow_plan(server, who, live.scope, patient_id, session.as_of())
        except DashboardError as problem:
            live.failed = problem.code
        else:
            live.sequence, live.failed = live.following.sequence, ""
    if live.following is None:
        return LiveState(error=live.failed)  # whoever may not see the patient learns no names either
    PRESENCE.here(server.base_url, patient_id, live.viewing, who, item_open)
    error = live.following.error
    live.seen = live.following.sequence  # before the news: what comes in between is news of the next beat
    return LiveState(
        live.following.news(live.on_screen, live.sequence),
        PRESENCE.others(server.base_url, patient_id, live.viewing, who),
        error.code if error is not None else "",
    )


def is_news(state: LiveState) -> bool:
    """Whether the page is to be drawn anew: for each piece of news once, and again after some beats if it stays."""
    live = st.session_state.get(_STATE)
    if not isinstance(live, _Live) or live.following is None:
        return False
    live.sequence = live.seen
    news = frozenset((each, live.following.version_of(each)) for each in state.changed)
    if not news or (news <= live.told and live.beats < AGAIN_AFTER):
        return False
    live.told, live.expected, live.beats = news, state.changed, 0
    return True


def _of_page(patient_id: str, on_screen: Mapping[Reference, str]) -> _Live:
    """The state of the page on screen; that of another patient, user or viewing session is dropped."""
    live = st.session_state.get(_STATE)
    scope, viewing = session.scope(), viewing_session_id()
    if not isinstance(live, _Live) or (live.patient_id, live.scope, live.viewing) != (patient_id, scope, viewing):
        live = st.session_state[_STATE] = _Live(patient_id, scope, viewing, on_screen)
    return live
