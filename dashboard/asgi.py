"""The dashboard as an ASGI application: `streamlit run dashboard/asgi.py`; the edge and compression before Streamlit.

The edge (dashboard/web) keeps sign-ins and adds the security headers. Streamlit serves its scripts and styles as they
are (8.9 MiB at the first visit); compressed they are 2.8 MiB. Only HTTP answers: the websocket compresses its own.
"""

import contextlib
import sys
import threading
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

ROOT = Path(__file__).resolve().parent.parent
# `streamlit run` puts this file's folder first on the path, where `server` or `domain` would hide other modules.
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "dashboard")]

from dashboard.cds.app import build_service  # noqa: E402
from dashboard.cds.service import CdsHooks  # noqa: E402
from dashboard.errors import DashboardError  # noqa: E402
from dashboard.queries.warm_up import stay_warm  # noqa: E402
from dashboard.settings import Settings, load_settings, require_way_in  # noqa: E402
from dashboard.ui.session.session import as_of, process  # noqa: E402
from dashboard.web import fonts  # noqa: E402
from dashboard.web.fragment_ends import keep_fragment_ends  # noqa: E402
from dashboard.web.guard import Guard  # noqa: E402
from dashboard.web.sessions import sessions  # noqa: E402


def read_settings() -> Settings:
    """The settings of this start; what cannot work ends it with one sentence, as the launcher does."""
    try:
        settings = load_settings()
        require_way_in(settings, st.get_option("server.address"))
    except DashboardError as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(2)
    return settings


async def font(request: Request) -> FileResponse:
    """One file of our family. Streamlit's own place for files (enableStaticServing) would open a whole folder."""
    path = ROOT / "data" / "fonts" / Path(request.url.path).name
    return FileResponse(path, media_type=fonts.MEDIA_TYPE, headers={"cache-control": fonts.KEEP})


def cds_hooks(settings: Settings) -> CdsHooks:
    """Our rules for the programs of others, beside the pages; a key that cannot be used ends the start."""
    try:
        return build_service(settings, as_of)
    except DashboardError as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(2)


settings = read_settings()
sign_in = settings.sign_in
keep_fragment_ends()
sessions().configure(settings.idle_seconds, settings.session_seconds)
# Written out at the top: Streamlit looks for `app = st.App(...)` in the source, and starts without any of this if it
# finds none (then nobody can sign in: dashboard/ui/sign_in/current.py asks for what only the edge gives).
app = st.App(
    ROOT / "dashboard" / "app.py",
    # Over what Streamlit reads from the secrets file itself: checked, and with PKCE.
    secrets={"auth": sign_in.streamlit(expose_access_token=settings.fhir_authorisation == "user")} if sign_in else None,
    routes=[*(Route(f"{fonts.PLACE}/{name}", font) for name in fonts.FILES), *cds_hooks(settings).routes()],
    middleware=[
        Middleware(Guard, sessions=sessions(), origin=sign_in.origin if sign_in else ""),
        Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
    ],
)


def get_ready() -> None:
    """Builds what all sessions share, and asks the FHIR server first questions, so that the first person need not wait.
    What fails here fails again for that person, with its words.
    """
    with contextlib.suppress(DashboardError):
        stay_warm(process().fhir, threading.Event())


threading.Thread(target=get_ready, name="get-ready", daemon=True).start()
