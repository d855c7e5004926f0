"""What a run of a page needs: server, terminology, user, moment of view. The only caller of now() on the pages.

Once a process: settings, server, terminology (none of them patient data). Once a session: the user. What was read of
patients is cached by the queries under the user's AccessScope, and for the page on screen in this session alone.
"""

import gc
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from weakref import WeakSet

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.cache.lookup import Lookup
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, OwnRole, User
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import set_site_zone, site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, NotFound, NotPermitted
from dashboard.fhir.client.credentials import BackendServices
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.guidelines.library import FOLDER, GuidelineFiles, Library
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_own_role import get_own_role
from dashboard.queries.list_existing import list_existing
from dashboard.queries.list_organisations_of import list_organisations_of
from dashboard.queries.list_users import list_users
from dashboard.settings import Settings, load_settings, require_way_in
from dashboard.ui.session.auditing import start_audit
from dashboard.ui.session.language import session_language
from dashboard.ui.shared.wording import ask_for_language, set_language
from dashboard.ui.sign_in.audit import record_sign_ins
from dashboard.ui.sign_in.current import access_token, require_own_region, signed_in_user

# The browser keeps the demo user under this name, so that a patient opened in another tab is seen by the same one.
USER_COOKIE = "c3-demo-user"
_USER = "user_id"
SHARED_SCREEN = "shared_screen"


def _demo(ident: str, name: str, role: Role, fhir_user: Reference | None = None) -> tuple[str, User]:
    who = User(None, name, roles=(role,), issuer="demo", subject=f"demo|{ident}", fhir_user=fhir_user)
    return ident, who


# In the demo somebody must be able to open the audit and the pilot, and no practitioner's role permits it.
_OFFICE = dict(
    [
        _demo("demo-pilot-manager", "Demo pilot manager", Role.PILOT_MANAGER),
        _demo("demo-administrator", "Demo administrator", Role.ADMINISTRATOR),
    ]
)
# Of the demo's first story. Their names are in the record, not here: a pilot manager reads this list too.
_AT_HOME = dict(
    [
        _demo("demo-patient", "Demo patient", Role.PATIENT, Reference("Patient", "pat-mary-aldous")),
        _demo("demo-carer", "Demo carer", Role.CARER, Reference("RelatedPerson", "pat-mary-aldous-carer-0")),
    ]
)
_FHIR = "own_fhir"
_COMPLETED = "completed_user"
# A run leaves some six hundred objects for the collector. With Python's own 700, 10, 10 it comes at nearly every run,
# and through all cached data of the teams (0.1 s, measured) at every hundredth.
GC_THRESHOLDS = (5_000, 10, 50)
# Practitioners change seldom; this bounds how long a new one waits to appear in lists. One entry, or one for each user
# where everybody asks with a token of their own; 1,000 names take 0.7 MB.
_USERS_SECONDS = 300
_USERS: Lookup[str, dict[str, User]] = Lookup(200, seconds=_USERS_SECONDS)
_EXISTING: Lookup[str, frozenset[Reference]] = Lookup(4, seconds=_USERS_SECONDS)
# Whether the user still has the role, and where: with a page that comes back every 5 s its end is seen within 15 s.
_ROLES: Lookup[tuple[str, str], OwnRole] = Lookup(1000, seconds=4)
_LIBRARIES: Lookup[str, Library] = Lookup(4, seconds=2)
# Where a person belongs, once a sign-in, for all its tabs.
_BELONGS: Lookup[tuple[str, str, str], frozenset[Reference]] = Lookup(1000, seconds=12 * 3600)


@dataclass(frozen=True, slots=True)
class Process:
    """What all sessions of this process share."""

    settings: Settings
    fhir: HttpFhirServer
    terminology: Terminology

    @property
    def guidelines(self) -> GuidelineFiles:
        """The files of the guideline rules, ours and the site's; they are read again when they change."""
        return _guideline_files(self.terminology, self.settings.guidelines_dir)


@lru_cache(maxsize=2)
def _guideline_files(terminology: Terminology, of_site: Path | None) -> GuidelineFiles:
    return GuidelineFiles(terminology, (FOLDER, of_site) if of_site is not None else (FOLDER,))


_built: list[Process] = []
# Those that may know what the server can do; weak, for the others end with their sessions.
_servers: "WeakSet[HttpFhirServer]" = WeakSet()


def process() -> Process:
    """Settings, fhir and terminology, built at the first run of the process."""
    if not _built:  # asked forty times a run, which is a twentieth of it by way of Streamlit's cache
        _built.append(_process())
    return _built[0]


