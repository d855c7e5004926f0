"""The embedded server as a process: it starts, stops, refuses to start, and loses no write that it has answered."""

import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from dashboard.errors import OperatorError
from dashboard.server import command, wait_until_ready
from tests.patience import PATIENCE
from tests.servers.start import Server

pytestmark = pytest.mark.slow  # every test starts a server, or several

JSON = {"Content-Type": "application/fhir+json"}
LEAST_CHECKS = 67  # of the 70 of shared/tools/fhir_probe.py


@contextmanager
def running(database: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Yields (base URL, process) of a server on a free port; kills it at the end if it still runs."""
    process = subprocess.Popen(command(0, database), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        address = re.search(r"http://\S+/fhir", process.stdout.readline())
        assert address, process.communicate()[1]
        wait_until_ready(address.group(), process)
        yield address.group(), process
    finally:
        process.kill()
        process.communicate()


def refused(*arguments: str) -> str:
    """Returns the sentence with which the server refuses to start."""
    done = subprocess.run(
        [sys.executable, "-m", "dashboard.server", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def goal(text: str = "walk") -> dict[str, object]:
    subject = {"reference": "Patient/p"}
    return {
        "resourceType": "Goal",
        "id": "g",
        "lifecycleStatus": "active",
        "description": {"text": text},
        "subject": subject,
    }


def test_the_server_passes_the_probe(embedded_server: Server, shared: Path) -> None:
    probe = [sys.executable, str(shared / "tools" / "fhir_probe.py"), embedded_server.base_url]
    report = subprocess.run(probe, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    passed = int(re.search(r"(\d+)/70 ok", report).group(1))  # type: ignore[union-attr]
    assert passed >= LEAST_CHECKS, [line for line in report.splitlines() if line.startswith("FAIL")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_stops_with_exit_code_0(tmp_path: Path, number: int) -> None:
    with running(tmp_path / "new" / "folder" / "fhir.sqlite") as (url, process), requests.Session() as session:
        session.get(f"{url}/Patient")
        process.send_signal(number)
        _, error = process.communicate(timeout=PATIENCE)
        assert (process.returncode, error) == (0, "")


def test_data_are_still_there_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path / "fhir.sqlite") as (url, process):
        assert requests.put(f"{url}/Goal/g", json=goal(), headers=JSON, timeout=PATIENCE).status_code == 201
        assert requests.put(f"{url}/Goal/g", json=goal("swim"), headers=JSON, timeout=PATIENCE).status_code == 200
        process.terminate()
        process.communicate()
    with running(tmp_path / "fhir.sqlite") as (url, _):
        assert requests.get(f"{url}/Goal/g", timeout=PATIENCE).json()["description"]["text"] == "swim"
        assert requests.get(f"{url}/Goal/g/_history/1", timeout=PATIENCE).json()["description"]["text"] == "walk"
        assert requests.get(f"{url}/Goal?patient=p", timeout=PATIENCE).json()["total"] == 1
        assert (
            requests.put(f"{url}/Goal/g", json=goal(), headers=JSON, timeout=PATIENCE).json()["meta"]["versionId"]
            == "3"
        )


def test_answered_writes_are_stored_after_kill_9(tmp_path: Path) -> None:
    answered: list[str] = []

    def write(url: str) -> None:
        while True:
            try:
                answer = requests.post(f"{url}/Goal", json=goal(), headers=JSON, timeout=PATIENCE)
            except requests.ConnectionError:
                return
            if answer.status_code == 201:
                answered.append(answer.json()["id"])

    with running(tmp_path / "fhir.sqlite") as (url, process):
        writers = [threading.Thread(target=write, args=(url,)) for _ in range(4)]
        for writer in writers:
            writer.start()
        while len(answered) < 50:
            assert process.poll() is None
        process.kill()
        for writer in writers:
            writer.join()
    with running(tmp_path / "fhir.sqlite") as (url, _):
        for rid in answered:
            assert requests.get(f"{url}/Goal/{rid}", timeout=PATIENCE).status_code == 200
        stored = requests.get(f"{url}/Goal?patient=p&_summary=count", timeout=PATIENCE).json()["total"]
        assert stored >= len(answered)


def test_30_concurrent_writers_of_one_resource_lose_no_change(embedded_server: Server) -> None:
    url = f"{embedded_server.base_url}/Goal/thirty"

    def add_note(number: int) -> None:
        with requests.Session() as session:
            while True:  # read, add, write if the version is still the same: as the dashboard does
                now = session.get(url, timeout=PATIENCE).json()
                now.setdefault("note", []).append({"text": str(number)})
                if_match = {"If-Match": f'W/"{now["meta"]["versionId"]}"'}
                answer = session.put(url, json=now, headers=JSON | if_match, timeout=PATIENCE)
                if answer.status_code == 200:
                    return
                assert answer.status_code == 412

    requests.put(url, json=goal() | {"id": "thirty"}, headers=JSON, timeout=PATIENCE)
    with ThreadPoolExecutor(30) as pool:
        list(pool.map(add_note, range(30)))
    now = requests.get(url, timeout=PATIENCE).json()
    assert sorted(int(note["text"]) for note in now["note"]) == list(range(30))
    assert now["meta"]["versionId"] == "31"


def test_concurrent_conditional_creates_make_one_resource(embedded_server: Server) -> None:
    system = "https://example.org/once"
    body = {"resourceType": "Patient", "identifier": [{"system": system, "value": "1"}]}
    headers = JSON | {"If-None-Exist": f"identifier={system}|1"}

    def create(_: int) -> int:
        return requests.post(
            f"{embedded_server.base_url}/Patient", json=body, headers=headers, timeout=PATIENCE
        ).status_code

    with ThreadPoolExecutor(12) as pool:
        assert sorted(pool.map(create, range(12))) == [200] * 11 + [201]


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    with running(tmp_path / "fhir.sqlite") as (url, _):
        requests.put(f"{url}/Goal/g", json=goal(), headers=JSON, timeout=PATIENCE)
        writer = sqlite3.connect(tmp_path / "fhir.sqlite", isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")  # a writer in the middle of its transaction
        try:
            assert requests.get(f"{url}/Goal/g", timeout=PATIENCE).status_code == 200
            assert requests.get(f"{url}/Goal?patient=p", timeout=PATIENCE).json()["total"] == 1
        finally:
            writer.execute("ROLLBACK")
            writer.close()


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        reason = refused("--port", str(port), "--database", str(tmp_path / "fhir.sqlite"))
    assert reason == f"Port {port} is taken or not allowed; choose another with --port.\n"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    reason = refused("--port", "0", "--database", str(tmp_path / "file" / "fhir.sqlite"))
    assert "cannot be written; choose another" in reason
    assert "cannot be written; choose another" in refused("--port", "0", "--database", str(tmp_path))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database " * 1000)
    assert "cannot be used (file is not a database)" in refused("--port", "0", "--database", str(tmp_path / "text"))


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE other (x)")
    other.commit()
    other.close()
    assert "is a database of another program" in refused("--port", "0", "--database", str(tmp_path / "other"))


def test_a_database_in_use_is_refused(tmp_path: Path) -> None:
    with running(tmp_path / "fhir.sqlite"):
        assert "is in use by another server" in refused("--port", "0", "--database", str(tmp_path / "fhir.sqlite"))


def test_a_server_that_ends_during_the_start_is_reported_in_a_sentence() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "raise SystemExit(2)"])
    ended.wait()
    with pytest.raises(OperatorError, match=r"ended at its start \(exit code 2\)"):
        wait_until_ready("http://127.0.0.1:9/fhir", ended)


def test_patient_data_never_reach_the_log(tmp_path: Path) -> None:
    with running(tmp_path / "fhir.sqlite") as (url, process):
        requests.put(f"{url}/Goal/g", json=goal("secretive"), headers=JSON, timeout=PATIENCE)
        requests.get(f"{url}/Goal?patient=secretive-7", timeout=PATIENCE)
        requests.post(f"{url}/Goal", data='{"secretive', headers=JSON, timeout=PATIENCE)
        process.terminate()
        out, error = process.communicate(timeout=PATIENCE)
    assert "secretive" not in out + error
