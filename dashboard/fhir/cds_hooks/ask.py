"""Asks the CDS Hooks services of others that the settings name, at the same time, each within a time limit.

A service costs nothing but its own cards: what hangs, floods or redirects is let go, and while two of its calls hang no
third is made. Nothing of an answer reaches a log.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Final

import requests
import urllib3.exceptions
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from dashboard.domain.guidelines.foreign_card import ForeignAnswer, ForeignCard, ForeignService, Trouble
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.cds_hooks.read_cards import NotCards, Offered, read_cards, read_discovery
from dashboard.fhir.client.connection import open_session
from dashboard.fhir.client.credentials import read_private_key
from dashboard.fhir.client.json_text import written

HOOK: Final = "patient-view"
MOST_BYTES: Final = 512 * 1024
"""Of an answer; twenty cards as they are shown have 60 KiB."""
MOST_HANGING: Final = 2
REFRESH_SECONDS: Final = 600.0
"""How long a discovery is good: a service that is new there is asked after ten minutes."""
TOKEN_SECONDS: Final = 60
OK, UNAUTHORIZED, FORBIDDEN, PRECONDITION_FAILED = 200, 401, 403, 412

Prefetch = dict[str, Any]
Fetch = Callable[[frozenset[str]], tuple[Prefetch, tuple[str, ...]]]
"""From prefetch templates to what is sent for each of them, and the resource types of those that are left out."""
_log = logging.getLogger("dashboard.fhir")


class _Failed(Exception):
    """Why there are no cards."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class CdsServices:
    """The services of the settings; one object for a process, safe from several threads."""

    def __init__(
        self, services: Iterable[ForeignService], *, seconds: float, issuer: str = "", key: str = "", key_id: str = ""
    ) -> None:
        """Raises OperatorError for a key that cannot be used."""
        self.services = tuple(services)
        self._seconds = seconds
        self._signed = _Signer(issuer, key, key_id) if key else None
        self._hanging = {each.name: threading.Semaphore(MOST_HANGING) for each in self.services}
        self._sessions = {each.name: open_session(each.url, MOST_HANGING) for each in self.services}
        self._offered: dict[str, tuple[float, tuple[Offered, ...]]] = {}

    def ask(
        self, patient: Reference, user: Reference | None, fetch: Fetch, answered: Callable[[ForeignAnswer], None]
    ) -> tuple[ForeignAnswer, ...]:
        """Returns what each service says of a patient whose record was opened, in their order; `answered` is told each
        as it comes.
        """
        answers: dict[str, ForeignAnswer] = {}
        threads = [
            threading.Thread(target=self._ask_one, args=(each, patient, user, fetch, answers, answered), daemon=True)
            for each in self.services
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return tuple(answers[each.name] for each in self.services)

    def _ask_one(
        self,
        service: ForeignService,
        patient: Reference,
        user: Reference | None,
        fetch: Fetch,
        answers: dict[str, ForeignAnswer],
        answered: Callable[[ForeignAnswer], None],
    ) -> None:
        began = time.monotonic()
        answer = ForeignAnswer(service, trouble=Trouble.NOT_CARDS)
        try:
            answer = self._answer(service, patient, user, fetch)
        except _Failed as failed:
            answer = ForeignAnswer(service, trouble=failed.trouble)
        except Exception as defect:  # of ours, or of a library on what nobody has thought of
            _log.error("a CDS Hooks service could not be asked: %s", type(defect).__name__)
        finally:
            answers[service.name] = answer
            milliseconds = (time.monotonic() - began) * 1000
            _log.info("CDS Hooks %s: %s, %d ms", service.name, answer.trouble or "answered", milliseconds)
            answered(answer)

    def _answer(
        self, service: ForeignService, patient: Reference, user: Reference | None, fetch: Fetch
    ) -> ForeignAnswer:
        offered = self._discover(service)
        sent, unread = fetch(frozenset(template for each in offered for template in each.prefetch.values()))
        end = time.monotonic() + self._seconds
        cards: list[ForeignCard] = []
        left_out, trouble = 0, None
        for each in offered:
            body = written(_call(patient, user, {k: sent[v] for k, v in each.prefetch.items() if v in sent}))
            try:
                found, lost = read_cards(self._send(service, f"/{each.id}", end, body))
                cards, left_out = [*cards, *found], left_out + lost
            except NotCards:
                trouble = trouble or Trouble.NOT_CARDS
            except _Failed as failed:
                trouble = trouble or failed.trouble
        return ForeignAnswer(service, tuple(cards), trouble, left_out, unread)

    def _discover(self, service: ForeignService) -> tuple[Offered, ...]:
        kept = self._offered.get(service.name)
        if kept is not None and time.monotonic() - kept[0] < REFRESH_SECONDS:
            return kept[1]
        try:
            offered = read_discovery(self._send(service, "", time.monotonic() + self._seconds), HOOK)
        except NotCards:
            raise _Failed(Trouble.NOT_CARDS) from None
        self._offered[service.name] = (time.monotonic(), offered)
        return offered

    def _send(self, service: ForeignService, place: str, end: float, body: bytes | None = None) -> bytes:
        """The body of one answer, got in a thread that is left alone at the end of the time. Raises _Failed."""
        hanging, left = self._hanging[service.name], end - time.monotonic()
        if left <= 0 or not hanging.acquire(blocking=False):
            raise _Failed(Trouble.SLOW)
        got: list[bytes | Trouble] = []

        def get() -> None:
            try:
                got.append(self._exchange(service, f"{service.url}/cds-services{place}", end, body))
            except _Failed as failed:
                got.append(failed.trouble)
            finally:
                hanging.release()

        thread = threading.Thread(target=get, name=f"cds-{service.name}", daemon=True)
        thread.start()
        thread.join(left)
        answer = got[0] if got else Trouble.SLOW
        if isinstance(answer, Trouble):
            raise _Failed(answer)
        return answer

    def _exchange(self, service: ForeignService, url: str, end: float, body: bytes | None) -> bytes:
        """One request, which follows no redirect. Raises _Failed, outside any except clause: the library's own errors
        carry the address.
        """
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        headers |= {"Authorization": f"Bearer {self._signed(url)}"} if self._signed is not None else {}
        session, trouble = self._sessions[service.name], Trouble.AWAY
        try:
            request = session.prepare_request(
                requests.Request("GET" if body is None else "POST", url, headers, data=body)
            )
            left = max(0.1, end - time.monotonic())
            response = session.get_adapter(url).send(
                request, True, (left, left), session.verify, session.cert, session.proxies
            )
            with response:
                refused = _refusal(response)
                if refused is None:
                    return _read(response, end)
                trouble = refused
        except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
            trouble = Trouble.SLOW
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            trouble = Trouble.AWAY
        raise _Failed(trouble)


def _refusal(response: requests.Response) -> Trouble | None:
    """Why an answer is not read, by its status and headers."""
    status = response.status_code
    if status in (UNAUTHORIZED, FORBIDDEN):
        return Trouble.REFUSED
    if status == PRECONDITION_FAILED:
        return Trouble.UNFED
    if 300 <= status < 400:
        return Trouble.REDIRECTED
    if status != OK:
        return Trouble.FAILED
    # Not asked for; what is small here may be gigabytes when it is unpacked.
    return Trouble.NOT_CARDS if response.headers.get("Content-Encoding", "identity") != "identity" else None


def _read(response: requests.Response, end: float) -> bytes:
    """The body as it arrives. Raises _Failed for one that is too large or too slow."""
    parts, size = [], 0
    while part := response.raw.read1(64 * 1024, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise _Failed(Trouble.TOO_LARGE)
        if time.monotonic() > end:
            raise _Failed(Trouble.SLOW)
    return b"".join(parts)


def _call(patient: Reference, user: Reference | None, prefetch: Prefetch) -> dict[str, Any]:
    """The body of a call. Neither the address of our FHIR server nor a token for it: it gets what is in here."""
    context = {"patientId": patient.id, **({"userId": str(user)} if user is not None else {})}
    call: dict[str, Any] = {"hook": HOOK, "hookInstance": str(uuid.uuid4()), "context": context}
    return {**call, "prefetch": prefetch} if prefetch else call


class _Signer:
    """Signs a token for one address, used once: CDS Hooks 2.0, "Trusting CDS Clients"."""

    def __init__(self, issuer: str, key: str, key_id: str) -> None:
        self._issuer, self._key_id = issuer, key_id
        self._key: RSAKey | ECKey
        self._key, self._algorithm = read_private_key(key, "[cds] key_file")

    def __call__(self, url: str) -> str:
        now = int(time.time())
        claims = {"iss": self._issuer, "aud": url, "iat": now, "exp": now + TOKEN_SECONDS, "jti": uuid.uuid4().hex}
        header = {"alg": self._algorithm, "typ": "JWT", "kid": self._key_id}
        return jwt.encode(header, claims, self._key, algorithms=[self._algorithm])
