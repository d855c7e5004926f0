"""The embedded FHIR server as an ASGI app: sekmet's FHIR router under /fhir, and nothing else of sekmet.

Not mounted, and not even built: its console, simulator, subscriptions (which would send resources to any address a
client names), messaging, bulk export, sign-in, traffic log and CORS.
"""

import logging
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
import sekmet.fhir.router as sekmet_router
from fastapi import FastAPI, Request
from fastapi.responses import Response
from sekmet.config import Settings
from sekmet.fhir.common import FHIR_JSON, FhirError
from sekmet.fhir.service import Result
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.server import search_parameters
from dashboard.server.capability import NAME, capability_statement
from dashboard.server.service import ServerService, run_bundle, serialise, spare_copies
from dashboard.server.store import ServerStore

HOST = "127.0.0.1"
LOCAL_NAMES = {"127.0.0.1", "localhost", "[::1]", "testserver"}

_request_id: ContextVar[str] = ContextVar("request_id", default="-")
_sekmet_response = sekmet_router.fhir_response
_sekmet_dispatch = sekmet_router.dispatch
_sekmet_body = sekmet_router._body
_sekmet_negotiate = sekmet_router._negotiate


@dataclass(frozen=True)
class Context:
    """What sekmet's router asks of its AppContext."""

    settings: Settings
    store: ServerStore
    service: ServerService


def build_app(database: Path, port: int) -> FastAPI:
    """The app on a database file, which is made when missing. Raises store.WrongDatabase."""
    search_parameters.install()
    _adapt_router()
    spare_copies()
    _log_without_data()
    settings = Settings(
        base_url=f"http://{HOST}:{port}/fhir", host=HOST, port=port, db_path=str(database), log_inbound=False
    )
    settings.simulator.enabled = False
    store = ServerStore(settings.database)
    context = Context(settings, store, ServerService(store, settings))
    app = FastAPI(title=NAME, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.store = store
    app.include_router(sekmet_router.build_router(lambda: context))
    app.add_middleware(LocalOnly)
    return app


def _adapt_router() -> None:
    """Five functions that sekmet's router looks up in its own module at each request."""
    statements: dict[str, bytes] = {}

    def statement(service: ServerService) -> dict[str, Any]:
        if service.base_url not in statements:  # 133 types: 20 ms to build
            statements[service.base_url] = orjson.dumps(capability_statement(service.base_url))
        found: dict[str, Any] = orjson.loads(statements[service.base_url])
        return found

    sekmet_router.capability_statement = statement
    sekmet_router.fhir_response = _response
    sekmet_router.dispatch = _dispatch
    sekmet_router._negotiate = _negotiate
    sekmet_router._body = _body


def _response(
    status: int,
    body: dict[str, Any] | None,
    headers: dict[str, str] | None = None,
    pretty: bool = False,
    xml: bool = False,
) -> Response:
    """sekmet's answer, with a search's stored resources copied as text: 10 times as fast for a page of 1,000."""
    if body is None or status == 304:
        return Response(b"", status, headers or {})
    content = serialise(body)
    if xml or pretty:
        answer: Response = _sekmet_response(status, orjson.loads(content), headers, pretty, xml)
        return answer
    return Response(content, status, headers or {}, media_type=f"{FHIR_JSON}; charset=utf-8")


def _negotiate(request: Request, params: list[tuple[str, str]]) -> bool:
    """Whether to answer in XML; `_format=json` overrides the Accept header, also a browser's text/html."""
    wants_json = "json" in dict(params).get("_format", "")
    return not wants_json and bool(_sekmet_negotiate(request, params))


async def _body(request: Request) -> object:
    """The parsed body; nested deeper than can be parsed, it is refused."""
    try:
        parsed: object = await _sekmet_body(request)
    except RecursionError as error:
        raise FhirError(400, "The body is nested too deeply", "structure") from error
    return parsed


def _dispatch(context: Context, request: Request, path: list[str], params: list[tuple[str, str]], body: Any) -> Result:
    """sekmet's dispatch, with If-Match on DELETE, also in transactions."""
    if request.method == "DELETE" and len(path) == 2 and request.headers.get("if-match"):
        return context.service.delete(path[0], path[1], if_match=request.headers["if-match"])
    if request.method == "POST" and not path and not (isinstance(body, dict) and body.get("type") == "message"):
        return run_bundle(context.service, body, prefer=request.headers.get("prefer"))
    return _sekmet_dispatch(context, request, path, params, body)


class LocalOnly:
    """Refuses what a web page elsewhere makes a browser send here: the server asks nobody to sign in.

    A foreign Host header is DNS rebinding; an Origin or Sec-Fetch-Site header of another site is a forged request.
    Also gives the request its id for the log, and echoes it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 403."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        request_id = headers.get("x-request-id", "-")[:64]
        _request_id.set(request_id if request_id.isprintable() else "-")
        if _is_foreign(headers):
            await Response(b"Only for programs on this machine.", 403)(scope, receive, send)
            return

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode("latin-1"))]
            await send(message)

        await self.app(scope, receive, send_with_id)


def _is_foreign(headers: dict[str, str]) -> bool:
    if _name_of(headers.get("host", "")) not in LOCAL_NAMES:
        return True
    origin = headers.get("origin")
    if origin is not None and _name_of(origin.partition("://")[2]) not in LOCAL_NAMES:
        return True
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin", "same-site")


def _name_of(authority: str) -> str:
    name, colon, port = authority.rpartition(":")
    return name if colon and port.isdigit() else authority


class _WithoutData(logging.Filter):
    """Keeps what sekmet logs of a failed request to where it failed: its messages hold URLs with patients' ids."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind, place = "", ""
        if isinstance(record.exc_info, tuple) and record.exc_info[0] is not None:
            kind, place = record.exc_info[0].__name__, _place(record.exc_info[2])
        record.msg = f"request {_request_id.get()} failed: {kind or 'error'} {place}".rstrip()
        record.args, record.exc_info, record.exc_text = (), None, None
        return True


def _place(trace: TracebackType | None) -> str:
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _log_without_data() -> None:
    for name in ("sekmet.fhir", "sekmet.store"):
        logger = logging.getLogger(name)
        if not any(isinstance(f, _WithoutData) for f in logger.filters):
            logger.addFilter(_WithoutData())
