"""Runs the dashboard for tests: with the real launcher, or the server and the dashboard separately, on free ports."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboard.launcher.processes import Child, Processes

ROOT = Path(__file__).resolve().parents[1]
# With a fixed date of view the demo and its pictures are the same on every day.
AS_OF = "2026-11-23"
# A first load of the demo cohort on a busy machine.
SECONDS_TO_START = 300.0
SECONDS_TO_STOP = 120.0


def free_port() -> int:
    """Returns a port on which no process listens at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def clean_environment(**changes: str) -> dict[str, str]:
    """Returns the environment of this process without the dashboard's settings, and with the changes."""
    unchanged = {name: value for name, value in os.environ.items() if not name.startswith(("FHIR_", "DASHBOARD_"))}
    return {**unchanged, "PYTHONPATH": str(ROOT), "DASHBOARD_AS_OF": AS_OF, **changes}


@dataclass
class Launched:
    """A dashboard that `python -m dashboard` started; `output` has the lines that it has printed so far."""

    process: subprocess.Popen[str]
    port: int
    fhir_port: int
    data_dir: Path
    output: list[str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def fhir_url(self) -> str:
        return f"http://127.0.0.1:{self.fhir_port}/fhir"

    def stop(self) -> int:
        """Ends it as Ctrl-C does; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS_TO_STOP)


@contextmanager
def launched(data_dir: Path, *options: str, cwd: Path = ROOT, **environment: str) -> Iterator[Launched]:
    """Runs the real command on free ports: it is ready when the block begins, and stopped when the block ends."""
    port, fhir_port = free_port(), free_port()
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--fhir-port", str(fhir_port)]
    process = subprocess.Popen(
        [*command, "--data-dir", str(data_dir), *options],
        cwd=cwd,
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = Launched(process, port, fhir_port, data_dir, [])
    try:
        assert process.stdout
        end = time.monotonic() + SECONDS_TO_START
        while not (running.output and running.output[-1].startswith("Ready")):
            line = process.stdout.readline()
            assert line and time.monotonic() < end, "it did not start:\n" + "".join(running.output)
            running.output.append(line)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


class Parts:
    """The embedded server and the dashboard, started and stopped separately; both stop at the end of the block."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.port, self.fhir_port = free_port(), free_port()
        (data_dir / "logs").mkdir(parents=True, exist_ok=True)
        self._processes = Processes(
            {
                **clean_environment(),
                "FHIR_BASE_URL": self.fhir_url,
                "DASHBOARD_DATA_DIR": str(data_dir),
                **environment,
            },
            data_dir / "logs",
        )
        self._server: Child | None = None
        self._dashboard: Child | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def fhir_url(self) -> str:
        return f"http://127.0.0.1:{self.fhir_port}/fhir"

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, *error: object) -> None:
        self._processes.__exit__(None, None, None)

    def start_server(self) -> None:
        database = self.data_dir / "fhir.sqlite"
        arguments = ("--port", str(self.fhir_port), "--database", str(database))
        self._server = self._processes.start("The FHIR server", "dashboard.server", *arguments)
        self._processes.wait_for_port(self._server, self.fhir_port)

    def stop_server(self) -> None:
        assert self._server
        self._processes.stop(self._server)
        self._server = None

    def load_demo(self, *options: str) -> None:
        self._processes.run("The demo", "dashboard.demo", "--fhir-url", self.fhir_url, *options)

    def start_dashboard(self, script: str = "dashboard/asgi.py", **environment: str) -> None:
        self._processes.environment = {**self._processes.environment, **environment}
        address = ("--server.address", "127.0.0.1", "--server.port", str(self.port), "--server.headless", "true")
        self._dashboard = self._processes.start("The dashboard", "streamlit", "run", script, *address)
        self._processes.wait_for_port(self._dashboard, self.port)

    def stop_dashboard(self) -> None:
        assert self._dashboard
        self._processes.stop(self._dashboard)
        self._dashboard = None

    def signal_dashboard(self, number: signal.Signals) -> None:
        """Sends the dashboard's process a signal: SIGSTOP makes it deaf, SIGCONT lets it go on."""
        assert self._dashboard
        self._dashboard.process.send_signal(number)


def copy_database(source: Path, target: Path) -> None:
    """Copies the database of an embedded server, safely while the server runs."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
