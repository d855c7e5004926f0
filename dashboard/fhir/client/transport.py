"""fhirpy's client with a safe way to the wire: one pooled session, time-outs, retries, If-Match, errors as sentences.

fhirpy 2.3.1 opens a connection for every request, has no time-out, repeats nothing and never sends `If-Match`; all of
its methods go through `_do_request`, which is replaced here. (They return plain dicts then, not fhirpy's AttrDict, so
its search sets are not used; `dashboard.fhir.search` pages instead.)

What is repeated, up to TRIES times, with growing random pauses or after the server's `Retry-After`:

* reads and searches: after a network failure and after 429, 502, 503, 504;
* any write: when the connection was refused (nothing was sent), and after 429 (limiters refuse before they handle);
* a guarded write, whose second arrival cannot do harm, as after a read: a PUT of a new record under its own id, and a
  transaction with at least one `ifMatch` (it answers 409 or 412 when the first try had been carried out). Such an
  answer to a repeated try may be the echo of our own success: the record is read again and compared, and only if it
  is not what we sent it is a VersionConflict.
* any other write is never repeated: the error then says that it is not known whether it was saved.

Patient data never reach a log: logged are method, resource type, status, milliseconds and request id, and the HTTP
library's own lines, which carry addresses with their queries, are silenced below.
"""

import logging
import random
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3.exceptions
from fhirpy import SyncFHIRClient
from requests.structures import CaseInsensitiveDict
from requests.utils import requote_uri

from dashboard.errors import NotPermitted, OperatorError, ServerSlow, ServerUnavailable, UnexpectedAnswer
from dashboard.fhir.client import connection
from dashboard.fhir.client.addresses import Addresses, has_absolute_reference
from dashboard.fhir.client.answers import Answer, error_of, json_of
from dashboard.fhir.client.connection import NoAnswer, TooLarge, failure_of, open_session, read_body
from dashboard.fhir.client.json_text import parse, written

log = logging.getLogger("dashboard.fhir")

TRIES = 3
BACKOFF = 0.2  # seconds; doubled at every try, and a random part of it taken
LONGEST_PAUSE = 10.0  # seconds; a server that asks for a longer Retry-After is unavailable at once
NO_NEW_TRY_AFTER = 20.0  # seconds since the first try; a person is waiting
FRESH_AFTER_WRITE = 60.0  # seconds; HAPI FHIR answers a repeated search from a cache of this age

Params = Sequence[tuple[str, str]]

_TYPE = re.compile(r"[A-Z][A-Za-z]+\Z")
_written: dict[str, float] = {}  # base URL -> when this process last wrote there, by whatever user
_BUSY = (429, 502, 503, 504)


