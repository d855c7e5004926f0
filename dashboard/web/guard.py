"""ASGI middleware in front of Streamlit: it exchanges cookies for sign-ins, remembers which page was asked for, limits
the size of requests and the number of websockets, and adds security headers.

It closes what Streamlit's sign-in leaves open: Streamlit's cookies are not Secure, hold tokens, last 30 days and cannot
be revoked; the page that was asked for is lost on the way through the provider; a tab that was signed out elsewhere
goes on.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dashboard.web import cookies, fonts
from dashboard.web.addresses import is_loopback, origin_of, place_of
from dashboard.web.headers import security_headers
from dashboard.web.page_messages import may_say
from dashboard.web.sessions import Ended, SignInSessions, fingerprint
from dashboard.web.sockets import MOST_OF_ONE_SIGN_IN, MOST_OF_THE_DEMO, TRY_LATER, GuardedSocket, Sockets

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# Called by the pages (assets/sign_in_guard.js): GET returns how long the sign-in is valid, POST reports activity.
SESSION_PATH = "/_c3/session"
LOGIN, LOGOUT, CALLBACK = "/auth/login", "/auth/logout", "/oauth2callback"
HEALTH = "/_stcore/health"
# Streamlit's page asks for this before anything else. Its dialogs about errors speak of terminals and scripts: none is
# shown (assets/connection_guard.js says what happened), and no other page may give ours orders.
HOST_CONFIG = "/_stcore/host-config"
HOST_SAYS = {
    "allowedOrigins": [],
    "useExternalAuthToken": False,
    "enableCustomParentMessages": False,
    "enforceDownloadInNewTab": False,
    "metricsUrl": "",
    "blockErrorDialogs": True,
    "resourceCrossOriginMode": None,
}
# Addresses of Streamlit that the dashboard does not use: session counts, a probe that runs the script, the agent API.
CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent", "/st-metrics")
# Files that belong to a signed-in page: exports, pictures, uploads.
PRIVATE = ("/media", "/_stcore/upload_file", "/_stcore/download")
# Streamlit bounds one file (server.maxUploadSize, 1 MB); this bounds any request, before it is read.
MOST_BYTES = 2 * 1024 * 1024
# Programs of others call this, with a person's records in the body; it bounds them itself (dashboard/cds/service.py).
CDS_SERVICES = "/cds-services"


class Guard:
    """The middleware.

    origin: the address of the dashboard where people sign in, "" for the demo, which answers only browsers of this
    machine.
    """

    def __init__(self, app: App, *, sessions: SignInSessions, origin: str = "") -> None:
        self._app = app
        self._sessions = sessions
        self._origin = origin
        self._secure = origin.startswith("https:")
        self._cookie = cookies.session_cookie_name(self._secure)
        self._headers = security_headers(secure=self._secure)
        self._sockets = Sockets(
            is_alive=lambda session_id: not origin or sessions.state(session_id).alive,
            may_say=may_say,
            most_of_a_key=MOST_OF_ONE_SIGN_IN if origin else MOST_OF_THE_DEMO,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, self._with_headers(send))
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._may_answer(scope):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        socket = self._sockets.enter(self._session_id(scope) if self._origin else "")
        if socket is None:
            await receive()
            await send({"type": "websocket.close", "code": TRY_LATER})
            return
        guarded = GuardedSocket(self._sockets, socket, receive, send)
        try:
            await self._app(self._with_sign_in_cookies(scope), guarded.receive, guarded.send)
        finally:
            guarded.close()
            self._sockets.leave(socket)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        session_id = self._session_id(scope)
        if not self._may_answer(scope):
            await _answer(send, 403, "The demonstration answers only to browsers of the machine it runs on.")
        elif _within(path, CLOSED):
            await _answer(send, 404, "Not found")
        elif self._origin and _within(path, PRIVATE) and not self._sessions.state(session_id).alive:
            await _answer(send, 403, "Sign in first.")
        elif path == SESSION_PATH:
            await self._session(scope, send, session_id)
        elif _within(path, (CDS_SERVICES,)):
            await self._app({**scope, "headers": cookies.write_cookies(scope["headers"], ())}, receive, send)
        elif path == HOST_CONFIG and scope["method"] == "GET":
            await _answer(send, 200, json.dumps(HOST_SAYS), "application/json")
        elif _length(scope) > MOST_BYTES:
            await _answer(send, 413, "This is larger than the dashboard takes.")
        elif self._origin and path in (LOGIN, LOGOUT, CALLBACK):
            await self._sign_in(scope, receive, send, session_id)
        else:
            await self._app(self._with_sign_in_cookies(scope), _bounded(receive), send)

    # sign-in

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send, session_id: str) -> None:
        step = {LOGIN: self._leave_for_provider, LOGOUT: self._sign_out, CALLBACK: self._return_from_provider}[
            scope["path"]
        ]

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = step(scope, list(message.get("headers", [])), session_id)
            await send(message)

        # Streamlit needs the sign-in once more to sign out at the provider, so it is ended in the answer.
        await self._app(self._with_sign_in_cookies(scope), _bounded(receive), changed)

    def _leave_for_provider(self, scope: Scope, headers: Headers, session_id: str) -> Headers:
        """The browser leaves for the provider: remembers the page it came from under OAuth's state."""
        state = _state(urlsplit(_header(headers, b"location")).query)
        if state:
            self._sessions.depart(state, place_of(_header(scope["headers"], b"referer"), self._origin))
        return headers

    def _return_from_provider(self, scope: Scope, headers: Headers, session_id: str) -> Headers:
        """The browser returns from the provider: Streamlit's cookies stay here, the browser gets a new id and its
        page.
        """
        place = self._sessions.arrive(_state(scope["query_string"].decode("latin-1")))
        made = dict(cookies.split_set_cookie(value) for name, value in headers if name == b"set-cookie")
        signed_in = {
            name: value for name, value in made.items() if name.startswith(cookies.SIGN_IN_COOKIES) and value.strip('"')
        }
        headers = _without(headers, cookies.SIGN_IN_COOKIES)
        if cookies.SIGN_IN_COOKIES not in signed_in:
            return headers
        fresh = self._sessions.begin(signed_in, replaces=session_id)
        headers = [(name, value) for name, value in headers if name != b"location"]
        return [
            *headers,
            (b"location", place.encode("latin-1")),
            (b"set-cookie", cookies.set_cookie(self._cookie, fresh, secure=self._secure)),
        ]

    def _sign_out(self, scope: Scope, headers: Headers, session_id: str) -> Headers:
        """Ends the sign-in in every tab. The cookie stays: it opens nothing, and the next page says why."""
        self._sessions.end(session_id, Ended.SIGNED_OUT)
        return _without(headers, cookies.SIGN_IN_COOKIES)

    async def _session(self, scope: Scope, send: Send, session_id: str) -> None:
        if scope["method"] == "POST":
            if _header(scope["headers"], b"origin") != self._origin:
                await _answer(send, 403, "Only our own pages may say this.")
                return
            self._sessions.report_activity(session_id)
        elif scope["method"] != "GET":
            await _answer(send, 405, "GET or POST")
            return
        state = self._sessions.state(session_id)
        answer = {
            "session": fingerprint(session_id) if state.alive else "",
            "idle": round(state.idle, 1),
            "left": round(state.left, 1),
        }
        await _answer(send, 200, json.dumps(answer), "application/json")

    # requests and answers

    def _may_answer(self, scope: Scope) -> bool:
        """Whether the request may be answered: the demo answers only this machine, not a proxy or a foreign host
        name.
        """
        if self._origin or scope["path"] == HEALTH:
            return True
        headers = scope["headers"]
        forwarded = any(_header(headers, name) for name in (b"forwarded", b"x-forwarded-for", b"x-forwarded-host"))
        return not forwarded and is_loopback(urlsplit(f"//{_host(headers)}").hostname)

    def _session_id(self, scope: Scope) -> str:
        return dict(cookies.read_cookies(scope["headers"])).get(self._cookie, "")

    def _with_sign_in_cookies(self, scope: Scope) -> Scope:
        signed_in = self._sessions.cookies(self._session_id(scope)) if self._origin else {}
        return {**scope, "headers": cookies.exchange(scope["headers"], signed_in)}

    def _with_headers(self, send: Send) -> Send:
        ours = {name for name, _ in self._headers}

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                theirs = [(name, value) for name, value in message.get("headers", []) if name.lower() not in ours]
                message["headers"] = [
                    (name, cookies.hardened(value, secure=self._secure) if name.lower() == b"set-cookie" else value)
                    for name, value in theirs
                ] + self._headers
                if _header(theirs, b"content-type").startswith("text/html"):
                    message["headers"].append((b"link", fonts.PRELOAD.encode()))
            await send(message)

        return changed


def _within(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _header(headers: Headers, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")


def _host(headers: Headers) -> str:
    # urlsplit raises for some texts that are no host name.
    host = _header(headers, b"host")
    return host if origin_of(f"http://{host}") and "@" not in host else ""


def _without(headers: Headers, prefix: str) -> Headers:
    return [
        (name, value)
        for name, value in headers
        if name != b"set-cookie" or not cookies.split_set_cookie(value)[0].startswith(prefix)
    ]


def _state(query: str) -> str:
    return parse_qs(query).get("state", [""])[0][:200]


def _length(scope: Scope) -> int:
    text = _header(scope["headers"], b"content-length")
    return int(text) if text.isdecimal() and len(text) < 20 else 0


def _bounded(receive: Receive) -> Receive:
    """Disconnects when a body grows beyond the limit although its Content-Length did not say so."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return message if received <= MOST_BYTES else {"type": "http.disconnect"}

    return counted


async def _answer(send: Send, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
