"""The audit spool: a small SQLite file that holds records until the server has them, shared by all processes of a
machine.

A committed record survives the process that wrote it (write-ahead log without fsync: 0.03 ms); a checkpoint in another
thread makes it survive a power cut. If the end of the log is damaged, only that part is lost; a damaged file is set
aside, and the rows that can be read are copied into a new one. Only the user who runs the dashboard may read it (mode
0600).
"""

import fcntl
import logging
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

log = logging.getLogger(__name__)

BUSY_SECONDS: Final = 2.0
"""Seconds that one process waits for another's write; a write takes less than a millisecond."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, event BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS begun (id TEXT PRIMARY KEY, owner TEXT NOT NULL, event BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refused (id TEXT PRIMARY KEY, event BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class SpooledEvent:
    """A record that waits to be sent: its place in the order, its id, the event as JSON."""

    seq: int
    id: str
    event: bytes


class Spool:
    """The file. Every method may be called from any thread, and raises sqlite3.Error or OSError when the disk fails."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._new = True
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.owner = uuid.uuid4().hex
        self._alive = _try_lock(self._lock_file(self.owner))
        try:
            self._db = self._open()
        except BaseException:
            if self._alive is not None:
                self._alive.close()
            raise

    # called by the pages

    def append(self, ident: str, event: bytes) -> None:
        """Stores a record. After this returns, killing the process does not lose it."""
        with self._lock:
            self._db.execute("INSERT INTO waiting (id, event) VALUES (?, ?)", (ident, event))
            self._new = True

    def begin(self, ident: str, event: bytes) -> None:
        """Stores what is about to be done, in the form that is sent if the outcome never becomes known."""
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO begun VALUES (?, ?, ?)", (ident, self.owner, event))
            self._new = True

    def finish(self, ident: str, event: bytes) -> None:
        """Replaces a begun record by one with its outcome, and queues it for sending."""
        with self._lock, self._transaction():
            self._db.execute("DELETE FROM begun WHERE id = ?", (ident,))
            self._db.execute("INSERT INTO waiting (id, event) VALUES (?, ?)", (ident, event))
            self._new = True

    # called by the sender

    def next(self, most: int) -> list[SpooledEvent]:
        """Returns the oldest waiting records, in order, `most` at the most."""
        with self._lock:
            rows = self._db.execute("SELECT seq, id, event FROM waiting ORDER BY seq LIMIT ?", (most,)).fetchall()
        return [SpooledEvent(*row) for row in rows]

    def sent(self, record: SpooledEvent) -> None:
        """Deletes a record that the server has stored."""
        with self._lock:
            self._db.execute("DELETE FROM waiting WHERE seq = ?", (record.seq,))

    def refuse(self, record: SpooledEvent) -> None:
        """Sets a record aside that the server refuses, so that the next can be sent."""
        with self._lock, self._transaction():
            self._db.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", (record.id, record.event))
            self._db.execute("DELETE FROM waiting WHERE seq = ?", (record.seq,))

    def adopt(self) -> int:
        """Queues the records that ended processes had begun; returns how many."""
        with self._lock:
            owners = self._db.execute("SELECT DISTINCT owner FROM begun WHERE owner <> ?", (self.owner,)).fetchall()
        adopted = 0
        for (owner,) in owners:
            mark = self._lock_file(str(owner))
            held = _try_lock(mark)
            if held is None:
                continue  # that process is still running
            with held, self._lock, self._transaction():
                self._db.execute(
                    "INSERT INTO waiting (id, event) SELECT id, event FROM begun WHERE owner = ?", (owner,)
                )
                adopted += self._db.execute("DELETE FROM begun WHERE owner = ?", (owner,)).rowcount
            mark.unlink(missing_ok=True)
        return adopted

    def counts(self) -> tuple[int, int]:
        """Returns the numbers of records waiting and set aside."""
        with self._lock:
            # Sent in order, so there are no gaps; counting would read every record.
            waiting = self._db.execute("SELECT coalesce(max(seq) - min(seq) + 1, 0) FROM waiting").fetchone()[0]
            refused = self._db.execute("SELECT count(*) FROM refused").fetchone()[0]
        return int(waiting), int(refused)

    def checkpoint(self) -> None:
        """Writes committed records through to the disk. It takes as long as the disk does, so no page calls it."""
        if not self._new:
            return
        self._new = False
        # It has a connection of its own, so that pages can write meanwhile.
        with closing(_connect(self.path)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        with self._lock:
            self._db.close()
        if self._alive is not None:
            self._alive.close()
        self._lock_file(self.owner).unlink(missing_ok=True)

    # the file

    def _lock_file(self, owner: str) -> Path:
        """The lock file that a process holds while it runs; the kernel releases the lock however the process ends."""
        return self.path.with_name(f"process-{owner}.lock")

    def _open(self) -> sqlite3.Connection:
        try:
            return self._tables(check=True)
        except sqlite3.DatabaseError as problem:
            if isinstance(problem, sqlite3.OperationalError) and "locked" in str(problem):
                raise
            return self._recover()

    def _tables(self, check: bool = False) -> sqlite3.Connection:
        db = _connect(self.path)
        try:
            if check and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("damaged")
            db.executescript(_TABLES)
        except BaseException:
            db.close()
            raise
        return db

    def _recover(self) -> sqlite3.Connection:
        """Sets the damaged file aside and starts a new one with the rows that can be read."""
        aside = self.path.with_name(f"{self.path.stem}-damaged-{uuid.uuid4().hex[:8]}.sqlite")
        for ending in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + ending)
            if part.exists():
                part.replace(aside.with_name(aside.name + ending))
        db = self._tables()
        saved = 0
        for table in ("waiting", "begun", "refused"):
            for ident, event in _readable(aside, table):
                target = "refused" if table == "refused" else "waiting"
                db.execute(f"INSERT OR REPLACE INTO {target} (id, event) VALUES (?, ?)", (ident, event))  # noqa: S608
                saved += 1
        log.error("the audit spool was damaged and is set aside; %d records were recovered", saved)
        return db

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    """Opens a connection in WAL mode; only this user may read the file and those that SQLite makes next to it."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    # NORMAL: a commit does not wait for the disk. The checkpoint does, and runs in the sender's thread.
    for setting in ("synchronous=NORMAL", "wal_autocheckpoint=0", "secure_delete=ON"):
        db.execute(f"PRAGMA {setting}")
    return db


def _try_lock(path: Path) -> IO[bytes] | None:
    """Opens and locks the file; returns None where another process holds the lock."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    held = os.fdopen(descriptor, "r+b")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        return None
    return held


def _readable(damaged: Path, table: str) -> Iterator[tuple[str, bytes]]:
    """Yields the readable rows of a damaged table, first from its beginning, then the others from its end."""
    yielded: set[str] = set()
    for order in ("", " DESC"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(damaged)) as db:
            rows: list[tuple[str, bytes]] = []
            with suppress(sqlite3.Error):
                for ident, event in db.execute(f"SELECT id, event FROM {table} ORDER BY rowid{order}"):  # noqa: S608
                    rows.append((ident, event))
            for ident, event in reversed(rows) if order else rows:
                if isinstance(ident, str) and isinstance(event, bytes) and ident not in yielded:
                    yielded.add(ident)
                    yield ident, event
