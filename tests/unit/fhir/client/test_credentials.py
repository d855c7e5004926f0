"""The client of SMART backend services, with a token server that verifies the requests."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from dashboard.errors import ServerUnavailable, UserFacingError
from dashboard.fhir.client.credentials import BackendServices

RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-384")


class TokenServer:
    """Returns token-1, token-2 ... for a valid assertion; `answer` replaces its answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.assertions: list[dict[str, Any]] = []
        self.headers: list[dict[str, Any]] = []
        self.answer: tuple[int, Any] | None = None
        self.seconds: Any = 300
        self.configuration: Any = {"token_endpoint": f"{url}/token"}
        self.key: Any = RSA
        self.requests = 0

    def token(self, form: dict[str, list[str]]) -> tuple[int, Any]:
        self.requests += 1
        if self.answer:
            return self.answer
        assert form["grant_type"] == ["client_credentials"]
        assert form["scope"] == ["system/*.read system/*.write"]
        assert form["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
        found = jwt.decode(form["client_assertion"][0], self.key, algorithms=["RS384", "ES384"])
        self.assertions.append(found.claims)
        self.headers.append(found.header)
        content = {"access_token": f"token-{self.requests}", "token_type": "bearer", "expires_in": self.seconds}
        return 200, content


@contextmanager
def serving() -> Iterator[TokenServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, server.configuration)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._send(*server.token(parse_qs(self.rfile.read(length).decode())))

        def _send(self, status: int, content: Any) -> None:
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

        def log_message(self, *arguments: Any) -> None:
            """Logs nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = TokenServer(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with serving() as running:
        yield running


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def client(server: TokenServer, clock: Clock | None = None, **changes: Any) -> BackendServices:
    key = changes.pop("key", RSA.as_pem(private=True).decode())
    return BackendServices(server.url, client_id="c3", key=key, key_id="k1", clock=clock or Clock(), **changes)


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS384"), (EC, "ES384")])
@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_the_assertion_is_as_smart_requires(server: TokenServer, key: Any, algorithm: str, form: str) -> None:
    server.key = key
    text = key.as_pem(private=True).decode() if form == "pem" else json.dumps(key.as_dict(private=True))
    assert client(server, key=text)() == "token-1"
    content = server.assertions[0]
    assert content["iss"] == content["sub"] == "c3"
    assert content["aud"] == f"{server.url}/token"
    assert 0 < content["exp"] - content["iat"] <= 300
    assert content["jti"]
    assert (server.headers[0]["alg"], server.headers[0]["kid"]) == (algorithm, "k1")


def test_a_token_is_cached_until_shortly_before_it_expires(server: TokenServer) -> None:
    clock = Clock()
    ask = client(server, clock)
    assert ask() == "token-1"
    clock.now = 239
    assert ask() == "token-1"
    clock.now = 240
    assert ask() == "token-2"
    assert server.assertions[0]["jti"] != server.assertions[1]["jti"]


def test_a_short_token_is_used_for_half_its_time(server: TokenServer) -> None:
    server.seconds = 60
    clock = Clock()
    ask = client(server, clock)
    ask()
    clock.now = 29
    assert ask() == "token-1"
    clock.now = 30
    assert ask() == "token-2"


@pytest.mark.parametrize("seconds", [None, "300", -1, True])
def test_a_token_without_a_lifetime_is_treated_as_short(server: TokenServer, seconds: object) -> None:
    server.seconds = seconds
    clock = Clock()
    ask = client(server, clock)
    ask()
    clock.now = 241
    assert ask() == "token-2"


def test_many_threads_request_one_token(server: TokenServer) -> None:
    ask = client(server)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: ask(), range(32))) == {"token-1"}
    assert server.requests == 1


@pytest.mark.parametrize(
    "answer",
    [
        (401, {"error": "invalid_client"}),
        (200, b"not json"),
        (200, []),
        (200, {"token_type": "bearer"}),
        (200, {"access_token": "", "token_type": "bearer"}),
        (200, {"access_token": "x", "token_type": "mac"}),
        (302, {"access_token": "x", "token_type": "bearer"}),
    ],
)
def test_a_missing_token_is_reported_in_one_sentence(server: TokenServer, answer: tuple[int, Any]) -> None:
    server.answer = answer
    with pytest.raises(ServerUnavailable, match="server-token-missing"):
        client(server)()


def test_a_token_is_requested_again_after_a_refusal(server: TokenServer) -> None:
    ask = client(server)
    server.answer = (503, {})
    with pytest.raises(ServerUnavailable):
        ask()
    server.answer = None
    assert ask() == "token-2"


def test_an_unreachable_server_is_reported_in_one_sentence() -> None:
    with serving() as server:
        ask = client(server)
    with pytest.raises(ServerUnavailable):
        ask()


def test_the_token_endpoint_can_be_set(server: TokenServer) -> None:
    server.configuration = {}
    assert client(server, token_url=f"{server.url}/elsewhere")() == "token-1"


@pytest.mark.parametrize("content", [{}, {"token_endpoint": 7}, {"token_endpoint": "ftp://x/token"}])
def test_a_server_without_a_token_endpoint_is_reported(server: TokenServer, content: object) -> None:
    server.configuration = content
    with pytest.raises(ServerUnavailable, match="server-token-address-missing"):
        client(server)()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "hush",
        "{}",
        '{"kty": "oct", "k": "aHVzaA"}',
        RSA.as_pem(private=False).decode(),
        ECKey.generate_key("P-256").as_pem(private=True).decode(),
    ],
)
def test_a_key_that_cannot_sign_is_refused_without_quoting_it(server: TokenServer, key: str) -> None:
    with pytest.raises(UserFacingError) as problem:
        client(server, key=key)
    assert "FHIR_CLIENT_KEY_FILE" in str(problem.value)
    assert "hush" not in str(problem.value)