@st.cache_resource(show_spinner=False)
def _process() -> Process:
    settings = load_settings()
    set_site_zone(settings.time_zone)  # before anything is read
    # The launcher and asgi.py ask the same before they start; this is for `streamlit run dashboard/app.py`.
    require_way_in(settings, st.get_option("server.address"))
    fhir = _fhir(settings, _own_token(settings))
    start_audit(settings, fhir)
    record_sign_ins(as_of)
    terminology = load_terminology()
    made = Process(settings, fhir, terminology)
    made.guidelines.library()
    # What is loaded by now stays for good: later collections need not walk it (streamlit issue 8977).
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return made


def _fhir(settings: Settings, token: Callable[[], str] | None) -> HttpFhirServer:
    # What the server can do is the same for everybody: a new tab does not wait for it.
    known = next((server.known_capabilities for server in _servers if server.known_capabilities is not None), None)
    made = HttpFhirServer(
        settings.fhir_base_url,
        token=token,
        timeout=settings.fhir_timeout,
        workers=settings.fhir_workers,
        capabilities=known,
    )
    if known is None:
        _servers.add(made)
    return made


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
    set_language(session_language(process().settings.language))


def _language_of_thread() -> str:
    """The session's language where its script runs in this thread, else "". Callbacks come before `start_run`, and a
    fragment that runs by itself without it.
    """
    # Before the settings are read there is none: their error is worded, and must not read them again.
    return session_language(_built[0].settings.language) if _built and get_script_run_ctx(suppress_warning=True) else ""


ask_for_language(_language_of_thread)


def fhir() -> HttpFhirServer:
    """The FHIR server, asked with the dashboard's own token or, where the settings say so, with the user's."""
    shared = process()
    if shared.settings.fhir_authorisation != "user" or not shared.settings.sign_in:
        return shared.fhir
    who = signed_in_user(shared.settings, shared.settings.sign_in)
    own = st.session_state.get(_FHIR)
    if own is None or own[0] != who.session_id:
        token = access_token()
        # The text itself: the client asks for it from threads that know nothing of this session.
        own = (who.session_id, _fhir(shared.settings, lambda: token))
        st.session_state[_FHIR] = own
    return own[1]  # type: ignore[no-any-return]


def terminology() -> Terminology:
    return process().terminology


def guidelines() -> Library:
    """The guideline rules in force. The disk is asked every few seconds, beside the runs, whether a file changed."""
    files = process().guidelines
    return _LIBRARIES.get(str(files.folders), files.library)


def as_of() -> datetime:
    """The moment of view: now, or what the settings say for tests and pictures."""
    return process().settings.as_of or datetime.now(UTC)


def zone() -> tzinfo:
    """The time zone in which days and times are shown: that of the sites, wherever the browser is."""
    return process().settings.time_zone


def _users(server: str) -> dict[str, User]:
    # Names of professionals, not of patients: the same for every session of the process.
    asked = fhir()
    return _USERS.get(server, lambda: {user_id(each): each for each in list_users(asked)})


def users() -> dict[str, User]:
    """The server's practitioners by id: owners of tasks, and the demo's choice. Raises what the client raises."""
    return _users(_asked_by(fhir().base_url))


def demo_users() -> dict[str, User]:
    """The users whom the demo lets one choose: the practitioners, a manager and an administrator who see nobody's name,
    and the patient of the first story with her carer, where these are on the server.
    """
    return {**users(), **_OFFICE, **{each: _AT_HOME[each] for each in _at_home(fhir().base_url)}}


def demo_people() -> dict[str, User]:
    """The users whom the demo offers in addition to the practitioners."""
    return {**_OFFICE, **_AT_HOME}


def _at_home(server: str) -> tuple[str, ...]:
    # Which of these two made-up people there are; the same for every session of the process.
    wanted = {ident: who.fhir_user for ident, who in _AT_HOME.items() if who.fhir_user is not None}
    asked = fhir()
    try:
        there = _EXISTING.get(server, lambda: list_existing(asked, tuple(wanted.values())))
    except DashboardError:
        return ()
    return tuple(ident for ident, who in wanted.items() if who in there)


def is_demo() -> bool:
    """Whether people choose who to be instead of signing in: only while everything is on this machine."""
    return process().settings.sign_in is None


def user_subject() -> str:
    sign_in = process().settings.sign_in
    return signed_in_user(process().settings, sign_in).subject if sign_in else ""


def user() -> User:
    """The user of this session. Asked again by every read: raises SignedOut once the sign-in has ended."""
    settings = process().settings
    if not settings.sign_in:
        return _demo_user()
    who = signed_in_user(settings, settings.sign_in)
    require_own_region(settings.sign_in, who, lambda person: _belongs_to(who, person))
    return _completed(who)


