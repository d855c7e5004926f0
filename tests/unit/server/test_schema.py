"""The database file: records of an earlier version are migrated, other files are refused, none is deleted."""

import json
import sqlite3
from pathlib import Path

import pytest

from dashboard.server import schema
from dashboard.server.definitions import find_parameter
from dashboard.server.search import Searches
from dashboard.server.store import Store

# The tables of sekmet-fhir, which layout 2 of this server used.
LAYOUT_2 = """
PRAGMA application_id=50113;
PRAGMA user_version=2;
CREATE TABLE resources (
  type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, last_updated TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0, seq INTEGER, origin TEXT, json TEXT, PRIMARY KEY (type, id));
CREATE TABLE versions (
  type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, last_updated TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0, method TEXT, seq INTEGER, json TEXT, PRIMARY KEY (type, id, version));
CREATE TABLE idx (type TEXT, id TEXT, param TEXT, n INTEGER);
CREATE TABLE kv (k TEXT PRIMARY KEY, v TEXT);
"""
# (id, version, deleted, method)
WRITTEN = [("a", 1, 0, "PUT"), ("b", 1, 0, "POST"), ("a", 2, 0, "PUT"), ("c", 1, 0, "PUT"), ("c", 2, 1, "DELETE")]


def text_of(id_: str, version: int) -> str:
    meta = {"versionId": str(version), "lastUpdated": f"2026-01-0{version}T00:00:00.000Z"}
    return json.dumps({"resourceType": "Patient", "id": id_, "meta": meta, "gender": ["male", "female"][version - 1]})


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """Makes a database of layout 2 with three patients, of which one was changed and one deleted."""
    path = tmp_path / "fhir.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(LAYOUT_2)
    for seq, (id_, version, deleted, method) in enumerate(WRITTEN, start=1):
        text = None if deleted else text_of(id_, version)
        row = ("Patient", id_, version, f"2026-01-0{version}T00:00:00.000Z", deleted)
        connection.execute("INSERT INTO versions VALUES (?,?,?,?,?,?,?,?)", (*row, method, seq, text))
        connection.execute("INSERT OR REPLACE INTO resources VALUES (?,?,?,?,?,?,'',?)", (*row, seq, text))
    connection.close()
    return path


def test_the_records_of_an_earlier_version_are_migrated(earlier: Path) -> None:
    for _ in range(2):  # at the second start the database has the current layout
        store = Store(str(earlier))
        page = Searches(store).find("Patient", [])
        assert [(row.id, row.version, row.json) for row in page.matches] == [
            ("b", 1, text_of("b", 1)),
            ("a", 2, text_of("a", 2)),
        ]
        assert [row.id for row in Searches(store).find("Patient", [("gender", "female")]).matches] == ["a"]
        total, versions = store.history("Patient", "", "", 10, 0)
        assert total == len(WRITTEN)
        assert {(v.id, v.version, v.method, v.json is None) for v in versions} == {
            (id_, version, method, bool(deleted)) for id_, version, deleted, method in WRITTEN
        }
        first = store.version("Patient", "a", 1)
        assert first and first.json == text_of("a", 1)
        deleted = store.current("Patient", "c")
        assert deleted and (deleted.version, deleted.json) == (2, None)
        store.close()


def test_an_interrupted_migration_changes_nothing(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = earlier.read_bytes()
    monkeypatch.setattr(schema, "INDEX", "SELECT nosuch;")
    with pytest.raises(schema.WrongDatabase):
        Store(str(earlier))
    monkeypatch.undo()
    assert sqlite3.connect(earlier).execute("SELECT COUNT(*) FROM versions").fetchone() == (len(WRITTEN),)
    assert len(earlier.read_bytes()) == len(before)
    test_the_records_of_an_earlier_version_are_migrated(earlier)


def test_changed_search_parameters_cause_a_new_index(tmp_path: Path) -> None:
    path = str(tmp_path / "fhir.sqlite")
    store = Store(path)
    with store.transaction():
        store.write({"resourceType": "Patient", "gender": "male"}, "p", "PUT")
        store.query("UPDATE setting SET value = 'of other parameters'")
        store.query("UPDATE search_value SET parameter = parameter + 1")
    assert Searches(store).find("Patient", [("gender", "male")]).total == 0
    store.close()
    store = Store(path)
    assert Searches(store).find("Patient", [("gender", "male")]).total == 1
    gender = find_parameter("Patient", "gender")
    assert gender
    assert store.query("SELECT COUNT(*) FROM search_value WHERE parameter = ?", (gender.number,)) == [(1,)]
    store.close()


def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "fhir.sqlite")
    store = Store(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA user_version = {schema.LAYOUT + 1}")
    connection.close()
    with pytest.raises(schema.WrongDatabase, match="written by a later version of this server"):
        Store(path)
    store.close()
