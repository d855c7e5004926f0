"""The audit log: a record is kept on disk before anything is shown or done, and sent to the server beside the page.

log = AuditLog(folder, fhir)
log.record(record)                      # a read: kept when this returns
log.begin(record); ...; log.finish(record)   # a write: kept before it is done, with its end when it is known

Each event has its own id and is PUT under it: sent twice, the server holds it once. One process at a time sends, in the
order in which the records were kept; while the server is away they wait. A record that can be kept nowhere, neither on
disk nor on the server, raises AuditUnavailable: then nothing may be shown or done.
"""

import atexit
import fcntl
import hashlib
import logging
import os
import socket
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final, Protocol

import orjson

from dashboard.audit.spool import Spool, Waiting
from dashboard.domain.audit.record import AuditOutcome, AuditRecord, AuditStatus
from dashboard.errors import AuditUnavailable, DashboardError, Failure, NotPermitted, ServerRefused
from dashboard.fhir.mapping.audit_event import audit_event, without_links

log = logging.getLogger(__name__)

EVERY: Final = 1.0
"""Seconds between two looks at what waits. Not sent at once: the page that made the record is being drawn just then."""
ADOPT_SECONDS: Final = 30.0
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
AT_ONCE: Final = 50
FLUSH_AT_EXIT: Final = 2.0
_DISK = (sqlite3.Error, OSError)


class Keeper(Protocol):
    """What is needed of the FHIR server."""

    base_url: str

    def put_new(self, resource: dict[str, Any]) -> None: ...


