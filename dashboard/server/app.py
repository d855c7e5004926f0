"""The embedded FHIR server as an ASGI app: HTTP around `Interactions`, under /fhir.

No console, no CORS, no sign-in; bodies of requests and answers never reach the log.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.server.capability import capability_statement
from dashboard.server.interactions import Answer, FhirRequest, Interactions, http_date, parse_query
from dashboard.server.json_text import decode, encode
from dashboard.server.local_only import LocalOnly
from dashboard.server.outcome import FhirError, issue, operation_outcome
from dashboard.server.store import Store
from dashboard.server.transaction import run_bundle

HOST: Final = "127.0.0.1"
# Python runs one at a time anyway; each has a connection to the database.
THREADS: Final = 8
# The largest transaction of the demo (3,000 Observations) has 3 MB, Synthea's largest patients have about 30.
LARGEST_BODY: Final = 64 * 1024 * 1024
FHIR_JSON: Final = "application/fhir+json"
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

_log = logging.getLogger("dashboard.server")


def build_app(database: Path, port: int) -> Starlette:
    """The app on a database file, which is made when missing. Raises schema.WrongDatabase."""
    store = Store(str(database))
    endpoint = _Endpoint(Interactions(store, f"http://{HOST}:{port}/fhir"))
    routes = [Route(path, endpoint.serve, methods=METHODS) for path in ("/fhir", "/fhir/{path:path}")]
    app = Starlette(routes=routes, middleware=[Middleware(LocalOnly)])
    app.state.store = store
    return app


class _Endpoint:
    """Serves every address under /fhir."""

    def __init__(self, interactions: Interactions) -> None:
        self._interactions = interactions
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="fhir")
        self._statement = encode(capability_statement(interactions.base_url))  # 146 types: 20 ms to build

    async def serve(self, request: Request) -> Response:
        """Reads the body and answers in a thread, so that one long answer does not hold up the others."""
        try:
            body = await _read_body(request)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._respond, request, body)
        except FhirError as error:
            return _refuse(error)
        except ClientDisconnect:
            return Response(status_code=400)

    def _respond(self, request: Request, body: bytes) -> Response:
        try:
            parameters = parse_query(request.url.query)
            _require_json(request, dict(parameters))
            path = [part for part in request.path_params.get("path", "").split("/") if part]
            if path == ["metadata"] and request.method in ("GET", "HEAD"):
                return _response(request, Answer(200, msgspec.Raw(self._statement)), "")
            prefer = request.headers.get("prefer", "")
            content = _parse_body(request, body)
            if not path and request.method == "POST":
                return _response(request, run_bundle(self._interactions, content, prefer), prefer)
            headers = request.headers
            fhir_request = FhirRequest(
                request.method,
                path,
                parameters,
                content,
                headers.get("if-match", ""),
                headers.get("if-none-match", ""),
                headers.get("if-none-exist", ""),
                prefer,
            )
            answer = self._interactions.answer(fhir_request)
            return _response(request, answer, prefer, self._interactions.base_url)
        except FhirError as error:
            return _refuse(error)
        except Exception as error:
            request_id = request.headers.get("x-request-id", "-")[:64]
            shown = request_id if request_id.isprintable() else "-"
            # Without the error's text and the address, which have patients' ids.
            _log.error("request %s failed: %s at %s", shown, type(error).__name__, _place(error.__traceback__))
            return _refuse(FhirError(500, "The server failed to answer", "exception"))


async def _read_body(request: Request) -> bytes:
    """The body. Raises FhirError 413 before more than `LARGEST_BODY` bytes are read."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise FhirError(413, f"The body is larger than {LARGEST_BODY} bytes", "too-long")
        parts.append(part)
    return b"".join(parts)


def _parse_body(request: Request, body: bytes) -> Any:
    """JSON as Python values, a form as its (name, value) pairs, nothing as None. Raises FhirError 400, 415."""
    if not body.strip():
        return None
    content_type = request.headers.get("content-type", FHIR_JSON).lower()
    if "x-www-form-urlencoded" in content_type:
        return parse_query(body.decode("utf-8", errors="replace"))
    if "json" not in content_type:
        raise FhirError(415, "The body must be JSON", "not-supported")
    return decode(body)


def _require_json(request: Request, parameters: dict[str, str]) -> None:
    """Raises FhirError 406 when the client takes no JSON; `_format` overrides the Accept header."""
    wanted = parameters.get("_format") or request.headers.get("accept") or "*/*"
    if not any(name in wanted.lower() for name in ("json", "*/*", "application/*")):
        raise FhirError(406, "The server answers in JSON only", "not-supported")


def _response(request: Request, answer: Answer, prefer: str, base_url: str = "") -> Response:
    headers, stored = {}, answer.stored
    if stored is not None:
        headers = {"ETag": stored.etag, "Last-Modified": http_date(stored.updated)}
        if request.method in ("POST", "PUT", "PATCH"):
            headers["Location"] = f"{base_url}/{stored.type}/{stored.id}/_history/{stored.version}"
    is_write = stored is not None and request.method in ("POST", "PUT", "PATCH")
    if answer.body is None or (is_write and "return=minimal" in prefer):
        return Response(None, answer.status, headers)
    body = operation_outcome([]) if is_write and "return=OperationOutcome" in prefer else answer.body
    content = encode(body)
    if "_pretty=true" in request.url.query:
        content = msgspec.json.format(content)
    return Response(content, answer.status, headers, f"{FHIR_JSON}; charset=utf-8")


def _refuse(error: FhirError) -> Response:
    content = encode(operation_outcome(error.issues or [issue("error", "processing", str(error))]))
    return Response(content, error.status, media_type=f"{FHIR_JSON}; charset=utf-8")


def _place(trace: TracebackType | None) -> str:
    """The file and line in which an error was raised."""
    if trace is None:
        return "an unknown place"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
