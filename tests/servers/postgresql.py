"""PostgreSQL for tests, with a folder of its own on a free loopback port; nothing of the system's own is used.

Whoever runs on this machine can read what is in it: it is for made-up data only.
"""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

from tests.running import free_port
from tests.servers.process import CannotStart, Server, ended_with_stdin, start

INSTALLED = Path("/usr/lib/postgresql")  # where Debian has its versions, outside PATH
PROGRAMS = ("initdb", "postgres", "vacuumdb")
# PostgreSQL refuses to run as root; its package makes this user.
USER = "postgres"
READY = re.compile(rb"database system is ready to accept connections")
# What a crash would lose may be lost; the rest is what a server of this size is given.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",  # more than HAPI ever has open
    "shared_buffers": "1GB",
    "max_wal_size": "256MB",  # the rest would be stored and copied with each cohort
    "lc_messages": "C",
}


def program_folder() -> Path | None:
    """Returns the folder with PostgreSQL's programs: Debian's newest version, or the one on PATH."""
    versions = sorted(INSTALLED.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    for folder in [*versions, *([Path(on_path).resolve().parent] if on_path else [])]:
        if all((folder / program).exists() for program in PROGRAMS):
            return folder
    return None


def user_exists() -> bool:
    """Returns whether this machine has the user as whom root runs PostgreSQL."""
    return any(user.pw_name == USER for user in pwd.getpwall())


def version() -> str:
    """Returns what `postgres --version` says: a folder can be read by its own major version only."""
    return _run("postgres", "--version")


def start_postgresql(folder: Path) -> Server:
    """Starts PostgreSQL on this folder, which it fills when it is empty; `base_url` is a JDBC URL.

    Run as root it is started as the user postgres, who must be able to reach the folder. Raises CannotStart.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _give_away(folder)
    if not (folder / "PG_VERSION").exists():
        _run("initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale", "--no-sync",
             f"--pgdata={folder}")  # fmt: skip
    port = free_port()
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [_program("postgres"), "-D", str(folder), "-p", str(port), *settings]
    url = f"jdbc:postgresql://127.0.0.1:{port}/postgres?user={USER}"
    # INT is the signal at which it does not wait for its clients to leave.
    return start("postgresql", ended_with_stdin(folder, command, "INT"), READY, url, **_as_user())


def tidy(folder: Path) -> None:
    """Does at once what autovacuum does in time, so that the planner knows what the tables hold. Raises CannotStart."""
    with start_postgresql(folder) as server:
        port = server.base_url.split(":")[3].split("/")[0]
        _run("vacuumdb", "--all", "--analyze", "--quiet", "--host=127.0.0.1", f"--port={port}", f"--username={USER}")


def _as_user() -> dict[str, object]:
    """Returns the options of `subprocess` for the user as whom PostgreSQL runs."""
    if os.getuid():
        return {"cwd": "/"}
    return {"cwd": "/", "user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []}


def _give_away(folder: Path) -> None:
    folder.chmod(0o700)
    if os.getuid() == 0:
        owner = pwd.getpwnam(USER)
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _program(name: str) -> str:
    folder = program_folder()
    if not folder:
        raise CannotStart("PostgreSQL is not installed")
    return str(folder / name)


def _run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [_program(name), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, **_as_user()
    )  # type: ignore[call-overload]
    if done.returncode:
        raise CannotStart(f"{name} of PostgreSQL failed: {(done.stdout + done.stderr)[-2000:]}")
    return str(done.stdout)
