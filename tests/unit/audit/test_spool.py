"""The spool's file is removed, replaced or overwritten while it is open: no record is lost, whoever wrote it."""

import itertools
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dashboard.audit import spool as audit_spool
from dashboard.audit.spool import Spool

EVENT = b'{"resourceType":"AuditEvent"}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit" / "audit.sqlite"


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Spool]]:
    made: list[Spool] = []

    def new(path: Path) -> Spool:
        made.append(Spool(path))
        return made[-1]

    yield new
    for spool in made:
        spool.close()


def parts(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm")]


def removed(path: Path) -> None:
    path.unlink()


def all_removed(path: Path) -> None:
    for part in parts(path):
        part.unlink()


def folder_removed(path: Path) -> None:
    shutil.rmtree(path.parent)


def renamed(path: Path) -> None:
    path.rename(path.with_name("moved.sqlite"))


def log_removed(path: Path) -> None:
    parts(path)[1].unlink()


def index_removed(path: Path) -> None:
    parts(path)[2].unlink()


def replaced_by_nothing(path: Path) -> None:
    new = path.with_name("new")
    new.touch()
    new.replace(path)


def replaced_by_garbage(path: Path) -> None:
    new = path.with_name("new")
    new.write_bytes(os.urandom(9000))
    new.replace(path)


def replaced_by_another(path: Path) -> None:
    other = Spool(path.with_name("other.sqlite"))
    other.append("other", EVENT)
    other.close()
    path.with_name("other.sqlite").replace(path)


def restored_from_a_copy(path: Path) -> None:
    copy = path.with_name("copy.sqlite")
    shutil.copy(path, copy)
    copy.replace(path)


WAYS = [
    removed,
    all_removed,
    folder_removed,
    renamed,
    log_removed,
    index_removed,
    replaced_by_nothing,
    replaced_by_garbage,
    replaced_by_another,
    restored_from_a_copy,
]


def found(path: Path) -> list[str]:
    """What another process finds that starts after this one was killed."""
    spool = Spool(path)
    spool.adopt()
    names = [row.id for row in spool.next(1000)]
    spool.close()
    return names


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("on_disk", [False, True], ids=["in the log", "on the disk"])
def test_what_waits_and_the_next_record_are_in_the_file_at_the_path(
    path: Path, opened: Callable[[Path], Spool], way: Callable[[Path], None], on_disk: bool
) -> None:
    spool = opened(path)
    for number in range(5):
        spool.append(f"n{number}", EVENT)
    if on_disk:
        spool.checkpoint()
    spool.append("n5", EVENT)
    way(path)
    spool.append("n6", EVENT)
    assert sorted(set(found(path)) - {"other"}) == [f"n{number}" for number in range(7)]
    spool.append("n7", EVENT)
    spool.checkpoint()
    assert "n7" in found(path)
    assert not list(path.parent.glob("*remains*"))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_change_under_way_keeps_its_outcome(
    path: Path, opened: Callable[[Path], Spool], way: Callable[[Path], None]
) -> None:
    spool = opened(path)
    spool.begin("change", b'"unknown"')
    spool.begin("other change", b'"unknown"')
    way(path)
    spool.finish("change", b'"done"')
    assert [row.event for row in spool.next(10) if row.id == "change"] == [b'"done"']
    assert "other change" not in [row.id for row in spool.next(10)], "its process still runs"
    spool.finish("other change", b'"done"')
    assert {row.event for row in spool.next(10) if "change" in row.id} == {b'"done"'}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_two_processes_lose_nothing(path: Path, opened: Callable[[Path], Spool], way: Callable[[Path], None]) -> None:
    one, two = opened(path), opened(path)
    for number in range(20):
        (one, two)[number % 2].append(f"n{number}", EVENT)
    way(path)
    for number in range(20, 40):
        (one, two)[number % 2].append(f"n{number}", EVENT)
    names = found(path)
    assert set(names) - {"other"} == {f"n{number}" for number in range(40)} and len(names) == len(set(names))


def test_many_threads_write_while_the_file_goes_again_and_again(path: Path, opened: Callable[[Path], Spool]) -> None:
    one, two = opened(path), opened(path)
    end = threading.Event()
    stored: list[str] = []

    def attack() -> None:
        number = 0
        while not end.wait(0.02):
            number += 1
            for part in parts(path)[: 1 + number % 3]:
                part.unlink(missing_ok=True)

    def write(spool: Spool, name: str) -> None:
        for number in range(100):
            # An error is no loss: the log sends such a record to the server at once, and shows nothing before.
            with suppress(sqlite3.Error, OSError):
                spool.append(f"{name}-{number}", EVENT)
                stored.append(f"{name}-{number}")

    attacker = threading.Thread(target=attack)
    writers = [threading.Thread(target=write, args=((one, two)[n % 2], f"t{n}")) for n in range(4)]
    attacker.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    end.set()
    attacker.join()
    # Twice each: what one of them sets aside when it finds its file in pieces may be the other's, who finds that out at
    # the next look and brings its rows over. Every second somebody looks.
    for spool in (one, two, one, two):
        spool.counts()
    lost = set(stored) - set(found(path))
    assert not lost and len(stored) >= 100


def test_a_file_that_goes_between_the_look_and_the_commit(
    path: Path, opened: Callable[[Path], Spool], monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(path)
    looks: list[bool] = []
    moved = Spool._moved

    def look(self: Spool) -> bool:
        looks.append(moved(self))
        if len(looks) == 1:
            path.unlink()
        return looks[-1]

    monkeypatch.setattr(Spool, "_moved", look)
    spool.append("a", EVENT)
    monkeypatch.undo()
    assert looks[:2] == [False, True] and found(path) == ["a"]


@pytest.mark.parametrize("bytes_", [b"", b"garbage" * 100_000], ids=["emptied", "garbage"])
def test_a_file_overwritten_where_it_is_takes_the_next_record(
    path: Path, opened: Callable[[Path], Spool], bytes_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    spool = opened(path)
    spool.append("a", EVENT)
    spool.checkpoint()
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(bytes_)
    for number in range(300):
        spool.append(f"n{number}", EVENT)
    assert set(found(path)) == {"a", *(f"n{number}" for number in range(300))}


def test_the_next_round_of_sending_notices_it_without_a_record(path: Path, opened: Callable[[Path], Spool]) -> None:
    spool = opened(path)
    spool.append("a", EVENT)
    path.unlink()
    spool.checkpoint()
    assert path.exists() and found(path) == ["a"]


def test_where_no_file_can_be_made_it_is_an_error_and_comes_later(
    path: Path, opened: Callable[[Path], Spool], monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(path)
    spool.append("a", EVENT)
    path.unlink()

    def full(path: Path) -> sqlite3.Connection:
        raise OSError("no space left on device")

    monkeypatch.setattr(audit_spool, "connect", full)
    for _ in range(2):
        with pytest.raises(OSError, match="no space"):
            spool.append("b", EVENT)
    monkeypatch.undo()
    spool.append("c", EVENT)
    assert found(path) == ["a", "c"]


def test_a_file_that_is_replaced_all_the_time_is_an_error(
    path: Path, opened: Callable[[Path], Spool], monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(path)
    spool.append("a", EVENT)
    path.unlink()
    numbers = itertools.count()
    monkeypatch.setattr(Spool, "_files_at_path", lambda self: {"": (1, next(numbers))})
    with pytest.raises(OSError, match="all the time"):
        spool.append("b", EVENT)
    monkeypatch.undo()
    assert [row.id for row in spool.next(5)] == ["a"]


def test_a_closed_spool_stays_closed(path: Path) -> None:
    spool = Spool(path)
    spool.close()
    path.unlink()
    with pytest.raises(sqlite3.Error):
        spool.append("a", EVENT)
    spool.close()
    assert not path.exists()


def test_closing_brings_the_rows_over_too(path: Path) -> None:
    spool = Spool(path)
    spool.append("a", EVENT)
    path.unlink()
    spool.close()
    assert found(path) == ["a"]


def test_the_copy_in_memory_has_an_end_and_forgets_what_was_sent(
    path: Path, opened: Callable[[Path], Spool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_spool, "MOST_BYTES_IN_MEMORY", 3 * len(EVENT))
    spool = opened(path)
    for number in range(5):
        spool.append(f"n{number}", EVENT)
    assert list(spool._last) == ["n2", "n3", "n4"]
    for row in spool.next(4):
        spool.sent(row)
    assert list(spool._last) == ["n4"] and spool._bytes == len(EVENT)


def test_a_table_that_is_gone_is_made_again(path: Path, opened: Callable[[Path], Spool]) -> None:
    spool = opened(path)
    spool.append("a", EVENT)
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE waiting")
    spool.append("b", EVENT)
    assert sorted(row.id for row in spool.next(5)) == ["a", "b"]
