"""The SQLite file of the audit spool: how it is opened and locked, which file it is, and every row that can be read."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

BUSY_SECONDS: Final = 2.0
"""Seconds that one process waits for another's write; a write takes less than a millisecond."""


@dataclass(slots=True)
class Rows:
    """Every row of a file: what waits and what was refused, by id; what was begun, with its owner."""

    waiting: dict[str, bytes] = field(default_factory=dict)
    begun: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    refused: dict[str, bytes] = field(default_factory=dict)


@contextmanager
def in_one_transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def connect(path: Path) -> sqlite3.Connection:
    """Opens a connection in WAL mode; only this user may read the file and those that SQLite makes next to it."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        # NORMAL: a commit does not wait for the disk. The checkpoint does, and runs in the sender's thread.
        for setting in ("synchronous=NORMAL", "wal_autocheckpoint=0", "secure_delete=ON"):
            db.execute(f"PRAGMA {setting}")
    except BaseException:
        db.close()
        raise
    return db


def identity_of(path: Path) -> tuple[int, int] | None:
    """Device and inode: which file is at the path now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def is_damaged(problem: sqlite3.Error) -> bool:
    """Whether SQLite says that the file is no longer the one it was, and not that the disk is full or busy."""
    name = getattr(problem, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "no such table" in str(problem)


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Waits until no other process opens the file; that takes milliseconds."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def try_lock(path: Path) -> IO[bytes] | None:
    """Opens and locks the file; returns None where another process holds the lock."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    held = os.fdopen(descriptor, "r+b")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        return None
    return held


def gather(db: sqlite3.Connection, into: Rows) -> bool:
    """Adds every row that can be read; returns whether those are all."""
    waiting, all_waiting = _readable(db, "waiting", "id, event")
    refused, all_refused = _readable(db, "refused", "id, event")
    begun, all_begun = _readable(db, "begun", "id, owner, event")
    into.waiting |= {ident: event for ident, event in waiting if ident not in into.waiting}
    into.refused |= {ident: event for ident, event in refused if ident not in into.refused}
    into.begun |= {ident: (owner, event) for ident, owner, event in begun if ident not in into.begun}
    return all_waiting and all_refused and all_begun


def _readable(db: sqlite3.Connection, table: str, columns: str) -> tuple[list[tuple[Any, ...]], bool]:
    """Returns the rows in their order, and whether those are all: of a damaged table the rows before the damage, and
    those after it, read from the end.
    """
    found: list[list[tuple[Any, ...]]] = [[], []]
    for rows, order in zip(found, ("", " DESC"), strict=True):
        try:
            for row in db.execute(f"SELECT {columns} FROM {table} ORDER BY rowid{order}"):  # noqa: S608
                if all(isinstance(text, str) for text in row[:-1]) and isinstance(row[-1], bytes):
                    rows.append(row)
            return (rows, True) if not order else ([*found[0], *reversed(rows)], False)
        except sqlite3.Error:
            continue
    return [*found[0], *reversed(found[1])], False
