"""The SQLite file: its tables, its settings, and what is done with a file of an earlier version.

`resource` has one row a resource, deleted ones too, with its current version; `past_version` has the versions before
it; `search_value` has the values of the search parameters of what is not deleted.
"""

import contextlib
import logging
import sqlite3
from typing import Final

from dashboard.server.definitions import PARAMETERS_FINGERPRINT
from dashboard.server.index import IndexValue, index_values
from dashboard.server.json_text import decode

APPLICATION_ID: Final = 0xC3C1  # marks our database among all SQLite files
LAYOUT: Final = 3  # of the tables below, as PRAGMA user_version; 1 and 2 were sekmet-fhir's tables
SECONDS_TO_WAIT: Final = 30  # for another process that writes to the file, a backup for instance
WRITER_CACHE_KIB: Final = 131_072  # random inserts into the index stay in memory during a bulk load
REINDEXED_AT_ONCE: Final = 5000  # resources a transaction: what is not yet written stays small

_log = logging.getLogger("dashboard.server")

# A row's JSON comes last: SQLite reads a row from the left and stops at the last column that is asked for.
# `search_value` is clustered by resource, so that a condition is tried on a resource by reading its few rows, which lie
# together. Each row is in one of the partial indexes: loading is bound by how many there are.
TABLES: Final = f"""
CREATE TABLE resource (
  key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, updated TEXT NOT NULL,
  method TEXT NOT NULL, deleted INTEGER NOT NULL, json TEXT);
CREATE UNIQUE INDEX resource_by_id ON resource(type, id);
CREATE INDEX resource_in_order ON resource(type) WHERE deleted = 0;
CREATE INDEX resource_by_update ON resource(type, updated);
CREATE TABLE past_version (
  key INTEGER NOT NULL, version INTEGER NOT NULL, updated TEXT NOT NULL, method TEXT NOT NULL, json TEXT,
  PRIMARY KEY (key, version));
CREATE VIEW any_version AS
  SELECT key, type, id, version, updated, method, json FROM resource
  UNION ALL
  SELECT p.key, r.type, r.id, p.version, p.updated, p.method, p.json
    FROM past_version p JOIN resource r ON r.key = p.key;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
PRAGMA application_id = {APPLICATION_ID};
"""
INDEX: Final = f"""
DROP TABLE IF EXISTS search_value;
CREATE TABLE search_value (
  key INTEGER NOT NULL, parameter INTEGER NOT NULL, n INTEGER NOT NULL,
  text TEXT, original TEXT, system TEXT, code TEXT, target_type TEXT, target_id TEXT,
  low REAL, high REAL, number REAL, PRIMARY KEY (key, parameter, n)) WITHOUT ROWID;
CREATE INDEX value_of_code ON search_value(parameter, code, system) WHERE code IS NOT NULL;
CREATE INDEX value_of_reference ON search_value(target_id, target_type, parameter) WHERE target_id IS NOT NULL;
CREATE INDEX value_of_date ON search_value(parameter, low, high) WHERE low IS NOT NULL;
CREATE INDEX value_of_text ON search_value(parameter, text) WHERE original IS NOT NULL;
PRAGMA user_version = {LAYOUT};
"""

# mmap: one copy in the operating system's cache for all connections, instead of a cache for each thread.
# wal_autocheckpoint: 32 MB; at SQLite's 4 MB a bulk load spends a third of its time copying pages back.
# synchronous FULL: each commit waits for the disk, so that what was answered is there after a loss of power too;
# NORMAL would be whole as well but might have lost the last answers.
SETTINGS: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 17179869184;
PRAGMA wal_autocheckpoint = 8000;
"""

INSERT_VALUE: Final = f"INSERT INTO search_value VALUES ({','.join('?' * (len(IndexValue._fields) + 2))})"

# sekmet-fhir's tables, which this server used until layout 2: `versions` has every version in order of `seq`.
_TAKE_OVER_LAYOUT_2: Final = """
INSERT INTO resource (type, id, version, updated, method, deleted, json)
  SELECT type, id, version, last_updated, COALESCE(method, 'PUT'), deleted, json FROM resources
    JOIN (SELECT type, id, version, method FROM versions) USING (type, id, version) ORDER BY seq;
INSERT INTO past_version
  SELECT r.key, v.version, v.last_updated, COALESCE(v.method, 'PUT'), v.json
    FROM versions v JOIN resource r ON r.type = v.type AND r.id = v.id WHERE v.version < r.version;
DROP TABLE resources; DROP TABLE versions; DROP TABLE idx; DROP TABLE IF EXISTS kv;
"""


class WrongDatabase(Exception):
    """The file is not a database of this server, or one that it cannot use; the text is a sentence."""


def connect(path: str) -> sqlite3.Connection:
    """A connection in autocommit mode with the settings above, for any thread."""
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=SECONDS_TO_WAIT)
    connection.executescript(SETTINGS)
    return connection


def open_database(path: str) -> sqlite3.Connection:
    """The connection that writes. Makes the tables in a new file, takes over those of an earlier version, and indexes
    anew when the search parameters have changed. Raises WrongDatabase.
    """
    with contextlib.ExitStack() as stack:
        try:
            connection = connect(path)
            stack.callback(connection.close)
            connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
            _prepare(connection, path)
        except sqlite3.DatabaseError as error:
            message = f"The database {path} cannot be used ({error}); move it away to start with an empty one."
            raise WrongDatabase(message) from error
        stack.pop_all()  # nothing went wrong: it stays open
    return connection


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    layout = connection.execute("PRAGMA user_version").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise WrongDatabase(f"{path} is a database of another program; move it away to start with an empty one.")
    if layout > LAYOUT:
        raise WrongDatabase(f"{path} was written by a later version of this server; choose another file.")
    if layout < LAYOUT:
        take_over = _TAKE_OVER_LAYOUT_2 if tables else ""
        if tables:
            _log.warning("The records in %s are taken over from an earlier version; this happens once.", path)
        connection.executescript(f"BEGIN IMMEDIATE; {TABLES} {take_over} {INDEX} COMMIT;")
    stored = connection.execute("SELECT value FROM setting WHERE name = 'search parameters'").fetchone()
    if stored is None or stored[0] != PARAMETERS_FINGERPRINT:
        _index_anew(connection)


def _index_anew(connection: sqlite3.Connection) -> None:
    """Indexes every resource; interrupted, it begins again at the next start."""
    connection.executescript(f"BEGIN IMMEDIATE; DELETE FROM setting; {INDEX} COMMIT;")
    last = 0
    query = "SELECT key, json FROM resource WHERE key > ? AND deleted = 0 ORDER BY key LIMIT ?"
    while rows := connection.execute(query, (last, REINDEXED_AT_ONCE)).fetchall():
        connection.execute("BEGIN IMMEDIATE")
        for key, text in rows:
            insert_values(connection, key, index_values(decode(text)))
        connection.execute("COMMIT")
        last = rows[-1][0]
    connection.execute("INSERT INTO setting VALUES ('search parameters', ?)", (PARAMETERS_FINGERPRINT,))


def insert_values(connection: sqlite3.Connection, key: int, values: list[IndexValue]) -> None:
    """Adds a resource's values to the index."""
    rows = [(key, value[0], n, *value[1:]) for n, value in enumerate(values)]
    connection.executemany(INSERT_VALUE, rows)
