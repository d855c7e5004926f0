"""Resources and all their versions in SQLite: one writer at a time, readers that never wait for it."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dashboard.server.index import index_values
from dashboard.server.json_text import encode
from dashboard.server.outcome import FhirError, Json
from dashboard.server.schema import connect, insert_values, open_database
from dashboard.server.values import ID, to_instant


class Version(NamedTuple):
    """One version of a resource; `json` is None where this version is its deletion."""

    key: int  # of the resource, the same in all its versions
    type: str
    id: str
    version: int
    updated: str  # an instant in UTC with milliseconds, so that the order of the text is the order of time
    method: str  # that wrote it: POST, PUT or DELETE
    json: str | None

    @property
    def etag(self) -> str:
        """https://hl7.org/fhir/R4/http.html#versioning."""
        return f'W/"{self.version}"'


_COLUMNS = ", ".join(Version._fields)


class Store:
    """A store on a file, which is made when missing. Raises schema.WrongDatabase."""

    def __init__(self, path: str) -> None:
        self.writes = 0  # counts the committed transactions; the same before and after means that nothing has changed
        self._lock = threading.RLock()
        self._writing_thread = 0  # the thread inside a transaction
        self._local = threading.local()
        self._path = path
        self._writer = open_database(path)
        newest = self._writer.execute("SELECT MAX(updated) FROM resource").fetchone()[0]
        self._now: str = newest or ""  # the instant of the transaction under way

    def close(self) -> None:
        """Writes SQLite's log back into the database file."""
        self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._writer.close()

    # --- reading, each thread on a connection of its own -------------------------------------------------------------

    @property
    def is_writing(self) -> bool:
        """Whether this thread is inside a transaction: it then reads what it has written itself."""
        return self._writing_thread == threading.get_ident()

    def _reader(self) -> sqlite3.Connection:
        if self.is_writing:
            return self._writer
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path)
            connection.execute("PRAGMA query_only = ON")
        return connection

    def query(self, sql: str, arguments: Iterable[Any] = ()) -> list[Any]:
        """All rows of a SELECT."""
        return self._reader().execute(sql, tuple(arguments)).fetchall()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is of one moment."""
        connection = self._reader()
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")

    def current(self, resource_type: str, id_: str) -> Version | None:
        """The current version, which may be the resource's deletion; None when it never was here."""
        rows = self.query(f"SELECT {_COLUMNS} FROM resource WHERE type = ? AND id = ?", (resource_type, id_))
        return Version._make(rows[0]) if rows else None

    def version(self, resource_type: str, id_: str, number: int) -> Version | None:
        """One version, current or past."""
        sql = f"SELECT {_COLUMNS} FROM any_version WHERE type = ? AND id = ? AND version = ?"
        rows = self.query(sql, (resource_type, id_, number))
        return Version._make(rows[0]) if rows else None

    def by_keys(self, keys: Iterable[int]) -> dict[int, Version]:
        """{key: current version} of those of the keys whose resource is not deleted."""
        sql = f"SELECT {_COLUMNS} FROM resource WHERE key IN (SELECT value FROM json_each(?)) AND deleted = 0"
        return {row[0]: Version._make(row) for row in self.query(sql, (encode(list(keys)).decode(),))}

    def history(self, resource_type: str, id_: str, since: str, count: int, offset: int) -> tuple[int, list[Version]]:
        """(how many versions there are, a page of them), newest first; "" for any type, id or time."""
        filters = {"type = ?": resource_type, "id = ?": id_, "updated >= ?": since}
        where = " AND ".join(["1", *(test for test, value in filters.items() if value)])
        arguments = [value for value in filters.values() if value]
        total = self.query(f"SELECT COUNT(*) FROM any_version WHERE {where}", arguments)[0][0]
        order = "ORDER BY updated DESC, key DESC, version DESC LIMIT ? OFFSET ?"
        page = self.query(f"SELECT {_COLUMNS} FROM any_version WHERE {where} {order}", [*arguments, count, offset])
        return total, [Version._make(row) for row in page]

    # --- writing, one transaction at a time --------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside becomes visible together, or nothing of it. Other writers wait; readers see what
        was before. A transaction inside another is a part of it.
        """
        with self._lock:
            if self.is_writing:
                yield
                return
            self._writer.execute("BEGIN IMMEDIATE")
            self._writing_thread = threading.get_ident()
            # Never earlier than what was written before, even if the clock is put back: whoever asks for all that has
            # changed since the newest lastUpdated they know must miss nothing.
            self._now = max(self._now, to_instant(datetime.now(UTC).timestamp()))
            try:
                yield
                self._writer.execute("COMMIT")
                self.writes += 1
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            finally:
                self._writing_thread = 0

    def write(self, resource: Json, id_: str, method: str) -> Version:
        """Stores the next version of a resource, inside a transaction. Raises FhirError 400."""
        resource_type = resource["resourceType"]
        if not ID.fullmatch(id_):
            raise FhirError(400, "The id may have 64 letters, digits, - and . at most", "value")
        before = self.current(resource_type, id_)
        number = before.version + 1 if before else 1
        meta = {**(resource.get("meta") or {}), "versionId": str(number), "lastUpdated": self._now}
        stored = {**resource, "id": id_, "meta": meta}
        text = encode(stored).decode()
        key = self._put(before, resource_type, id_, method, text)
        insert_values(self._writer, key, index_values(stored))
        return Version(key, resource_type, id_, number, self._now, method, text)

    def delete(self, before: Version) -> None:
        """Stores a deletion as the next version, inside a transaction."""
        self._put(before, before.type, before.id, "DELETE", None)

    def _put(self, before: Version | None, resource_type: str, id_: str, method: str, text: str | None) -> int:
        """Stores the row and clears the index of what was before; the key."""
        if before is None:
            insert = "INSERT INTO resource (type, id, version, updated, method, deleted, json) VALUES (?,?,1,?,?,0,?)"
            cursor = self._writer.execute(insert, (resource_type, id_, self._now, method, text))
            assert cursor.lastrowid is not None  # after an INSERT
            return cursor.lastrowid
        past = (before.key, before.version, before.updated, before.method, before.json)
        self._writer.execute("INSERT INTO past_version VALUES (?,?,?,?,?)", past)
        self._writer.execute(
            "UPDATE resource SET version = ?, updated = ?, method = ?, deleted = ?, json = ? WHERE key = ?",
            (before.version + 1, self._now, method, text is None, text, before.key),
        )
        self._writer.execute("DELETE FROM search_value WHERE key = ?", (before.key,))
        return before.key