def _belongs_to(who: User, person: Reference) -> frozenset[Reference]:
    asked = fhir()
    return _BELONGS.get((asked.base_url, str(person), who.session_id), lambda: list_organisations_of(asked, person))


def _own_role(who: Reference) -> OwnRole:
    """The roles of a professional as the server said a moment ago. Raises DashboardError where it never could."""
    asked, on = fhir(), site_day(as_of())
    key = (_asked_by(asked.base_url), str(who))
    last = _ROLES.last(key)
    return _ROLES.get(key, lambda: get_own_role(asked, who, on, seen=last is not None and last.seen))


def role_check() -> Callable[[], None]:
    """What raises NotPermitted once this session's user has no role any more, for later, outside any run: the server is
    asked when it is called. Raises what the client raises then.
    """
    asked, person = fhir(), user().practitioner
    if person is None:
        return lambda: None
    last = _ROLES.last((_asked_by(asked.base_url), str(person)))
    seen = last is not None and last.seen

    def require_role() -> None:
        if get_own_role(asked, person, site_day(as_of()), seen=seen).ended:
            raise NotPermitted("role-ended")

    return require_role


def credentials() -> str:
    """With whose token the server is asked: the user's own, or "" for ours, whose answers are the same for all."""
    return user_subject() if process().settings.fhir_authorisation == "user" else ""


def _asked_by(server: str) -> str:
    """Asked with a token of one's own, the answer is one's own too."""
    return f"{server} {user_subject()}" if process().settings.fhir_authorisation == "user" else server


def _completed(who: User) -> User:
    """With what the FHIR server knows of the practitioner and the provider did not say: role, organisation. Asked again
    every few seconds: somebody may change the organisation within a shift. Raises NotPermitted once there is no role.
    """
    try:
        own = _own_role(who.practitioner) if who.practitioner else None
    except DashboardError:
        # The page says that the server is away; the user stays the same without it.
        last = st.session_state.get(_COMPLETED)
        return last if isinstance(last, User) and last.session_id == who.session_id else who
    if own is not None and own.ended:
        raise NotPermitted("role-ended")
    if own is not None and own.user is not None:
        known = own.user
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
    """Chosen in the sidebar, else in another tab, else by the settings, else the first there is. Raises NotPermitted
    where the one who was chosen has no role any more, or is gone: nobody becomes another person without choosing to.
    """
    known = demo_users()
    before = st.session_state.get(_USER)
    if before is not None:
        chosen_before = {**demo_people(), **known}.get(before)
        if chosen_before is None:
            raise NotPermitted("role-ended")
        return _in_role(chosen_before)
    if not users():
        raise NotFound("no-practitioners")
    wanted = (
        st.context.cookies.get(USER_COOKIE, ""),
        process().settings.demo_user,
        "prac-sw-gp-1",
    )
    chosen = next((each for each in wanted if each in known), next(iter(known)))
    st.session_state[_USER] = chosen
    return _in_role(known[chosen])


def _in_role(who: User) -> User:
    """The chosen user, with the organisations of now. Raises NotPermitted once there is no role."""
    try:
        own = _own_role(who.practitioner) if who.practitioner else None
    except DashboardError:
        return who
    if own is not None and own.ended:
        raise NotPermitted("role-ended")
    return replace(who, organizations=own.user.organizations) if own is not None and own.user is not None else who


def ended_user_id() -> str:
    """The id of the demo user of this session who was refused."""
    return str(st.session_state.get(_USER, ""))


def shared_screen() -> bool:
    """Whether others see this screen: by the switch of this session, else by the setting of the place."""
    return bool(st.session_state.get(SHARED_SCREEN, process().settings.shared_screen))


def share_screen(shared: bool) -> None:
    """The switch of this session."""
    st.session_state[SHARED_SCREEN] = bool(shared)


def choose_user(chosen: str) -> None:
    """Continues as another user. All that this session holds of the last one is dropped: what was read, the address
    of the worklist, what was typed, who was shown. The screen stays as shared as it was.
    """
    for key in list(st.session_state):
        if key not in ("user_choice", SHARED_SCREEN):
            del st.session_state[key]
    st.session_state[_USER] = chosen


def user_id(who: User) -> str:
    for ident, known in demo_people().items():
        if who == known:
            return ident
    return who.practitioner.id if who.practitioner else ""


def scope() -> AccessScope:
    """The scope under which anything read may be cached: another sign-in, role or organisation is another scope."""
    who = user()
    subject = str(who.practitioner or who.fhir_user or who.subject or who.name)
    works_for = sorted(map(str, who.organizations))
    grant = json.dumps([who.subject, sorted(who.roles), who.organization, works_for], ensure_ascii=False)
    return AccessScope(fhir().base_url, subject, grant)
