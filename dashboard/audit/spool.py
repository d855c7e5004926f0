"""The audit spool: a small SQLite file that holds records until the server has them, shared by all processes of a
machine.

A committed record survives the process that wrote it (write-ahead log without fsync: 0.03 ms); a checkpoint in another
thread makes it survive a power cut. If the end of the log is damaged, only that part is lost; a damaged file is set
aside, and the rows that can be read are copied into a new one. A file that somebody removes or replaces while it is
open still takes what is written, but nobody could find it again: this is noticed at every call, and all of its rows go
into the file that is at its place then. Only the user who runs the dashboard may read it (mode 0600).
"""

import functools
import logging
import sqlite3
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypeVar

from dashboard.audit.spool_file import (
    Rows,
    connect,
    gather,
    hold_lock,
    identity_of,
    in_one_transaction,
    is_damaged,
    size_of,
    try_lock,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_BYTES_IN_MEMORY: Final = 8 * 1024 * 1024
"""Of the last records of this process a copy stays in memory, for a file that is overwritten where it is."""
_PARTS: Final = ("", "-wal", "-shm")
"""Endings of the three files of a database: the rows, what was written last, and the index of that."""
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
        self.owner = uuid.uuid4().hex
        self._alive: IO[bytes] | None = None
        self._db: sqlite3.Connection | None = None
        self._checkpoints: sqlite3.Connection | None = None
        self._files: dict[str, tuple[int, int] | None] = {}
        self._size = 0
        self._rescued = Rows()
        self._last: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._begun: dict[str, bytes] = {}
        self._closed = False
        try:
            self._open_anew()
        except BaseException:
            self._close()
            raise

    # called by the pages

    def append(self, ident: str, event: bytes) -> None:
        """Stores a record. After this returns, killing the process does not lose it."""

        def insert(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO waiting (id, event) VALUES (?, ?)", (ident, event))
            self._remember(ident, event)

        self._do(insert)

    def begin(self, ident: str, event: bytes) -> None:
        """Stores what is about to be done, in the form that is sent if the outcome never becomes known."""

        def insert(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO begun VALUES (?, ?, ?)", (ident, self.owner, event))
            self._begun[ident] = event
            self._new = True

        self._do(insert)

    def finish(self, ident: str, event: bytes) -> None:
        """Replaces a begun record by one with its outcome, and queues it for sending."""

        def move(db: sqlite3.Connection) -> None:
            with in_one_transaction(db):
                db.execute("DELETE FROM begun WHERE id = ?", (ident,))
                db.execute("INSERT INTO waiting (id, event) VALUES (?, ?)", (ident, event))
            self._remember(ident, event)

        self._do(move)

    # called by the sender

    def next(self, most: int) -> list[SpooledEvent]:
        """Returns the oldest waiting records, in order, `most` at the most."""
        question = "SELECT seq, id, event FROM waiting ORDER BY seq LIMIT ?"
        return [SpooledEvent(*row) for row in self._do(lambda db: db.execute(question, (most,)).fetchall())]

    def sent(self, record: SpooledEvent) -> None:
        """Deletes a record that the server has stored."""

        def delete(db: sqlite3.Connection) -> None:
            # By its id too: after the file was replaced, another record may have its place in the order.
            db.execute("DELETE FROM waiting WHERE seq = ? AND id = ?", (record.seq, record.id))
            self._bytes -= len(self._last.pop(record.id, b""))

        self._do(delete)

    def refuse(self, record: SpooledEvent) -> None:
        """Sets a record aside that the server refuses, so that the next can be sent."""

        def move(db: sqlite3.Connection) -> None:
            with in_one_transaction(db):
                db.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", (record.id, record.event))
                db.execute("DELETE FROM waiting WHERE seq = ? AND id = ?", (record.seq, record.id))

        self._do(move)

    def adopt(self) -> int:
        """Queues the records that ended processes had begun; returns how many."""
        question = "SELECT DISTINCT owner FROM begun WHERE owner <> ?"
        owners = self._do(lambda db: db.execute(question, (self.owner,)).fetchall())
        adopted = 0
        for (owner,) in owners:
            mark = self._lock_file(str(owner))
            held = try_lock(mark)
            if held is None:
                continue  # that process is still running
            with held:
                adopted += self._do(functools.partial(_adopt, owner=str(owner)))
            mark.unlink(missing_ok=True)
        return adopted

    def counts(self) -> tuple[int, int]:
        """Returns the numbers of records waiting and set aside."""

        def count(db: sqlite3.Connection) -> tuple[int, int]:
            # Sent in order, so there are no gaps; counting would read every record.
            waiting = db.execute("SELECT coalesce(max(seq) - min(seq) + 1, 0) FROM waiting").fetchone()[0]
            refused = db.execute("SELECT count(*) FROM refused").fetchone()[0]
            return int(waiting), int(refused)

        return self._do(count)

    def checkpoint(self) -> None:
        """Writes committed records through to the disk. It takes as long as the disk does, so no page calls it."""
        self._do(lambda db: None)
        if not self._new:
            return
        self._new = False
        # A connection of its own, so that pages can write meanwhile; opened together with the other one, so that it
        # has the same file whatever is at the path now.
        if self._checkpoints is not None:
            with suppress(sqlite3.ProgrammingError):  # closed meanwhile, because the file was replaced
                self._checkpoints.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        with self._lock:
            try:
                if not self._closed and self._moved():
                    self._open_anew()
            finally:
                self._closed = True
                self._close()

    # the file

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does the work on the file that is at the path, and sees to it that the file is still there afterwards."""
        with self._lock:
            if self._closed:
                raise sqlite3.ProgrammingError("the spool is closed")
            if self._db is None or self._moved():
                self._open_anew()
            try:
                answer = work(self._connection())
            except sqlite3.Error as problem:
                if not (is_damaged(problem) or self._moved()):
                    raise
                self._open_anew()
                answer = work(self._connection())
            if self._moved():
                self._open_anew()  # it went while the work was done
            return answer

    def _remember(self, ident: str, event: bytes) -> None:
        self._new = True
        self._bytes += len(event) - len(self._last.pop(ident, b""))
        self._last[ident] = event
        while self._bytes > MOST_BYTES_IN_MEMORY:
            self._bytes -= len(self._last.popitem(last=False)[1])

    def _connection(self) -> sqlite3.Connection:
        assert self._db is not None
        return self._db

    def _moved(self) -> bool:
        """Whether another file, or none, is at the path of one that is open, or it was emptied where it is."""
        size = size_of(self.path)
        if self._files != self._files_at_path() or size < self._size:
            return True
        self._size = size
        return False

    def _files_at_path(self) -> dict[str, tuple[int, int] | None]:
        return {ending: identity_of(self._part(ending)) for ending in _PARTS}

    def _part(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def _lock_file(self, owner: str) -> Path:
        """The lock file that a process holds while it runs; the kernel releases the lock however the process ends."""
        return self.path.with_name(f"process-{owner}.lock")

    def _open_anew(self) -> None:
        """Opens the file at the path, and brings into it what the one held that was open before."""
        whole = False
        if self._db is not None:
            log.error("the audit spool was removed, replaced or damaged while open; its records are brought over")
            whole = gather(self._db, self._rescued)
            self._close_connections()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with hold_lock(self.path.with_name(f"{self.path.stem}-open.lock")):
            aside = self._set_remains_aside()
            self._open_connections()
            self._bring_over()
            for part in aside if whole else ():
                part.unlink(missing_ok=True)
        if self._alive is None or identity_of(self._lock_file(self.owner)) is None:
            if self._alive is not None:
                self._alive.close()
            self._alive = try_lock(self._lock_file(self.owner))

    def _set_remains_aside(self) -> list[Path]:
        """Moves away what is left of a file of which a part went: its log must not be taken for that of a new file."""
        aside = []
        name = f"{self.path.stem}-remains-{uuid.uuid4().hex[:8]}.sqlite"
        if self._moved():
            for ending, ours in self._files.items():
                if ours is not None and identity_of(self._part(ending)) == ours:
                    aside.append(self._part(ending).replace(self.path.with_name(name + ending)))
        return aside

    def _open_connections(self) -> None:
        for _ in range(3):
            self._db = self._open()
            found = self._files_at_path()
            self._checkpoints = connect(self.path)
            self._files, self._size = self._files_at_path(), size_of(self.path)
            if self._files == found:
                return
            self._close_connections()
        raise OSError("the audit spool is replaced all the time")

    def _bring_over(self) -> None:
        """Stores the rows of the file before that the new one does not have; twice does no harm, since each is sent
        under an id of its own.
        """
        rescued, db = self._rescued, self._connection()
        rescued.waiting |= {ident: event for ident, event in self._last.items() if ident not in rescued.waiting}
        rescued.begun |= {ident: (self.owner, event) for ident, event in self._begun.items()}
        if rescued == Rows():
            return
        with in_one_transaction(db):
            there = {ident for (ident,) in db.execute("SELECT id FROM waiting UNION SELECT id FROM refused")}
            rows = [(ident, event) for ident, event in rescued.waiting.items() if ident not in there]
            db.executemany("INSERT INTO waiting (id, event) VALUES (?, ?)", rows)
            refused = [(ident, event) for ident, event in rescued.refused.items() if ident not in there]
            db.executemany("INSERT INTO refused VALUES (?, ?)", refused)
            # Of what this process has begun its own rows are the newest.
            db.execute("DELETE FROM begun WHERE owner = ?", (self.owner,))
            begun = [(ident, owner, event) for ident, (owner, event) in rescued.begun.items() if ident not in there]
            db.executemany("INSERT OR IGNORE INTO begun VALUES (?, ?, ?)", begun)
        self._rescued = Rows()
        self._new = True

    def _close(self) -> None:
        self._close_connections()
        if self._alive is not None:
            self._alive.close()
        self._lock_file(self.owner).unlink(missing_ok=True)

    def _close_connections(self) -> None:
        for db in (self._checkpoints, self._db):
            if db is not None:
                db.close()
        self._db = self._checkpoints = None

    def _open(self) -> sqlite3.Connection:
        try:
            return self._tables(check=True)
        except sqlite3.DatabaseError as problem:
            if isinstance(problem, sqlite3.OperationalError) and "locked" in str(problem):
                raise
            return self._recover()

    def _tables(self, check: bool = False) -> sqlite3.Connection:
        db = connect(self.path)
        try:
            if check and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("damaged")
            db.executescript(_TABLES)
        except BaseException:
            db.close()
            raise
        return db

    def _recover(self) -> sqlite3.Connection:
        """Sets the damaged file aside and starts a new one; the rows that can be read are brought over."""
        aside = self.path.with_name(f"{self.path.stem}-damaged-{uuid.uuid4().hex[:8]}.sqlite")
        for ending in _PARTS:
            if self._part(ending).exists():
                self._part(ending).replace(aside.with_name(aside.name + ending))
        with suppress(sqlite3.Error), closing(sqlite3.connect(aside)) as damaged:
            gather(damaged, self._rescued)
        count = len(self._rescued.waiting) + len(self._rescued.begun) + len(self._rescued.refused)
        log.error("the audit spool was damaged and is set aside; %d records were recovered", count)
        return self._tables()


def _adopt(db: sqlite3.Connection, owner: str) -> int:
    with in_one_transaction(db):
        db.execute("INSERT INTO waiting (id, event) SELECT id, event FROM begun WHERE owner = ?", (owner,))
        return db.execute("DELETE FROM begun WHERE owner = ?", (owner,)).rowcount
