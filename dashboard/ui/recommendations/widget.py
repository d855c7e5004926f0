"""The page of recommendations. Everything on it belongs to the one patient of the address; another one clears it
first.
"""

from urllib.parse import urlencode

import streamlit as st

from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.errors import UserFacingError
from dashboard.ui.conference.widget_back import back_to_conference
from dashboard.ui.emergency_access.html import emergency_access_html
from dashboard.ui.emergency_access.widget import beyond_refusal, on_emergency_press
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.sheet import identity
from dashboard.ui.paper.widget import why_not
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.widget import waiting_html
from dashboard.ui.recommendations.card_actions import card_task_words
from dashboard.ui.recommendations.contradiction_html import contradictions_html
from dashboard.ui.recommendations.contradiction_widget import ask_about
from dashboard.ui.recommendations.fact_words import fact_name, known_words, task_words, why_missing
from dashboard.ui.recommendations.html import cards_html, warnings_html
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.recommendations.what_if import what_if_panel
from dashboard.ui.recommendations.widget_answers import DOES, answer, note_seen
from dashboard.ui.recommendations.widget_foreign import foreign_cards
from dashboard.ui.session import reads, session
from dashboard.ui.session.held_conference import held_conference
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.session.recommendations import read_recommendations
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.asked import ask, take_asked
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean, fragment
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.tasks.widget_dialogs import NewTask, add_dialog
from dashboard.ui.timeline.html import patient_nav_html

_SHOWN = "recommendations_shown"


def recommendations(patient_id: str) -> None:
    """Banner, tabs, and the cards. The keys of the parts carry the id, so that the browser never mixes two patients."""
    with st.container(key="banner"):
        banner = st.empty()
        about = st.empty()
    rechecked = st.container()
    known = st.session_state.get(_SHOWN) == patient_id
    body = st.container() if known else st.empty()
    if not known:
        # Sent before the server is asked: nothing of the patient before stays on screen.
        st.session_state[_SHOWN] = patient_id
        with banner:
            panel("rec-banner-none", waiting_html())
        about.empty()
        with body:
            panel("rec-body-none", h.div(class_="c3-skeleton")[None])
    with error_boundary("recommendations", lambda: beyond_refusal(patient_id)):
        show_messages()
        try:
            found, stale = _read(patient_id)
        except Exception:
            banner.empty()
            about.empty()
            if not known:
                body.empty()
            show_title(t("Recommendations"), navigation.address_of("recommendations"))
            raise
        show_title(t("Recommendations"), navigation.address_of("recommendations"), person=found.person.name)
        with rechecked:
            recheck("recommendations", _on_screen((found, stale)), lambda: _on_screen(_read(patient_id)))
        at = ViewTime(session.as_of(), session.zone())
        with banner:
            emergency_access = (
                emergency_access_html(found.emergency_access, at) if found.emergency_access is not None else None
            )
            shown = banner_html(found, at, similar=patient_id in reads.similar_people())
            panel(f"rec-banner-{patient_id}", fragment[emergency_access, shown], on_emergency_press)
        address, sheet = urlencode({"id": patient_id}), identity(found.person, at)
        listen_for_print("recommendations", [patient_id], address, sheet, may_not=why_not(found))
        with about.container(horizontal=True, vertical_alignment="center"):
            panel(f"rec-about-{patient_id}", patient_nav_html(patient_id, "recommendations"), on_press, narrow=True)
        with rechecked:
            back_to_conference(patient_id)
        page = RecommendationsPage(found, at, stale, may_change(found), may_decide(found), _is_shared(patient_id))
        with body if known else body.container():
            _body(page)
            note_seen(page)
            foreign_cards(page)
        _ask(page)


def _is_shared(patient_id: str) -> bool:
    """Whether others see this screen: said by its user, or because a conference goes on in this window."""
    return session.shared_screen() or held_conference(patient_id) is not None


def _read(patient_id: str) -> tuple[Recommendations, str]:
    if not patient_id:
        raise UserFacingError("no-patient-chosen")
    return read_recommendations(patient_id)


def _on_screen(read: tuple[Recommendations, str]) -> OnScreen:
    found, away = read
    return OnScreen((found.person.id, found.emergency_access), found.fetched, away or found.stale)


def may_change(found: Recommendations) -> bool:
    """Whether the user is shown the buttons that change something; the actions decide for themselves. Emergency access
    is for reading.
    """
    return found.emergency_access is None and is_permitted(session.user().roles, Action.ADD_TASK, Relation.TEAM)


def may_decide(found: Recommendations) -> bool:
    """Whether the user is shown the buttons of what the team decides, as `may_change`."""
    return found.emergency_access is None and is_permitted(session.user().roles, Action.CHANGE_PLAN, Relation.TEAM)


def _body(page: RecommendationsPage) -> None:
    warnings = warnings_html(page)
    if warnings is not None:
        panel(f"rec-warnings-{page.ident}", warnings)
    panel(f"rec-cards-{page.ident}", cards_html(page, contradictions_html(page)), on_press)
    what_if_panel(page)


def on_press(pressed: Press) -> None:
    """What a press on the page does before its next run; what must be asked first opens a dialog in it."""
    ident, do = navigation.asked_patient(), pressed.get("do")
    if do == "summary":
        navigation.open_patient(ident)
    elif do == "timeline":
        navigation.open_timeline(ident)
    elif do == "care_plan":
        navigation.open_care_plan(ident)
    elif do == "screening":
        navigation.open_screening()
    elif do == "event":
        navigation.open_event(ident, press_text(pressed, "at"))
    elif do == "add":
        ask("recommendations", ident, "add", press_text(pressed, "card"))
    elif do in ("reconcile", "unreconcile"):
        ask("recommendations", ident, do, press_text(pressed, "target"))
    elif do == "order":
        ask("recommendations", ident, "order", press_text(pressed, "fact"))
    elif do in ("to-plan", "not-now", "not-for", "take-back"):
        ask("recommendations", ident, do, f"{press_text(pressed, 'card')} {press_text(pressed, 'place')}")


def _ask(page: RecommendationsPage) -> None:
    """The dialog that a press asked for, once."""
    of, do, what = take_asked("recommendations") or ("", "", "")
    if of != page.ident or ask_about(page, do, what) or not page.may_change:
        return
    if do in DOES:
        card, _, place = what.partition(" ")
        answer(page, do, card, place)
        return
    new = _of_card(page, what) if do == "add" else _of_fact(page, what)
    if new is not None:
        add_dialog(new, lambda task_id: None)


def _of_card(page: RecommendationsPage, key: str) -> NewTask | None:
    """What a task about a card begins with; None for one that does not apply any more."""
    finding = page.finding(key)
    if finding is None:
        return None
    facts = [
        " ".join(filter(None, (each.name, each.value, each.when))) for each in known_words(finding.used, page.named())
    ]
    why = "; ".join([finding.advice.summary, *facts])
    return NewTask(page.found.person, card_task_words(finding), clean(why, 500))


def _of_fact(page: RecommendationsPage, name: str) -> NewTask | None:
    """What a task that finds a missing fact out begins with; None for one that is known by now."""
    missing = next((each for each in page.missing if each.value.fact.name == name), None)
    if missing is None:
        return None
    why = f"{fact_name(missing.value.fact)}: {why_missing(missing.value, page.named())}"
    return NewTask(page.found.person, task_words(missing.value.fact), clean(why, 500))
