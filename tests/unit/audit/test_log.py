"""No record is lost: not with the server away, not with the process killed, not with the disk full or damaged."""

import logging
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard.audit import spool as audit_spool
from dashboard.audit.log import AuditLog
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome, AuditRecord, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import AuditUnavailable, Failure, NotPermitted, ServerRefused, ServerUnavailable
from dashboard.fhir.client.http_server import HttpFhirServer
from tests.patience import PATIENCE
from tests.running import ROOT, free_port
from tests.unit.audit.audit_server import Kept, audit_server

WHEN = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
MARY = Reference("Patient", "p1")
SECONDS = PATIENCE


def record(number: int = 0, kind: AuditKind = AuditKind.PATIENT_READ) -> AuditRecord:
    return record_of(GP, kind, f"n{number}", WHEN, patients=(MARY,), query="Patient?name=aldous")


class Server:
    """The FHIR server's one verb, in memory; `error` is what it raises instead."""

    base_url = "http://fhir.test/fhir"

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.arrived: list[str] = []
        self.error: Callable[[dict[str, Any]], Exception | None] = lambda event: None

    def put_new(self, resource: dict[str, Any]) -> None:
        error = self.error(resource)
        if error is not None:
            raise error
        self.arrived.append(resource["id"])
        self.held[resource["id"]] = resource


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Callable[..., AuditLog]]:
    """Makes logs on one folder, and closes them."""
    made: list[AuditLog] = []

    def new(server: Any, **more: Any) -> AuditLog:
        made.append(AuditLog(tmp_path, server, host="ward-3", every=0.02, pause=0.05, **more))
        return made[-1]

    yield new
    for log in made:
        log.close()


