"""Audit records on disk until the server has them: one small SQLite file, shared by the processes of one machine.

A committed record outlives the process that wrote it (write-ahead log, no fsync in the page's way: 0.03 ms); a
checkpoint beside the page makes it outlive a power cut. A damaged end of the log costs what was in the damage; a
damaged file is set aside, and what can be read of it is kept. Only this user of the machine may read it (0600).
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
"""How long one process waits for another's write; a write takes less than a millisecond."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, event BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS begun (id TEXT PRIMARY KEY, owner TEXT NOT NULL, event BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refused (id TEXT PRIMARY KEY, event BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record on its way: its place in the order, its id, the event as JSON."""

    seq: int
    id: str
    event: bytes


class Spool:
    """The file; every method may be called from any thread, and raises sqlite3.Error or OSError when the disk is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._new = True
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.owner = uuid.uuid4().hex
        self._alive = _hold(self._mark(self.owner))
        self._db = self._open()

    # what the pages do

    def append(self, ident: str, event: bytes) -> None:
        """Keeps a record. When this returns, killing the process does not lose it."""
        with self._lock:
            self._db.execute("INSERT INTO waiting (id, event) VALUES (?, ?)", (ident, event))
            self._new = True

    def begin(self, ident: str, event: bytes) -> None:
        """Keeps what is about to be done, as it is to be told if nobody can say how it ended."""
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO begun VALUES (?, ?, ?)", (ident, self.owner, event))
            self._new = True

    def finish(self, ident: str, event: bytes) -> None:
        """Puts the end of what was begun in its place, and into the order."""
        with self._lock, self._transaction():
            self._db.execute("DELETE FROM begun WHERE id = ?", (ident,))
            self._db.execute("INSERT INTO waiting (id, event) VALUES (?, ?)", (ident, event))
            self._new = True

    # what the sender does

    def next(self, most: int) -> list[Waiting]:
        """The oldest records, in order."""
        with self._lock:
            rows = self._db.execute("SELECT seq, id, event FROM waiting ORDER BY seq LIMIT ?", (most,)).fetchall()
        return [Waiting(*row) for row in rows]

    def sent(self, record: Waiting) -> None:
        """Forgets a record that the server has."""
        with self._lock:
            self._db.execute("DELETE FROM waiting WHERE seq = ?", (record.seq,))

    def refuse(self, record: Waiting) -> None:
        """Puts a record aside that the server will not take, so that the others go on; it is kept."""
        with self._lock, self._transaction():
            self._db.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", (record.id, record.event))
            self._db.execute("DELETE FROM waiting WHERE seq = ?", (record.seq,))

    def adopt(self) -> int:
        """Puts into the order what processes had begun that are gone; how many."""
        with self._lock:
            owners = self._db.execute("SELECT DISTINCT owner FROM begun WHERE owner <> ?", (self.owner,)).fetchall()
        adopted = 0
        for (owner,) in owners:
            mark = self._mark(str(owner))
            held = _hold(mark)
            if held is None:
                continue  # it lives
            with held, self._lock, self._transaction():
                self._db.execute(
                    "INSERT INTO waiting (id, event) SELECT id, event FROM begun WHERE owner = ?", (owner,)
                )
                adopted += self._db.execute("DELETE FROM begun WHERE owner = ?", (owner,)).rowcount
            mark.unlink(missing_ok=True)
        return adopted

    def counts(self) -> tuple[int, int]:
        """Records waiting, and records put aside."""
        with self._lock:
            # Sent in order, so there are no gaps; counting would read every record.
            waiting = self._db.execute("SELECT coalesce(max(seq) - min(seq) + 1, 0) FROM waiting").fetchone()[0]
            refused = self._db.execute("SELECT count(*) FROM refused").fetchone()[0]
        return int(waiting), int(refused)

    def checkpoint(self) -> None:
        """Brings what was committed safely to the disk; takes as long as the disk does, so not in a page's way."""
        if not self._new:
            return
        self._new = False
        # A connection of its own: the pages go on writing meanwhile.
        with closing(_connect(self.path)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        with self._lock:
            self._db.close()
        if self._alive is not None:
            self._alive.close()
        self._mark(self.owner).unlink(missing_ok=True)

    # the file

    def _mark(self, owner: str) -> Path:
        """A file that its process holds locked as long as it lives; the kernel lets go of it however it ends."""
        return self.path.with_name(f"process-{owner}.lock")

    def _open(self) -> sqlite3.Connection:
        try:
            return self._tables(check=True)
        except sqlite3.DatabaseError as problem:
            if isinstance(problem, sqlite3.OperationalError) and "locked" in str(problem):
                raise
            return self._mend()

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

    def _mend(self) -> sqlite3.Connection:
        """Sets the damaged file aside and begins a new one with what can be read of it."""
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
        log.error("the audit spool was damaged and is set aside; %d records of it are kept", saved)
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
    """A connection in WAL mode; the file and those that SQLite lays beside it are only ours to read."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    # NORMAL: a commit waits for no disk. The checkpoint, which does, is made beside the pages.
    for setting in ("synchronous=NORMAL", "wal_autocheckpoint=0", "secure_delete=ON"):
        db.execute(f"PRAGMA {setting}")
    return db


def _hold(mark: Path) -> IO[bytes] | None:
    """The file, open and locked; None where another process holds it."""
    descriptor = os.open(mark, os.O_CREAT | os.O_RDWR, 0o600)
    held = os.fdopen(descriptor, "r+b")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        return None
    return held


def _readable(damaged: Path, table: str) -> Iterator[tuple[str, bytes]]:
    """What can be read of a damaged table: from its beginning, and what more there is from its end."""
    seen: set[str] = set()
    for order in ("", " DESC"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(damaged)) as db:
            found: list[tuple[str, bytes]] = []
            with suppress(sqlite3.Error):
                for ident, event in db.execute(f"SELECT id, event FROM {table} ORDER BY rowid{order}"):  # noqa: S608
                    found.append((ident, event))
            for ident, event in reversed(found) if order else found:
                if isinstance(ident, str) and isinstance(event, bytes) and ident not in seen:
                    seen.add(ident)
                    yield ident, event
