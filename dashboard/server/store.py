"""sekmet's SQLite store with a layout and connections that bear a pilot's size.

What differs from `sekmet.fhir.store.Store`, and why (measured with 10,000 patients, 600,000 resources):

* Readers have a connection each (WAL): sekmet has one for all, behind one lock, so thirty people queue.
* The search index is clustered by resource, with three partial indexes (tokens, references, dates): each row is in one
  of them. sekmet has seven, each with every row, and loading is bound by these.
* A resource is serialised once with orjson and kept as text that searches pass on without parsing.
* Tables for sekmet's console (traffic, notifications, runs) are left out: nothing writes them here.

Durability: WAL with synchronous FULL, so what was answered is on disk, whatever dies next.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sekmet.fhir.common import ID_RE, FhirError, instant, new_id
from sekmet.fhir.store import Store, WriteEvent

from dashboard.server.search_parameters import TABLE, index_rows

APPLICATION_ID = 0xC3C1  # tells our database from any other SQLite file
LAYOUT = 2  # raise when the index's part of SCHEMA changes: it is then built anew from the resources

# `resources` has its JSON last: SQLite reads a row from the left and stops at the last column that is asked for.
SCHEMA = f"""
PRAGMA application_id={APPLICATION_ID};
PRAGMA user_version={LAYOUT};
CREATE TABLE IF NOT EXISTS resources (
  type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, last_updated TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0, seq INTEGER, origin TEXT, json TEXT, PRIMARY KEY (type, id));
CREATE INDEX IF NOT EXISTS resources_in_order ON resources(type, seq) WHERE deleted=0;
CREATE INDEX IF NOT EXISTS resources_updated ON resources(type, last_updated);
CREATE TABLE IF NOT EXISTS versions (
  type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, last_updated TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0, method TEXT, seq INTEGER, json TEXT, PRIMARY KEY (type, id, version));