class _OnlyErrors(logging.Filter):
    """Drops what is below ERROR: urllib3 logs addresses, and in their queries are patient ids and names."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR


for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.response"):
    logging.getLogger(_name).addFilter(_OnlyErrors())


# Why no answer came (`NoAnswer.trouble`) -> the code of the error.
_NO_ANSWER_CODES: Final = {
    "certificate": "server-certificate",
    "refused": "server-unreachable",
    "proxy": "server-proxy",
}


class FhirClient(SyncFHIRClient):  # type: ignore[misc]
    """One server and one user's credentials; safe to use from several threads.

    `token` is called for each request, from any thread, and gives the bearer token ("" for none). `timeout` is the
    seconds to connect and the seconds to wait for the next byte. `pool` is the number of connections that stay open.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: Callable[[], str] | None = None,
        timeout: tuple[float, float] = (3.0, 30.0),
        pool: int = 10,
    ) -> None:
        base = base_url.strip().rstrip("/")
        if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname or urlsplit(base).query:
            raise OperatorError("A FHIR address looks like https://server.example/fhir.")
        super().__init__(base)
        self._token = token
        self._timeout = timeout
        self._session = open_session(base, pool)
        self.addresses = Addresses((self.url,))
        """What the server calls its own records by; its CapabilityStatement may name another address."""
        self.answered = 0.0
        """When the server last answered a request of this client, in seconds of the monotonic clock."""

    def close(self) -> None:
        self._session.close()

    def _do_request(
        self,
        method: str,
        path: str,
        data: Any = None,
        params: Any = None,
        extra_headers: Mapping[str, str] | None = None,
        *,
        returning_status: bool = False,
    ) -> Any:
        """What all of fhirpy's methods go through, for reading only.

        Raises ValueError for a write: fhirpy sends no `If-Match`, so its `save` would overwrite what others saved.
        """
        if method.upper() != "GET":
            raise ValueError("a FHIR record is written by a transaction or put_new, not by fhirpy's own methods")
        answer = self.send("GET", path, params=_pairs(params), headers=extra_headers)
        if not answer.ok:
            raise error_of(answer, "GET", _type_of(path))
        value = self.json_of(answer)
        return (value, answer.status) if returning_status else value

    def json_of(self, answer: Answer) -> Any:
        """Returns what `answers.json_of` does, with absolute references to this server made relative."""
        value = json_of(answer)
        if has_absolute_reference(answer.body):
            self.addresses.make_relative(value)
        return value

    def as_sent(self, path: str, sent: Mapping[str, Any]) -> dict[str, Any] | None:
        """The record on the server if it has the content that was sent (but for meta and text), else None."""
        current: dict[str, Any] = self._do_request("get", path)
        return current if _content(current) == _content(parse(written(sent))) else None

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        form: Params | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
        fresh: bool = False,
        asks: bool = False,
    ) -> Answer:
        """One request to `path` below the base URL, repeated where the module's rules allow; any HTTP status is
        returned.

        `form` sends a search as POST; `repeatable` says that a write is guarded; `fresh` asks past the server's caches;
        `asks` says that a POST only reads (a batch of GETs).
        Raises ServerSlow where the answer took too long, ServerUnavailable when no answer came, UnexpectedAnswer for
        one that is too large.
        """
        searching = form is not None
        reading = method in ("GET", "HEAD") or searching or asks
        url = self._build_request_url(path, params)
        what, reference = _type_of(path), uuid.uuid4().hex[:12]
        if form is not None:
            body = urlencode(form, quote_via=quote, safe=":,/").encode()
        sent = self._headers(reference, reading, fresh, body is not None, searching) | dict(headers or {})
        started, doubtful = time.monotonic(), False
        if not reading:
            _written[self.url] = started
        for tried in range(1, TRIES + 1):
            try:
                answer = self._once(method, url, body, sent, what, reference)
                trouble, unsent, pause = "", answer.status == 429, _retry_after(answer)
            except NoAnswer as failure:
                answer, trouble, unsent, pause = None, failure.trouble, failure.unsent, None
            if answer is not None and answer.status not in _BUSY:
                return Answer(answer.status, answer.headers, answer.body, reference, doubtful)
            may_repeat = reading or unsent or repeatable
            doubtful = doubtful or not (reading or unsent)
            pause = random.uniform(0.5, 1.0) * BACKOFF * 2**tried if pause is None else pause  # noqa: S311
            late = time.monotonic() - started + pause > NO_NEW_TRY_AFTER
            if tried == TRIES or late or pause > LONGEST_PAUSE or not may_repeat or trouble == "certificate":
                break
            log.warning("%s %s repeated in %d ms, ref %s", method, what, pause * 1000, reference)
            time.sleep(pause)
        if answer is not None and not doubtful:
            return Answer(answer.status, answer.headers, answer.body, reference)
        if trouble == "time-out" and reading:
            raise ServerSlow("server-timeout", reference=reference)
        code = "save-uncertain" if doubtful else _NO_ANSWER_CODES.get(trouble, "server-timeout")
        raise ServerUnavailable(code, reference=reference)

    def _once(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], what: str, reference: str
    ) -> Answer:
        """One try. Raises NoAnswer, outside any except clause: the library's own errors carry the address with
        its query.
        """
        started, failure, answer = time.monotonic(), None, None
        try:
            session, request = self._session, self._prepared(method, url, body, headers)
            response = session.get_adapter(url).send(
                request, True, self._timeout, session.verify, session.cert, session.proxies
            )
            content = read_body(response, self._timeout[1] * connection.BODY_TIMES)
            answer = Answer(response.status_code, response.headers, content, reference)
            self.answered = time.monotonic()
        except TooLarge:
            failure = NoAnswer("too large")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            failure = failure_of(error)
        status = answer.status if answer else failure.trouble if failure else ""
        log.info("%s %s %s %d ms, ref %s", method, what, status, (time.monotonic() - started) * 1000, reference)
        if failure is not None and failure.trouble == "too large":
            raise UnexpectedAnswer("answer-too-large", reference=reference)
        if failure is not None:
            raise failure
        assert answer is not None
        return answer

    def _prepared(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """The request as `Session.request` would send it. That one checks for cookies, hooks, netrc and redirects
        each time, none of which there are here: a fifth of what a request costs.
        """
        if not url.isascii():
            return self._session.prepare_request(requests.Request(method, url, dict(headers), data=body))
        request = requests.PreparedRequest()
        request.method, request.url, request.body = method, requote_uri(url), body
        request.headers = CaseInsensitiveDict({**self._session.headers, **headers})
        if body is not None or method in ("POST", "PUT", "PATCH"):
            request.headers["Content-Length"] = str(len(body or b""))
        return request

    def _headers(self, reference: str, reading: bool, fresh: bool, has_body: bool, searching: bool) -> dict[str, str]:
        headers = {"Accept": "application/fhir+json", "X-Request-Id": reference}
        if reading and (fresh or time.monotonic() - _written.get(self.url, -FRESH_AFTER_WRITE) < FRESH_AFTER_WRITE):
            headers["Cache-Control"] = "no-cache"
        if has_body:
            headers["Content-Type"] = "application/x-www-form-urlencoded" if searching else "application/fhir+json"
        if not reading:
            headers["Prefer"] = "return=representation"
        token = self._token() if self._token else ""
        if token:
            if not token.isascii() or not token.isprintable() or " " in token:
                raise NotPermitted("server-sign-in-unusable")
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _build_request_url(self, path: str, params: Any) -> str:
        """The address below the base URL. fhirpy's own accepts any address that contains the base somewhere;
        this does not.
        """
        if urlsplit(path).scheme or path.startswith("//"):
            raise UnexpectedAnswer("address-outside-server")
        query = urlencode(_pairs(params), quote_via=quote, safe=":,/")
        below = path.lstrip("/")
        url = f"{self.url}/{below}" if below and not below.startswith("?") else f"{self.url}{below}"
        return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def _retry_after(answer: Answer) -> float | None:
    """Seconds that the server asks us to wait, from a number or a date; None where it says nothing usable."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _pairs(params: Any) -> list[tuple[str, str]]:
    items = params.items() if isinstance(params, Mapping) else params or ()
    return [(str(k), str(v)) for k, vs in items for v in (vs if isinstance(vs, list | tuple) else [vs])]


def _type_of(path: str) -> str:
    """The resource type in a path, for log lines and sentences; nothing else of a path may leave this module."""
    first = path.lstrip("/").split("?")[0].split("/")[0]
    if _TYPE.match(first) or first == "metadata":
        return first
    return "bundle" if not first else "-"


def _content(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in ("meta", "text")}
