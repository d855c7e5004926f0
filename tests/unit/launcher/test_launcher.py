"""The launcher: a start that cannot work is one sentence and code 2, and no process outlives the launcher."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dashboard.demo import cohort as demo
from dashboard.errors import UserFacingError
from dashboard.launcher.cohort import LONG_HISTORY_UP_TO, Cohort, choose_cohort, read_cohort, write_cohort
from dashboard.launcher.options import DEFAULT_PATIENTS, DEFAULT_SEED, Options, parse_options
from dashboard.launcher.preflight import hold_data_folder, require_free_port
from dashboard.launcher.processes import ProcessEnded, Processes
from dashboard.settings import ROOT, load_settings
from tests.patience import PATIENCE
from tests.running import clean_environment

NO_SECRETS = Path("/nonexistent")


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    with taken_port() as port:
        return port


@contextmanager
def web_server(status: int, body: bytes) -> Iterator[str]:
    """Runs a server that answers every request with the same page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json" if body.startswith(b"{") else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fhir"
    finally:
        server.shutdown()
        server.server_close()


def options(*arguments: str) -> Options:
    return parse_options(arguments, load_settings({}, NO_SECRETS))


def start_and_fail(*arguments: str, cwd: Path = ROOT, **environment: str) -> str:
    """Runs the real command; asserts code 2 and one line on standard error without a traceback. Returns the line."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FHIR_", "DASHBOARD_"))}
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", *arguments],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 2, done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


# --- starts that cannot work
# -------------------------------------------------------------------------------------------


def test_a_port_in_use_is_reported_with_the_option_that_changes_it(tmp_path: Path) -> None:
    with taken_port() as port:
        sentence = start_and_fail("--port", str(port), "--data-dir", str(tmp_path))
        assert f"Port {port} is taken" in sentence
        assert "--port" in sentence
        sentence = start_and_fail("--port", str(free_port()), "--fhir-port", str(port), "--data-dir", str(tmp_path))
        assert f"Port {port} is taken" in sentence
        assert "--fhir-port" in sentence


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    sentence = start_and_fail("--port", str(free_port()), "--data-dir", str(tmp_path / "a-file" / "data"))
    assert "cannot be written" in sentence
    assert "--data-dir" in sentence


@pytest.mark.slow
def test_a_folder_in_use_by_another_start_is_refused(tmp_path: Path) -> None:
    with hold_data_folder(tmp_path):
        sentence = start_and_fail("--port", str(free_port()), "--data-dir", str(tmp_path))
    assert "Another dashboard that is running uses the folder" in sentence


@pytest.mark.slow
def test_an_unreachable_server_is_reported(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}/fhir"
    sentence = start_and_fail("--fhir-url", address, "--port", str(free_port()), "--data-dir", str(tmp_path))
    assert address in sentence
    assert "--fhir-url" in sentence


@pytest.mark.slow
def test_the_environment_variable_has_the_effect_of_the_option(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}/fhir"
    sentence = start_and_fail("--port", str(free_port()), "--data-dir", str(tmp_path), FHIR_BASE_URL=address)
    assert address in sentence


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>A web page</html>"),
        (404, b"nothing here"),
        (200, b'{"resourceType": "CapabilityStatement", "fhirVersion": "3.0.1", "rest": []}'),
        (200, b'{"resourceType": "Patient"}'),
    ],
    ids=["a web page", "nothing", "FHIR STU3", "another resource"],
)
def test_a_server_that_is_not_fhir_r4_is_refused(tmp_path: Path, status: int, body: bytes) -> None:
    with web_server(status, body) as address:
        sentence = start_and_fail("--fhir-url", address, "--port", str(free_port()), "--data-dir", str(tmp_path))
    assert address in sentence
    assert "R4" in sentence


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [("FHIR_BASE_URL", "not an address"), ("FHIR_READ_SECONDS", "soon"), ("DASHBOARD_AS_OF", "yesterday")],
)
def test_an_invalid_setting_is_reported(name: str, value: str) -> None:
    sentence = start_and_fail(**{name: value})
    assert name in sentence


def test_the_command_starts_from_any_folder(tmp_path: Path) -> None:
    with taken_port() as port:
        assert f"Port {port}" in start_and_fail("--port", str(port), cwd=tmp_path)


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--patients", "-1"], ["--seed", "x"], ["--unknown"]])
def test_an_invalid_option_ends_with_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options(*arguments)
    assert ended.value.code == 2


# --- the processes ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_process_stops_at_the_end_of_the_block(tmp_path: Path) -> None:
    port = free_port()
    with Processes({}, tmp_path) as processes:
        child = processes.start("The server", "http.server", str(port), "--bind", "127.0.0.1")
        processes.wait_for_port(child, port)
        assert child.process.poll() is None
    assert child.process.poll() is not None
    require_free_port(port, "--port")


@pytest.mark.slow
def test_a_process_that_ends_is_reported_with_its_last_output(tmp_path: Path) -> None:
    with Processes({}, tmp_path) as processes, pytest.raises(ProcessEnded) as ended:
        processes.start("The server", "http.server", "not-a-port")
        processes.watch()
    assert "The server ended by itself (exit code 2)" in str(ended.value)
    assert "not-a-port" in str(ended.value)


@pytest.mark.slow
def test_a_process_that_is_killed_is_reported(tmp_path: Path) -> None:
    with Processes({}, tmp_path) as processes:
        child = processes.start("The server", "http.server", str(free_port()))
        child.process.kill()
        with pytest.raises(ProcessEnded, match="The server ended by itself \\(signal 9\\)"):
            processes.watch()


@pytest.mark.slow
def test_a_step_that_fails_is_reported(tmp_path: Path) -> None:
    with Processes({}, tmp_path) as processes, pytest.raises(ProcessEnded, match="The load did not finish"):
        processes.run("The load", "http.server", "not-a-port")


LAUNCHER = """
import sys, time
from pathlib import Path
from dashboard.launcher.processes import Processes
with Processes({}, Path(sys.argv[1])) as processes:
    child = processes.start("The server", "http.server", sys.argv[2])
    processes.wait_for_port(child, int(sys.argv[2]))
    print(child.process.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_killing_the_launcher_ends_its_processes(tmp_path: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path), str(free_port())], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with launcher:
        pid = int(launcher.stdout.readline())
        os.kill(launcher.pid, signal.SIGKILL)
        end = time.monotonic() + PATIENCE
        while _alive(pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_port_below_1024_may_be_refused_by_the_system() -> None:
    try:
        require_free_port(1, "--port")
    except UserFacingError as problem:
        assert "--port" in str(problem)


# --- which cohort -----------------------------------------------------------------------------------------------------


TODAY = "2026-11-23"


def cohort(patients: int, seed: int = 7, as_of: str = "2026-01-05", complete: bool = True) -> Cohort:
    return Cohort(patients, seed, as_of, complete)


def wanted(patients: int, seed: int = 7, as_of: str = TODAY) -> Cohort:
    return Cohort(patients, seed, as_of, complete=False)


@pytest.mark.parametrize(
    ("stored", "arguments", "loads", "expected"),
    [
        (None, [], wanted(60), "Loading 60 demo patients (seed 7)"),
        (None, ["--patients", "602", "--seed", "3"], wanted(602, 3), "Loading 602 demo patients (seed 3)"),
        (cohort(60), [], None, ""),
        (cohort(602, 3), [], None, ""),
        (cohort(60), ["--patients", "60", "--seed", "7"], None, ""),
        (cohort(60), ["--patients", "602"], wanted(602, as_of="2026-01-05"), "60 are there, 602 are asked for"),
        (cohort(602), ["--patients", "60"], None, "All 602 demo patients stay"),
        (cohort(60), ["--seed", "8"], None, "seed 7; for seed 8 name another --data-dir"),
        (cohort(60), ["--seed", "8", "--patients", "90"], None, "seed 7; for seed 8 name another --data-dir"),
        (cohort(60), ["--patients", "10000"], None, "shorter history than the 60 here"),
        (cohort(60, complete=False), [], wanted(60, as_of="2026-01-05"), "Loading the rest of 60"),
        (cohort(60, complete=False), ["--patients", "30"], wanted(60, as_of="2026-01-05"), "All 60 demo patients stay"),
    ],
)
def test_a_start_loads_the_cohort_that_is_missing(
    stored: Cohort | None, arguments: list[str], loads: Cohort | None, expected: str
) -> None:
    chosen, sentence = choose_cohort(stored, options(*arguments), TODAY)
    assert chosen == loads
    assert expected in sentence
    assert bool(expected) == bool(sentence)


def test_a_load_counts_as_done_while_its_database_exists(tmp_path: Path) -> None:
    database = tmp_path / "fhir.sqlite"
    write_cohort(tmp_path, cohort(60))
    assert read_cohort(tmp_path, database) is None
    database.touch()
    assert read_cohort(tmp_path, database) == cohort(60)
    (tmp_path / "cohort.json").write_text("{")
    assert read_cohort(tmp_path, database) is None


def test_launcher_and_demo_have_the_same_defaults_and_histories() -> None:
    assert (DEFAULT_PATIENTS, DEFAULT_SEED) == (demo.PATIENTS, demo.SEED)
    assert LONG_HISTORY_UP_TO == demo.LONG_HISTORY_UP_TO


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("dashboard", "--fhir-url", "https://fhir.example.org/r4"),
        ("streamlit", "run", "dashboard/asgi.py", "--server.address", "0.0.0.0", "--server.headless", "true"),
    ],
)
def test_without_sign_in_only_a_local_demo_starts(command: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=clean_environment(FHIR_BASE_URL="http://127.0.0.1:1/fhir"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 2, ended.stderr
    assert "[auth]" in ended.stderr
    assert "Traceback" not in ended.stderr
