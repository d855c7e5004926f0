"""A FHIR server of a few lines that keeps what is PUT to it: to be stopped, slowed, filled and told to refuse."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Kept:
    """What came, in order (`arrived`, ids), and what is held by id; `answer(event)` gives another status than 201."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.held: dict[str, dict[str, Any]] = {}
        self.answer: Callable[[dict[str, Any]], int] = lambda event: 201
        self.delay = 0.0
        self.url = ""


@contextmanager
def audit_server(port: int = 0, kept: Kept | None = None) -> Iterator[Kept]:
    """Listens on loopback while the block runs; given what another kept, it goes on with that."""
    kept = kept or Kept()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body in one packet: two would wait for each other 40 ms

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(kept.delay)
            event = json.loads(body)
            status = kept.answer(event)
            if status < 300:
                kept.arrived.append(event["id"])
                kept.held[event["id"]] = event
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