def wait(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def test_records_arrive_in_order_once(keep: Callable[..., AuditLog], server: Server) -> None:
    log = keep(server)
    records = [record(number) for number in range(120)]
    for each in records:
        log.record(each)
    assert log.flush(SECONDS) and server.arrived == [each.id for each in records]
    assert log.status().waiting == 0 and log.status().problem is None


def test_recording_waits_for_no_server(keep: Callable[..., AuditLog], server: Server) -> None:
    """All records are made while the server's first answer is still awaited."""
    answer = threading.Event()

    def slow(event: dict[str, Any]) -> None:
        answer.wait(SECONDS)

    server.error = slow
    log = keep(server)
    for number in range(20):
        log.record(record(number))
    assert not server.held and log.status().waiting == 20
    answer.set()
    assert log.flush(SECONDS) and len(server.held) == 20


def test_they_wait_while_the_server_is_away(keep: Callable[..., AuditLog], server: Server) -> None:
    server.error = lambda event: ServerUnavailable("server-timeout", reference="r1")
    log = keep(server)
    records = [record(number) for number in range(5)]
    for each in records:
        log.record(each)
    wait(lambda: bool(log.status().problem))
    assert log.status().waiting == 5
    server.error = lambda event: None
    assert log.flush(SECONDS) and server.arrived == [each.id for each in records]
    wait(lambda: log.status().problem is None)


def test_they_outlive_the_process_and_the_server(keep: Callable[..., AuditLog], server: Server) -> None:
    server.error = lambda event: ServerUnavailable("server-timeout", reference="r1")
    before = keep(server)
    before.record(record(1))
    before.close()
    server.error = lambda event: None
    assert keep(server).flush(SECONDS) and len(server.arrived) == 1


def test_records_wait_while_credentials_fail(keep: Callable[..., AuditLog], server: Server) -> None:
    server.error = lambda event: NotPermitted("server-forbids", reference="r1")
    log = keep(server)
    log.record(record())
    wait(lambda: log.status().problem == Failure("audit-server-forbids"))
    assert log.status().waiting == 1 and log.status().refused == 0


def test_a_record_that_the_server_will_not_take_stops_no_other(keep: Callable[..., AuditLog], server: Server) -> None:
    bad, good = record(1), record(2)
    server.error = lambda event: (
        ServerRefused("save-refused", what="Patient", status=422, reference="r1") if event["id"] == bad.id else None
    )
    log = keep(server)
    log.record(bad)
    log.record(good)
    assert log.flush(SECONDS) and server.arrived == [good.id]
    assert log.status().refused == 1  # kept aside, not lost


def test_a_server_that_refuses_dangling_references_still_gets_the_record(
    keep: Callable[..., AuditLog], server: Server
) -> None:
    server.error = lambda event: (
        ServerRefused("save-refused", what="Patient", status=422, reference="r1")
        if "'reference'" in str(event)
        else None
    )
    log = keep(server)
    each = record()
    log.record(each)
    assert log.flush(SECONDS) and server.arrived == [each.id] and log.status().refused == 0


@pytest.mark.slow
@pytest.mark.parametrize("server_is", ["up", "away", "slow"])
def test_a_killed_process_loses_no_stored_record(tmp_path: Path, server_is: str) -> None:
    """SIGKILL while records are kept and sent; what the process had been told is kept arrives, each held once."""
    port = free_port()
    kept = Kept()
    kept.delay = 0.02 if server_is == "slow" else 0.0
    url = f"http://127.0.0.1:{port}/fhir"
    with audit_server(0 if server_is == "away" else port, kept):
        told = _killed(tmp_path, url, after=150)
    assert len(told) >= 150
    with audit_server(port, kept):
        # The next start sends what the one before had not.
        log = AuditLog(tmp_path, HttpFhirServer(url), host="ward-3", every=0.02, pause=0.05)
        assert log.flush(60.0)
        log.close()
    assert set(told) <= set(kept.held), "a record that was kept never came"
    # At most the one that was under way when the process died came twice, under the same id: the server holds it once.
    assert len(kept.arrived) - len(set(kept.arrived)) <= 1
    first = list(dict.fromkeys(kept.arrived))
    assert [ident for ident in first if ident in set(told)] == told, "out of order"


@pytest.mark.slow
def test_an_action_of_a_killed_process_is_recorded_as_unknown(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    said = _killed(tmp_path, url, 100, "begin")
    begun = {line.removeprefix("begun ") for line in said if line.startswith("begun ")}
    done = {line for line in said if not line.startswith("begun ")}
    with audit_server(port) as kept:
        log = AuditLog(tmp_path, HttpFhirServer(url), host="ward-3", every=0.02, pause=0.05)
        wait(lambda: begun <= set(kept.held))
        log.close()
    outcomes = {ident: kept.held[ident].get("outcomeDesc", "") for ident in begun}
    assert all(outcomes[ident] == "" for ident in done)
    cut_off = begun - done
    # The very last may have been finished without our hearing of it.
    assert sum(outcomes[ident] != "unknown" for ident in cut_off) <= 1 and len(cut_off) >= 15


def _killed(folder: Path, url: str, after: int, *how: str) -> list[str]:
    """The lines that a writing process said before it was killed."""
    command = [sys.executable, "-m", "tests.unit.audit.audit_writer", str(folder), url, *how]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if len(said) == after:
            process.send_signal(signal.SIGKILL)
            break
    rest = process.stdout.read().splitlines()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    return [line for line in (*said, *rest[:-1], *[last for last in rest[-1:] if len(last) >= 36]) if line]


@pytest.mark.slow
def test_several_processes_share_the_file_and_one_sends(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    told = []
    with audit_server(port) as kept:
        command = [sys.executable, "-m", "tests.unit.audit.audit_writer", str(tmp_path), url]
        writers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for writer in writers:
            assert writer.stdout
            told += [writer.stdout.readline().strip() for _ in range(60)]
        for writer in writers:
            writer.kill()
            assert writer.stdout
            told += [line for line in writer.stdout.read().splitlines() if len(line) == 36]
            writer.wait()
            writer.stdout.close()
        log = AuditLog(tmp_path, HttpFhirServer(url), host="ward-3", every=0.02, pause=0.05)
        assert log.flush(60.0)
        log.close()
        assert set(told) <= set(kept.held) and len(kept.arrived) - len(kept.held) <= 2


def test_a_damaged_end_costs_no_more_than_the_damage(tmp_path: Path, server: Server) -> None:
    log = AuditLog(tmp_path, server, host="ward-3", send=False)
    for number in range(50):
        log.record(record(number))
    wal = next(tmp_path.glob("audit-*.sqlite-wal"))
    torn = wal.read_bytes()
    # As after a power cut: the last part written is not what was meant.
    copy = tmp_path / "copy"
    copy.mkdir()
    for part in tmp_path.glob("audit-*.sqlite*"):
        (copy / part.name).write_bytes(part.read_bytes())
    (copy / wal.name).write_bytes(torn[:-5000] + os.urandom(5000))
    log.close()
    again = AuditLog(copy, server, host="ward-3", every=0.02, pause=0.05)
    assert again.flush(SECONDS)
    assert 40 <= len(server.arrived) < 50 and len(set(server.arrived)) == len(server.arrived)
    fresh = record(99)
    again.record(fresh)
    assert again.flush(SECONDS) and server.arrived[-1] == fresh.id
    again.close()


def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_sent(
    tmp_path: Path, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    log = AuditLog(tmp_path, server, host="ward-3", send=False)
    for number in range(200):
        log.record(record(number))
    log._spool.checkpoint()
    log.close()
    path = next(tmp_path.glob("audit-*.sqlite"))
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2 // 4096 * 4096
    whole[middle : middle + 4096] = os.urandom(4096)
    path.write_bytes(whole)
    again = AuditLog(tmp_path, server, host="ward-3", every=0.02, pause=0.05)
    assert again.flush(SECONDS) and len(server.held) > 150
    assert list(tmp_path.glob("*-damaged-*.sqlite")) and "set aside" in caplog.text
    again.close()


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, server: Server) -> None:
    AuditLog(tmp_path, server, send=False).close()
    path = next(tmp_path.glob("audit-*.sqlite"))
    path.write_bytes(b"\x00garbage" * 1000)
    log = AuditLog(tmp_path, server, every=0.02, pause=0.05)
    log.record(record())
    assert log.flush(SECONDS)
    log.close()


def _full(log: AuditLog) -> None:
    """No page more than the file has: what SQLite says of a full disk."""
    db = log._spool._db
    db.execute(f"PRAGMA max_page_count={db.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        db.execute("INSERT INTO refused VALUES ('x', zeroblob(1000000))")


def test_with_a_full_disk_the_server_must_have_it_first(keep: Callable[..., AuditLog], server: Server) -> None:
    log = keep(server, send=False)
    _full(log)
    records = [record_of(GP, AuditKind.PATIENT_READ, "x" * 3000, WHEN) for _ in range(3)]
    for each in records:
        log.record(each)
    assert server.arrived == [each.id for each in records] and log.status().problem == Failure("audit-disk-unwritable")


def test_with_a_full_disk_and_no_server_nothing_is_shown(keep: Callable[..., AuditLog], server: Server) -> None:
    log = keep(server, send=False)
    _full(log)
    server.error = lambda event: ServerUnavailable("server-timeout", reference="r1")
    big = record_of(GP, AuditKind.PATIENT_READ, "x" * 3000, WHEN)
    with pytest.raises(AuditUnavailable, match="audit-not-recorded"):
        log.record(big)
    with pytest.raises(AuditUnavailable):
        log.begin(big)


def test_an_outcome_is_stored_later_when_the_disk_was_full(keep: Callable[..., AuditLog], server: Server) -> None:
    log = keep(server)
    deed = record_of(GP, AuditKind.UPDATE, "x" * 3000, WHEN)
    log.begin(deed)
    log._spool._db.execute("PRAGMA max_page_count=1")
    db, log._spool._db = log._spool._db, _Broken()  # type: ignore[assignment]
    log.finish(deed)
    assert not server.held
    log._spool._db = db
    db.execute("PRAGMA max_page_count=1000000")
    wait(lambda: deed.id in server.held)
    assert server.held[deed.id]["outcome"] == "0"


class _Broken:
    def execute(self, *_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def close(self) -> None:
        pass


def test_only_this_user_may_read_the_files(tmp_path: Path, server: Server) -> None:
    old = os.umask(0)
    try:
        log = AuditLog(tmp_path / "audit", server, send=False)
        log.record(record())
        assert stat.S_IMODE((tmp_path / "audit").stat().st_mode) == 0o700
        for part in (tmp_path / "audit").iterdir():
            assert stat.S_IMODE(part.stat().st_mode) == 0o600, part.name
    finally:
        os.umask(old)
        log.close()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path, server: Server) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuditUnavailable, match=r"^audit-folder-unwritable folder=.*audit"):
        AuditLog(tmp_path / "file" / "audit", server)


def test_log_lines_hold_no_patient_and_no_user(
    keep: Callable[..., AuditLog], server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.error = lambda event: ServerRefused("save-refused", what="Patient", status=422, reference="r1")
    log = keep(server)
    log.record(record())
    assert log.flush(SECONDS)
    assert "aldous" not in caplog.text and "p1" not in caplog.text and "Okafor" not in caplog.text and caplog.text


def test_another_server_has_another_file(tmp_path: Path, server: Server) -> None:
    one = AuditLog(tmp_path, server, send=False)
    one.record(record())
    other = Server()
    other.base_url = "http://other.test/fhir"
    two = AuditLog(tmp_path, other, every=0.02, pause=0.05)
    assert two.flush(1.0) and not other.held
    one.close()
    two.close()


def test_many_threads_record_at_the_same_time(keep: Callable[..., AuditLog], server: Server) -> None:
    log = keep(server)
    threads = [threading.Thread(target=lambda: [log.record(record(n)) for n in range(40)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.flush(SECONDS) and len(server.held) == 320


def test_an_action_is_sent_once_with_its_outcome(keep: Callable[..., AuditLog], server: Server) -> None:
    log = keep(server)
    deed = record(kind=AuditKind.UPDATE)
    log.begin(deed)
    assert log.flush(1.0) and not server.held  # not before it is known how it ended
    log.finish(deed)
    assert log.flush(SECONDS) and server.arrived == [deed.id]
    assert server.held[deed.id]["outcome"] == "0"


def test_what_a_living_process_has_begun_is_left_to_it(tmp_path: Path, server: Server) -> None:
    spool = audit_spool.Spool(tmp_path / "a.sqlite")
    spool.begin("one", b"{}")
    other = audit_spool.Spool(tmp_path / "a.sqlite")
    assert other.adopt() == 0
    spool.close()
    assert other.adopt() == 1 and [each.id for each in other.next(5)] == ["one"]
    other.close()


def test_unknown_is_an_outcome_of_its_own() -> None:
    assert AuditOutcome.UNKNOWN not in (AuditOutcome.SUCCESS, AuditOutcome.FAILED)


def test_a_spool_that_cannot_be_read_is_a_problem_of_the_status(
    keep: Callable[..., AuditLog], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = keep(server, send=False)

    def broken() -> tuple[int, int]:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(log._spool, "counts", broken)
    assert log.status().problem == Failure("audit-disk-unreadable")


def test_flushing_ends_after_its_time_and_says_that_records_wait(keep: Callable[..., AuditLog], server: Server) -> None:
    server.error = lambda event: ServerUnavailable("away")
    log = keep(server)
    log.record(record())
    assert log.flush(0.05) is False
    log.close(0.05)  # what is left is for the next start
    assert not server.held


@pytest.mark.parametrize("failure", [sqlite3.OperationalError("locked"), RuntimeError("a defect")])
def test_the_sender_survives_a_failure_of_the_disk_and_a_defect(
    keep: Callable[..., AuditLog],
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
) -> None:
    monkeypatch.setattr("dashboard.audit.log.LONGEST_PAUSE", 0.05)
    log = keep(server)
    failures = [failure]
    checkpoint = log._spool.checkpoint

    def fails_once() -> None:
        if failures:
            raise failures.pop()
        checkpoint()

    monkeypatch.setattr(log._spool, "checkpoint", fails_once)
    log.record(record())
    assert log.flush(SECONDS) and len(server.held) == 1
    assert type(failure).__name__ in caplog.text


def test_only_one_log_sends_until_it_ends(keep: Callable[..., AuditLog], server: Server) -> None:
    first, second = keep(server), keep(server)
    wait(lambda: first._turn is not None or second._turn is not None)
    sender, other = (first, second) if first._turn is not None else (second, first)
    other.record(record())
    assert other.flush(SECONDS), "the one that sends takes the other's records too"
    assert other._turn is None
    sender.close()
    wait(lambda: other._turn is not None)


def test_a_transaction_of_the_spool_is_whole_or_not_at_all(tmp_path: Path) -> None:
    spool = audit_spool.Spool(tmp_path / "audit.sqlite")
    spool.begin("a", b"{}")
    with pytest.raises(sqlite3.IntegrityError):
        spool.finish("a", None)  # type: ignore[arg-type]
    assert spool._db.execute("SELECT count(*) FROM begun").fetchone() == (1,), "what was begun is still there"
    spool.close()


def test_a_locked_file_is_not_taken_for_a_damaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(self: audit_spool.Spool, check: bool = False) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(audit_spool.Spool, "_tables", locked)
    with pytest.raises(sqlite3.OperationalError):
        audit_spool.Spool(tmp_path / "audit.sqlite")
    assert not list(tmp_path.glob("*damaged*"))


def test_closing_with_time_left_sends_what_waits(keep: Callable[..., AuditLog], server: Server) -> None:
    log = keep(server)
    log.record(record())
    log.close(SECONDS)
    assert len(server.held) == 1


def test_closing_ends_the_sending_after_the_record_under_way(keep: Callable[..., AuditLog], server: Server) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def slow(event: dict[str, Any]) -> None:
        arrived.set()
        go_on.wait(SECONDS)

    server.error = slow
    log = keep(server)
    for number in range(3):
        log.record(record(number))
    assert arrived.wait(SECONDS)
    log._stop.set()
    go_on.set()
    log._thread.join(SECONDS)
    assert len(server.held) == 1 and log.status().waiting == 2
