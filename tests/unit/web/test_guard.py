"""The edge: what a browser sends and gets, seen from both sides of it."""

import asyncio
import inspect
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from streamlit.web.server.starlette import starlette_routes

from dashboard.web import fonts
from dashboard.web.guard import HOST_SAYS, MOST_BYTES, Guard
from dashboard.web.headers import inline_script_hashes
from dashboard.web.sessions import SignInSessions

HTTPS = "https://c3.example.org"
SECURE = "__Host-c3-session"


class Behind:
    """Stands for Streamlit: remembers the request, gives the answer it was told to."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}
        self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.status = 200

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen = scope
        while True:
            message = await receive()
            self.body += message.get("body", b"")
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"page"})

    @property
    def cookies(self) -> str:
        return next((value.decode() for name, value in self.seen["headers"] if name == b"cookie"), "")


class Edge:
    """A browser before the guard; `ask` gives status, headers and body."""

    def __init__(self, origin: str) -> None:
        self.behind, self.sessions, self.origin = Behind(), SignInSessions(), origin
        self.guard = Guard(self.behind, sessions=self.sessions, origin=origin)

    def ask(
        self, path: str, method: str = "GET", body: bytes = b"", kind: str = "http", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        place, _, query = path.partition("?")
        sent = {"host": (self.origin or "http://localhost:8501").split("//")[1], **headers}
        scope = {
            "type": kind,
            "method": method,
            "path": place,
            "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in sent.items()],
        }
        got: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            got.append(message)

        # In a thread of its own: where a browser test has run before, this one has a running loop (Playwright's).
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self.guard(scope, receive, send)).result()
        answered = {name.decode(): value.decode("latin-1") for name, value in got[0].get("headers", [])}
        return got[0].get("status", got[0].get("code")), answered, got[-1].get("body", b"")

    def sign_in(self, cookie: str = "") -> tuple[str, str]:
        """Comes back from the provider; the session id, and where the browser is sent."""
        self.behind.status = 302
        self.behind.headers = [
            (b"location", b"/"),
            (b"set-cookie", b'_streamlit_user="2|signed"; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax'),
            (b"set-cookie", b"_streamlit_user_tokens=chunks-2; HttpOnly; Path=/; SameSite=lax"),
            (b"set-cookie", b"_streamlit_user_tokens_1=aaa; HttpOnly; Path=/; SameSite=lax"),
        ]
        _, headers, _ = self.ask("/oauth2callback?state=st4te&code=c", cookie=cookie)
        self.behind.headers, self.behind.status = [], 200
        assert "_streamlit" not in headers["set-cookie"]
        return headers["set-cookie"].split(";")[0].split("=", 1)[1], headers["location"]


@pytest.fixture
def edge() -> Edge:
    return Edge(HTTPS)


@pytest.fixture
def demo() -> Edge:
    return Edge("")


def test_every_answer_has_the_security_headers(edge: Edge, demo: Edge) -> None:
    for each, path in [(edge, "/"), (edge, "/_stcore/metrics"), (edge, "/_c3/session"), (demo, "/")]:
        _, headers, _ = each.ask(path)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
        assert "'unsafe-inline'" not in scripts
        assert "'unsafe-eval'" not in scripts
        assert ("strict-transport-security" in headers) is (each is edge)
    assert inline_script_hashes(), "Streamlit's page has an inline script"


def test_a_page_names_the_fonts_it_is_written_in(edge: Edge, demo: Edge) -> None:
    for each in (edge, demo):
        each.behind.headers = [(b"content-type", b"text/html; charset=utf-8")]
        assert each.ask("/patient")[1]["link"] == fonts.PRELOAD
        each.behind.headers = [(b"content-type", b"text/javascript")]
        assert "link" not in each.ask("/static/js/index.js")[1]
    assert all(name in fonts.PRELOAD for name in fonts.FILES[:2])


def test_what_streamlit_says_of_security_does_not_weaken_it(edge: Edge) -> None:
    edge.behind.headers = [(b"X-Frame-Options", b"ALLOWALL"), (b"etag", b"x")]
    _, headers, _ = edge.ask("/")
    assert headers["x-frame-options"] == "DENY"
    assert "X-Frame-Options" not in headers
    assert headers["etag"] == "x"


def test_other_cookies_become_secure_on_https_only(edge: Edge, demo: Edge) -> None:
    for each, secure in [(edge, True), (demo, False)]:
        each.behind.headers = [(b"set-cookie", b"_streamlit_xsrf=abc; Path=/")]
        _, headers, _ = each.ask("/")
        assert headers["set-cookie"].endswith("; Secure") is secure


def test_the_browser_gets_an_opaque_id_instead_of_claims_and_tokens(edge: Edge) -> None:
    ident, _ = edge.sign_in()
    edge.ask("/", cookie=f"theme=dark; {SECURE}={ident}")
    assert edge.behind.cookies == (
        f'theme=dark; {SECURE}={ident}; _streamlit_user="2|signed"; '
        "_streamlit_user_tokens=chunks-2; _streamlit_user_tokens_1=aaa"
    )


def test_the_id_is_secure_unseen_by_scripts_and_gone_with_the_browser(edge: Edge) -> None:
    edge.behind.headers = [(b"location", b"/"), (b"set-cookie", b"_streamlit_user=x; Path=/")]
    _, headers, _ = edge.ask("/oauth2callback?state=s")
    assert headers["set-cookie"].split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]


def test_a_browsers_own_claims_never_reach_streamlit(edge: Edge, demo: Edge) -> None:
    for each in (edge, demo):
        each.ask("/", cookie='_streamlit_user="2|forged"; _streamlit_user_tokens=x; a=b; _streamlit_user_1=y')
        assert each.behind.cookies == "a=b"


def test_a_failed_sign_in_gives_no_id(edge: Edge) -> None:
    edge.behind.headers = [(b"location", b"/"), (b"set-cookie", b'_streamlit_user=""; Max-Age=0; Path=/')]
    _, headers, _ = edge.ask("/oauth2callback?state=s&error=access_denied")
    assert "set-cookie" not in headers
    assert headers["location"] == "/"


def test_the_page_that_was_asked_for_is_found_again(edge: Edge) -> None:
    edge.behind.headers = [(b"location", b"https://login.example.org/authorize?client_id=c&state=st4te")]
    edge.ask("/auth/login?provider=x", referer=f"{HTTPS}/patient?id=p7")
    assert edge.sign_in()[1] == "/patient?id=p7"
    assert edge.sign_in()[1] == "/", "once"


@pytest.mark.parametrize("referer", ["https://evil.example.org/x", f"{HTTPS}//evil.example.org", "", "javascript:1"])
def test_no_address_leads_the_way_back_astray(edge: Edge, referer: str) -> None:
    edge.behind.headers = [(b"location", b"https://login.example.org/authorize?state=st4te")]
    edge.ask("/auth/login?provider=x", referer=referer)
    assert edge.sign_in()[1] == "/"


def test_signing_out_ends_it_for_every_tab_after_streamlit_had_its_token(edge: Edge) -> None:
    ident, _ = edge.sign_in()
    cookie = f"{SECURE}={ident}"
    edge.ask("/auth/logout", cookie=cookie)
    assert "_streamlit_user_tokens_1=aaa" in edge.behind.cookies, "for the provider's end_session_endpoint"
    edge.ask("/", cookie=cookie)
    assert edge.behind.cookies == cookie


def test_signing_in_again_makes_a_fresh_id(edge: Edge) -> None:
    first, _ = edge.sign_in()
    second, _ = edge.sign_in(cookie=f"{SECURE}={first}")
    assert first != second
    assert not edge.sessions.state(first).alive


def test_the_page_may_ask_how_long_and_report_activity(edge: Edge) -> None:
    ident, _ = edge.sign_in()
    cookie = f"{SECURE}={ident}"
    status, headers, body = edge.ask("/_c3/session", cookie=cookie)
    told = json.loads(body)
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert told["session"]
    assert ident not in body.decode()
    assert 0 < told["idle"] <= 900
    assert edge.ask("/_c3/session", "POST", cookie=cookie)[0] == 403, "without our own Origin"
    assert edge.ask("/_c3/session", "POST", cookie=cookie, origin="https://evil.example.org")[0] == 403
    assert edge.ask("/_c3/session", "POST", cookie=cookie, origin=HTTPS)[0] == 200
    assert edge.ask("/_c3/session", "DELETE", cookie=cookie, origin=HTTPS)[0] == 405
    assert json.loads(edge.ask("/_c3/session")[2]) == {"session": "", "idle": 0.0, "left": 0.0}


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/metrics/", "/_stcore/script-health-check", "/_stcore/agent/openapi.json"]
)
def test_doors_that_nobody_needs_are_closed(edge: Edge, demo: Edge, path: str) -> None:
    assert edge.ask(path)[0] == demo.ask(path)[0] == 404
    assert not edge.behind.seen


@pytest.mark.parametrize("path", ["/media/abc.csv", "/_stcore/upload_file/a/b"])
def test_files_of_a_page_are_for_who_is_signed_in(edge: Edge, demo: Edge, path: str) -> None:
    assert edge.ask(path)[0] == 403
    ident, _ = edge.sign_in()
    assert edge.ask(path, cookie=f"{SECURE}={ident}")[0] == 200
    edge.sessions.end(ident)
    assert edge.ask(path, cookie=f"{SECURE}={ident}")[0] == 403
    assert demo.ask(path)[0] == 200


def test_a_body_beyond_the_limit_is_refused_announced_or_not(edge: Edge) -> None:
    assert edge.ask("/x", "POST", content_length=str(MOST_BYTES + 1))[0] == 413
    assert not edge.behind.seen
    edge.ask("/x", "POST", body=b"x" * (MOST_BYTES + 1))
    assert edge.behind.body == b""


@pytest.mark.parametrize(
    "host", ["c3.example.org", "localhost.evil.org", "10.0.0.5:8501", "", "[", "localhost@evil.org"]
)
def test_the_demo_shows_itself_to_this_machine_only(demo: Edge, host: str) -> None:
    assert demo.ask("/", host=host)[0] == 403
    assert demo.ask("/_stcore/stream", kind="websocket", host=host)[0] == 1008
    assert not demo.behind.seen


@pytest.mark.parametrize("header", ["forwarded", "x_forwarded_for", "x_forwarded_host"])
def test_the_demo_does_not_show_itself_through_a_proxy(demo: Edge, header: str) -> None:
    assert demo.ask("/", **{header: "1.2.3.4"})[0] == 403


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501"])
def test_the_demo_on_this_machine(demo: Edge, host: str) -> None:
    assert demo.ask("/", host=host)[0] == 200


def test_streamlit_shows_no_dialogs_of_its_own_and_takes_no_orders_from_other_pages(edge: Edge, demo: Edge) -> None:
    """Its dialogs about errors speak of terminals and scripts."""
    for each in (edge, demo):
        status, _, body = each.ask("/_stcore/host-config")
        said = json.loads(body)
        assert status == 200
        assert said["blockErrorDialogs"] is True
        assert said["allowedOrigins"] == []
        assert said["enableCustomParentMessages"] is False


def test_what_the_host_says_has_every_part_that_streamlit_itself_sends() -> None:
    """A new version may have another: then what it means is to be looked at."""
    source = inspect.getsource(starlette_routes.create_host_config_routes)
    parts = set(re.findall(r'"(\w+)": ', source))
    assert parts == set(HOST_SAYS)


def test_programs_that_call_our_rules_may_send_a_record_and_bring_no_cookie(edge: Edge, demo: Edge) -> None:
    """The service bounds the body itself; whose sign-in a browser carries counts for nothing there."""
    large = b" " * (MOST_BYTES + 1)
    for each in (edge, demo):
        status, headers, _ = each.ask("/cds-services/c3-patient-view", "POST", large, cookie="a=b; _streamlit_user=x")
        assert status == 200
        assert (len(each.behind.body), each.behind.cookies) == (len(large), "")
        assert headers["x-content-type-options"] == "nosniff"
    assert demo.ask("/cds-services", x_forwarded_for="1.2.3.4")[0] == 403
