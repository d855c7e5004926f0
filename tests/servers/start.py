"""Starts a FHIR server for tests as a separate process, on a free loopback port.

    with start_hapi() as server:
        requests.get(server.base_url + "/metadata")

Each prints its base URL when it is ready, and ends when its standard input closes, so that none outlives its tests. The
files that HAPI, Medplum and Keycloak need are downloaded once (Maven, npm) into the folder of the server. Keycloak is
an identity provider and no FHIR server; it is started in the same way.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HAPI, MEDPLUM, KEYCLOAK = HERE / "hapi", HERE / "medplum", HERE / "keycloak"
READY = re.compile(rb"http://127\.0\.0\.1:\d+/fhir")
KEYCLOAK_READY = re.compile(rb"Listening on: (http://127\.0\.0\.1:\d+)")
SECONDS_TO_START = 400.0  # HAPI takes 15 on two idle cores, and over 180 where six others want them
SECONDS_TO_STOP = 10.0
# A server for tests runs for minutes: a quick start matters more than its full speed.
JAVA_OPTIONS = (
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xmx1500m",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
)


# The options with which Keycloak's own start script runs an existing build.
KEYCLOAK_JAVA = (
    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m",
    *(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("util", "util.concurrent", "security", "lang")),
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
    "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager", "-Dpicocli.disable.closures=true",
    "-Dkc.home.dir=.", "-Djboss.server.config.dir=conf",
    "-cp", "lib/quarkus-run.jar", "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
)  # fmt: skip
KEYCLOAK_OPTIONS = (
    "start", "--optimized", "--import-realm", "--http-enabled=true", "--hostname-strict=false", "--http-host=127.0.0.1",
)  # fmt: skip
# Ends the command when standard input closes, which HAPI and Medplum do themselves and Keycloak does not.
END_WITH_STDIN = 'cd "$1"; shift; "$@" & child=$!; cat >/dev/null; kill $child; wait $child'


class CannotStart(Exception):
    """The server did not start; the message is a sentence with the end of the server's output."""


class CannotFetch(CannotStart):
    """Maven or npm could not download or build what the server needs, which is no error of the project."""


@dataclass(frozen=True)
class Server:
    """A running server; `stop` may be called more than once."""

    name: str
    base_url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_embedded(database: Path) -> Server:
    """Starts the embedded server on this database file."""
    arguments = ["dashboard.server", "--port", "0", "--database", str(database)]
    return _start("embedded", [sys.executable, "-m", "dashboard.launcher.child", *arguments])


def start_hapi() -> Server:
    """Starts HAPI FHIR R4 with an empty database in memory. Raises CannotFetch (Maven) or CannotStart."""
    classpath = _built(
        HAPI,
        HAPI / "target",
        "classpath.txt",
        (
            "mvn",
            "--quiet",
            "--batch-mode",
            "compile",
            "dependency:build-classpath",
            "-Dmdep.includeScope=runtime",
            "-Dmdep.outputFile=target/classpath.txt",
        ),
    ).read_text()
    return _start("hapi", ["java", *JAVA_OPTIONS, "-cp", f"{HAPI / 'target' / 'classes'}:{classpath}", "HapiForTests"])


def start_medplum() -> Server:
    """Starts Medplum's memory server without data. Raises CannotFetch (npm) or CannotStart."""
    _built(
        MEDPLUM,
        MEDPLUM / "node_modules",
        ".package-lock.json",
        (
            "npm",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ),
    )
    return _start("medplum", ["node", str(MEDPLUM / "server.mjs")])


def start_keycloak(port: int) -> Server:
    """Starts Keycloak with `keycloak/realm.json`, in memory; `base_url` is the realm's. Raises as `start_hapi` does."""
    home = _built(KEYCLOAK, KEYCLOAK / "target", "keycloak", ("sh", "build.sh"))
    command = ["java", *KEYCLOAK_JAVA, *KEYCLOAK_OPTIONS, f"--http-port={port}"]
    server = _start("keycloak", ["sh", "-c", END_WITH_STDIN, "end-with-stdin", str(home), *command], KEYCLOAK_READY)
    return Server(server.name, f"{server.base_url}/realms/c3", server.process)


def _built(folder: Path, output: Path, result: str, command: Sequence[str]) -> Path:
    """Returns the result of `command`, which runs only when one of its source files has changed or its output is
    missing.
    """
    names = ("pom.xml", "src/**/*.java", "package*.json", "realm.json", "build.sh")
    sources = [path for name in names for path in folder.glob(name)]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()
    stamped = output / "built-from"
    with _locked(folder):
        if not (stamped.exists() and stamped.read_text() == stamp and _complete(output / result)):
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise CannotFetch(f"{command[0]} could not fetch or build it: {(done.stdout + done.stderr)[-2000:]}")
            stamped.write_text(stamp)
    return output / result


def _complete(result: Path) -> bool:
    """Returns whether the result exists and, if it is a class path, all its files: Maven's folder may have been
    emptied.
    """
    if not result.exists():
        return False
    return result.suffix != ".txt" or all(Path(jar).exists() for jar in result.read_text().split(":"))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Takes the lock of the folder, so that two test workers do not build in it at once."""
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    with Path(tempfile.gettempdir(), f"c3-test-server-{name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(name: str, command: Sequence[str], ready: re.Pattern[bytes] = READY) -> Server:
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        server = Server(name, "", process)
        try:
            return Server(name, _wait_for_url(process, output, ready), process)
        except BaseException:
            server.stop()
            raise


def _wait_for_url(process: subprocess.Popen[bytes], output: IO[bytes], ready: re.Pattern[bytes]) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        text = os.pread(output.fileno(), 1_000_000, 0)  # not read(): the server shares the file's position
        if found := ready.search(text):
            return found[ready.groups].decode()
        if process.poll() is not None or time.monotonic() > deadline:
            last = text[-2000:].decode(errors="replace")
            raise CannotStart(f"the server did not start within {SECONDS_TO_START:.0f} seconds, or ended: {last}")
        time.sleep(0.05)
