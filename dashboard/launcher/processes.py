"""The processes of one start: begun, waited for, watched, and all stopped in the end."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from dashboard.launcher.preflight import LOOPBACK
from dashboard.settings import ROOT

# What an orderly end may take before a process is killed.
STOP_SECONDS = 8.0
# A first start on a slow machine reads every package from disk.
READY_SECONDS = 90.0
LAST_LINES = 8


class ProcessEnded(Exception):
    """A process that should run has ended; the sentence names it and repeats the last lines of its output."""


@dataclass(slots=True)
class Child:
    """A running process; `log` is None where it writes to the launcher's own output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None

    def require_running(self) -> None:
        """Raises ProcessEnded when it has ended."""
        code = self.process.poll()
        if code is not None:
            sentence = f"{self.name} ended by itself ({_ending(code)}), so everything is stopped."
            raise ProcessEnded(sentence + self._last_output())

    def _last_output(self) -> str:
        if self.log is None:
            return ""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(["", f"The end of {self.log}:", *(f"  {line}" for line in lines)]) if lines else ""


@dataclass(slots=True)
class Processes:
    """A context: leaving it, for whatever reason, stops all that was started, the last started first."""

    environment: Mapping[str, str]
    log_folder: Path
    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in reversed(self.children):
            _stop(child.process)

    def start(self, name: str, module: str, *arguments: str, logged: bool = True) -> Child:
        """Starts `python -m module arguments` in the project's folder; its output goes to a log named after it."""
        log = self.log_folder / f"{module}.log" if logged else None
        output = log.open("wb") if log else None
        try:
            process = subprocess.Popen(  # noqa: S603 - our own modules, no shell
                [sys.executable, "-m", "dashboard.launcher.child", module, *arguments],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                # Ctrl-C in the terminal reaches the launcher only, which stops the others in order.
                start_new_session=True,
            )
        finally:
            if output:
                output.close()
        child = Child(name, process, log)
        self.children.append(child)
        return child

    def run(self, name: str, module: str, *arguments: str) -> None:
        """Runs a module to its end, its output shown, while the others are watched. Raises ProcessEnded if it fails."""
        child = self.start(name, module, *arguments, logged=False)
        while child.process.poll() is None:
            self.require_others_running(child)
            time.sleep(0.05)
        self.stop(child)
        if child.process.returncode != 0:
            ending = _ending(child.process.returncode)
            raise ProcessEnded(f"{name} did not finish ({ending}), so everything is stopped.")

    def stop(self, child: Child) -> None:
        """Stops one process, which is then no longer missed."""
        self.children.remove(child)
        _stop(child.process)

    def require_others_running(self, but: Child | None = None) -> None:
        """Raises ProcessEnded when one of the processes has ended."""
        for child in self.children:
            if child is not but:
                child.require_running()

    def wait_for_port(self, child: Child, port: int) -> None:
        """Returns when the child accepts connections. Raises ProcessEnded when it, or another, ends before."""
        end = time.monotonic() + READY_SECONDS
        while not _accepts(port):
            self.require_others_running()
            if time.monotonic() > end:
                raise ProcessEnded(f"{child.name} was not ready after {READY_SECONDS:.0f} s, so everything is stopped.")
            time.sleep(0.05)

    def watch(self) -> None:
        """Returns never; raises ProcessEnded when a process ends."""
        while True:
            self.require_others_running()
            time.sleep(0.2)


def _accepts(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.settimeout(1)
        return trial.connect_ex((LOOPBACK, port)) == 0


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
