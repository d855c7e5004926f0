"""FHIR servers with the demo cohort in them, loaded once for all checkouts and test runs of a user.

    with start_with_cohort("hapi-postgresql", 602) as server:
        requests.get(server.base_url + "/Patient?_summary=count")

What the loaded server has on disk is stored in the user's cache folder (`$XDG_CACHE_HOME`, else `~/.cache`) under a key
of everything that decides it; each start runs on a copy, so that nothing a test writes stays.

    python -m tests.servers.cohorts hapi-postgresql --patients 602

starts one until Ctrl-C, for a person.
"""

import argparse
import contextlib
import functools
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson

from dashboard.demo import cohort
from dashboard.demo.__main__ import CANNOT_BEGIN
from dashboard.demo.cohort import SEED
from tests.running import AS_OF, clean_environment
from tests.servers import helios, postgresql
from tests.servers.others import load_others
from tests.servers.process import ROOT, CannotStart, Server, build_files, cache_folder, locked
from tests.servers.start import HAPI, JAVA_FULL, start_embedded, start_hapi

# Of a server and size, so many are stored: checkouts with another demo, or another HAPI, take turns.
STORED = 2
# A server that stopped answering is asked again; the loader goes on where it stopped.
ATTEMPTS = 3
WORK = "c3-cohort-of-"
# How the cohort is written to a server; its content is hashed itself, whatever code makes it.
LOADER = ("dashboard/demo/__main__.py", "dashboard/loading/**/*.py")


@dataclass(frozen=True)
class Kind:
    """A server that can be started on a folder; `sources` decide what it has on disk apart from the cohort, and
    `tidy` brings that into the state of a server that has run for a while. So many people are on it in all, most of
    them `others`; 0: the cohort alone.
    """

    start: Callable[[Path], Server]
    sources: Callable[[], Iterable[Path | str]]
    tidy: Callable[[Path], None] = lambda _: None
    people: int = 0


KINDS = {
    "embedded": Kind(
        lambda folder: start_embedded(folder / "fhir.sqlite"),
        lambda: files("dashboard/server/**/*.py", "data/fhir/**/*"),
    ),
    "embedded-100000": Kind(
        lambda folder: start_embedded(folder / "fhir.sqlite"),
        lambda: files("dashboard/server/**/*.py", "data/fhir/**/*", "tests/servers/others.py"),
        people=100_000,
    ),
    "helios": Kind(helios.start_helios, lambda: [helios.VERSION]),
    "hapi-h2": Kind(lambda folder: start_hapi("h2", folder), lambda: [*build_files(HAPI), *JAVA_FULL]),
    "hapi-postgresql": Kind(
        lambda folder: start_hapi("postgresql", folder),
        lambda: [*build_files(HAPI), *JAVA_FULL, postgresql.version()],
        postgresql.tidy,
    ),
}


def start_with_cohort(kind: str, patients: int) -> Server:
    """Starts a server of `KINDS` with the demo cohort of this size, which is loaded first if that was not done before.

    Raises CannotFetch or CannotStart, also when a record of the cohort could not be loaded.
    """
    with contextlib.ExitStack() as after:
        data = after.enter_context(_work_folder())
        with locked(f"cohort {kind} {patients}"):
            shutil.copytree(_stored(kind, patients) / "data", data)
        server = KINDS[kind].start(data)
        after.push(server.after.pop_all())
        return Server(kind, server.base_url, server.process, after.pop_all())


def loading(kind: str, patients: int) -> dict[str, float]:
    """Returns how many seconds the stored cohort took to load, and its megabytes on disk."""
    figures: dict[str, float] = json.loads((cohort_folder(kind, patients) / "loaded.json").read_text())
    return figures


def cohort_folder(kind: str, patients: int) -> Path:
    """Returns where the loaded cohort is stored; its name has the key of its content and of how it was loaded."""
    key = hashlib.sha256(content_digest(patients, AS_OF))
    for source in [*files(*LOADER), *KINDS[kind].sources()]:
        key.update(source.read_bytes() if isinstance(source, Path) else source.encode())
    return cache_folder() / f"{kind}-{patients}-{key.hexdigest()[:16]}"


@functools.cache
def content_digest(patients: int, as_of: str) -> bytes:
    """Returns a digest of every record of the cohort; making 602 patients takes a few seconds, once a process."""
    digest = hashlib.sha256()
    day = date.fromisoformat(as_of)
    for records in [cohort.foundation(patients, day), *cohort.generate(patients, SEED, day)]:
        digest.update(orjson.dumps(records))
    return digest.digest()


def files(*patterns: str) -> list[Path]:
    """Returns the files of the checkout under these patterns, in a fixed order."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.suffix != ".pyc")


def _stored(kind: str, patients: int) -> Path:
    """Returns the folder of the loaded cohort. It gets its name when all of it is there: a load that was cut off is
    begun again.
    """
    folder = cohort_folder(kind, patients)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.parent.glob(f"{kind}-{patients}-*.partial"):
            shutil.rmtree(unfinished)
        partial = folder.with_name(f"{folder.name}.partial")
        partial.mkdir()
        _load(kind, patients, partial)
        partial.rename(folder)
        older = sorted(folder.parent.glob(f"{kind}-{patients}-*"), key=lambda path: path.stat().st_mtime)
        for path in older[:-STORED]:
            shutil.rmtree(path)
    os.utime(folder)
    return folder


def _load(kind: str, patients: int, target: Path) -> None:
    """Starts the server on an empty folder, loads the cohort as a user would, and stores what is on disk then."""
    with _work_folder() as data:
        data.mkdir()
        with KINDS[kind].start(data) as server:
            began = time.monotonic()
            _load_demo(server.base_url, patients)
            load_others(server.base_url, max(0, KINDS[kind].people - patients))
            seconds = time.monotonic() - began
            if not server.stop():
                raise CannotStart(f"{kind} did not end by itself after the load: what it has on disk is not in order")
        KINDS[kind].tidy(data)
        shutil.copytree(data, target / "data")
    size = sum(path.stat().st_size for path in (target / "data").rglob("*") if path.is_file())
    (target / "loaded.json").write_text(json.dumps({"seconds": round(seconds, 1), "megabytes": size // 1_000_000}))


@contextlib.contextmanager
def _work_folder() -> Iterator[Path]:
    """Gives a path for what a server has on disk, and removes it afterwards; also those of processes that were killed
    before they could.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{WORK}*-*"):
        if not _runs(int(old.name.removeprefix(WORK).split("-")[0])):
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{WORK}{os.getpid()}-", ignore_cleanup_errors=True) as outer:
        Path(outer).chmod(0o711)  # PostgreSQL runs as another user, who must reach its folder
        yield Path(outer) / "data"


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _load_demo(url: str, patients: int) -> None:
    options = ["--fhir-url", url, "--patients", str(patients), "--seed", str(SEED), "--as-of", AS_OF]
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            [sys.executable, "-m", "dashboard.demo", *options],
            cwd=ROOT, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != CANNOT_BEGIN:
            break
    if done.returncode:
        raise CannotStart(f"the demo cohort could not be loaded: {(done.stdout + done.stderr)[-2000:]}")


def main() -> None:
    """Starts one until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.cohorts")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--patients", type=int, default=60)
    given = parser.parse_args()
    with start_with_cohort(given.kind, given.patients) as server, contextlib.suppress(KeyboardInterrupt):
        figures = loading(given.kind, given.patients)
        print(f"{server.base_url}  (loaded in {figures['seconds']} s, {figures['megabytes']:.0f} MB)", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
