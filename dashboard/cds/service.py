"""Our guideline rules as a CDS Hooks 2.0 service: discovery, patient-view, order-select and feedback.

    GET  /cds-services                          what there is, and which records each needs
    POST /cds-services/c3-patient-view          cards for a person whose record was opened
    POST /cds-services/c3-order-select          cards that come with the orders that are being written
    POST /cds-services/{id}/feedback            what became of a card

It reads no record but those that come with a call, asks no server and keeps none of it; a log line has service, client,
status and milliseconds. Other web pages may not call it (no CORS): a browser is no place for a client's private key.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.cds.callers import Callers, Refused
from dashboard.cds.feedback import keep, read_feedback
from dashboard.cds_settings import CdsSettings
from dashboard.domain.guidelines.evaluate import Finding, Outcome, evaluate_record
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.cds_hooks.request import (
    BadRequest,
    HookCall,
    NothingKnown,
    as_taken,
    draft_references,
    read_call,
    templates,
)
from dashboard.fhir.cds_hooks.write_cards import cards_of
from dashboard.fhir.client.json_text import written
from dashboard.fhir.guidelines.library import GuidelineFiles, Library
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.web.addresses import is_loopback

PLACE: Final = "/cds-services"
PATIENT_VIEW, ORDER_SELECT = "c3-patient-view", "c3-order-select"
MOST_BYTES: Final = 8 * 1024 * 1024
"""Of a body: thirty years of results of one person have 3 MB."""
BODY_SECONDS: Final = 10.0
THREADS: Final = 2
MOST_WAITING: Final = 60
"""Calls that wait for a thread; more are sent away at once."""
_SAFE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_log = logging.getLogger("dashboard.cds")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Hook:
    """One service of ours."""

    id: str
    hook: str
    title: str
    description: str


HOOKS: Final = {
    each.id: each
    for each in (
        _Hook(
            PATIENT_VIEW,
            "patient-view",
            "Guideline recommendations",
            "What guidelines for type 2 diabetes, heart failure, chronic kidney disease and depression suggest for "
            "this person, and what cannot be said for lack of a fact. A card says whether its rule is a draft.",
        ),
        _Hook(
            ORDER_SELECT,
            "order-select",
            "Guideline recommendations on an order",
            "What the same guidelines say of the medicines that are being ordered, as if they had been given.",
        ),
    )
}


class _Refusal(Exception):
    """A call that is answered with a status and a sentence."""

    def __init__(self, status: int, sentence: str, code: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.headers = status, code, headers


class CdsHooks:
    """The service. `now` says the moment of view, `files` gives the rules in force."""

    def __init__(
        self,
        settings: CdsSettings,
        files: GuidelineFiles,
        terminology: Terminology,
        data_dir: Path,
        now: Callable[[], datetime],
    ) -> None:
        """Raises OperatorError for a client's key that cannot be used."""
        self._callers = Callers(settings.callers)
        self._settings, self._files, self._terminology = settings, files, terminology
        self._data_dir, self._now = data_dir, now
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="cds")
        self._waiting = 0

    def get_ready(self) -> None:
        """Reads the rules, which the first call would wait for otherwise."""
        self._files.library()

    def routes(self) -> list[Route]:
        """Its addresses, for an ASGI application."""
        methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        places = (PLACE, f"{PLACE}/{{service}}", f"{PLACE}/{{service}}/feedback")
        return [Route(place, self.serve, methods=methods) for place in places]

    async def serve(self, request: Request) -> Response:
        """Answers one call; whatever goes wrong is a status with a sentence."""
        began, caller = time.monotonic(), ""
        try:
            caller = self._check_caller(request)
            answer = await self._answer(request)
        except _Refusal as refusal:
            answer = _refuse(refusal)
        except ClientDisconnect:
            answer = Response(status_code=400, headers=_SAFE)
        except Exception as error:
            # Without the error's text, which may have values of a record.
            _log.error("a call failed: %s at %s", type(error).__name__, _place(error.__traceback__))
            answer = _refuse(_Refusal(500, "The service failed to answer.", "exception"))
        _log.info(
            "%s %s for %s: %d, %d ms",
            request.method if request.method in ("GET", "POST") else "other",
            _name(request),
            caller or "nobody known",
            answer.status_code,
            (time.monotonic() - began) * 1000,
        )
        return answer

    def _check_caller(self, request: Request) -> str:
        """The name of the client. Raises _Refusal: 401 for whom nobody here knows."""
        header = request.headers.get("authorization", "")
        if self._settings.demo and not header and _is_of_this_machine(request):
            return "this machine"
        try:
            return self._callers.check(header, f"{self._settings.base_url}{request.url.path}")
        except Refused as refused:
            known = "" if self._settings.callers else " No client may call this service: none is in its settings."
            raise _Refusal(401, f"{refused}{known}", "login", **{"www-authenticate": "Bearer"}) from None

    async def _answer(self, request: Request) -> Response:
        name = request.path_params.get("service", "")
        if not name:
            _require_method(request, "GET")
            return _json(await self._work(self._discovery))
        hook = HOOKS.get(name)
        if hook is None:
            raise _Refusal(404, f"There is no service of this id; there are {', '.join(HOOKS)}.", "not-found")
        _require_method(request, "POST")
        if "json" not in request.headers.get("content-type", "application/json").lower():
            raise _Refusal(415, "The body must be JSON.", "not-supported")
        body = await _read_body(request)
        if request.url.path.endswith("/feedback"):
            await self._work(self._take_feedback, body)
            return Response(status_code=200, headers=_SAFE)
        return _json(await self._work(self._cards, hook, body))

    async def _work(self, do: Callable[..., Any], *arguments: Any) -> Any:
        """Does it in a thread, so that one call does not hold up the pages. Raises _Refusal 503 where too many wait."""
        if self._waiting >= MOST_WAITING:
            raise _Refusal(503, "Too many calls at this time.", "throttled", **{"retry-after": "2"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, do, *arguments)
        except BadRequest as problem:
            raise _Refusal(400, str(problem), "invalid") from None
        except NothingKnown as problem:
            raise _Refusal(412, str(problem), "incomplete") from None
        finally:
            self._waiting -= 1

    def _discovery(self) -> Json:
        prefetch = templates(self._files.library().facts_used(), self._terminology)
        return {
            "services": [
                {
                    "hook": each.hook,
                    "title": each.title,
                    "description": each.description,
                    "id": each.id,
                    "prefetch": prefetch,
                }
                for each in HOOKS.values()
            ]
        }

    def _cards(self, hook: _Hook, body: bytes) -> Json:
        call, library, on = read_call(body, hook.hook), self._files.library(), self._today()
        if hook.hook == "patient-view":
            found = self._evaluate(call, call.rows, library, on)
            applies = [each for each in found if each.outcome is Outcome.APPLIES]
            unsure = [each for each in found if each.outcome is Outcome.CANNOT_SAY]
        else:
            applies, unsure = self._of_orders(call, library, on)
        return {"cards": cards_of(applies, unsure, call.patient, call.versions)}

    def _of_orders(self, call: HookCall, library: Library, on: date) -> tuple[list[Finding], list[Finding]]:
        """What comes with the orders: what applies with them and did not before, or rests on one of them; and what
        nobody can say any more.
        """
        before = {_key(each): each.outcome for each in self._evaluate(call, call.rows, library, on)}
        drafts = draft_references(call, on)
        applies, unsure = [], []
        for each in self._evaluate(call, as_taken(call, on), library, on) if drafts else ():
            rests_on_one = any(not drafts.isdisjoint(value.records) for value in each.used)
            was = before.get(_key(each))
            if each.outcome is Outcome.APPLIES and (was is not Outcome.APPLIES or rests_on_one):
                applies.append(each)
            elif each.outcome is Outcome.CANNOT_SAY and (was is not Outcome.CANNOT_SAY or rests_on_one):
                unsure.append(each)
        return applies, unsure

    def _evaluate(self, call: HookCall, rows: Sequence[Json], library: Library, on: date) -> tuple[Finding, ...]:
        record = read_record(rows, self._terminology, on)
        return evaluate_record(record, library.rules, library.facts_used(), self._terminology, on, call.unread)

    def _take_feedback(self, body: bytes) -> None:
        keep(self._data_dir, read_feedback(body, self._files.library().rules, self._today()))

    def _today(self) -> date:
        return site_day(self._now())


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule.id, finding.advice.key


def _is_of_this_machine(request: Request) -> bool:
    """Whether a program of this machine calls, but no web page that somebody has open on it, and nobody by a proxy."""
    peer = request.client.host if request.client else ""
    told = ("forwarded", "x-forwarded-for", "x-forwarded-host", "origin", "sec-fetch-site")
    return is_loopback(peer) and is_loopback(request.url.hostname) and not any(each in request.headers for each in told)


def _require_method(request: Request, method: str) -> None:
    if request.method != method:
        raise _Refusal(405, f"Use {method} here.", "not-supported", allow=method)


async def _read_body(request: Request) -> bytes:
    """The body. Raises _Refusal 413 before more than `MOST_BYTES` are kept, 408 for one that does not come."""
    too_large = _Refusal(413, f"The body is larger than {MOST_BYTES // 2**20} MiB.", "too-long")
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or len(length) > 12 or int(length) > MOST_BYTES:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > MOST_BYTES:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise _Refusal(408, f"The body did not come within {BODY_SECONDS:.0f} seconds.", "timeout") from None
    return b"".join(parts)


def _json(value: Json) -> Response:
    return Response(written(value), media_type="application/json", headers=_SAFE)


def _refuse(refusal: _Refusal) -> Response:
    issue = {"severity": "error", "code": refusal.code, "diagnostics": str(refusal)}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    headers = {**_SAFE, **refusal.headers}
    return Response(written(outcome), refusal.status, media_type="application/json", headers=headers)


def _name(request: Request) -> str:
    """Which of our addresses was called, for a log line: never what else stood in the address."""
    name = request.path_params.get("service", "discovery")
    return name if name in (*HOOKS, "discovery") else "an unknown service"


def _place(trace: TracebackType | None) -> str:
    """The file and line in which an error was raised."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "nowhere"
