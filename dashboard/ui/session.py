"""What a run needs to know: server, terminology, who looks, since when. The only caller of now() on the pages.

Once a process: settings, gateway, terminology (none of them patient data). Once a session: the user. What was read
about patients is kept by the queries under the user's AccessScope, and for the page on screen in this session alone.
"""

import gc
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard.domain.access import Role
from dashboard.domain.people import AccessScope, User
from dashboard.domain.terminology import Terminology
from dashboard.errors import DashboardError, NotFound
from dashboard.gateway.client import FhirGateway
from dashboard.gateway.credentials import BackendServices
from dashboard.gateway.terminology_files import load_terminology
from dashboard.queries.list_users import list_users
from dashboard.settings import Settings, load_settings, require_way_in
from dashboard.ui.auditing import start_audit
from dashboard.ui.sign_in import access_token, signed_in_user
from dashboard.ui.sign_in_audit import keep_sign_ins
from dashboard.ui.wording import set_language, t

# The browser keeps the demo user under this name, so that a patient opened in another tab is seen by the same one.
USER_COOKIE = "c3-demo-user"
_USER = "user_id"
# In the demo somebody must be able to look at the audit, and no practitioner's role says that one is an administrator.
_ADMINISTRATOR = "demo-administrator"
DEMO_ADMINISTRATOR = User(
    None, "Demo administrator", roles=(Role.ADMINISTRATOR,), issuer="demo", subject=f"demo|{_ADMINISTRATOR}"
)
_GATEWAY = "own_gateway"
_COMPLETED = "completed_user"
# A run leaves some six hundred objects for the collector. With Python's own 700, 10, 10 it comes at nearly every run,
# and through all that is kept of the teams (0.1 s, measured) at every hundredth.
GC_THRESHOLDS = (5_000, 10, 50)
# Practitioners change seldom; this bounds how long a new one waits to appear in the sidebar.
_USERS_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Process:
    """What all sessions of this process share."""

    settings: Settings
    gateway: FhirGateway
    terminology: Terminology


_built: list[Process] = []


def process() -> Process:
    """Settings, gateway and terminology, built at the first run of the process."""
    if not _built:  # asked forty times a run, which is a twentieth of it by way of Streamlit's cache
        _built.append(_process())
    return _built[0]


@st.cache_resource(show_spinner=False)
def _process() -> Process:
    settings = load_settings()
    # The launcher and asgi.py ask the same before they start; this is for `streamlit run dashboard/app.py`.
    require_way_in(settings, st.get_option("server.address"))
    gateway = _gateway(settings, _own_token(settings))
    start_audit(settings, gateway)
    keep_sign_ins(as_of)
    terminology = load_terminology()
    # What is loaded by now stays for good: later collections need not walk it (streamlit issue 8977).
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return Process(settings, gateway, terminology)


def _gateway(settings: Settings, token: Callable[[], str] | None) -> FhirGateway:
    return FhirGateway(
        settings.fhir_base_url, token=token, timeout=settings.fhir_timeout, workers=settings.fhir_workers
    )


def _own_token(settings: Settings) -> Callable[[], str] | None:
    """The dashboard's own token at the FHIR server; None where it has none.

    Where users are asked for on their own behalf it is still needed: the audit is written by the dashboard.
    """
    if settings.fhir_authorisation != "token" and settings.fhir_client:
        client = settings.fhir_client
        return BackendServices(
            settings.fhir_base_url,
            client_id=client.client_id,
            key=client.key,
            key_id=client.key_id,
            token_url=client.token_url,
            scopes=client.scopes,
            timeout=settings.fhir_timeout,
        )
    token = settings.fhir_token
    return (lambda: token) if token else None


def start_run() -> None:
    """What every run begins with."""
    logging.getLogger("dashboard").setLevel(logging.INFO)
    set_language(process().settings.language)


def gateway() -> FhirGateway:
    """The FHIR server, asked with the dashboard's own token or, where the settings say so, with the user's."""
    shared = process()
    if shared.settings.fhir_authorisation != "user" or not shared.settings.sign_in:
        return shared.gateway
    who = signed_in_user(shared.settings, shared.settings.sign_in)
    held = st.session_state.get(_GATEWAY)
    if held is None or held[0] != who.session_id:
        token = access_token()
        # The text itself: the gateway asks for it from threads that know nothing of this session.
        held = (who.session_id, _gateway(shared.settings, lambda: token))
        st.session_state[_GATEWAY] = held
    return held[1]  # type: ignore[no-any-return]


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
    """The server's practitioners by id: owners of tasks, and the demo's choice. Raises what the gateway raises."""
    asked = gateway().base_url
    # Asked with a token of one's own, the answer is one's own too.
    own = process().settings.fhir_authorisation == "user"
    return _users(f"{asked} {user_subject()}" if own else asked)


def demo_users() -> dict[str, User]:
    """Whom the demo lets one look as: the practitioners, and an administrator who sees nothing of patients."""
    return {**users(), _ADMINISTRATOR: DEMO_ADMINISTRATOR}


def is_demo() -> bool:
    """Whether people choose who to be instead of signing in: only while everything is on this machine."""
    return process().settings.sign_in is None


def user_subject() -> str:
    sign_in = process().settings.sign_in
    return signed_in_user(process().settings, sign_in).subject if sign_in else ""


def user() -> User:
    """Who is looking. Asked anew by every read: raises SignedOut once the sign-in has ended, whatever is on screen."""
    settings = process().settings
    return _completed(signed_in_user(settings, settings.sign_in)) if settings.sign_in else _demo_user()


def _completed(who: User) -> User:
    """With what the FHIR server knows of the practitioner and the provider did not say: role, organisation."""
    kept = st.session_state.get(_COMPLETED)
    if isinstance(kept, User) and kept.session_id == who.session_id:
        return kept
    try:
        known = users().get(user_id(who)) if who.practitioner else None
    except DashboardError:
        # The page says that the server is away; who is looking stays true without it.
        return who
    if known:
        organisation = who.organization or known.organization
        who = replace(
            who,
            role=known.role,
            role_label=known.role_label,
            organization=organisation,
            organizations=known.organizations,
        )
    st.session_state[_COMPLETED] = who
    return who


def _demo_user() -> User:
    """Chosen in the sidebar, else in another tab, else by the settings, else the first there is."""
    known = demo_users()
    if st.session_state.get(_USER) in known:
        return known[st.session_state[_USER]]
    if len(known) == 1:
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
    if who == DEMO_ADMINISTRATOR:
        return _ADMINISTRATOR
    return who.practitioner.id if who.practitioner else ""


def scope() -> AccessScope:
    """Under what anything read may be kept."""
    who = user()
    subject = str(who.practitioner or who.fhir_user or who.subject or who.name)
    grant = " ".join([who.subject, *who.roles]) if who.subject else ""
    return AccessScope(gateway().base_url, subject, grant)
