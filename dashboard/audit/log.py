"""The audit log: it stores a record on disk before anything is shown or done, and sends it to the server in a thread.

log = AuditLog(folder, fhir)
log.record(record)                           # a read: the record is stored when this returns
log.begin(record); ...; log.finish(record)   # a write: stored before it is done, and again with its outcome

Each event is PUT under an id of its own: sent twice, the server stores it once. One process at a time sends, in the
order in which the records were made; while the server does not answer, they wait. A record that neither the disk nor
the server takes raises AuditUnavailable: then nothing may be shown or done.
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
from typing import IO, Final

import orjson

from dashboard.audit.spool import Spool, SpooledEvent
from dashboard.domain.audit.record import AuditOutcome, AuditRecord, AuditStatus
from dashboard.errors import AuditUnavailable, DashboardError, Failure, NotPermitted, ServerRefused
from dashboard.fhir.mapping.audit_event import audit_event, without_links
from dashboard.fhir.port import FhirServer

log = logging.getLogger(__name__)

EVERY: Final = 1.0
"""Seconds between two rounds of sending. Sending at once would slow the page that is being drawn (10 ms, measured)."""
ADOPT_SECONDS: Final = 30.0
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
BATCH: Final = 50
FLUSH_AT_EXIT: Final = 2.0
_DISK = (sqlite3.Error, OSError)


class AuditLog:
    """The records for one server, and the thread that sends them.

    every: seconds between two rounds. pause: seconds until the first attempt after a failure; it doubles each time.
    send: False only stores.
    """

    def __init__(
        self,
        folder: Path,
        fhir: FhirServer,
        *,
        host: str = "",
        send: bool = True,
        every: float = EVERY,
        pause: float = FIRST_PAUSE,
    ) -> None:
        self._fhir = fhir
        self._host = host or socket.gethostname()
        # One file for each server: records about one server must not reach another.
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
        """Stores the record. Raises AuditUnavailable when neither the disk nor the server takes it."""
        event = self._json(record)
        try:
            self._spool.append(record.id, event)
        except _DISK as problem:
            self._send_now(event, problem)

    def begin(self, record: AuditRecord) -> None:
        """Stores what is about to be done, with an unknown outcome until `finish`. Raises AuditUnavailable."""
        event = self._json(replace(record, outcome=AuditOutcome.UNKNOWN))
        try:
            self._spool.begin(record.id, event)
        except _DISK as problem:
            self._send_now(event, problem)

    def finish(self, record: AuditRecord) -> None:
        """Stores the outcome under the same id. The change is made already: if the disk fails now, the thread
        tries again.
        """
        try:
            self._spool.finish(record.id, self._json(record))
        except _DISK as problem:
            log.error("the outcome of a change could not be stored yet: %s", type(problem).__name__)
            self._late[record.id] = record

    def status(self) -> AuditStatus:
        """Returns how many records wait, and the problem."""
        try:
            waiting, refused = self._spool.counts()
        except _DISK:
            return AuditStatus(problem=Failure("audit-disk-unreadable"))
        return AuditStatus(waiting, refused, self._problem)

    def flush(self, seconds: float) -> bool:
        """Waits up to `seconds` for the server to have every record; returns whether it has."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.status().waiting == 0 and not self._late:
                return True
            self._wake.set()
            time.sleep(0.01)
        return self.status().waiting == 0

    def close(self, seconds: float = 0.0) -> None:
        """Ends the thread after the record it is sending; the next start sends the rest."""
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

    # storing

    def _json(self, record: AuditRecord) -> bytes:
        return orjson.dumps(audit_event(record, self._fhir.base_url, self._host))

    def _send_now(self, event: bytes, problem: Exception) -> None:
        """Sends the event to the server because the disk does not take it. So a full disk alone stops nobody's care."""
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
                self._store_late_outcomes()
                # While the server does not answer, a new record is no reason to ask it sooner.
                if time.monotonic() < again or not self._my_turn():
                    continue
                if time.monotonic() - adopted > ADOPT_SECONDS:
                    self._spool.adopt()
                    adopted = time.monotonic()
                pause = 0.0 if self._send() else min(max(pause * 2, self._first_pause), LONGEST_PAUSE)
            except _DISK as problem:
                log.error("the audit spool cannot be read or written: %s", type(problem).__name__)
                pause = self._first_pause
            except Exception as problem:  # a thread that ended would leave records unsent
                log.error("defect in the audit sender: %s", type(problem).__name__)
                pause = LONGEST_PAUSE
            again = time.monotonic() + pause if pause else float("-inf")

    def _store_late_outcomes(self) -> None:
        """Stores outcomes that the disk did not take before, and writes committed records through to the disk."""
        for ident, record in list(self._late.items()):
            self._spool.finish(ident, self._json(record))
            del self._late[ident]
        self._spool.checkpoint()

    def _my_turn(self) -> bool:
        """Whether this process is the one that sends; it stays so until it ends."""
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
        """Sends the waiting records, oldest first. Returns False when the server does not take them now."""
        while not self._stop.is_set():
            batch = self._spool.next(BATCH)
            if not batch:
                self._problem = None
                return True
            for record in batch:
                if self._stop.is_set():
                    return True
                if not self._deliver(record):
                    return False
        return True

    def _deliver(self, record: SpooledEvent) -> bool:
        """Sends one record. Returns True when the next may follow: it is stored, or set aside because it was
        refused.
        """
        event = orjson.loads(record.event)
        try:
            try:
                self._fhir.put_new(event)
            except ServerRefused:
                # Some servers refuse a reference to a resource that does not exist; a guessed id must be on record
                # all the same.
                self._fhir.put_new(without_links(event, self._fhir.base_url))
        except ServerRefused:
            log.error("the FHIR server refused an audit record; it is set aside")
            self._spool.refuse(record)
            return True
        except NotPermitted:
            self._problem = Failure("audit-server-forbids")
            return False
        except DashboardError:
            self._problem = Failure("audit-server-away")
            return False
        self._spool.sent(record)
        return True
