"""What is on every page: find-a-patient, the DEMO ribbon with the user, and the choice of the demo user."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.access.user import User
from dashboard.ui.find_patient.widget import find_dialog
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.record.people import distinct_labels
from dashboard.ui.session import session
from dashboard.ui.session.downloads import end_files
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.controls import changed, set_control
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import sprite
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press
from dashboard.ui.shared.wording import t
from dashboard.ui.sign_in.widget import sign_out_button

# In lists of all colleagues: one with an endless name must not fill them.
LONGEST_NAME = 80


def topbar(who: User, here: str, *, alone: bool = False) -> DeltaGenerator:
    """Lies in Streamlit's header (style.css), so that it costs no height. `here` is the page's address; `alone`: the
    page has no way to other pages and to other patients. Returns the place in it for what the page need not wait for.
    """
    with st.container(key="topnav"):
        panel("nav", fragment[_skip(), h.span(class_="c3-brand")["C3"]] if alone else nav_html(here, who), _on_press)
    with st.container(key="topbar"):
        later = st.container(key="running")
        finds = not alone and is_permitted(who.roles, Action.FIND_PATIENT)
        if finds and st.button(t("Find a patient"), key="find", icon=":material/search:", shortcut="Ctrl+K"):
            st.session_state["find_text"] = ""
            find_dialog()
        if not alone:
            screen_and_keys()
        if session.is_demo():
            cookie = f"{session.USER_COOKIE}={session.user_id(who)}; path=/; SameSite=Strict"
            panel("ribbon", fragment[sprite(), ribbon_html(who)], cookie=cookie)
        else:
            panel("ribbon", fragment[sprite(), signed_in_html(who)])
            sign_out_button()
    return later


def screen_and_keys() -> None:
    """Whether others see this screen, and which keys there are."""
    with st.popover(t("Screen"), key="screen", icon=":material/desktop_windows:"):
        key = "shared_screen_choice"
        set_control(key, session.shared_screen())
        st.toggle(t("Shared screen"), key=key, on_change=changed(key, session.share_screen))
        panel("keys", keys_html())


def keys_html() -> Html:
    """What the switch does, and the keys."""
    keys = (
        ("Ctrl + K", t("find a patient")),
        ("↓ ↑", t("next and previous patient of a list")),
        ("Home End", t("first and last patient of the page")),
        ("Enter", t("open the patient; with Ctrl in another tab")),
        ("Alt + ↓ ↑", t("next and previous entry of the timeline")),
    )
    return fragment[
        h.p(class_="c3-quiet")[t("Others can see it: titles of windows, and so the browser's history, say initials.")],
        h.h2[t("Keys")],
        h.dl(class_="c3-keys")[(h.div[h.dt[key], h.dd[words]] for key, words in keys)],
    ]


def nav_html(here: str, who: User) -> Html:
    """Where the user can go. The worklist opens as it was last seen."""
    links = []
    if is_permitted(who.roles, Action.VIEW_WORKLIST):
        links.append(_link(t("Worklist"), navigation.worklist_address(), "worklist", here))
    if is_permitted(who.roles, Action.VIEW_CONFERENCE):
        links.append(_link(t("Conference"), "conference", "conference", here))
    if is_permitted(who.roles, Action.CHANGE_ENROLMENT, Relation.TEAM):
        links.append(_link(t("Screening"), "screening", "screening", here))
    if is_permitted(who.roles, Action.VIEW_COUNTS):
        links.append(_link(t("Enrolment"), "enrolment", "enrolment", here))
    if navigation.sees_own_record(who):
        links.append(_link(t("My record"), "my_record", "my_record", here))
    if is_permitted(who.roles, Action.VIEW_AUDIT):
        links.append(_link(t("Audit"), "audit", "audit", here))
    if is_permitted(who.roles, Action.VIEW_RULE_USE):
        links.append(_link(t("Use of rules"), "rule_use", "rule_use", here))
    return fragment[_skip(), h.nav(class_="c3-nav", aria_label=t("Pages"))[h.span(class_="c3-brand")["C3"], links]]


def _skip() -> Html:
    return h.a(href="#", class_="c3-skip", data_skip="", data_key="skip")[t("Skip to the content")]


def _link(words: str, address: str, page: str, here: str) -> Html:
    # A page of a subject, as the minutes of a conference, is within it.
    current = "page" if here == page else "true" if here.startswith(f"{page}_") else None
    key = "nav" if page == "worklist" else f"nav-{page}"
    return h.a(href=address, aria_current=current, data_act=press(page), data_key=key)[words]


def _on_press(pressed: Press) -> None:
    if pressed.get("do") == "worklist":
        navigation.open_worklist()
    elif pressed.get("do") == "conference":
        navigation.open_conference()
    elif pressed.get("do") == "screening":
        navigation.open_screening()
    elif pressed.get("do") == "audit":
        navigation.open_audit()
    elif pressed.get("do") == "rule_use":
        navigation.open_rule_use()
    elif pressed.get("do") == "enrolment":
        navigation.open_enrolment()
    elif pressed.get("do") == "my_record":
        navigation.open_my_record()


def ribbon_html(who: User) -> Html:
    """DEMO, that the data are made up, and who the user is."""
    role = ", ".join(part for part in (who.role_label, who.organization) if part)
    shown = ", ".join(part for part in (who.name, who.role_label) if part)
    return h.div(
        class_="c3-demo",
        role="note",
        aria_label=t("Demonstration with synthetic data; you look as {name}, {role}", name=who.name, role=role),
    )[h.b[t("DEMO")], h.span[t("synthetic data")], h.span(title=role, class_="c3-user")[h.bdi[shown]]]


def signed_in_html(who: User) -> Html:
    """Who is signed in."""
    role = ", ".join(part for part in (who.role_label, who.organization) if part)
    shown = ", ".join(part for part in (who.name, who.role_label) if part)
    return h.div(class_="c3-signedin")[h.span(title=role, class_="c3-user")[h.bdi[shown]]]


def choose_user_sidebar(who: User) -> None:
    """Lets the user become another person of the demo than `who`."""
    known = session.demo_users()
    current = session.user_id(who)
    if "user_choice" not in st.session_state or st.session_state["user_choice"] not in known:
        st.session_state["user_choice"] = current
    with st.sidebar:
        st.markdown(f"**{t('Demonstration')}**")
        _choose_user(known)
        st.caption(t("All people and data are made up. Without sign-in, this is only for the machine it runs on."))


def choose_user_after_refusal() -> None:
    """The way on for a person of the demo whose role has ended: somebody else."""
    ended = session.ended_user_id()
    known = {ident: who for ident, who in session.demo_users().items() if ident != ended}
    if st.session_state.get("user_choice") not in known:
        st.session_state["user_choice"] = None
    _choose_user(known)


def _choose_user(known: Mapping[str, User]) -> None:
    words = users_words(known)

    def chosen(user_id: str) -> None:
        end_files()
        session.choose_user(user_id)
        st.session_state[navigation.BEGIN] = True

    st.selectbox(
        t("Look as"),
        list(known),
        format_func=lambda user_id: words.get(user_id, user_id),
        placeholder=t("Choose a person"),
        key="user_choice",
        on_change=changed("user_choice", chosen),
        persist_state="session",
    )


def user_words(who: User) -> str:
    """`Sarah Whitfield, general practitioner, Warwick`."""
    return ", ".join(clean(part, LONGEST_NAME) for part in (who.name, who.role_label, who.organization) if part)


def users_words(known: Mapping[str, User]) -> dict[str, str]:
    """The same for each by id, to choose from."""
    return distinct_labels({key: user_words(who) for key, who in known.items()})
