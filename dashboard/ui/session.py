"""What a run needs to know: server, terminology, who looks, since when. The only caller of now() on the pages.

Once a process: settings, gateway, terminology (none of them patient data). Once a session: the user. What was read
about patients is kept by the queries under the user's AccessScope, and for the page on screen in this session alone.
"""

import gc
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard.domain.people import AccessScope, User
from dashboard.domain.terminology import Terminology
from dashboard.errors import NotFound
from dashboard.gateway.client import FhirGateway
from dashboard.gateway.terminology_files import load_terminology
from dashboard.queries.list_users import list_users
from dashboard.settings import Settings, load_settings
from dashboard.ui.auditing import start_audit
from dashboard.ui.wording import set_language, t

# The browser keeps the demo user under this name, so that a patient opened in another tab is seen by the same one.
USER_COOKIE = "c3-demo-user"
_USER = "user_id"
# Practitioners change seldom; this bounds how long a new one waits to appear in the sidebar.
_USERS_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Process:
    """What all sessions of this process share."""

    settings: Settings
    gateway: FhirGateway
    terminology: Terminology


@st.cache_resource(show_spinner=False)
def process() -> Process:
    """Settings, gateway and terminology, built at the first run of the process."""
    settings = load_settings()
    token = settings.fhir_token
    gateway = FhirGateway(
        settings.fhir_base_url,
        token=(lambda: token) if token else None,
        timeout=settings.fhir_timeout,
        workers=settings.fhir_workers,
    )
    start_audit(settings, gateway)
    terminology = load_terminology()
    # What is loaded by now stays for good: later collections need not walk it (streamlit issue 8977).
    gc.collect()
    gc.freeze()
    return Process(settings, gateway, terminology)


def start_run() -> None:
    """What every run begins with."""
    logging.getLogger("dashboard").setLevel(logging.INFO)
    set_language(process().settings.language)


def gateway() -> FhirGateway:
    return process().gateway


def terminology() -> Terminology:
    return process().terminology


def as_of() -> datetime:
    """The moment of view: now, or what the settings say for tests and pictures."""
    return process().settings.as_of or datetime.now(UTC)


def zone() -> tzinfo:
    """The browser's time zone, UTC where it told none."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


@st.cache_resource(ttl=_USERS_SECONDS, max_entries=4, show_spinner=False)
def _users(server: str) -> dict[str, User]:
    # Names of professionals, not of patients: the same for every session of the process.
    return {user_id(each): each for each in list_users(gateway())}


def users() -> dict[str, User]:
    """The demo's practitioners by id, for the choice in the sidebar. Raises what the gateway raises."""
    return _users(gateway().base_url)


def user() -> User:
    """Who is looking: chosen in the sidebar, else in another tab, else by the settings, else the first there is."""
    known = users()
    if st.session_state.get(_USER) in known:
        return known[st.session_state[_USER]]
    if not known:
        raise NotFound(
            t("No practitioners are on the FHIR server, so nobody can look. Load the demo or your own first.")
        )
    wanted = (
        st.context.cookies.get(USER_COOKIE, ""),
        process().settings.demo_user,
        "prac-sw-gp-1",
    )
    chosen = next((each for each in wanted if each in known), next(iter(known)))
    st.session_state[_USER] = chosen
    return known[chosen]


def choose_user(chosen: str) -> None:
    """Look as somebody else from now on. What this session kept of the one before is dropped."""
    for key in [key for key in st.session_state if isinstance(key, str) and key.startswith("kept_")]:
        del st.session_state[key]
    st.session_state[_USER] = chosen


def user_id(who: User) -> str:
    return who.practitioner.id if who.practitioner else ""


def scope() -> AccessScope:
    """Under what anything read may be kept."""
    who = user()
    return AccessScope(gateway().base_url, str(who.practitioner) if who.practitioner else who.name)
