"""A server for tests as a separate process: built once, started until it is ready, stopped for certain."""

import contextlib
import fcntl
import hashlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent.parent
READY = re.compile(rb"http://127\.0\.0\.1:\d+/fhir")
SECONDS_TO_START = 400.0  # HAPI takes 15 on two idle cores, and over 180 where six others want them
SECONDS_TO_STOP = 60.0  # a database on disk is brought into order first
_END_WITH_STDIN = 'signal=$1; cd "$2"; shift 2; "$@" & child=$!; cat >/dev/null; kill -$signal $child; wait $child'


class CannotStart(Exception):
    """The server did not start; the message is a sentence with the end of the server's output."""


class CannotFetch(CannotStart):
    """Maven, npm or cargo could not download or build what the server needs, which is no error of the project."""


@dataclass(frozen=True)
class Server:
    """A running server. `after` has what is closed after it: its database, its folder."""

    name: str
    base_url: str
    process: subprocess.Popen[bytes]
    after: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)

    def stop(self) -> bool:
        """Stops the server, then what it needed; may be called more than once. Returns whether it ended by itself,
        without being killed: then what it has on disk is in order.
        """
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.after.close()
        return self.process.returncode >= 0

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(name: str, command: Sequence[str], ready: re.Pattern[bytes] = READY, url: str = "", **options: Any) -> Server:
    """Starts the command and waits until its output has `ready`: that is the base URL, unless `url` gives it.

    `options` are those of `subprocess.Popen`. Raises CannotStart.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the tests, which then end their servers one by one
            **{"cwd": ROOT, **options},
        )
        server = Server(name, url, process)
        try:
            found = _wait_for(process, output, ready)
            return server if url else Server(name, found, process)
        except BaseException:
            server.stop()
            raise


def ended_with_stdin(folder: Path, command: Sequence[str], with_signal: str = "TERM") -> list[str]:
    """Returns the command line that runs `command` in the folder and ends it with the signal when standard input
    closes, for servers that do not do so themselves.
    """
    return ["sh", "-c", _END_WITH_STDIN, "end-with-stdin", with_signal, str(folder), *command]


def cache_folder() -> Path:
    """Returns the folder of the user's cache for this project's tests, by the rules of the XDG base directories."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "c3-dashboard-tests"


def built(folder: Path, output: Path, result: str, command: Sequence[str]) -> Path:
    """Returns the result of `command`, which runs only when one of its source files has changed or its output is
    missing.
    """
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in build_files(folder))).hexdigest()
    stamped = output / "built-from"
    with locked(str(folder)):
        if not (stamped.exists() and stamped.read_text() == stamp and _complete(output / result)):
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise CannotFetch(f"{command[0]} could not fetch or build it: {(done.stdout + done.stderr)[-2000:]}")
            stamped.write_text(stamp)
    return output / result


def build_files(folder: Path) -> list[Path]:
    """Returns the files of a server's folder from which it is built."""
    names = ("pom.xml", "src/**/*.java", "package*.json", "realm.json", "build.sh", "requirements.txt")
    return sorted(path for name in names for path in folder.glob(name))


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Takes the lock of this name, so that two test workers do not build or load the same at once."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    with Path(tempfile.gettempdir(), f"c3-test-server-{digest}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _complete(result: Path) -> bool:
    """Returns whether the result exists and, if it is a class path, all its files: Maven's folder may have been
    emptied.
    """
    if not result.exists():
        return False
    return result.suffix != ".txt" or all(Path(jar).exists() for jar in result.read_text().split(":"))


def _wait_for(process: subprocess.Popen[bytes], output: IO[bytes], ready: re.Pattern[bytes]) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        text = os.pread(output.fileno(), 1_000_000, 0)  # not read(): the server shares the file's position
        if found := ready.search(text):
            return found[ready.groups].decode()
        if process.poll() is not None or time.monotonic() > deadline:
            last = text[-2000:].decode(errors="replace")
            raise CannotStart(f"the server did not start within {SECONDS_TO_START:.0f} seconds, or ended: {last}")
        time.sleep(0.05)