CREATE INDEX IF NOT EXISTS versions_seq ON versions(seq);
CREATE INDEX IF NOT EXISTS versions_type ON versions(type, seq);
CREATE TABLE IF NOT EXISTS idx (
  type TEXT NOT NULL, id TEXT NOT NULL, param TEXT NOT NULL, n INTEGER NOT NULL,
  s TEXT, sys TEXT, code TEXT, rtype TEXT, rid TEXT, lo REAL, hi REAL, num REAL,
  PRIMARY KEY (type, id, param, n)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idx_token ON idx(type, param, code, sys) WHERE code IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_reference ON idx(rid, rtype, type, param) WHERE rid IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_span ON idx(type, param, lo, hi) WHERE lo IS NOT NULL;
CREATE TABLE IF NOT EXISTS kv (k TEXT PRIMARY KEY, v TEXT);
"""

PRAGMAS = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
PRAGMA temp_store=MEMORY;
PRAGMA mmap_size=17179869184;
PRAGMA wal_autocheckpoint=8000;
"""
# mmap: one copy in the operating system's cache for all connections, instead of a cache for each of 40 threads.
# wal_autocheckpoint: 32 MB; at SQLite's 4 MB a bulk load spends a third of its time copying pages back.
REINDEXED_AT_ONCE = 5000  # resources a transaction
WRITER_CACHE_KIB = 131072  # random inserts into the index stay in memory during a bulk load


class WrongDatabase(Exception):
    """The file is not a database of this server, or not one that it can read; the text is a sentence."""


class ServerStore(Store):  # type: ignore[misc]  # sekmet has no types
    """A `Store` on a file; see the module's text for what differs."""

    def __init__(self, path: str) -> None:
        # not super().__init__, which would create sekmet's layout
        self.path = path
        self.lock = threading.RLock()
        self._depth = 0
        self._pending: list[WriteEvent] = []
        self.listeners: list[Callable[[WriteEvent], None]] = []
        self._writer = 0  # the thread inside a transaction; it reads its own uncommitted rows
        self._local = threading.local()
        try:
            self.conn = self._connect()
            self._check_file()
            self._drop_index_of_another_layout()
            self.conn.executescript(SCHEMA + f"PRAGMA cache_size=-{WRITER_CACHE_KIB};")
            self._seq: int = self.conn.execute("SELECT COALESCE(MAX(seq),0) FROM versions").fetchone()[0]
            self._reindex_when_parameters_changed()
        except sqlite3.DatabaseError as error:
            raise WrongDatabase(
                f"The database {path} cannot be used ({error}); move it away to start with an empty one."
            ) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=30)
        connection.row_factory = sqlite3.Row
        connection.executescript(PRAGMAS)
        return connection

    def _check_file(self) -> None:
        tables = self.conn.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if tables and self.conn.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise WrongDatabase(
                f"{self.path} is a database of another program; move it away to start with an empty one."
            )

    def _drop_index_of_another_layout(self) -> None:
        if self.conn.execute("PRAGMA user_version").fetchone()[0] in (0, LAYOUT):  # 0: empty
            return
        with self.transaction():
            self.conn.execute("DROP TABLE idx")
            self.conn.execute("DELETE FROM kv WHERE k='search-parameters'")
            for row in self._all("SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL"):
                self.conn.execute(f"DROP INDEX {row[0]}")

    def _reindex_when_parameters_changed(self) -> None:
        """Rows indexed by another table of parameters would be missing from searches without a word."""
        table = TABLE.read_text("utf-8")
        if self.kv_get("search-parameters") == table:
            return
        self.reindex_all()
        self.kv_set("search-parameters", table)

    def reindex_all(self) -> int:
        """Build the index anew; how many resources there are. In parts: sekmet's own holds all in memory and one
        transaction. Interrupted, it starts again at the next start."""
        with self.transaction():
            self.conn.execute("DELETE FROM idx")
        count, last = 0, 0
        part = "SELECT rowid, deleted, json FROM resources WHERE rowid>? ORDER BY rowid LIMIT ?"
        while rows := self._all(part, (last, REINDEXED_AT_ONCE)):
            with self.transaction():
                for row in rows:
                    if not row["deleted"]:
                        self._reindex(orjson.loads(row["json"]), is_new=True)
                        count += 1
            last = rows[-1]["rowid"]
        return count

    def close(self) -> None:
        """Write the log back into the database file."""
        self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.conn.close()

    # ---------------- reads, each thread on its own connection ----------------

    def _reader(self) -> sqlite3.Connection:
        if self._writer == threading.get_ident():
            return self.conn
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        return connection

    def _one(self, sql: str, args: Iterable[Any] = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._reader().execute(sql, tuple(args)).fetchone()
        return row

    def _all(self, sql: str, args: Iterable[Any] = ()) -> list[sqlite3.Row]:
        return self._reader().execute(sql, tuple(args)).fetchall()

    def query(self, sql: str, args: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a statement."""
        return self._all(sql, args)

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """All reads inside see one state of the database, numbered by its last write."""
        connection = self._reader()
        is_own = not connection.in_transaction
        if is_own:
            connection.execute("BEGIN")
        try:
            last = connection.execute("SELECT seq FROM versions ORDER BY seq DESC LIMIT 1").fetchone()
            yield last[0] if last else 0
        finally:
            if is_own:
                connection.execute("COMMIT")

    def texts(self, rtype: str, ids: list[str]) -> dict[str, str]:
        """{id: JSON text} of the given resources of a type that are not deleted."""
        sql = "SELECT id, json FROM resources WHERE type=? AND deleted=0 AND id IN (SELECT value FROM json_each(?))"
        return {row[0]: row[1] for row in self._all(sql, (rtype, json.dumps(ids)))}

    def load_many(self, keys: list[tuple[str, str]]) -> list[dict[str, Any]]:
        """The resources of (type, id) keys, in their order; sekmet asks for them one by one."""
        by_type: dict[str, list[str]] = {}
        for rtype, rid in keys:
            by_type.setdefault(rtype, []).append(rid)
        found = {rtype: self.texts(rtype, ids) for rtype, ids in by_type.items()}
        return [orjson.loads(found[t][i]) for t, i in keys if i in found[t]]

    def history(
        self,
        rtype: str | None = None,
        rid: str | None = None,
        since: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[int, list[sqlite3.Row]]:
        """(how many, the page of) versions, newest first."""
        wanted = {"type=?": rtype, "id=?": rid, "last_updated>=?": since}
        args = [value for value in wanted.values() if value]
        where = " AND ".join(["1", *(column for column, value in wanted.items() if value)])
        count = self._one(f"SELECT COUNT(*) FROM versions WHERE {where}", args)  # noqa: S608  # our own words
        page = f"SELECT * FROM versions WHERE {where} ORDER BY seq DESC LIMIT ? OFFSET ?"  # noqa: S608
        return count[0] if count else 0, self._all(page, [*args, limit, offset])

    # ---------------- writes, one at a time ----------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written or nothing is; other writers wait, readers see the state before."""
        with self.lock:
            outer, self._writer = self._writer, threading.get_ident()
            try:
                with super().transaction():
                    yield
                self._pending = []  # nobody listens
            finally:
                self._writer = outer

    def _write(
        self, resource: dict[str, Any], method: str, origin: str, extra: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        rtype, rid = resource["resourceType"], resource.get("id") or new_id()
        if not ID_RE.match(rid):
            raise FhirError(400, "Invalid resource id", "value")
        with self.transaction():
            old = self.conn.execute("SELECT version FROM resources WHERE type=? AND id=?", (rtype, rid)).fetchone()
            version, now = (old["version"] + 1 if old else 1), instant()
            meta = {**(resource.get("meta") or {}), "versionId": str(version), "lastUpdated": now}
            stored = {**resource, "id": rid, "meta": meta}
            try:
                text = orjson.dumps(stored).decode()
            except (TypeError, ValueError) as error:  # half a surrogate pair, a number beyond 64 bits
                raise FhirError(400, "The resource holds text or a number that JSON cannot carry", "value") from error
            self._seq += 1
            self.conn.execute(
                "INSERT OR REPLACE INTO resources(type,id,version,last_updated,deleted,seq,origin,json) "
                "VALUES (?,?,?,?,0,?,?,?)",
                (rtype, rid, version, now, self._seq, origin, text),
            )
            self.conn.execute(
                "INSERT INTO versions(type,id,version,last_updated,deleted,method,seq,json) VALUES (?,?,?,?,0,?,?,?)",
                (rtype, rid, version, now, method, self._seq, text),
            )
            self._reindex(stored, is_new=old is None)
        return stored

    def _reindex(self, res: dict[str, Any], is_new: bool = False) -> None:
        rtype, rid = res["resourceType"], res["id"]
        if not is_new:
            self.conn.execute("DELETE FROM idx WHERE type=? AND id=?", (rtype, rid))
        self.conn.executemany(
            "INSERT INTO idx(type,id,param,n,s,sys,code,rtype,rid,lo,hi,num) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            [(rtype, rid, row[0], n, *row[1:]) for n, row in enumerate(index_rows(res))],
        )