class AuditLog:
    """One server's records and the thread that sends them `every` so many seconds, a first `pause` after a failure.

    With `send=False` they are only kept.
    """

    def __init__(
        self,
        folder: Path,
        fhir: Keeper,
        *,
        host: str = "",
        send: bool = True,
        every: float = EVERY,
        pause: float = FIRST_PAUSE,
    ) -> None:
        self._fhir = fhir
        self._host = host or socket.gethostname()
        # One file a server: what is said of one must not be told to another.
        server = hashlib.sha256(fhir.base_url.encode()).hexdigest()[:12]
        self._folder = folder
        self._problem: Failure | None = None
        self._late: dict[str, AuditRecord] = {}
        self._wake, self._stop = threading.Event(), threading.Event()
        self._every, self._first_pause = every, pause
        self._turn: IO[bytes] | None = None
        self._turn_file = folder / f"sender-{server}.lock"
        try:
            self._spool = Spool(folder / f"audit-{server}.sqlite")
        except _DISK as problem:
            raise AuditUnavailable("audit-folder-unwritable", folder=str(folder)) from problem
        self._thread = threading.Thread(target=self._run, name="audit-sender", daemon=True)
        if send:
            self._thread.start()
            atexit.register(self.close, FLUSH_AT_EXIT)

    def record(self, record: AuditRecord) -> None:
        """Keeps the record; raises AuditUnavailable when it can be kept nowhere."""
        event = self._json(record)
        try:
            self._spool.append(record.id, event)
        except _DISK as problem:
            self._at_once(event, problem)

    def begin(self, record: AuditRecord) -> None:
        """Keeps what is about to be done, with an unknown outcome until `finish`. Raises AuditUnavailable."""
        event = self._json(replace(record, outcome=AuditOutcome.UNKNOWN))
        try:
            self._spool.begin(record.id, event)
        except _DISK as problem:
            self._at_once(event, problem)

    def finish(self, record: AuditRecord) -> None:
        """Keeps how it ended, under the same id. It is done already: what cannot be kept now is tried again."""
        try:
            self._spool.finish(record.id, self._json(record))
        except _DISK as problem:
            log.error("the end of a deed could not be kept yet: %s", type(problem).__name__)
            self._late[record.id] = record

    def status(self) -> AuditStatus:
        """How many records wait, and what is wrong."""
        try:
            waiting, refused = self._spool.counts()
        except _DISK:
            return AuditStatus(problem=Failure("audit-disk-unreadable"))
        return AuditStatus(waiting, refused, self._problem)

    def flush(self, seconds: float) -> bool:
        """Waits until the server has everything; whether it has."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.status().waiting == 0 and not self._late:
                return True
            self._wake.set()
            time.sleep(0.01)
        return self.status().waiting == 0

    def close(self, seconds: float = 0.0) -> None:
        """Ends the thread, after what it is sending; what is left is sent by the next start."""
        if self._stop.is_set():
            return
        if seconds and self._thread.is_alive() and not self._problem:
            self.flush(seconds)
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=max(seconds, 5.0))
        atexit.unregister(self.close)
        if self._turn is not None:
            self._turn.close()
        self._spool.close()

    # keeping

    def _json(self, record: AuditRecord) -> bytes:
        return orjson.dumps(audit_event(record, self._fhir.base_url, self._host))

    def _at_once(self, event: bytes, problem: Exception) -> None:
        """The disk does not take it: the server must, before anything is shown. So a full disk stops nobody's care."""
        self._problem = Failure("audit-disk-unwritable")
        log.error("the audit spool cannot be written: %s", type(problem).__name__)
        try:
            self._fhir.put_new(orjson.loads(event))
        except DashboardError as refused:
            raise AuditUnavailable("audit-not-recorded") from refused

    # sending

    def _run(self) -> None:
        pause, again, adopted = 0.0, float("-inf"), float("-inf")
        while not self._stop.is_set():
            self._wake.wait(self._every)
            self._wake.clear()
            try:
                self._settle()
                # While the server is away, a record more is no reason to ask it sooner.
                if time.monotonic() < again or not self._my_turn():
                    continue
                if time.monotonic() - adopted > ADOPT_SECONDS:
                    self._spool.adopt()
                    adopted = time.monotonic()
                pause = 0.0 if self._send() else min(max(pause * 2, self._first_pause), LONGEST_PAUSE)
            except _DISK as problem:
                log.error("the audit spool cannot be read or written: %s", type(problem).__name__)
                pause = self._first_pause
            except Exception as problem:  # a sender that dies leaves records behind: it never does
                log.error("defect in the audit sender: %s", type(problem).__name__)
                pause = LONGEST_PAUSE
            again = time.monotonic() + pause if pause else float("-inf")

    def _settle(self) -> None:
        """To the disk for good, and the ends of deeds that could not be kept when they came."""
        for ident, record in list(self._late.items()):
            self._spool.finish(ident, self._json(record))
            del self._late[ident]
        self._spool.checkpoint()

    def _my_turn(self) -> bool:
        """Whether this process is the one that sends, as long as it lives."""
        if self._turn is not None:
            return True
        held = os.fdopen(os.open(self._turn_file, os.O_CREAT | os.O_RDWR, 0o600), "r+b")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.close()
            return False
        self._turn = held
        return True

    def _send(self) -> bool:
        """Sends what waits, oldest first; False when the server is away and it must be tried later."""
        while not self._stop.is_set():
            batch = self._spool.next(AT_ONCE)
            if not batch:
                self._problem = None
                return True
            for record in batch:
                if self._stop.is_set():
                    return True
                if not self._deliver(record):
                    return False
        return True

    def _deliver(self, record: Waiting) -> bool:
        """Whether the others may go on: it is on the server, or kept aside because the server will never take it."""
        event = orjson.loads(record.event)
        try:
            try:
                self._fhir.put_new(event)
            except ServerRefused:
                # Some servers refuse a reference to what is not there: a guessed id is just what must be on record.
                self._fhir.put_new(without_links(event, self._fhir.base_url))
        except ServerRefused:
            self._spool.refuse(record)
            log.error("the FHIR server refused an audit record; it is kept aside")
            return True
        except NotPermitted:
            self._problem = Failure("audit-server-forbids")
            return False
        except DashboardError:
            self._problem = Failure("audit-server-away")
            return False
        self._spool.sent(record)
        return True
