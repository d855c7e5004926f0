"""An HTTP server in a thread whose answers a test determines: slow, broken, false or hostile. Loopback only."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from dashboard.fhir.client.capabilities import Capabilities, TypeCapabilities
from tests.patience import PATIENCE

ABLE = Capabilities(
    "4.0.1",
    interactions=frozenset({"transaction"}),
    types={
        name: TypeCapabilities(
            versioning="versioned-update", search_include=frozenset("*"), search_rev_include=frozenset("*")
        )
        for name in ("Patient", "Observation", "Task", "Provenance", "CareTeam", "Practitioner")
    },
)


# What a FHIR client and server need of each other; lengths and encodings are a proxy's own.
PASSED_ON = ("Content-Type", "Prefer", "If-Match", "If-None-Exist", "Cache-Control")
PASSED_BACK = ("Content-Type", "Date", "ETag", "Last-Modified", "Location")


@dataclass
class ReceivedRequest:
    """One request that the server received; `params` are those of the query and of the form."""

    method: str
    path: str
    params: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    port: int = 0

    def param(self, name: str) -> str:
        return dict(self.params).get(name, "")


@dataclass
class Reply:
    """An answer. `drip`: seconds between the body's bytes; `hang_up`: no answer; `cut`: only half of the body."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0
    wait: float = 0.0
    hang_up: bool = False
    cut: bool = False

    @property
    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class HostileServer:
    """A server that calls `answer` for each request and lists all of them in `requests`."""

    base_url: str = ""
    requests: list[ReceivedRequest] = field(default_factory=list)
    answer: Callable[[ReceivedRequest], Reply] = lambda request: Reply(404)

    def replies(self, *replies: Reply) -> None:
        """Answers with the replies one after the other, and then always with the last."""
        left = list(replies)
        self.answer = lambda request: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def hostile_server() -> Iterator[HostileServer]:
    hostile = HostileServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Each answer is written in parts, and the second would wait 40 ms for the reader to acknowledge the first.
        disable_nagle_algorithm = True

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            params = parse_qsl(parts.query, keep_blank_values=True)
            if "x-www-form-urlencoded" in self.headers.get("Content-Type", ""):
                params += parse_qsl(body.decode(), keep_blank_values=True)

            request = ReceivedRequest(
                self.command, parts.path, params, dict(self.headers), body, self.client_address[1]
            )
            hostile.requests.append(request)
            reply = hostile.answer(request)
            time.sleep(reply.wait)
            if reply.hang_up:
                self.close_connection = True
                return
            self._send(reply)

        do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

        def _send(self, reply: Reply) -> None:
            content = reply.bytes
            self.send_response(reply.status)
            headers = {"Content-Type": "application/fhir+json", "Content-Length": str(len(content))} | reply.headers
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                if reply.cut:
                    self.wfile.write(content[: len(content) // 2])
                    self.close_connection = True
                elif reply.drip:
                    for at in range(len(content)):
                        self.wfile.write(content[at : at + 1])
                        self.wfile.flush()
                        time.sleep(reply.drip)
                else:
                    self.wfile.write(content)
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    hostile.base_url = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    try:
        yield hostile
    finally:
        server.shutdown()
        server.server_close()


def passed_on(request: ReceivedRequest, target: str) -> Reply:
    """Returns what the server at this base URL answers to the request: for a proxy that a test has in between."""
    below = request.path.removeprefix("/fhir")
    form = request.method == "POST" and below.endswith("/_search")
    asked: dict[str, Any] = {"data": request.params} if form else {"params": request.params, "data": request.body}
    sent = {} if form else {name: value for name, value in request.headers.items() if name in PASSED_ON}
    answer = requests.request(request.method, target + below, headers=sent, timeout=PATIENCE, **asked)
    headers = {name: answer.headers[name] for name in PASSED_BACK if name in answer.headers}
    return Reply(answer.status_code, answer.content, headers)


def bundle(
    *resources: Any, links: dict[str, str] | None = None, total: int | None = None, **modes: str
) -> dict[str, Any]:
    """Returns a searchset; `modes` gives search.mode for a resource type, as in Patient="include"; others match."""
    result: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": relation, "url": url} for relation, url in (links or {}).items()],
        "entry": [
            {"resource": r, "search": {"mode": modes.get(r.get("resourceType", ""), "match")}} for r in resources
        ],
    }
    return result if total is None else result | {"total": total}


def observation(identity: str, patient: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": identity, "subject": {"reference": f"Patient/{patient}"}} | more
